package resolvers

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// gazette is a table that the test adds to, and the news of it.
type gazette struct {
	*news
	bus event.Memory

	mu    sync.Mutex
	rows  []note
	looks int
	err   error
	mute  bool // looks wait until their context ends
}

func newGazette() *gazette {
	g := &gazette{}
	g.news = &news{bus: &g.bus, topic: event.Facts, tick: time.Minute, kind: schema.KindFact, look: func(ctx context.Context, from uuid.UUID) ([]note, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.mute {
			g.mu.Unlock()
			<-ctx.Done()
			g.mu.Lock()
			return nil, ctx.Err()
		}
		g.looks++
		found := slices.Clone(g.rows)
		found = slices.DeleteFunc(found, func(n note) bool { return bytes.Compare(n.id[:], from[:]) < 0 })
		slices.SortFunc(found, func(a, b note) int { return bytes.Compare(a.id[:], b.id[:]) })
		return found, g.err
	}}
	return g
}

// add commits rows that were made some time ago.
func (g *gazette) add(n int, ago time.Duration) {
	g.mu.Lock()
	for range n {
		id := schema.NewID(schema.KindFact)
		if ago > 0 {
			floor := schema.Floor(schema.KindFact, time.Now().Add(-ago))
			copy(id[:6], floor[:6])
		}
		g.rows = append(g.rows, note{id: id})
	}
	g.mu.Unlock()
	g.bus.Publish(event.Facts)
}

func (g *gazette) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func (g *gazette) silence() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mute = true
}

func join(t *testing.T, g *gazette) *reader {
	t.Helper()
	r, err := g.join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reader) expect(t *testing.T, n int64) {
	t.Helper()
	for want := r.at + n; r.at < want; {
		end, err := r.more(t.Context())
		if err != nil || end > want {
			t.Fatalf("at %d of %d: %d, %v", r.at, want, end, err)
		}
		r.at = end
	}
}

func TestNewsAreWhatIsAddedAfterOneHasJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGazette()
		g.add(5, 0)
		a := join(t, g)
		defer a.leave()
		g.add(3, 0)
		a.expect(t, 3)
		b := join(t, g)
		defer b.leave()
		g.add(2, 0)
		a.expect(t, 2)
		b.expect(t, 2)
		synctest.Wait()
		if g.looks > 3 {
			t.Errorf("%d looks for two changes and two readers", g.looks)
		}
	})
}

func TestNewsComeLateAndStillOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*gazette){
		"committed after a while":   func(g *gazette) { g.add(1, 50*time.Second) },
		"of a clock that is behind": func(g *gazette) { g.add(1, 0); g.add(1, 30*time.Second) },
		"of when nothing could be read": func(g *gazette) {
			g.fail(fault.New(fault.Unavailable, "away"))
			g.add(1, 0)
			time.Sleep(50 * time.Second)
			g.fail(nil)
		},
		"long after the last look": func(g *gazette) { time.Sleep(time.Hour); g.add(1, 40*time.Second) },
		"one by one": func(g *gazette) {
			g.add(1, 0)
			time.Sleep(time.Second)
			g.add(1, 0)
			time.Sleep(time.Minute)
			g.add(1, time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGazette()
				r := join(t, g)
				defer r.leave()
				test(g)
				r.expect(t, int64(len(g.rows)))
				time.Sleep(5 * time.Minute)
				if end := r.board.end(); end != r.at {
					t.Errorf("%d came more than once", end-r.at)
				}
			})
		})
	}
}

func TestWhoIsTooSlowIsToldSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGazette()
		slow, quick := join(t, g), join(t, g)
		defer slow.leave()
		defer quick.leave()
		for range 5 {
			g.add(maxNotes/4, 0)
			quick.expect(t, maxNotes/4)
		}
		if _, err := slow.more(t.Context()); !fault.Is(err, fault.Limited) {
			t.Errorf("got %v", err)
		}
		if n := len(slow.board.notes); n > maxNotes {
			t.Errorf("%d notes are kept", n)
		}
	})
}

func TestNewsThatCannotBeReadEndAndBeginAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGazette()
		g.fail(errors.New("broken"))
		if _, err := g.join(t.Context()); err == nil {
			t.Error("joined what cannot be read")
		}
		g.fail(nil)
		r := join(t, g)
		defer r.leave()
		g.add(3, 0)
		r.expect(t, 3)
		g.fail(fault.New(fault.Unavailable, "away"))
		g.add(1, 0)
		if _, err := r.more(t.Context()); !fault.Is(err, fault.Unavailable) { // after some patience
			t.Errorf("got %v", err)
		}
		g.fail(nil)
		again := join(t, g)
		defer again.leave()
		if again.at < r.at {
			t.Errorf("places begin anew at %d: those of before may be kept still", again.at)
		}
		g.add(1, 0)
		again.expect(t, 1)
	})
}

func TestTheLastReaderEndsTheNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		g := newGazette()
		a, b := join(t, g), join(t, g)
		a.leave()
		g.add(1, 0)
		b.expect(t, 1)
		b.leave()
		if g.open != nil {
			t.Error("it is still open")
		}
	})
}

func TestATailGivesEveryRowOnceHoweverItIsRead(t *testing.T) {
	t.Parallel()
	const total = 3000
	shared := &tails[int64]{loading: make(chan struct{}, maxLoads)}
	var mu sync.Mutex
	loads, now := 0, int64(1)
	load := func(_ context.Context, from, to int64) (rows []int64, err error) {
		mu.Lock()
		defer mu.Unlock()
		loads++
		if loads%50 == 0 {
			return nil, errors.New("once in a while")
		}
		if to-from > batch || to > now {
			t.Errorf("asked for %d to %d of %d", from, to, now)
		}
		for n := from + 1; n <= to; n++ {
			rows = append(rows, n)
		}
		return rows, nil
	}
	var group sync.WaitGroup
	for i := range 100 {
		random := rand.New(rand.NewPCG(uint64(i), 2))
		group.Go(func() {
			tail, leave := shared.join("key")
			defer leave()
			at := random.Int64N(10)
			for next := at + 1; at < total; {
				mu.Lock()
				if now < total && random.IntN(4) == 0 {
					now += 1 + random.Int64N(2)
				}
				end := now
				mu.Unlock()
				if end <= at {
					continue
				}
				rows, got, err := tail.read(t.Context(), at, end, load)
				if err != nil {
					continue
				}
				for _, row := range rows {
					if row != next {
						t.Errorf("got %d, want %d", row, next)
						return
					}
					next++
				}
				at = got
			}
		})
	}
	group.Wait()
	if len(shared.open) != 0 {
		t.Error("it is still open")
	}
}

func TestOneWhoLeavesDoesNotTakeALoadAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &tails[int]{loading: make(chan struct{}, 1)}
		tail, leave := shared.join("key")
		defer leave()
		ctx, cancel := context.WithCancel(t.Context())
		load := func(ctx context.Context, _, _ int64) ([]int, error) {
			time.Sleep(time.Second)
			return []int{1}, ctx.Err()
		}
		go func() { _, _, _ = tail.read(ctx, 0, 1, load) }()
		synctest.Wait()
		go cancel()
		if rows, _, err := tail.read(t.Context(), 0, 1, load); err != nil || len(rows) != 1 {
			t.Errorf("got %v, %v", rows, err)
		}
	})
}
