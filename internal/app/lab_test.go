package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/modeltest"
)

const tryProfile = `mutation ($input: TestProfileInput!) { testProfile(input: $input) { method text withoutModel
	facts { category statement quote confidence method headings attribute subject span { byteStart byteEnd utf16Start utf16End } value { __typename ... on RateValue { number } } qualifiers { name value } }
	rejected { category statement quote reason method } rejectedCounts { reason count } usage { requests cached } } }`

type trial struct {
	TestProfile struct {
		Method, Text string
		WithoutModel *string
		Facts        []struct {
			Category, Statement, Quote, Method, Attribute, Subject string
			Confidence                                             float64
			Headings                                               []string
			Span                                                   struct{ ByteStart, ByteEnd, Utf16Start, Utf16End int }
			Value                                                  *struct {
				Typename string `json:"__typename"`
				Number   float64
			}
		}
		Rejected       []struct{ Category, Statement, Quote, Reason, Method string }
		RejectedCounts []struct {
			Reason string
			Count  int
		}
		Usage struct{ Requests, Cached int }
	}
}

func TestAProfileIsTriedAtOnceAndStoresNothing(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		m.Answer(func(modeltest.Asked) modeltest.Reply {
			return modeltest.Reply{Content: modeltest.Facts(parrot, invented)}
		})
		w := newSite(s)
		w.page("/a", "Limits", exports)
		w.HandleFunc("/moved", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/a", http.StatusFound) })
		before := s.rows()
		var byURL, byText, byPage, byDraft trial
		s.ask(tryProfile, map[string]any{"input": map[string]any{"url": w.URL + "/moved", "profile": "api_docs"}}, &byURL)
		got := byURL.TestProfile
		if got.Method != "BOTH" || len(got.Facts) != 2 || len(got.RejectedCounts) == 0 || got.WithoutModel != nil || got.Usage.Requests != 1 {
			s.Fatalf("%+v", got)
		}
		for _, f := range got.Facts {
			if got.Text[f.Span.ByteStart:f.Span.ByteEnd] != f.Quote || f.Confidence < 0.5 {
				s.Errorf("%+v", f)
			}
		}
		if f := got.Facts[0]; f.Method != "RULES" || f.Value == nil || f.Value.Number != 10 || f.Value.Typename != "RateValue" || f.Category != "rate_limits" || len(f.Headings) != 1 {
			s.Errorf("%+v", f)
		}
		if r := got.Rejected; len(r) == 0 || !slices.ContainsFunc(r, func(r struct{ Category, Statement, Quote, Reason, Method string }) bool {
			return r.Reason == "NO_NUMBER" && r.Method == "MODEL" && r.Statement == invented.Statement && r.Quote == invented.Quote
		}) {
			s.Errorf("rejected %+v", r)
		}
		s.ask(tryProfile, map[string]any{"input": map[string]any{"text": got.Text, "profile": "api_docs", "method": "RULES"}}, &byText)
		if got := byText.TestProfile; got.Method != "RULES" || len(got.Facts) != 1 || got.Usage.Requests != 0 {
			s.Errorf("%+v", got)
		}
		draft := map[string]any{"categories": []string{"pets"}, "focus": "parrot, crackers", "instructions": "Mind the birds.", "method": "RULES", "depth": "SUMMARY"}
		s.ask(tryProfile, map[string]any{"input": map[string]any{"text": got.Text, "draft": draft}}, &byDraft)
		if got := byDraft.TestProfile; got.Method != "RULES" {
			s.Errorf("%+v", got)
		}
		draft["method"] = "MODEL"
		s.ask(tryProfile, map[string]any{"input": map[string]any{"text": got.Text, "draft": draft}}, &byDraft)
		if a := m.Asked()[len(m.Asked())-1]; byDraft.TestProfile.Method != "MODEL" || !strings.Contains(a.System, "Mind the birds.") || !strings.Contains(a.System, "parrot, crackers") {
			s.Errorf("%+v, asked %s", byDraft.TestProfile, a.System)
		}
		if after := s.rows(); after["pages"] != before["pages"] || after["facts"] != before["facts"] || after["snapshots"] != before["snapshots"] || after["profiles"] != before["profiles"] {
			s.Errorf("before %v, after %v", before, after)
		}
		last := s.wait(s.scrape(acme(w.URL + "/a")).ID)
		s.ask(tryProfile, map[string]any{"input": map[string]any{"pageId": last.Items.Edges[0].Node.Page.ID, "profile": "api_docs"}}, &byPage)
		if got := byPage.TestProfile; len(got.Facts) != 2 || got.Usage.Cached != 1 { // the job has asked
			s.Errorf("%+v", got)
		}
		for _, input := range []map[string]any{
			{"text": "x"},
			{"profile": "general"},
			{"text": "x", "url": w.URL, "profile": "general"},
			{"text": "x", "profile": "general", "draft": draft},
			{"text": "", "profile": "general"},
			{"text": strings.Repeat("x", 200_001), "profile": "general"},
			{"url": "ftp://x", "profile": "general"},
			{"text": "x", "draft": map[string]any{"categories": []string{}}},
		} {
			if code := s.refused(tryProfile, map[string]any{"input": input}); code != "INVALID" {
				s.Errorf("%.60v: %q", input, code)
			}
		}
		for code, input := range map[string]map[string]any{
			"NOT_FOUND":   {"text": "x", "profile": "none"},
			"UNAVAILABLE": {"url": w.URL + "/none", "profile": "general"},
		} {
			if got := s.refused(tryProfile, map[string]any{"input": input}); got != code {
				s.Errorf("%v: %q, want %s", input, got, code)
			}
		}
	})
}

func TestATrialSeesOfAStoredPageWhatAJobSees(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	w := newSite(s)
	var urls []string
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		w.page("/"+name, "Limits of "+name, `<p>The API of `+name+` allows 600 requests per minute per key.</p><p>Every request to the API needs an API key in its Authorization header.</p>`)
		urls = append(urls, w.URL+"/"+name)
	}
	job := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "api_docs"}).ID)
	var out trial
	s.ask(tryProfile, map[string]any{"input": map[string]any{"pageId": job.Items.Edges[0].Node.Page.ID, "profile": "api_docs"}}, &out)
	got := out.TestProfile
	if len(got.Facts) != 1 || !strings.Contains(got.Facts[0].Quote, "600 requests") || !strings.Contains(got.Text, "Authorization header") {
		t.Errorf("%+v", got)
	}
	s.ask(tryProfile, map[string]any{"input": map[string]any{"text": got.Text, "profile": "api_docs"}}, &out)
	if len(out.TestProfile.Facts) < 2 { // what no other page is known to say is a fact
		t.Errorf("%+v", out.TestProfile)
	}
}
