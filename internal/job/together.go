package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// maxTogether is how many items are settled in one transaction: it is to be
// short.
const maxTogether = 32

// settlement is the end of the work on one item.
type settlement struct {
	ctx    context.Context //nolint:containedctx // of who settles: another may do it for him
	queue  *queue.Queue
	item   queue.Item
	params schema.Params
	took   time.Duration
	save   Save

	err  error
	turn chan bool // true: settle, for all who wait; false: another one did
}

// desk brings settlements of one job together. They would wait for each other
// anyway, as each locks the job: so whoever comes while one is under way waits
// here, and the first who waits settles for all of them next. He gives others a
// moment to come, too, since to settle several costs little more than one.
type desk struct {
	mu     sync.Mutex
	lines  map[uuid.UUID]*line // of each job that is being settled
	moment time.Duration
	enough int // of those who wait, to begin before the moment is over
}

// line is those who wait for one job.
type line struct {
	waiting []*settlement
	begin   chan struct{} // closed when there are enough, or one is in a hurry; nil if nobody waits for that
}

func newDesk() desk {
	return desk{lines: map[uuid.UUID]*line{}, moment: 5 * time.Millisecond, enough: 8}
}

// join lets s wait, or begin if it is the first of its job.
func (d *desk) join(s *settlement) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, busy := d.lines[s.item.JobID]
	if !busy {
		l = &line{}
		d.lines[s.item.JobID] = l
	}
	if l.waiting = append(l.waiting, s); l.begin != nil && d.ready(l) {
		close(l.begin)
		l.begin = nil
	}
	return !busy
}

// ready reports whether nobody else need come. Facts are found in few places at
// a time, each of which would do nothing meanwhile.
func (d *desk) ready(l *line) bool {
	return len(l.waiting) >= d.enough ||
		slices.ContainsFunc(l.waiting, func(s *settlement) bool { return s.item.Step == schema.StepExtract })
}

// gather waits a moment for others of the job.
func (d *desk) gather(ctx context.Context, id uuid.UUID) {
	d.mu.Lock()
	l := d.lines[id]
	if d.ready(l) {
		d.mu.Unlock()
		return
	}
	begin := make(chan struct{})
	l.begin = begin
	d.mu.Unlock()
	timer := time.NewTimer(d.moment)
	defer timer.Stop()
	select {
	case <-begin:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// next gives those who wait.
func (d *desk) next(id uuid.UUID) []*settlement {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[id]
	all, n := l.waiting, min(len(l.waiting), maxTogether)
	l.waiting, l.begin = slices.Clone(all[n:]), nil
	return all[:n]
}

// leave makes way for the next, and lets go those who were settled for.
func (d *desk) leave(id uuid.UUID, settled []*settlement) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if behind := d.lines[id].waiting; len(behind) > 0 {
		behind[0].turn <- true
	} else {
		delete(d.lines, id)
	}
	for _, s := range settled {
		s.turn <- false // to whoever settled, too, who does not listen any more
	}
}

// settle settles s, with others of its job if there are any.
func (j *Jobs) settle(s *settlement) error {
	if j.store.Postgres() && s.item.Step == schema.StepExtract {
		// It locks what is about a domain before any page. Others of the same
		// transaction may have locked pages.
		j.all(s.ctx, []*settlement{s})
		return s.err
	}
	if j.desk.join(s) || <-s.turn {
		j.desk.gather(s.ctx, s.item.JobID)
		batch := j.desk.next(s.item.JobID)
		defer j.desk.leave(s.item.JobID, batch)
		slices.SortFunc(batch, func(a, b *settlement) int { return strings.Compare(a.item.URL, b.item.URL) }) // so that pages are locked in one order
		j.all(s.ctx, batch)
	}
	return s.err
}

// all settles a batch. If one of it cannot be saved, the others are.
func (j *Jobs) all(ctx context.Context, batch []*settlement) {
	err := j.together(ctx, batch)
	if err == nil {
		return
	}
	alone := len(batch) == 1 || errors.Is(err, store.ErrAway)
	for _, s := range batch {
		if s.err = err; alone {
			continue
		}
		if err := j.together(s.ctx, []*settlement{s}); err != nil { //nolint:contextcheck // of who settles: the other may have ended
			s.err = err
		}
	}
}

// together settles a batch in one transaction. Unless that fails, each has its
// own error, if any.
func (j *Jobs) together(ctx context.Context, batch []*settlement) error {
	return j.store.Tx(ctx, func(tx *store.Tx) error {
		row, err := lock(ctx, tx, batch[0].item.JobID)
		if errors.Is(err, ErrNotFound) {
			for _, s := range batch {
				s.err = queue.ErrLost
			}
			return nil
		}
		if err != nil {
			return err
		}
		c, held := &changes{jobs: j, tx: tx, job: row}, 0
		for _, s := range batch {
			switch s.err = s.apply(within{ctx, s.ctx}, c); { //nolint:contextcheck // it ends with ctx
			case s.err == nil:
				held++
			case !errors.Is(s.err, queue.ErrLost):
				return s.err
			}
		}
		if held == 0 {
			return nil
		}
		return c.write(ctx)
	})
}

// apply runs the save, if the item is still held, and does what its result says.
func (s *settlement) apply(ctx context.Context, c *changes) error {
	held, err := s.queue.Hold(ctx, c.tx, s.item)
	if err != nil {
		return err
	}
	c.job.Params = s.params
	row := *c.job
	row.Stored += c.stored // by others of the batch
	result, err := s.save(ctx, c.tx, &row)
	if err != nil {
		return err
	}
	return c.settle(ctx, s.item, held, result, s.took)
}

// within ends with one context and has the values of another, such as the trace
// that what is done belongs to.
type within struct {
	context.Context //nolint:containedctx // it is one

	values context.Context //nolint:containedctx // as above
}

// Value is that of the other.
func (w within) Value(key any) any { return w.values.Value(key) }
