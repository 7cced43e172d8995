package resolvers

import (
	"context"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/factchange"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/jobevent"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/schema"
)

// live is what those who watch have in common.
type live struct {
	facts, events, changes *news

	ofJob     tails[*ent.Job]
	ofEvents  tails[*ent.JobEvent]
	ofFacts   tails[*ent.Fact]
	ofPages   tails[*ent.Page]
	ofChanges tails[jobChange]
	ofChanged tails[*ent.FactChange]
}

func newLive(r *Resolver) *live {
	loading := make(chan struct{}, maxLoads)
	return &live{
		facts:     &news{bus: r.Bus, topic: event.Facts, tick: r.tick(), kind: schema.KindFact, look: r.newFacts},
		events:    &news{bus: r.Bus, topic: event.Jobs, tick: r.tick(), kind: schema.KindJobEvent, look: r.newEvents},
		changes:   &news{bus: r.Bus, topic: event.Changes, tick: r.tick(), kind: schema.KindFactChange, look: r.newChanges},
		ofJob:     tails[*ent.Job]{loading: loading},
		ofEvents:  tails[*ent.JobEvent]{loading: loading},
		ofFacts:   tails[*ent.Fact]{loading: loading},
		ofPages:   tails[*ent.Page]{loading: loading},
		ofChanges: tails[jobChange]{loading: loading},
		ofChanged: tails[*ent.FactChange]{loading: loading},
	}
}

func (r *Resolver) newFacts(ctx context.Context, from uuid.UUID) ([]note, error) {
	ids, err := r.Ent.Fact.Query().Where(fact.IDGTE(from)).Order(ent.Asc(fact.FieldID)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for facts: %w", err)
	}
	return notesOf(ids), nil
}

func (r *Resolver) newChanges(ctx context.Context, from uuid.UUID) ([]note, error) {
	ids, err := r.Ent.FactChange.Query().Where(factchange.IDGTE(from)).Order(ent.Asc(factchange.FieldID)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for changes: %w", err)
	}
	return notesOf(ids), nil
}

func notesOf(ids []uuid.UUID) []note {
	notes := make([]note, len(ids))
	for i, id := range ids {
		notes[i].id = id
	}
	return notes
}

func (r *Resolver) newEvents(ctx context.Context, from uuid.UUID) ([]note, error) {
	rows, err := r.Ent.JobEvent.Query().Where(jobevent.IDGTE(from)).Order(ent.Asc(jobevent.FieldID)).
		Select(jobevent.FieldJobID, jobevent.FieldItemID, jobevent.FieldKind, jobevent.FieldMessage).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	notes := make([]note, len(rows))
	for i, row := range rows {
		notes[i] = note{id: row.ID, job: row.JobID}
		if row.ItemID != nil && row.Kind == schema.EventFetched && row.Message == string(schema.Stored) {
			notes[i].item = *row.ItemID
		}
	}
	return notes, nil
}

// stream sends first, then what pick makes of the rows that load finds for new
// notes, until ctx ends. Those who have the same key load the same.
func stream[R, T any](ctx context.Context, from *reader, rows *tails[R], key string, first []T, load func(context.Context, []note) ([]R, error), pick func(R) (T, bool)) <-chan T {
	shared, leave := rows.join(key)
	out := make(chan T)
	go func() {
		defer close(out)
		defer from.leave()
		defer leave()
		for _, v := range first {
			if !send(ctx, out, v) {
				return
			}
		}
		for {
			found, err := nextRows(ctx, from, shared, load)
			if err != nil {
				if ctx.Err() == nil {
					graphql.AddError(ctx, err)
				}
				return
			}
			for _, row := range found {
				if v, ok := pick(row); ok && !send(ctx, out, v) {
					return
				}
			}
		}
	}()
	return out
}

// nextRows waits for notes that from has not read, and gives the rows for them,
// of which there may be none.
func nextRows[R any](ctx context.Context, from *reader, shared *tail[R], load func(context.Context, []note) ([]R, error)) (rows []R, err error) {
	end, err := from.more(ctx)
	if err != nil {
		return nil, err
	}
	err = insist(ctx, func(ctx context.Context) (err error) {
		rows, from.at, err = shared.read(ctx, from.at, end, func(ctx context.Context, at, end int64) ([]R, error) {
			notes, err := from.notes(at, end)
			if err != nil {
				return nil, err
			}
			return load(ctx, notes)
		})
		return err
	})
	return rows, err
}

func all[T any](row T) (T, bool) { return row, true }

// watchFacts sends every fact that is added from now on.
func (r *Resolver) watchFacts(ctx context.Context, where *ent.FactWhereInput) (<-chan *ent.Fact, error) {
	if _, err := where.Filter(r.Ent.Fact.Query()); err != nil {
		return listed[<-chan *ent.Fact](nil, err)
	}
	added, err := r.live.facts.join(ctx)
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, notes []note) ([]*ent.Fact, error) {
		ids := make([]uuid.UUID, len(notes))
		for i, n := range notes {
			ids[i] = n.id
		}
		q, err := where.Filter(r.Ent.Fact.Query().Where(fact.IDIn(ids...)).Order(ent.Asc(fact.FieldID)))
		if err != nil {
			return nil, err
		}
		if q, err = q.CollectFields(ctx); err != nil {
			return nil, err
		}
		return q.All(ctx)
	}
	return stream(ctx, added, &r.live.ofFacts, filtered(ctx)+selected(ctx), nil, load, all), nil
}

// watchChanges sends every change that becomes known from now on.
func (r *Resolver) watchChanges(ctx context.Context, where *ent.FactChangeWhereInput) (<-chan *ent.FactChange, error) {
	if _, err := where.Filter(r.Ent.FactChange.Query()); err != nil {
		return listed[<-chan *ent.FactChange](nil, err)
	}
	added, err := r.live.changes.join(ctx)
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, notes []note) ([]*ent.FactChange, error) {
		ids := make([]uuid.UUID, len(notes))
		for i, n := range notes {
			ids[i] = n.id
		}
		q, err := where.Filter(r.Ent.FactChange.Query().Where(factchange.IDIn(ids...)).Order(ent.Asc(factchange.FieldID)))
		if err != nil {
			return nil, err
		}
		if q, err = q.CollectFields(ctx); err != nil {
			return nil, err
		}
		return q.All(ctx)
	}
	return stream(ctx, added, &r.live.ofChanged, filtered(ctx)+selected(ctx), nil, load, all), nil
}

// watchPages sends every page whose text is new or has changed from now on.
func (r *Resolver) watchPages(ctx context.Context, where *ent.PageWhereInput) (<-chan *ent.Page, error) {
	if _, err := where.Filter(r.Ent.Page.Query()); err != nil {
		return listed[<-chan *ent.Page](nil, err)
	}
	added, err := r.live.events.join(ctx)
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, notes []note) ([]*ent.Page, error) {
		var items []uuid.UUID
		for _, n := range notes {
			if n.item != uuid.Nil {
				items = append(items, n.item)
			}
		}
		if len(items) == 0 {
			return nil, nil
		}
		q, err := where.Filter(r.Ent.JobItem.Query().Where(jobitem.IDIn(items...)).QueryPage().Order(ent.Asc(page.FieldID)))
		if err != nil {
			return nil, err
		}
		if q, err = q.CollectFields(ctx); err != nil {
			return nil, err
		}
		return q.All(ctx)
	}
	return stream(ctx, added, &r.live.ofPages, filtered(ctx)+selected(ctx), nil, load, all), nil
}

// jobChange is a job that has changed.
type jobChange struct {
	job   *ent.Job
	like  bool // what is asked for
	ended bool
}

// watchJobs sends the jobs that run or ended lately, then each when it changes.
func (r *Resolver) watchJobs(ctx context.Context, where *ent.JobWhereInput) (<-chan *ent.Job, error) {
	changed, err := r.live.events.join(ctx) // before anything is read: what changes meanwhile comes again
	if err != nil {
		return nil, err
	}
	var first []*ent.Job
	err = limited(ctx, func(ctx context.Context) (err error) {
		first, err = r.jobs(ctx, where, entjob.Or(entjob.StatusIn(schema.JobQueued, schema.JobRunning), entjob.FinishedAtGTE(time.Now().Add(-lately))))
		return err
	})
	if err != nil {
		changed.leave()
		return listed[<-chan *ent.Job](nil, err)
	}
	// A job that was sent and is no longer like where is sent once more, so that
	// a list of running jobs learns that one has ended.
	sent := map[uuid.UUID]bool{}
	for _, job := range first {
		sent[job.ID] = true
	}
	load := func(ctx context.Context, notes []note) ([]jobChange, error) { return r.changes(ctx, where, notes) }
	return stream(ctx, changed, &r.live.ofChanges, filtered(ctx)+selected(ctx), first, load, func(c jobChange) (*ent.Job, bool) {
		was := sent[c.job.ID]
		if c.like && !c.ended {
			sent[c.job.ID] = true
		} else {
			delete(sent, c.job.ID)
		}
		return c.job, c.like || was
	}), nil
}

// lately is how long a job that has ended counts as news for who comes.
const lately = time.Minute

func (r *Resolver) jobs(ctx context.Context, where *ent.JobWhereInput, among predicate.Job) ([]*ent.Job, error) {
	q, err := where.Filter(r.Ent.Job.Query().Where(among).Order(ent.Asc(entjob.FieldID)))
	if err != nil {
		return nil, err
	}
	if q, err = q.CollectFields(ctx); err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// changes gives the jobs that notes are about as they are now, each once.
func (r *Resolver) changes(ctx context.Context, where *ent.JobWhereInput, notes []note) ([]jobChange, error) {
	ids := make([]uuid.UUID, len(notes))
	for i, n := range notes {
		ids[i] = n.job
	}
	among := entjob.IDIn(ids...)
	q, err := where.Filter(r.Ent.Job.Query().Where(among))
	if err != nil {
		return nil, err
	}
	wanted, err := q.Select(entjob.FieldStatus).All(ctx)
	if err != nil {
		return nil, err
	}
	// Read after that: a job that counts as ended is given as such.
	rows, err := r.jobs(ctx, nil, among)
	if err != nil {
		return nil, err
	}
	like := map[uuid.UUID]schema.JobStatus{}
	for _, row := range wanted {
		like[row.ID] = row.Status
	}
	changes := make([]jobChange, len(rows))
	for i, row := range rows {
		status, ok := like[row.ID]
		changes[i] = jobChange{job: row, like: ok, ended: status.Ended()}
	}
	return changes, nil
}
