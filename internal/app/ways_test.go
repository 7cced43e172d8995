package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"techfacts.dev/techfacts/internal/app"
)

// stands starts a service that gets pages, by its wire protocol: every page says
// what text says, or the service answers with a status of its own.
func stands(tb testing.TB, key string, status *atomic.Int32, answer func(url string) map[string]any) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question struct{ URL string }
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
			tb.Error(err)
		}
		if r.Header.Get("Authorization") != key {
			tb.Errorf("came with the key %q", r.Header.Get("Authorization"))
		}
		if n := status.Load(); n != 0 {
			w.WriteHeader(int(n))
			return
		}
		_ = json.NewEncoder(w).Encode(answer(question.URL))
	}))
	tb.Cleanup(s.Close)
	return s
}

// app1 is a page that is nothing until its script has run.
func app1(w *site, path, statement string) {
	w.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, `<!doctype html><html lang="en"><head><title>Limits</title></head><body><noscript>You need to enable JavaScript to run this app.</noscript>
			<div id="root"></div><script src="`+path+`.js"></script></body></html>`)
	})
	w.HandleFunc(path+".js", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(rw, `document.getElementById('root').innerHTML = "<main><h1>Rate limits</h1><p>`+statement+`</p><p><a href='/linked'>More</a></p></main>"`)
	})
}

// fetchers gives by what the texts of a company were got, by path.
func (s *service) fetchers(company, base string) map[string]string {
	s.Helper()
	var out struct {
		Pages struct {
			Edges []struct {
				Node struct {
					URL      string
					Snapshot struct{ Fetcher string }
				}
			}
		}
	}
	s.ask(`query ($where: PageWhereInput) { pages(first: 100, where: $where) { edges { node { url snapshot { fetcher } } } } }`,
		map[string]any{"where": map[string]any{"company": company}}, &out)
	by := map[string]string{}
	for _, e := range out.Pages.Edges {
		by[strings.TrimPrefix(e.Node.URL, base)] = e.Node.Snapshot.Fetcher
	}
	return by
}

func TestAPageThatIsNothingWithoutItsScriptsIsReadInABrowser(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		app1(w, "/app", "Each key may send 900 requests per minute.")
		w.page("/linked", "Linked", "<p>Each linked key may send 300 requests per minute.</p>")
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/app"}, "company": "Acme", "profile": "api_docs", "crawl": map[string]any{"sitemaps": false}}).ID)
		if got := outcomes(w, job); job.Status != "COMPLETED" || got["/app"] != "STORED" || got["/linked"] != "STORED" {
			s.Errorf("job %+v", job)
		}
		if got := s.fetchers("Acme", w.URL); got["/app"] != "BROWSER" || got["/linked"] != "HTTP" {
			s.Errorf("got by %v", got)
		}
		facts := s.facts(map[string]any{"company": "Acme", "quoteContains": "900 requests"})
		if len(facts) != 1 {
			s.Fatalf("%d facts", len(facts))
		}
		s.proven(facts[0])
		var limits struct {
			RateLimits struct {
				Edges []struct{ Node struct{ UsedToday int } }
			}
		}
		s.ask(`{ rateLimits(first: 1) { edges { node { usedToday } } } }`, nil, &limits)
		if n := limits.RateLimits.Edges[0].Node.UsedToday; n != 3 { // the shell, the page in a browser, what it links to
			s.Errorf("%d turns were taken", n)
		}

		plain := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/app"}, "company": "Acme", "fetcher": "HTTP", "force": true}).ID)
		if got := outcomes(w, plain); got["/app"] != "EMPTY_CONTENT" {
			s.Errorf("by HTTP alone: %+v", plain)
		}
		again := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/app", w.URL + "/linked"}, "company": "Acme", "fetcher": "BROWSER", "force": true}).ID)
		if got := outcomes(w, again); got["/app"] != "UNCHANGED" || got["/linked"] != "UNCHANGED" {
			s.Errorf("in a browser, again: %+v", again)
		}
		var params struct {
			Job struct{ Params struct{ Fetcher string } }
		}
		s.ask(`query ($id: ID!) { job(id: $id) { params { ... on ScrapeParams { fetcher } } } }`, map[string]any{"id": again.ID}, &params)
		if params.Job.Params.Fetcher != "BROWSER" {
			s.Errorf("params %+v", params)
		}
	})
}

func TestScriptsThatLeadAwayAreHeldToScopeAndRobots(t *testing.T) {
	t.Parallel()
	port := canary(t)
	w := newSite(t)
	c := settings(t, "SQLite")
	c.FetchAllowCIDRs = w.Listener.Addr().String()
	s := start(t, c)
	for path, to := range map[string]string{"/to": "/end", "/private": "/secret", "/inside": "http://[::ffff:7f00:1]:" + port + "/"} {
		w.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
			writePage(rw, "Moved", "<script>location.href = '"+to+"'</script>")
		})
	}
	w.page("/end", "End", "<p>Each key may send 900 requests per minute.</p>")
	w.HandleFunc("/robots.txt", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "user-agent: *\ndisallow: /secret")
	})
	job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/to", w.URL + "/private", w.URL + "/inside"}, "company": "Acme", "fetcher": "BROWSER"}).ID)
	if got := outcomes(w, job); got["/to"] != "STORED" || got["/private"] != "ROBOTS_BLOCKED" || got["/inside"] != "FETCH_BLOCKED" {
		s.Errorf("job %+v", job)
	}
}

func TestFirecrawlAndFlareSolverrGetPages(t *testing.T) {
	t.Parallel()
	const html = `<html lang="en"><head><title>Limits</title></head><body><main><h1>Rate limits</h1><p>Each key may send 700 requests per minute.</p></main></body></html>`
	var crawlStatus, solverStatus atomic.Int32
	crawler := stands(t, "Bearer fc-secret", &crawlStatus, func(url string) map[string]any {
		return map[string]any{"success": true, "data": map[string]any{"rawHtml": html, "metadata": map[string]any{"url": url, "statusCode": 200}}}
	})
	solver := stands(t, "", &solverStatus, func(url string) map[string]any {
		return map[string]any{"status": "ok", "solution": map[string]any{"url": url, "status": 200, "response": strings.Replace(html, "700", "800", 1)}}
	})
	c := settings(t, "SQLite")
	c.FirecrawlURL, c.FirecrawlKey, c.FlareSolverrURL = crawler.URL, "fc-secret", solver.URL
	s := start(t, c)
	w := newSite(s)
	w.HandleFunc("/crawled", http.NotFound)
	challenge := func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Cf-Mitigated", "challenge")
		rw.WriteHeader(http.StatusForbidden)
	}
	w.HandleFunc("/guarded", challenge)
	w.HandleFunc("/broken", challenge)
	crawled := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/crawled"}, "company": "Crawled", "profile": "api_docs", "fetcher": "FIRECRAWL"}).ID)
	guarded := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/guarded"}, "company": "Guarded", "profile": "api_docs"}).ID)
	if outcomes(w, crawled)["/crawled"] != "STORED" || outcomes(w, guarded)["/guarded"] != "STORED" || crawled.FactCount != 1 || guarded.FactCount != 1 {
		s.Errorf("jobs %+v, %+v", crawled, guarded)
	}
	if a, b := s.fetchers("Crawled", w.URL)["/crawled"], s.fetchers("Guarded", w.URL)["/guarded"]; a != "FIRECRAWL" || b != "FLARESOLVERR" {
		s.Errorf("got by %s and %s", a, b)
	}
	if plain := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/guarded"}, "company": "Guarded", "fetcher": "HTTP", "force": true}).ID); outcomes(w, plain)["/guarded"] != "HTTP_ERROR" {
		s.Errorf("by HTTP alone: %+v", plain)
	}
	crawlStatus.Store(402)
	solverStatus.Store(500)
	poor := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/crawled"}, "company": "Crawled", "fetcher": "FIRECRAWL", "force": true}).ID)
	broken := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/broken"}, "company": "Guarded"}).ID)
	for url, job := range map[string]jobState{"/crawled": poor, "/broken": broken} {
		if n := job.Items.Edges[0].Node; n.Outcome != "FAILED" || n.HTTPStatus >= 500 || !strings.Contains(n.Reason, "answers HTTP") {
			s.Errorf("%s: %+v", url, n)
		}
	}
	own := s.wait(s.scrape(map[string]any{"urls": []string{crawler.URL, solver.URL}, "company": "Own"}).ID)
	for _, e := range own.Items.Edges {
		if e.Node.Outcome != "FETCH_BLOCKED" {
			s.Errorf("the address of a service: %+v", e.Node)
		}
	}
}

func TestAJobIsRefusedWhatThereIsNothingFor(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.Browser = "off"
	s := start(t, c)
	const start = `mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { id } } }`
	for fetcher, want := range map[string]string{"BROWSER": "UNAVAILABLE", "FIRECRAWL": "UNAVAILABLE", "HTTP": "", "AUTO": "", "CARRIER_PIGEON": "INVALID"} {
		input := map[string]any{"urls": []string{"http://127.0.0.1:1/"}, "company": "Acme", "fetcher": fetcher}
		if code := s.refused(start, map[string]any{"input": input}); code != want {
			s.Errorf("%s: %q, want %q", fetcher, code, want)
		}
	}
	w := newSite(s)
	app1(w, "/app", "Each key may send 900 requests per minute.")
	if job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/app"}, "company": "Acme"}).ID); outcomes(w, job)["/app"] != "EMPTY_CONTENT" {
		s.Errorf("AUTO without a browser: %+v", job)
	}
}

func TestABrowserThatIsNamedMustBeThere(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.Browser = t.TempDir() + "/chromium"
	if err := app.Run(t.Context(), c, app.Role{API: true, Worker: true}, app.NewLog(c), nil); err == nil || !strings.Contains(err.Error(), "SCRAPE_BROWSER") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(c.Browser, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil { // a program
		t.Fatal(err)
	}
	log := &lines{}
	s := runLogging(t, c, app.Role{API: true, Worker: true}, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	w := newSite(s)
	w.page("/", "Limits", "<p>Each key may send 900 requests per minute.</p>")
	job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/"}, "company": "Acme", "fetcher": "BROWSER"}).ID)
	if n := job.Items.Edges[0].Node; n.Outcome != "FAILED" || n.Reason != "the browser broke off" {
		s.Errorf("a browser that does not start: %+v", n)
	}
	if line := log.find("page not read"); !strings.Contains(fmt.Sprint(line["error"]), "start the browser: ") || line["outcome"] != "FAILED" {
		s.Errorf("the log says %v", line)
	}
}
