package app_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// outcomes gives outcome and reason of each item, by path.
func (s *service) outcomes(id string, at string) map[string]itemState {
	s.Helper()
	found := map[string]itemState{}
	after := ""
	for {
		var out struct {
			Job struct {
				Items struct {
					Edges    []struct{ Node itemState }
					PageInfo struct {
						EndCursor   string
						HasNextPage bool
					}
				}
			}
		}
		variables := map[string]any{"id": id}
		if after != "" {
			variables["after"] = after
		}
		s.ask(`query ($id: ID!, $after: Cursor) { job(id: $id) { items(first: 100, after: $after) {
			edges { node { url outcome reason state httpStatus depth page { id url } } } pageInfo { endCursor hasNextPage } } } }`, variables, &out)
		for _, e := range out.Job.Items.Edges {
			found[strings.TrimPrefix(e.Node.URL, at)] = e.Node
		}
		if after = out.Job.Items.PageInfo.EndCursor; !out.Job.Items.PageInfo.HasNextPage {
			return found
		}
	}
}

// prose is a text of many words about a topic, unlike that of any other.
func prose(topic string) string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "%s%c%c goes with %s%c. ", topic, 'a'+i%26, 'a'+i/26, topic, 'a'+i%7)
	}
	return "<p>" + b.String() + "</p>"
}

func (l *linked) crawl(s *service, path string, crawl map[string]any) jobState {
	s.Helper()
	return s.wait(s.scrape(map[string]any{"urls": []string{l.URL + path}, "company": "Acme", "profile": "api_docs", "crawl": crawl}).ID)
}

// body serves what is not HTML.
func (l *linked) body(path, contentType, text string) {
	l.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.asked = append(l.asked, r.URL.Path)
		l.mu.Unlock()
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	})
}

func TestPagesAreFoundBySitemaps(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/docs/": nil, "/docs/a": nil, "/docs/b": nil, "/docs/c": nil, "/docs/skip": nil, "/other": nil})
		l.body("/robots.txt", "text/plain", "Sitemap: /maps/index.xml\nSitemap: /missing.xml\nUser-agent: *\nDisallow: /docs/secret")
		l.body("/maps/index.xml", "application/xml", "<sitemapindex><sitemap><loc>1.xml.gz</loc></sitemap><sitemap><loc>feed.rss</loc></sitemap><sitemap><loc>index.xml</loc></sitemap></sitemapindex>")
		l.body("/maps/feed.rss", "application/rss+xml", "<rss><channel><item><link>"+l.URL+"/docs/c</link></item></channel></rss>")
		l.HandleFunc("/maps/1.xml.gz", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			for _, path := range []string{"/docs/a", "/docs/b", "/docs/secret", "/docs/skip", "/other", "http://elsewhere.example/"} {
				_, _ = fmt.Fprintf(z, map[bool]string{true: "<urlset>", false: ""}[path == "/docs/a"]+"<url><loc>%s</loc></url>", path)
			}
			_, _ = io.WriteString(z, "</urlset>")
		})
		job := l.crawl(s, "/docs/", map[string]any{"pathPrefix": "/docs/", "exclude": []string{"skip"}})
		items := s.outcomes(job.ID, l.URL)
		if job.Status != "COMPLETED" || job.Done != 4 || len(items) != 5 || items["/docs/secret"].Outcome != "ROBOTS_BLOCKED" || items["/docs/c"].Depth != 1 {
			s.Errorf("job %+v, items %+v", job, items)
		}
		asked := l.paths()
		for _, path := range []string{"/docs/secret", "/docs/skip", "/other"} {
			if slices.Contains(asked, path) {
				s.Errorf("%s was asked for", path)
			}
		}
		if n := len(slices.DeleteFunc(asked, func(p string) bool { return p != "/maps/index.xml" })); n != 1 {
			s.Errorf("the index, which names itself, was asked for %d times", n)
		}
		without := l.crawl(s, "/docs/", map[string]any{"sitemaps": false})
		if without.Total != 1 || slices.Contains(l.paths()[len(asked):], "/sitemap.xml") {
			s.Errorf("without sitemaps: %+v", without)
		}
	})
}

func TestASitemapThatFailsForAPassingReasonIsTriedAgainAndNamedAtLast(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.ScrapeMaxRetries = 1
	s := start(t, c)
	l := newLinked(s, map[string][]string{"/": nil, "/one": nil, "/two": nil})
	l.body("/robots.txt", "text/plain", "Sitemap: /busy.xml\nSitemap: /down.xml\nSitemap: /missing.xml\nSitemap: /two.xml")
	l.body("/two.xml", "application/xml", "<urlset><url><loc>/two</loc></url></urlset>")
	var busy, down atomic.Int64
	l.HandleFunc("/busy.xml", func(w http.ResponseWriter, _ *http.Request) {
		if busy.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "<urlset><url><loc>/one</loc></url></urlset>")
	})
	l.HandleFunc("/down.xml", func(w http.ResponseWriter, _ *http.Request) {
		down.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	job := l.crawl(s, "/", map[string]any{})
	if job.Status != "COMPLETED" || job.Done != 3 || busy.Load() != 2 || down.Load() != 2 {
		t.Errorf("asked for one %d times, for the other %d times; job %+v", busy.Load(), down.Load(), job)
	}
	var out struct {
		Job struct {
			Events struct {
				Edges []struct {
					Node struct{ Kind, Message string }
				}
			}
		}
	}
	s.ask(`query ($id: ID!) { job(id: $id) { events(first: 100) { edges { node { kind message } } } } }`, map[string]any{"id": job.ID}, &out)
	var named []string
	for _, e := range out.Job.Events.Edges {
		if e.Node.Kind == "ITEM_RETRY" {
			named = append(named, e.Node.Message)
		}
	}
	if len(named) != 3 || !strings.HasPrefix(named[0], "sitemap "+l.URL+"/busy.xml: ") || !strings.HasPrefix(named[2], "sitemap "+l.URL+"/down.xml: ") || !strings.HasSuffix(named[2], "; going on without it") {
		t.Errorf("events %q", named)
	}
}

func TestALargeSitemapGivesItsPlaceBackWhenItWasSaved(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/": nil})
		l.body("/robots.txt", "text/plain", "Sitemap: /a.txt\nSitemap: /b.txt")
		for _, name := range []string{"/a", "/b"} {
			var list strings.Builder
			for i := range 2000 {
				fmt.Fprintf(&list, "%s%s/%d\n", l.URL, name, i)
			}
			l.body(name+".txt", "text/plain", list.String())
		}
		l.body("/large", "text/plain", strings.Repeat("Each key may send 900 requests per minute. ", 10_000))
		if job := l.crawl(s, "/", map[string]any{"exclude": []string{"/[ab]/[0-9]"}}); job.Status != "COMPLETED" || job.Total != 1 {
			s.Errorf("job %s of %d", job.Status, job.Total)
		}
		if job := s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/large"}, "company": "Acme"}).ID); job.Status != "COMPLETED" {
			s.Errorf("a large page after it: %+v", job)
		}
	})
}

func TestABudgetGoesToWhatSpeaksOfTheProfile(t *testing.T) {
	eachService(t, func(s *service) {
		links := map[string][]string{"/": {}}
		for i := range 20 {
			links["/"] = append(links["/"], fmt.Sprintf("/news/%d", i))
			links[fmt.Sprintf("/news/%d", i)] = nil
		}
		links["/"] = append(links["/"], "/docs/rate-limits", "/docs/authentication")
		links["/docs/rate-limits"], links["/docs/authentication"] = nil, nil
		l := newLinked(s, links)
		s.ask(`mutation ($d: String!) { setRateLimit(input: {domain: $d, concurrency: 1}) { rateLimit { id } } }`, map[string]any{"d": l.domain()}, &struct{}{})
		job := l.crawl(s, "/", map[string]any{"maxPages": 3})
		items := s.outcomes(job.ID, l.URL)
		for _, path := range []string{"/", "/docs/rate-limits", "/docs/authentication"} {
			if items[path].Outcome != "STORED" {
				s.Errorf("%s: %+v", path, items[path])
			}
		}
		if job.Done != 3 || items["/news/0"].Outcome != "BUDGET_EXHAUSTED" {
			s.Errorf("job %+v", job)
		}
	})
}

func TestOnePageIsStoredOnceByWhateverURL(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var asked atomic.Int64
		var same, other string
		page := func(path, title, head, body string) {
			w.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				rw.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(rw, `<html><head><title>%s</title>%s</head><body><main><h1>%s</h1>%s</main></body></html>`, title, head, title, body)
			})
		}
		same, other = prose("limit"), prose("token")
		page("/{$}", "Home", "", prose("home")+`<a href="/a">a</a> <a href="/a/index.html">b</a> <a href="/a?ref=x">c</a> <a href="/moved">d</a> <a href="/lie">e</a> <a href="/round1">f</a>`)
		page("/a", "A", `<link rel="canonical" href="/a">`, same)
		page("/a/index.html", "A", `<link rel="canonical" href="/a">`, same)
		page("/a2", "A", "", same)
		w.HandleFunc("/moved", func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(rw, r, "/moved/", http.StatusMovedPermanently)
		})
		w.HandleFunc("/moved/{$}", func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			writePage(rw, "Moved", prose("moved")+`<a href="/a2">x</a>`)
		})
		page("/lie", "Lie", `<link rel="canonical" href="/">`, other)
		page("/round1", "Round", `<link rel="canonical" href="/round2">`, prose("round"))
		page("/round2", "Round", `<link rel="canonical" href="/round1">`, prose("round"))
		input := map[string]any{"urls": []string{w.URL + "/"}, "company": "Acme", "crawl": map[string]any{"maxDepth": 3}}
		job := s.wait(s.scrape(input).ID)
		items := s.outcomes(job.ID, w.URL)
		for path, want := range map[string]string{"/": "/", "/a": "/a", "/a/index.html": "/a", "/a?ref=x": "/a", "/a2": "/a", "/moved": "/moved/", "/lie": "/lie", "/round1": "/round2"} {
			if got := items[path]; got.Page == nil || strings.TrimPrefix(got.Page.URL, w.URL) != want {
				s.Errorf("%s is %+v (%v), want page %s", path, got, got.Page, want)
			}
		}
		if rows := s.rows(); rows["pages"] != 5 || job.Done != 5 || job.Failed != 0 || job.Skipped != 3 {
			s.Errorf("%d pages, job %+v", rows["pages"], job)
		}
		if r := items["/a2"].Reason; !strings.Contains(r, "text is that of") && !strings.Contains(r, "same page") {
			s.Errorf("/a2: %s", r)
		}
		// All of it is fresh, also what was reached by a redirect or said the same: nothing is asked for again.
		before := asked.Load()
		again := s.wait(s.scrape(input).ID)
		if again.Done != 5 || asked.Load() != before {
			s.Errorf("again: %+v, %d requests", again, asked.Load()-before)
		}
		// By force, in whatever order they come, it stays at the same pages.
		input["force"] = true
		forced := s.wait(s.scrape(input).ID)
		if rows := s.rows(); rows["pages"] != 5 || forced.Done != 5 {
			s.Errorf("by force: %d pages, %+v", rows["pages"], forced)
		}
	})
}

func TestAsksNotToBeKeptAreHeededUnlessSetOtherwise(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.HandleFunc("/{$}", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-Robots-Tag", "noindex")
			writePage(rw, "Home", prose("home")+`<a href="/next">next</a>`)
		})
		w.HandleFunc("/next", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(rw, `<html><head><meta name="robots" content="nofollow"></head><main><h1>Next</h1>`+prose("next")+`<a href="/last">last</a></main></html>`)
		})
		w.page("/last", "Last", prose("last"))
		input := map[string]any{"urls": []string{w.URL + "/"}, "company": "Acme", "crawl": map[string]any{"maxDepth": 5}}
		job := s.wait(s.scrape(input).ID)
		items := s.outcomes(job.ID, w.URL)
		if len(items) != 2 || items["/"].Outcome != "ROBOTS_BLOCKED" || items["/next"].Outcome != "STORED" {
			s.Errorf("heeded: %+v", items)
		}
		s.ask(`mutation ($d: String!) { setRateLimit(input: {domain: $d, robotsMeta: false}) { rateLimit { robotsMeta } } }`, map[string]any{"d": w.domain()}, &struct{}{})
		input["force"] = true
		job = s.wait(s.scrape(input).ID)
		if items := s.outcomes(job.ID, w.URL); len(items) != 3 || job.Done != 3 {
			s.Errorf("not heeded: %+v", items)
		}
	})
}

func TestWhetherRobotsMetaIsHeededIsASetting(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.ScrapeRobotsMeta = false
	s := start(t, c)
	w := newSite(s)
	w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Robots-Tag", "noindex")
		writePage(rw, "A", prose("a"))
	})
	if job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID); job.Done != 1 {
		s.Errorf("job %+v", job)
	}
}

func TestEndlessSpacesEnd(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var asked atomic.Int64
		w.HandleFunc("/{$}", func(rw http.ResponseWriter, _ *http.Request) {
			writePage(rw, "Home", prose("home")+`<a href="/calendar/2026/1">calendar</a> <a href="/s/a1b2c3d4e5f60718/doc">session</a>`)
		})
		w.HandleFunc("/calendar/{year}/{month}", func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			var year, month int
			_, _ = fmt.Sscan(r.PathValue("year")+" "+r.PathValue("month"), &year, &month)
			var list strings.Builder
			for d := range 28 {
				fmt.Fprintf(&list, "<li>%d: nothing is planned</li>", d+1)
			}
			fmt.Fprintf(&list, `</ul><a href="/calendar/%d/%d">next</a> <a href="/calendar/%d/%d">next year</a> <a href="/calendar/%d/%d">far</a>`, year, month+1, year+1, month, year+10, month)
			writePage(rw, fmt.Sprintf("Calendar of %d/%d", month, year), "<ul>"+list.String())
		})
		w.HandleFunc("/s/{id}/doc", func(rw http.ResponseWriter, r *http.Request) {
			n := asked.Add(1)
			writePage(rw, "Session", prose("session")+fmt.Sprintf(`<a href="/s/%016xab12/doc">again</a><a href="/s/%016xcd34/doc">again</a>`, n*7919, n*104729))
		})
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/"}, "company": "Acme", "crawl": map[string]any{"maxDepth": 10, "maxPages": 5000}}).ID)
		if job.Status != "COMPLETED" || asked.Load() > 80 {
			s.Errorf("%d requests into the traps, job %+v", asked.Load(), job)
		}
		traps := 0
		for _, item := range s.outcomes(job.ID, w.URL) {
			if item.Outcome == "OUT_OF_SCOPE" && strings.Contains(item.Reason, "endless") {
				traps++
			}
		}
		if traps == 0 {
			s.Error("no item says that it looked endless")
		}
	})
}

func TestDepthIsThatOfTheShortestWay(t *testing.T) {
	eachService(t, func(s *service) {
		// The long way to /far comes first: its page speaks of the profile. The
		// short one leads over a page that is slow to come.
		release := make(chan struct{})
		w := newSite(s)
		w.page("/{$}", "Home", prose("home")+`<a href="/rate-limits">Rate limits</a> <a href="/slow">x</a>`)
		w.page("/rate-limits", "Limits", prose("limits")+`<a href="/rate-limits/quota">Rate limit quota</a>`)
		w.page("/rate-limits/quota", "Quota", prose("quota")+`<a href="/far">far</a>`)
		w.HandleFunc("/far", func(rw http.ResponseWriter, _ *http.Request) {
			defer close(release)
			writePage(rw, "Far", prose("far")+`<a href="/beyond">beyond</a>`)
		})
		w.HandleFunc("/slow", func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			writePage(rw, "Slow", prose("slow")+`<a href="/far">far</a>`)
		})
		w.page("/beyond", "Beyond", prose("beyond"))
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/"}, "company": "Acme", "profile": "api_docs", "crawl": map[string]any{"maxDepth": 3}}).ID)
		items := s.outcomes(job.ID, w.URL)
		if items["/far"].Depth != 2 || items["/beyond"].Depth != 3 || items["/beyond"].Outcome != "STORED" {
			s.Errorf("items %+v", items)
		}
	})
}

func TestACrawlCanBePreviewed(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/": {"/docs/rate-limits", "/blog", "http://elsewhere.example/", "/secret"}, "/docs/rate-limits": nil, "/blog": nil, "/mapped": nil})
		l.body("/robots.txt", "text/plain", "User-agent: *\nDisallow: /secret\nCrawl-delay: 0\nSitemap: /map.xml\nSitemap: /broken.xml")
		l.body("/map.xml", "application/xml", "<urlset><url><loc>/mapped</loc><lastmod>2026-03-01</lastmod></url></urlset>")
		type preview struct {
			PreviewCrawl struct {
				URLs []struct {
					URL, Outcome, Reason, Source string
					WouldRead                    bool
					Depth, Score                 int
					LastModified                 string
				}
				Total, WouldRead, Seconds int
				Complete                  bool
				Notes                     []string
			}
		}
		const query = `query ($input: PreviewCrawlInput!) { previewCrawl(input: $input) { total wouldRead seconds complete notes
			urls { url outcome reason source wouldRead depth score lastModified } } }`
		var out preview
		s.ask(query, map[string]any{"input": map[string]any{"urls": []string{l.URL + "/"}, "profile": "api_docs", "crawl": map[string]any{"maxPages": 3}}}, &out)
		var got []string
		for _, u := range out.PreviewCrawl.URLs {
			got = append(got, strings.TrimPrefix(u.URL, l.URL)+" "+u.Source+" "+u.Outcome)
		}
		want := []string{"/ GIVEN ", "/docs/rate-limits LINK ", "/blog LINK ", "/mapped SITEMAP BUDGET_EXHAUSTED", "http://elsewhere.example/ LINK OUT_OF_SCOPE", "/secret LINK ROBOTS_BLOCKED"}
		p := out.PreviewCrawl
		if !slices.Equal(got, want) || p.Total != 6 || p.WouldRead != 3 || p.Complete || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "/broken.xml") {
			s.Errorf("preview %+v\nurls %v\nwant %v", p, got, want)
		}
		if p.URLs[3].LastModified != "2026-03-01T00:00:00Z" || p.URLs[1].Score == 0 {
			s.Errorf("urls %+v", p.URLs)
		}
		if slices.Contains(l.paths(), "/secret") || s.rows()["pages"] != 0 {
			s.Errorf("asked for %v", l.paths())
		}
		// A slower domain takes longer, and is not asked out of its turn.
		s.ask(`mutation ($d: String!) { setRateLimit(input: {domain: $d, delayMs: 60000}) { rateLimit { id } } }`, map[string]any{"d": l.domain()}, &struct{}{})
		var slow preview
		s.ask(query, map[string]any{"input": map[string]any{"urls": []string{l.URL + "/"}, "first": 1}}, &slow)
		if p := slow.PreviewCrawl; p.Complete || p.Seconds < 60 || len(p.URLs) != 1 || len(p.Notes) == 0 {
			s.Errorf("slow: %+v", p)
		}
		for field, input := range map[string]map[string]any{
			"urls": {"urls": []string{}}, "first": {"urls": []string{l.URL}, "first": 0}, "pathPrefix": {"urls": []string{l.URL}, "crawl": map[string]any{"pathPrefix": "docs"}},
		} {
			if code := s.refused(query, map[string]any{"input": input}); code != "INVALID" {
				s.Errorf("%s: %q", field, code)
			}
		}
		if code := s.refused(query, map[string]any{"input": map[string]any{"urls": []string{l.URL}, "profile": "nope"}}); code != "NOT_FOUND" {
			s.Errorf("an unknown profile: %q", code)
		}
	})
}

func TestTextsOfAPageCanBeCompared(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		text := "<p>The API allows 600 requests per minute.</p><p>It is free.</p>"
		w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) { writePage(rw, "Limits", text) })
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "force": true}
		s.wait(s.scrape(input).ID)
		text = strings.Replace(text, "600", "700", 1)
		s.wait(s.scrape(input).ID)
		var pages struct {
			PageByURL struct {
				Snapshots struct {
					Edges []struct{ Node struct{ ID string } }
				}
			}
		}
		s.ask(`query ($u: String!) { pageByURL(url: $u) { snapshots(first: 10, orderBy: {field: FETCHED_AT}) { edges { node { id } } } } }`, map[string]any{"u": w.URL + "/a"}, &pages)
		if len(pages.PageByURL.Snapshots.Edges) != 2 {
			s.Fatalf("%d snapshots", len(pages.PageByURL.Snapshots.Edges))
		}
		var out struct {
			SnapshotDiff struct {
				Added, Removed int
				Truncated      bool
				From, To       struct{ ID string }
				Hunks          []struct {
					FromLine, ToLine int
					Lines            []struct{ Kind, Text string }
				}
			}
		}
		const query = `query ($from: ID!, $to: ID!) { snapshotDiff(from: $from, to: $to) { added removed truncated from { id } to { id } hunks { fromLine toLine lines { kind text } } } }`
		ids := map[string]any{"from": pages.PageByURL.Snapshots.Edges[0].Node.ID, "to": pages.PageByURL.Snapshots.Edges[1].Node.ID}
		s.ask(query, ids, &out)
		d := out.SnapshotDiff
		var lines []string
		for _, l := range d.Hunks[0].Lines {
			if l.Kind != "KEPT" {
				lines = append(lines, l.Kind+" "+l.Text)
			}
		}
		if want := []string{"REMOVED The API allows 600 requests per minute.", "ADDED The API allows 700 requests per minute."}; !slices.Equal(lines, want) || d.Added != 1 || d.Removed != 1 || d.Truncated || d.From.ID != ids["from"] {
			s.Errorf("diff %+v", d)
		}
		ids["to"] = ids["from"].(string)[:35] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(ids["from"].(string), "0")]
		if code := s.refused(query, ids); code != "NOT_FOUND" {
			s.Errorf("an unknown snapshot: %q", code)
		}
	})
}
