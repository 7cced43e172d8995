package app_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/modeltest"
	"techfacts.dev/techfacts/internal/storetest"
)

const exports = `<p>The API allows 600 requests per minute per key.</p><p>Our friendly parrot Polly eats 12 crackers every Tuesday.</p>`

// parrot is what only a model finds.
var parrot = modeltest.Fact{Statement: "Polly eats 12 crackers every Tuesday.", Category: "endpoints", Quote: "Our friendly parrot Polly eats 12 crackers every Tuesday."}

// invented is what a page does not say.
var invented = modeltest.Fact{Statement: "The API allows 900 requests per minute per key.", Category: "rate_limits", Quote: "The API allows 600 requests per minute per key."}

// withModel are settings with a model that a test answers for.
func withModel(t *testing.T, database string, m *modeltest.Server) app.Config {
	t.Helper()
	c := settings(t, database)
	c.OpenAIBaseURL, c.OpenAIKey, c.LLMModel = m.URL, "sesame", "m1"
	c.LLMTimeout, c.LLMRetries, c.LLMConcurrent = app.Seconds(time.Minute), 5, 4
	c.LLMBreakerFailures, c.LLMBreakerPause, c.LLMCache, c.ChunkSize = 5, app.Seconds(time.Minute), app.Seconds(time.Hour), 10_000
	return c
}

// eachModel runs test against the whole service on both databases, with a model.
func eachModel(t *testing.T, test func(*service, *modeltest.Server)) {
	t.Helper()
	eachModelWith(t, func(*app.Config) {}, test)
}

// eachModelWith is eachModel with settings of the test's own.
func eachModelWith(t *testing.T, set func(*app.Config), test func(*service, *modeltest.Server)) {
	t.Helper()
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			m := modeltest.New(t, modeltest.Honest(parrot))
			c := withModel(t, database, m)
			set(&c)
			test(start(t, c), m)
		})
	}
}

// outcome is what a job says of the model.
type outcome struct {
	id, Status      string
	Reason, Outcome string // of its first item
	Result          struct {
		Usage    struct{ Requests, PromptTokens, CompletionTokens, Cached int }
		Rejected []struct {
			Reason string
			Count  int
		}
		WithoutModel []struct {
			Reason string
			Count  int
		}
	}
}

func (s *service) outcome(id string) (o outcome) {
	s.Helper()
	j := s.wait(id)
	var out struct{ Job json.RawMessage }
	s.ask(`query ($id: ID!) { job(id: $id) { status result { usage { requests promptTokens completionTokens cached } rejected { reason count } withoutModel { reason count } } } }`,
		map[string]any{"id": id}, &out)
	if err := json.Unmarshal(out.Job, &o); err != nil {
		s.Fatal(err)
	}
	o.id, o.Reason, o.Outcome = id, j.Items.Edges[0].Node.Reason, j.Items.Edges[0].Node.Outcome
	return o
}

// tallied counts how the items of a job ended.
func (s *service) tallied(id string) map[string]int {
	s.Helper()
	counts := map[string]int{}
	for _, e := range s.wait(id).Items.Edges {
		counts[e.Node.Outcome]++
	}
	return counts
}

func (o outcome) rejected(reason string) int {
	for _, r := range o.Result.Rejected {
		if r.Reason == reason {
			return r.Count
		}
	}
	return 0
}

// found lists the active facts with who found them, as "MODEL m1: statement".
func (s *service) found() (list []string) {
	s.Helper()
	var out struct {
		Facts struct {
			Edges []struct {
				Node struct{ ID, Statement, Method, Model string }
			}
		}
	}
	s.ask(`{ facts(first: 100, where: {status: ACTIVE}) { edges { node { id statement method model } } } }`, nil, &out)
	for _, e := range out.Facts.Edges {
		list = append(list, e.Node.Method+" "+e.Node.Model+": "+e.Node.Statement)
	}
	slices.Sort(list)
	return list
}

func (s *service) extractAll(input map[string]any) string {
	s.Helper()
	if input["where"] == nil {
		input["where"] = map[string]any{"company": "Acme"}
	}
	if input["profile"] == nil {
		input["profile"] = "api_docs"
	}
	var out struct{ StartExtraction struct{ Job jobState } }
	s.ask(`mutation ($input: StartExtractionInput!) { startExtraction(input: $input) { job { `+jobFields+` } } }`, map[string]any{"input": input}, &out)
	return out.StartExtraction.Job.ID
}

func acme(url string, more ...any) map[string]any {
	input := map[string]any{"urls": []string{url}, "company": "Acme", "profile": "api_docs"}
	for i := 0; i < len(more); i += 2 {
		input[more[i].(string)] = more[i+1]
	}
	return input
}

const (
	byRules = "RULES : The API allows 600 requests per minute per key."
	byModel = "MODEL m1: Our friendly parrot Polly eats 12 crackers every Tuesday." // in the words of the page
)

func TestAModelFindsMoreAndWhatItInventsIsCounted(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		m.Answer(func(modeltest.Asked) modeltest.Reply {
			return modeltest.Reply{Content: modeltest.Facts(parrot, invented, modeltest.Fact{Statement: parrot.Statement, Category: "pets", Quote: parrot.Quote})}
		})
		w := newSite(s)
		w.page("/a", "Limits", exports)
		o := s.outcome(s.scrape(acme(w.URL + "/a")).ID)
		if o.Status != "COMPLETED" || o.rejected("NO_NUMBER") != 1 || o.rejected("UNKNOWN_CATEGORY") != 1 || len(o.Result.WithoutModel) != 0 ||
			o.Result.Usage.Requests != 1 || o.Result.Usage.PromptTokens != 100 || o.Result.Usage.CompletionTokens != 10 {
			s.Errorf("%+v", o)
		}
		if got := s.found(); !slices.Equal(got, []string{byModel, byRules}) {
			s.Errorf("found %q", got)
		}
		for _, f := range s.facts(nil) {
			s.proven(f)
		}
		var out struct {
			Jobs struct {
				Edges []struct {
					Node struct {
						Events struct {
							Edges []struct {
								Node struct{ Kind, Message string }
							}
						}
					}
				}
			}
		}
		s.ask(`{ jobs(first: 1) { edges { node { events(first: 50) { edges { node { kind message } } } } } } }`, nil, &out)
		said := fmt.Sprint(out)
		if !strings.Contains(said, "ITEM_ENDED 1 UNKNOWN_CATEGORY, 1 NO_NUMBER") {
			s.Errorf("the events say %s", said)
		}
		if a := m.Asked()[0]; a.Model != "m1" || a.Key != "sesame" {
			s.Errorf("asked %+v", a)
		}
	})
}

func TestAnUnchangedPageIsNotPaidTwice(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		w := newSite(s)
		w.page("/a", "Limits", exports)
		s.wait(s.scrape(acme(w.URL + "/a")).ID)
		before := fmt.Sprint(s.facts(nil))
		for range 2 {
			if o := s.outcome(s.extractAll(map[string]any{})); o.Result.Usage.Cached != 1 || o.Result.Usage.Requests != 0 || o.Outcome != "EXTRACTED" {
				s.Errorf("%+v", o)
			}
		}
		if n := len(m.Asked()); n != 1 {
			s.Errorf("%d requests", n)
		}
		if o := s.outcome(s.extractAll(map[string]any{"force": true})); o.Result.Usage.Requests != 1 || len(m.Asked()) != 2 {
			s.Errorf("with force: %+v", o)
		}
		if after := fmt.Sprint(s.facts(nil)); after != before {
			s.Errorf("before %s, after %s", before, after)
		}
	})
}

func TestTheMethodIsThatOfTheInputElseOfTheProfile(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		var created struct {
			CreateProfile struct{ Profile struct{ ID, Method string } }
		}
		s.ask(`mutation { createProfile(input: {name: "silent", categories: ["rate_limits", "endpoints"], method: RULES}) { profile { id method } } }`, nil, &created)
		if created.CreateProfile.Profile.Method != "RULES" {
			s.Errorf("made %+v", created)
		}
		for i, test := range []struct {
			profile, method string
			requests        int
			found           []string
		}{
			{"api_docs", "RULES", 0, []string{byRules}},
			{"api_docs", "MODEL", 1, []string{byModel}},
			{"api_docs", "BOTH", 1, []string{byModel, byRules}},
			{"api_docs", "", 1, []string{byModel, byRules}},
			{"silent", "", 0, []string{byRules}},
			{"silent", "BOTH", 1, []string{byModel, byRules}},
		} {
			before := len(m.Asked())
			w, path := newSite(s), fmt.Sprintf("/m%d", i)
			w.page(path, fmt.Sprintf("Limits %d", i), exports)
			input := acme(w.URL+path, "profile", test.profile)
			if test.method != "" {
				input["method"] = test.method
			}
			j := s.scrape(input)
			s.wait(j.ID)
			var got []string
			var out struct {
				Job  struct{ Params struct{ Method *string } }
				Page struct {
					Facts struct {
						Edges []struct {
							Node struct{ Statement, Method, Model string }
						}
					}
				}
			}
			s.ask(`query ($id: ID!, $url: String!) { job(id: $id) { params { ... on ScrapeParams { method } } } page: pageByURL(url: $url) { facts(first: 50) { edges { node { statement method model } } } } }`,
				map[string]any{"id": j.ID, "url": w.URL + path}, &out)
			for _, e := range out.Page.Facts.Edges {
				got = append(got, e.Node.Method+" "+e.Node.Model+": "+e.Node.Statement)
			}
			slices.Sort(got)
			if n := len(m.Asked()) - before; n != test.requests || !slices.Equal(got, test.found) {
				s.Errorf("%s %s: %d requests, %q", test.profile, test.method, n, got)
			}
			if (out.Job.Params.Method == nil) != (test.method == "") {
				s.Errorf("%+v says %v", test, out.Job.Params.Method)
			}
		}
	})
}

func TestTheMethodOfAProfileCanBeChangedAndIsCopied(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	type profile struct{ Profile struct{ ID, Method string } }
	var out struct{ CreateProfile, UpdateProfile, CloneProfile profile }
	s.ask(`mutation { createProfile(input: {name: "a", categories: ["x"]}) { profile { id method } } }`, nil, &out)
	id := out.CreateProfile.Profile.ID
	s.ask(`mutation ($id: ID!) { updateProfile(input: {id: $id, method: MODEL}) { profile { id method } } }`, map[string]any{"id": id}, &out)
	s.ask(`mutation ($id: ID!) { cloneProfile(input: {id: $id, name: "b"}) { profile { id method } } }`, map[string]any{"id": id}, &out)
	for _, same := range []string{`description: "x"`, `instructions: null`} { // the method is not said
		var now struct{ UpdateProfile profile }
		if s.ask(`mutation ($id: ID!) { updateProfile(input: {id: $id, `+same+`}) { profile { method } } }`, map[string]any{"id": id}, &now); now.UpdateProfile.Profile.Method != "MODEL" {
			t.Errorf("%s: %+v", same, now)
		}
	}
	var none struct {
		UpdateProfile struct{ Profile struct{ Method *string } }
	}
	if s.ask(`mutation ($id: ID!) { updateProfile(input: {id: $id, method: null}) { profile { method } } }`, map[string]any{"id": id}, &none); none.UpdateProfile.Profile.Method != nil {
		t.Errorf("%q, want the default again", *none.UpdateProfile.Profile.Method)
	}
	if out.CreateProfile.Profile.Method != "" || out.UpdateProfile.Profile.Method != "MODEL" || out.CloneProfile.Profile.Method != "MODEL" {
		t.Errorf("%+v", out)
	}
}

func TestAsManyAreAskedAtATimeAsIsSet(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	two := make(chan struct{})
	m := modeltest.New(t, func(a modeltest.Asked) modeltest.Reply {
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		if a.N == 2 {
			close(two)
		}
		select {
		case <-two: // the first waits for the second
		case <-a.Request.Context().Done():
		}
		return modeltest.Reply{Content: modeltest.Facts()}
	})
	c := withModel(t, "SQLite", m)
	c.LLMConcurrent, c.WorkerExtracts, c.LLMRetries = 2, 1, 0
	s := start(t, c)
	w := newSite(s)
	var urls []string
	for i := range 6 {
		path := fmt.Sprintf("/p%d", i)
		w.page(path, fmt.Sprintf("Page %d", i), fmt.Sprintf(`<p>The plan P%d allows %d requests per minute per key.</p>`, i, 100+i))
		urls = append(urls, w.URL+path)
	}
	o := s.outcome(s.scrape(acme(urls[0], "urls", urls)).ID)
	if most.Load() != 2 || len(o.Result.WithoutModel) != 0 || o.Result.Usage.Requests != 6 {
		t.Errorf("%d at a time, %+v", most.Load(), o)
	}
}

func TestAModelThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	m := modeltest.New(t, func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Stall: true} })
	c := withModel(t, "SQLite", m)
	c.LLMTimeout, c.LLMRetries = app.Seconds(100*time.Millisecond), 0
	s := start(t, c)
	w := newSite(s)
	w.page("/a", "Limits", exports)
	o := s.outcome(s.scrape(acme(w.URL + "/a")).ID)
	if got := s.found(); !slices.Equal(got, []string{byRules}) || o.Result.WithoutModel[0].Reason != "ENDPOINT_FAILED" || o.Outcome != "STORED" {
		t.Errorf("found %q, %+v", got, o)
	}
}

func TestWithoutAModelWhatNeedsOneIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	s.ask(`mutation { createProfile(input: {name: "clever", categories: ["x"], method: BOTH}) { profile { id } } }`, nil, &struct{}{})
	for _, input := range []map[string]any{
		acme("http://127.0.0.1:1/", "method", "MODEL"), acme("http://127.0.0.1:1/", "method", "BOTH"), acme("http://127.0.0.1:1/", "profile", "clever"),
		acme("http://127.0.0.1:1/", "modelTokens", 0), acme("http://127.0.0.1:1/", "modelTokens", -5),
	} {
		if code := s.refused(`mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { id } } }`, map[string]any{"input": input}); code != "INVALID" {
			t.Errorf("%v: %q", input, code)
		}
	}
	if code := s.refused(`mutation { testProfile(input: {text: "x", profile: "general", method: MODEL}) { text } }`, nil); code != "INVALID" {
		t.Errorf("testProfile: %q", code)
	}
	s.scrape(acme("http://127.0.0.1:1/", "profile", "clever", "method", "RULES"))
}

func TestASpentBudgetLeavesTheRestToRules(t *testing.T) {
	eachModelWith(t, func(c *app.Config) { c.LLMConcurrent, c.WorkerExtracts = 1, 1 }, func(s *service, m *modeltest.Server) {
		w := newSite(s)
		urls := []string{}
		for i := range 4 {
			path := fmt.Sprintf("/p%d", i)
			w.page(path, fmt.Sprintf("Page %d", i), fmt.Sprintf(`<p>The plan P%d allows %d requests per minute per key.</p>`, i, 100+i))
			urls = append(urls, w.URL+path)
		}
		s.wait(s.scrape(acme(urls[0], "urls", urls, "method", "RULES")).ID)
		m.Answer(func(modeltest.Asked) modeltest.Reply {
			return modeltest.Reply{Content: modeltest.Facts(), Prompt: 5000, Completion: 1}
		})
		j := s.extractAll(map[string]any{"modelTokens": 1})
		o := s.outcome(j)
		if o.Status != "COMPLETED" || len(o.Result.WithoutModel) != 1 || o.Result.WithoutModel[0].Count < 2 ||
			o.Result.WithoutModel[0].Reason != "BUDGET_SPENT" || o.Result.WithoutModel[0].Count+o.Result.Usage.Requests != 4 {
			s.Errorf("%+v", o)
		}
		if got := s.found(); len(got) != 4 || !strings.HasPrefix(got[0], "RULES") {
			s.Errorf("found %q", got)
		}
		told := 0
		for _, e := range s.wait(j).Items.Edges {
			if strings.Contains(e.Node.Reason, "tokens of the job are spent") {
				told++
			}
		}
		if told != o.Result.WithoutModel[0].Count {
			s.Errorf("%d items say why", told)
		}
		alone := s.outcome(s.extractAll(map[string]any{"modelTokens": 1, "method": "MODEL", "force": true}))
		if spent := s.tallied(alone.id)["BUDGET_EXHAUSTED"]; spent < 2 {
			s.Errorf("by the model alone: %+v, %d pages after the tokens", alone, spent)
		}
		if got := s.found(); len(got) != 4 {
			s.Errorf("by the model alone: %q", got)
		}
	})
}

func TestTheOperatorBoundsTheTokensOfEveryJob(t *testing.T) {
	t.Parallel()
	m := modeltest.New(t, func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Content: modeltest.Facts(), Prompt: 50} })
	c := withModel(t, "SQLite", m)
	c.LLMJobTokens, c.LLMConcurrent, c.WorkerExtracts, c.ChunkSize = 60, 1, 1, 1000
	s := start(t, c)
	w := newSite(s)
	var long strings.Builder
	for i := range 20 {
		fmt.Fprintf(&long, "<h2>Part %d</h2>%s<p>%s</p>", i, exports, strings.Repeat("Something is said here. ", 30))
	}
	w.page("/a", "Long", long.String())
	o := s.outcome(s.scrape(acme(w.URL+"/a", "modelTokens", 1_000_000)).ID)
	if n := o.Result.Usage.Requests; n < 2 || n > 5 || len(o.Result.WithoutModel) != 1 { // those under way are let be
		t.Errorf("%+v", o)
	}
}

func TestPagesAreGivenToAModelInChunks(t *testing.T) {
	t.Parallel()
	m := modeltest.New(t, modeltest.Honest())
	c := withModel(t, "SQLite", m)
	c.ChunkSize, c.LLMCache = 1000, 0
	s := start(t, c)
	w := newSite(s)
	w.page("/a", "Long", strings.Repeat("<h2>More</h2><p>"+strings.Repeat("Something is said here. ", 30)+"</p>", 6))
	s.wait(s.scrape(acme(w.URL + "/a")).ID)
	n := len(m.Asked())
	for _, a := range m.Asked() {
		if len(a.Text) > 1200 {
			t.Errorf("%d characters at a time", len(a.Text))
		}
	}
	s.wait(s.extractAll(map[string]any{}))
	if n < 4 || len(m.Asked()) != 2*n { // nothing was kept
		t.Errorf("%d requests, then %d", n, len(m.Asked())-n)
	}
}

func TestQuestionsToAModelAreTracedAndItsKeyAndThePageAreNotLogged(t *testing.T) {
	t.Parallel()
	m := modeltest.New(t, modeltest.Honest(parrot))
	c := withModel(t, "SQLite", m)
	otel := newReceiver(t)
	c.TraceEndpoint = otel.URL
	log := &lines{}
	s := runLogging(t, c, app.Role{API: true, Worker: true}, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	w := newSite(t)
	w.page("/a", "Limits", exports)
	s.wait(s.scrape(acme(w.URL + "/a")).ID)
	m.Answer(func(modeltest.Asked) modeltest.Reply {
		return modeltest.Reply{Status: http.StatusUnauthorized, Body: `{"error": {"message": "bad key"}}`}
	})
	s.wait(s.extractAll(map[string]any{"force": true}))
	// The model is no page, whatever FETCH_ALLOW_CIDRS opens.
	if j := s.wait(s.scrape(map[string]any{"urls": []string{m.URL}, "company": "Other"}).ID); j.Status != "FAILED" || len(m.Asked()) != 2 {
		t.Errorf("reading the model: %s", j.Status)
	}
	s.stop()
	otel.mu.Lock()
	defer otel.mu.Unlock()
	outcomes := map[string]bool{}
	steps := map[string]bool{}
	for _, span := range otel.spans {
		if span.Name == "step EXTRACT" {
			steps[string(span.SpanId)] = true
		}
	}
	for _, span := range otel.spans {
		if span.Name == "model" && steps[string(span.ParentSpanId)] && attribute(span, "model") == "m1" {
			outcomes[attribute(span, "outcome")] = true
		}
	}
	if !outcomes["OK"] || !outcomes["REFUSED"] {
		t.Errorf("spans: %v", outcomes)
	}
	if said := log.String(); strings.Contains(said, "sesame") || strings.Contains(said, "crackers") || !strings.Contains(said, "a model was not heard in full") {
		t.Errorf("logged:\n%s", said)
	}
}
