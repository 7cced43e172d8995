package app_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/app"
)

// found is what the tests read of a search.
type found struct {
	SearchFacts struct {
		Edges []struct {
			Node       struct{ ID, Statement, Category, Company string }
			Cursor     string
			Score      float64
			Highlights []struct {
				Field     string
				Fragments []struct {
					Text  string
					Match bool
				}
			}
			Explain *struct {
				Lexical, Semantic *struct {
					Rank  int
					Score float64
				}
				Terms []string
			}
		}
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
		Total struct {
			Count int
			Exact bool
		}
		Facets *struct {
			Companies, Categories, Profiles, Domains []struct {
				Value string
				Count int
			}
		}
		Meta struct {
			Mode        string
			Corrections []struct{ Word, By string }
			Degraded    bool
			Reason      string
		}
	}
}

const searchFields = `{ edges { node { id statement category company } cursor score highlights { field fragments { text match } }
	explain { lexical { rank score } semantic { rank score } terms } } pageInfo { hasNextPage endCursor } total { count exact }
	facets { companies { value count } categories { value count } profiles { value count } domains { value count } }
	meta { mode corrections { word by } degraded reason } }`

const searchQuery = `query ($query: String! = "", $where: FactSearchWhere, $mode: SearchMode! = AUTO, $collapse: SearchCollapse, $order: SearchOrder! = CONFIDENCE, $first: Int, $after: Cursor) {
	searchFacts(query: $query, where: $where, mode: $mode, collapse: $collapse, orderBy: $order, first: $first, after: $after) ` + searchFields + ` }`

func (s *service) search(variables map[string]any) (f found) {
	s.Helper()
	s.ask(searchQuery, variables, &f)
	return f
}

// indexed waits until search knows all facts, and has vectors of them if it has
// any.
func (s *service) indexed() {
	s.Helper()
	var want struct{ Facts struct{ TotalCount int } }
	s.ask(`{ facts(where: {status: ACTIVE}) { totalCount } }`, nil, &want)
	eventually(s, "the index to have all facts", func() bool {
		f := s.search(nil)
		return f.SearchFacts.Total.Count == want.Facts.TotalCount && !f.SearchFacts.Meta.Degraded
	})
}

// eventually looks until it is so, at most for 30 s.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-deadline.C:
			tb.Fatal("waited in vain for " + what)
		case <-look.C:
		}
	}
}

const handbook = `<p>The parameter <code>max_connections</code> limits a server to 100 concurrent connections. Requests are limited to 600 requests per minute.</p>
<p>Traffic is encrypted with TLS 1.3 and stored data with AES-256. Uploads may be at most 10 MiB each.</p>`

// shelf scrapes pages of two companies.
func shelf(s *service) *site {
	s.Helper()
	w := newSite(s)
	for company, profile := range map[string]string{"Acme": "api_docs", "Globex": "security"} {
		path := "/" + strings.ToLower(company)
		w.page(path, company+" handbook", handbook+fmt.Sprintf("<p>%s keeps audit logs for 400 days and backups for 35 days.</p>", company))
		job := s.scrape(map[string]any{"urls": []string{w.URL + path}, "company": company, "profile": profile})
		if last := s.wait(job.ID); last.Status != "COMPLETED" {
			s.Fatalf("%+v", last)
		}
	}
	s.indexed()
	return w
}

func TestSearchFindsFactsAsATechnicalReaderExpects(t *testing.T) {
	eachService(t, func(s *service) {
		shelf(s)
		for query, want := range map[string]string{
			"max_connections": "max_connections", "maxConnections": "max_connections", "max conections": "max_connections", `"600 requests"`: "600 requests",
			"requests -max_connections": "600 requests", "aes256": "AES-256", "tls1.3": "TLS 1.3",
		} {
			f := s.search(map[string]any{"query": query}).SearchFacts
			if len(f.Edges) == 0 || !strings.Contains(f.Edges[0].Node.Statement, want) {
				s.Errorf("%s finds %+v", query, f.Edges)
				continue
			}
			if f.Meta.Mode != "LEXICAL" || f.Meta.Degraded || !f.Total.Exact || f.Total.Count < len(f.Edges) {
				s.Errorf("%s: %+v, %+v", query, f.Meta, f.Total)
			}
			first := f.Edges[0]
			if len(first.Highlights) == 0 || first.Explain == nil || first.Explain.Lexical.Rank != 1 || len(first.Explain.Terms) == 0 {
				s.Errorf("%s: %+v", query, first)
				continue
			}
			var whole strings.Builder
			for _, piece := range first.Highlights[0].Fragments {
				whole.WriteString(piece.Text)
			}
			if first.Highlights[0].Field != "statement" || whole.String() != first.Node.Statement {
				s.Errorf("%s: highlights of %s make %q", query, first.Highlights[0].Field, &whole)
			}
		}
		if f := s.search(map[string]any{"query": "globex"}).SearchFacts; len(f.Edges) == 0 || !slices.Equal(f.Edges[0].Explain.Terms, []string{"globex"}) {
			s.Errorf("found by its company: %+v", f.Edges)
		}
		if c := s.search(map[string]any{"query": "max conections"}).SearchFacts.Meta.Corrections; len(c) != 1 || c[0].Word != "conections" || c[0].By != "connections" {
			s.Errorf("corrections: %+v", c)
		}
	})
}

func TestSearchFiltersCountsAndCollapses(t *testing.T) {
	eachService(t, func(s *service) {
		w := shelf(s)
		all := s.search(nil).SearchFacts
		count := func(where map[string]any) int {
			return s.search(map[string]any{"where": where}).SearchFacts.Total.Count
		}
		acme, globex := count(map[string]any{"companyIn": []string{"Acme"}}), count(map[string]any{"companyIn": []string{"Globex"}})
		if acme == 0 || globex == 0 || acme+globex != all.Total.Count {
			s.Errorf("%d and %d of %d", acme, globex, all.Total.Count)
		}
		for name, where := range map[string]map[string]any{
			"company": {"companyIn": []string{"Nobody"}}, "category": {"categoryIn": []string{"nothing"}}, "profile": {"profileIn": []string{"no such"}},
			"domain": {"domainIn": []string{"elsewhere.example"}}, "attribute": {"attributeIn": []string{"no such"}}, "confidence": {"confidenceGTE": 1.01},
			"unit": {"unit": "furlong"}, "number from": {"unit": "byte", "numberGTE": 1e15}, "number to": {"unit": "byte", "numberLTE": 1},
			"since": {"firstSeenAtGTE": "2100-01-01T00:00:00Z"}, "until": {"firstSeenAtLT": "2000-01-01T00:00:00Z"},
		} {
			if n := count(where); n != 0 {
				s.Errorf("the filter by %s lets %d through", name, n)
			}
		}
		if n := count(map[string]any{"profileIn": []string{"security"}, "domainIn": []string{w.domain()}, "firstSeenAtLT": "2100-01-01T00:00:00Z"}); n != globex {
			s.Errorf("by profile and domain there are %d, want %d", n, globex)
		}
		if n := count(map[string]any{"unit": "byte", "numberGTE": 10 << 20, "numberLTE": 10 << 20}); n == 0 {
			s.Error("nothing is of 10 MiB")
		}
		if code := s.refused(searchQuery, map[string]any{"where": map[string]any{"numberGTE": 1}}); code != "INVALID" {
			s.Errorf("a number of nothing is %q", code)
		}
		if f := all.Facets; f == nil || len(f.Companies) != 2 || len(f.Profiles) != 2 || f.Profiles[0].Value != "api_docs" && f.Profiles[0].Value != "security" || f.Domains[0].Count != all.Total.Count {
			s.Errorf("facets: %+v", f)
		}
		if one := s.search(map[string]any{"collapse": "COMPANY"}).SearchFacts.Edges; len(one) != 2 {
			s.Errorf("collapsed by company: %+v", one)
		}
		if one := s.search(map[string]any{"collapse": "PAGE"}).SearchFacts.Edges; len(one) != 2 {
			s.Errorf("collapsed by page: %+v", one)
		}
		if one := s.search(map[string]any{"query": "TLS", "collapse": "STATEMENT"}).SearchFacts.Edges; len(one) == 0 {
			s.Error("nothing is left after collapsing by statement")
		}
		var more struct {
			SimilarFacts struct {
				Edges []struct{ Node struct{ ID string } }
			}
			SearchPages struct {
				Edges []struct{ Node struct{ URL, Title string } }
			}
			SuggestTerms []string
		}
		s.ask(`query ($id: ID!) { similarFacts(id: $id, first: 3) { edges { node { id } } } searchPages(query: "globex handbook") { edges { node { url title } } }
			suggestTerms(prefix: "max_c") }`, map[string]any{"id": all.Edges[0].Node.ID}, &more)
		if len(more.SimilarFacts.Edges) == 0 || more.SimilarFacts.Edges[0].Node.ID == all.Edges[0].Node.ID {
			s.Errorf("similar: %+v", more.SimilarFacts)
		}
		if len(more.SearchPages.Edges) == 0 || more.SearchPages.Edges[0].Node.Title != "Globex handbook" {
			s.Errorf("pages: %+v", more.SearchPages)
		}
		if len(more.SuggestTerms) == 0 || more.SuggestTerms[0] != "maxconnections" {
			s.Errorf("terms: %v", more.SuggestTerms)
		}
	})
}

func TestSearchRefusesWhatItCannotDo(t *testing.T) {
	eachService(t, func(s *service) {
		shelf(s)
		for _, mode := range []string{"SEMANTIC", "HYBRID"} {
			a := s.post(searchQuery, map[string]any{"query": "limits", "mode": mode})
			if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "UNAVAILABLE" || !strings.Contains(a.Errors[0].Message, "RAG_EMBEDDING_MODEL") {
				s.Errorf("%s without an endpoint: %+v", mode, a.Errors)
			}
		}
		page := s.search(map[string]any{"query": "requests", "first": 1}).SearchFacts
		if code := s.refused(searchQuery, map[string]any{"query": "other", "after": page.PageInfo.EndCursor}); code != "INVALID" {
			s.Errorf("the cursor of another search is %s", code)
		}
		for _, list := range []string{"companyIn", "categoryIn", "profileIn", "domainIn", "attributeIn"} {
			if code := s.refused(searchQuery, map[string]any{"where": map[string]any{list: slices.Repeat([]string{"x"}, 1001)}}); code != "INVALID" {
				s.Errorf("a list %s that is too long is %q", list, code)
			}
		}
		if f := s.search(map[string]any{"query": "👍"}).SearchFacts; len(f.Edges) != 0 || f.Total.Count != 0 {
			s.Errorf("what has no word finds %d", f.Total.Count)
		}
		if code := s.refused(searchQuery, map[string]any{"query": strings.Repeat("x", 1001)}); code != "INVALID" {
			s.Errorf("a query that is too long is %s", code)
		}
		if code := s.refused(`{ similarFacts(id: "01a20b94-0647-8080-8003-10965f8b5264") { total { count } } }`, nil); code != "NOT_FOUND" {
			s.Errorf("what is like nothing is %s", code)
		}
	})
}

func TestAThousandResultsComePageByPageOnceEach(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	w := newSite(s)
	var urls []string
	for p := range 25 {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, "<p>In region r%dx%d audit logs are encrypted with AES-256 and retained for %d days.</p>", p, i, 10+i)
		}
		path := fmt.Sprintf("/p%d", p)
		w.page(path, path, b.String())
		urls = append(urls, w.URL+path)
	}
	if last := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "security"}).ID); last.Status != "COMPLETED" {
		t.Fatalf("%+v", last)
	}
	s.indexed()
	seen, after := map[string]bool{}, ""
	for more := true; more; {
		variables := map[string]any{"query": "audit logs retained", "first": 70}
		if after != "" {
			variables["after"] = after
		}
		f := s.search(variables).SearchFacts
		if f.Total.Count <= 1000 {
			t.Fatalf("there are only %d facts", f.Total.Count)
		}
		for _, e := range f.Edges {
			if seen[e.Node.ID] {
				t.Errorf("%s comes twice", e.Node.ID)
			}
			seen[e.Node.ID] = true
		}
		more, after = f.PageInfo.HasNextPage, f.PageInfo.EndCursor
	}
	if len(seen) != 1000 {
		t.Errorf("%d facts came, want 1000", len(seen))
	}
}

// vectors stands in for an endpoint that makes vectors of the words of a text.
type vectors struct {
	*httptest.Server
	wrong     atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // answers in place of the model
	asked     atomic.Int64
	dimension int
}

func newVectors(tb testing.TB) *vectors {
	tb.Helper()
	v := &vectors{dimension: 16}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.asked.Add(1)
		body, err := io.ReadAll(r.Body) // only then a client that goes away is noticed
		if wrong := v.wrong.Load(); wrong != nil && (*wrong)(w, r) {
			return
		}
		var in struct {
			Model string
			Input []string
		}
		if err != nil || json.Unmarshal(body, &in) != nil || in.Model != "words" || len(in.Input) > 25 || r.URL.Path != "/v1/embeddings" ||
			r.Header.Get("Authorization") != "Bearer key" {
			http.Error(w, `{"error": {"message": "bad request"}}`, http.StatusBadRequest)
			return
		}
		type item struct {
			Index     int       `json:"index"`
			Embedding []float64 `json:"embedding"`
		}
		var data []item
		for i, text := range in.Input {
			vector := make([]float64, v.dimension)
			for word := range strings.FieldsSeq(strings.ToLower(text)) {
				h := fnv.New32a()
				h.Write([]byte(strings.Trim(word, ".,:;")))
				vector[h.Sum32()%uint32(v.dimension)]++
			}
			data = append(data, item{i, vector})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
	}))
	tb.Cleanup(v.Close)
	return v
}

// breaks has the endpoint answer wrongly; nil mends it.
func (v *vectors) breaks(wrong func(http.ResponseWriter, *http.Request) bool) {
	if wrong == nil {
		v.wrong.Store(nil)
		return
	}
	v.wrong.Store(&wrong)
}

func (v *vectors) settings(c app.Config) app.Config {
	c.EmbeddingBaseURL, c.EmbeddingModel, c.OpenAIKey, c.LLMTimeout = v.URL+"/v1", "words", "key", app.Seconds(time.Second)
	return c
}

// hybrid waits until the first hit is found by both.
func (s *service) hybrid() {
	s.Helper()
	eventually(s, "vectors", func() bool {
		f := s.search(map[string]any{"query": "audit logs"}).SearchFacts
		return f.Meta.Mode == "HYBRID" && !f.Meta.Degraded && len(f.Edges) > 0 && f.Edges[0].Explain.Lexical != nil && f.Edges[0].Explain.Semantic != nil
	})
}

func TestAnEndpointThatFailsLosesNoFact(t *testing.T) {
	t.Parallel()
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { http.Error(w, "{}", code); return true }
	}
	vector := func(numbers string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"data": [{"index": 0, "embedding": [` + numbers + `]}]}`))
			return true
		}
	}
	for name, wrong := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"Busy": status(http.StatusTooManyRequests), "Broken": status(http.StatusBadGateway), "Refusing": status(http.StatusBadRequest),
		"Empty": vector(""), "OfAnotherDimension": vector("1, 2, 3"),
		"Slow": func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVectors(t)
			s := start(t, v.settings(settings(t, "SQLite")))
			w := newSite(s)
			scrape := func(path, company string) {
				w.page(path, "Handbook", handbook+"<p>"+company+" keeps audit logs for 400 days.</p>")
				if last := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + path}, "company": company, "profile": "security"}).ID); last.Status != "COMPLETED" {
					s.Fatalf("%+v", last)
				}
			}
			scrape("/a", "Acme")
			s.hybrid()
			page := s.search(map[string]any{"query": "audit logs", "first": 1}).SearchFacts.PageInfo
			v.breaks(wrong) // midway
			scrape("/b", "Globex")
			eventually(s, "the fact by its words", func() bool {
				return len(s.search(map[string]any{"query": "audit logs globex", "mode": "LEXICAL", "where": map[string]any{"companyIn": "Globex"}}).SearchFacts.Edges) > 0
			})
			if f := s.search(map[string]any{"query": "audit logs", "mode": "HYBRID", "first": 1, "after": page.EndCursor}).SearchFacts; len(f.Edges) != 1 {
				s.Errorf("the second page of what was asked before: %+v", f)
			}
			if code := s.refused(searchQuery, map[string]any{"query": "audit logs", "mode": "LEXICAL", "after": page.EndCursor}); code != "INVALID" {
				s.Errorf("a ranking by both goes on as one by words: %q", code)
			}
			f := s.search(map[string]any{"query": "audit logs for days"}).SearchFacts
			if f.Meta.Mode != "LEXICAL" || !f.Meta.Degraded || f.Meta.Reason == "" || len(f.Edges) == 0 {
				s.Errorf("while the endpoint fails: %+v", f.Meta)
			}
			if code := s.refused(searchQuery, map[string]any{"query": "audit logs for days", "mode": "SEMANTIC"}); code != "UNAVAILABLE" && (name != "Refusing" || code != "INVALID") {
				s.Errorf("by meaning alone it is %q", code)
			}
			v.breaks(nil)
			s.hybrid()
			semantic := s.search(map[string]any{"query": "audit logs", "mode": "SEMANTIC"}).SearchFacts
			if all := s.search(nil).SearchFacts; len(semantic.Edges) != all.Total.Count || semantic.Meta.Degraded {
				s.Errorf("%d of %d facts have a vector: %+v", len(semantic.Edges), all.Total.Count, semantic.Meta)
			}
		})
	}
}
