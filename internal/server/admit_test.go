package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// till counts points and lets nobody have any while it is closed.
type till struct {
	mu     sync.Mutex
	closed bool
	spent  []int
}

func (c *till) spend(_ context.Context, _ access.Caller, points int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent = append(c.spent, points)
	if c.closed {
		return 1500 * time.Millisecond
	}
	return 0
}

func TestAnOperationCostsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	var c till
	f := start(t, Config{Spend: c.spend})
	for _, test := range []struct {
		query string
		want  int
	}{
		{"{hello}", 1},
		{"{__typename}", 1},
		{"{", 1},
		{"{nothing}", 1},
		{"{items(first:10){totalCount}}", 11},
		{"{items(first:10){edges{node{items(first:3){totalCount}}}}}", 41},
		{"{items{totalCount}}", 21},
		{`mutation{touch(text:"a")}`, 11},
		{`mutation{a:touch(text:"a") b:touch(text:"b")}`, 21},
	} {
		f.query(t, test.query, nil)
		if got := c.spent[len(c.spent)-1]; got != test.want {
			t.Errorf("%s costs %d, want %d", test.query, got, test.want)
		}
	}
}

func TestAMutationHasTheCodeOfItsOwnError(t *testing.T) {
	t.Parallel()
	fail := func(code fault.Code, path ...ast.PathElement) *gqlerror.Error {
		return &gqlerror.Error{Path: path, Extensions: map[string]any{"code": code}}
	}
	s := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { x: Int } type Mutation { do: Int }`})
	doc, err := gqlparser.LoadQueryWithRules(s, `mutation { a: do b: do }`, nil)
	if err != nil {
		t.Fatal(err)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	for _, test := range []struct {
		data string
		errs gqlerror.List
		want []fault.Code
	}{
		{`{"a":1,"b":2}`, nil, []fault.Code{"", ""}},
		{`{"a":1,"b":null}`, gqlerror.List{fail(fault.Conflict, ast.PathName("b"))}, []fault.Code{"", fault.Conflict}},
		{`{"a":1,"b":null}`, gqlerror.List{fail(fault.Unavailable)}, []fault.Code{"", fault.Unavailable}},
		{`null`, gqlerror.List{fail(fault.Unavailable)}, []fault.Code{fault.Unavailable, fault.Unavailable}},
		{``, gqlerror.List{fail(fault.Unavailable)}, []fault.Code{fault.Unavailable, fault.Unavailable}},
	} {
		if got := codes(op, &graphql.Response{Data: []byte(test.data), Errors: test.errs}); !slices.Equal(got, test.want) {
			t.Errorf("%s %v: %v, want %v", test.data, test.errs, got, test.want)
		}
	}
}

func TestWhoAsksForTooMuchIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	c := till{closed: true}
	f := start(t, Config{Spend: c.spend})
	limited := func(what, body string) {
		t.Helper()
		if !strings.Contains(body, `"code":"LIMITED"`) || !strings.Contains(body, `"retryAfter":2`) || strings.Contains(body, `"data"`) {
			t.Errorf("%s: %s", what, body)
		}
	}
	a := f.query(t, "{hello}", nil)
	limited("POST", a.body)
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "2" {
		t.Errorf("POST: %d %v", a.status, a.header)
	}
	a = f.query(t, "{hello}", nil, "Accept", mediaJSON)
	limited("plain JSON", a.body)
	if a.status != http.StatusOK || a.header.Get("Retry-After") != "2" {
		t.Errorf("plain JSON: %d %v", a.status, a.header)
	}
	a = f.request(t, http.MethodGet, link("query", "{hello}"), "", "Accept", mediaGraphQL)
	limited("GET", a.body)
	limited("what is wrong", f.query(t, "{", nil).body)
	limited("mutation", f.query(t, `mutation{touch(text:"a")}`, nil).body)

	e := f.stream(t, "subscription{silent}")
	if e.Header.Get("Retry-After") != "2" {
		t.Errorf("stream: %v", e.Header)
	}
	if e.block() != ":\n" {
		t.Error("the stream does not begin with a comment")
	}
	limited("stream", e.block())

	modern := f.connect(t)
	modern.subscribe("1", "subscription{silent}")
	limited("websocket", string(modern.expect("error", "1").Payload))
	legacy := f.connectLegacy(t)
	legacy.start("1", "subscription{silent}")
	limited("legacy websocket", string(legacy.expect("error", "1").Payload))
	select {
	case name := <-f.began:
		t.Errorf("%s ran", name)
	default:
	}
}

func TestASchemaWithAFieldForNobodyKnowsWhomDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, sdl := range map[string]string{
		"no scope":     strings.Replace(sdl, "silent: Int @scope(needs: READ)", "silent: Int", 1),
		"not a scope":  strings.Replace(strings.Replace(sdl, "ADMIN }", "ADMIN OWNER }", 1), "slow: String @scope(needs: WRITE)", "slow: String @scope(needs: OWNER)", 1),
		"a new field":  sdl + "extend type Query { new: Int }",
		"in the order": sdl,
	} {
		func() {
			defer func() {
				if p := recover(); (p == nil) != (name == "in the order") {
					t.Errorf("%s: %v", name, p)
				}
			}()
			newEngine(&fake{schema: gqlparser.MustLoadSchema(&ast.Source{Input: sdl})}, Config{Keys: &access.Keys{}}, nil)
		}()
	}
}

// pool is queries of other processes.
type pool struct {
	mu   sync.Mutex
	kept map[string]string
}

func (p *pool) Query(_ context.Context, hash string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	query, ok := p.kept[hash]
	return query, ok
}

func (p *pool) Keep(_ context.Context, hash, query string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[hash] = query
}

func TestWhatOneProcessKeepsAnotherFinds(t *testing.T) {
	t.Parallel()
	p := &pool{kept: map[string]string{}}
	here, there := start(t, Config{Queries: p}), start(t, Config{Queries: p})
	if a := here.post(t, asks("{hello}", "")); !strings.HasPrefix(a.body, notFound) {
		t.Errorf("before: %s", a.body)
	}
	here.post(t, asks("{hello}", "{hello}"))
	here.post(t, asks("{nothing}", "{nothing}"))
	if a := there.post(t, asks("{hello}", "")); a.body != greeting {
		t.Errorf("there: %s", a.body)
	}
	sum := sha256.Sum256([]byte("{hello}"))
	if got := slices.Collect(maps.Keys(p.kept)); len(got) != 1 || got[0] != hex.EncodeToString(sum[:]) {
		t.Errorf("kept %v", p.kept)
	}
	clear(p.kept)
	if a := there.post(t, asks("{hello}", "")); a.body != greeting {
		t.Errorf("there, when the others have forgotten: %s", a.body)
	}
}

func TestWhatOthersSayIsAQueryMustHaveItsHash(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("{hello}"))
	f := start(t, Config{Queries: &pool{kept: map[string]string{hex.EncodeToString(sum[:]): "{leak}"}}})
	if a := f.post(t, asks("{hello}", "")); !strings.HasPrefix(a.body, notFound) {
		t.Errorf("got %s", a.body)
	}
}
