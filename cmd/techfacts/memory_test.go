package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/hostiletest"
	"techfacts.dev/techfacts/internal/pgtest"
)

// maxMemory is what a worker may take, with sixteen of the worst pages at once.
const maxMemory = 300 << 20

func TestSixteenOfTheWorstPagesFitIntoMemory(t *testing.T) {
	site := hostiletest.Serve(t, "127.0.0.1:1")
	var urls []string
	for path, page := range site.Pages {
		for i := range 3 {
			if page.Heavy {
				urls = append(urls, fmt.Sprintf("%s%s?%d", site.URL, path, i))
			}
		}
	}
	env := polite("DATABASE_URL="+pgtest.URL(t), "WORKER_FETCHES=16", "SCRAPE_MAX_CONCURRENT_PER_DOMAIN=16")
	api := client{addr: launch(t, env, "api").addr}
	p := launch(t, env, "worker")
	j, err := api.startScrape(t.Context(), map[string]any{"urls": urls, "company": "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	if j.Total != len(urls) || j.Done == 0 {
		t.Errorf("job %+v", j)
	}
	peak := peakMemory(t, p.Process.Pid)
	t.Logf("%d pages, at most %d MB of memory", len(urls), peak>>20)
	if peak > maxMemory {
		t.Errorf("%d MB of memory, at most %d are allowed", peak>>20, maxMemory>>20)
	}
}

func TestSixteenOfTheLargestSitemapsFitIntoMemory(t *testing.T) {
	long := strings.Repeat("x", 850)
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			_, _ = io.WriteString(w, "<main><h1>Limits</h1><p>The API of "+r.Host+" allows 600 requests per minute per key.</p></main>")
		case "/sitemap.xml":
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			defer z.Close()
			_, _ = io.WriteString(z, "<urlset>")
			for i := range 50_000 {
				_, _ = fmt.Fprintf(z, "<url><loc>/d/%d/%s</loc></url>", i, long)
			}
			_, _ = io.WriteString(z, "</urlset>")
		default:
			http.NotFound(w, r)
		}
	}))
	listener, err := net.Listen("tcp", "0.0.0.0:0") // each of its addresses is a site
	if err != nil {
		t.Fatal(err)
	}
	_ = site.Listener.Close()
	site.Listener = listener
	site.Start()
	t.Cleanup(site.Close)
	var urls []string
	for i := range 16 {
		urls = append(urls, fmt.Sprintf("http://127.0.0.%d:%d/", i+2, listener.Addr().(*net.TCPAddr).Port))
	}
	env := polite("DATABASE_URL="+pgtest.URL(t), "WORKER_FETCHES=16")
	api := client{addr: launch(t, env, "api").addr}
	p := launch(t, env, "worker")
	j, err := api.startScrape(t.Context(), map[string]any{"urls": urls, "company": "Acme", "crawl": map[string]any{"maxPages": 1}})
	if err != nil {
		t.Fatal(err)
	}
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	if j.Status != "COMPLETED" || j.Total < 5000 {
		t.Errorf("job %+v", j)
	}
	peak := peakMemory(t, p.Process.Pid)
	t.Logf("%d URLs found, at most %d MB of memory", j.Total, peak>>20)
	if peak > maxMemory {
		t.Errorf("%d MB of memory, at most %d are allowed", peak>>20, maxMemory>>20)
	}
}

// peakMemory is the most memory that a process has had.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kilobytes int64
			if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("the system does not tell")
	return 0
}
