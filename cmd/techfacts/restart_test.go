package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

// TestARestartedCrawlGoesOnWhereItWas stops the program twice, once by a signal
// and once by kill -9, in the middle of a crawl of 2,000 pages with a budget.
func TestARestartedCrawlGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	const pages, budget, fetches = 2_000, 1_900, 8
	var mu sync.Mutex
	asked := map[string]int{}
	stops := map[int]chan struct{}{600: make(chan struct{}), 1300: make(chan struct{})}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" || r.URL.Path == "/sitemap.xml" {
			http.NotFound(w, r)
			return
		}
		mu.Lock()
		asked[r.URL.Path]++
		if stop := stops[len(asked)]; stop != nil {
			close(stop)
			delete(stops, len(asked))
		}
		mu.Unlock()
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/plans/%d", &n) // 0 for the first page
		var links strings.Builder
		for i := n*10 + 1; i <= n*10+10 && i < pages; i++ {
			fmt.Fprintf(&links, `<a href="/plans/%d">plan %d</a> `, i, i)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<html><title>Plan %[1]d</title><main><h1>Plan %[1]d</h1><p>The plan allows %[1]d requests per minute per key.</p></main><nav>%s</nav>`, n, links.String())
	}))
	t.Cleanup(site.Close)
	first, second := stops[600], stops[1300]

	env := polite("DATA_DIR="+t.TempDir(), fmt.Sprint("WORKER_FETCHES=", fetches), "SCRAPE_DAILY_LIMIT_PER_DOMAIN=100000")
	p := launch(t, env, "serve")
	j, err := client{addr: p.addr}.startScrape(t.Context(), map[string]any{
		"urls": []string{site.URL + "/"}, "company": "Acme", "profile": "api_docs", "crawl": map[string]any{"maxDepth": 10, "maxPages": budget},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-first
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	p = launch(t, env, "serve")
	<-second
	p.kill()
	api := client{addr: launch(t, env, "serve").addr}
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	if j.Status != "COMPLETED" || j.Done != budget || j.Total != j.Done+j.Skipped || j.Failed != 0 {
		t.Errorf("job = %+v", j)
	}
	var out struct{ Pages struct{ TotalCount int } }
	if err := api.do(t.Context(), `{ pages { totalCount } }`, nil, &out); err != nil || out.Pages.TotalCount != budget {
		t.Errorf("%d pages, %v", out.Pages.TotalCount, err)
	}
	mu.Lock()
	defer mu.Unlock()
	again := 0
	for _, n := range asked {
		again += n - 1
	}
	if again > 2*fetches {
		t.Errorf("%d requests were made again, want at most those under way", again)
	}
	if len(asked) > budget+3*fetches {
		t.Errorf("%d pages were asked for with a budget of %d", len(asked), budget)
	}
}
