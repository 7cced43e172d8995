package job_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/jobevent"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// rush settles items at the same time. The first save does not return before the
// others have come, so that they are settled together.
func (b *bench) rush(items []queue.Item, save func(queue.Item) job.Save) map[string]error {
	b.Helper()
	params := b.read(items[0].JobID).Params
	settle := func(item queue.Item, save job.Save) error {
		return b.jobs.Settle(b.Context(), b.queue, item, params, time.Millisecond, save)
	}
	errs, mu := map[string]error{}, sync.Mutex{}
	began, waited := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var group sync.WaitGroup
	group.Go(func() {
		err := settle(items[0], func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
			once.Do(func() { close(began); <-waited })
			return save(items[0])(ctx, tx, row)
		})
		mu.Lock()
		defer mu.Unlock()
		errs[items[0].URL] = err
	})
	<-began
	var coming sync.WaitGroup
	for _, item := range items[1:] {
		coming.Add(1)
		group.Go(func() {
			coming.Done()
			err := settle(item, save(item))
			mu.Lock()
			defer mu.Unlock()
			errs[item.URL] = err
		})
	}
	coming.Wait()
	for b.jobs.Waiting(items[0].JobID) < len(items)-1 { // they are on their way
		<-time.After(time.Millisecond)
	}
	close(waited)
	group.Wait()
	return errs
}

func urls(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("https://%02d.example/", i))
	}
	return list
}

func give(r job.Result) func(queue.Item) job.Save {
	return func(queue.Item) job.Save {
		return func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return r, nil }
	}
}

func TestItemsThatAreSettledTogetherAgreeWithTheirJob(t *testing.T) {
	each(t, func(b *bench) {
		b.start(scrape(urls(8)...))
		before := b.store.Statements()
		for _, item := range b.take() {
			if err := b.settle(item, job.Result{Outcome: schema.Stored, Facts: 2}); err != nil {
				b.Fatal(err)
			}
		}
		alone := b.store.Statements() - before
		row := b.start(scrape(urls(8)...))
		before = b.store.Statements()
		errs := b.rush(b.take(), give(job.Result{Outcome: schema.Stored, Facts: 2}))
		together := b.store.Statements() - before
		for url, err := range errs {
			if err != nil {
				b.Errorf("%s: %v", url, err)
			}
		}
		if got := b.read(row.ID); got.Status != schema.JobCompleted || got.Done != 8 || got.FactCount != 16 {
			b.Errorf("job = %+v", got)
		}
		seqs := b.store.Ent.JobEvent.Query().Where(jobevent.JobID(row.ID)).Order(ent.Asc(jobevent.FieldSeq)).AllX(b.Context())
		for i, e := range seqs {
			if e.Seq != int64(i)+1 {
				b.Errorf("event %d has number %d", i+1, e.Seq)
			}
		}
		if n := b.store.Ent.JobItem.Query().Where(jobitem.JobID(row.ID), jobitem.StateEQ(schema.ItemEnded), jobitem.OutcomeEQ(schema.Stored)).CountX(b.Context()); n != 8 {
			b.Errorf("%d of 8 items ended", n)
		}
		if together > alone-6*3 { // they share at least the locking and the changes of the job
			b.Errorf("%d statements for 8 items together, %d one by one", together, alone)
		}
	})
}

func TestASettlementWaitsAMomentForOthers(t *testing.T) {
	each(t, func(b *bench) {
		settle := func(items []queue.Item) int64 {
			before := b.store.Statements()
			var group errgroup.Group
			for _, item := range items {
				group.Go(func() error { return b.settle(item, job.Result{Outcome: schema.Stored}) })
			}
			if err := group.Wait(); err != nil {
				b.Fatal(err)
			}
			return b.store.Statements() - before
		}
		b.start(scrape(urls(8)...))
		b.jobs.Gather(time.Nanosecond, 8)
		alone := int64(0)
		for _, item := range b.take() {
			alone += settle([]queue.Item{item}) // does not wait for the others for ever
		}
		b.start(scrape(urls(8)...))
		b.jobs.Gather(time.Hour, 8)
		if together := settle(b.take()); together > alone-7*3 {
			b.Errorf("%d statements for 8 items together, %d one by one", together, alone)
		}
	})
}

func TestNobodyWaitsForOthersToFindFacts(t *testing.T) {
	each(t, func(b *bench) {
		b.jobs.Gather(time.Hour, 8)
		row := b.start(scrape(urls(1)...))
		item := b.take()[0]
		item.Step = schema.StepExtract
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		defer cancel()
		if err := b.jobs.Settle(ctx, b.queue, item, row.Params, time.Millisecond, give(job.Result{Outcome: schema.Stored})(item)); err != nil {
			b.Fatal(err)
		}
	})
}

func TestASaveThatFailsLeavesTheOthersOfItsTransactionAlone(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape(urls(6)...))
		broken := errors.New("broken")
		items := b.take()
		errs := b.rush(items, func(item queue.Item) job.Save {
			return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
				if err := tx.Ent.Profile.Create().SetName("of_" + item.URL[8:10]).SetCategories([]string{"c"}).Exec(ctx); err != nil {
					return job.Result{}, err
				}
				if item.URL == items[3].URL {
					return job.Result{}, broken
				}
				return job.Result{Outcome: schema.Stored}, nil
			}
		})
		for _, item := range items {
			if want := item.URL == items[3].URL; errors.Is(errs[item.URL], broken) != want || !want && errs[item.URL] != nil {
				b.Errorf("%s: %v", item.URL, errs[item.URL])
			}
		}
		if got := b.read(row.ID); got.Done != 5 || got.Status != schema.JobRunning {
			b.Errorf("job = %+v", got)
		}
		if n := b.store.Ent.Profile.Query().CountX(b.Context()); n != 1+5 {
			b.Errorf("%d profiles: what the failed save wrote must be gone, and what the others wrote must be there", n)
		}
	})
}

func TestALostItemLeavesTheOthersOfItsTransactionAlone(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape(urls(5)...))
		items := b.take()
		if err := b.queue.Free(b.Context(), items[2].Lease()); err != nil {
			b.Fatal(err)
		}
		errs := b.rush(items, give(job.Result{Outcome: schema.Stored}))
		for i, item := range items {
			if lost := errors.Is(errs[item.URL], queue.ErrLost); lost != (i == 2) || !lost && errs[item.URL] != nil {
				b.Errorf("%s: %v", item.URL, errs[item.URL])
			}
		}
		if got := b.read(row.ID); got.Done != 4 {
			b.Errorf("job = %+v", got)
		}
	})
}

func TestASaveSeesWhatOthersOfItsTransactionHaveStored(t *testing.T) {
	each(t, func(b *bench) {
		in := scrape(urls(6)...)
		in.Crawl = &schema.CrawlParams{MaxDepth: 1, MaxPages: 3, NoSitemaps: true}
		b.start(in)
		var mu sync.Mutex
		var seen []int
		b.rush(b.take(), func(queue.Item) job.Save {
			return func(_ context.Context, _ *store.Tx, row *ent.Job) (job.Result, error) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, row.Stored)
				if row.Stored >= 3 {
					return job.Result{Outcome: schema.BudgetExhausted}, nil
				}
				return job.Result{Outcome: schema.Stored, Next: schema.StepExtract}, nil
			}
		})
		if fmt.Sprint(seen) != "[0 1 2 3 3 3]" {
			b.Errorf("stored, as the saves saw it: %v", seen)
		}
	})
}

func TestLinksThatAreKnownAreNotAskedForAgain(t *testing.T) {
	each(t, func(b *bench) {
		in := scrape("https://a.example/", "https://a.example/2", "https://a.example/3")
		in.Crawl = &schema.CrawlParams{MaxDepth: 9, MaxPages: 100, NoSitemaps: true}
		row := b.start(in)
		link := func(depth, score int) job.Result {
			u, err := fetch.ParseURL("https://a.example/found")
			if err != nil {
				b.Fatal(err)
			}
			return job.Result{
				Next: schema.StepExtract, Outcome: schema.Stored, Found: []job.Link{{URL: u, Depth: depth, Score: score}},
				Follow: func([]string, int) []job.Link { return nil },
			}
		}
		found := func() *ent.JobItem {
			return b.store.Ent.JobItem.Query().Where(jobitem.JobID(row.ID), jobitem.URLHasSuffix("/found")).OnlyX(b.Context())
		}
		items := b.take()
		cost := func(item queue.Item, r job.Result) int64 {
			before := b.store.Statements()
			if err := b.settle(item, r); err != nil {
				b.Fatal(err)
			}
			return b.store.Statements() - before
		}
		first := cost(items[0], link(5, 10))
		again := cost(items[1], link(5, 10))
		if again > first-4 {
			b.Errorf("%d statements for a link that is new, %d for one that is known", first, again)
		}
		if got := found(); got.Depth != 5 || got.Score != 10 {
			b.Errorf("depth %d, score %d", got.Depth, got.Score)
		}
		cost(items[2], link(2, 40))
		if got := found(); got.Depth != 2 || got.Score != 40 {
			b.Errorf("a shorter and better way was not noted: depth %d, score %d", got.Depth, got.Score)
		}
	})
}
