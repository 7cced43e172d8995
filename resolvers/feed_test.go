package resolvers

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// ledger is a job that the test changes, and the feeds of it.
type ledger struct {
	*feeds
	bus   event.Memory
	id    uuid.UUID
	reads atomic.Int32
	mu    sync.Mutex
	job   ent.Job
	err   error
	mute  bool // reads wait until their context ends
}

func newLedger() *ledger {
	l := &ledger{id: schema.NewID(schema.KindJob), job: ent.Job{Status: schema.JobRunning, Seq: 1}}
	l.feeds = newFeeds(&l.bus, time.Minute, func(ctx context.Context, _ uuid.UUID) (*ent.Job, error) {
		l.reads.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.mute {
			l.mu.Unlock()
			<-ctx.Done()
			l.mu.Lock()
			return nil, ctx.Err()
		}
		row := l.job
		return &row, l.err
	})
	return l
}

func (l *ledger) change(f func()) {
	l.mu.Lock()
	f()
	l.mu.Unlock()
	l.bus.Publish(event.Job(l.id))
}

// silence makes reads wait for an answer that never comes.
func (l *ledger) silence() (speak func()) {
	set := func(mute bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.mute = mute
	}
	set(true)
	return func() { set(false) }
}

func TestAThousandWatchersCostOneReadForEachChange(t *testing.T) {
	t.Parallel()
	l := newLedger()
	var watchers []<-chan jobState
	for range 1000 {
		states, leave := l.watch(t.Context(), l.id)
		defer leave()
		watchers = append(watchers, states)
	}
	expect := func(seq int64) {
		t.Helper()
		for _, states := range watchers {
			if s := <-states; s.job.Seq != seq {
				t.Fatalf("state %d, want %d", s.job.Seq, seq)
			}
		}
	}
	expect(1)
	const changes = 5
	for seq := int64(2); seq < 2+changes; seq++ {
		l.change(func() { l.job.Seq = seq })
		expect(seq)
	}
	if n := l.reads.Load(); n > 2*(1+changes) { // a tick may come in between
		t.Errorf("%d reads for %d changes", n, changes)
	}
}

func TestASlowWatcherSeesTheNewestAndHindersNobody(t *testing.T) {
	t.Parallel()
	l := newLedger()
	slow, leaveSlow := l.watch(t.Context(), l.id)
	defer leaveSlow()
	quick, leaveQuick := l.watch(t.Context(), l.id)
	defer leaveQuick()
	<-quick
	for seq := int64(2); seq <= 20; seq++ {
		l.change(func() { l.job.Seq = seq })
		if s := <-quick; s.job.Seq != seq {
			t.Fatalf("the quick one got %d, want %d", s.job.Seq, seq)
		}
	}
	if s := <-slow; s.job.Seq != 20 {
		t.Errorf("the slow one got %d, want the newest", s.job.Seq)
	}
}

func TestTheEndIsTheLastStateAndEndsTheFeed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*ledger){
		"ended":   func(l *ledger) { l.job.Seq, l.job.Status = 2, schema.JobCompleted },
		"deleted": func(l *ledger) { l.err = fault.New(fault.NotFound, "no such job") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			states, leave := l.watch(t.Context(), l.id)
			<-states
			l.change(func() { end(l) })
			if s := <-states; !s.ended() {
				t.Errorf("state = %+v", s)
			}
			leave()
			late, leaveLate := l.watch(t.Context(), l.id)
			if s := <-late; !s.ended() {
				t.Errorf("who came late got %+v", s)
			}
			leaveLate()
			l.feeds.mu.Lock()
			defer l.feeds.mu.Unlock()
			if len(l.open) != 0 {
				t.Error("a feed stayed open")
			}
		})
	}
}

func TestTheLastWatcherEndsTheFeed(t *testing.T) {
	t.Parallel()
	l := newLedger()
	a, leaveA := l.watch(t.Context(), l.id)
	_, leaveB := l.watch(t.Context(), l.id)
	<-a
	leaveB()
	l.change(func() { l.job.Seq = 2 })
	if s := <-a; s.job.Seq != 2 {
		t.Errorf("the feed ended with one watcher left")
	}
	leaveA()
	l.feeds.mu.Lock()
	defer l.feeds.mu.Unlock()
	if len(l.open) != 0 {
		t.Error("a feed stayed open")
	}
}

func TestADatabaseThatSaysNothingEndsEveryWatchAfterAMinute(t *testing.T) {
	t.Parallel()
	t.Run("a job", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newLedger()
			states, leave := l.watch(t.Context(), l.id)
			defer leave()
			<-states
			l.silence()
			l.change(func() { l.job.Seq = 2 })
			ends(t, func() error { return (<-states).err })
			late, leaveLate := l.watch(t.Context(), l.id)
			defer leaveLate()
			ends(t, func() error { return (<-late).err })
		})
	})
	t.Run("what is added", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g := newGazette()
			r := join(t, g)
			defer r.leave()
			g.silence()
			g.add(1, 0)
			ends(t, func() error { _, err := r.more(t.Context()); return err })
			ends(t, func() error { _, err := g.join(t.Context()); return err })
		})
	})
}

// ends checks that a watch does so, and not for ever later.
func ends(t *testing.T, watch func() error) {
	t.Helper()
	began := time.Now()
	if err := watch(); !fault.Is(err, fault.Unavailable) || time.Since(began) > patience+2*loadWithin {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func TestOneSilentConnectionEndsNoWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		states, leave := l.watch(t.Context(), l.id)
		defer leave()
		<-states
		speak := l.silence()
		l.change(func() { l.job.Seq = 2 })
		time.Sleep(loadWithin / 2) // on the clock of the test
		speak()
		if s := <-states; s.err != nil || s.job.Seq != 2 {
			t.Errorf("state = %+v", s)
		}
	})
}
