package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

const everywhere = "Every plan allows 900 requests per minute per key, wherever it is used."

// outcomes gives how the items of a job ended, by the path of their URL.
func outcomes(w *site, job jobState) map[string]string {
	ended := map[string]string{}
	for _, e := range job.Items.Edges {
		ended[strings.TrimPrefix(e.Node.URL, w.URL)] = e.Node.Outcome
	}
	return ended
}

func TestWhatRepeatsOnTheDomainStatesNothing(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var rare atomic.Bool
		var urls []string
		for i := range 6 {
			path := fmt.Sprintf("/%d", i)
			urls = append(urls, w.URL+path)
			w.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
				tag := "p"
				if i%2 == 1 {
					tag = "blockquote" // however it is marked up
				}
				body := fmt.Sprintf("<p>The endpoint number %d allows %d requests per minute per key.</p>", i, 10*i+10)
				if !rare.Load() || i < 3 {
					body += fmt.Sprintf("<%s>%s</%s>", tag, everywhere, tag)
				}
				writePage(rw, "Rate limits of "+path, body)
			})
		}
		read := func(urls []string) jobState {
			return s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "api_docs", "force": true}).ID)
		}
		common := map[string]any{"quoteHasPrefix": "Every plan", "status": "ACTIVE"}
		own := map[string]any{"quoteHasPrefix": "The endpoint", "status": "ACTIVE"}
		read(urls[:4])
		first := s.facts(common)
		if len(first) != 4 || len(s.facts(own)) != 4 {
			s.Fatalf("of four pages: %d facts that repeat, %d of their own", len(first), len(s.facts(own)))
		}
		second := read(urls[4:])
		if got := s.facts(common); len(got) != 0 || len(s.facts(own)) != 6 || second.Result.FactsRemoved != 4 {
			s.Errorf("of six pages: %d facts that repeat, %d of their own, %d removed", len(got), len(s.facts(own)), second.Result.FactsRemoved)
		}
		for _, f := range s.facts(own) {
			if !strings.Contains(f.Snapshot.Text, everywhere) {
				s.Errorf("the text was changed: %s", f.Snapshot.Text)
			}
			s.proven(f)
		}
		if got := s.facts(nil); len(got) != 10 {
			s.Errorf("%d facts in all, want the 6 that hold and the 4 that were removed", len(got))
		}

		w.page("/only", "Limits", "<p>"+everywhere+"</p>")
		if got := outcomes(w, read([]string{w.URL + "/only"})); got["/only"] != "EMPTY_CONTENT" {
			s.Errorf("a page of nothing else ended %v", got)
		}

		rare.Store(true) // now on three of six
		read(urls)
		again := read(urls)
		if got := s.facts(common); len(got) != 3 || again.Result.FactsRemoved != 0 {
			s.Errorf("%d facts came back of 3", len(got))
		}
	})
}

func TestFormatsBesideHTMLAreRead(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		serve := func(path, mediaType, file string, change func([]byte) []byte) {
			body, err := os.ReadFile(file)
			if err != nil {
				s.Fatal(err)
			}
			if change != nil {
				body = change(body)
			}
			w.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", mediaType)
				_, _ = rw.Write(body) // whoever asked has gone
			})
		}
		serve("/limits.pdf", "application/pdf", "../pdf/testdata/limits.pdf", nil)
		serve("/guide.md", "text/plain; charset=utf-8", "../document/testdata/formats/guide.md", nil)
		serve("/api.yaml", "application/yaml", "../document/testdata/formats/api.yaml", nil)
		serve("/locked.pdf", "application/pdf", "../pdf/testdata/limits.pdf", func(b []byte) []byte {
			return bytes.Replace(b, []byte("/Root "), []byte("/Encrypt 9 0 R/Root "), 1)
		})
		w.HandleFunc("/data.json", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			fmt.Fprint(rw, `{"a": 1}`)
		})
		want := map[string]string{
			"/limits.pdf": "STORED", "/guide.md": "STORED", "/api.yaml": "STORED",
			"/locked.pdf": "UNSUPPORTED_TYPE", "/data.json": "UNSUPPORTED_TYPE",
		}
		var urls []string
		for path := range want {
			urls = append(urls, w.URL+path)
		}
		job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "api_docs"}).ID)
		got := outcomes(w, job)
		for path, outcome := range want {
			if got[path] != outcome {
				s.Errorf("%s: %s, want %s", path, got[path], outcome)
			}
		}
		for _, e := range job.Items.Edges {
			if strings.HasSuffix(e.Node.URL, "/locked.pdf") && e.Node.Reason != "the PDF is encrypted" {
				s.Errorf("reason of an encrypted PDF: %s", e.Node.Reason)
			}
		}
		for path, link := range map[string]string{"/limits.pdf": "#page=1:~:text=", "/guide.md": "#", "/api.yaml": "#:~:text="} {
			facts := s.facts(map[string]any{"url": w.URL + path})
			if len(facts) == 0 {
				s.Errorf("%s states nothing", path)
			}
			for _, f := range facts {
				s.proven(f)
				if !strings.HasPrefix(f.DeepLink, w.URL+path+link) {
					s.Errorf("link = %s", f.DeepLink)
				}
			}
		}
	})
}

func TestEvidenceLeadsToTheAnchorAboveIt(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		var moved atomic.Bool
		w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) {
			intro := ""
			if moved.Load() {
				intro = `<h2 id="intro">Introduction</h2><p>Read this.</p>`
			}
			writePage(rw, "Limits", intro+`<h2 id="rate-limits">Rates</h2><p>The API allows 600 requests per minute per key.</p>`)
		})
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs", "force": true}
		want := w.URL + "/a#rate-limits:~:text=The%20API%20allows"
		for range 2 {
			s.wait(s.scrape(input).ID)
			facts := s.facts(map[string]any{"quoteContains": "600 requests"})
			if len(facts) != 1 || !strings.HasPrefix(facts[0].DeepLink, want) {
				s.Errorf("facts = %+v, want a link like %s", facts, want)
			}
			moved.Store(true)
		}
	})
}

func TestPagesInOtherLanguagesAreLeftOut(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/en", "Limits", "<p>The API allows 600 requests per minute per key, and it is the same for all of the plans that there are.</p>")
		w.page("/de", "Limits", "<p>Die Schnittstelle erlaubt 600 Anfragen in der Minute für jeden Schlüssel, und das ist auch bei den anderen Tarifen nicht mehr.</p>") // claims to be English
		w.page("/code", "Limits", "<p>max_requests_per_minute = 600</p>")
		urls := []string{w.URL + "/en", w.URL + "/de", w.URL + "/code"}
		input := map[string]any{"urls": urls, "company": "Acme", "languages": []string{"EN-gb", "en"}}
		want := map[string]string{"/en": "STORED", "/de": "LANGUAGE_FILTERED", "/code": "STORED"}
		check := func(job jobState, want map[string]string) {
			s.Helper()
			got := outcomes(w, job)
			for path, outcome := range want {
				if got[path] != outcome {
					s.Errorf("%s: %s, want %s", path, got[path], outcome)
				}
			}
		}
		job := s.wait(s.scrape(input).ID)
		check(job, want)
		if job.Status != "COMPLETED" || job.Skipped != 1 || job.Failed != 0 {
			s.Errorf("job = %+v", job)
		}
		// A page that is stored and fresh is left out as well.
		s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
		check(s.wait(s.scrape(input).ID), map[string]string{"/en": "UNCHANGED", "/de": "LANGUAGE_FILTERED", "/code": "UNCHANGED"})
		var out struct {
			Pages struct {
				Edges []struct {
					Node struct{ URL, Language string }
				}
			}
			Job struct{ Params struct{ Languages []string } }
		}
		s.ask(`query ($id: ID!) { pages { edges { node { url language } } } job(id: $id) { params { ... on ScrapeParams { languages } } } }`, map[string]any{"id": job.ID}, &out)
		for _, e := range out.Pages.Edges {
			if strings.HasSuffix(e.Node.URL, "/de") != (e.Node.Language == "de") {
				s.Errorf("%s is in %q", e.Node.URL, e.Node.Language)
			}
		}
		if l := out.Job.Params.Languages; len(l) != 1 || l[0] != "en" {
			s.Errorf("languages = %v", l)
		}
		for _, bad := range [][]string{{"english"}, {""}, strings.Split(strings.Repeat("en ", 30), " ")} {
			input["languages"] = bad
			if code := s.refused(`mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { id } } }`, map[string]any{"input": input}); code != "INVALID" {
				s.Errorf("%v: %s", bad, code)
			}
		}
	})
}
