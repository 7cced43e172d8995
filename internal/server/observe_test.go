package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// notes is an Observer that keeps what it is told.
type notes struct {
	mu sync.Mutex
	n  map[string]int
}

func (o *notes) add(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == nil {
		o.n = map[string]int{}
	}
	o.n[fmt.Sprintf(format, args...)]++
}

func (o *notes) all() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.n)
}

func (o *notes) Request(route string, status int) { o.add("%s %d", route, status) }

func (o *notes) Connected(kind string) func() {
	o.add("%s open", kind)
	return func() { o.add("%s closed", kind) }
}

func (o *notes) Operation(kind, field string, took time.Duration) {
	if took > 0 {
		o.add("%s %s", kind, field)
	}
}

func (o *notes) Subscribed(field string) (sent, closed func()) {
	o.add("%s begun", field)
	return func() { o.add("%s sent", field) }, func() { o.add("%s ended", field) }
}

func (o *notes) Failure(code string) { o.add("%s", code) }

func TestTheObserverIsToldOfWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	seen := &notes{}
	f := start(t, Config{Observer: seen})
	f.query(t, `{hello}`, nil)
	f.query(t, `query Named {a: hello}`, nil)
	f.query(t, `{...F} fragment F on Query {... on Query {echo(text: "x")}}`, nil)
	f.query(t, `{hello echo(text: "x")}`, nil)
	f.query(t, `mutation {touch(text: "x")}`, nil)
	f.query(t, `{leak}`, nil)
	f.query(t, `{nothing}`, nil)
	f.request(t, http.MethodPost, "/graphql", "{}", "Content-Type", "text/plain")
	f.request(t, http.MethodGet, "/livez", "")
	f.request(t, http.MethodGet, "/a/name/of/a/stranger", "")
	f.post(t, params(`subscription {count(to: 3)}`, nil), "Accept", mediaStream)
	c := f.connect(t)
	c.subscribe("1", `subscription {count(to: 2)}`)
	for c.expectAny("1") != "complete" {
	}
	_ = c.Close()
	f.stop()
	want := map[string]int{
		"query hello": 2, "query echo": 1, "query several": 1, "query leak": 1, "mutation touch": 1,
		"INTERNAL": 1, "INVALID": 1,
		"/graphql 200": 7, "/graphql 400": 1, "/graphql 415": 1, "/livez 200": 1, "other 404": 1, "websocket 101": 1,
		"event_stream open": 1, "event_stream closed": 1, "websocket open": 1, "websocket closed": 1,
		"count begun": 2, "count sent": 5, "count ended": 2,
	}
	if got := seen.all(); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// expectAny reads the next message about id, and gives its type.
func (c *client) expectAny(id string) string {
	c.t.Helper()
	var m received
	if err := c.ReadJSON(&m); err != nil || m.ID != id {
		c.t.Fatalf("%+v %v", m, err)
	}
	return m.Type
}

func TestARequestThatPanicsIsCounted(t *testing.T) {
	t.Parallel()
	seen := &notes{}
	h := Handler(newFake(), Config{Observer: seen}, Health{Ready: func(context.Context) error { panic("x") }}, nil)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/readyz", nil))
	if got := seen.all(); got["/readyz 500"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestOperationsServesOperatorsAndNobodyElse(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "numbers") })
	h := Operations(Health{}, metrics, slog.New(slog.DiscardHandler))
	for request, want := range map[string]string{
		"GET /livez": "200", "GET /readyz": "200", "HEAD /readyz": "200", "GET /metrics": "200 numbers",
		"POST /metrics": "405", "GET /graphql": "404", "GET /": "404",
	} {
		w := httptest.NewRecorder()
		method, path, _ := strings.Cut(request, " ")
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "http://10.1.2.3:9090"+path, nil)) // by whatever name
		if got := fmt.Sprint(w.Code, " ", w.Body); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", request, got)
		}
	}
}

func TestMetricsAreServedToWhoeverHasTheKey(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "numbers") })
	f := start(t, Config{Keys: onlyKey(key), Metrics: metrics})
	for header, status := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer " + key: 200} {
		if a := f.request(t, http.MethodGet, "/metrics", "", "Authorization", header); a.status != status || (a.body == "numbers") != (status == 200) {
			t.Errorf("%q: %d %s", header, a.status, a.body)
		}
	}
	if a := start(t, Config{}).request(t, http.MethodGet, "/metrics", ""); a.status != 404 {
		t.Errorf("without any: %d", a.status)
	}
}
