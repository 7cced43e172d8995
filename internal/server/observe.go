package server

import (
	"bufio"
	"context"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/trace"
)

// Observer is told what the server does, as it does it. It must not wait. The
// values it gets are few: none is chosen by a client.
type Observer interface {
	// Request is called when the status of a request has been decided; of a
	// websocket when it opens.
	Request(route string, status int)
	// Connected is called for a websocket and an event_stream; closed when it ends.
	Connected(kind string) (closed func())
	// Operation is called when a query or mutation has its answer. Field is the
	// one it asks for, or several.
	Operation(kind, field string, took time.Duration)
	// Subscribed is called when a subscription begins, sent with each of its
	// results, and closed when it ends.
	Subscribed(field string) (sent, closed func())
	// Failure is called for each error in an answer.
	Failure(code string)
}

// unobserved is for a server that nobody watches.
type unobserved struct{}

func (unobserved) Request(string, int)                           {}
func (unobserved) Connected(string) func()                       { return func() {} }
func (unobserved) Operation(string, string, time.Duration)       {}
func (unobserved) Subscribed(string) (sent func(), ended func()) { return func() {}, func() {} }
func (unobserved) Failure(string)                                {}

// timed runs a query or mutation, and tells observer, trace and log of it.
func (e *engine) timed(ctx context.Context, op *graphql.OperationContext) iter.Seq[*graphql.Response] {
	kind, field := string(op.Operation.Operation), rootField(op.Operation.SelectionSet)
	return func(yield func(*graphql.Response) bool) {
		ctx, span := e.tracer.Begin(ctx, trace.Server, kind+" "+field, slog.String("request_id", RequestID(ctx)), slog.String("operation", op.OperationName))
		began := time.Now()
		for resp := range e.dispatch(ctx, op) {
			took := time.Since(began)
			e.observer.Operation(kind, field, took)
			span.End(firstError(resp.Errors))
			e.record(ctx, op, field, took, len(resp.Errors))
			yield(resp)
		}
	}
}

// watched runs a subscription, and tells observer and log of it.
func (e *engine) watched(ctx context.Context, op *graphql.OperationContext) iter.Seq[*graphql.Response] {
	field := rootField(op.Operation.SelectionSet)
	return func(yield func(*graphql.Response) bool) {
		began, errs := time.Now(), 0
		sent, closed := e.observer.Subscribed(field)
		defer func() { closed(); e.record(ctx, op, field, time.Since(began), errs) }()
		for resp := range e.dispatch(ctx, op) {
			sent()
			errs += len(resp.Errors)
			if !yield(resp) {
				return
			}
		}
	}
}

// record logs an operation that has ended. That is for finding out what a
// client does, except for one that took long: somebody has waited.
func (e *engine) record(ctx context.Context, op *graphql.OperationContext, field string, took time.Duration, errs int) {
	slow := e.slow > 0 && took > e.slow && op.Operation.Operation != ast.Subscription
	if !slow && !e.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", RequestID(ctx)), slog.String("type", string(op.Operation.Operation)),
		slog.String("field", field), slog.String("operation", op.OperationName), slog.Int64("took_ms", took.Milliseconds()), slog.Int("errors", errs),
	}
	if slow {
		e.log.LogAttrs(ctx, slog.LevelWarn, "slow operation", attrs...)
		return
	}
	e.log.LogAttrs(ctx, slog.LevelDebug, "operation", attrs...)
}

// firstError is the first of a list as an error, or nil.
func firstError(list gqlerror.List) error {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// rootField is the field that an operation asks for, or several.
func rootField(set ast.SelectionSet) string {
	if len(set) != 1 {
		return "several"
	}
	switch s := set[0].(type) {
	case *ast.Field:
		return s.Name
	case *ast.InlineFragment:
		return rootField(s.SelectionSet)
	case *ast.FragmentSpread:
		return rootField(s.Definition.SelectionSet)
	}
	return "several"
}

// routeOf names what a request asks for: one of a few.
func routeOf(r *http.Request) string {
	switch path := r.URL.Path; path {
	case "/graphql":
		if websocket.IsWebSocketUpgrade(r) {
			return "websocket"
		}
		return path
	case importPath, "/", "/livez", "/readyz", "/metrics", "/graphiql":
		return path
	}
	return "other"
}

// counted is a writer that tells the observer of the status of its answer.
type counted struct {
	http.ResponseWriter
	observer Observer
	route    string
	known    bool
}

func (c *counted) count(status int) {
	if !c.known && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		c.known = true
		c.observer.Request(c.route, status)
	}
}

// WriteHeader sends the header.
func (c *counted) WriteHeader(status int) {
	c.count(status)
	c.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (c *counted) Write(b []byte) (int, error) {
	c.count(http.StatusOK)
	return c.ResponseWriter.Write(b)
}

// Hijack takes the connection over, to make a websocket of it.
func (c *counted) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err == nil {
		c.count(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// scrape serves what the operator's tools read, to whoever has the key.
func (a *api) scrape(w http.ResponseWriter, r *http.Request) {
	if _, err := a.caller(r); err != nil {
		a.refuseCaller(w, r, err)
		return
	}
	a.metrics.ServeHTTP(w, r)
}

// Operations serves what an operator watches, and nothing else: /livez, /readyz
// and /metrics. It asks for no key: it says nothing of what is stored.
func Operations(health Health, metrics http.Handler, log *slog.Logger) http.Handler {
	a := &api{health: health, metrics: metrics, observer: unobserved{}, log: log}
	return a.identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/livez":
			a.read(w, r, a.live)
		case "/readyz":
			a.read(w, r, a.ready)
		case "/metrics":
			a.read(w, r, a.metrics.ServeHTTP)
		default:
			refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "nothing is served here but /livez, /readyz and /metrics"))
		}
	}))
}
