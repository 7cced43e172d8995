package resolvers

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/ratelimit"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/schema"
)

// watchLimits sends every rate limit that changes from now on. Rows say when they
// changed; a look goes back a while, as not all clocks agree, and what was sent
// as it is is left out.
func (r *Resolver) watchLimits(ctx context.Context, where *ent.RateLimitWhereInput) (<-chan *ent.RateLimit, error) {
	hints, cancel := r.Bus.Subscribe(event.Queue)
	sent := map[uuid.UUID]time.Time{}
	var rows []*ent.RateLimit // those that have changed
	look := func(ctx context.Context) error {
		q, err := where.Filter(r.Ent.RateLimit.Query().Where(ratelimit.UpdatedAtGT(schema.Now().Add(-farOverlap))).Order(ent.Asc(ratelimit.FieldUpdatedAt)))
		if err != nil {
			_, err = listed[any](nil, err)
			return err
		}
		all, err := q.All(ctx)
		rows = nil
		for _, row := range all {
			if !sent[row.ID].Equal(row.UpdatedAt) {
				rows = append(rows, row)
			}
			sent[row.ID] = row.UpdatedAt
		}
		return err
	}
	if err := limited(ctx, look); err != nil { // what is there is not news
		cancel()
		return nil, err
	}
	out := make(chan *ent.RateLimit)
	go func() {
		defer close(out)
		defer cancel()
		tick := time.NewTicker(r.tick())
		defer tick.Stop()
		for {
			select {
			case <-hints:
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if !pause(ctx, lookPause) {
				return
			}
			err := insist(ctx, look)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				graphql.AddError(ctx, err)
				return
			}
			for _, row := range rows {
				if !send(ctx, out, row) {
					return
				}
			}
		}
	}()
	return out, nil
}
