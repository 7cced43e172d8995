// Package server is HTTP in front of a GraphQL schema: routes, the key, origins,
// limits, and its transports. It refuses what is too large
// before it is read and what is too dear before it is run, and shows a client
// of an error no more than its code and words that are meant for strangers.
package server

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/fault"
)

// Config is what an operator may set.
type Config struct {
	APIKey        string   // empty: no key is asked for, and only requests to a loopback name are served
	Origins       []string // whose pages may use the API, exactly, as in https://app.example:8443
	Limits        Limits   // what is zero is as in DefaultLimits
	Introspection bool     // whether clients may read the schema
}

// Limits bound what one request, or one socket, may cost.
type Limits struct {
	Body   int64 // bytes of a request's body
	URL    int   // bytes of a GET's URL
	Tokens int   // of a document

	// Of an operation, with its fragments put in place.
	Depth      int // fields in fields
	Aliases    int
	RootFields int
	Directives int

	Page        int // the most that first or last may ask for
	DefaultPage int // what a connection gives when neither is there
	Nodes       int // that an operation may return: the product of its nested pages

	Persisted int // queries that are kept by their hash; negative: none, and clients are told so

	Query    time.Duration // to answer a query in
	Mutation time.Duration // to answer a mutation in

	// Of a websocket; Write is of an event stream, too.
	Init       time.Duration // until connection_init must have come
	Message    int64         // bytes of a message that comes in
	Ping       time.Duration // between two pings; the second finds the first answered
	Write      time.Duration // until a message that goes out must be taken
	Operations int           // at a time

	KeepAlive time.Duration // between signs of life, of an event stream and of the legacy protocol
}

// DefaultLimits are generous to people and programs that mean well.
func DefaultLimits() Limits {
	return Limits{
		Body: 256 << 10, URL: 8 << 10, Tokens: 1000,
		Depth: 15, Aliases: 30, RootFields: 10, Directives: 50,
		Page: 100, DefaultPage: 20, Nodes: 5000, Persisted: 1000,
		Query: 10 * time.Second, Mutation: 30 * time.Second,
		Init: 5 * time.Second, Message: 64 << 10, Ping: 15 * time.Second, Write: 10 * time.Second, Operations: 50,
		KeepAlive: 12 * time.Second,
	}
}

// orDefault is l with what is zero replaced by what DefaultLimits says.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Body: cmp.Or(l.Body, d.Body), URL: cmp.Or(l.URL, d.URL), Tokens: cmp.Or(l.Tokens, d.Tokens),
		Depth: cmp.Or(l.Depth, d.Depth), Aliases: cmp.Or(l.Aliases, d.Aliases),
		RootFields: cmp.Or(l.RootFields, d.RootFields), Directives: cmp.Or(l.Directives, d.Directives),
		Page: cmp.Or(l.Page, d.Page), DefaultPage: cmp.Or(l.DefaultPage, d.DefaultPage), Nodes: cmp.Or(l.Nodes, d.Nodes),
		Persisted: cmp.Or(l.Persisted, d.Persisted),
		Query:     cmp.Or(l.Query, d.Query), Mutation: cmp.Or(l.Mutation, d.Mutation),
		Init: cmp.Or(l.Init, d.Init), Message: cmp.Or(l.Message, d.Message), Ping: cmp.Or(l.Ping, d.Ping),
		Write: cmp.Or(l.Write, d.Write), Operations: cmp.Or(l.Operations, d.Operations),
		KeepAlive: cmp.Or(l.KeepAlive, d.KeepAlive),
	}
}

// methods are those of /graphql.
const methods = "GET, POST"

// api is what the routes share.
type api struct {
	engine  *engine
	key     apiKey
	origins origins
	health  Health
	log     *slog.Logger
}

// Handler serves schema on /graphql, by GET, POST and websocket, and what an
// operator watches on /livez and /readyz. Sockets and event streams end when
// their client goes, or when [Serve] stops.
func Handler(schema graphql.ExecutableSchema, c Config, health Health, log *slog.Logger) http.Handler {
	a := &api{
		engine:  newEngine(schema, c.Limits.orDefault(), c.Introspection, log),
		key:     newAPIKey(c.APIKey),
		origins: newOrigins(c.Origins),
		health:  health,
		log:     log,
	}
	h := a.origins.share(http.HandlerFunc(a.route))
	if c.APIKey == "" {
		h = loopbackOnly(h)
	}
	return a.identify(h)
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
	case "/":
		a.read(w, r, a.name)
	case "/livez":
		a.read(w, r, a.live)
	case "/readyz":
		a.read(w, r, a.ready)
	default:
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
		"GraphQL by POST or GET, subscriptions by websocket (graphql-transport-ws, graphql-ws) or event stream: /graphql\n"))
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "%s is not allowed here, only %s", r.Method, allow))
}
