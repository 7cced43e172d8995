package worker

import (
	"context"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Web is where pages come from. The limiter and robots.txt stand before it; see
// [fetch.Web].
type Web interface {
	Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error)
	Sitemap(ctx context.Context, r fetch.Request) (fetch.Sitemap, fetch.Response, error)
	Robots(ctx context.Context, u fetch.URL) (*fetch.Robots, error)
}

// Steps are what items go through, and what the steps use.
type Steps struct {
	Ent           *ent.Client
	Store         *store.Store // whose Ent is
	Jobs          *job.Jobs
	Web           Web                    // by HTTP
	Ways          map[schema.Fetcher]Web // the other ways to get pages that there are
	Limiter       *fetch.Limiter
	Documents     *document.Reader
	MinConfidence float64        // facts below are not kept
	Model         *extract.Model // nil: there is none

	samples *samples // nil: none are remembered
	hops    *hops    // the same
}

// all lists every step there is, in the order an item meets them.
func (s Steps) all() map[schema.Step]step {
	return map[schema.Step]step{
		schema.StepDiscover: s.discover,
		schema.StepFetch:    s.fetch,
		schema.StepExtract:  s.extract,
		schema.StepReport:   s.report,
	}
}
