package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/metric"
	"techfacts.dev/techfacts/internal/trace"
	"techfacts.dev/techfacts/worker"
)

// observed is a way of fetching whose requests are timed and traced.
type observed struct {
	worker.Web
	metrics *metric.Metrics
	log     *slog.Logger
}

// Fetch fetches.
func (o observed) Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error) {
	began := time.Now()
	ctx, span := trace.Start(ctx, "fetch", slog.String("url", r.URL.String()))
	response, err := o.Web.Fetch(ctx, r)
	outcome := fetched(response, err)
	span.Set(slog.String("outcome", outcome), slog.Int("status", response.Status), slog.Int64("bytes", response.Bytes))
	span.End(err)
	if err != nil {
		o.log.DebugContext(ctx, "page not read", slog.String("url", r.URL.String()), slog.String("outcome", outcome), slog.Any("error", err))
	}
	o.metrics.Fetched(outcome, time.Since(began), response.Bytes)
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

// openTracer returns what begins traces, or nil if nobody is to get them.
func openTracer(ctx context.Context, c Config, log *slog.Logger) (*trace.Tracer, error) {
	if c.TraceEndpoint == "" {
		return nil, nil //nolint:nilnil // a nil Tracer is one that does nothing
	}
	return trace.Open(ctx, c.TraceEndpoint, c.Version, log)
}

// closeTracer sends what has not been sent, if that does not take long.
func closeTracer(ctx context.Context, t *trace.Tracer, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := t.Close(ctx); err != nil {
		log.WarnContext(ctx, "the last traces were not sent", slog.Any("error", err))
	}
}
