package resolvers

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/event"
)

// feeds share what is read of a job among all who watch it: a change costs one
// read, however many they are.
type feeds struct {
	bus  Bus
	tick time.Duration
	read func(context.Context, uuid.UUID) (*ent.Job, error)

	mu   sync.Mutex
	open map[uuid.UUID]*feed
}

// feed is one job that is watched. It ends with the job, or with its last
// watcher.
type feed struct {
	watchers map[chan jobState]struct{}
	last     *jobState // nil until it was read
	stop     context.CancelFunc
}

// jobState is a job as it is now, which nobody may change, or why there is none.
type jobState struct {
	job *ent.Job
	err error
}

func (s jobState) ended() bool { return s.err != nil || s.job.Status.Ended() }

func newFeeds(bus Bus, tick time.Duration, read func(context.Context, uuid.UUID) (*ent.Job, error)) *feeds {
	return &feeds{bus: bus, tick: tick, read: read, open: map[uuid.UUID]*feed{}}
}

// watch gives a channel that holds the newest state of a job which has not been
// taken from it yet. The one that has ended is the last. Leave must be called.
func (f *feeds) watch(ctx context.Context, id uuid.UUID) (states <-chan jobState, leave func()) {
	c := make(chan jobState, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	feed, ok := f.open[id]
	if !ok {
		feed = f.start(ctx, id)
	}
	feed.watchers[c] = struct{}{}
	if feed.last != nil {
		c <- *feed.last
	}
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(feed.watchers, c)
		if len(feed.watchers) == 0 {
			feed.stop()
			if f.open[id] == feed {
				delete(f.open, id)
			}
		}
	}
}

// start makes the feed of a job. It outlives the request of its first watcher,
// for the sake of the others.
func (f *feeds) start(ctx context.Context, id uuid.UUID) *feed {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	feed := &feed{watchers: map[chan jobState]struct{}{}, stop: stop}
	f.open[id] = feed
	go f.follow(ctx, id, feed)
	return feed
}

// follow subscribes before it reads, so it misses nothing.
func (f *feeds) follow(ctx context.Context, id uuid.UUID, feed *feed) {
	hints, cancel := f.bus.Subscribe(event.Job(id))
	defer cancel()
	tick := time.NewTicker(f.tick)
	defer tick.Stop()
	var job *ent.Job
	read := func(ctx context.Context) (err error) { job, err = f.read(ctx, id); return err }
	err := limited(ctx, read) // who has seen nothing yet is told at once
	for {
		if ctx.Err() != nil {
			return
		}
		s := jobState{job, err}
		f.send(id, feed, s)
		if s.ended() {
			return
		}
		select {
		case <-hints:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err = insist(ctx, read)
	}
}

// send gives s to every watcher, unless it is what they have.
func (f *feeds) send(id uuid.UUID, feed *feed, s jobState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.err == nil && feed.last != nil && feed.last.job.Seq == s.job.Seq {
		return
	}
	feed.last = &s
	if s.ended() {
		delete(f.open, id) // who comes later reads anew
	}
	for c := range feed.watchers {
		select {
		case <-c: // an older one that was not taken
		default:
		}
		c <- s // only we send, and there is room
	}
}
