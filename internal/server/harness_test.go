package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// fixture is a server on a port of its own. It is stopped with the test, which
// fails if anything of it is left running.
type fixture struct {
	*fake
	addr string
	logs *logs
	stop func() // and wait until Serve has returned
}

// logs keeps what was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, c Config) *fixture {
	t.Helper()
	return startReady(t, c, nil)
}

func startReady(t *testing.T, c Config, ready func(context.Context) error) *fixture {
	t.Helper()
	f := &fixture{fake: newFake(), logs: &logs{}}
	log := slog.New(slog.NewJSONHandler(io.MultiWriter(f.logs, t.Output()), nil))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := Serve(ctx, l, Handler(f.fake, c, Health{Ready: ready}, log), c.Limits, log); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	f.stop = func() { cancel(); <-stopped }
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		within(t, stopped, "Serve to return")
		if strings.Contains(f.logs.String(), "cut off") {
			t.Error("something did not end by itself")
		}
	})
	return f
}

func within[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

// stuck returns when nobody takes any more of a flood.
func (f *fixture) stuck() {
	for {
		select {
		case <-f.flooded:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   string

	Data       map[string]any
	Errors     []answerError
	Extensions map[string]any
}

type answerError struct {
	Message    string
	Path       []any
	Locations  []map[string]int
	Extensions struct {
		Code, Field, RequestID string
		RetryAfter             int
	}
}

// code is that of the only error.
func (a answer) code() string {
	if len(a.Errors) != 1 {
		return "not one error: " + a.body
	}
	return a.Errors[0].Extensions.Code
}

// request sends a request; header goes name, value, name, value. An empty value
// is none.
func (f *fixture) request(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+f.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if len(b) > 0 && strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
	}
	return a
}

// post sends a body as JSON, and wants what the specification calls a GraphQL
// response unless header has another Accept.
func (f *fixture) post(t *testing.T, body string, header ...string) answer {
	t.Helper()
	return f.request(t, http.MethodPost, "/graphql", body, append([]string{"Content-Type", "application/json", "Accept", mediaGraphQL}, header...)...)
}

// query runs an operation with variables, which may be nil.
func (f *fixture) query(t *testing.T, query string, variables map[string]any, header ...string) answer {
	t.Helper()
	return f.post(t, params(query, variables), header...)
}

func params(query string, variables map[string]any) string {
	return string(encodeMap(map[string]any{"query": query, "variables": variables}))
}

// client is one on a websocket.
type client struct {
	*websocket.Conn
	t *testing.T
}

// received is a message of the protocol.
type received struct {
	ID, Type string
	Payload  json.RawMessage
}

// dial opens a websocket, and says nothing on it yet.
func (f *fixture) dial(t *testing.T, header ...string) *client {
	t.Helper()
	c, resp, err := f.tryDial(t, []string{subprotocol}, header...)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	return &client{Conn: c, t: t}
}

func (f *fixture) tryDial(t *testing.T, protocols []string, header ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	d := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: patience}
	return d.DialContext(t.Context(), "ws://"+f.addr+"/graphql", h)
}

// connect opens a websocket and has it acknowledged.
func (f *fixture) connect(t *testing.T, header ...string) *client {
	t.Helper()
	c := f.dial(t, header...)
	c.send(`{"type":"connection_init"}`)
	c.expect("connection_ack", "")
	return c
}

func (c *client) send(message string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) subscribe(id, query string) {
	c.t.Helper()
	c.send(`{"id":"` + id + `","type":"subscribe","payload":` + params(query, nil) + `}`)
}

// expect reads the next message, which must be of that type and id.
func (c *client) expect(kind, id string) received {
	c.t.Helper()
	var m received
	if err := c.ReadJSON(&m); err != nil {
		c.t.Fatalf("waiting for %s %s: %v", kind, id, err)
	}
	if m.Type != kind || m.ID != id {
		c.t.Fatalf("got %s %s %s, want %s %s", m.Type, m.ID, m.Payload, kind, id)
	}
	return m
}

// closed reads on until the socket is closed, and gives code and reason.
func (c *client) closed() (int, string) {
	c.t.Helper()
	for {
		_, _, err := c.ReadMessage()
		if e, ok := errors.AsType[*websocket.CloseError](err); ok {
			return e.Code, e.Text
		}
		if err != nil {
			return 0, err.Error()
		}
	}
}
