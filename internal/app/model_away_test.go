package app_test

import (
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

func TestAStormEndsInTheFactsOfACalmDay(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		w := newSite(s)
		w.page("/a", "Limits", exports)
		var n atomic.Int64
		m.Answer(func(a modeltest.Asked) modeltest.Reply {
			switch n.Add(1) {
			case 1, 3:
				return modeltest.Reply{Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After-Ms": "1"}}
			case 2, 4:
				return modeltest.Reply{Status: http.StatusBadGateway, Header: map[string]string{"Retry-After-Ms": "1"}}
			}
			return modeltest.Honest(parrot)(a)
		})
		o := s.outcome(s.scrape(acme(w.URL + "/a")).ID)
		if got := s.found(); !slices.Equal(got, []string{byModel, byRules}) || len(o.Result.WithoutModel) != 0 || n.Load() != 5 {
			s.Errorf("found %q after %d requests, %+v", got, n.Load(), o)
		}
		series, _ := s.metrics("")
		for name, want := range map[string]string{
			`techfacts_model_request_duration_seconds_count{outcome="BUSY"}`: "2", `techfacts_model_request_duration_seconds_count{outcome="FAILED"}`: "2",
			`techfacts_model_request_duration_seconds_count{outcome="OK"}`: "1", `techfacts_model_tokens_total{kind="prompt"}`: "100", `techfacts_model_tokens_total{kind="completion"}`: "10",
		} {
			if series[name] != want {
				s.Errorf("%s is %q", name, series[name])
			}
		}
	})
}

func TestAnEndpointThatIsDownCostsNoFacts(t *testing.T) {
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			m := modeltest.New(t, modeltest.Honest(parrot))
			c := withModel(t, database, m)
			c.LLMRetries, c.LLMBreakerFailures, c.LLMBreakerPause, c.LLMCache = 0, 1, app.Seconds(time.Hour), 0
			s := start(t, c)
			w := newSite(s)
			w.page("/a", "Limits", exports)
			s.wait(s.scrape(acme(w.URL + "/a")).ID)
			before := s.found()
			m.Answer(func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Status: http.StatusInternalServerError} })
			first := s.outcome(s.extractAll(map[string]any{}))
			second := s.outcome(s.extractAll(map[string]any{}))
			if first.Status != "COMPLETED" || first.Result.WithoutModel[0].Reason != "ENDPOINT_FAILED" || first.Reason != "the model did not answer" ||
				second.Result.WithoutModel[0].Reason != "ENDPOINT_PAUSED" || len(m.Asked()) != 2 {
				t.Errorf("%+v, %+v, %d requests", first, second, len(m.Asked()))
			}
			if got := s.found(); !slices.Equal(got, before) || len(got) != 2 {
				t.Errorf("before %q, after %q", before, got)
			}
			if ready := get(s, "/readyz"); !strings.Contains(ready, "degraded") || !strings.Contains(ready, "model: ") {
				t.Errorf("/readyz says %s", ready)
			}
			alone := s.outcome(s.extractAll(map[string]any{"method": "MODEL"}))
			if alone.Status != "FAILED" || alone.Outcome != "FAILED" || !strings.Contains(alone.Reason, "not asked for a while") || !slices.Equal(s.found(), before) {
				t.Errorf("by the model alone: %+v", alone)
			}
		})
	}
}

func TestByTheModelAloneAPageIsTriedAgain(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	m := modeltest.New(t, func(a modeltest.Asked) modeltest.Reply {
		if n.Add(1) == 1 {
			return modeltest.Reply{Status: http.StatusInternalServerError}
		}
		return modeltest.Honest(parrot)(a)
	})
	c := withModel(t, "SQLite", m)
	c.LLMRetries, c.ScrapeMaxRetries = 0, 2
	s := start(t, c)
	w := newSite(s)
	w.page("/a", "Limits", exports)
	o := s.outcome(s.scrape(acme(w.URL+"/a", "method", "MODEL")).ID)
	if got := s.found(); o.Status != "COMPLETED" || !slices.Equal(got, []string{byModel}) || n.Load() != 2 {
		t.Errorf("%+v, found %q", o, got)
	}
}

func TestCancelStopsAQuestionThatIsNotAnswered(t *testing.T) {
	eachModel(t, func(s *service, m *modeltest.Server) {
		asked := make(chan modeltest.Asked, 10)
		m.Answer(func(a modeltest.Asked) modeltest.Reply {
			asked <- a
			return modeltest.Reply{Stall: true}
		})
		w := newSite(s)
		w.page("/a", "Limits", exports)
		j := s.scrape(acme(w.URL + "/a"))
		a := <-asked
		s.ask(`mutation ($id: ID!) { cancelJob(input: {id: $id}) { job { status } } }`, map[string]any{"id": j.ID}, &struct{}{})
		<-a.Request.Context().Done() // the connection is closed, long before the answer would be given up
		if last := s.wait(j.ID); last.Status != "CANCELLED" {
			s.Errorf("%+v", last)
		}
		if len(s.facts(nil)) != 0 {
			s.Error("facts of a page whose extraction was cancelled")
		}
	})
}
