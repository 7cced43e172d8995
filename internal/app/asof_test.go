package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/demosite"
	"techfacts.dev/techfacts/internal/document"
)

// truth is what the demo vendors say in the first edition of their site.
type truth struct {
	Rows []struct {
		Row   string
		Cells map[string]truthCell
	}
}

type truthCell struct {
	State, Value, Page string
	Versus             *truthCell
}

var signs = regexp.MustCompile("[\\s|*`]+")

func plain(s string) string { return strings.ToLower(signs.ReplaceAllString(document.Plain(s), " ")) }

// side is a comparison of the demo vendors, as far as the truth knows it.
type side struct {
	Companies []struct {
		Name                           string
		PagesRead                      int
		LastFetchedAt, OldestFetchedAt time.Time
	}
	Rows []sideRow
}

type sideRow struct {
	Key   string
	Cells []struct {
		Company, State, Text string
		Facts                []sideFact
	}
}

type sideFact struct{ Statement, Quote, URL string }

// said is what a row says without the evidence, which is that of when a fact was last found.
func (r sideRow) said() string {
	var b strings.Builder
	fmt.Fprint(&b, r.Key)
	for _, c := range r.Cells {
		fmt.Fprint(&b, "\n", c.Company, c.State, c.Text)
		for _, f := range c.Facts {
			fmt.Fprint(&b, "\n", f.URL, f.Statement)
		}
	}
	return b.String()
}

// compare lays the demo vendors side by side, as they were then; now if that is nil.
func (s *service) compare(asOf *time.Time) side {
	s.Helper()
	var out struct{ Comparison side }
	s.ask(`query ($at: Time) { comparison(input: {companies: ["Quarrowby", "Fennlark", "Halvorsund"], first: 500, asOf: $at}) {
		companies { name pagesRead lastFetchedAt oldestFetchedAt } rows { key cells { company state text facts { statement quote url } } } } }`, map[string]any{"at": asOf}, &out)
	return out.Comparison
}

// wrong lists the cells that are not as the truth has them.
func (t truth) wrong(c side, origin string) (list []string) {
	for _, want := range t.Rows {
		i := slices.IndexFunc(c.Rows, func(r sideRow) bool { return r.Key == want.Row })
		if i < 0 {
			for _, cell := range want.Cells { // what nobody documents has no row unless it is asked for
				if cell.State != "NOT_DOCUMENTED" {
					list = append(list, "there is no row "+want.Row)
					break
				}
			}
			continue
		}
		for _, cell := range c.Rows[i].Cells {
			truth := want.Cells[cell.Company]
			ok := cell.State == truth.State
			for _, claim := range []*truthCell{&truth, truth.Versus} {
				if claim == nil || truth.State == "NOT_DOCUMENTED" {
					continue
				}
				ok = ok && slices.ContainsFunc(cell.Facts, func(f sideFact) bool {
					return strings.Contains(plain(f.Statement)+" "+plain(f.Quote), plain(claim.Value)) && strings.Trim(f.URL, "/") == strings.Trim(origin+claim.Page, "/")
				})
			}
			if !ok {
				list = append(list, fmt.Sprintf("%s of %s is %s (%s), want %s (%s)", want.Row, cell.Company, cell.State, cell.Text, truth.State, truth.Value))
			}
		}
	}
	return list
}

func TestAComparisonCanBeHadAsItStoodBefore(t *testing.T) {
	eachService(t, func(s *service) {
		raw, err := os.ReadFile("../demosite/site/truth.json")
		if err != nil {
			s.Fatal(err)
		}
		var first truth
		if err := json.Unmarshal(raw, &first); err != nil {
			s.Fatal(err)
		}
		var second atomic.Bool
		before, later := demosite.Handler(), demosite.Second()
		w := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if second.Load() {
				later.ServeHTTP(rw, r)
			} else {
				before.ServeHTTP(rw, r)
			}
		}))
		s.Cleanup(w.Close)
		read := func() {
			for _, v := range demosite.Vendors() {
				s.wait(s.scrape(map[string]any{
					"urls": append([]string{w.URL + v.Path}, s.pages(v.Name)...), "company": v.Name, "profile": "general", "force": true,
					"crawl": map[string]any{"maxDepth": 4, "maxPages": 100, "include": []string{v.Path}},
				}).ID)
				for _, profile := range []string{"api_docs", "pricing", "security", "technical_specs"} {
					s.wait(s.extractAll(map[string]any{"profile": profile, "where": map[string]any{"company": v.Name}}))
				}
			}
		}
		start := time.Now()
		read()
		then, found := time.Now(), s.compare(nil)
		if wrong := first.wrong(found, w.URL); len(wrong) > 0 {
			s.Fatalf("at first %d cells are wrong: %v", len(wrong), wrong)
		}
		second.Store(true)
		read()
		now, past := s.compare(nil), s.compare(&then)
		if wrong := first.wrong(now, w.URL); len(wrong) == 0 {
			s.Error("the second edition says what the first one did")
		}
		if wrong := first.wrong(past, w.URL); len(wrong) > 0 {
			s.Errorf("as of before it %d cells are wrong: %v", len(wrong), wrong)
		}
		if len(past.Rows) != len(found.Rows) {
			s.Errorf("as of before it there are %d rows, not %d", len(past.Rows), len(found.Rows))
		}
		for i, row := range past.Rows {
			if was, is := found.Rows[min(i, len(found.Rows)-1)].said(), row.said(); was != is {
				s.Errorf("as of before it a row is another one: %.600s\nnot %.600s", is, was)
				break
			}
		}
		for i, c := range past.Companies {
			if was := found.Companies[i]; c.PagesRead != was.PagesRead || c.LastFetchedAt.After(then) || c.OldestFetchedAt.Before(start.Add(-time.Second)) || c.OldestFetchedAt.After(c.LastFetchedAt) {
				s.Errorf("%+v, and it was %+v", c, was)
			}
		}
		for _, query := range []string{`comparison(input: {all: true, asOf: $at}) { rowCount }`, `facts(asOf: $at) { totalCount }`} {
			if code := s.refused(`query ($at: Time) { `+query+` }`, map[string]any{"at": "2999-01-01T00:00:00Z"}); code != "INVALID" {
				s.Errorf("%s of a time to come is %s", query, code)
			}
		}
		if code := s.refused(`query ($at: Time) { comparison(input: {companies: ["Fennlark"], asOf: $at}) { rowCount } }`, map[string]any{"at": start.Add(-time.Minute)}); code != "NOT_FOUND" {
			s.Errorf("as of before anything was read: %s", code)
		}
	})
}
