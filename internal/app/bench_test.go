package app_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkPages reads, converts, extracts from and stores 500 pages of real
// documentation through the whole service, with no delay between requests.
// BENCH_CORPUS is the folder of HTML pages; see bench/corpus.sh.
func BenchmarkPages(b *testing.B) {
	corpus := cmp.Or(os.Getenv("BENCH_CORPUS"), "/usr/share/doc/postgresql-doc-15/html")
	files, err := filepath.Glob(corpus + "/*.html")
	if err != nil || len(files) == 0 {
		b.Fatalf("no pages in %s: set BENCH_CORPUS, see bench/corpus.sh", corpus)
	}
	files = files[:min(500, len(files))]
	web := httptest.NewServer(http.FileServer(http.Dir(corpus)))
	defer web.Close()
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		b.Run(database, func(b *testing.B) {
			facts := 0
			for b.Loop() {
				b.StopTimer()
				c := settings(b, database)
				c.ScrapeMaxConcurrent, c.WorkerFetches = 16, 16
				s := start(b, c)
				var urls []string
				for _, f := range files {
					urls = append(urls, web.URL+"/"+filepath.Base(f))
				}
				b.StartTimer()
				job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "PostgreSQL", "profile": "technical_specs"}).ID)
				b.StopTimer()
				if job.Done != len(files) {
					b.Fatalf("job = %+v", job)
				}
				facts = job.FactCount
				s.stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(len(files)*b.N)/b.Elapsed().Seconds(), "pages/s")
			b.ReportMetric(float64(facts), "facts")
		})
	}
}
