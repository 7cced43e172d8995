package worker

import (
	"context"
	"errors"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/schema"
)

// maxSitemaps is how many sitemaps of one site are read.
const maxSitemaps = 50

// done marks a sitemap, in the list of an item, that was read.
const done = "-"

// discover reads the next sitemap of the site of an item, one for each turn at
// its domain, until none is left; then the item goes on to its page. The item
// holds the list of sitemaps, so a crawl that was interrupted goes on where it
// was. What cannot be read is passed over, as a crawl does without; but not before
// it was tried as often as a page, if the reason may pass. Then an event names it.
func (s Steps) discover(ctx context.Context, t task) (job.Save, error) {
	v, err := s.visit(ctx, t)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(t.Sitemaps)
	if len(list) == 0 {
		if t.Lane != v.target.Domain() {
			return settled(job.Result{Next: schema.StepDiscover, Lane: v.target.Domain()}), nil
		}
		list, err = s.sitemaps(ctx, v.target)
		if failure, ok := errors.AsType[*fetch.Failure](err); ok {
			if failure.Temporary && !v.fresh() {
				return v.failed(failure), nil // the page could not be read either
			}
			list, err = []string{done}, nil // the page will say why
		}
		if err != nil {
			return nil, err
		}
	}
	next := slices.IndexFunc(list, func(u string) bool { return !strings.HasPrefix(u, done) })
	if next < 0 {
		return settled(v.discovered(list, nil)), nil
	}
	at, err := fetch.ParseURL(list[next])
	if err != nil {
		return nil, err
	}
	if t.Lane != at.Domain() {
		return settled(job.Result{Next: schema.StepDiscover, Lane: at.Domain(), Sitemaps: list}), nil
	}
	list[next] = done + list[next]
	sitemap, response, err := s.Web.Sitemap(ctx, fetch.Request{URL: at, Lane: t.Lane})
	if failure, ok := errors.AsType[*fetch.Failure](err); ok {
		result := v.discovered(list, nil)
		if failure.Temporary {
			result.Temporary, result.RetryAfter, result.Reason = true, failure.RetryAfter, "sitemap "+at.String()+": "+failure.Reason
		}
		observation := fetch.Observation{Status: failure.Status, RetryAfter: failure.RetryAfter, CrawlDelay: failure.CrawlDelay}
		return v.observedAt(at, observation, settled(result)), nil
	}
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, response.Close)         // what is found is kept until it was saved, then ctx ends
	if response.Redirect.Domain() == at.Domain() { // one that has moved away is of the other site
		sitemap.Sitemaps = append(sitemap.Sitemaps, response.Redirect)
	}
	for _, u := range sitemap.Sitemaps {
		known := slices.Contains(list, u.String()) || slices.Contains(list, done+u.String())
		if !known && len(list) < maxSitemaps {
			list = append(list, u.String())
		}
	}
	var found []job.Link
	for _, p := range sitemap.Pages {
		if ok, _ := v.scope.Allows(p.URL); ok {
			found = append(found, job.Link{URL: p.URL, Depth: t.Depth + 1, Score: v.job.order.Score(p.URL)})
		}
	}
	observation := fetch.Observation{Status: response.Status, CrawlDelay: response.CrawlDelay}
	return v.observedAt(at, observation, settled(v.discovered(list, found))), nil
}

// sitemaps lists the sitemaps of a site.
func (s Steps) sitemaps(ctx context.Context, home fetch.URL) ([]string, error) {
	rules, err := s.Web.Robots(ctx, home)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, u := range crawl.SitemapsOf(rules, home) {
		if len(list) < maxSitemaps {
			list = append(list, u.String())
		}
	}
	return list, nil
}

// discovered sends the item to its next sitemap, or to its page.
func (v *visit) discovered(list []string, found []job.Link) job.Result {
	result := job.Result{Next: schema.StepFetch, Lane: v.target.Domain(), Sitemaps: list, Found: found, Follow: v.followAt}
	for _, u := range list {
		if strings.HasPrefix(u, done) {
			continue
		}
		if at, err := fetch.ParseURL(u); err == nil {
			result.Next, result.Lane = schema.StepDiscover, at.Domain()
			break
		}
	}
	return result
}
