package resolvers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/jobevent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// batch is how many rows of a stream are read at a time.
const batch = 200

// watchJob sends a job as it is, then after each change, until it has ended.
func (r *Resolver) watchJob(ctx context.Context, id uuid.UUID) (<-chan *ent.Job, error) {
	return follow(ctx, r.feeds, id, func(job *ent.Job, send func(*ent.Job) bool) error {
		send(job)
		return nil
	})
}

// watchEvents sends the events of a job in order until it has ended.
func (r *Resolver) watchEvents(ctx context.Context, id uuid.UUID, after *entgql.Cursor[uuid.UUID]) (<-chan *ent.JobEvent, error) {
	var seq int64
	if after != nil {
		last, err := r.Ent.JobEvent.Query().Where(jobevent.ID(after.ID), jobevent.JobID(id)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, fault.InvalidField("after", "is not the cursor of an event of this job")
		}
		if err != nil {
			return nil, fmt.Errorf("find event: %w", err)
		}
		seq = last.Seq
	}
	return follow(ctx, r.feeds, id, func(job *ent.Job, send func(*ent.JobEvent) bool) error {
		for seq < job.Seq {
			events, err := r.Ent.JobEvent.Query().Where(jobevent.JobID(id), jobevent.SeqGT(seq), jobevent.SeqLTE(job.Seq)).
				Order(ent.Asc(jobevent.FieldSeq)).Limit(batch).All(ctx)
			if err != nil {
				return fmt.Errorf("read events: %w", err)
			}
			if len(events) == 0 {
				return fault.New(fault.NotFound, "no such job") // deleted since
			}
			for _, e := range events {
				if !send(e) {
					return nil
				}
				seq = e.Seq
			}
		}
		return nil
	})
}

// follow sends what each makes of the states of a job, until it has ended.
func follow[T any](ctx context.Context, f *feeds, id uuid.UUID, each func(job *ent.Job, send func(T) bool) error) (<-chan T, error) {
	states, leave := f.watch(ctx, id)
	var state jobState
	select {
	case state = <-states:
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
	if state.err != nil {
		leave()
		return nil, state.err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer leave()
		for {
			if state.err == nil {
				state.err = each(state.job, func(v T) bool { return send(ctx, out, v) })
			}
			if state.err != nil {
				graphql.AddError(ctx, state.err)
			}
			if state.ended() {
				return
			}
			select {
			case state = <-states:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func send[T any](ctx context.Context, out chan<- T, v T) bool {
	select {
	case out <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// overlap is how far back a stream looks for rows that were made earlier than
// others but committed later, or by a process whose clock is behind.
const overlap = time.Minute

// news finds the rows that were added since it was last asked. Ids sort by the
// time they were made at, but are not committed in that order: so each look
// goes back a while, and what was seen is left out.
type news struct {
	kind schema.Kind
	ids  func(ctx context.Context, from uuid.UUID) ([]uuid.UUID, error) // of rows from an id on, in order
	seen map[uuid.UUID]time.Time
}

// added gives the ids of new rows in order.
func (n *news) added(ctx context.Context) ([]uuid.UUID, error) {
	now := time.Now()
	ids, err := n.ids(ctx, schema.Floor(n.kind, now.Add(-overlap)))
	if err != nil {
		return nil, err
	}
	if n.seen == nil {
		n.seen = map[uuid.UUID]time.Time{}
	}
	var added []uuid.UUID
	for _, id := range ids {
		if _, ok := n.seen[id]; !ok {
			added = append(added, id)
		}
		n.seen[id] = now
	}
	for id, last := range n.seen {
		if now.Sub(last) > 2*overlap {
			delete(n.seen, id)
		}
	}
	return added, nil
}

// stream sends first, then what load makes of new rows, after each hint on topic
// and each tick, until ctx ends. What is there already is not news; but with
// something to send first, what was added lately comes too, lest a change in
// between be missed.
func stream[T any](ctx context.Context, r *Resolver, topic string, n *news, first []T, load func(context.Context, []uuid.UUID) ([]T, error)) (<-chan T, error) {
	hints, cancel := r.Bus.Subscribe(topic)
	ids, err := n.added(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	if first == nil {
		ids = nil
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer cancel()
		tick := time.NewTicker(r.tick())
		defer tick.Stop()
		for rows := first; ; {
			for _, row := range rows {
				if !send(ctx, out, row) {
					return
				}
			}
			if len(ids) == 0 {
				select {
				case <-hints:
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				if !pause(ctx, lookPause) { // hints of a busy moment become one look
					return
				}
				ids, err = n.added(ctx)
			}
			k := min(len(ids), batch)
			if rows = nil; k > 0 && err == nil {
				rows, err = load(ctx, ids[:k])
			}
			if err != nil {
				graphql.AddError(ctx, err)
				return
			}
			ids = ids[k:]
		}
	}()
	return out, nil
}

// lookPause is the least time between two looks of a stream.
const lookPause = 100 * time.Millisecond

// pause waits; false if ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// watchFacts sends every fact that is added from now on.
func (r *Resolver) watchFacts(ctx context.Context, where *ent.FactWhereInput) (<-chan *ent.Fact, error) {
	added := &news{kind: schema.KindFact, ids: func(ctx context.Context, from uuid.UUID) ([]uuid.UUID, error) {
		q, err := where.Filter(r.Ent.Fact.Query().Where(fact.IDGTE(from), fact.StatusEQ(schema.FactActive)))
		if err != nil {
			return listed[[]uuid.UUID](nil, err)
		}
		return q.Order(ent.Asc(fact.FieldID)).IDs(ctx)
	}}
	return stream(ctx, r, event.Facts, added, nil, func(ctx context.Context, ids []uuid.UUID) ([]*ent.Fact, error) {
		q, err := r.Ent.Fact.Query().Where(fact.IDIn(ids...)).Order(ent.Asc(fact.FieldID)).CollectFields(ctx)
		if err != nil {
			return nil, err
		}
		return q.All(ctx)
	})
}

// watchJobs sends the jobs that run or changed lately, then each when it changes.
func (r *Resolver) watchJobs(ctx context.Context, where *ent.JobWhereInput) (<-chan *ent.Job, error) {
	load := func(ctx context.Context, like ...predicate.Job) ([]*ent.Job, error) {
		q, err := where.Filter(r.Ent.Job.Query().Where(like...).Order(ent.Asc(entjob.FieldID)))
		if err != nil {
			return nil, err
		}
		if q, err = q.CollectFields(ctx); err != nil {
			return nil, err
		}
		return q.All(ctx)
	}
	running, err := load(ctx, entjob.StatusIn(schema.JobQueued, schema.JobRunning))
	if err != nil {
		return listed[<-chan *ent.Job](nil, err)
	}
	if running == nil {
		running = []*ent.Job{}
	}
	changed := &news{kind: schema.KindJobEvent, ids: func(ctx context.Context, from uuid.UUID) ([]uuid.UUID, error) {
		return r.Ent.JobEvent.Query().Where(jobevent.IDGTE(from)).Order(ent.Asc(jobevent.FieldID)).IDs(ctx)
	}}
	// A job that was sent and is no longer like where is sent once more, so that
	// a list of running jobs learns that one has ended.
	sent := map[uuid.UUID]bool{}
	for _, job := range running {
		sent[job.ID] = true
	}
	return stream(ctx, r, event.Jobs, changed, running, func(ctx context.Context, ids []uuid.UUID) ([]*ent.Job, error) {
		jobs, err := load(ctx, entjob.HasEventsWith(jobevent.IDIn(ids...)))
		if err != nil {
			return nil, err
		}
		like := map[uuid.UUID]bool{}
		for _, job := range jobs {
			like[job.ID] = true
		}
		left, err := r.leaving(ctx, ids, slices.Collect(maps.Keys(sent)), like)
		maps.Copy(sent, like)
		for _, job := range left {
			delete(sent, job.ID)
		}
		return append(jobs, left...), err
	})
}

// leaving gives the jobs that changed with events and were sent, but are not
// among those that are still wanted.
func (r *Resolver) leaving(ctx context.Context, events, sent []uuid.UUID, wanted map[uuid.UUID]bool) ([]*ent.Job, error) {
	sent = slices.DeleteFunc(sent, func(id uuid.UUID) bool { return wanted[id] })
	if len(sent) == 0 {
		return nil, nil
	}
	q, err := r.Ent.Job.Query().Where(entjob.IDIn(sent...), entjob.HasEventsWith(jobevent.IDIn(events...))).
		Order(ent.Asc(entjob.FieldID)).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// watchPages sends every page whose text is new or has changed from now on.
func (r *Resolver) watchPages(ctx context.Context, where *ent.PageWhereInput) (<-chan *ent.Page, error) {
	stored := &news{kind: schema.KindJobEvent, ids: func(ctx context.Context, from uuid.UUID) ([]uuid.UUID, error) {
		return r.Ent.JobEvent.Query().
			Where(jobevent.IDGTE(from), jobevent.KindEQ(schema.EventFetched), jobevent.Message(string(schema.Stored))).
			Order(ent.Asc(jobevent.FieldID)).IDs(ctx)
	}}
	return stream(ctx, r, event.Jobs, stored, nil, func(ctx context.Context, ids []uuid.UUID) ([]*ent.Page, error) {
		items := r.Ent.JobEvent.Query().Where(jobevent.IDIn(ids...)).QueryItem()
		q, err := where.Filter(items.QueryPage().Order(ent.Asc(page.FieldID)))
		if err != nil {
			return listed[[]*ent.Page](nil, err)
		}
		if q, err = q.CollectFields(ctx); err != nil {
			return nil, err
		}
		return q.All(ctx)
	})
}
