package worker

import (
	"context"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/schema"
)

// Fetcher gets one document. It has one method so that there can be other ways
// than plain HTTP; the limiter stands before all of them.
type Fetcher interface {
	Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error)
}

// Steps are what items go through, and what the steps use.
type Steps struct {
	Ent           *ent.Client
	Jobs          *job.Jobs
	Fetcher       Fetcher
	Limiter       *fetch.Limiter
	Documents     *document.Reader
	MinConfidence float64 // facts below are not kept
}

// all lists every step there is, in the order an item meets them.
func (s Steps) all() map[schema.Step]step {
	return map[schema.Step]step{
		schema.StepFetch:   s.fetch,
		schema.StepExtract: s.extract,
	}
}
