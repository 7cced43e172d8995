package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// put makes a job of n items in lane and gives its id.
func put(tb testing.TB, s *store.Store, p schema.Priority, lane string, n int) uuid.UUID {
	tb.Helper()
	var id uuid.UUID
	err := s.Tx(tb.Context(), func(tx *store.Tx) error {
		row, err := tx.Ent.Job.Create().SetType(schema.JobScrape).SetPriority(p).SetParams(schema.Params{}).Save(tb.Context())
		if err != nil {
			return err
		}
		id = row.ID
		items := make([]New, n)
		for i := range items {
			items[i] = New{URL: fmt.Sprintf("https://a.example/%05d", i), Step: schema.StepFetch, Lane: lane}
		}
		added, err := Put(tb.Context(), tx, id, p, items)
		if added.Items != n {
			tb.Errorf("added %d items of %d", added.Items, n)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func open(tb testing.TB, s *store.Store) *Queue {
	tb.Helper()
	q, err := Open(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	return q
}

func take(tb testing.TB, q *Queue, n int) []Item {
	tb.Helper()
	items, err := q.Take(tb.Context(), n)
	if err != nil {
		tb.Fatal(err)
	}
	return items
}

// settle runs f over an item that is held, as a save does.
func settle(tb testing.TB, s *store.Store, q *Queue, item Item, f func(context.Context, *store.Tx) error) error {
	tb.Helper()
	return s.Tx(tb.Context(), func(tx *store.Tx) error {
		if _, err := q.Hold(tb.Context(), tx, item); err != nil {
			return err
		}
		return f(tb.Context(), tx)
	})
}

func end(item Item) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error { return End(ctx, tx, item) }
}

// kill stops the heart of q long ago.
func kill(tb testing.TB, s *store.Store, q *Queue) {
	tb.Helper()
	err := s.Tx(tb.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(tb.Context(), `update workers set seen_at = ? where id = ?`, time.Now().Add(-DeadAfter-time.Second).UTC(), q.worker)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// settled makes q one that has beaten for long enough to take others for dead.
func settled(q *Queue) {
	q.beaten = time.Now()
	q.since = q.beaten.Add(-settling)
}

func TestEachItemIsLeasedToOneWorker(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 300)
		first := open(t, s)
		queues := []*Queue{first, {store: s, worker: "second", now: schema.Now}, {store: s, worker: "third", now: schema.Now}}
		var mu sync.Mutex
		leased := map[uuid.UUID]int{}
		var group sync.WaitGroup
		for _, q := range queues {
			group.Go(func() {
				for {
					items, err := q.Take(t.Context(), 7)
					if err != nil {
						t.Error(err)
					}
					if len(items) == 0 {
						return
					}
					mu.Lock()
					for _, i := range items {
						leased[i.ID]++
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		for id, n := range leased {
			if n != 1 {
				t.Errorf("item %s was leased %d times", id, n)
			}
		}
		if len(leased) != 300 {
			t.Errorf("%d of 300 items were leased", len(leased))
		}
	})
}

func TestPutTwiceIsPutOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := put(t, s, schema.PriorityNormal, "", 3)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			added, err := Put(t.Context(), tx, id, schema.PriorityNormal, []New{
				{URL: "https://a.example/00001", Step: schema.StepFetch}, {URL: "https://a.example/new", Step: schema.StepFetch},
			})
			if added.Items != 1 {
				t.Errorf("added %d, want 1", added.Items)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestHighGoesBeforeNormalBeforeLow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		low := put(t, s, schema.PriorityLow, "", 2)
		normal := put(t, s, schema.PriorityNormal, "", 2)
		high := put(t, s, schema.PriorityHigh, "", 2)
		var got []uuid.UUID
		for _, i := range take(t, open(t, s), 6) {
			got = append(got, i.JobID)
		}
		if want := []uuid.UUID{high, high, normal, normal, low, low}; !slices.Equal(got, want) {
			t.Errorf("order = %v, want %v", got, want)
		}
	})
}

func TestJobsTakeTurnsSoThatALargeOneDoesNotStarveASmallOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1000)
		q := open(t, s)
		for _, item := range take(t, q, 400) { // the large job is well on its way
			if err := settle(t, s, q, item, end(item)); err != nil {
				t.Fatal(err)
			}
		}
		small := put(t, s, schema.PriorityNormal, "", 5)
		later := put(t, s, schema.PriorityNormal, "", 500)
		counts := map[uuid.UUID]int{}
		for _, item := range take(t, q, 30) {
			counts[item.JobID]++
		}
		if counts[small] != 5 {
			t.Errorf("of the small job %d of 5 items were among the first 30", counts[small])
		}
		if n := counts[later]; n < 10 || n > 15 {
			t.Errorf("of two large jobs the later had %d of 30 turns, want about half of those left", n)
		}
	})
}

func TestItemsThatComeBackTakeTheirTurnAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q := open(t, s)
		old := put(t, s, schema.PriorityNormal, "", 300)
		at := schema.Now().Add(time.Hour)
		for i, item := range take(t, q, 300) { // the last ones are to be tried again, all others end
			err := settle(t, s, q, item, func(ctx context.Context, tx *store.Tx) error {
				if i >= 295 {
					return Later(ctx, tx, item, at)
				}
				return End(ctx, tx, item)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		put(t, s, schema.PriorityNormal, "", 200)
		take(t, q, 20)
		q.now = func() time.Time { return at }
		n := 0
		for _, item := range take(t, q, 20) {
			if item.JobID == old {
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d of 5 items that came back were among the next 20", n)
		}
	})
}

func TestItemsFoundLaterQueueBehindThoseOfTheirJob(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := put(t, s, schema.PriorityNormal, "", 50)
		other := put(t, s, schema.PriorityNormal, "", 50)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			var found []New
			for i := range 50 {
				found = append(found, New{URL: fmt.Sprintf("https://a.example/found/%d", i), Depth: 1, Step: schema.StepFetch})
			}
			_, err := Put(t.Context(), tx, id, schema.PriorityNormal, found)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		of := map[uuid.UUID]int{}
		for _, item := range take(t, open(t, s), 100) {
			of[item.JobID]++
			if item.Depth != 0 {
				t.Error("a found item overtook one that was there before")
			}
		}
		if of[id] != of[other] {
			t.Errorf("%d turns against %d", of[id], of[other])
		}
	})
}

func TestSavingNeedsTheLease(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1)
		zombie := open(t, s)
		item := take(t, zombie, 1)[0]
		kill(t, s, zombie)
		heir := &Queue{store: s, worker: "heir", now: schema.Now}
		settled(heir)
		if freed, err := heir.Beat(t.Context()); err != nil || freed != 1 {
			t.Fatalf("freed %d, %v", freed, err)
		}
		again := take(t, heir, 1)
		if len(again) != 1 || again[0].Attempts != 2 {
			t.Fatalf("taken over = %+v, want the item in its second attempt", again)
		}
		if err := settle(t, s, zombie, item, end(item)); !errors.Is(err, ErrLost) {
			t.Errorf("the zombie's save: %v, want ErrLost", err)
		}
		if err := settle(t, s, heir, again[0], end(again[0])); err != nil {
			t.Errorf("the heir's save: %v", err)
		}
		if err := settle(t, s, heir, again[0], end(again[0])); !errors.Is(err, ErrLost) {
			t.Errorf("saving twice: %v, want ErrLost", err)
		}
	})
}

// After the database was away nobody has beaten for a while, and whoever comes
// back first must not take the others for dead.
func TestNobodyIsTakenForDeadByWhoWasAwayItself(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, pgtest.URL(t))
	put(t, s, schema.PriorityNormal, "", 1)
	victim, q := open(t, s), open(t, s)
	take(t, victim, 1)
	kill(t, s, victim)
	beat := func(want int) {
		t.Helper()
		if freed, err := q.Beat(t.Context()); err != nil || freed != want {
			t.Errorf("freed %d, %v, want %d", freed, err, want)
		}
	}
	beat(0) // it has just come
	settled(q)
	q.beaten = q.beaten.Add(-settling - time.Second)
	beat(0) // it comes back
	beat(0)
	q.since = q.since.Add(-settling)
	beat(1)
}

func TestAnItemThatIsReturnedHasItsAttemptStill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1)
		q := open(t, s)
		for range 3 {
			items := take(t, q, 1)
			if len(items) != 1 || items[0].Attempts != 1 {
				t.Fatalf("items = %+v", items)
			}
			if err := q.Return(t.Context(), items[0].Lease()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestALateSaveOfTheSameWorkerIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1)
		q := open(t, s)
		old := take(t, q, 1)[0]
		if err := q.Free(t.Context(), old.Lease()); err != nil {
			t.Fatal(err)
		}
		if len(take(t, q, 1)) != 1 {
			t.Fatal("a freed item was not taken again")
		}
		if err := settle(t, s, q, old, end(old)); !errors.Is(err, ErrLost) {
			t.Errorf("save under the old lease: %v, want ErrLost", err)
		}
		if err := q.Free(t.Context(), old.Lease()); err != nil || len(take(t, q, 1)) != 0 {
			t.Errorf("the old lease freed the item of the new one (%v)", err)
		}
	})
}

func TestTheLivingKeepTheirItems(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1)
		q := open(t, s)
		item := take(t, q, 1)[0]
		other := &Queue{store: s, worker: "other", now: schema.Now}
		settled(other)
		if freed, err := other.Beat(t.Context()); err != nil || freed != 0 {
			t.Errorf("freed %d, %v", freed, err)
		}
		held, err := q.Held(t.Context())
		if err != nil || !held[item.Lease()] || len(held) != 1 {
			t.Errorf("held = %v, %v", held, err)
		}
	})
}

func TestLaterComesBackAtItsTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 2)
		q := open(t, s)
		items := take(t, q, 2)
		at := schema.Now().Add(time.Hour)
		for _, item := range items {
			err := settle(t, s, q, item, func(ctx context.Context, tx *store.Tx) error { return Later(ctx, tx, item, at) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := take(t, q, 2); len(got) != 0 {
			t.Fatalf("%d items came back too early", len(got))
		}
		q.now = func() time.Time { return at }
		back := take(t, q, 2)
		if len(back) != 2 || back[0].Attempts != 2 || back[1].Attempts != 2 {
			t.Errorf("came back %+v, want both in their second attempt", back)
		}
	})
}

func TestMoveBeginsTheNextStepAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 1)
		q := open(t, s)
		item := take(t, q, 1)[0]
		err := settle(t, s, q, item, func(ctx context.Context, tx *store.Tx) error {
			return Move(ctx, tx, item, schema.StepExtract, "")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := take(t, q, 1); len(got) != 1 || got[0].Step != schema.StepExtract || got[0].Attempts != 1 {
			t.Errorf("moved item = %+v", got)
		}
	})
}

func TestLeaveGivesBackWithoutCountingAnAttempt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "", 2)
		q := open(t, s)
		take(t, q, 2)
		if err := q.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, item := range take(t, open(t, s), 2) {
			if item.Attempts != 1 {
				t.Errorf("attempts = %d, want 1", item.Attempts)
			}
		}
		if n := s.Ent.Worker.Query().CountX(t.Context()); n != 1 {
			t.Errorf("%d workers are known, want 1", n)
		}
	})
}

func TestEmbeddedRestartTakesUpItsWorkAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, schema.PriorityNormal, "", 1)
	take(t, open(t, s), 1) // and dies, its heart having beaten just now
	if got := take(t, open(t, s), 1); len(got) != 1 {
		t.Error("the item of the dead process was not taken up")
	}
}

func TestOnPostgreSQLAnotherWorkerDoesNotDisturb(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, pgtest.URL(t))
	put(t, s, schema.PriorityNormal, "", 1)
	item := take(t, open(t, s), 1)[0]
	open(t, s)
	if row := s.Ent.JobItem.GetX(t.Context(), item.ID); row.State != schema.ItemRunning {
		t.Errorf("state = %s, want RUNNING: a start must not steal", row.State)
	}
}

// gate is a Gate for tests.
type gate struct {
	allow  map[string]int
	closed map[string]time.Time
	seen   map[string]int // running, as it was told
}

func (g gate) Enter(_ context.Context, _ *store.Tx, lane string, free int, running func() (int, error), take func(int) (int, error)) error {
	here, err := running()
	if err != nil {
		return err
	}
	g.seen[lane] = here
	n := min(g.allow[lane]-here, free)
	if n <= 0 {
		return nil
	}
	_, err = take(n)
	return err
}

func (g gate) Next(context.Context, []string) (map[string]time.Time, error) { return g.closed, nil }

func TestLanesOpenAsTheGateSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, schema.PriorityNormal, "a.example", 5)
		put(t, s, schema.PriorityNormal, "b.example", 5)
		put(t, s, schema.PriorityHigh, "c.example", 5)
		put(t, s, schema.PriorityNormal, "", 1)
		q := open(t, s)
		opens := schema.Now().Add(time.Hour)
		g := gate{
			allow: map[string]int{"a.example": 2, "b.example": 2, "c.example": 3}, seen: map[string]int{},
			closed: map[string]time.Time{"b.example": opens},
		}
		items, next, err := q.TakeLanes(t.Context(), 4, g)
		if err != nil {
			t.Fatal(err)
		}
		var lanes []string
		for _, i := range items {
			lanes = append(lanes, i.Lane)
		}
		if want := []string{"c.example", "c.example", "c.example", "a.example"}; !slices.Equal(lanes, want) {
			t.Errorf("lanes = %v, want %v", lanes, want)
		}
		if !next.Equal(opens) && !next.IsZero() {
			t.Errorf("next = %v", next)
		}
		items, next, err = q.TakeLanes(t.Context(), 4, g)
		if err != nil || len(items) != 1 || items[0].Lane != "a.example" {
			t.Errorf("second look: %+v, %v, want the one place that is left", items, err)
		}
		if !next.Equal(opens) {
			t.Errorf("next = %v, want %v, when the closed lane opens", next, opens)
		}
		if g.seen["c.example"] != 3 || g.seen["a.example"] != 1 {
			t.Errorf("the gate was told of running = %v", g.seen)
		}
		if got := take(t, q, 9); len(got) != 1 || got[0].Lane != "" {
			t.Errorf("without lanes: %d items, want the one that needs none", len(got))
		}
	})
}

func TestEndedItemsStayEnded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := put(t, s, schema.PriorityNormal, "", 3)
		q := open(t, s)
		for _, item := range take(t, q, 3) {
			if err := settle(t, s, q, item, end(item)); err != nil {
				t.Fatal(err)
			}
		}
		if got := take(t, q, 3); len(got) != 0 {
			t.Errorf("%d ended items were taken", len(got))
		}
		n := s.Ent.JobItem.Query().Where(jobitem.JobID(id), jobitem.StateEQ(schema.ItemEnded), jobitem.FinishedAtNotNil()).CountX(t.Context())
		if n != 3 {
			t.Errorf("%d of 3 are ended with a time", n)
		}
	})
}

// BenchmarkDrain takes and ends items in batches; an item is one operation.
func BenchmarkDrain(b *testing.B) {
	for name, address := range storetest.Addresses() {
		b.Run(name, func(b *testing.B) {
			s := storetest.Open(b, address(b))
			put(b, s, schema.PriorityNormal, "", b.N)
			q := open(b, s)
			b.ResetTimer()
			for done := 0; done < b.N; {
				items := take(b, q, 200)
				err := s.Tx(b.Context(), func(tx *store.Tx) error { return End(b.Context(), tx, items...) })
				if err != nil {
					b.Fatal(err)
				}
				done += len(items)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
		})
	}
}

// BenchmarkPut adds items in batches of 500, as a crawl does.
func BenchmarkPut(b *testing.B) {
	for name, address := range storetest.Addresses() {
		b.Run(name, func(b *testing.B) {
			s := storetest.Open(b, address(b))
			b.ResetTimer()
			put(b, s, schema.PriorityNormal, "a.example", b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
		})
	}
}
