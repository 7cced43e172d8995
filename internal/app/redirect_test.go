package app_test

import (
	"net/http"
	"sync/atomic"
	"testing"
)

func TestAStartPageThatOnlyLeadsOnIsARedirect(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/docs/": {"/docs/a"}, "/docs/a": nil})
		forward := func(to string) string {
			return `<html><head><meta name="robots" content="noindex"><meta http-equiv="refresh" content="0; url=` + to + `"></head></html>`
		}
		l.body("/{$}", "text/html", forward("docs/"))
		l.body("/round", "text/html", forward("/robin"))
		l.body("/robin", "text/html", forward("/round"))
		job := l.crawl(s, "/", map[string]any{"maxDepth": 2})
		items := s.outcomes(job.ID, l.URL)
		if job.Status != "COMPLETED" || job.Done != 2 || items["/"].Outcome != "STORED" || items["/"].Page.URL != l.URL+"/docs/" {
			s.Errorf("job %+v, items %+v", job, items)
		}
		round := l.crawl(s, "/round", map[string]any{})
		if item := s.outcomes(round.ID, l.URL)["/round"]; item.Outcome != "HTTP_ERROR" || item.Reason != "too many redirects" {
			s.Errorf("in a circle: %+v", item)
		}
		refreshed := handed(l.URL+"/", "text/html", forward("docs/"))
		if job := s.imports(refreshed); job.Items.Edges[0].Node.Outcome == "STORED" || len(job.Items.Edges) != 1 {
			s.Errorf("handed in: %+v", job)
		}
	})
}

func TestWhatLedToAPageIsNotAskedForAgain(t *testing.T) {
	eachService(t, func(s *service) {
		l := newLinked(s, map[string][]string{"/docs/page": {"/hop"}})
		var asked atomic.Int32
		l.Handle("/{$}", http.RedirectHandler("/hop", http.StatusMovedPermanently))
		l.HandleFunc("/hop", func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, "/docs/page", http.StatusFound)
		})
		job := l.crawl(s, "/", map[string]any{"maxDepth": 2})
		items := s.outcomes(job.ID, l.URL)
		if items["/"].Outcome != "STORED" || items["/hop"].Outcome != "DUPLICATE" || len(items) != 2 {
			s.Errorf("items %+v", items)
		}
		if n := asked.Load(); n != 1 {
			s.Errorf("/hop was asked for %d times", n)
		}
		s.wait(s.scrape(map[string]any{"urls": []string{l.URL + "/hop"}, "company": "Acme", "force": true}).ID)
		if n := asked.Load(); n != 2 {
			s.Errorf("for another job /hop was asked for %d times", n-1)
		}
	})
}
