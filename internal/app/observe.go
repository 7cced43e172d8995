package app

import (
	"context"
	"errors"
	"time"

	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/metric"
	"techfacts.dev/techfacts/worker"
)

// observed is a way of fetching whose requests are timed.
type observed struct {
	worker.Fetcher
	metrics *metric.Metrics
}

// Fetch fetches.
func (o observed) Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error) {
	began := time.Now()
	response, err := o.Fetcher.Fetch(ctx, r)
	o.metrics.Fetched(fetched(response, err), time.Since(began), response.Bytes)
	return response, err
}

// fetched names how a request for a page ended.
func fetched(r fetch.Response, err error) string {
	failure, ok := errors.AsType[*fetch.Failure](err)
	switch {
	case ok:
		return string(failure.Outcome)
	case err != nil:
		return "STOPPED"
	case r.NotModified:
		return "NOT_MODIFIED"
	case !r.Redirect.IsZero():
		return "REDIRECTED"
	}
	return "OK"
}
