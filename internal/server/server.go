// Package server is HTTP in front of a GraphQL schema: routes, keys, origins,
// limits, and its transports. It refuses what is too large
// before it is read and what is too dear before it is run, and shows a client
// of an error no more than its code and words that are meant for strangers.
package server

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/trace"
)

// Config is what an operator may set.
type Config struct {
	Keys          *access.Keys  // who may come in; nil: everybody, but only by a loopback name, as while Keys ask for none
	Audit         *access.Audit // where mutations are written down; nil: nowhere
	Spend         Spend         // nil: nobody is limited
	Queries       Queries       // persisted queries of other processes; nil: there are none
	Origins       []string      // whose pages may use the API, exactly, as in https://app.example:8443
	Limits        Limits        // what is zero is as in DefaultLimits
	Introspection bool          // whether clients may read the schema
	GraphiQL      fs.FS         // its built page, served on /graphiql; nil: it is not

	Reports Files   // served below /reports/ to whoever may read; nil: none
	Exports Streams // served below /exports/ to whoever may read; nil: none

	Observer Observer      // nil: nobody
	Tracer   *trace.Tracer // nil: none
	Slow     time.Duration // queries and mutations that take longer are worth a warning; 0: none is
	Metrics  http.Handler  // served on /metrics to whoever has the key; nil: it is not
}

// Spend takes points from what a caller may spend, or tells how long to wait
// until there are so many. It never keeps anybody waiting for long.
type Spend func(ctx context.Context, c access.Caller, points int) (wait time.Duration)

// methods are those of /graphql.
const methods = "GET, POST"

// api is what the routes share.
type api struct {
	engine    *engine
	origins   origins
	crowd     *crowd
	imports   chan struct{} // large requests at a time
	console   *site
	reports   Files
	exports   Streams
	exporting chan struct{} // at a time
	health    Health
	metrics   http.Handler
	observer  Observer
	tracer    *trace.Tracer
	log       *slog.Logger
	buffers   sync.Pool // of websockets that write
}

// Handler serves schema on /graphql, by GET, POST and websocket, and what an
// operator watches on /livez, /readyz and /metrics. Sockets and event streams end when
// their client goes, or when [Serve] stops. It serves GraphiQL on /graphiql if c
// brings it. Without a log it logs nothing.
func Handler(schema graphql.ExecutableSchema, c Config, health Health, log *slog.Logger) http.Handler {
	console, err := newSite("/graphiql", c.GraphiQL)
	if err != nil {
		panic(err) // cannot happen: it is embedded, and built with its page
	}
	if c.Keys == nil {
		c.Keys = &access.Keys{}
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &api{
		engine:    newEngine(schema, c, log),
		origins:   newOrigins(c.Origins),
		imports:   make(chan struct{}, importsAtATime),
		crowd:     newCrowd(c.Limits.orDefault()),
		console:   console,
		reports:   c.Reports,
		exports:   c.Exports,
		exporting: make(chan struct{}, exportsAtATime),
		health:    health,
		metrics:   c.Metrics,
		observer:  c.Observer,
		tracer:    c.Tracer,
		log:       log,
	}
	return a.identify(a.loopbackOnly(a.origins.share(http.HandlerFunc(a.route))))
}

func (a *api) route(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/graphql":
		switch {
		case websocket.IsWebSocketUpgrade(r):
			a.upgrade(w, r)
		case r.Method == http.MethodPost || r.Method == http.MethodGet:
			a.answer(w, r)
		default:
			refuseMethod(w, r, methods)
		}
	case importPath:
		if r.Method != http.MethodPost {
			refuseMethod(w, r, http.MethodPost)
			return
		}
		a.answer(w, r)
	case "/":
		a.read(w, r, a.name)
	case "/livez":
		a.read(w, r, a.live)
	case "/readyz":
		a.read(w, r, a.ready)
	default:
		if r.URL.Path == "/metrics" && a.metrics != nil {
			a.read(w, r, a.scrape)
			return
		}
		if a.reports != nil && strings.HasPrefix(r.URL.Path, reportsPrefix) {
			a.read(w, r, a.forReaders(a.report))
			return
		}
		if a.exports != nil && strings.HasPrefix(r.URL.Path, exportsPrefix) {
			a.read(w, r, a.forReaders(a.export))
			return
		}
		if a.console.has(r.URL.Path) {
			a.read(w, r, a.console.serve)
			return
		}
		refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "nothing is served here; the API is at /graphql"))
	}
}

// read lets only GET and HEAD through.
func (a *api) read(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuseMethod(w, r, "GET, HEAD")
		return
	}
	next(w, r)
}

func (a *api) name(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, "text/plain", []byte("techfacts: what vendors document, with the words that prove it.\n"+
		"GraphQL by POST or GET, subscriptions by websocket (graphql-transport-ws, graphql-ws) or event stream: /graphql\n"+a.pages()))
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "%s is not allowed here, only %s", r.Method, allow))
}

// pages names what is there for people.
func (a *api) pages() string {
	if a.console == nil {
		return ""
	}
	return "GraphiQL, to try it in a browser: " + a.console.prefix + "\n"
}
