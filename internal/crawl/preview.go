package crawl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// The bounds of a preview.
const (
	previewTime     = 8 * time.Second // for asking the site; a query has ten
	previewURLs     = 10              // that may be given
	previewSitemaps = 5               // that are read
	previewHops     = 5               // redirects of a given URL
	maxFirst        = 1_000           // URLs that are listed
)

// Web is what a preview reads; see [fetch.Web].
type Web interface {
	Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error)
	Sitemap(ctx context.Context, r fetch.Request) (fetch.Sitemap, fetch.Response, error)
	Robots(ctx context.Context, u fetch.URL) (*fetch.Robots, error)
}

// Previewer tells what a crawl would do. It stores nothing but how domains
// answered, for the limiter.
type Previewer struct {
	Store     *store.Store
	Web       Web
	Limiter   *fetch.Limiter
	Documents *document.Reader
	Fresh     time.Duration // how long a page that was read is not asked for again
}

// Preview tells which URLs the crawl of in would come across first, at most
// first of them. It fails with INVALID for input out of bounds and with
// NOT_FOUND for an unknown profile; a site that does not answer is no error.
func (p Previewer) Preview(ctx context.Context, in schema.ScrapeParams, first int) (*schema.CrawlPreview, error) {
	in.Company = cmp.Or(in.Company, "-")
	seeds, err := job.Check(&in)
	switch {
	case err != nil:
		return nil, err
	case len(seeds) > previewURLs:
		return nil, fault.InvalidField("input.urls", "must be 1 to %d URLs", previewURLs)
	case first < 1 || first > maxFirst:
		return nil, fault.InvalidField("input.first", "must be from 1 to %d", maxFirst)
	}
	prof, err := p.Store.Ent.Profile.Query().Where(profile.Name(in.Profile)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "there is no profile %q", in.Profile).With("input.profile")
	}
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	v := &preview{
		Previewer: p, in: in, seeds: seeds, seen: map[fetch.URL]*schema.PreviewedURL{}, robots: map[string]*fetch.Robots{},
		order: NewOrder(extract.Profile{Name: prof.Name, Focus: prof.Focus, Categories: prof.Categories, Depth: prof.Depth}, ""),
	}
	within := previewTime
	if deadline, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(deadline)-2*time.Second)
	}
	asking, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	v.explore(asking)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return v.result(ctx, first)
}

// preview is one preview in the making.
type preview struct {
	Previewer
	in     schema.ScrapeParams
	order  *Order
	seeds  []fetch.URL // and where they lead
	found  []fetch.URL // in order
	seen   map[fetch.URL]*schema.PreviewedURL
	robots map[string]*fetch.Robots // by origin; nil if it could not be read
	notes  []string
}

func (v *preview) note(u fetch.URL, err error) {
	reason := "there was no time for it"
	if f, ok := errors.AsType[*fetch.Failure](err); ok {
		reason = f.Reason
	} else if fault.Is(err, fault.Limited) {
		reason = fault.Of(err).Message
	}
	v.notes = append(v.notes, u.String()+": "+reason)
}

func (v *preview) add(u fetch.URL, source schema.PreviewSource, depth, score int, modified time.Time) {
	row, known := v.seen[u]
	if !known {
		row = &schema.PreviewedURL{URL: u.String(), Source: source, Depth: depth}
		v.seen[u], v.found = row, append(v.found, u)
	}
	row.Score = max(row.Score, score)
	if row.LastModified == nil && !modified.IsZero() {
		row.LastModified = &modified
	}
}

// explore asks the site: its given pages first, as a person would.
func (v *preview) explore(ctx context.Context) {
	for _, u := range v.seeds {
		v.add(u, schema.SourceGiven, 0, 0, time.Time{})
	}
	for _, u := range slices.Clone(v.seeds) {
		v.given(ctx, u)
	}
	if !v.in.Crawl.Sitemaps() {
		return
	}
	domains := map[string]bool{}
	for _, u := range v.seeds {
		if !domains[u.Domain()] {
			domains[u.Domain()] = true
			v.sitemaps(ctx, u)
		}
	}
}

// given finds the links of a given page, as it is stored or as it is now.
func (v *preview) given(ctx context.Context, u fetch.URL) {
	stored, err := v.Store.Ent.Page.Query().Where(page.URL(u.String()), page.SnapshotIDNotNil(), page.FetchedAtGT(time.Now().Add(-v.Fresh))).Only(ctx)
	if err == nil && !v.in.Force {
		v.rules(ctx, u)
		v.links(Stored(stored.Links), nil)
		return
	}
	for range previewHops {
		if v.rules(ctx, u) == nil {
			return
		}
		response, err := v.Web.Fetch(ctx, fetch.Request{URL: u})
		v.observe(ctx, u, response, err)
		if err != nil {
			v.note(u, err)
			return
		}
		if u = response.Redirect; u.IsZero() {
			v.read(ctx, response)
			return
		}
		v.seeds = append(v.seeds, u)
	}
}

// read finds the links of a page that has just come.
func (v *preview) read(ctx context.Context, r fetch.Response) {
	defer r.Close()
	doc, err := v.Documents.Read(ctx, r.ContentType, r.Body)
	switch {
	case err == nil:
		v.links(Links(doc, r.URL))
	case ctx.Err() != nil:
		v.note(r.URL, err)
	}
}

func (v *preview) links(links []fetch.URL, texts []string) {
	for i, u := range links {
		text := ""
		if texts != nil {
			text = texts[i]
		}
		v.add(u, schema.SourceLink, 1, v.order.Score(u, text), time.Time{})
	}
}

// rules gives the robots.txt of u's origin, nil if it cannot be read.
func (v *preview) rules(ctx context.Context, u fetch.URL) *fetch.Robots {
	rules, known := v.robots[u.Origin()]
	if !known {
		var err error
		if rules, err = v.Web.Robots(ctx, u); err != nil {
			v.note(u, err)
			rules = nil
		}
		v.robots[u.Origin()] = rules
	}
	return rules
}

// sitemaps finds the pages that the sitemaps of a site list.
func (v *preview) sitemaps(ctx context.Context, home fetch.URL) {
	rules := v.rules(ctx, home)
	if rules == nil {
		return
	}
	list := SitemapsOf(rules, home)
	for i := 0; i < len(list); i++ {
		if i == previewSitemaps {
			v.notes = append(v.notes, fmt.Sprintf("%d more sitemaps were not read", len(list)-i))
			return
		}
		sitemap, response, err := v.Web.Sitemap(ctx, fetch.Request{URL: list[i]})
		v.observe(ctx, list[i], response, err)
		if f, ok := errors.AsType[*fetch.Failure](err); ok && f.Status == 404 && len(rules.Sitemaps) == 0 {
			continue // nobody said that there is one
		}
		if err != nil {
			v.note(list[i], err)
			continue
		}
		for _, u := range append(sitemap.Sitemaps, response.Redirect) {
			if !u.IsZero() && !slices.Contains(list, u) {
				list = append(list, u)
			}
		}
		for _, p := range sitemap.Pages {
			v.add(p.URL, schema.SourceSitemap, 1, v.order.Score(p.URL), p.Modified)
		}
		response.Close()
	}
}

// observe lets the limiter know how a domain answered.
func (v *preview) observe(ctx context.Context, u fetch.URL, r fetch.Response, err error) {
	o := fetch.Observation{Status: r.Status, CrawlDelay: r.CrawlDelay}
	if f, ok := errors.AsType[*fetch.Failure](err); ok {
		o = fetch.Observation{Status: f.Status, RetryAfter: f.RetryAfter, CrawlDelay: f.CrawlDelay}
	}
	if o.Status == 0 {
		return
	}
	err = v.Store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { // a second, at most
		return v.Limiter.Observe(context.WithoutCancel(ctx), tx, u.Domain(), o)
	})
	if err != nil {
		v.note(u, err)
	}
}

// result judges what was found.
func (v *preview) result(ctx context.Context, first int) (*schema.CrawlPreview, error) {
	scope, err := fetch.NewScope(v.seeds, *v.in.Crawl)
	if err != nil {
		return nil, err
	}
	fresh, err := v.freshOnes(ctx)
	if err != nil {
		return nil, err
	}
	var yes, no []fetch.URL
	for _, u := range v.found {
		row := v.seen[u]
		allowed, why := scope.Allows(u)
		rules, known := v.robots[u.Origin()]
		switch {
		case !allowed:
			refuse(row, schema.OutOfScope, why)
		case known && rules == nil:
			refuse(row, schema.RobotsBlocked, "robots.txt could not be read")
		case known && !rules.Permits(u):
			refuse(row, schema.RobotsBlocked, "robots.txt does not allow it")
		default:
			yes = append(yes, u)
			continue
		}
		no = append(no, u)
	}
	slices.SortStableFunc(yes, func(a, b fetch.URL) int {
		x, y := v.seen[a], v.seen[b]
		return cmp.Or(cmp.Compare(min(x.Depth, 1), min(y.Depth, 1)), cmp.Compare(y.Score, x.Score))
	})
	preview := &schema.CrawlPreview{Total: len(v.found), Complete: len(v.notes) == 0, Notes: slices.Clone(v.notes)}
	if preview.Notes == nil {
		preview.Notes = []string{}
	}
	asked := map[string]int{}
	for i, u := range yes {
		row := v.seen[u]
		if i >= v.in.Crawl.MaxPages {
			refuse(row, schema.BudgetExhausted, fmt.Sprintf("the job had its %d pages", v.in.Crawl.MaxPages))
			continue
		}
		row.WouldRead = true
		preview.WouldRead++
		if at, ok := fresh[row.URL]; ok {
			reason := "read " + at.Format(time.RFC3339) + ", still fresh"
			row.Reason = &reason
		} else {
			asked[u.Domain()]++
		}
	}
	for domain, n := range asked { // domains are read side by side
		outlook, err := v.Limiter.Outlook(ctx, domain)
		if err != nil {
			return nil, err
		}
		preview.Seconds = max(preview.Seconds, int(math.Ceil(outlook.Takes(n).Seconds())))
	}
	preview.URLs = []*schema.PreviewedURL{}
	for _, u := range append(yes, no...)[:min(first, len(v.found))] {
		preview.URLs = append(preview.URLs, v.seen[u])
	}
	return preview, nil
}

func refuse(row *schema.PreviewedURL, o schema.Outcome, reason string) {
	row.Outcome, row.Reason = &o, &reason
}

// freshOnes gives when pages were read that would not be asked for again.
func (v *preview) freshOnes(ctx context.Context) (map[string]time.Time, error) {
	fresh := map[string]time.Time{}
	if v.in.Force {
		return fresh, nil
	}
	for chunk := range slices.Chunk(v.found, 500) {
		urls := make([]string, len(chunk))
		for i, u := range chunk {
			urls[i] = u.String()
		}
		rows, err := v.Store.Ent.Page.Query().
			Where(page.URLIn(urls...), page.SnapshotIDNotNil(), page.StatusEQ(schema.PageActive), page.FetchedAtGT(time.Now().Add(-v.Fresh))).
			Select(page.FieldURL, page.FieldFetchedAt).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("find fresh pages: %w", err)
		}
		for _, row := range rows {
			fresh[row.URL] = row.FetchedAt
		}
	}
	return fresh, nil
}
