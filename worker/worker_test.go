package worker_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/proxytest"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
	"techfacts.dev/techfacts/worker"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// web is a way of fetching of the test's own. The web itself, with all its
// faults, is in the tests of internal/fetch and internal/app.
type web func(ctx context.Context, r fetch.Request) (fetch.Response, error)

func (w web) Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error) { return w(ctx, r) }

func (web) Sitemap(context.Context, fetch.Request) (fetch.Sitemap, fetch.Response, error) {
	return fetch.Sitemap{}, fetch.Response{}, nil
}

func (web) Robots(context.Context, fetch.URL) (*fetch.Robots, error) { return &fetch.Robots{}, nil }

func page(r fetch.Request) (fetch.Response, error) {
	return fetch.Response{
		URL: r.URL, Status: 200, ContentType: "text/html",
		Body: []byte(`<main><h1>Limits</h1><p>The API allows 600 requests per minute per key.</p></main>`),
	}, nil
}

// shop is a pool at work.
type shop struct {
	*testing.T
	store *store.Store
	jobs  *job.Jobs
	bus   *event.Memory
	pool  *worker.Pool
}

func each(t *testing.T, fetcher web, retries int, test func(*shop)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { t.Helper(); on(t, s, fetcher, retries, test) })
}

// on runs test with a pool on s.
func on(t *testing.T, s *store.Store, fetcher web, retries int, test func(*shop)) {
	t.Helper()
	if err := extract.NewProfiles(s).Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	q, err := queue.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	bus := &event.Memory{}
	jobs := job.New(s, bus, job.Policy{Retries: retries, Fresh: time.Hour})
	limiter := fetch.NewLimiter(s, fetch.Pace{Concurrency: 4, DailyLimit: 1000})
	test(&shop{t, s, jobs, bus, &worker.Pool{
		Store: s, Queue: q, Jobs: jobs, Gate: limiter, Bus: bus, Log: slog.New(slog.DiscardHandler), OrphanAfter: time.Millisecond, Fetches: 4, Extracts: 2,
		Steps: worker.Steps{Ent: s.Ent, Store: s, Jobs: jobs, Web: fetcher, Limiter: limiter, Documents: document.NewReader(document.DefaultMemory), MinConfidence: extract.DefaultConfidence},
	}})
}

// work runs the pool until the test or stop ends it.
func (s *shop) work() (stop func()) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.pool.Run(ctx); err != nil {
			s.Error("run:", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	s.Cleanup(stop)
	return stop
}

func (s *shop) start(urls ...string) *ent.Job {
	s.Helper()
	row, err := s.jobs.StartScrape(s.Context(), schema.ScrapeParams{URLs: urls, Company: "Acme", Profile: "api_docs"}, job.Common{Priority: schema.PriorityNormal})
	if err != nil {
		s.Fatal(err)
	}
	return row
}

// wait gives the job as it ended.
func (s *shop) wait(row *ent.Job) *ent.Job {
	s.Helper()
	hints, cancel := s.bus.Subscribe(event.Job(row.ID))
	defer cancel()
	for {
		if now := s.store.Ent.Job.GetX(s.Context(), row.ID); now.Status.Ended() {
			return now
		}
		<-hints
	}
}

func (s *shop) item(row *ent.Job, path string) *ent.JobItem {
	s.Helper()
	return s.store.Ent.JobItem.Query().Where(jobitem.JobID(row.ID), jobitem.URLHasSuffix(path)).OnlyX(s.Context())
}

func TestAPanicCostsItsOwnItemOnly(t *testing.T) {
	each(t, func(_ context.Context, r fetch.Request) (fetch.Response, error) {
		if r.URL.Path() == "/panic" {
			panic("the secret reason")
		}
		return page(r)
	}, 0, func(s *shop) {
		s.work()
		row := s.wait(s.start("https://a.example/good", "https://a.example/panic", "https://b.example/good"))
		if row.Status != schema.JobPartial || row.Done != 2 || row.Failed != 1 {
			s.Errorf("job = %+v", row)
		}
		if item := s.item(row, "/panic"); *item.Outcome != schema.Failed || item.Reason != "internal error" {
			s.Errorf("item = %v (%s)", *item.Outcome, item.Reason)
		}
	})
}

func TestATemporaryFailureIsTriedAgain(t *testing.T) {
	var mu sync.Mutex
	tries := map[string]int{}
	each(t, func(ctx context.Context, r fetch.Request) (fetch.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		key := r.URL.String() + ctx.Value(keyTest{}).(string)
		if tries[key]++; tries[key] == 1 {
			return fetch.Response{}, &fetch.Failure{Outcome: schema.HTTPError, Reason: "HTTP 502 Bad Gateway", Status: 502, Temporary: true}
		}
		return page(r)
	}, 1, func(s *shop) {
		inner := s.pool.Steps.Web
		s.pool.Steps.Web = web(func(ctx context.Context, r fetch.Request) (fetch.Response, error) {
			return inner.Fetch(context.WithValue(ctx, keyTest{}, s.Name()), r)
		})
		s.work()
		row := s.wait(s.start("https://a.example/a"))
		if item := s.item(row, "/a"); row.Status != schema.JobCompleted || *item.Outcome != schema.Stored {
			s.Errorf("job %s, item %v", row.Status, item)
		}
	})
}

// keyTest is the name of the test in a context, as both databases share a web.
type keyTest struct{}

func TestAnItemThatNobodyIsAtIsGivenBack(t *testing.T) {
	each(t, func(_ context.Context, r fetch.Request) (fetch.Response, error) { return page(r) }, 0, func(s *shop) {
		row := s.start("https://a.example/a")
		// Leased to this worker, and then forgotten: as if its end could not be saved.
		items, _, err := s.pool.Queue.TakeLanes(s.Context(), 1, s.pool.Gate)
		if err != nil || len(items) != 1 {
			s.Fatalf("took %v, %v", items, err)
		}
		s.work()
		if row := s.wait(row); row.Status != schema.JobCompleted {
			s.Errorf("job = %s", row.Status)
		}
	})
}

func TestAnItemAtWhichWorkersDieIsGivenUp(t *testing.T) {
	each(t, func(_ context.Context, r fetch.Request) (fetch.Response, error) { return page(r) }, 0, func(s *shop) {
		row := s.start("https://a.example/deadly", "https://a.example/good")
		err := s.store.Tx(s.Context(), func(tx *store.Tx) error {
			return tx.Ent.JobItem.Update().Where(jobitem.URLHasSuffix("/deadly")).SetAttempts(3).Exec(s.Context())
		})
		if err != nil {
			s.Fatal(err)
		}
		s.work()
		if row := s.wait(row); row.Status != schema.JobPartial {
			s.Errorf("job = %s", row.Status)
		}
		if item := s.item(row, "/deadly"); *item.Outcome != schema.Failed || !strings.Contains(item.Reason, "died") {
			s.Errorf("item = %v (%s)", *item.Outcome, item.Reason)
		}
	})
}

func TestStoppingGivesTheWorkBackWithItsAttempt(t *testing.T) {
	started := make(chan struct{}, 2)
	each(t, func(ctx context.Context, _ fetch.Request) (fetch.Response, error) {
		started <- struct{}{}
		<-ctx.Done()
		return fetch.Response{}, ctx.Err()
	}, 0, func(s *shop) {
		row := s.start("https://a.example/a")
		stop := s.work()
		<-started
		stop()
		if item := s.item(row, "/a"); item.State != schema.ItemReady || item.Attempts != 0 || item.Worker != nil {
			s.Errorf("item = %+v", item)
		}
		if n := s.store.Ent.Worker.Query().CountX(s.Context()); n != 0 {
			s.Errorf("%d workers are still known", n)
		}
	})
}

func TestAWorkerGoesOnAfterItsConnectionsToTheDatabaseHaveFallenSilent(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	wire := proxytest.New(t, server.Host)
	server.Host = wire.Addr
	gate := make(chan struct{})
	waiting := make(chan struct{}, 1)
	on(t, storetest.Open(t, server.String()), web(func(_ context.Context, r fetch.Request) (fetch.Response, error) {
		if r.URL.Path() == "/held" {
			waiting <- struct{}{}
			<-gate
		}
		return page(r)
	}), 0, func(s *shop) {
		s.work()
		s.store = storetest.Open(t, address) // of the test, which has other connections than the pool
		s.jobs = job.New(s.store, s.bus, job.Policy{})
		held := s.start("https://a.example/held")
		<-waiting
		wire.Silence()
		later := s.start("https://b.example/later")
		close(gate)
		for _, row := range []*ent.Job{held, later} { // one to be read on and saved, one to be taken
			if row = s.wait(row); row.Status != schema.JobCompleted {
				s.Errorf("job = %+v", row)
			}
		}
	})
}

func TestAStepWhoseLeaseIsGoneIsStopped(t *testing.T) {
	each(t, func(ctx context.Context, r fetch.Request) (fetch.Response, error) {
		if strings.HasSuffix(r.URL.Path(), "hang") {
			<-ctx.Done()
			return fetch.Response{}, context.Cause(ctx)
		}
		return page(r)
	}, 0, func(s *shop) {
		s.pool.Fetches = 1
		s.work()
		hang := s.start("https://a.example/hang")
		hints, cancel := s.bus.Subscribe(event.Job(hang.ID))
		defer cancel()
		for s.store.Ent.Job.GetX(s.Context(), hang.ID).Status != schema.JobRunning {
			<-hints
		}
		// Without the hint that a cancel gives: as from another process.
		other := job.New(s.store, &event.Memory{}, job.Policy{})
		if _, err := other.Cancel(s.Context(), hang.ID); err != nil {
			s.Fatal(err)
		}
		row := s.wait(s.start("https://b.example/1")) // in the only place there is
		if row.Status != schema.JobCompleted {
			s.Errorf("job = %s", row.Status)
		}
	})
}
