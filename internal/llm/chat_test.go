package llm

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/modeltest"
)

func soon() map[string]string { return map[string]string{"Retry-After-Ms": "1"} }

func chat(t *testing.T, retries int, c Care, reply func(modeltest.Asked) modeltest.Reply) (*Chat, *modeltest.Server) {
	t.Helper()
	s := modeltest.New(t, reply)
	return NewChat(Endpoint{URL: s.URL, Key: "sesame", Model: "m", Timeout: 5 * time.Second, Retries: retries}, c), s
}

var question = Question{System: "orders", User: "data", Schema: map[string]any{"type": "object"}, MaxTokens: 7, Seed: 3}

func TestAQuestionIsAskedAsTheProtocolHasIt(t *testing.T) {
	t.Parallel()
	c, s := chat(t, 0, Care{}, func(modeltest.Asked) modeltest.Reply {
		return modeltest.Reply{Content: "yes", Cut: true, Prompt: 12, Completion: 3}
	})
	got, err := c.Ask(t.Context(), question)
	if err != nil || got != (Answer{"yes", true, 12, 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	a := s.Asked()[0]
	if a.System != "orders" || a.User != "data" || a.Model != "m" || a.Key != "sesame" || a.Form != "json_schema" || a.MaxTokens != 7 ||
		*a.Seed != 3 || *a.Temperature != 0 || !strings.Contains(string(a.Schema), `"strict":true`) {
		t.Errorf("asked %+v", a)
	}
}

func TestAnEndpointThatKnowsNoSchemasIsAskedMorePlainly(t *testing.T) {
	t.Parallel()
	for form, requests := range map[string]int{"json_object": 3, "": 4} {
		c, s := chat(t, 0, Care{}, func(a modeltest.Asked) modeltest.Reply {
			if a.Form != form {
				return modeltest.Reply{Status: http.StatusBadRequest, Body: `{"error": {"message": "unknown response_format"}}`}
			}
			return modeltest.Reply{Content: "{}"}
		})
		for range 2 { // the second knows
			if _, err := c.Ask(t.Context(), question); err != nil {
				t.Error(err)
			}
		}
		if n := len(s.Asked()); n != requests {
			t.Errorf("%q: %d requests, want %d", form, n, requests)
		}
	}
}

func TestFailuresOfAModelAreTriedAgainIfThatHelps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply    modeltest.Reply
		code     fault.Code
		requests int
	}{
		"busy":       {modeltest.Reply{Status: 429, Header: soon()}, fault.Unavailable, 3},
		"broken":     {modeltest.Reply{Status: 500, Body: "{}", Header: soon()}, fault.Unavailable, 3},
		"away":       {modeltest.Reply{Status: 503, Body: "<html>", Header: soon()}, fault.Unavailable, 3},
		"locked":     {modeltest.Reply{Status: 401}, fault.Unavailable, 1},
		"no model":   {modeltest.Reply{Status: 404}, fault.Unavailable, 1},
		"no choices": {modeltest.Reply{Body: `{"choices": []}`}, fault.Unavailable, 1},
		"too long":   {modeltest.Reply{Status: 400}, fault.Invalid, 3}, // in each form
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			retries := 2
			if name == "no choices" {
				retries = 0 // it does not say when to come back
			}
			c, s := chat(t, retries, Care{Failures: 10}, func(modeltest.Asked) modeltest.Reply { return test.reply })
			_, err := c.Ask(t.Context(), question)
			if !fault.Is(err, test.code) || len(s.Asked()) != test.requests {
				t.Errorf("%v after %d requests", err, len(s.Asked()))
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

func TestASilentModelIsGivenUp(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Stall: true} })
	c := NewChat(Endpoint{URL: s.URL, Model: "m", Timeout: 20 * time.Millisecond}, Care{})
	if _, err := c.Ask(t.Context(), question); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}

func TestAModelIsLeftAloneAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	var works atomic.Bool
	c, s := chat(t, 0, Care{Failures: 2, Pause: time.Hour}, func(modeltest.Asked) modeltest.Reply {
		if works.Load() {
			return modeltest.Reply{Content: "yes"}
		}
		return modeltest.Reply{Status: http.StatusInternalServerError}
	})
	for range 2 {
		if _, err := c.Ask(t.Context(), question); errors.Is(err, ErrPaused) {
			t.Fatal("paused too early")
		}
	}
	_, err := c.Ask(t.Context(), question)
	if !errors.Is(err, ErrPaused) || !fault.Is(err, fault.Unavailable) || fault.Of(err).RetryAfter < 59*time.Minute || len(s.Asked()) != 2 {
		t.Errorf("%v after %d requests", err, len(s.Asked()))
	}
	if _, paused := c.Paused(); !paused {
		t.Error("it does not say so")
	}
	works.Store(true)
	c.pause.until = time.Now() // the hour is over
	if _, err := c.Ask(t.Context(), question); err != nil {
		t.Error(err)
	}
	if _, paused := c.Paused(); paused {
		t.Error("it is paused for ever")
	}
}

func TestAfterAPauseOneQuestionGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := breaker{limit: 2, pause: time.Minute}
		for range 2 {
			if err := b.enter(time.Now()); err != nil {
				t.Fatal(err)
			}
			b.failed(time.Now())
		}
		if b.enter(time.Now()) == nil {
			t.Error("not paused")
		}
		time.Sleep(time.Minute)
		if err := b.enter(time.Now()); err != nil {
			t.Error(err)
		}
		if b.enter(time.Now()) == nil {
			t.Error("two go first")
		}
		b.stopped()
		if err := b.enter(time.Now()); err != nil {
			t.Error("nobody waited for the first, and none goes after it")
		}
		b.failed(time.Now())
		if b.enter(time.Now()) == nil {
			t.Error("the pause does not begin again")
		}
		time.Sleep(time.Minute)
		if err := b.enter(time.Now()); err != nil {
			t.Error(err)
		}
		b.worked()
		for range 3 {
			if err := b.enter(time.Now()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWaitsGrowFromTwoSecondsToAMinute(t *testing.T) {
	t.Parallel()
	for try := range 12 {
		ceiling := min(2*time.Second<<try, time.Minute)
		for range 50 {
			if w := backoff(try); w < 2*time.Second || w > ceiling || try > 0 && w < ceiling/2 {
				t.Fatalf("%s before try %d", w, try+2)
			}
		}
	}
	for header, want := range map[string]time.Duration{"3": 3 * time.Second, "1e9": 1e6 * time.Second, "soon": 0, "-1": 0} {
		if got := retryAfter(&http.Response{Header: http.Header{"Retry-After": {header}}}); got != want {
			t.Errorf("Retry-After: %s is %s", header, got)
		}
	}
}

func TestNoMoreAreAskedAtATimeThanAllowed(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	both, release := make(chan struct{}, 10), make(chan struct{})
	c, _ := chat(t, 0, Care{Concurrent: 2}, func(modeltest.Asked) modeltest.Reply {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		both <- struct{}{}
		<-release
		now.Add(-1)
		return modeltest.Reply{Content: "yes"}
	})
	done := make(chan error, 5)
	for range 5 {
		go func() {
			_, err := c.Ask(t.Context(), question)
			done <- err
		}()
	}
	<-both
	<-both
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ask(ctx, question); !errors.Is(err, context.Canceled) {
		t.Errorf("who goes away while it waits for its turn: %v", err)
	}
	close(release)
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 2 {
		t.Errorf("%d at a time", most.Load())
	}
}

func TestRequestsAreToldToWhoWatches(t *testing.T) {
	t.Parallel()
	var outcomes []string
	tokens := 0
	c, _ := chat(t, 1, Care{Asked: func(ctx context.Context) (context.Context, func(string, Answer, error)) {
		return ctx, func(outcome string, a Answer, _ error) {
			outcomes = append(outcomes, outcome)
			tokens += a.PromptTokens + a.CompletionTokens
		}
	}}, func(a modeltest.Asked) modeltest.Reply {
		if a.N == 1 {
			return modeltest.Reply{Status: 429, Header: soon()}
		}
		return modeltest.Reply{Content: "yes", Body: `{"choices": [{"message": {"role": "assistant", "content": "yes, or no"}}]}`}
	})
	if _, err := c.Ask(t.Context(), question); err != nil {
		t.Fatal(err)
	}
	if strings.Join(outcomes, " ") != "BUSY OK" || tokens != len("ordersdata")/4+len("yes, or no")/4 { // estimated
		t.Errorf("%v, %d tokens", outcomes, tokens)
	}
}
