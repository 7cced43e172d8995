package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// service is the whole service, running.
type service struct {
	testing.TB
	addr string
	stop func()

	later atomic.Int32 // see settled
}

// settings are those of tests: a database of its own, a free port, loopback
// open, and no waiting.
func settings(tb testing.TB, database string) app.Config {
	tb.Helper()
	c := app.Config{
		ListenAddr: "127.0.0.1:0", DataDir: tb.TempDir(), ScrapeMaxConcurrent: 4, ScrapeDailyLimit: 10_000, ScrapeMaxRetries: 0,
		ScrapeTimeout: app.Seconds(time.Minute), ScrapeCache: app.Seconds(24 * time.Hour), FetchAllowCIDRs: "127.0.0.0/8",
		MinConfidence: 0.5, ScrapeRobotsMeta: true, WorkerFetches: 8, WorkerExtracts: 2, ReportSection: 20, ReportFacts: 200, Introspection: true, GraphiQL: true, Version: "test",
	}
	if database == "PostgreSQL" {
		c.DatabaseURL = app.Secret(pgtest.URL(tb))
	}
	return c
}

// eachService runs test against the whole service on both databases.
func eachService(t *testing.T, test func(*service)) {
	t.Helper()
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			test(start(t, settings(t, database)))
		})
	}
}

func start(tb testing.TB, c app.Config) *service {
	tb.Helper()
	return run(tb, c, app.Role{API: true, Worker: true})
}

// run runs what one process of that role would run, until the test ends.
func run(tb testing.TB, c app.Config, role app.Role) *service {
	tb.Helper()
	return runLogging(tb, c, role, slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
}

// runLogging is run with a log of the test's own.
func runLogging(tb testing.TB, c app.Config, role app.Role, log *slog.Logger) *service {
	tb.Helper()
	if c.Version == "" {
		tb.Fatal("use settings")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, c, role, log, func(addr string) { ready <- addr })
	}()
	s := &service{TB: tb}
	s.stop = func() {
		cancel()
		if err, ok := <-ended; ok {
			if err != nil {
				tb.Error("run:", err)
			}
			close(ended)
		}
	}
	tb.Cleanup(s.stop)
	select {
	case s.addr = <-ready:
	case err := <-ended:
		close(ended)
		tb.Fatal("run:", err)
	}
	return s
}

type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code, Field string }
	}
}

// ask sends a query or mutation and decodes its data; errors fail the test.
func (s *service) ask(query string, variables map[string]any, out any) {
	s.Helper()
	a := s.post(query, variables)
	if len(a.Errors) > 0 {
		s.Fatalf("%s: %s (%s)", query, a.Errors[0].Message, a.Errors[0].Extensions.Code)
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		s.Fatal(err)
	}
}

// refused sends a query or mutation and gives the code that it is refused with.
func (s *service) refused(query string, variables map[string]any) string {
	s.Helper()
	a := s.post(query, variables)
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

func (s *service) post(query string, variables map[string]any) (a answer) {
	s.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		s.Fatal(err)
	}
	r, err := http.Post("http://"+s.addr+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		s.Fatalf("%s: %s", r.Status, b)
	}
	return a
}

// socket is a graphql-transport-ws connection with one subscription.
type socket struct {
	*service
	ws   *websocket.Conn
	warm bool // see wake
}

func (s *service) subscribe(query string, variables map[string]any) *socket {
	s.Helper()
	ws, r, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(s.Context(), "ws://"+s.addr+"/graphql", nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Body.Close()
	s.Cleanup(func() { ws.Close() })
	k := &socket{service: s, ws: ws}
	k.send(map[string]any{"type": "connection_init"})
	if m := k.read(); m.Type != "connection_ack" {
		s.Fatalf("got %s, want connection_ack", m.Type)
	}
	k.send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query, "variables": variables}})
	return k
}

func (k *socket) send(v any) {
	k.Helper()
	if err := k.ws.WriteJSON(v); err != nil {
		k.Fatal(err)
	}
}

type message struct {
	Type    string
	Payload json.RawMessage
}

func (k *socket) read() (m message) {
	k.Helper()
	for {
		if err := errors.Join(k.ws.SetReadDeadline(time.Now().Add(30*time.Second)), k.ws.ReadJSON(&m)); err != nil {
			k.Fatal(err)
		}
		switch {
		case m.Type == "ping":
			k.send(map[string]any{"type": "pong"})
		case k.warm && bytes.Contains(m.Payload, []byte("/warm/")):
		default:
			return m
		}
	}
}

// next decodes the data of the next message; false if the subscription is over.
func (k *socket) next(out any) bool {
	k.Helper()
	m := k.read()
	switch m.Type {
	case "next":
		var a answer
		if err := json.Unmarshal(m.Payload, &a); err != nil || len(a.Errors) > 0 {
			k.Fatalf("%v %s", err, m.Payload)
		}
		if err := json.Unmarshal(a.Data, out); err != nil {
			k.Fatal(err)
		}
		return true
	case "complete":
		return false
	}
	k.Fatalf("got %s %s", m.Type, m.Payload)
	return false
}

// wake waits until a subscription to what is new has begun, of which a client is
// not told: it has pages of company read, one after another, until news of one
// arrives. Messages about these pages are passed over from then on.
func (k *socket) wake(company string) {
	k.Helper()
	w := newSite(k)
	w.HandleFunc("/warm/", func(rw http.ResponseWriter, r *http.Request) {
		writePage(rw, "Warm", "<p>The plan of "+r.URL.Path+" allows 5 requests per minute.</p>")
	})
	arrived := make(chan struct{})
	go func() {
		defer close(arrived)
		k.read()
	}()
	for n := 0; ; n++ {
		select {
		case <-arrived:
			k.warm = true
			return
		default:
			k.wait(k.scrape(map[string]any{"urls": []string{fmt.Sprintf("%s/warm/%d", w.URL, n)}, "company": company, "profile": "api_docs"}).ID)
		}
	}
}

type jobState struct {
	ID, Status                              string
	Total, Done, Failed, Skipped, FactCount int
	Error                                   *struct{ Code, Message string }
	Items                                   struct{ Edges []struct{ Node itemState } }
	CanCancel, CanRetry                     bool
	Result                                  *struct{ FactsAdded, FactsRemoved int }
}

type itemState struct {
	URL, Outcome, Reason, State string
	HTTPStatus                  int
	FactCount, Depth            int
	Page                        *struct{ ID, URL, Title string }
}

const jobFields = `id status total done failed skipped factCount canCancel canRetry error { code message } result { factsAdded factsRemoved }`

func (s *service) scrape(input map[string]any) jobState {
	s.Helper()
	var out struct{ StartScrape struct{ Job jobState } }
	s.ask(`mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { `+jobFields+` } } }`, map[string]any{"input": input}, &out)
	return out.StartScrape.Job
}

// wait watches a job until it has ended, and gives its last state with items.
func (s *service) wait(id string) (last jobState) {
	s.Helper()
	k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { `+jobFields+` } }`, map[string]any{"id": id})
	var m struct{ Job jobState }
	for k.next(&m) {
	}
	var out struct{ Job jobState }
	s.ask(`query ($id: ID!) { job(id: $id) { `+jobFields+` items(first: 100) { edges { node { url outcome reason state httpStatus factCount depth page { id url title } } } } } }`,
		map[string]any{"id": id}, &out)
	if out.Job.Status != m.Job.Status || m.Job.Status == "RUNNING" {
		s.Errorf("the subscription ended with %s, the job is %s", m.Job.Status, out.Job.Status)
	}
	return out.Job
}

type factState struct {
	ID, Company, Category, Statement, Quote, Status, DeepLink, URL string
	Confidence                                                     float64
	Headings                                                       []string
	Span                                                           struct{ ByteStart, ByteEnd, RuneStart, RuneEnd, UTF16Start, UTF16End int }
	Snapshot                                                       struct{ Text, Hash string }
	Page                                                           struct{ URL, Company string }
}

const factFields = `id company category statement quote status deepLink url confidence headings
	span { byteStart byteEnd runeStart runeEnd utf16Start utf16End } snapshot { text hash } page { url company }`

func (s *service) facts(where map[string]any) (facts []factState) {
	s.Helper()
	var out struct {
		Facts struct {
			Edges []struct{ Node factState }
		}
	}
	s.ask(`query ($where: FactWhereInput) { facts(first: 100, where: $where) { edges { node { `+factFields+` } } } }`, map[string]any{"where": where}, &out)
	for _, e := range out.Facts.Edges {
		facts = append(facts, e.Node)
	}
	return facts
}

// proven checks that the quote of f stands in its text, in all three units.
func (s *service) proven(f factState) {
	s.Helper()
	text, span := f.Snapshot.Text, f.Span
	if got := text[span.ByteStart:span.ByteEnd]; got != f.Quote {
		s.Errorf("bytes: %q, quote: %q", got, f.Quote)
	}
	if got := string([]rune(text)[span.RuneStart:span.RuneEnd]); got != f.Quote {
		s.Errorf("runes: %q, quote: %q", got, f.Quote)
	}
	if got := string(utf16.Decode(utf16.Encode([]rune(text))[span.UTF16Start:span.UTF16End])); got != f.Quote {
		s.Errorf("UTF-16: %q, quote: %q", got, f.Quote)
	}
}

// site is a web site of the test's own; what it serves can be changed.
type site struct {
	*httptest.Server
	*http.ServeMux
}

func newSite(tb testing.TB) *site {
	tb.Helper()
	mux := http.NewServeMux()
	s := &site{httptest.NewServer(mux), mux}
	tb.Cleanup(s.Close)
	return s
}

func (s *site) domain() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic(err) // httptest makes good URLs
	}
	return u.Host
}

// page serves an HTML page of one section.
func (s *site) page(path, title, body string) {
	s.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { writePage(w, title, body) })
}

func writePage(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>%s</title></head><body><nav><a href="#top">Top</a></nav><main><h1>%s</h1>%s</main></body></html>`, title, title, body)
}

// canary is a listener that must not be connected to.
func canary(tb testing.TB) (port string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			tb.Error("the canary was touched by", conn.RemoteAddr())
			conn.Close()
		}
	}()
	tb.Cleanup(func() { listener.Close(); <-done })
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if strings.Contains(l, s) {
			return true
		}
	}
	return false
}
