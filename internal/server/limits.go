package server

import (
	"cmp"
	"time"
)

// Limits bound what one request, or one socket, may cost. What is zero is as in
// [DefaultLimits].
type Limits struct {
	Body   int64 // bytes of a request's body
	Import int64 // bytes of the body of a request to importPath
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

	// Of the websockets and event streams of the process.
	Connections       int
	ClientConnections int // of one address

	KeepAlive time.Duration // between signs of life, of an event stream and of the legacy protocol

	// Of a connection; what [Serve] sees to.
	Header      time.Duration // to send the header of a request in
	Read        time.Duration // to send a request in
	Idle        time.Duration // until a connection without requests is closed
	HeaderBytes int           // of a request, about
}

// DefaultLimits are generous to people and programs that mean well.
func DefaultLimits() Limits {
	return Limits{
		Body: 256 << 10, Import: 16 << 20, URL: 8 << 10, Tokens: 1000,
		Depth: 15, Aliases: 30, RootFields: 10, Directives: 50,
		Page: 100, DefaultPage: 20, Nodes: 5000, Persisted: 1000,
		Query: 10 * time.Second, Mutation: 30 * time.Second,
		Init: 5 * time.Second, Message: 64 << 10, Ping: 15 * time.Second, Write: 10 * time.Second, Operations: 50,
		Connections: 10_000, ClientConnections: 1000,
		KeepAlive: 12 * time.Second,
		Header:    5 * time.Second, Read: 15 * time.Second, Idle: 60 * time.Second, HeaderBytes: 16 << 10,
	}
}

// orDefault is l with what is zero replaced by what DefaultLimits says.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	page := cmp.Or(l.Page, d.Page)
	return Limits{
		Body: cmp.Or(l.Body, d.Body), Import: cmp.Or(l.Import, d.Import), URL: cmp.Or(l.URL, d.URL), Tokens: cmp.Or(l.Tokens, d.Tokens),
		Depth: cmp.Or(l.Depth, d.Depth), Aliases: cmp.Or(l.Aliases, d.Aliases),
		RootFields: cmp.Or(l.RootFields, d.RootFields), Directives: cmp.Or(l.Directives, d.Directives),
		Page: page, DefaultPage: min(cmp.Or(l.DefaultPage, d.DefaultPage), page), Nodes: cmp.Or(l.Nodes, d.Nodes),
		Persisted: cmp.Or(l.Persisted, d.Persisted),
		Query:     cmp.Or(l.Query, d.Query), Mutation: cmp.Or(l.Mutation, d.Mutation),
		Init: cmp.Or(l.Init, d.Init), Message: cmp.Or(l.Message, d.Message), Ping: cmp.Or(l.Ping, d.Ping),
		Write: cmp.Or(l.Write, d.Write), Operations: cmp.Or(l.Operations, d.Operations),
		Connections: cmp.Or(l.Connections, d.Connections), ClientConnections: cmp.Or(l.ClientConnections, d.ClientConnections),
		KeepAlive: cmp.Or(l.KeepAlive, d.KeepAlive),
		Header:    cmp.Or(l.Header, d.Header), Read: cmp.Or(l.Read, d.Read), Idle: cmp.Or(l.Idle, d.Idle),
		HeaderBytes: cmp.Or(l.HeaderBytes, d.HeaderBytes),
	}
}
