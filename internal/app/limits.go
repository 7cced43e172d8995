package app

import (
	"cmp"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/server"
)

// APILimits bound what one client of the API may cost. What is zero is as the
// server has it, which is what the help says.
type APILimits struct {
	MaxBody       int64 `name:"graphql-max-body" env:"GRAPHQL_MAX_BODY" default:"262144" group:"Limits of the API" help:"Bytes of a request's body."`
	MaxImport     int64 `name:"graphql-max-import" env:"GRAPHQL_MAX_IMPORT" default:"16777216" group:"Limits of the API" help:"Bytes of the body of a request to /graphql/import, which takes nothing but importDocuments."`
	MaxURL        int   `name:"graphql-max-url" env:"GRAPHQL_MAX_URL" default:"8192" group:"Limits of the API" help:"Bytes of the URL of a GET; at most HTTP_MAX_HEADER."`
	MaxTokens     int   `name:"graphql-max-tokens" env:"GRAPHQL_MAX_TOKENS" default:"1000" group:"Limits of the API" help:"Tokens of a document."`
	MaxDepth      int   `name:"graphql-max-depth" env:"GRAPHQL_MAX_DEPTH" default:"15" group:"Limits of the API" help:"Fields in fields of an operation."`
	MaxAliases    int   `name:"graphql-max-aliases" env:"GRAPHQL_MAX_ALIASES" default:"30" group:"Limits of the API" help:"Aliases in an operation."`
	MaxRootFields int   `name:"graphql-max-root-fields" env:"GRAPHQL_MAX_ROOT_FIELDS" default:"10" group:"Limits of the API" help:"Fields of an operation itself."`
	MaxDirectives int   `name:"graphql-max-directives" env:"GRAPHQL_MAX_DIRECTIVES" default:"50" group:"Limits of the API" help:"Directives in an operation."`
	MaxPage       int   `name:"graphql-max-page" env:"GRAPHQL_MAX_PAGE" default:"100" group:"Limits of the API" help:"What first and last may ask for; also what a list gives unasked, if that is less than 20."`
	MaxNodes      int   `name:"graphql-max-nodes" env:"GRAPHQL_MAX_NODES" default:"5000" group:"Limits of the API" help:"Nodes that an operation may ask for: the product of its nested pages."`
	Persisted     int   `name:"graphql-persisted-queries" env:"GRAPHQL_PERSISTED_QUERIES" default:"1000" group:"Limits of the API" help:"Automatic persisted queries that are kept; -1 switches them off."`

	PointsPerMinute int `name:"api-points-per-minute" env:"API_POINTS_PER_MINUTE" default:"0" group:"Limits of the API" help:"Points that each key may spend a minute: an operation costs 1, each node that it asks for 1, each mutation 10. 0 is 60,000 for a key and no limit where no key is asked for; -1 is no limit at all."`

	QueryTimeout    Seconds `name:"graphql-query-timeout" env:"GRAPHQL_QUERY_TIMEOUT" default:"10s" group:"Limits of the API" help:"Time to answer a query."`
	MutationTimeout Seconds `name:"graphql-mutation-timeout" env:"GRAPHQL_MUTATION_TIMEOUT" default:"30s" group:"Limits of the API" help:"Time to answer a mutation."`

	InitTimeout   Seconds `name:"websocket-init-timeout" env:"WEBSOCKET_INIT_TIMEOUT" default:"5s" group:"Limits of the API" help:"Time until connection_init must have come."`
	MaxMessage    int64   `name:"websocket-max-message" env:"WEBSOCKET_MAX_MESSAGE" default:"65536" group:"Limits of the API" help:"Bytes of a message that a client sends."`
	Ping          Seconds `name:"websocket-ping" env:"WEBSOCKET_PING" default:"15s" group:"Limits of the API" help:"Time between two pings, which a client must answer."`
	WriteTimeout  Seconds `name:"websocket-write-timeout" env:"WEBSOCKET_WRITE_TIMEOUT" default:"10s" group:"Limits of the API" help:"Time for a client to take a message; of event streams, too."`
	MaxOperations int     `name:"websocket-max-operations" env:"WEBSOCKET_MAX_OPERATIONS" default:"50" group:"Limits of the API" help:"Operations of one websocket at a time."`
	MaxSockets    int     `name:"websocket-max-connections" env:"WEBSOCKET_MAX_CONNECTIONS" default:"10000" group:"Limits of the API" help:"Websockets and event streams of this process at a time."`
	ClientSockets int     `name:"websocket-max-connections-per-client" env:"WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT" default:"1000" group:"Limits of the API" help:"The same of one address (IPv6: of a /64). Behind a proxy all clients have one."`
	KeepAlive     Seconds `name:"stream-keep-alive" env:"STREAM_KEEP_ALIVE" default:"12s" group:"Limits of the API" help:"Time after which a silent event stream, or a websocket of the legacy protocol, gets a sign of life."`

	HeaderTimeout Seconds `name:"http-header-timeout" env:"HTTP_HEADER_TIMEOUT" default:"5s" group:"Limits of the API" help:"Time for a client to send the header of a request."`
	ReadTimeout   Seconds `name:"http-read-timeout" env:"HTTP_READ_TIMEOUT" default:"15s" group:"Limits of the API" help:"Time for a client to send a request."`
	IdleTimeout   Seconds `name:"http-idle-timeout" env:"HTTP_IDLE_TIMEOUT" default:"60s" group:"Limits of the API" help:"Time until a connection without requests is closed."`
	MaxHeader     int     `name:"http-max-header" env:"HTTP_MAX_HEADER" default:"16384" group:"Limits of the API" help:"Bytes of the header of a request, and some 4 KiB more."`
}

// limits are l as the server wants them.
func (l APILimits) limits() server.Limits {
	return server.Limits{
		Body: l.MaxBody, Import: l.MaxImport, URL: l.MaxURL, Tokens: l.MaxTokens,
		Depth: l.MaxDepth, Aliases: l.MaxAliases, RootFields: l.MaxRootFields, Directives: l.MaxDirectives,
		Page: l.MaxPage, Nodes: l.MaxNodes, Persisted: l.Persisted,
		Query: time.Duration(l.QueryTimeout), Mutation: time.Duration(l.MutationTimeout),
		Init: time.Duration(l.InitTimeout), Message: l.MaxMessage, Ping: time.Duration(l.Ping),
		Write: time.Duration(l.WriteTimeout), Operations: l.MaxOperations, Connections: l.MaxSockets, ClientConnections: l.ClientSockets, KeepAlive: time.Duration(l.KeepAlive),
		Header: time.Duration(l.HeaderTimeout), Read: time.Duration(l.ReadTimeout), Idle: time.Duration(l.IdleTimeout),
		HeaderBytes: l.MaxHeader,
	}
}

// check names the limit that is not within what makes sense.
func (l APILimits) check() error {
	for _, number := range []struct {
		name            string
		is, least, most int64
	}{
		{"GRAPHQL_MAX_BODY", l.MaxBody, 1, 100 << 20},
		{"GRAPHQL_MAX_IMPORT", l.MaxImport, 1, 1 << 30},
		{"GRAPHQL_MAX_URL", int64(l.MaxURL), 1, int64(cmp.Or(l.MaxHeader, 1<<20))},
		{"GRAPHQL_MAX_TOKENS", int64(l.MaxTokens), 1, 100_000},
		{"GRAPHQL_MAX_DEPTH", int64(l.MaxDepth), 1, 100},
		{"GRAPHQL_MAX_ALIASES", int64(l.MaxAliases), 1, 1000},
		{"GRAPHQL_MAX_ROOT_FIELDS", int64(l.MaxRootFields), 1, 1000},
		{"GRAPHQL_MAX_DIRECTIVES", int64(l.MaxDirectives), 1, 1000},
		{"GRAPHQL_MAX_PAGE", int64(l.MaxPage), 1, 1000},
		{"GRAPHQL_MAX_NODES", int64(l.MaxNodes), 1, 1_000_000},
		{"WEBSOCKET_MAX_MESSAGE", l.MaxMessage, 1, 100 << 20},
		{"WEBSOCKET_MAX_OPERATIONS", int64(l.MaxOperations), 1, 10_000},
		{"WEBSOCKET_MAX_CONNECTIONS", int64(l.MaxSockets), 1, 1_000_000},
		{"WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT", int64(l.ClientSockets), 1, 1_000_000},
		{"HTTP_MAX_HEADER", int64(l.MaxHeader), 1, 1 << 20},
	} {
		if number.is < number.least || number.is > number.most {
			return fault.New(fault.Invalid, "%s must be from %d to %d", number.name, number.least, number.most)
		}
	}
	if l.Persisted < -1 || l.Persisted == 0 || l.Persisted > 100_000 {
		return fault.New(fault.Invalid, "GRAPHQL_PERSISTED_QUERIES must be -1, or from 1 to 100000")
	}
	if l.PointsPerMinute < -1 || l.PointsPerMinute > 1_000_000_000 {
		return fault.New(fault.Invalid, "API_POINTS_PER_MINUTE must be from -1 to 1000000000")
	}
	for _, duration := range []struct {
		name string
		is   Seconds
	}{
		{"GRAPHQL_QUERY_TIMEOUT", l.QueryTimeout},
		{"GRAPHQL_MUTATION_TIMEOUT", l.MutationTimeout},
		{"WEBSOCKET_INIT_TIMEOUT", l.InitTimeout},
		{"WEBSOCKET_PING", l.Ping},
		{"WEBSOCKET_WRITE_TIMEOUT", l.WriteTimeout},
		{"STREAM_KEEP_ALIVE", l.KeepAlive},
		{"HTTP_HEADER_TIMEOUT", l.HeaderTimeout},
		{"HTTP_READ_TIMEOUT", l.ReadTimeout},
		{"HTTP_IDLE_TIMEOUT", l.IdleTimeout},
	} {
		if duration.is <= 0 || duration.is > Seconds(time.Hour) {
			return fault.New(fault.Invalid, "%s must be more than 0 and at most 1h", duration.name)
		}
	}
	return nil
}
