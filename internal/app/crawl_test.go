package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// linked is a site of pages that link to others, which remembers what was asked for.
type linked struct {
	*site
	mu    sync.Mutex
	asked []string
}

func newLinked(s *service, links map[string][]string) *linked {
	s.Helper()
	l := &linked{site: newSite(s)}
	for path, to := range links {
		pattern := path
		if strings.HasSuffix(path, "/") {
			pattern += "{$}" // it alone, not all below it
		}
		l.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			l.mu.Lock()
			l.asked = append(l.asked, r.URL.Path)
			l.mu.Unlock()
			var list strings.Builder
			for _, href := range to {
				fmt.Fprintf(&list, `<li>See <a href="%s">the page %s</a> for more words about it.</li>`, href, href)
			}
			writePage(w, "Page "+r.URL.Path, "<p>The plan "+r.URL.Path+" allows 100 requests per minute.</p><ul>"+list.String()+"</ul>")
		})
	}
	return l
}

func (l *linked) paths() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.asked))
}

func TestWithoutCrawlOnlyTheGivenURLsAreRead(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/": {"/a"}, "/a": nil})
		job := s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/"}, "company": "Acme"}).ID)
		if got := l.paths(); !slices.Equal(got, []string{"/"}) || job.Total != 1 {
			s.Errorf("asked for %v, total %d", got, job.Total)
		}
	})
}

func TestCrawlKeepsToDepthPatternsAndSite(t *testing.T) {
	eachService(t, func(s *service) {
		port := canary(s)
		l := newLinked(s, map[string][]string{
			"/docs/":     {"a", "/docs/b?utm_source=x#part", "/blog/x", "/docs/skip/me", "http://127.0.0.1:" + port + "/other", "mailto:x@acme.example", "a#again"},
			"/docs/a":    {"/docs/deep"},
			"/docs/b":    {"/docs/"},
			"/blog/x":    nil,
			"/docs/deep": {"/docs/deeper"}, "/docs/deeper": nil, "/docs/skip/me": nil,
		})
		crawl := map[string]any{"maxDepth": 2, "include": []string{"/docs/"}, "exclude": []string{"/skip/"}}
		job := s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/docs/"}, "company": "Acme", "crawl": crawl}).ID)
		if want, got := []string{"/docs/", "/docs/a", "/docs/b", "/docs/deep"}, l.paths(); !slices.Equal(got, want) {
			s.Errorf("asked for %v, want %v", got, want)
		}
		if job.Status != "COMPLETED" || job.Total != 4 || job.Done != 4 {
			s.Errorf("job = %+v", job)
		}
		// Again, with everything fresh: the links are known, no page is asked for.
		again := s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/docs/"}, "company": "Acme", "crawl": crawl}).ID)
		if got := l.paths(); len(got) != 4 || again.Done != 4 {
			s.Errorf("second crawl: asked for %v, done %d", got, again.Done)
		}
	})
}

func TestCrawlStopsAtItsBudget(t *testing.T) {
	eachService(t, func(s *service) {
		links := map[string][]string{"/": {}}
		for i := range 30 {
			links["/"] = append(links["/"], fmt.Sprintf("/%d", i))
			links[fmt.Sprintf("/%d", i)] = nil
		}
		l := newLinked(s, links)
		job := s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/"}, "company": "Acme", "crawl": map[string]any{"maxPages": 10}}).ID)
		if job.Status != "COMPLETED" || job.Done != 10 || job.Total != 31 || job.Skipped != 21 {
			s.Errorf("job = %+v", job)
		}
		if rows := s.rows(); rows["pages"] != 10 {
			s.Errorf("%d pages stored, want 10", rows["pages"])
		}
		for _, e := range job.Items.Edges {
			if n := e.Node; n.State != "ENDED" || n.Outcome == "" || n.Outcome == "BUDGET_EXHAUSTED" && n.Reason == "" {
				s.Errorf("item without an end: %+v", n)
			}
		}
	})
}

func TestPagesAreKeptWithoutALookForFacts(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/": {"/a", "/b", "/c"}, "/a": nil, "/b": nil, "/c": nil})
		input := map[string]any{"urls": []string{l.URL + "/"}, "company": "Acme", "profile": "api_docs", "extract": false, "crawl": map[string]any{"maxPages": 3}}
		job := s.wait(s.scrape(input).ID)
		outcomes := map[string]int{}
		for _, e := range job.Items.Edges {
			outcomes[e.Node.Outcome]++
		}
		if job.Status != "COMPLETED" || job.Done != 3 || job.Skipped != 1 || outcomes["STORED"] != 3 || outcomes["BUDGET_EXHAUSTED"] != 1 || job.FactCount != 0 {
			s.Errorf("%+v, items %v", job, outcomes)
		}
		var asked struct {
			Job struct{ Params struct{ Extract bool } }
		}
		s.ask(`query ($id: ID!) { job(id: $id) { params { ... on ScrapeParams { extract } } } }`, map[string]any{"id": job.ID}, &asked)
		if found := s.facts(nil); len(found) != 0 || asked.Job.Params.Extract {
			s.Errorf("%d facts; %+v", len(found), asked)
		}
		// Asked for again while they are fresh, they are as good.
		if again := s.wait(s.scrape(input).ID); again.Done != 3 || again.FactCount != 0 {
			s.Errorf("%+v after asking for %v", again, l.paths())
		}
		var later struct{ StartExtraction struct{ Job jobState } }
		s.ask(`mutation { startExtraction(input: {profile: "api_docs", where: {company: "Acme"}}) { job { `+jobFields+` } } }`, nil, &later)
		if done := s.wait(later.StartExtraction.Job.ID); done.Done < 3 || len(s.facts(nil)) != done.Done {
			s.Errorf("%+v, facts %v", done, s.facts(nil))
		}
	})
}

func TestARedirectToAnotherDomainWaitsItsTurnThere(t *testing.T) {
	eachService(t, func(s *service) {
		docs := newLinked(s, map[string][]string{"/docs/": {"/docs/a"}, "/docs/a": nil})
		home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, docs.URL+"/docs/", http.StatusFound)
		}))
		s.Cleanup(home.Close)
		job := s.wait(s.scrape(map[string]any{"urls": []string{home.URL + "/"}, "company": "Acme", "crawl": map[string]any{}}).ID)
		if job.Status != "COMPLETED" || job.Done != 2 {
			s.Errorf("job = %+v", job)
		}
		var out struct {
			RateLimits struct {
				Edges []struct {
					Node struct {
						Domain    string
						UsedTotal int
					}
				}
			}
		}
		s.ask(`{ rateLimits { edges { node { domain usedTotal } } } }`, nil, &out)
		used := map[string]int{}
		for _, e := range out.RateLimits.Edges {
			used[e.Node.Domain] = e.Node.UsedTotal
		}
		if used[docs.domain()] != 3 || used[strings.TrimPrefix(home.URL, "http://")] != 2 { // each with its sitemap
			s.Errorf("requests counted: %v", used)
		}
	})
}

func TestPrivateAddressesAreNeitherReadNorContacted(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	w := newSite(t)
	c.FetchAllowCIDRs = "127.0.0.1/32:" + strings.TrimPrefix(w.URL, "http://127.0.0.1:")
	s := start(t, c)
	port := canary(t)
	var targets []string
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
	} {
		targets = append(targets, "http://"+host+":"+port+"/")
	}
	targets = append(targets, "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://192.168.1.1/", "http://172.16.0.1/", "http://[fd00::1]/")
	urls := slices.Clone(targets)
	for i, target := range targets {
		w.HandleFunc(fmt.Sprintf("/to/%d", i), func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, target, http.StatusFound) })
		urls = append(urls, fmt.Sprintf("%s/to/%d", w.URL, i))
	}
	job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
	reasons := map[string]bool{}
	for _, e := range job.Items.Edges {
		if e.Node.Outcome != "FETCH_BLOCKED" {
			s.Errorf("%s: %s (%s)", e.Node.URL, e.Node.Outcome, e.Node.Reason)
		}
		reasons[e.Node.Reason] = true
	}
	if job.Status != "FAILED" || job.Error == nil || job.Error.Code != "FORBIDDEN" || job.Done != 0 {
		s.Errorf("job = %+v", job)
	}
	if len(reasons) != 1 {
		s.Errorf("reasons tell addresses apart: %v", reasons)
	}
	if rows := s.rows(); rows["pages"] != 0 {
		s.Errorf("%d pages stored", rows["pages"])
	}
}

func TestARetriedCrawlKnowsWhereItsSiteHasMovedTo(t *testing.T) {
	eachService(t, func(s *service) {
		var mended atomic.Bool
		docs := newLinked(s, map[string][]string{"/docs/": {"/docs/a"}, "/docs/b": nil})
		docs.HandleFunc("/docs/a", func(w http.ResponseWriter, _ *http.Request) {
			if !mended.Load() {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			writePage(w, "A", `<p>The plan A allows 100 requests per minute.</p><a href="/docs/b">more</a>`)
		})
		home := httptest.NewServer(http.RedirectHandler(docs.URL+"/docs/", http.StatusFound))
		s.Cleanup(home.Close)
		job := s.wait(s.scrape(map[string]any{"urls": []string{home.URL + "/"}, "company": "Acme", "crawl": map[string]any{"maxDepth": 3}}).ID)
		if job.Status != "PARTIAL" {
			s.Fatalf("job = %+v", job)
		}
		mended.Store(true)
		var out struct{ RetryJob struct{ Job jobState } }
		s.ask(`mutation ($id: ID!) { retryJob(input: {id: $id}) { job { id } } }`, map[string]any{"id": job.ID}, &out)
		if again := s.wait(out.RetryJob.Job.ID); again.Status != "COMPLETED" || again.Done != 2 {
			s.Errorf("retry = %+v", again)
		}
	})
}

func TestAPageThatIsGoneStatesNothing(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var gone atomic.Bool
		w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) {
			if gone.Load() {
				rw.WriteHeader(http.StatusGone)
				return
			}
			writePage(rw, "Limits", limits)
		})
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs", "force": true}
		active := map[string]any{"status": "ACTIVE", "hasPageWith": map[string]any{"company": "Acme"}}
		s.wait(s.scrape(input).ID)
		before := s.facts(active)
		gone.Store(true)
		s.wait(s.scrape(input).ID)
		if facts := s.facts(active); len(facts) != 0 || len(before) == 0 {
			s.Errorf("%d of %d facts are still active", len(facts), len(before))
		}
		gone.Store(false)
		s.wait(s.scrape(input).ID)
		if after := s.facts(active); len(after) != len(before) || after[0].ID != before[0].ID {
			s.Errorf("%d facts came back, there were %d", len(after), len(before))
		}
	})
}
