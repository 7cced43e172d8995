package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"techfacts.dev/techfacts/internal/fault"
)

// Clients know these by their words and by their codes, which are those of the
// protocol, not ours: docs/adr/0005-transports.md.
var (
	errPersistedNotFound     = fault.New("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
	errPersistedNotSupported = fault.New("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
)

// persisted is a request's part in automatic persisted queries, the protocol of
// Apollo: a client sends the hash of a query, and the query only if the hash is
// not known.
type persisted struct {
	hash string // empty: it takes no part
}

// persistedIn finds it in the extensions of a request.
func persistedIn(p *graphql.RawParams) (persisted, error) {
	const field = "extensions.persistedQuery"
	given, there := p.Extensions["persistedQuery"]
	if !there || given == nil {
		return persisted{}, nil
	}
	ext, ok := given.(map[string]any)
	if !ok {
		return persisted{}, fault.InvalidField(field, "must be an object")
	}
	if version, ok := ext["version"].(json.Number); !ok || version != "1" {
		return persisted{}, fault.InvalidField(field+".version", "must be 1")
	}
	hash, ok := ext["sha256Hash"].(string)
	if !ok || len(hash) != hex.EncodedLen(sha256.Size) {
		return persisted{}, fault.InvalidField(field+".sha256Hash", "must be a SHA-256 in hexadecimal digits")
	}
	if sum := sha256.Sum256([]byte(p.Query)); p.Query != "" && hash != hex.EncodeToString(sum[:]) {
		return persisted{}, fault.InvalidField(field+".sha256Hash", "is not that of the query")
	}
	return persisted{hash}, nil
}

// Queries are persisted queries that several processes share. They may be
// lost, and never keep anybody waiting for long.
type Queries interface {
	Query(ctx context.Context, hash string) (query string, ok bool)
	Keep(ctx context.Context, hash, query string)
}

// persistedQueries keeps the queries that were asked for last, by their hash,
// in this process and where others find them, too. Its nil keeps none.
type persistedQueries struct {
	kept   *lru.Cache[string, string]
	shared Queries // nil: this process only
}

// newPersistedQueries makes a store of n queries; of none if n is negative.
func newPersistedQueries(n int, shared Queries) *persistedQueries {
	if n < 0 {
		return nil
	}
	kept, err := lru.New[string, string](n)
	if err != nil {
		panic(err) // cannot happen: Limits have no zeros
	}
	return &persistedQueries{kept, shared}
}

// find puts the query into p that its hash stands for, if it has none itself.
func (q *persistedQueries) find(ctx context.Context, p *graphql.RawParams) (persisted, error) {
	part, err := persistedIn(p)
	if err != nil || part.hash == "" {
		return persisted{}, err
	}
	if q == nil {
		return persisted{}, errPersistedNotSupported
	}
	if p.Query == "" {
		query, ok := q.get(ctx, part.hash)
		if !ok {
			return persisted{}, errPersistedNotFound
		}
		p.Query = query
		return persisted{}, nil // it is kept already
	}
	return part, nil
}

// get finds a query here or elsewhere. What comes from elsewhere must be what
// its hash says.
func (q *persistedQueries) get(ctx context.Context, hash string) (string, bool) {
	query, ok := q.kept.Get(hash)
	if ok || q.shared == nil {
		return query, ok
	}
	query, ok = q.shared.Query(ctx, hash)
	if sum := sha256.Sum256([]byte(query)); !ok || hash != hex.EncodeToString(sum[:]) {
		return "", false
	}
	q.kept.Add(hash, query)
	return query, true
}

// keep remembers a query that has passed every check. One that is long is not:
// a client gets no more memory than the number of queries allows.
func (q *persistedQueries) keep(ctx context.Context, part persisted, query string) {
	if part.hash == "" || len(query) > keptDocumentMax {
		return
	}
	q.kept.Add(part.hash, query)
	if q.shared != nil {
		q.shared.Keep(ctx, part.hash, query)
	}
}
