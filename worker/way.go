package worker

import (
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/schema"
)

// by is the way in which the page is to be got now.
func (v *visit) by() schema.Fetcher {
	if v.Fetcher != "" {
		return v.Fetcher
	}
	switch v.job.Params.Scrape.Fetcher() {
	case schema.ChoiceBrowser:
		return schema.FetcherBrowser
	case schema.ChoiceFirecrawl:
		return schema.FetcherFirecrawl
	case schema.ChoiceAuto, schema.ChoiceHTTP:
	}
	return schema.FetcherHTTP
}

// web is what the page is to be got by. It fails with UNAVAILABLE if this worker
// has none: another may.
func (v *visit) web() (Web, error) {
	by := v.by()
	if by == schema.FetcherHTTP {
		return v.Web, nil
	}
	if web, ok := v.Ways[by]; ok {
		return web, nil
	}
	return nil, fault.New(fault.Unavailable, "the worker has nothing that gets pages by %s", by)
}

// may reports whether a page that HTTP has not got may be got in another way. What
// was handed in is all there is of it.
func (v *visit) may(by schema.Fetcher) bool {
	return v.job.Type != schema.JobImport && v.Fetcher == "" && v.job.Params.Scrape.Fetcher() == schema.ChoiceAuto && v.Ways[by] != nil
}

// again sends the item to the page once more, to get it by another way; "" stands for that of its
// job. Its turn at the domain comes first.
func (v *visit) again(by schema.Fetcher) job.Result {
	return job.Result{Next: schema.StepFetch, Lane: v.target.Domain(), Fetcher: by}
}
