package resolvers

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
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
}

func newLedger() *ledger {
	l := &ledger{id: schema.NewID(schema.KindJob), job: ent.Job{Status: schema.JobRunning, Seq: 1}}
	l.feeds = newFeeds(&l.bus, time.Minute, func(context.Context, uuid.UUID) (*ent.Job, error) {
		l.reads.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
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
