package schema

import (
	"io"
	"time"
)

// PreviewSource is where a URL was found.
type PreviewSource string

// The sources of URLs.
const (
	SourceGiven   PreviewSource = "GIVEN"
	SourceSitemap PreviewSource = "SITEMAP"
	SourceLink    PreviewSource = "LINK"
)

// Values lists the sources of URLs.
func (PreviewSource) Values() []string { return []string{"GIVEN", "SITEMAP", "LINK"} }

// MarshalGQL writes e as a GraphQL enum value.
func (e PreviewSource) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *PreviewSource) UnmarshalGQL(v any) error { return readEnum(e, v) }

// CrawlPreview is what a crawl would come across first.
type CrawlPreview struct {
	URLs      []*PreviewedURL // those that would be read first
	Total     int
	WouldRead int
	Seconds   int
	Complete  bool
	Notes     []string
}

// PreviewedURL is a URL that a crawl would come across.
type PreviewedURL struct {
	URL          string
	WouldRead    bool
	Outcome      *Outcome // how it would end if it would not be read
	Reason       *string
	Source       PreviewSource
	Depth        int
	Score        int
	LastModified *time.Time
}
