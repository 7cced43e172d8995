package app_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/hostiletest"
)

func TestHostilePagesEndWithTheirOutcomes(t *testing.T) {
	t.Parallel()
	port := canary(t)
	site := hostiletest.Serve(t, "127.0.0.1:"+port)
	limiting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(limiting.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)

	c := settings(t, "SQLite")
	c.ScrapeTimeout, c.ScrapeMaxConcurrent, c.WorkerFetches = app.Seconds(8*time.Second), 16, 16
	c.FetchAllowCIDRs = ""
	want := map[string]string{
		limiting.URL + "/": "RATE_LIMITED",
		secure.URL + "/":   "HTTP_ERROR", // nobody vouches for its certificate
		strings.Replace(site.URL, "http:", "https:", 1) + "/": "HTTP_ERROR",
		"http://127.0.0.1:" + port + "/":                      "FETCH_BLOCKED",
		"http://[::ffff:7f00:1]:" + port + "/":                "FETCH_BLOCKED",
		site.URL + "/missing":                                 "HTTP_ERROR",
	}
	for _, raw := range []string{site.URL, limiting.URL, secure.URL} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		c.FetchAllowCIDRs += "127.0.0.1/32:" + u.Port() + ","
	}
	for path, page := range site.Pages {
		want[site.URL+path] = page.Outcome
	}
	var urls []string
	for u := range want {
		urls = append(urls, u)
	}
	s := start(t, c)
	job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
	got := s.outcomes(job.ID, "")
	for u, outcome := range want {
		if n := got[u]; n.Outcome != outcome || outcome != "STORED" && n.Reason == "" {
			t.Errorf("%s: %s (%s), want %s", u, n.Outcome, n.Reason, outcome)
		}
	}
	if len(got) != len(want) || job.Total != job.Done+job.Failed+job.Skipped {
		t.Errorf("%d items of %d, job %+v", len(got), len(want), job)
	}
}
