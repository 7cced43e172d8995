package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/jobevent"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is a database with jobs and one worker on it.
type bench struct {
	*testing.T
	store *store.Store
	jobs  *job.Jobs
	queue *queue.Queue
	bus   *event.Memory
	batch int // items that are taken at a time
}

// each runs test on both databases, with a profile "general" there.
func each(t *testing.T, test func(*bench)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.Ent.Profile.Create().SetName("general").SetCategories([]string{"general"}).Exec(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		q, err := queue.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		bus := &event.Memory{}
		test(&bench{T: t, batch: 100, store: s, bus: bus, queue: q, jobs: job.New(s, bus, job.Policy{Retries: 2, Fresh: time.Hour})})
	})
}

func scrape(urls ...string) schema.ScrapeParams {
	return schema.ScrapeParams{URLs: urls, Company: "Acme", Profile: "general"}
}

func (b *bench) start(p schema.ScrapeParams) *ent.Job {
	b.Helper()
	row, err := b.jobs.StartScrape(b.Context(), p, job.Common{Priority: schema.PriorityNormal})
	if err != nil {
		b.Fatal(err)
	}
	return row
}

func (b *bench) read(id uuid.UUID) *ent.Job {
	b.Helper()
	return b.store.Ent.Job.GetX(b.Context(), id)
}

// open is a gate that lets everything in.
type open struct{}

func (open) Enter(_ context.Context, _ *store.Tx, _ string, free int, _ func() (int, error), take func(int) (int, error)) error {
	_, err := take(free)
	return err
}
func (open) Next(context.Context, []string) (map[string]time.Time, error) { return nil, nil }

// take leases whatever is ready, with or without a lane.
func (b *bench) take() []queue.Item {
	b.Helper()
	items, err := b.queue.Take(b.Context(), b.batch)
	laned, _, err2 := b.queue.TakeLanes(b.Context(), b.batch, open{})
	if err := errors.Join(err, err2); err != nil {
		b.Fatal(err)
	}
	return append(items, laned...)
}

func (b *bench) settle(item queue.Item, r job.Result) error {
	return b.jobs.Settle(b.Context(), b.queue, item, b.read(item.JobID).Params, time.Millisecond,
		func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return r, nil })
}

// finish settles all that is ready until nothing is, as answer says.
func (b *bench) finish(answer func(queue.Item) job.Result) {
	b.Helper()
	for items := b.take(); len(items) > 0; items = b.take() {
		for _, item := range items {
			if err := b.settle(item, answer(item)); err != nil && !errors.Is(err, queue.ErrLost) {
				b.Fatal(err)
			}
		}
	}
}

func stored(queue.Item) job.Result { return job.Result{Outcome: schema.Stored} }

func TestJobEndsByHowItsItemsEnded(t *testing.T) {
	each(t, func(b *bench) {
		for _, c := range []struct {
			outcomes []schema.Outcome
			want     schema.JobStatus
		}{
			{[]schema.Outcome{schema.Stored, schema.Unchanged}, schema.JobCompleted},
			{[]schema.Outcome{schema.Stored, schema.Duplicate}, schema.JobCompleted},
			{[]schema.Outcome{schema.Stored, schema.HTTPError}, schema.JobPartial},
			{[]schema.Outcome{schema.Stored, schema.RobotsBlocked}, schema.JobPartial},
			{[]schema.Outcome{schema.Timeout, schema.HTTPError}, schema.JobFailed},
			{[]schema.Outcome{schema.FetchBlocked}, schema.JobFailed},
		} {
			var urls []string
			for i := range c.outcomes {
				urls = append(urls, fmt.Sprintf("https://%d.example/", i))
			}
			row := b.start(scrape(urls...))
			i := -1
			b.finish(func(queue.Item) job.Result { i++; return job.Result{Outcome: c.outcomes[i]} })
			got := b.read(row.ID)
			if got.Status != c.want {
				b.Errorf("%v: %s, want %s", c.outcomes, got.Status, c.want)
			}
			if got.Total != got.Done+got.Failed+got.Skipped || got.FinishedAt == nil || got.Result == nil {
				b.Errorf("%v: counters %d ≠ %d + %d + %d, finished %v, result %v", c.outcomes, got.Total, got.Done, got.Failed, got.Skipped, got.FinishedAt, got.Result)
			}
			if (got.ErrorCode != "") != (c.want == schema.JobFailed) {
				b.Errorf("%v: error %q %q", c.outcomes, got.ErrorCode, got.ErrorMessage)
			}
		}
	})
}

func TestEventsAreNumberedWithoutAGap(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape("https://a.example/", "https://b.example/"))
		if err := b.jobs.Begin(b.Context(), row.ID); err != nil {
			b.Fatal(err)
		}
		b.finish(stored)
		var kinds []string
		events := b.store.Ent.JobEvent.Query().Where(jobevent.JobID(row.ID)).Order(ent.Asc(jobevent.FieldSeq)).AllX(b.Context())
		for i, e := range events {
			if e.Seq != int64(i+1) {
				b.Errorf("event %d has number %d", i+1, e.Seq)
			}
			kinds = append(kinds, string(e.Kind))
		}
		if got, want := strings.Join(kinds, " "), "QUEUED STARTED ITEM_FETCHED ITEM_ENDED ITEM_FETCHED ITEM_ENDED ENDED"; got != want {
			b.Errorf("events = %s, want %s", got, want)
		}
		if seq := b.read(row.ID).Seq; seq != int64(len(events)) {
			b.Errorf("the job counts %d events, there are %d", seq, len(events))
		}
	})
}

func TestBadInputIsRefusedByField(t *testing.T) {
	each(t, func(b *bench) {
		ok := func(change func(*schema.ScrapeParams)) schema.ScrapeParams {
			p := scrape("https://a.example/")
			p.Crawl = &schema.CrawlParams{MaxDepth: 2, MaxPages: 10}
			change(&p)
			return p
		}
		for field, p := range map[string]schema.ScrapeParams{
			"input.urls":             ok(func(p *schema.ScrapeParams) { p.URLs = nil }),
			"input.urls[1]":          ok(func(p *schema.ScrapeParams) { p.URLs = append(p.URLs, "ftp://a.example/") }),
			"input.company":          ok(func(p *schema.ScrapeParams) { p.Company = "  " }),
			"input.crawl.maxDepth":   ok(func(p *schema.ScrapeParams) { p.Crawl.MaxDepth = 11 }),
			"input.crawl.maxPages":   ok(func(p *schema.ScrapeParams) { p.Crawl.MaxPages = 0 }),
			"input.crawl.include[0]": ok(func(p *schema.ScrapeParams) { p.Crawl.Include = []string{"("} }),
		} {
			_, err := b.jobs.StartScrape(b.Context(), p, job.Common{Priority: schema.PriorityNormal})
			if f := fault.Of(err); f.Code != fault.Invalid || f.Field != field {
				b.Errorf("%s: %v (%s %s)", field, err, f.Code, f.Field)
			}
		}
		unknown := ok(func(p *schema.ScrapeParams) { p.Profile = "nope" })
		if _, err := b.jobs.StartScrape(b.Context(), unknown, job.Common{Priority: schema.PriorityNormal}); !fault.Is(err, fault.NotFound) {
			b.Errorf("unknown profile: %v", err)
		}
		if n := b.store.Ent.Job.Query().CountX(b.Context()); n != 0 {
			b.Errorf("%d jobs were made", n)
		}
	})
}

func TestOneKeyOneJob(t *testing.T) {
	each(t, func(b *bench) {
		common := job.Common{Priority: schema.PriorityNormal, IdempotencyKey: "k"}
		ids := make([]uuid.UUID, 50)
		var group sync.WaitGroup
		for i := range ids {
			group.Go(func() {
				row, err := b.jobs.StartScrape(b.Context(), scrape("https://a.example/"), common)
				if err != nil {
					b.Error(err)
					return
				}
				ids[i] = row.ID
			})
		}
		group.Wait()
		for _, id := range ids {
			if id != ids[0] {
				b.Fatal("two jobs from one key")
			}
		}
		if n := b.store.Ent.JobItem.Query().CountX(b.Context()); n != 1 {
			b.Errorf("%d items, want 1", n)
		}
		for _, other := range []schema.ScrapeParams{scrape("https://b.example/"), func() schema.ScrapeParams { p := scrape("https://a.example/"); p.Force = true; return p }()} {
			if _, err := b.jobs.StartScrape(b.Context(), other, common); !errors.Is(err, job.ErrKeyUsed) {
				b.Errorf("other input under the same key: %v", err)
			}
		}
	})
}

func TestCancelEndsAtOnceAndForGood(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape("https://a.example/", "https://b.example/", "https://c.example/"))
		items := b.take()
		if err := b.settle(items[0], job.Result{Outcome: schema.Stored}); err != nil {
			b.Fatal(err)
		}
		hints, stop := b.bus.Subscribe(event.Cancel)
		defer stop()
		got, err := b.jobs.Cancel(b.Context(), row.ID)
		if err != nil || got.Status != schema.JobCancelled || got.Done != 1 || got.Skipped != 2 || got.Total != 3 {
			b.Fatalf("cancelled = %+v, %v", got, err)
		}
		select {
		case <-hints:
		default:
			b.Error("the workers were not told")
		}
		if err := b.settle(items[1], job.Result{Outcome: schema.Stored}); !errors.Is(err, queue.ErrLost) {
			b.Errorf("a save after the end: %v, want ErrLost", err)
		}
		if again := b.read(row.ID); again.Status != schema.JobCancelled || again.Done != 1 {
			b.Errorf("the late save changed the job: %+v", again)
		}
		if _, err := b.jobs.Cancel(b.Context(), row.ID); !errors.Is(err, job.ErrEnded) {
			b.Errorf("cancelling again: %v", err)
		}
		if _, err := b.jobs.Cancel(b.Context(), schema.NewID(schema.KindJob)); !errors.Is(err, job.ErrNotFound) {
			b.Errorf("cancelling nothing: %v", err)
		}
	})
}

func TestPassingTroubleIsTriedAgainThenReported(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape("https://a.example/"))
		for try := 1; ; try++ {
			items := b.take()
			if len(items) == 0 {
				b.Fatalf("no item for try %d", try)
			}
			if err := b.settle(items[0], job.Result{Outcome: schema.Timeout, Reason: "too slow", Temporary: true}); err != nil {
				b.Fatal(err)
			}
			item := b.store.Ent.JobItem.GetX(b.Context(), items[0].ID)
			if item.State == schema.ItemEnded {
				if try != 3 || *item.Outcome != schema.Timeout || item.Reason != "too slow" {
					b.Errorf("ended in try %d as %v (%s), want TIMEOUT in the third", try, *item.Outcome, item.Reason)
				}
				break
			}
			if wait := time.Until(item.RunAt); wait <= 0 {
				b.Errorf("try %d: comes back in %v, want later", try, wait)
			}
			b.hurry()
		}
		if got := b.read(row.ID); got.Status != schema.JobFailed {
			b.Errorf("status = %s", got.Status)
		}
	})
}

// hurry lets the time pass for which items wait.
func (b *bench) hurry() {
	b.Helper()
	err := b.store.Tx(b.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(b.Context(), `update job_items set run_at = ? where state = 'WAITING'`, schema.Now().Add(-time.Second))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestServersThatNameATimeGetIt(t *testing.T) {
	each(t, func(b *bench) {
		b.start(scrape("https://a.example/"))
		item := b.take()[0]
		if err := b.settle(item, job.Result{Outcome: schema.RateLimited, Temporary: true, RetryAfter: 4 * time.Minute}); err != nil {
			b.Fatal(err)
		}
		if wait := time.Until(b.store.Ent.JobItem.GetX(b.Context(), item.ID).RunAt); wait < 3*time.Minute {
			b.Errorf("comes back in %v, want 4 minutes", wait)
		}
	})
}

func TestErrorsAreFinalOrPassingByTheirCode(t *testing.T) {
	t.Parallel()
	for code, passing := range map[fault.Code]bool{
		fault.Invalid: false, fault.NotFound: false, fault.Forbidden: false,
		fault.Limited: true, fault.Unavailable: true, fault.Internal: true, fault.Conflict: true,
	} {
		if r := job.Failed(fault.New(code, "words")); r.Temporary != passing || r.Outcome != schema.Failed || r.Reason != "words" {
			t.Errorf("%s: %+v", code, r)
		}
	}
	if r := job.Failed(errors.New("secret cause")); strings.Contains(r.Reason, "secret") {
		t.Errorf("the reason tells the cause: %s", r.Reason)
	}
}

func link(b *bench, raw string, depth int) job.Link {
	b.Helper()
	u, err := fetch.ParseURL(raw)
	if err != nil {
		b.Fatal(err)
	}
	return job.Link{URL: u, Depth: depth}
}

func TestBudgetCountsStoredPagesAndExplainsTheRest(t *testing.T) {
	each(t, func(b *bench) {
		b.batch = 1
		p := scrape("https://a.example/")
		p.Crawl = &schema.CrawlParams{MaxDepth: 1, MaxPages: 3}
		row := b.start(p)
		b.finish(func(item queue.Item) job.Result {
			if item.Step == schema.StepExtract {
				return job.Result{Facts: 2, FactsAdded: 2}
			}
			r := job.Result{Next: schema.StepExtract, Outcome: schema.Stored}
			for i := range 10 {
				if item.Depth == 0 {
					r.Found = append(r.Found, link(b, fmt.Sprintf("https://a.example/%d", i), 1))
				}
			}
			if b.read(row.ID).Stored >= 3 { // as the step does
				return job.Result{Outcome: schema.BudgetExhausted}
			}
			return r
		})
		got := b.read(row.ID)
		if got.Status != schema.JobCompleted || got.Stored != 3 || got.Done != 3 || got.Total != 11 || got.Skipped != 8 || got.FactCount != 6 {
			b.Errorf("job = %s stored %d done %d total %d skipped %d facts %d", got.Status, got.Stored, got.Done, got.Total, got.Skipped, got.FactCount)
		}
		n := b.store.Ent.JobItem.Query().Where(jobitem.JobID(row.ID), jobitem.OutcomeEQ(schema.BudgetExhausted), jobitem.ReasonNEQ("")).CountX(b.Context())
		if n == 0 {
			b.Error("nothing tells why the rest was left out")
		}
	})
}

func TestACrawlThatHasItsPagesDoesNotWaitForRetries(t *testing.T) {
	each(t, func(b *bench) {
		p := scrape("https://a.example/", "https://a.example/slow")
		p.Crawl = &schema.CrawlParams{MaxDepth: 1, MaxPages: 1}
		row := b.start(p)
		items := b.take()
		if err := b.settle(items[0], job.Result{Next: schema.StepExtract, Outcome: schema.Stored}); err != nil {
			b.Fatal(err)
		}
		if err := b.settle(items[1], job.Result{Outcome: schema.HTTPError, Temporary: true, Reason: "HTTP 502"}); err != nil {
			b.Fatal(err)
		}
		b.finish(func(queue.Item) job.Result { return job.Result{Facts: 1} })
		if got := b.read(row.ID); got.Status != schema.JobCompleted || got.Skipped != 1 {
			b.Errorf("job = %s, skipped %d", got.Status, got.Skipped)
		}
		if item := b.store.Ent.JobItem.GetX(b.Context(), items[1].ID); *item.Outcome != schema.BudgetExhausted {
			b.Errorf("outcome = %s", *item.Outcome)
		}
	})
}

func TestRetryTakesUpWhatWasNotDone(t *testing.T) {
	each(t, func(b *bench) {
		old := b.start(scrape("https://a.example/", "https://b.example/"))
		if _, err := b.jobs.Retry(b.Context(), old.ID); !errors.Is(err, job.ErrRuns) {
			b.Errorf("retry of a running job: %v", err)
		}
		b.finish(func(item queue.Item) job.Result {
			if item.URL == "https://a.example/" {
				return job.Result{Outcome: schema.Stored}
			}
			return job.Result{Outcome: schema.HTTPError}
		})
		if !job.CanRetry(b.read(old.ID)) {
			b.Error("canRetry is false for a job in part")
		}
		again, err := b.jobs.Retry(b.Context(), old.ID)
		if err != nil {
			b.Fatal(err)
		}
		if again.ParentID == nil || *again.ParentID != old.ID || again.Total != 1 || again.Company != "Acme" {
			b.Errorf("retry = %+v", again)
		}
		b.finish(stored)
		done := b.read(again.ID)
		if done.Status != schema.JobCompleted || job.CanRetry(done) || b.read(old.ID).Status != schema.JobPartial {
			b.Errorf("retry ended %s; the old job must stay PARTIAL", done.Status)
		}
		if _, err := b.jobs.Retry(b.Context(), again.ID); !errors.Is(err, job.ErrNoRetry) {
			b.Errorf("retry of what was done: %v", err)
		}
	})
}

func TestARetryLooksForTheSitemapsOfTheSitesThatWereGiven(t *testing.T) {
	each(t, func(b *bench) {
		steps := func(p schema.ScrapeParams) string {
			old := b.start(p)
			b.finish(func(item queue.Item) job.Result {
				return job.Result{Outcome: schema.Failed, Found: []job.Link{link(b, "https://c.example/found", 1)}, Follow: func([]string, int) []job.Link { return nil }}
			})
			if _, err := b.jobs.Retry(b.Context(), old.ID); err != nil {
				b.Fatal(err)
			}
			var steps []string
			b.finish(func(item queue.Item) job.Result {
				steps = append(steps, item.URL+" "+string(item.Step))
				return job.Result{Outcome: schema.Stored}
			})
			slices.Sort(steps)
			return strings.Join(steps, ", ")
		}
		p := scrape("https://a.example/", "https://a.example/b")
		for without, first := range map[bool]string{false: "DISCOVER", true: "FETCH"} {
			p.Crawl = &schema.CrawlParams{MaxDepth: 2, MaxPages: 10, NoSitemaps: without}
			if got, want := steps(p), "https://a.example/ "+first+", https://a.example/b FETCH, https://c.example/found FETCH"; got != want {
				b.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

func TestDeleteTakesItemsAndEventsWithIt(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape("https://a.example/"))
		if err := b.jobs.Delete(b.Context(), row.ID); !errors.Is(err, job.ErrRuns) {
			b.Errorf("delete of a running job: %v", err)
		}
		b.finish(stored)
		if err := b.jobs.Delete(b.Context(), row.ID); err != nil {
			b.Fatal(err)
		}
		ctx := b.Context()
		if n := b.store.Ent.Job.Query().Where(entjob.ID(row.ID)).CountX(ctx) + b.store.Ent.JobItem.Query().CountX(ctx) + b.store.Ent.JobEvent.Query().CountX(ctx); n != 0 {
			b.Errorf("%d rows stayed", n)
		}
		if err := b.jobs.Delete(ctx, row.ID); !errors.Is(err, job.ErrNotFound) {
			b.Errorf("delete again: %v", err)
		}
	})
}

func TestEveryChangeIsAnnouncedAfterItCanBeRead(t *testing.T) {
	each(t, func(b *bench) {
		row := b.start(scrape("https://a.example/"))
		hints, stop := b.bus.Subscribe(event.Job(row.ID))
		defer stop()
		b.finish(stored)
		select {
		case <-hints:
		default:
			b.Error("no hint")
		}
		if b.read(row.ID).Status != schema.JobCompleted {
			b.Error("the hint came before the change")
		}
	})
}
