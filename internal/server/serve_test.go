package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/access"
)

func TestStopClosesSocketsAsGoingAway(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	busy, quiet := f.connect(t), f.dial(t)
	busy.subscribe("1", "subscription{silent}")
	within(t, f.began, "the subscription")
	quiet.send(`{"type":"ping"}`)
	quiet.expect("pong", "")
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	for _, c := range []*client{busy, quiet} {
		if code, why := c.closed(); code != websocket.CloseGoingAway || why != "the server is shutting down" {
			t.Errorf("got %d %s", code, why)
		}
	}
	within(t, f.ended, "the end of the subscription")
	within(t, stopped, "Serve to return")
	if _, _, err := f.tryDial(t, []string{subprotocol}); err == nil {
		t.Error("it still takes connections")
	}
}

func TestStopDoesNotWaitForSocketsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Write: time.Hour}})
	c := f.connect(t)
	c.subscribe("1", "subscription{flood}") // and nobody reads it
	within(t, f.began, "the flood")
	f.stuck()
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	within(t, stopped, "Serve to return")
	within(t, f.ended, "the end of the flood")
}

func TestStopAnswersWhatItHasBegun(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	answered := make(chan answer, 1)
	go func() { answered <- f.query(t, "{deaf}", nil) }()
	within(t, f.began, "the query")
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	for { // until it takes no more
		c, err := net.Dial("tcp", f.addr)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(f.release)
	if a := within(t, answered, "the answer"); a.body != `{"data":{"deaf":"late"}}` {
		t.Errorf("got %s", a.body)
	}
	within(t, stopped, "Serve to return")
}

func TestServeReturnsTheErrorOfItsListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	err = Serve(t.Context(), l, http.NotFoundHandler(), Limits{}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	if a := start(t, Config{}).request(t, "GET", "/", "", "X-Large", strings.Repeat("x", 32<<10)); a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d", a.status)
	}
}

// The sockets of a server that is not ours to stop end with their clients.
func TestTheHandlerServesWithoutServe(t *testing.T) {
	t.Parallel()
	f := &fixture{fake: newFake(), logs: &logs{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	srv := &http.Server{Handler: Handler(f.fake, Config{}, Health{}, slog.New(slog.DiscardHandler))}
	go srv.Serve(l)
	defer srv.Close()
	c := f.connect(t)
	c.subscribe("1", "subscription{silent}")
	within(t, f.began, "the subscription")
	_ = c.Close()
	within(t, f.ended, "the end of the subscription")
}

func TestASocketThatComesDuringStopIsClosed(t *testing.T) {
	t.Parallel()
	f := &fixture{fake: newFake(), logs: &logs{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	stopping := &connections{closed: true}
	srv := &http.Server{
		Handler:     Handler(f.fake, Config{}, Health{}, slog.New(slog.DiscardHandler)),
		BaseContext: func(net.Listener) context.Context { return context.WithValue(t.Context(), connectionsKey{}, stopping) },
	}
	go srv.Serve(l)
	defer srv.Close()
	if code, _ := f.dial(t).closed(); code != websocket.CloseGoingAway {
		t.Errorf("got %d", code)
	}
}

// Whatever a socket is at when it ends, nothing of it stays: Serve waits for
// all of them, and every fixture fails if it waits in vain. gqlgen keeps a
// socket for ever whose InitFunc returns no context.
func TestNothingOfASocketStays(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	for _, messages := range []string{
		``, `{"type":"connection_init"}`, `{"type":"connection_init","payload":{"apiKey":"wrong"}}`, `nonsense`,
		`{"type":"connection_init","payload":{"apiKey":"` + key + `"}}` + "\n" + `{"id":"1","type":"subscribe","payload":{"query":"subscription{silent}"}}`,
	} {
		for range 20 {
			c, resp, err := f.tryDial(t, []string{subprotocol})
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			for m := range strings.Lines(messages) {
				_ = c.WriteMessage(websocket.TextMessage, []byte(strings.TrimSpace(m)))
			}
			_ = c.NetConn().Close()
		}
	}
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	within(t, stopped, "Serve to return")
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Idle: 50 * time.Millisecond}})
	c, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if b, err := io.ReadAll(c); err != nil || !strings.Contains(string(b), "200 OK") {
		t.Errorf("got %q %v", b, err)
	}
}

func TestASlowBodyIsCutOff(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Read: 100 * time.Millisecond}})
	c, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	if b, err := io.ReadAll(c); err != nil || !strings.Contains(string(b), "the body ended too early") {
		t.Errorf("got %q %v", b, err)
	}
}

func TestASlowHandshakeIsCutOff(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Header: 100 * time.Millisecond}})
	c, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: localhost\r\n") // and no more
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := bufio.NewReader(c).ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkPost(b *testing.B) {
	e := newEngine(newFake(), Config{Keys: &access.Keys{}}, slog.New(slog.DiscardHandler))
	reader := access.With(context.Background(), access.Caller{Scope: "READ"})
	for b.Loop() {
		ctx, op, errs := e.prepare(reader, &graphql.RawParams{Query: "{item" + id + "{name item{name}}}"})
		if len(errs) > 0 {
			b.Fatal(errs)
		}
		for resp := range e.results(ctx, op) {
			_, _ = fmt.Fprintf(io.Discard, "%s", encode(resp))
		}
	}
}
