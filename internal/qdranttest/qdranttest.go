// Package qdranttest stands in for a Qdrant server: over its protocol, on a real
// connection. It refuses what the real one refuses, and gives equal scores in no
// order, so that code which works with it does not work by luck.
package qdranttest

import (
	"context"
	"encoding/pem"
	"maps"
	"math"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Server is the stand-in. Unknown collections and vectors, wrong dimensions,
// doubled sparse indices, conditions without an index, and facets of what is no
// keyword are refused.
type Server struct {
	mu          sync.Mutex
	key         string
	collections map[string]*collection
	aliases     map[string]string
	fail        func(method string) error // nil: nothing fails
	calls       map[string]int
}

// maxMessage is what proxies let through; the real server has no limit.
const maxMessage = 8 << 20

type collection struct {
	dense  map[string]*qdrant.VectorParams
	sparse map[string]*qdrant.SparseVectorParams
	index  map[string]*qdrant.CreateFieldIndexCollection
	points map[string]*point
}

type point struct {
	dense   map[string][]float32
	sparse  map[string]map[uint32]float32
	payload map[string]*qdrant.Value
}

// New serves until the test ends, and gives the address as clients want it. With
// a key, every call has to bring it.
func New(tb testing.TB, key string) (s *Server, address string) {
	tb.Helper()
	s, at := serve(tb, key)
	return s, "http://" + at
}

// NewTLS is New over TLS, with a certificate that only the one it gives, in PEM,
// vouches for.
func NewTLS(tb testing.TB, key string) (s *Server, address string, root []byte) {
	tb.Helper()
	web := httptest.NewTLSServer(nil) // it has a certificate for 127.0.0.1
	defer web.Close()
	s, at := serve(tb, key, grpc.Creds(credentials.NewServerTLSFromCert(&web.TLS.Certificates[0])))
	return s, "https://" + at, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
}

func serve(tb testing.TB, key string, options ...grpc.ServerOption) (s *Server, address string) {
	tb.Helper()
	s = &Server{key: key, collections: map[string]*collection{}, aliases: map[string]string{}, calls: map[string]int{}}
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(maxMessage), grpc.UnaryInterceptor(s.intercept))...)
	qdrant.RegisterQdrantServer(server, healthServer{})
	qdrant.RegisterCollectionsServer(server, collectionsServer{s: s})
	qdrant.RegisterPointsServer(server, pointsServer{s: s})
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	tb.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return s, listener.Addr().String()
}

func (s *Server) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	name := info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]
	s.mu.Lock()
	defer s.mu.Unlock() // one call at a time: what is written is seen by the next
	s.calls[name]++
	if s.key != "" && name != "HealthCheck" {
		if md, _ := metadata.FromIncomingContext(ctx); !slices.Equal(md.Get("api-key"), []string{s.key}) {
			return nil, status.Error(codes.Unauthenticated, "Must provide an API key")
		}
	}
	if s.fail != nil {
		if err := s.fail(name); err != nil {
			return nil, err
		}
	}
	return handle(ctx, request)
}

// Calls is how often a method was called.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Collections lists the collections, in order.
func (s *Server) Collections() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.collections))
}

// Fail has calls answered with what f gives for their method, until it is given
// nil.
func (s *Server) Fail(f func(method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *Server) collection(name string) (*collection, error) {
	if to, ok := s.aliases[name]; ok {
		name = to
	}
	if c, ok := s.collections[name]; ok {
		return c, nil
	}
	return nil, status.Errorf(codes.NotFound, "Not found: Collection `%s` doesn't exist!", name)
}

func wrong(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, "Wrong input: "+format, args...)
}

// normalize is what cosine does to vectors.
func normalize(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum > 0 {
		for i := range v {
			v[i] /= float32(math.Sqrt(sum))
		}
	}
}

func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

type healthServer struct {
	qdrant.UnimplementedQdrantServer
}

func (healthServer) HealthCheck(context.Context, *qdrant.HealthCheckRequest) (*qdrant.HealthCheckReply, error) {
	return &qdrant.HealthCheckReply{Title: "stand-in", Version: "1.18.0"}, nil
}

type collectionsServer struct {
	qdrant.UnimplementedCollectionsServer
	s *Server
}

func (c collectionsServer) Create(_ context.Context, r *qdrant.CreateCollection) (*qdrant.CollectionOperationResponse, error) {
	if _, err := c.s.collection(r.GetCollectionName()); err == nil {
		return nil, status.Errorf(codes.AlreadyExists, "Collection `%s` already exists!", r.GetCollectionName())
	}
	made := &collection{
		dense: r.GetVectorsConfig().GetParamsMap().GetMap(), sparse: r.GetSparseVectorsConfig().GetMap(),
		index: map[string]*qdrant.CreateFieldIndexCollection{}, points: map[string]*point{},
	}
	for name, p := range made.dense {
		if p.GetSize() == 0 {
			return nil, wrong("vector %s has no size", name)
		}
	}
	c.s.collections[r.GetCollectionName()] = made
	return &qdrant.CollectionOperationResponse{Result: true}, nil
}

func (c collectionsServer) Delete(_ context.Context, r *qdrant.DeleteCollection) (*qdrant.CollectionOperationResponse, error) {
	_, there := c.s.collections[r.GetCollectionName()]
	delete(c.s.collections, r.GetCollectionName())
	maps.DeleteFunc(c.s.aliases, func(_, to string) bool { return to == r.GetCollectionName() })
	return &qdrant.CollectionOperationResponse{Result: there}, nil
}

func (c collectionsServer) CollectionExists(_ context.Context, r *qdrant.CollectionExistsRequest) (*qdrant.CollectionExistsResponse, error) {
	_, err := c.s.collection(r.GetCollectionName())
	return &qdrant.CollectionExistsResponse{Result: &qdrant.CollectionExists{Exists: err == nil}}, nil
}

func (c collectionsServer) ListAliases(context.Context, *qdrant.ListAliasesRequest) (*qdrant.ListAliasesResponse, error) {
	r := &qdrant.ListAliasesResponse{}
	for alias, to := range c.s.aliases {
		r.Aliases = append(r.Aliases, &qdrant.AliasDescription{AliasName: alias, CollectionName: to})
	}
	return r, nil
}

func (c collectionsServer) UpdateAliases(_ context.Context, r *qdrant.ChangeAliases) (*qdrant.CollectionOperationResponse, error) {
	next := maps.Clone(c.s.aliases) // all of them, or none
	for _, a := range r.GetActions() {
		switch a := a.GetAction().(type) {
		case *qdrant.AliasOperations_DeleteAlias:
			if _, ok := next[a.DeleteAlias.GetAliasName()]; !ok {
				return nil, status.Errorf(codes.NotFound, "Alias %s does not exist", a.DeleteAlias.GetAliasName())
			}
			delete(next, a.DeleteAlias.GetAliasName())
		case *qdrant.AliasOperations_CreateAlias:
			if _, ok := c.s.collections[a.CreateAlias.GetCollectionName()]; !ok {
				return nil, status.Error(codes.NotFound, "no such collection")
			}
			if _, ok := next[a.CreateAlias.GetAliasName()]; ok {
				return nil, wrong("alias %s exists", a.CreateAlias.GetAliasName())
			}
			next[a.CreateAlias.GetAliasName()] = a.CreateAlias.GetCollectionName()
		default:
			return nil, status.Error(codes.Unimplemented, "stand-in: alias action")
		}
	}
	c.s.aliases = next
	return &qdrant.CollectionOperationResponse{Result: true}, nil
}

type pointsServer struct {
	qdrant.UnimplementedPointsServer
	s *Server
}

func pointKey(id *qdrant.PointId) (string, error) {
	u, err := uuid.Parse(id.GetUuid())
	if err != nil {
		return "", wrong("Unable to parse UUID: %s", id.GetUuid())
	}
	return u.String(), nil
}

func (p pointsServer) CreateFieldIndex(_ context.Context, r *qdrant.CreateFieldIndexCollection) (*qdrant.PointsOperationResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	if len(c.points) > 0 {
		return nil, wrong("stand-in: the index of %s comes after the points", r.GetFieldName())
	}
	c.index[r.GetFieldName()] = r
	return completed(), nil
}

func completed() *qdrant.PointsOperationResponse {
	return &qdrant.PointsOperationResponse{Result: &qdrant.UpdateResult{Status: qdrant.UpdateStatus_Completed}}
}

func (p pointsServer) Upsert(_ context.Context, r *qdrant.UpsertPoints) (*qdrant.PointsOperationResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	if !r.GetWait() {
		return nil, wrong("stand-in: nobody waits for the upsert")
	}
	staged := map[string]*point{}
	for _, given := range r.GetPoints() {
		key, err := pointKey(given.GetId())
		if err != nil {
			return nil, err
		}
		made := &point{dense: map[string][]float32{}, sparse: map[string]map[uint32]float32{}, payload: given.GetPayload()}
		for name, v := range given.GetVectors().GetVectors().GetVectors() {
			if err := c.vector(made, name, v); err != nil {
				return nil, err
			}
		}
		staged[key] = made
	}
	maps.Copy(c.points, staged) // the whole point is replaced
	return completed(), nil
}

func (c *collection) vector(p *point, name string, v *qdrant.Vector) error {
	if params, ok := c.dense[name]; ok {
		data := v.GetDense().GetData()
		if uint64(len(data)) != params.GetSize() {
			return wrong("Vector dimension error: expected dim: %d, got %d", params.GetSize(), len(data))
		}
		data = slices.Clone(data)
		normalize(data)
		p.dense[name] = data
		return nil
	}
	if _, ok := c.sparse[name]; !ok {
		return wrong("Not existing vector name error: %s", name)
	}
	values, err := sparseMap(v.GetSparse().GetIndices(), v.GetSparse().GetValues())
	p.sparse[name] = values
	return err
}

func sparseMap(indices []uint32, values []float32) (map[uint32]float32, error) {
	m := map[uint32]float32{}
	if len(indices) != len(values) {
		return nil, wrong("indices and values must have the same length")
	}
	for i, n := range indices {
		if _, twice := m[n]; twice {
			return nil, wrong("indices must be unique")
		}
		m[n] = values[i]
	}
	return m, nil
}

func (p pointsServer) Delete(_ context.Context, r *qdrant.DeletePoints) (*qdrant.PointsOperationResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	if !r.GetWait() {
		return nil, wrong("stand-in: nobody waits for the delete")
	}
	for _, id := range r.GetPoints().GetPoints().GetIds() {
		key, err := pointKey(id)
		if err != nil {
			return nil, err
		}
		delete(c.points, key)
	}
	return completed(), nil
}

// scorer gives the score of points by a query.
func (c *collection) scorer(q *qdrant.Query, using string) (func(*point) (float32, bool), error) {
	in := q.GetNearest()
	if params, ok := c.dense[using]; ok {
		want := slices.Clone(in.GetDense().GetData())
		if uint64(len(want)) != params.GetSize() {
			return nil, wrong("Vector dimension error: expected dim: %d, got %d", params.GetSize(), len(want))
		}
		normalize(want)
		return func(p *point) (float32, bool) {
			v, ok := p.dense[using]
			if !ok {
				return 0, false
			}
			return dot(want, v), true
		}, nil
	}
	params, ok := c.sparse[using]
	if !ok {
		return nil, wrong("Not existing vector name error: %s", using)
	}
	weights, err := sparseMap(in.GetSparse().GetIndices(), in.GetSparse().GetValues())
	if err != nil {
		return nil, err
	}
	if params.GetModifier() == qdrant.Modifier_Idf {
		c.rarities(weights, using)
	}
	order := slices.Sorted(maps.Keys(weights)) // the real server goes by index, too
	return func(p *point) (score float32, hit bool) {
		for _, n := range order {
			if v, ok := p.sparse[using][n]; ok {
				score += weights[n] * v
				hit = true
			}
		}
		return score, hit
	}, nil
}

func (c *collection) rarities(weights map[uint32]float32, using string) {
	total, df := 0, map[uint32]int{}
	for _, p := range c.points {
		if p.sparse[using] == nil {
			continue
		}
		total++
		for n := range weights {
			if _, ok := p.sparse[using][n]; ok {
				df[n]++
			}
		}
	}
	for n := range weights {
		weights[n] *= float32(math.Log((float64(total)-float64(df[n])+0.5)/(float64(df[n])+0.5) + 1))
	}
}
