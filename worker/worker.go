// Package worker does the slow work: it takes items from the queue and runs the
// step that each is in. It promises that a step which fails, panics, hangs or
// dies with its process costs its own item a try, and nothing else.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/trace"
	"techfacts.dev/techfacts/schema"
)

// rememberedJobs is how many jobs need not be read again for each item.
const rememberedJobs = 64

// moment is how long a worker that is busy waits for more places to become free.
const moment = 5 * time.Millisecond

// How often to look without a hint: for items that have become ready, and for
// leases that were taken away.
const (
	lookEvery  = time.Second
	checkEvery = 500 * time.Millisecond
)

// How long a save may take, at first and when it was too slow, and how often one
// is tried while the database is away.
const (
	saveWithin = 15 * time.Second
	slowSave   = 2 * time.Minute
	tryEvery   = 500 * time.Millisecond
)

// Bus is where hints come from.
type Bus interface {
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// Observer is told what workers do, as they do it. It must not wait.
type Observer interface {
	// Taken is called when an item has been leased that has been due for so long.
	Taken(step schema.Step, waited time.Duration)
	// Step is called when the slow half of a step has ended.
	Step(step schema.Step, took time.Duration)
}

// unobserved is for a pool that nobody watches.
type unobserved struct{}

func (unobserved) Taken(schema.Step, time.Duration) {}
func (unobserved) Step(schema.Step, time.Duration)  {}

// Pool runs steps until it is stopped.
type Pool struct {
	Store *store.Store
	Queue *queue.Queue
	Jobs  *job.Jobs
	Gate  queue.Gate
	Bus   Bus
	Steps Steps
	Log   *slog.Logger

	Observer Observer      // nil: nobody
	Tracer   *trace.Tracer // nil: none

	// OrphanAfter is how long an item may be leased to this worker while nobody
	// here is at it; 10 s if not set.
	OrphanAfter time.Duration

	Fetches  int // items at a time that use the network
	Extracts int // items at a time that use the processor

	mu      sync.Mutex
	running map[queue.Lease]context.CancelCauseFunc
	jobs    *lru.Cache[uuid.UUID, *request] // as they were when their first item came
}

// task is an item with the job it belongs to.
type task struct {
	queue.Item
	job *request
}

// request is a job as it was asked for, and what follows from that for each of
// its items.
type request struct {
	*ent.Job
	order *crawl.Order // of the pages of a crawl; nil if they are all alike
}

// step is the slow half of the work on an item: it may read and use the
// network, and must not write. Run twice, it leads to the same rows.
type step func(context.Context, task) (job.Save, error)

// Run works until ctx ends. Then it stops what it is at, and gives it back to
// the queue without counting an attempt.
func (p *Pool) Run(ctx context.Context) error {
	p.running = map[queue.Lease]context.CancelCauseFunc{}
	if p.Observer == nil {
		p.Observer = unobserved{}
	}
	var err error
	if p.jobs, err = lru.New[uuid.UUID, *request](rememberedJobs); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if p.Steps.samples, err = newSamples(); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if p.Steps.hops, err = newHops(); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	// The heart beats until the last step has stopped.
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	var hearts errgroup.Group
	hearts.Go(func() error { p.beat(alive); return nil })
	hearts.Go(func() error { p.watchLeases(alive); return nil })

	var loops errgroup.Group
	loops.Go(func() error { p.loop(ctx, p.Fetches, p.takeLanes); return nil })
	loops.Go(func() error { p.loop(ctx, p.Extracts, p.take); return nil })
	err = loops.Wait()
	stop()
	err = errors.Join(err, hearts.Wait())

	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, p.Queue.Leave(leaving))
}

func (p *Pool) take(ctx context.Context, n int) ([]queue.Item, time.Time, error) {
	limited, done := context.WithTimeout(ctx, readWithin)
	defer done()
	items, err := p.Queue.Take(limited, n)
	return items, time.Time{}, err
}

func (p *Pool) takeLanes(ctx context.Context, n int) ([]queue.Item, time.Time, error) {
	limited, done := context.WithTimeout(ctx, readWithin)
	defer done()
	return p.Queue.TakeLanes(limited, n, p.Gate)
}

// loop keeps up to size items in work until ctx ends and they have stopped.
func (p *Pool) loop(ctx context.Context, size int, take func(context.Context, int) ([]queue.Item, time.Time, error)) {
	hints, cancel := p.Bus.Subscribe(event.Queue)
	defer cancel()
	var group sync.WaitGroup
	defer group.Wait()
	ended := make(chan struct{}, size)
	for free := size; ; {
		var next time.Time
		if free > 0 && ctx.Err() == nil {
			items, opens, err := take(ctx, free)
			if err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "cannot take items", slog.Any("error", err))
			}
			next, free = opens, free-len(items)
			for _, item := range items {
				group.Go(func() {
					p.work(ctx, item)
					ended <- struct{}{}
				})
			}
			if len(items) > 0 && free > 0 {
				continue
			}
		}
		wait := lookEvery
		if !next.IsZero() {
			wait = min(wait, max(time.Until(next), time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-hints:
		case <-timer.C:
		case <-ended:
			free++
		}
		timer.Stop()
		free = gather(ctx, ended, free, size)
	}
}

// gather counts those of size places that are free. While most are taken it
// waits a moment for more: to fill several at a time costs little more than to
// fill one.
func gather(ctx context.Context, ended <-chan struct{}, free, size int) int {
	timer := time.NewTimer(moment)
	defer timer.Stop()
	for {
		if 2*free < size {
			select {
			case <-ended:
				free++
				continue
			case <-timer.C:
			case <-ctx.Done():
			}
			return free
		}
		select {
		case <-ended:
			free++
		default:
			return free
		}
	}
}

func (p *Pool) orphanAfter() time.Duration { return cmp.Or(p.OrphanAfter, 10*time.Second) }

// work runs both halves of the step that item is in.
func (p *Pool) work(ctx context.Context, item queue.Item) {
	log := p.Log.With(slog.String("job_id", item.JobID.String()), slog.String("item_id", item.ID.String()), slog.String("url", item.URL))
	stepCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.mu.Lock()
	p.running[item.Lease()] = cancel
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.running, item.Lease())
		p.mu.Unlock()
	}()

	began := time.Now()
	p.Observer.Taken(item.Step, began.Sub(item.Due))
	row, err := p.job(stepCtx, item.JobID)
	var save job.Save
	if err == nil {
		var span trace.Span
		stepCtx, span = p.begin(stepCtx, item, row.Job, began)
		save, err = p.run(stepCtx, item, row)
		defer span.End(err)
		p.Observer.Step(item.Step, time.Since(began))
	}
	if ctx.Err() != nil && err != nil {
		return // stopping: Leave gives the item back
	}
	if cause := context.Cause(stepCtx); cause != nil {
		log.DebugContext(stepCtx, "step stopped", slog.Any("cause", cause))
		return // the item is not ours any more
	}
	switch {
	case errors.Is(err, store.ErrAway):
		log.InfoContext(stepCtx, "the database is away: the step will be done again", slog.Any("error", err))
		err = p.insist(stepCtx, func(ctx context.Context) error { return p.Queue.Return(ctx, item.Lease()) })
		if err != nil && !errors.Is(err, queue.ErrLost) && ctx.Err() == nil {
			log.ErrorContext(stepCtx, "cannot give an item back", slog.Any("error", err)) // watchLeases does
		}
		return
	case row == nil:
		if !ent.IsNotFound(err) {
			log.ErrorContext(stepCtx, "cannot begin", slog.Any("error", err)) // watchLeases gives the item back
		}
		return
	case err != nil:
		level := slog.LevelDebug
		if fault.Of(err).Code == fault.Internal {
			level = slog.LevelError
		}
		log.Log(stepCtx, level, "step failed", slog.Any("error", err))
		save = failed(err)
	}
	p.save(stepCtx, log, item, row.Job, time.Since(began), save)
}

// failed is the save of a step that ended with err.
func failed(err error) job.Save {
	result := job.Failed(err)
	return func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return result, nil }
}

// save runs the quick half. If that fails, the item is saved as failed.
func (p *Pool) save(ctx context.Context, log *slog.Logger, item queue.Item, row *ent.Job, took time.Duration, save job.Save) {
	ctx, span := trace.Start(ctx, "save")
	settle := func(save job.Save) error {
		return p.insist(ctx, func(ctx context.Context) error { return p.Jobs.Settle(ctx, p.Queue, item, row.Params, took, save) })
	}
	err := settle(save)
	defer span.End(err)
	if err == nil || errors.Is(err, queue.ErrLost) {
		return
	}
	if !errors.Is(err, store.ErrAway) {
		level := slog.LevelError
		if fault.Of(err).Code != fault.Internal { // such as a page that has changed meanwhile
			level = slog.LevelInfo
		}
		log.Log(ctx, level, "cannot save", slog.Any("error", err))
		err = settle(failed(err))
	}
	if err != nil && !errors.Is(err, queue.ErrLost) {
		log.ErrorContext(ctx, "cannot save", slog.Any("error", err)) // watchLeases gives it back
	}
}

// insist runs write until the database answers, for as long as the item is
// ours. One whose time has ended, perhaps while it waited for others, has not been
// answered: it gets more. What is done is worth saving, even when the process is
// about to stop: then it runs once.
func (p *Pool) insist(ctx context.Context, write func(context.Context) error) error {
	for patience := saveWithin; ; patience = min(2*patience, slowSave) {
		limited, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
		err := write(limited)
		if err != nil && limited.Err() != nil && !errors.Is(err, queue.ErrLost) {
			err = fmt.Errorf("%w: %w", store.ErrAway, err)
		}
		done()
		if !errors.Is(err, store.ErrAway) {
			return err
		}
		timer := time.NewTimer(tryEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if errors.Is(context.Cause(ctx), queue.ErrLost) { // perhaps to ourselves: the write was done, and we were not told
				return queue.ErrLost
			}
			return err
		}
	}
}

// begin goes on, in the trace of the request that started the job, with the
// step that item is in.
func (p *Pool) begin(ctx context.Context, item queue.Item, row *ent.Job, began time.Time) (context.Context, trace.Span) {
	if p.Tracer == nil {
		return ctx, trace.Span{}
	}
	ctx = trace.Remote(ctx, row.Params.Trace)
	p.Tracer.Past(ctx, "queue wait", item.Due, began, slog.String("item_id", item.ID.String()), slog.String("step", string(item.Step)))
	return p.Tracer.Begin(ctx, trace.Consumer, "step "+string(item.Step), slog.String("job_id", item.JobID.String()),
		slog.String("item_id", item.ID.String()), slog.String("url", item.URL), slog.Int("attempt", item.Attempts))
}

// run runs the slow half, and makes an error of a panic.
func (p *Pool) run(ctx context.Context, item queue.Item, row *request) (save job.Save, err error) {
	if item.Attempts > p.Jobs.MaxAttempts() {
		return nil, fault.New(fault.Invalid, "workers died at it, %d times", item.Attempts-1)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", r, debug.Stack()), "internal error")
		}
	}()
	do, ok := p.Steps.all()[item.Step]
	if !ok {
		return nil, fault.New(fault.Invalid, "this program has no step %s; is it older than the database?", item.Step)
	}
	return do(ctx, task{item, row})
}

// job gives the job of an item, whose parameters never change, and begins it
// if this is its first item.
func (p *Pool) job(ctx context.Context, id uuid.UUID) (*request, error) {
	if row, ok := p.jobs.Get(id); ok {
		return row, nil
	}
	row, err := within(ctx, func(ctx context.Context) (*ent.Job, error) {
		row, err := p.Store.Ent.Job.Get(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read job: %w", err)
		}
		if row.Status == schema.JobQueued {
			if err := p.Jobs.Begin(ctx, id); err != nil {
				return nil, fmt.Errorf("begin job: %w", err)
			}
		}
		return row, nil
	})
	if err != nil {
		return nil, err
	}
	r := &request{Job: row}
	if scrape := row.Params.Scrape; scrape != nil && scrape.Crawl != nil {
		prof, err := within(ctx, p.Store.Ent.Profile.Query().Where(profile.Name(scrape.Profile)).Only)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read profile: %w", err)
		}
		if err == nil {
			r.order = crawl.NewOrder(extract.Profile{Name: prof.Name, Focus: prof.Focus, Categories: prof.Categories, Depth: prof.Depth}, scrape.Company)
		}
	}
	p.jobs.Add(id, r)
	return r, nil
}

// beat keeps this worker alive in the eyes of the others.
func (p *Pool) beat(ctx context.Context) {
	tick := time.NewTicker(queue.BeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, done := context.WithTimeout(ctx, queue.BeatEvery)
		freed, err := p.Queue.Beat(limited)
		done()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.Log.WarnContext(ctx, "heartbeat failed", slog.Any("error", err))
		case freed > 0:
			p.Log.InfoContext(ctx, "took over the items of a dead worker", slog.Int("items", freed))
		}
	}
}

// watchLeases compares what is leased to this worker with what it is at. A step
// whose item is no longer ours is stopped: its job was cancelled or deleted, or
// we were thought dead. An item that nobody here is at, because its end could
// not be saved, is given back.
func (p *Pool) watchLeases(ctx context.Context) {
	hints, cancel := p.Bus.Subscribe(event.Cancel)
	defer cancel()
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	idle := map[queue.Lease]time.Time{} // leased and not worked on, since when
	for {
		select {
		case <-ctx.Done():
			return
		case <-hints:
		case <-tick.C:
		}
		p.mu.Lock()
		mine := maps.Clone(p.running)
		p.mu.Unlock()
		held, err := within(ctx, p.Queue.Held)
		if err != nil {
			if ctx.Err() == nil {
				p.Log.WarnContext(ctx, "cannot check leases", slog.Any("error", err))
			}
			continue
		}
		for lease, stop := range mine {
			if !held[lease] {
				stop(queue.ErrLost)
			}
		}
		maps.DeleteFunc(idle, func(l queue.Lease, _ time.Time) bool { return !held[l] || mine[l] != nil })
		for lease := range held {
			since, known := idle[lease]
			switch {
			case mine[lease] != nil:
			case !known:
				idle[lease] = time.Now() // it may have been leased just now
			case time.Since(since) > p.orphanAfter():
				limited, done := context.WithTimeout(ctx, readWithin)
				err := p.Queue.Free(limited, lease)
				done()
				if err != nil && ctx.Err() == nil {
					p.Log.WarnContext(ctx, "cannot give an item back", slog.Any("error", err))
				}
			}
		}
	}
}
