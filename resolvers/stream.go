package resolvers

import (
	"context"
	"fmt"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/jobevent"
	"techfacts.dev/techfacts/internal/fault"
)

// watchJob sends a job as it is, then after each change, until it has ended.
func (r *Resolver) watchJob(ctx context.Context, id uuid.UUID) (<-chan *ent.Job, error) {
	if !selects(ctx, "items", "events", "parent", "retries") {
		return follow(ctx, r.feeds, id, func() {}, func(job *ent.Job, send func(*ent.Job) bool) error {
			send(job)
			return nil
		})
	}
	// The row alone does not tell: what it is connected to is loaded once for
	// each change, too.
	load := func(ctx context.Context, _, _ int64) ([]*ent.Job, error) {
		row, err := r.job(ctx, id)
		return []*ent.Job{row}, err
	}
	shared, leave := r.live.ofJob.join(id.String() + selected(ctx))
	return follow(ctx, r.feeds, id, leave, func(job *ent.Job, send func(*ent.Job) bool) error {
		return insist(ctx, func(ctx context.Context) error {
			rows, _, err := shared.read(ctx, job.Seq-1, job.Seq, load)
			for _, row := range rows {
				send(row)
			}
			return err
		})
	})
}

// watchEvents sends the events of a job in order until it has ended.
func (r *Resolver) watchEvents(ctx context.Context, id uuid.UUID, after *entgql.Cursor[uuid.UUID]) (<-chan *ent.JobEvent, error) {
	var seq int64
	if after != nil {
		var last *ent.JobEvent
		err := limited(ctx, func(ctx context.Context) (err error) {
			last, err = r.Ent.JobEvent.Query().Where(jobevent.ID(after.ID), jobevent.JobID(id)).Only(ctx)
			return err
		})
		if ent.IsNotFound(err) {
			return nil, fault.InvalidField("after", "is not the cursor of an event of this job")
		}
		if err != nil {
			return nil, fmt.Errorf("find event: %w", err)
		}
		seq = last.Seq
	}
	load := func(ctx context.Context, from, to int64) ([]*ent.JobEvent, error) { return r.events(ctx, id, from, to) }
	shared, leave := r.live.ofEvents.join(id.String() + selected(ctx))
	return follow(ctx, r.feeds, id, leave, func(job *ent.Job, send func(*ent.JobEvent) bool) error {
		for seq < job.Seq {
			var events []*ent.JobEvent
			err := insist(ctx, func(ctx context.Context) (err error) {
				events, seq, err = shared.read(ctx, seq, job.Seq, load)
				return err
			})
			if err != nil {
				return err
			}
			for _, e := range events {
				if !send(e) {
					return nil
				}
			}
		}
		return nil
	})
}

// events gives the events of a job after one number and up to another. There
// is no gap between them unless the job was deleted.
func (r *Resolver) events(ctx context.Context, id uuid.UUID, from, to int64) ([]*ent.JobEvent, error) {
	q, err := r.Ent.JobEvent.Query().Where(jobevent.JobID(id), jobevent.SeqGT(from), jobevent.SeqLTE(to)).
		Order(ent.Asc(jobevent.FieldSeq)).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	if int64(len(rows)) != to-from {
		return nil, fault.New(fault.NotFound, "no such job")
	}
	return rows, nil
}

// follow sends what each makes of the states of a job, until it has ended. It
// calls done at the end.
func follow[T any](ctx context.Context, f *feeds, id uuid.UUID, done func(), each func(job *ent.Job, send func(T) bool) error) (<-chan T, error) {
	states, leave := f.watch(ctx, id)
	end := func() { leave(); done() }
	var state jobState
	select {
	case state = <-states:
	case <-ctx.Done():
		end()
		return nil, ctx.Err()
	}
	if state.err != nil {
		end()
		return nil, state.err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer end()
		for {
			if state.err == nil {
				state.err = each(state.job, func(v T) bool { return send(ctx, out, v) })
			}
			if state.err != nil && ctx.Err() == nil {
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

// How long those who watch wait for a database that does not answer, and how
// often they ask. What they watch does not change meanwhile.
const (
	patience = time.Minute
	retry    = time.Second
)

// insist reads until the database answers, or patience is at an end.
func insist(ctx context.Context, read func(context.Context) error) error {
	for began := time.Now(); ; {
		err := limited(ctx, read)
		if !fault.Is(err, fault.Unavailable) || time.Since(began) > patience || !pause(ctx, retry) {
			return err
		}
	}
}

// limited reads once. A database that says nothing counts as one that is away:
// else those who have no deadline of their own would wait for ever.
func limited(ctx context.Context, read func(context.Context) error) error {
	soon, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	err := read(soon)
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errAway, err)
	}
	return err
}
