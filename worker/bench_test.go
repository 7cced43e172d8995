//go:build unix

package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
	"techfacts.dev/techfacts/worker"
)

// BenchmarkCrawl reads a manual over loopback, 16 pages at a time and without
// delays, as bench/crawl.sh does, and then finds the facts of its pages. One
// operation is a crawl; its figures are those of a page. BENCH_CORPUS is the
// folder of HTML pages; see bench/corpus.sh.
func BenchmarkCrawl(b *testing.B) {
	start := manual(b, cmp.Or(os.Getenv("BENCH_CORPUS"), "/usr/share/doc/postgresql-doc-15/html"))
	for name, address := range storetest.Addresses() {
		b.Run(name, func(b *testing.B) {
			var crawl, facts measure
			for b.Loop() {
				b.StopTimer()
				s := storetest.Open(b, address(b))
				b.StartTimer()
				c, f := crawlOf(b, s, start)
				crawl, facts = crawl.plus(c), facts.plus(f)
			}
			pages := float64(crawl.pages)
			b.ReportMetric(pages/crawl.wall.Seconds(), "pages/s")
			b.ReportMetric(crawl.cpu.Seconds()*1000/pages, "cpu-ms/page")
			b.ReportMetric(facts.cpu.Seconds()*1000/pages, "facts-ms/page")
			b.ReportMetric(float64(crawl.statements)/pages, "statements/page")
			b.ReportMetric(float64(facts.statements)/pages, "facts-statements/page")
		})
	}
}

// manual serves a folder from memory, and gives the address to begin at.
func manual(tb testing.TB, folder string) string {
	tb.Helper()
	files, err := filepath.Glob(folder + "/*.*")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no pages in %s: set BENCH_CORPUS, see bench/corpus.sh", folder)
	}
	pages := map[string][]byte{}
	for _, f := range files {
		if pages["/"+filepath.Base(f)], err = os.ReadFile(f); err != nil {
			tb.Fatal(err)
		}
	}
	pages["/"] = pages["/index.html"]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, cmp.Or(path.Ext(r.URL.Path), "index.html"), time.Time{}, bytes.NewReader(body))
	}))
	tb.Cleanup(server.Close)
	return server.URL + "/"
}

// measure is what something took.
type measure struct {
	pages      int
	wall, cpu  time.Duration
	statements int64
}

func (m measure) plus(o measure) measure {
	return measure{m.pages + o.pages, m.wall + o.wall, m.cpu + o.cpu, m.statements + o.statements}
}

// measured runs f, which tells how many pages it was about.
func measured(tb testing.TB, s *store.Store, f func() int) measure {
	tb.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			tb.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began, cpu, statements := time.Now(), used(), s.Statements()
	pages := f()
	return measure{pages, time.Since(began), used() - cpu, s.Statements() - statements}
}

// crawlOf crawls a site, and then extracts from its pages.
func crawlOf(b *testing.B, s *store.Store, start string) (crawl, facts measure) {
	b.Helper()
	ctx := b.Context()
	if err := extract.NewProfiles(s).Seed(ctx); err != nil {
		b.Fatal(err)
	}
	guard, err := fetch.NewGuard("127.0.0.0/8", nil)
	if err != nil {
		b.Fatal(err)
	}
	q, err := queue.Open(ctx, s)
	if err != nil {
		b.Fatal(err)
	}
	bus := &event.Memory{}
	jobs := job.New(s, bus, job.Policy{Retries: 3, Fresh: time.Hour})
	limiter := fetch.NewLimiter(s, fetch.Pace{Concurrency: 16, DailyLimit: 100_000, RobotsMeta: true})
	web := fetch.NewHTTP(fetch.Options{Guard: guard})
	defer web.Close()
	pool := &worker.Pool{
		Store: s, Queue: q, Jobs: jobs, Gate: limiter, Bus: bus, Log: slog.New(slog.DiscardHandler), Fetches: 16, Extracts: 2,
		Steps: worker.Steps{
			Ent: s.Ent, Store: s, Jobs: jobs, Web: fetch.NewWeb(web, limiter), Limiter: limiter,
			Documents: document.NewReader(document.DefaultMemory), MinConfidence: extract.DefaultConfidence,
		},
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- pool.Run(running) }()
	crawl = measured(b, s, func() int {
		return finished(b, s, func() (*ent.Job, error) {
			return jobs.StartScrape(ctx, schema.ScrapeParams{
				URLs: []string{start}, Company: "Manual", Profile: "technical_specs", ReadOnly: true, Crawl: &schema.CrawlParams{MaxDepth: 10, MaxPages: 10_000, NoSitemaps: true},
			}, job.Common{Priority: schema.PriorityNormal})
		})
	})
	facts = measured(b, s, func() int {
		return finished(b, s, func() (*ent.Job, error) {
			company := "Manual"
			return jobs.StartExtraction(ctx, job.ExtractionInput{Where: &ent.PageWhereInput{Company: &company}, Profile: "technical_specs"}, job.Common{Priority: schema.PriorityNormal})
		})
	})
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if facts.pages != crawl.pages {
		b.Fatalf("%d pages were read, and facts looked for on %d", crawl.pages, facts.pages)
	}
	return crawl, facts
}

// finished starts a job, waits for its end, and tells how many items were done.
func finished(b *testing.B, s *store.Store, start func() (*ent.Job, error)) int {
	b.Helper()
	row, err := start()
	if err != nil {
		b.Fatal(err)
	}
	for tick := time.Tick(100 * time.Millisecond); ; <-tick { // seldom, so that asking costs nothing
		if now := s.Ent.Job.GetX(b.Context(), row.ID); now.Status.Ended() {
			if now.Failed > 0 || now.Status != schema.JobCompleted {
				b.Fatalf("job = %+v", now)
			}
			return now.Done
		}
	}
}
