// Package lab tries a profile on one page or text and tells at once what came of
// it: the facts, and what was taken for one and why it is none. It promises to
// store no page and no fact, and to be done within the time of a mutation.
package lab

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// The bounds of a trial.
const (
	maxText   = 200_000          // characters
	fetchTime = 8 * time.Second  // for a URL
	modelTime = 18 * time.Second // a mutation has thirty
	maxHops   = 5                // redirects
)

// Web is what pages are read by; see [fetch.Web].
type Web interface {
	Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error)
}

// Lab tries profiles. It stores nothing but how domains answered, for the limiter,
// and what a model answered.
type Lab struct {
	Store         *store.Store
	Web           Web
	Limiter       *fetch.Limiter
	Documents     *document.Reader
	Model         *extract.Model // nil: there is none
	MinConfidence float64
}

// Input is what to read, exactly one of PageID, Text and URL, and by which
// profile, either Profile or Draft.
type Input struct {
	PageID    *uuid.UUID
	Text, URL *string
	Profile   *string
	Draft     *extract.Draft
	Method    schema.ExtractionMethod // empty: that of the profile
}

// Result is what came of a trial.
type Result struct {
	Text   string // in which the spans count
	Method schema.ExtractionMethod
	extract.Found
}

// Try finds the facts of what in names. It fails with INVALID for input out of
// bounds, NOT_FOUND for an unknown page or profile, LIMITED if the turn at the
// URL's domain is too far away, and UNAVAILABLE if the URL cannot be read.
func (l Lab) Try(ctx context.Context, in Input) (Result, error) {
	prof, method, err := l.profile(ctx, in)
	if err != nil {
		return Result{}, err
	}
	p, err := l.page(ctx, in)
	if err != nil {
		return Result{}, err
	}
	found, err := extract.Find(ctx, p, prof, extract.Options{
		Method: method, Model: l.Model, MinConfidence: l.MinConfidence, Room: l.Documents, Patience: modelTime,
	})
	return Result{Text: p.Text, Method: method, Found: found}, err
}

func (l Lab) profile(ctx context.Context, in Input) (prof extract.Profile, method schema.ExtractionMethod, err error) {
	var own schema.ExtractionMethod
	switch {
	case (in.Profile == nil) == (in.Draft == nil):
		return prof, "", fault.InvalidField("input.profile", "give either profile or draft")
	case in.Draft != nil:
		if err := in.Draft.Check(); err != nil {
			e := fault.Of(err)
			return prof, "", e.With("input.draft" + e.Field[min(len(e.Field), len("input")):])
		}
		prof = extract.Profile{Name: "draft", Categories: in.Draft.Categories, Focus: *in.Draft.Focus, Depth: *in.Draft.Depth, Instructions: *in.Draft.Instructions}
		if in.Draft.Method != nil {
			own = *in.Draft.Method
		}
	default:
		row, err := l.Store.Ent.Profile.Query().Where(profile.Name(*in.Profile)).Only(ctx)
		if ent.IsNotFound(err) {
			return prof, "", fault.New(fault.NotFound, "there is no profile %q", *in.Profile).With("input.profile")
		}
		if err != nil {
			return prof, "", fmt.Errorf("read profile: %w", err)
		}
		if prof = extract.ProfileOf(row); row.Method != nil {
			own = *row.Method
		}
	}
	method = extract.MethodOf(l.Model != nil, in.Method, own)
	if method.Model() && l.Model == nil {
		return prof, "", fault.InvalidField("input.method", "needs a model, and none is set (LLM_MODEL)")
	}
	return prof, method, nil
}

func (l Lab) page(ctx context.Context, in Input) (extract.Page, error) {
	given := 0
	for _, is := range []bool{in.PageID != nil, in.Text != nil, in.URL != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return extract.Page{}, fault.InvalidField("input.pageId", "give one of pageId, text and url")
	}
	switch {
	case in.PageID != nil:
		p, err := l.Store.Ent.Page.Query().Where(page.ID(*in.PageID)).WithSnapshot().Only(ctx)
		if ent.IsNotFound(err) || err == nil && p.Edges.Snapshot == nil {
			return extract.Page{}, fault.New(fault.NotFound, "no such page").With("input.pageId")
		}
		if err != nil {
			return extract.Page{}, fmt.Errorf("read page: %w", err)
		}
		repeated, err := extract.BoilerplateOf(ctx, l.Store.Ent, p.Domain)
		if err != nil {
			return extract.Page{}, err
		}
		text := p.Edges.Snapshot.Text
		return extract.Page{Text: text, Title: p.Title, Company: p.Company, Boilerplate: document.MarksOf(text).Within(repeated)}, nil
	case in.Text != nil:
		if n := utf8.RuneCountInString(*in.Text); n == 0 || n > maxText {
			return extract.Page{}, fault.InvalidField("input.text", "must have 1 to %d characters", maxText)
		}
		d := document.FromText([]byte(*in.Text))
		return extract.Page{Text: d.Text, Title: d.Title}, nil
	}
	return l.read(ctx, *in.URL)
}

// read reads a page of the web.
func (l Lab) read(ctx context.Context, raw string) (extract.Page, error) {
	u, err := fetch.ParseURL(raw)
	if err != nil {
		return extract.Page{}, fault.InvalidField("input.url", "%s", fault.Of(err).Message)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	for range maxHops {
		response, err := l.Web.Fetch(ctx, fetch.Request{URL: u})
		l.observe(ctx, u, response, err)
		if failure, ok := errors.AsType[*fetch.Failure](err); ok {
			return extract.Page{}, fault.Wrap(fault.Unavailable, err, "the page cannot be read: %s", failure.Reason).With("input.url")
		}
		if err != nil {
			if fault.Is(err, fault.Limited) {
				return extract.Page{}, err
			}
			return extract.Page{}, fault.Wrap(fault.Unavailable, err, "the page was not read in time").With("input.url")
		}
		if !response.Redirect.IsZero() {
			u = response.Redirect
			continue
		}
		defer response.Close()
		doc, err := l.Documents.Read(ctx, response.ContentType, response.Body)
		return extract.Page{Text: doc.Text, Title: doc.Title, Company: u.Domain()}, err
	}
	return extract.Page{}, fault.New(fault.Unavailable, "the page cannot be read: too many redirects").With("input.url")
}

// observe lets the limiter know how a domain answered.
func (l Lab) observe(ctx context.Context, u fetch.URL, r fetch.Response, err error) {
	o := fetch.Observation{Status: r.Status, CrawlDelay: r.CrawlDelay}
	if f, ok := errors.AsType[*fetch.Failure](err); ok {
		o = fetch.Observation{Status: f.Status, RetryAfter: f.RetryAfter, CrawlDelay: f.CrawlDelay}
	}
	if o.Status == 0 {
		return
	}
	lasting := context.WithoutCancel(ctx) // a moment, and the domain's due
	_ = l.Store.Tx(lasting, func(tx *store.Tx) error { return l.Limiter.Observe(lasting, tx, u.Domain(), o) })
}
