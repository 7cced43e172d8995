package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const limits = `<p>The API allows 600 requests per minute per key. 日本語の説明 🚀: the burst limit is 50 requests per second.</p>
<h2>Größe 📦</h2><p>Request bodies may be at most 10 MiB. Sandbox keys are limited to 20 requests per minute.</p>`

func TestFromAMutationToFactsThatAFrontendWatchesArriving(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		release := make(chan struct{})
		w.HandleFunc("/limits", func(rw http.ResponseWriter, _ *http.Request) {
			<-release // until the frontend has subscribed
			writePage(rw, "Rate limits 🚦", limits)
		})
		job := s.scrape(map[string]any{"urls": []string{w.URL + "/limits"}, "company": "Acme", "profile": "api_docs"})
		if job.Status != "QUEUED" && job.Status != "RUNNING" {
			s.Errorf("a new job is %s", job.Status)
		}
		live := s.subscribe(`subscription { factAdded(where: {company: "Acme"}) { `+factFields+` } }`, nil)
		live.wake("Acme")
		others := s.subscribe(`subscription { factAdded(where: {company: "Other"}) { id } }`, nil)
		all := s.subscribe(`subscription { factAdded { id url } }`, nil)
		all.wake("Globex")
		watch := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status done } }`, map[string]any{"id": job.ID})
		var seen []string
		var m struct{ Job jobState }
		for n := 0; watch.next(&m); n++ {
			if n == 0 {
				close(release)
			}
			seen = append(seen, m.Job.Status)
		}
		if m.Job.Status != "COMPLETED" || m.Job.Done != 1 {
			s.Fatalf("watched %v, ended %+v", seen, m.Job)
		}
		facts := s.facts(map[string]any{"company": "Acme", "urlHasSuffix": "/limits"})
		if len(facts) < 3 {
			s.Fatalf("%d facts, want at least 3: %+v", len(facts), facts)
		}
		arrived := map[string]bool{}
		for range facts {
			var m struct{ FactAdded factState }
			live.next(&m)
			s.proven(m.FactAdded)
			arrived[m.FactAdded.ID] = true
		}
		for _, f := range facts {
			s.proven(f)
			if !arrived[f.ID] {
				s.Errorf("fact did not arrive live: %s", f.Statement)
			}
			if f.Status != "ACTIVE" || f.Confidence < 0.5 || f.Confidence > 1 || f.Page.URL != w.URL+"/limits" || f.URL != f.Page.URL ||
				!strings.HasPrefix(f.DeepLink, f.URL+"#:~:text=") || len(f.Headings) == 0 {
				s.Errorf("fact = %+v", f)
			}
		}
		for range facts {
			var m struct{ FactAdded factState }
			if !all.next(&m) || !arrived[m.FactAdded.ID] {
				s.Errorf("without a filter came %+v", m)
			}
		}
		others.send(map[string]any{"type": "complete", "id": "1"})
	})
}

func TestAFinishedJobGivesItsLastStateAndCompletes(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/a", "Limits", limits)
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID)
		k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": job.ID})
		var m struct{ Job jobState }
		if !k.next(&m) || m.Job.Status != "COMPLETED" {
			s.Errorf("first message: %+v", m)
		}
		if k.next(&m) {
			s.Error("it went on after the end")
		}
	})
}

// rows counts what a scrape leaves behind.
func (s *service) rows() map[string]int {
	s.Helper()
	var out map[string]struct{ TotalCount int }
	s.ask(`{ pages { totalCount } facts { totalCount } profiles { totalCount } rateLimits { totalCount } }`, nil, &out)
	var snapshots struct {
		Pages struct {
			Edges []struct {
				Node struct{ Snapshots struct{ TotalCount int } }
			}
		}
	}
	s.ask(`{ pages(first: 100) { edges { node { snapshots { totalCount } } } } }`, nil, &snapshots)
	rows := map[string]int{}
	for name, c := range out {
		rows[name] = c.TotalCount
	}
	for _, e := range snapshots.Pages.Edges {
		rows["snapshots"] += e.Node.Snapshots.TotalCount
	}
	return rows
}

func TestDoingItAgainChangesNothing(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var requests, conditional atomic.Int32
		w.HandleFunc("/a", func(rw http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			rw.Header().Set("ETag", `"v1"`)
			if r.Header.Get("If-None-Match") == `"v1"` {
				conditional.Add(1)
				rw.WriteHeader(http.StatusNotModified)
				return
			}
			writePage(rw, "Limits", limits)
		})
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs"}
		first := s.wait(s.scrape(input).ID)
		before, ids := s.rows(), s.facts(nil)
		if first.Status != "COMPLETED" || first.Result.FactsAdded != len(ids) || len(ids) == 0 {
			s.Fatalf("first scrape: %+v, %d facts", first, len(ids))
		}
		second := s.wait(s.scrape(input).ID)
		if second.Status != "COMPLETED" || second.Items.Edges[0].Node.Outcome != "UNCHANGED" || second.FactCount != first.FactCount || second.Result.FactsAdded != 0 {
			s.Errorf("second scrape: %+v", second)
		}
		if requests.Load() != 1 {
			s.Errorf("%d requests: a fresh page was asked for again", requests.Load())
		}
		input["force"] = true
		third := s.wait(s.scrape(input).ID)
		if third.Items.Edges[0].Node.Outcome != "UNCHANGED" || conditional.Load() != 1 {
			s.Errorf("forced scrape: %+v, %d conditional requests", third.Items, conditional.Load())
		}
		if after := s.rows(); fmt.Sprint(after) != fmt.Sprint(before) {
			s.Errorf("rows before %v, after %v", before, after)
		}
		for i, f := range s.facts(nil) {
			if f.ID != ids[i].ID {
				s.Error("a fact has a new id")
			}
		}
	})
}

func TestAChangedPageIsExtractedAgain(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var body atomic.Value
		body.Store(`<p>The API allows 600 requests per minute per key.</p><p>Access tokens expire after 60 minutes.</p>`)
		w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) { writePage(rw, "Limits", body.Load().(string)) })
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs", "force": true}
		s.wait(s.scrape(input).ID)
		before := map[string]string{}
		for _, f := range s.facts(map[string]any{"status": "ACTIVE"}) {
			before[f.Statement] = f.ID
		}
		old := body.Load()
		body.Store(`<p>Something else comes first now, as a short introduction.</p><p>The API allows 900 requests per minute per key.</p><p>Access tokens expire after 60 minutes.</p>`)
		job := s.wait(s.scrape(input).ID)
		if job.Items.Edges[0].Node.Outcome != "STORED" || job.Result.FactsAdded == 0 || job.Result.FactsRemoved == 0 {
			s.Errorf("second scrape: %+v, result %+v", job, job.Result)
		}
		var kept, fresh bool
		for _, f := range s.facts(map[string]any{"status": "ACTIVE"}) {
			s.proven(f)
			if strings.Contains(f.Quote, "600") {
				s.Errorf("a fact that is gone is still active: %s", f.Quote)
			}
			kept = kept || strings.Contains(f.Quote, "60 minutes") && before[f.Statement] == f.ID
			fresh = fresh || strings.Contains(f.Quote, "900")
		}
		if !kept || !fresh {
			s.Errorf("the fact that stayed kept its id: %t, the new one is there: %t", kept, fresh)
		}
		if ended := s.facts(map[string]any{"statusIn": []string{"REMOVED", "SUPERSEDED"}}); len(ended) == 0 {
			s.Error("no fact is marked as removed or superseded")
		}
		body.Store(old) // back to what it said before: the old snapshot and the old facts
		s.wait(s.scrape(input).ID)
		if rows := s.rows(); rows["snapshots"] != 2 {
			s.Errorf("%d snapshots, want the 2 texts there were", rows["snapshots"])
		}
		for _, f := range s.facts(map[string]any{"status": "ACTIVE"}) {
			s.proven(f)
			if id, ok := before[f.Statement]; !ok || id != f.ID {
				s.Errorf("%s came back with another id", f.Statement)
			}
		}
	})
}

func TestOneBadPageDoesNotSpoilTheJob(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/good", "Limits", limits)
		w.HandleFunc("/robots.txt", func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "User-agent: *\nDisallow: /secret\n") })
		w.page("/secret", "Secret", limits)
		w.HandleFunc("/zip", func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Content-Type", "application/zip") })
		w.page("/empty", "", "")
		w.HandleFunc("/broken", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
		w.HandleFunc("/moved", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "/good", http.StatusMovedPermanently)
		})
		paths := map[string]string{
			"/good": "STORED", "/secret": "ROBOTS_BLOCKED", "/zip": "UNSUPPORTED_TYPE", "/empty": "EMPTY_CONTENT",
			"/broken": "HTTP_ERROR", "/missing": "HTTP_ERROR",
		}
		var urls []string
		for p := range paths {
			urls = append(urls, w.URL+p)
		}
		job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
		if job.Status != "PARTIAL" || job.Done != 1 || job.Failed != 5 || !job.CanRetry || job.CanCancel {
			s.Errorf("job = %+v", job)
		}
		for _, e := range job.Items.Edges {
			n := e.Node
			if want := paths[strings.TrimPrefix(n.URL, w.URL)]; n.Outcome != want || (n.Outcome != "STORED") != (n.Reason != "") {
				s.Errorf("%s: %s (%s), want %s", n.URL, n.Outcome, n.Reason, want)
			}
		}
		moved := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/moved", w.URL + "/good"}, "company": "Acme"}).ID)
		var outcomes []string
		for _, e := range moved.Items.Edges {
			outcomes = append(outcomes, e.Node.Outcome)
			if e.Node.Page != nil && e.Node.Page.URL != w.URL+"/good" {
				s.Errorf("page = %s, want the one that was led to", e.Node.Page.URL)
			}
		}
		if moved.Status != "COMPLETED" || !contains(outcomes, "DUPLICATE") || !contains(outcomes, "UNCHANGED") {
			s.Errorf("two ways to one page: %s %v", moved.Status, outcomes)
		}
	})
}

func TestCancelWhileAPageHangs(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		hanging, dropped := make(chan struct{}), make(chan struct{})
		w.page("/good", "Limits", limits)
		w.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
			close(hanging)
			<-r.Context().Done()
			close(dropped)
		})
		job := s.scrape(map[string]any{"urls": []string{w.URL + "/good", w.URL + "/hang"}, "company": "Acme"})
		k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { `+jobFields+` } }`, map[string]any{"id": job.ID})
		var m struct{ Job jobState }
		for m.Job.Done == 0 && k.next(&m) {
		}
		<-hanging
		began := time.Now()
		var out struct{ CancelJob struct{ Job jobState } }
		s.ask(`mutation ($id: ID!) { cancelJob(input: {id: $id}) { job { `+jobFields+` } } }`, map[string]any{"id": job.ID}, &out)
		for k.next(&m) {
		}
		<-dropped // the connection to the page is given up as well
		if took := time.Since(began); took > 20*time.Second {
			s.Errorf("the step went on for %v", took)
		}
		if m.Job.Status != "CANCELLED" || m.Job.Done != 1 || m.Job.Skipped != 1 {
			s.Errorf("job = %+v", m.Job)
		}
		if rows := s.rows(); rows["pages"] != 1 {
			s.Errorf("%d pages, want the stored one", rows["pages"])
		}
		if code := s.refused(`mutation ($id: ID!) { cancelJob(input: {id: $id}) { job { id } } }`, map[string]any{"id": job.ID}); code != "CONFLICT" {
			s.Errorf("cancelling again: %s", code)
		}
	})
}
