package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// model is a model whose vectors say how long a text is. It answers the n-th
// request, from 1, by wrong, if that does.
func model(t *testing.T, timeout time.Duration, wrong func(n int64, w http.ResponseWriter, r *http.Request) bool) (e *Embeddings, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		body, err := io.ReadAll(r.Body) // only then a connection that ends is noticed
		if wrong != nil && wrong(n, w, r) {
			return
		}
		var in struct {
			Model string
			Input []string
		}
		if err != nil || json.Unmarshal(body, &in) != nil || in.Model != "m" || len(in.Input) > 25 || r.Header.Get("Authorization") != "Bearer key" {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		var items []string
		for i := range in.Input { // in the other direction
			i = len(in.Input) - 1 - i
			items = append(items, fmt.Sprintf(`{"object": "embedding", "index": %d, "embedding": [%d, 1]}`, i, len(in.Input[i])))
		}
		reply(w, items...)
	}))
	t.Cleanup(server.Close)
	return NewEmbeddings(Endpoint{URL: server.URL + "/v1", Key: "key", Model: "m", Timeout: timeout, Retries: 2}), requests
}

func reply(w http.ResponseWriter, items ...string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"object": "list", "data": [%s]}`, strings.Join(items, ","))
}

func texts(n int) (list []string) {
	for i := range n {
		list = append(list, strings.Repeat("x", i+1))
	}
	return list
}

func TestVectorsComeInTheOrderOfTheirTextsAndInBatches(t *testing.T) {
	t.Parallel()
	e, requests := model(t, 5*time.Second, nil)
	vectors, err := e.Embed(t.Context(), texts(60))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vectors {
		if len(v) != 2 || v[0] != float32(i+1) {
			t.Errorf("vector %d is %v", i, v)
		}
	}
	if n := requests.Load(); len(vectors) != 60 || n != 3 {
		t.Errorf("%d vectors in %d requests", len(vectors), n)
	}
}

func TestABusyEndpointIsAskedAgain(t *testing.T) {
	t.Parallel()
	e, requests := model(t, 5*time.Second, func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n > 2 {
			return false
		}
		w.Header().Set("Retry-After-Ms", "1")
		http.Error(w, "{}", map[int64]int{1: http.StatusTooManyRequests, 2: http.StatusInternalServerError}[n])
		return true
	})
	if _, err := e.Embed(t.Context(), texts(1)); err != nil || requests.Load() != 3 {
		t.Errorf("%d requests: %v", requests.Load(), err)
	}
}

func TestWrongAnswersAreErrors(t *testing.T) {
	t.Parallel()
	status := func(code int) func(int64, http.ResponseWriter, *http.Request) bool {
		return func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After-Ms", "1")
			http.Error(w, "{}", code)
			return true
		}
	}
	items := func(items ...string) func(int64, http.ResponseWriter, *http.Request) bool {
		return func(n int64, w http.ResponseWriter, _ *http.Request) bool {
			if n > 1 {
				reply(w, items...)
			}
			return n > 1
		}
	}
	for name, test := range map[string]struct {
		wrong func(int64, http.ResponseWriter, *http.Request) bool
		code  fault.Code
	}{
		"Busy": {status(429), fault.Unavailable}, "Broken": {status(503), fault.Unavailable}, "Refused": {status(401), fault.Unavailable},
		"TooLong": {status(400), fault.Invalid}, "Fewer": {items(`{"index": 0, "embedding": [1, 2]}`), fault.Unavailable},
		"OtherDimension": {items(`{"index": 0, "embedding": [1, 2, 3]}`, `{"index": 1, "embedding": [1, 2, 3]}`), fault.Unavailable},
		"Empty":          {items(`{"index": 0, "embedding": []}`, `{"index": 1, "embedding": []}`), fault.Unavailable},
		"Doubled":        {items(`{"index": 0, "embedding": [1, 2]}`, `{"index": 0, "embedding": [1, 2]}`), fault.Unavailable},
		"OutOfRange":     {items(`{"index": 0, "embedding": [1, 2]}`, `{"index": 7, "embedding": [1, 2]}`), fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _ := model(t, 5*time.Second, test.wrong)
			_, _ = e.Embed(t.Context(), texts(2)) // the first answer decides on the dimension
			if _, err := e.Embed(t.Context(), texts(2)); !fault.Is(err, test.code) {
				t.Errorf("%v, want %s", err, test.code)
			}
		})
	}
}

func TestWhoGoesAwayDoesNotWaitForTheEndpoint(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	e, _ := model(t, 5*time.Second, func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
		close(asked)
		<-r.Context().Done()
		return true
	})
	go func() {
		<-asked
		cancel()
	}()
	if _, err := e.Embed(ctx, texts(1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestASlowEndpointIsGivenUp(t *testing.T) {
	t.Parallel()
	e, _ := model(t, 50*time.Millisecond, func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	if _, err := e.Embed(t.Context(), texts(1)); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}
