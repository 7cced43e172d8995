// Package server is HTTP in front of a GraphQL schema: routes, the key, origins,
// limits, and two transports, POST and websocket. It refuses what is too large
// before it is read and what is too dear before it is run, and shows a client
// of an error no more than its code and words that are meant for strangers.
package server

import (
	"cmp"
	"io/fs"
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
	GraphiQL      fs.FS    // its built page, served on /graphiql; nil: it is not
}

// Limits bound what one request, or one socket, may cost.
type Limits struct {
	Body   int64 // bytes of a request's body
	Tokens int   // of a document

	// Of an operation, with its fragments put in place.
	Depth      int // fields in fields
	Aliases    int
	RootFields int
	Directives int

	Page        int // the most that first or last may ask for
	DefaultPage int // what a connection gives when neither is there
	Nodes       int // that an operation may return: the product of its nested pages

	Query    time.Duration // to answer a query in
	Mutation time.Duration // to answer a mutation in

	// Of a websocket.
	Init       time.Duration // until connection_init must have come
	Message    int64         // bytes of a message that comes in
	Ping       time.Duration // between two pings; the second finds the first answered
	Write      time.Duration // until a message that goes out must be taken
	Operations int           // at a time
}

// DefaultLimits are generous to people and programs that mean well.
func DefaultLimits() Limits {
	return Limits{
		Body: 256 << 10, Tokens: 1000,
		Depth: 15, Aliases: 30, RootFields: 10, Directives: 50,
		Page: 100, DefaultPage: 20, Nodes: 5000,
		Query: 10 * time.Second, Mutation: 30 * time.Second,
		Init: 5 * time.Second, Message: 64 << 10, Ping: 15 * time.Second, Write: 10 * time.Second, Operations: 50,
	}
}

// orDefault is l with what is zero replaced by what DefaultLimits says.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Body: cmp.Or(l.Body, d.Body), Tokens: cmp.Or(l.Tokens, d.Tokens),
		Depth: cmp.Or(l.Depth, d.Depth), Aliases: cmp.Or(l.Aliases, d.Aliases),
		RootFields: cmp.Or(l.RootFields, d.RootFields), Directives: cmp.Or(l.Directives, d.Directives),
		Page: cmp.Or(l.Page, d.Page), DefaultPage: cmp.Or(l.DefaultPage, d.DefaultPage), Nodes: cmp.Or(l.Nodes, d.Nodes),
		Query: cmp.Or(l.Query, d.Query), Mutation: cmp.Or(l.Mutation, d.Mutation),
		Init: cmp.Or(l.Init, d.Init), Message: cmp.Or(l.Message, d.Message), Ping: cmp.Or(l.Ping, d.Ping),
		Write: cmp.Or(l.Write, d.Write), Operations: cmp.Or(l.Operations, d.Operations),
	}
}

// api is what the routes share.
type api struct {
	engine  *engine
	key     apiKey
	origins origins
	console *site
	health  Health
	log     *slog.Logger
}

// Handler serves schema on /graphql, by POST and by websocket, and what an
// operator watches on /livez and /readyz. Sockets end when their client goes,
// or when [Serve] stops. It serves GraphiQL on /graphiql if c brings it.
func Handler(schema graphql.ExecutableSchema, c Config, health Health, log *slog.Logger) http.Handler {
	console, err := newSite("/graphiql", c.GraphiQL)
	if err != nil {
		panic(err) // cannot happen: it is embedded, and built with its page
	}
	a := &api{
		engine:  newEngine(schema, c.Limits.orDefault(), c.Introspection, log),
		key:     newAPIKey(c.APIKey),
		origins: newOrigins(c.Origins),
		console: console,
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
		case r.Method == http.MethodPost:
			a.post(w, r)
		default:
			refuseMethod(w, r, http.MethodPost)
		}
	case "/":
		a.read(w, r, a.name)
	case "/livez":
		a.read(w, r, a.live)
	case "/readyz":
		a.read(w, r, a.ready)
	default:
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
		"GraphQL by POST, subscriptions by websocket (graphql-transport-ws): /graphql\n"+a.pages()))
}

// pages names what is there for people.
func (a *api) pages() string {
	if a.console == nil {
		return ""
	}
	return "GraphiQL, to try it in a browser: " + a.console.prefix + "\n"
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "%s is not allowed here, only %s", r.Method, allow))
}
