package server

import (
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

// persistedQueries keeps the queries that were asked for last, by their hash.
// Its nil keeps none.
type persistedQueries struct{ kept *lru.Cache[string, string] }

// newPersistedQueries makes a store of n queries; of none if n is negative.
func newPersistedQueries(n int) *persistedQueries {
	if n < 0 {
		return nil
	}
	kept, err := lru.New[string, string](n)
	if err != nil {
		panic(err) // cannot happen: Limits have no zeros
	}
	return &persistedQueries{kept}
}

// find puts the query into p that its hash stands for, if it has none itself.
func (q *persistedQueries) find(p *graphql.RawParams) (persisted, error) {
	part, err := persistedIn(p)
	if err != nil || part.hash == "" {
		return persisted{}, err
	}
	if q == nil {
		return persisted{}, errPersistedNotSupported
	}
	if p.Query == "" {
		query, ok := q.kept.Get(part.hash)
		if !ok {
			return persisted{}, errPersistedNotFound
		}
		p.Query = query
	}
	return part, nil
}

// keep remembers a query that has passed every check. One that is long is not:
// a client gets no more memory than the number of queries allows.
func (q *persistedQueries) keep(part persisted, query string) {
	if part.hash != "" && len(query) <= keptDocumentMax {
		q.kept.Add(part.hash, query)
	}
}
