package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"techfacts.dev/techfacts/internal/demosite"
)

const changeFields = `id kind at company category reviewed job { id } profile { name } fact { ` + factFields + ` } previous { id statement quote }`

type changeState struct {
	ID, Kind, Company, Category string
	Reviewed                    bool
	Job                         *struct{ ID string }
	Fact                        factState
	Previous                    *struct{ ID, Statement, Quote string }
}

// changes gives the log of changes since a place in it.
func (s *service) changes(after *string) (list []changeState, end *string) {
	s.Helper()
	for {
		var out struct {
			FactChanges struct {
				Edges []struct {
					Node changeState
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		s.ask(`query ($after: Cursor) { factChanges(first: 100, after: $after) { edges { node { `+changeFields+` } } pageInfo { hasNextPage endCursor } } }`,
			map[string]any{"after": after}, &out)
		for _, e := range out.FactChanges.Edges {
			list = append(list, e.Node)
		}
		if out.FactChanges.PageInfo.EndCursor != nil {
			after = out.FactChanges.PageInfo.EndCursor
		}
		if !out.FactChanges.PageInfo.HasNextPage {
			return list, after
		}
	}
}

// settled waits for the changes of jobs that have ended: those of later ones
// come after them.
func (s *service) settled() {
	s.Helper()
	company := fmt.Sprint("Later ", s.later.Add(1))
	later := s.subscribe(`subscription ($c: String!) { factChanged(where: {company: $c}) { fact { url } } }`, map[string]any{"c": company})
	later.wake(company)
}

// ofVendors leaves out what tests wait for.
func ofVendors(list []changeState) []changeState {
	return slices.DeleteFunc(list, func(c changeState) bool { return strings.HasPrefix(c.Company, "Later") || c.Company == "Warm" })
}

// planted is what the second edition of the demo vendors' site changes.
type planted struct {
	Changes []struct{ Kind, Vendor, Page, Value, Previous string }
	Moves   map[string]string
}

func readPlanted(tb testing.TB) (p planted) {
	tb.Helper()
	raw, err := os.ReadFile("../demosite/second/changes.json")
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestTheChangeFeedTellsWhatTheVendorsChangedAndNothingElse(t *testing.T) {
	eachService(t, func(s *service) {
		var second atomic.Bool
		first, later := demosite.Handler(), demosite.Second()
		w := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if second.Load() {
				later.ServeHTTP(rw, r)
			} else {
				first.ServeHTTP(rw, r)
			}
		}))
		s.Cleanup(w.Close)
		s.ask(`mutation { createProfile(input: {name: "everything", depth: COMPREHENSIVE,
			categories: ["pricing", "tiers", "limits", "rate_limits", "certifications", "compliance", "performance"]}) { profile { id } } }`, nil, &struct{}{})
		read := func() {
			for _, v := range demosite.Vendors() {
				urls := append([]string{w.URL + v.Path}, s.pages(v.Name)...)
				job := s.wait(s.scrape(map[string]any{
					"urls": urls, "company": v.Name, "profile": "everything", "force": true,
					"crawl": map[string]any{"maxDepth": 4, "maxPages": 100, "include": []string{v.Path}},
				}).ID)
				if job.Status != "COMPLETED" && job.Status != "PARTIAL" {
					s.Fatalf("reading %s: %+v", v.Name, job)
				}
			}
		}
		read()
		s.settled()
		before, end := s.changes(nil)
		for _, c := range before {
			if c.Kind != "ADDED" || c.Job == nil || c.Reviewed || c.Previous != nil {
				s.Fatalf("reading for the first time: %+v", c)
			}
		}
		read()
		s.settled()
		again, end := s.changes(end)
		for _, c := range ofVendors(again) {
			s.Errorf("reading again: %s %s", c.Kind, c.Fact.Statement)
		}
		second.Store(true)
		live := s.subscribe(`subscription { factChanged { `+changeFields+` } }`, nil)
		live.wake("Warm")
		read()
		s.settled()
		told, _ := s.changes(end)
		told = ofVendors(told)
		want := readPlanted(s)
		s.planted(told, want, w.URL)
		var seen []changeState
		for len(seen) < len(told) {
			var m struct{ FactChanged changeState }
			if !live.next(&m) {
				s.Fatal("the subscription ended")
			}
			seen = append(seen, m.FactChanged)
		}
		if fmt.Sprintf("%+v", ids(seen)) != fmt.Sprintf("%+v", ids(told)) {
			s.Errorf("the subscription sent %v, the list has %v", ids(seen), ids(told))
		}
		for from, to := range want.Moves {
			if n := len(s.facts(map[string]any{"url": w.URL + from, "status": "ACTIVE"})); n != 0 {
				s.Errorf("%s has moved and has %d facts", from, n)
			}
			if n := len(s.facts(map[string]any{"url": w.URL + to, "status": "ACTIVE"})); n == 0 {
				s.Errorf("%s has no facts", to)
			}
		}
	})
}

// planted checks that what was told is what was planted, each once.
func (s *service) planted(told []changeState, want planted, origin string) {
	s.Helper()
	rest := slices.Clone(told)
	for _, p := range want.Changes {
		i := slices.IndexFunc(rest, func(c changeState) bool {
			text := c.Fact.Statement
			before := ""
			if c.Previous != nil {
				before = c.Previous.Statement
			}
			return c.Kind == p.Kind && c.Company == p.Vendor && c.Fact.URL == origin+p.Page && strings.Contains(text, p.Value) &&
				strings.Contains(before, p.Previous) && (p.Previous == "") == (c.Previous == nil)
		})
		if i < 0 {
			s.Errorf("not told: %+v", p)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	for _, c := range rest {
		s.Errorf("told besides: %s %s %s: %s (%+v)", c.Kind, c.Company, c.Fact.URL, c.Fact.Statement, c.Previous)
	}
}

func ids(list []changeState) (ids []string) {
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// pages gives the URLs of the pages of a company.
func (s *service) pages(company string) (urls []string) {
	s.Helper()
	var out struct {
		Pages struct {
			Edges []struct{ Node struct{ URL string } }
		}
	}
	s.ask(`query ($c: String!) { pages(first: 100, where: {company: $c}) { edges { node { url } } } }`, map[string]any{"c": company}, &out)
	for _, e := range out.Pages.Edges {
		urls = append(urls, e.Node.URL)
	}
	return urls
}
