package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// events is an event stream that a test reads.
type events struct {
	*http.Response
	t     *testing.T
	lines *bufio.Reader
	stop  context.CancelFunc
}

// listen opens an event stream; header goes name, value.
func (f *fixture) listen(t *testing.T, method, path, body string, header ...string) *events {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, method, "http://"+f.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", mediaStream)
	if body != "" {
		r.Header.Set("Content-Type", mediaJSON)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &events{Response: resp, t: t, lines: bufio.NewReader(resp.Body), stop: stop}
}

func (f *fixture) stream(t *testing.T, query string) *events {
	t.Helper()
	e := f.listen(t, http.MethodPost, "/graphql", params(query, nil))
	if got := e.Header.Get("Content-Type"); e.StatusCode != http.StatusOK || got != "text/event-stream; charset=utf-8" {
		t.Fatalf("got %d %s", e.StatusCode, got)
	}
	return e
}

// block reads to the next empty line; "" is the end.
func (e *events) block() string {
	e.t.Helper()
	var b strings.Builder
	for {
		line, err := e.lines.ReadString('\n')
		if err == io.EOF && b.Len() == 0 && line == "" {
			return ""
		}
		if err != nil {
			e.t.Fatalf("after %q%q: %v", b.String(), line, err)
		}
		if line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// expect reads the next event, passing by comments.
func (e *events) expect(want string) {
	e.t.Helper()
	got := e.block()
	for got == ":\n" {
		got = e.block()
	}
	if got != want {
		e.t.Fatalf("got %q, want %q", got, want)
	}
}

func next(data string) string { return "event: next\ndata: " + data + "\n" }

const completed = "event: complete\ndata:\n"

func TestOperationsOverAnEventStream(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	e := f.stream(t, "subscription{count(to:3)}")
	if got := e.block(); got != ":\n" {
		t.Errorf("it begins with %q", got)
	}
	for i := range 3 {
		e.expect(next(fmt.Sprintf(`{"data":{"count":%d}}`, i)))
	}
	e.expect(completed)
	e.expect("")
	e = f.stream(t, "{hello}")
	e.expect(next(`{"data":{"hello":"hello"}}`))
	e.expect(completed)
	e = f.stream(t, `mutation{touch(text:"a\nb")}`)
	e.expect(next(`{"data":{"touch":"a\nb"}}`))
	e.expect(completed)
	e = f.listen(t, http.MethodGet, link("query", "subscription($n:Int!){count(to:$n)}", "variables", `{"n":1}`), "")
	e.expect(next(`{"data":{"count":0}}`))
	e.expect(completed)
	e.expect("")
}

func TestErrorsAreEvents(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for query, want := range map[string]string{
		"{": "Expected Name", "{nothing}": `"code":"INVALID"`, "subscription{silent dies}": "INVALID",
		"subscription{forbidden}": `"code":"FORBIDDEN"`, "subscription{dies}": `"code":"NOT_FOUND"`,
		"{item" + id + "{" + nested(20, "name") + "}}": "limit is 15 levels",
	} {
		e := f.stream(t, query)
		_ = e.block()
		if got := e.block(); !strings.HasPrefix(got, "event: next\ndata: {\"errors\":[{") || !strings.Contains(got, want) {
			t.Errorf("%s: got %s", query, got)
		}
		e.expect(completed)
	}
}

func TestOnlyWhoAsksForAStreamFirstGetsOne(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for accept, want := range map[string]string{
		mediaStream:                          mediaStream,
		mediaStream + ", multipart/mixed":    mediaStream,
		mediaStream + ", */*;q=0.1":          mediaStream,
		"*/*;q=0.5, " + mediaStream:          mediaStream,
		mediaJSON + ";q=0.9, " + mediaStream: mediaStream,
		"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed": mediaGraphQL, // urql, always
		mediaStream + ";q=0.9, " + mediaJSON: mediaJSON,
		"*/*, " + mediaStream + ";q=0.9":     mediaJSON,
		mediaStream + ";q=0, */*":            mediaJSON,
		"*/*":                                mediaJSON,
		"text/*, */*;q=0.1":                  mediaJSON,
	} {
		e := f.listen(t, http.MethodPost, "/graphql", params("{hello}", nil), "Accept", accept)
		if got, _, _ := strings.Cut(e.Header.Get("Content-Type"), ";"); got != want {
			t.Errorf("%s: got %s", accept, got)
		}
	}
	a := f.query(t, "subscription{silent}", nil, "Accept", mediaJSON+", "+mediaStream)
	if a.status != 406 || !strings.Contains(a.body, "text/event-stream as the first in Accept, or a websocket") {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestAStreamIsRefusedBeforeItIsOne(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	for _, test := range []struct {
		method, path, body string
		header             []string
		status             int
	}{
		{"POST", "/graphql", params("{hello}", nil), nil, 401},
		{"POST", "/graphql", "nonsense", []string{"X-API-Key", key}, 400},
		{"POST", "/graphql", params("{hello}", nil), []string{"X-API-Key", key, "Content-Type", "text/plain"}, 415},
		{"POST", "/graphql", params("{hello}", map[string]any{"x": strings.Repeat("x", 256<<10)}), []string{"X-API-Key", key}, 413},
		{"POST", "/graphql", params("{hello}", nil), []string{"X-API-Key", key, "Origin", "https://evil.example"}, 403},
		{"GET", link("query", `mutation{touch(text:"a")}`), "", []string{"X-API-Key", key}, 405},
		{"GET", link("query", "{hello}"), "", []string{"X-API-Key", key}, 200},
	} {
		e := f.listen(t, test.method, test.path, test.body, test.header...)
		if e.StatusCode != test.status || (e.Header.Get("Content-Type") == mediaStream+"; charset=utf-8") != (test.status == 200) {
			t.Errorf("%+v: got %d %v", test, e.StatusCode, e.Header)
		}
	}
}

// Comments come for longer than a request may take to be read, by which
// net/http would end it.
func TestASilentStreamShowsThatItIsAlive(t *testing.T) {
	t.Parallel()
	fake := newFake()
	srv := httptest.NewUnstartedServer(Handler(fake, Config{Limits: Limits{KeepAlive: 20 * time.Millisecond}}, Health{}, nil))
	srv.Config.ReadTimeout = 50 * time.Millisecond
	srv.Start()
	defer srv.Close()
	f := &fixture{fake: fake, addr: srv.Listener.Addr().String()}
	e := f.stream(t, "subscription{silent}")
	for range 10 {
		if got := e.block(); got != ":\n" {
			t.Fatalf("got %q", got)
		}
	}
	e.stop()
	within(t, fake.ended, "the end of the subscription")
}

func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, query := range []string{"subscription{silent}", "subscription{flood}", "{slow}"} {
		e := f.stream(t, query)
		within(t, f.began, query)
		e.stop()
		within(t, f.ended, "the end of "+query)
	}
}

func TestASlowStreamIsAskedForLessAndThenDropped(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Write: 500 * time.Millisecond}})
	f.stream(t, "subscription{flood}") // and nobody reads it
	within(t, f.began, "the flood")
	within(t, f.ended, "the end of the flood")
}

func TestStopEndsStreams(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Write: time.Hour}})
	e := f.stream(t, "subscription{silent}")
	within(t, f.began, "the subscription")
	stuck := f.stream(t, "subscription{flood}")
	within(t, f.began, "the flood")
	f.stuck()
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	e.expect("") // without complete: it is not, and the client may come again
	within(t, f.ended, "the end of one")
	within(t, f.ended, "the end of the other")
	within(t, stopped, "Serve to return")
	stuck.stop()
}

func TestAStreamThatComesDuringStopIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	fake := newFake()
	h := Handler(fake, Config{}, Health{}, nil)
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), connectionsKey{}, &connections{closed: true})))
	})
	srv.Start()
	defer srv.Close()
	f := &fixture{fake: fake, addr: srv.Listener.Addr().String()}
	if a := f.query(t, "subscription{silent}", nil, "Accept", mediaStream); a.status != 503 || a.code() != "UNAVAILABLE" {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestAnEventIsOneLine(t *testing.T) {
	t.Parallel()
	if got := event([]byte("{\"data\":{\r\n\"a\":1}\n}")); got != "event: next\ndata: {\"data\":{  \"a\":1} }\n\n" {
		t.Errorf("got %q", got)
	}
}
