package report

import (
	"fmt"
	"strings"
	"time"

	"techfacts.dev/techfacts/schema"
)

// The words that names and coverage of a summary have at most.
const (
	nameWords     = 30
	coverageWords = 120
)

// list joins names: in a summary only as many as it can have.
func (d *Document) list(names []string, noun string) string {
	if d.Type == schema.ReportSummary {
		return shortList(names, noun)
	}
	return listed(names)
}

// shortList joins names, or counts them if they are many or long.
func shortList(names []string, noun string) string {
	if s := andList(names); words(s) <= nameWords {
		return s
	}
	return fmt.Sprintf("%d %s", len(names), noun)
}

// mdCoverageInShort tells of each company how much was read, or of all together if
// that takes too many words.
func (d *Document) mdCoverageInShort(w *writer) {
	var b strings.Builder
	all := Coverage{Company: fmt.Sprintf("All %d companies", len(d.Coverage))}
	for _, c := range d.Coverage {
		b.WriteString(coverageLine(c))
		all = all.plus(c)
	}
	text, rest := b.String(), "Why pages were not read"
	if words(text) > coverageWords {
		text, rest = coverageLine(all), "Each company, and why pages were not read"
	} else if len(all.Skipped) == 0 {
		rest = ""
	}
	w.f("\n## Coverage\n\n%s", text)
	if rest != "" {
		w.f("- %s: in this report as HTML or JSON.\n", rest)
	}
}

func (c Coverage) plus(o Coverage) Coverage {
	c.Pages += o.Pages
	c.Newest = later(c.Newest, o.Newest)
	c.Stated += o.Stated
	c.StatedNo += o.StatedNo
	c.Conflicts += o.Conflicts
	c.NotDocumented += o.NotDocumented
	c.NothingAlike += o.NothingAlike
	c.NotRead += o.NotRead
	c.Skipped = append(c.Skipped, o.Skipped...)
	return c
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// coverageLine tells how much was read, and of what was not how many pages.
func coverageLine(c Coverage) string {
	parts := []string{counted(c.Pages, "page") + " read, last on " + day(c.Newest)}
	skipped := 0
	for _, s := range c.Skipped {
		skipped += s.Pages
	}
	for _, p := range []struct {
		n     int
		words string
	}{
		{skipped, "not read"},
		{c.Stated, "rows stated"},
		{c.StatedNo, "stated no"},
		{c.Conflicts, "in conflict"},
		{c.NotDocumented, "not documented"},
		{c.NothingAlike, "with nothing alike"},
		{c.NotRead, "without a find"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.words))
		}
	}
	return fmt.Sprintf("- **%s**: %s.\n", md(c.Company), strings.Join(parts, ", "))
}
