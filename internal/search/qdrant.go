package search

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"techfacts.dev/techfacts/internal/fault"
)

// The vectors and the payload of a point. Every field that is filtered by, or
// counted, has an index.
const (
	denseVector  = "dense"
	sparseVector = "sparse"

	companyKey    = "company"
	categoryKey   = "category"
	profileKey    = "profile"
	domainKey     = "domain"
	attributeKey  = "attribute"
	unitKey       = "unit"
	pageKey       = "page"
	sameKey       = "same"
	confidenceKey = "confidence"
	atKey         = "at" // ms since 1970
	numberKey     = "number"
	dimensionKey  = "dimension" // of its vector; 0: it has none
	termsKey      = "terms"     // the numbers of its terms, as in the sparse vector
	wordsKey      = "words"     // its stems in order
	sumKey        = "sum"       // of what it says, to be checked
	termKey       = "term"      // of a point of the vocabulary
)

// How long one call may take.
const (
	readWithin  = 5 * time.Second
	writeWithin = 30 * time.Second
)

// ErrNoIndex says that Qdrant cannot answer, for whatever reason.
var ErrNoIndex = fault.New(fault.Unavailable, "the search index does not answer")

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Unavailable, err, "%s", ErrNoIndex.Message)
}

// QdrantServer is a connection to a Qdrant server.
type QdrantServer struct {
	client   *qdrant.Client
	patience time.Duration // of one reading call
}

// DialQdrant prepares a connection to address, as http://host:6334 or, with TLS,
// https://host:6334: the port of gRPC. Certificates are those that roots vouch
// for; nil: those of the system. Nothing is sent yet.
func DialQdrant(address, key string, roots *x509.CertPool) (*QdrantServer, error) {
	host, port, secure, err := QdrantAddr(address)
	if err != nil {
		return nil, err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // the client joins it to the port
	}
	options := []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20))}
	if key != "" { // the client would say on the default log what it thinks of keys without TLS
		options = append(options, grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(metadata.AppendToOutgoingContext(ctx, "api-key", key), method, request, reply, cc, opts...)
		}))
	}
	client, err := qdrant.NewClient(&qdrant.Config{
		Host: host, Port: port, UseTLS: secure, TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		SkipCompatibilityCheck: true, // it would wait for the server
		PoolSize:               1,    // retries multiply over a pool
		RetryConfig:            &qdrant.RetryConfig{MaxRetries: 2, BaseBackoff: 100 * time.Millisecond, MaxBackoff: time.Second},
		GrpcOptions:            options,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "it is not the address of a Qdrant server")
	}
	return &QdrantServer{client, readWithin}, nil
}

// QdrantAddr takes the address of a Qdrant server apart.
func QdrantAddr(address string) (host string, port int, secure bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" && u.Path != "/" || u.User != nil {
		return "", 0, false, fault.New(fault.Invalid, "must be an address such as http://host:6334 (gRPC)")
	}
	port = 6334
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return "", 0, false, fault.New(fault.Invalid, "must be an address such as http://host:6334 (gRPC)")
		}
	}
	return u.Hostname(), port, u.Scheme == "https", nil
}

// Close ends the connection.
func (s *QdrantServer) Close() error { return s.client.Close() }

// Answers fails with UNAVAILABLE while the server does not answer, or not with
// this key.
func (s *QdrantServer) Answers(ctx context.Context) error {
	_, err := s.behind(ctx, FactsAlias)
	return err
}

// Ready fails with UNAVAILABLE while the server does not answer, or has no index
// of facts yet.
func (s *QdrantServer) Ready(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if _, err := s.client.HealthCheck(within); err != nil {
		return unavailable(err)
	}
	there, err := s.behind(ctx, FactsAlias)
	if err == nil && there == "" {
		return fault.New(fault.Unavailable, "the search index is being built")
	}
	return err
}

// behind is the collection that an alias leads to; "" if there is none.
func (s *QdrantServer) behind(ctx context.Context, a Alias) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	aliases, err := s.client.ListAliases(ctx)
	if err != nil {
		return "", unavailable(err)
	}
	for _, known := range aliases {
		if known.GetAliasName() == string(a) {
			return known.GetCollectionName(), nil
		}
	}
	return "", nil
}

// Alias is the name by which queries know an index, whichever collection it is.
type Alias string

// The indexes.
const (
	FactsAlias Alias = "techfacts_facts"
	PagesAlias Alias = "techfacts_pages"
)

// Qdrant is an index in a collection of a Qdrant server, and its vocabulary in a
// second one beside it.
type Qdrant struct {
	client     *qdrant.Client
	collection string        // or an alias
	patience   time.Duration // of one reading call
}

// Index is the index behind an alias.
func (s *QdrantServer) Index(a Alias) *Qdrant { return &Qdrant{s.client, string(a), s.patience} }

func (q *Qdrant) vocabulary() string { return q.collection + "_terms" }

// number is the dimension of the sparse vector that a term stands for.
func number(term string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(term)) // never fails
	return h.Sum32()
}

// conditions says in Qdrant's words what a plan lets through.
func (p *plan) conditions() *qdrant.Filter {
	f := &qdrant.Filter{}
	for _, c := range []struct {
		key    string
		values []string
	}{
		{companyKey, p.filter.Companies},
		{categoryKey, p.filter.Categories},
		{profileKey, p.filter.Profiles},
		{domainKey, p.filter.Domains},
		{attributeKey, p.filter.Attributes},
	} {
		if len(c.values) > 0 {
			f.Must = append(f.Must, qdrant.NewMatchKeywords(c.key, c.values...))
		}
	}
	if p.filter.Unit != "" {
		f.Must = append(f.Must, qdrant.NewMatchKeyword(unitKey, p.filter.Unit))
	}
	if least := p.filter.MinConfidence; least > 0 {
		f.Must = append(f.Must, qdrant.NewRange(confidenceKey, &qdrant.Range{Gte: &least}))
	}
	if since := p.filter.Since; since != nil {
		f.Must = append(f.Must, qdrant.NewRange(atKey, &qdrant.Range{Gte: new(float64(since.UnixMilli()))}))
	}
	if until := p.filter.Until; until != nil {
		f.Must = append(f.Must, qdrant.NewRange(atKey, &qdrant.Range{Lt: new(float64(until.UnixMilli()))}))
	}
	if p.filter.MinNumber != nil || p.filter.MaxNumber != nil {
		f.Must = append(f.Must, qdrant.NewRange(numberKey, &qdrant.Range{Gte: p.filter.MinNumber, Lte: p.filter.MaxNumber}))
	}
	for _, phrase := range p.phrases {
		f.Must = append(f.Must, stands(phrase))
	}
	for _, phrase := range p.without {
		f.MustNot = append(f.MustNot, stands(phrase))
	}
	if p.except != uuid.Nil {
		f.MustNot = append(f.MustNot, qdrant.NewHasID(qdrant.NewID(p.except.String())))
	}
	return f
}

// stands is the condition that a phrase stands in a document.
func stands(phrase []string) *qdrant.Condition {
	if len(phrase) == 1 {
		return qdrant.NewMatchInt(termsKey, int64(number(phrase[0])))
	}
	return qdrant.NewMatchPhrase(wordsKey, joinWords(phrase))
}

// numbers gives the sparse vector of terms.
func numbers(terms []weighted) (indices []uint32, values []float32) {
	at := make(map[uint32]int, len(terms))
	for _, t := range terms {
		n := number(t.term)
		if i, twice := at[n]; twice {
			values[i] += t.weight
			continue
		}
		at[n] = len(indices)
		indices, values = append(indices, n), append(values, t.weight)
	}
	return indices, values
}

// Documents of the same score come in no order. So some more hits than wanted
// are asked for, and four times as many as long as all of the last score may not
// be among them; mostTied is where that ends.
const (
	spare    = 100
	mostTied = 64 * (Window + spare)
)

func (q *Qdrant) run(ctx context.Context, p plan) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	var found answer
	filter := p.conditions()
	matching := filter // what counts as found
	if p.lexical {
		indices, _ := numbers(p.terms)
		numbered := make([]int64, len(indices))
		for i, n := range indices {
			numbered[i] = int64(n)
		}
		matching = &qdrant.Filter{Must: append(slices.Clip(filter.Must), qdrant.NewMatchInts(termsKey, numbered...)), MustNot: filter.MustNot}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if p.lexical || p.vector != nil {
			return q.legs(ctx, p, filter, &found)
		}
		return q.list(ctx, p, filter, &found)
	})
	group.Go(func() error {
		n, err := q.client.Count(ctx, &qdrant.CountPoints{CollectionName: q.collection, Filter: matching, Exact: new(true)})
		found.total = int(n) //nolint:gosec // fits
		return err
	})
	if p.vector != nil {
		without := &qdrant.Filter{Must: append(slices.Clip(filter.Must), qdrant.NewMatchInt(dimensionKey, 0)), MustNot: filter.MustNot}
		group.Go(func() error {
			n, err := q.client.Count(ctx, &qdrant.CountPoints{CollectionName: q.collection, Filter: without, Exact: new(true)})
			found.bare = int(n) //nolint:gosec // fits
			return err
		})
	}
	if p.facets {
		for key, to := range map[string]*[]Count{
			companyKey: &found.facets.Companies, categoryKey: &found.facets.Categories,
			profileKey: &found.facets.Profiles, domainKey: &found.facets.Domains,
		} {
			group.Go(func() error { return q.facet(ctx, key, matching, to) })
		}
	}
	return found, unavailable(group.Wait())
}

// leg is one ranking that is asked for.
type leg struct {
	query *qdrant.QueryPoints
	to    *[]hit
}

// legs asks for both rankings at once.
func (q *Qdrant) legs(ctx context.Context, p plan, filter *qdrant.Filter, found *answer) error {
	var legs []leg
	ask := func(query *qdrant.Query, using string, to *[]hit) {
		legs = append(legs, leg{&qdrant.QueryPoints{
			CollectionName: q.collection, Query: query, Using: &using, Filter: filter, WithPayload: grouping(),
		}, to})
	}
	if p.lexical {
		if indices, values := numbers(p.terms); len(indices) > 0 {
			ask(qdrant.NewQuerySparse(indices, values), sparseVector, &found.lexical)
		}
	}
	if p.vector != nil {
		ask(qdrant.NewQueryDense(p.vector), denseVector, &found.semantic)
	}
	for limit := p.limit + spare; len(legs) > 0; limit *= 4 {
		var err error
		if legs, err = q.rank(ctx, legs, p.limit, limit); err != nil {
			if status.Code(err) != codes.InvalidArgument || p.vector == nil {
				return err
			}
			p.vector, found.blind = nil, true // the collection is of another dimension, or has no vectors yet
			return q.legs(ctx, p, filter, found)
		}
		if limit >= mostTied && len(legs) > 0 {
			found.partial = "too many documents fit equally well to be put in order"
			return nil
		}
	}
	return nil
}

// rank asks for the first limit hits of each leg, of which n are wanted. It gives
// those legs that have to be asked for more: others may be equal to the last.
func (q *Qdrant) rank(ctx context.Context, legs []leg, n, limit int) (more []leg, err error) {
	batch := &qdrant.QueryBatchPoints{CollectionName: q.collection}
	for _, l := range legs {
		l.query.Limit = new(uint64(limit)) //nolint:gosec // at most mostTied
		batch.QueryPoints = append(batch.QueryPoints, l.query)
	}
	results, err := q.client.QueryBatch(ctx, batch)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		hits := make([]hit, 0, len(r.GetResult()))
		for _, point := range r.GetResult() {
			h, err := hitOf(point.GetId(), point.GetPayload())
			if err != nil {
				return nil, err
			}
			h.score = float32(even(point.GetScore()))
			hits = append(hits, h)
		}
		sorted := inOrder(hits)
		*legs[i].to = sorted[:min(len(sorted), n)]
		if len(sorted) >= limit && sorted[n-1].score == sorted[len(sorted)-1].score {
			more = append(more, legs[i])
		}
	}
	return more, nil
}

func grouping() *qdrant.WithPayloadSelector {
	return qdrant.NewWithPayloadInclude(companyKey, pageKey, sameKey)
}

func hitOf(id *qdrant.PointId, payload map[string]*qdrant.Value) (h hit, err error) {
	if h.id, err = uuid.Parse(id.GetUuid()); err != nil {
		return h, err
	}
	h.company = payload[companyKey].GetStringValue()
	h.page, _ = uuid.Parse(payload[pageKey].GetStringValue())
	h.same = uint32(payload[sameKey].GetIntegerValue()) //nolint:gosec // it was one
	return h, nil
}

// inOrder sorts by score, then by id.
func inOrder(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), bytes.Compare(a.id[:], b.id[:])) })
	return hits
}

// list gives what the filter lets through, in the plan's order. Of those that
// are equal to the last, which come in no order, it asks for the first by id.
func (q *Qdrant) list(ctx context.Context, p plan, filter *qdrant.Filter, found *answer) error {
	key := confidenceKey
	if p.order == ByTime {
		key = atKey
	}
	list, err := q.scroll(ctx, filter, key, p.limit, &qdrant.OrderBy{Key: key, Direction: qdrant.Direction_Desc.Enum()})
	if err != nil {
		return err
	}
	if len(list) == p.limit && p.limit > 0 {
		last := list[p.limit-1].by
		list = slices.DeleteFunc(list, func(l listed) bool { return l.by == last })
		tied := &qdrant.Filter{
			Must:    append(slices.Clip(filter.Must), qdrant.NewRange(key, &qdrant.Range{Gte: &last, Lte: &last})),
			MustNot: filter.MustNot,
		}
		rest, err := q.scroll(ctx, tied, key, p.limit-len(list), nil)
		if err != nil {
			return err
		}
		list = append(list, rest...)
	}
	slices.SortFunc(list, func(a, b listed) int { return cmp.Or(cmp.Compare(b.by, a.by), bytes.Compare(a.id[:], b.id[:])) })
	for _, l := range list {
		found.lexical = append(found.lexical, l.hit)
	}
	return nil
}

// listed is a hit and what it is listed by.
type listed struct {
	hit
	by float64
}

// scroll reads n points in an order; nil: by id.
func (q *Qdrant) scroll(ctx context.Context, filter *qdrant.Filter, key string, n int, order *qdrant.OrderBy) ([]listed, error) {
	points, err := q.client.Scroll(ctx, &qdrant.ScrollPoints{
		CollectionName: q.collection, Filter: filter, Limit: new(uint32(n)), OrderBy: order, //nolint:gosec // at most Window
		WithPayload: qdrant.NewWithPayloadInclude(companyKey, pageKey, sameKey, key),
	})
	if err != nil {
		return nil, err
	}
	list := make([]listed, 0, len(points))
	for _, point := range points {
		h, err := hitOf(point.GetId(), point.GetPayload())
		if err != nil {
			return nil, err
		}
		v := point.GetPayload()[key]
		list = append(list, listed{h, v.GetDoubleValue() + float64(v.GetIntegerValue())})
	}
	return list, nil
}

func (q *Qdrant) facet(ctx context.Context, key string, filter *qdrant.Filter, to *[]Count) error {
	hits, err := q.client.Facet(ctx, &qdrant.FacetCounts{
		CollectionName: q.collection, Key: key, Filter: filter, Limit: new(uint64(2 * maxFacet)), Exact: new(true),
	})
	counts := make([]Count, 0, len(hits))
	for _, h := range hits {
		counts = append(counts, Count{h.GetValue().GetStringValue(), int(h.GetCount())}) //nolint:gosec // fits
	}
	*to = mostFrequent(counts)
	return err
}
