package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/qdranttest"
	"techfacts.dev/techfacts/schema"
)

const testDimension = 32

// qdrants are the servers to test with: the stand-in, and the real one that
// QDRANT_TEST_URL names, with the key QDRANT_TEST_KEY.
func qdrants(t *testing.T) map[string]string {
	t.Helper()
	_, address := qdranttest.New(t, "")
	servers := map[string]string{"StandIn": address}
	if server := os.Getenv("QDRANT_TEST_URL"); server != "" {
		servers["Server"] = server
	}
	return servers
}

// openQdrant makes an empty index on a server, until the test ends.
func openQdrant(t *testing.T, address string) *Qdrant {
	t.Helper()
	server, err := DialQdrant(address, os.Getenv("QDRANT_TEST_KEY"), nil)
	if err != nil {
		t.Fatal(err)
	}
	server.patience = time.Minute // the stand-in looks at every point, and the machine may be busy
	index := server.Index(Alias("test_" + uuid.NewString()))
	if err := index.create(t.Context(), testDimension); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, c := range []string{index.collection, index.vocabulary()} {
			if err := index.client.DeleteCollection(ctx, c); err != nil {
				t.Error(err)
			}
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return index
}

// each runs test over every implementation.
func each(t *testing.T, test func(*testing.T, Index)) {
	t.Helper()
	t.Run("Memory", func(t *testing.T) {
		t.Parallel()
		test(t, &Memory{})
	})
	for name, address := range qdrants(t) {
		t.Run(name, func(t *testing.T) {
			// Not parallel: the server ends with the test above.
			test(t, openQdrant(t, address))
		})
	}
}

// corpus makes documents of words that come in different frequencies, with every
// field that is filtered by.
func corpus(n int, random *rand.Rand) []Document {
	words := strings.Fields(`rate limit limits requests per second minute max_connections work_mem HTTP/2 TLS 1.3 SHA-256 encryption at rest
		enterprise plan tier price monthly annual export webhook retry timeout token lifetime 100 1,000 10k storage region backup`)
	docs := make([]Document, n)
	for i := range docs {
		var text []string
		for range 6 + random.IntN(12) {
			text = append(text, words[int(float64(len(words))*random.Float64()*random.Float64())])
		}
		d := Document{
			ID: schema.NewID(schema.KindFact), Text: []Field{{strings.Join(text, " "), 1}, {words[random.IntN(len(words))], 0.5}},
			Company: fmt.Sprintf("Company %d", random.IntN(5)), Category: fmt.Sprintf("category_%d", random.IntN(4)),
			Profile: fmt.Sprintf("profile %d", random.IntN(3)), Domain: fmt.Sprintf("d%d.example", random.IntN(6)),
			Attribute: fmt.Sprintf("a%d", random.IntN(3)), Unit: []string{"", "byte", "s"}[random.IntN(3)],
			Page: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, random.IntN(n/4+1))), Confidence: float64(50+random.IntN(50)) / 100,
			At: time.UnixMilli(1_700_000_000_000 + random.Int64N(1_000_000)),
		}
		if random.IntN(2) == 0 {
			number := float64(random.IntN(100))
			d.Number = &number
		}
		if random.IntN(10) > 0 {
			d.Vector = randomVector(random)
		}
		docs[i] = d
	}
	return docs
}

func randomVector(random *rand.Rand) []float32 {
	v := make([]float32, testDimension)
	for i := range v {
		v[i] = float32(random.NormFloat64())
	}
	normalize(v)
	return v
}

// fixedVector means the same whatever it is asked.
type fixedVector []float32

func (f fixedVector) Embed(_ context.Context, texts []string) ([][]float32, error) {
	return slices.Repeat([][]float32{f}, len(texts)), nil
}

func summary(r Result) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Mode, r.Total, r.Exact, r.Corrections, r.Degraded, r.Reason, r.Facets)
	for _, h := range r.Hits {
		fmt.Fprintf(&b, "%s %.3f\n", h.ID, h.Score)
	}
	return b.String()
}

// questions are what is asked of all indexes, each request under each filter.
func questions() (requests []Request, filters []Filter) {
	number := 50.0
	requests = []Request{
		{Query: "rate limit"},
		{Query: "max connections"},
		{Query: "maxConnections per second"},
		{Query: "max_conections"},
		{Query: "encrpytion"}, //nolint:misspell // it is to be corrected
		{Query: `"rate limit" requests`},
		{Query: `"at rest"`},
		{Query: "requests -limit"},
		{Query: `plan -"per second"`},
		{Query: "-max_connections"},
		{Query: "nowhere"},
		{Query: `"no such phrase"`},
		{Query: "rate nowhere", Mode: Hybrid},
		{Query: "HTTP2 tls1.3", Mode: Lexical},
		{Query: "1000 requests", Mode: Semantic},
		{Query: "backup", Mode: Hybrid, Collapse: ByPage},
		{Query: "backup", Mode: Lexical, Collapse: ByStatement},
		{Query: "storage", Mode: Lexical, Collapse: ByCompany},
		{Query: ""},
		{Query: "", Order: ByTime},
		{Query: "paln or raet"}, // letters that are swapped
		{Query: `"rate limitt" requests`},
		{Query: "!!! 👍"},
		{Query: strings.Repeat("x", maxWord+1)},
	}
	filters = []Filter{
		{},
		{Companies: []string{"Company 1", "Company 2"}, MinConfidence: 0.7},
		{Categories: []string{"category_1"}, Profiles: []string{"profile 0", "profile 2"}, Domains: []string{"d1.example", "d2.example", "d3.example"}},
		{Attributes: []string{"a1"}, Unit: "byte", MinNumber: &number},
		{MaxNumber: &number, Since: new(time.UnixMilli(1_700_000_300_000))},
		{Until: new(time.UnixMilli(1_700_000_500_000)), Companies: []string{"nobody"}},
	}
	filters = append(filters, Filter{Until: new(time.Unix(0, 0))}, Filter{Since: new(time.Unix(0, 0)), Domains: []string{"d2.example"}})
	return requests, filters
}

// TestIndexesAgree holds every implementation to the same hits, in the same
// order, ties included, with the same totals, facets and corrections.
//
//nolint:tparallel // the servers end with the test
func TestIndexesAgree(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	docs := corpus(1500, random)
	twin := docs[0] // ties
	for range 40 {
		twin.ID = schema.NewID(schema.KindFact)
		docs = append(docs, twin)
	}
	memory := &Engine{Index: &Memory{}, Embedder: fixedVector(randomVector(random))}
	requests, filters := questions()
	for name, address := range qdrants(t) {
		t.Run(name, func(t *testing.T) {
			other := &Engine{Index: openQdrant(t, address), Embedder: memory.Embedder}
			for _, e := range []*Engine{memory, other} {
				if err := e.Index.Put(t.Context(), docs); err != nil {
					t.Fatal(err)
				}
			}
			found := 0
			for _, r := range requests {
				for i, f := range filters {
					r.Filter, r.Facets = f, true
					agree(t, fmt.Sprintf("%q %d under filter %d", r.Query, r.Mode, i), memory, other, func(e *Engine) (Result, error) {
						result, err := e.Find(t.Context(), r)
						found += len(result.Hits)
						return result, err
					})
				}
			}
			if found < 10_000 {
				t.Errorf("only %d hits were compared", found)
			}
			for _, d := range []Document{docs[3], docs[7], docs[11], docs[1499]} {
				for _, vector := range [][]float32{nil, d.Vector} {
					d.Vector = vector
					agree(t, "like "+d.ID.String(), memory, other, func(e *Engine) (Result, error) { return e.Similar(t.Context(), d, filters[1], 50, true) })
				}
			}
			for _, typed := range []string{"max", "enterprise r", "re", "zzz", ""} {
				a, errA := memory.Suggest(t.Context(), typed, 5)
				b, errB := other.Suggest(t.Context(), typed, 5)
				if errA != nil || errB != nil || !slices.Equal(a, b) {
					t.Errorf("%q begins %v and %v (%v, %v)", typed, a, b, errA, errB)
				}
			}
		})
	}
}

func agree(t *testing.T, what string, a, b *Engine, ask func(*Engine) (Result, error)) {
	t.Helper()
	x, errX := ask(a)
	y, errY := ask(b)
	if errX != nil || errY != nil {
		t.Errorf("%s: %v, %v", what, errX, errY)
		return
	}
	if one, two := summary(x), summary(y); one != two {
		line := 0
		l1, l2 := strings.Split(one, "\n"), strings.Split(two, "\n")
		for line < min(len(l1), len(l2))-1 && l1[line] == l2[line] {
			line++
		}
		t.Errorf("%s: line %d: %q and %q (%d and %d lines)", what, line, l1[line], l2[line], len(l1), len(l2))
	}
}

// All that say the same have the same score: their order is that of their ids,
// and the same each time, however many they are.
func TestATieOfThousandsComesPageByPageOnceEachInOneOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	docs := corpus(300, random)
	for i := range 2000 {
		docs = append(docs, Document{
			ID: schema.NewID(schema.KindFact), Text: []Field{{"requests per minute", 1}}, Company: fmt.Sprintf("Company %d", i%3),
			Confidence: 0.9, At: time.UnixMilli(1_700_000_000_000), Vector: docs[0].Vector,
		})
	}
	random.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	memory := &Engine{Index: &Memory{}, Embedder: fixedVector(docs[0].Vector)}
	if err := memory.Index.Put(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, index Index) {
		if err := index.Put(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		e := &Engine{Index: index, Embedder: memory.Embedder}
		for name, r := range map[string]Request{
			"words": {Query: "requests", Mode: Lexical}, "both": {Query: "requests", Mode: Hybrid}, "the surest": {}, "the newest": {Order: ByTime},
			"filtered": {Filter: Filter{Companies: []string{"Company 1"}}},
		} {
			agree(t, name, memory, e, func(e *Engine) (Result, error) { return e.Find(t.Context(), r) })
		}
		seen, last := map[uuid.UUID]bool{}, uuid.Nil
		for more := true; more; {
			r, err := e.Find(t.Context(), Request{Query: "requests", Mode: Lexical})
			if err != nil {
				t.Fatal(err)
			}
			from := slices.IndexFunc(r.Hits, func(h Hit) bool { return h.ID == last })
			if from < 0 && last != uuid.Nil {
				t.Fatalf("the last of a page is not there when the next is asked for, after %d", len(seen))
			}
			page := r.Hits[from+1 : min(from+101, len(r.Hits))]
			for _, h := range page {
				if last = h.ID; seen[last] {
					t.Errorf("%s comes twice", last)
				}
				seen[last] = true
			}
			more = len(page) == 100 && len(seen) < Window
		}
		if len(seen) != Window {
			t.Errorf("%d came, want %d", len(seen), Window)
		}
	})
}

func TestWhatIsDeletedOrReplacedIsNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, index Index) {
		docs := corpus(30, rand.New(rand.NewPCG(5, 5)))
		docs[4].Text[0].Text = "a quokka eats"
		docs[9].Text[0].Text = "the quokka sleeps"
		e := &Engine{Index: index}
		find := func(query string) (ids []uuid.UUID) {
			r, err := e.Find(t.Context(), Request{Query: query})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range r.Hits {
				ids = append(ids, h.ID)
			}
			return ids
		}
		for range 2 { // putting twice is putting once
			if err := index.Put(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
		}
		if got := find("quokka"); len(got) != 2 {
			t.Fatalf("found %v", got)
		}
		docs[4].Text[0].Text = "a wombat digs"
		if err := index.Put(t.Context(), docs[4:5]); err != nil {
			t.Fatal(err)
		}
		if got := find("quokka"); !slices.Equal(got, []uuid.UUID{docs[9].ID}) {
			t.Errorf("after replacing found %v", got)
		}
		if got := find("wombat"); !slices.Equal(got, []uuid.UUID{docs[4].ID}) {
			t.Errorf("what was put in place was not found: %v", got)
		}
		if err := index.Delete(t.Context(), []uuid.UUID{docs[9].ID, uuid.New()}); err != nil {
			t.Fatal(err)
		}
		if got := find("quokka"); len(got) != 0 {
			t.Errorf("after deleting found %v", got)
		}
	})
}

func TestFacetsCountAllThatMatches(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, index Index) {
		docs := corpus(200, rand.New(rand.NewPCG(6, 6)))
		if err := index.Put(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		for _, d := range docs {
			if d.Category == "category_2" && strings.Contains(strings.ToLower(d.Text[0].Text+" "+d.Text[1].Text), "rate") {
				want[d.Company]++
			}
		}
		r, err := (&Engine{Index: index}).Find(t.Context(), Request{Query: "rate", Filter: Filter{Categories: []string{"category_2"}}, Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, c := range r.Facets.Companies {
			got[c.Value] = c.Count
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("companies %v, want %v", got, want)
		}
		if len(r.Facets.Categories) != 1 || r.Facets.Categories[0].Count != r.Total {
			t.Errorf("categories %v of %d", r.Facets.Categories, r.Total)
		}
	})
}
