package resolvers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/schema"
)

// overlap is how far back a stream looks for facts that were made earlier than
// others but committed later, or by a process whose clock is behind.
const overlap = time.Minute

const streamBatch = 200

// factStream finds the facts that were added since it was last asked. Ids sort
// by the time they were made at, but are not committed in that order: so each
// look goes back a while, and what was seen is left out.
type factStream struct {
	ent   *ent.Client
	where predicate.Fact // nil: all
	seen  map[uuid.UUID]time.Time
}

func newFactStream(ctx context.Context, client *ent.Client, where *ent.FactWhereInput) (*factStream, error) {
	s := &factStream{ent: client, seen: map[uuid.UUID]time.Time{}}
	p, err := where.P()
	if err != nil && !errors.Is(err, ent.ErrEmptyFactWhereInput) {
		return nil, err
	}
	s.where = p
	_, err = s.added(ctx) // what is there already is not news
	return s, err
}

// added gives the ids of new facts in order.
func (s *factStream) added(ctx context.Context) ([]uuid.UUID, error) {
	since := time.Now().Add(-overlap)
	query := s.ent.Fact.Query().Where(fact.IDGTE(schema.Floor(schema.KindFact, since)), fact.StatusEQ(schema.FactActive))
	if s.where != nil {
		query.Where(s.where)
	}
	ids, err := query.Order(ent.Asc(fact.FieldID)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find new facts: %w", err)
	}
	var added []uuid.UUID
	now := time.Now()
	for _, id := range ids {
		if _, ok := s.seen[id]; !ok {
			added = append(added, id)
		}
		s.seen[id] = now
	}
	for id, last := range s.seen {
		if now.Sub(last) > 2*overlap {
			delete(s.seen, id)
		}
	}
	return added, nil
}

// watchFacts sends every fact that is added from now on, until ctx ends.
func (r *Resolver) watchFacts(ctx context.Context, where *ent.FactWhereInput) (<-chan *ent.Fact, error) {
	hints, cancel := r.Bus.Subscribe(event.Facts)
	stream, err := newFactStream(ctx, r.Ent, where)
	if err != nil {
		cancel()
		return nil, err
	}
	out := make(chan *ent.Fact)
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
			if err := r.sendFacts(ctx, stream, out); err != nil {
				return
			}
		}
	}()
	return out, nil
}

func (r *Resolver) sendFacts(ctx context.Context, s *factStream, out chan<- *ent.Fact) error {
	ids, err := s.added(ctx)
	for len(ids) > 0 && err == nil {
		n := min(len(ids), streamBatch)
		var query *ent.FactQuery
		query, err = r.Ent.Fact.Query().Where(fact.IDIn(ids[:n]...)).Order(ent.Asc(fact.FieldID)).CollectFields(ctx)
		if err != nil {
			break
		}
		var facts []*ent.Fact
		if facts, err = query.All(ctx); err != nil {
			break
		}
		for _, f := range facts {
			select {
			case out <- f:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ids = ids[n:]
	}
	if err != nil {
		return fmt.Errorf("read new facts: %w", err)
	}
	return nil
}
