package search

import (
	"context"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

const (
	watchEvery = 2 * time.Second
	mayLag     = 10 * time.Second // longer than this is worth saying
)

// WatchQdrant has engines over a server say that they lag while it does not
// answer, has no index yet, or has not heard of changes. It works until ctx ends.
func WatchQdrant(ctx context.Context, s *store.Store, server *QdrantServer, facts, pages *Engine) error {
	for ctx.Err() == nil {
		reason := ""
		if err := server.Ready(ctx); err != nil {
			reason = fault.Of(err).Message
		}
		facts.Lag(worse(ctx, s, FactsAlias, reason))
		pages.Lag(worse(ctx, s, PagesAlias, reason))
		pause(ctx, nil, watchEvery)
	}
	return nil
}

func worse(ctx context.Context, s *store.Store, a Alias, reason string) string {
	behind, built, err := behindOf(ctx, s, a)
	switch {
	case reason != "" || err != nil:
		return reason
	case !built:
		return "the search index is being built"
	case behind > mayLag:
		return "the search index is " + behind.Round(time.Second).String() + " behind"
	}
	return ""
}
