package search

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/qdranttest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestAQueryWithNothingToLookForFindsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, index Index) {
		if err := index.Put(t.Context(), corpus(20, rand.New(rand.NewPCG(1, 1)))); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{"": 20, "  ": 20, "-quokka": 20, "👍": 0, "!!!": 0, `"`: 0, "__": 0, `"…"`: 0, strings.Repeat("x", maxWord+1): 0} {
			r, err := (&Engine{Index: index}).Find(t.Context(), Request{Query: query})
			if err != nil || len(r.Hits) != want || r.Total != want || r.Degraded || !r.Exact {
				t.Errorf("%q finds %d of %d, want %d (%v)", query, len(r.Hits), r.Total, want, err)
			}
		}
	})
}

func TestStopWordsFindNothingBesideOtherWords(t *testing.T) {
	t.Parallel()
	rate, stop := "The rate is low.", "Upgrade or wait, or pay, or is it the end of the day?"
	e := write(t, rate, stop, "To be or not to be.")
	for query, want := range map[string]int{"rate or limit": 1, "is rate": 1, "the rate of the or": 1, "rate": 1, "or": 2, `"to be or not to be"`: 1, `"or wait"`: 1} {
		r, err := e.Find(t.Context(), Request{Query: query})
		if err != nil || len(r.Hits) != want {
			t.Errorf("%s finds %d, want %d (%v)", query, len(r.Hits), want, err)
		}
	}
}

func TestACorrectedWordIsCorrectedInItsPhrase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, index Index) {
		docs := corpus(2, rand.New(rand.NewPCG(1, 1)))
		docs[0].Text, docs[1].Text = []Field{{"a rate limit of some", 1}}, []Field{{"a limit of the rate", 1}}
		if err := index.Put(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		r, err := (&Engine{Index: index}).Find(t.Context(), Request{Query: `"rate limitt"`})
		if err != nil || len(r.Hits) != 1 || r.Hits[0].ID != docs[0].ID || !slices.Equal(r.Corrections, []Correction{{"limitt", "limit"}}) {
			t.Errorf("%+v (%v)", r, err)
		}
	})
}

// What is looked for by meaning, and has none, is said to be missing.
func TestWhatHasNoVectorIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, index Index) {
		docs := corpus(8, rand.New(rand.NewPCG(1, 1)))
		for i := range docs {
			docs[i].Text, docs[i].Vector = []Field{{"a fact", 1}}, docs[0].Vector
			docs[i].Company = []string{"with", "without"}[i%2]
		}
		docs[1].Vector = nil
		if err := index.Put(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		e := &Engine{Index: index, Embedder: fixedVector(docs[0].Vector)}
		for _, mode := range []Mode{Semantic, Hybrid} {
			r, err := e.Find(t.Context(), Request{Query: "fact", Mode: mode})
			if err != nil || !r.Degraded || !strings.Contains(r.Reason, "1 document") || r.Mode != mode {
				t.Errorf("mode %d, one without: %+v (%v)", mode, r, err)
			}
			r, err = e.Find(t.Context(), Request{Query: "fact", Mode: mode, Filter: Filter{Companies: []string{"with"}}})
			if err != nil || r.Degraded || len(r.Hits) != 4 {
				t.Errorf("mode %d, where all have one: %+v (%v)", mode, r, err)
			}
		}
		e = &Engine{Index: index, Embedder: fixedVector{1, 0, 0}} // of another model
		r, err := e.Find(t.Context(), Request{Query: "fact", Mode: Semantic})
		if err != nil || !r.Degraded || r.Mode != Semantic || len(r.Hits) != 0 {
			t.Errorf("by meaning alone: %+v (%v)", r, err)
		}
		r, err = e.Find(t.Context(), Request{Query: "fact"})
		if err != nil || !r.Degraded || r.Mode != Lexical || len(r.Hits) != 8 || !r.Exact {
			t.Errorf("by both: %+v (%v)", r, err)
		}
		docs[0].Vector = []float32{1, 0, 0}
		r, err = e.Similar(t.Context(), docs[0], Filter{}, 10, false)
		if err != nil || !r.Degraded || r.Mode != Lexical || len(r.Hits) != 7 {
			t.Errorf("like one with a vector of another model: %+v (%v)", r, err)
		}
	})
}

// broken is an embedder, and an index, that does not answer until it is mended.
type broken struct {
	Memory
	asked int
	err   error
}

func (b *broken) Embed(context.Context, []string) ([][]float32, error) {
	b.asked++
	time.Sleep(3 * time.Second) // of the bubble
	return [][]float32{{1, 0}}, b.err
}

func (b *broken) frequencies(ctx context.Context, terms []string) ([]int, error) {
	if b.asked++; b.err != nil {
		return nil, b.err
	}
	return b.Memory.frequencies(ctx, terms)
}

func TestWhatDoesNotAnswerIsNotWaitedForEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := fault.New(fault.Unavailable, "down")
		model, index := &broken{err: down}, &broken{err: down}
		d := Document{ID: uuid.New(), Text: []Field{{"a fact", 1}}, Vector: []float32{1, 0}}
		stored := &Memory{}
		if err := errors.Join(index.Put(t.Context(), []Document{d}), stored.Put(t.Context(), []Document{d})); err != nil {
			t.Fatal(err)
		}
		e := &Engine{Index: index, Embedder: model, Fallback: func(context.Context, string, Filter) (*Memory, error) { return stored, nil }}
		query := ""
		find := func(modelAsked, indexAsked int, degraded bool) {
			t.Helper()
			model.asked, index.asked = 0, 0
			query += " fact" // its vector is not known yet
			r, err := e.Find(t.Context(), Request{Query: query})
			if err != nil || len(r.Hits) != 1 || r.Degraded != degraded || model.asked != modelAsked || index.asked != indexAsked {
				t.Errorf("%+v (%v); the model was asked %d times, the index %d", r, err, model.asked, index.asked)
			}
		}
		find(1, 1, true)
		find(0, 0, true)
		if _, err := e.Find(t.Context(), Request{Query: "fact", Mode: Semantic}); !errors.Is(err, down) {
			t.Errorf("by meaning alone: %v", err)
		}
		time.Sleep(restFor)
		find(1, 1, true)
		find(0, 0, true)
		model.err, index.err = nil, nil
		time.Sleep(restFor)
		find(1, 1, false)
		find(1, 1, false)
		model.err = fault.New(fault.Invalid, "too long") // this text's fault
		find(1, 1, true)
		find(1, 1, true)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		model.err = down
		_, _ = e.Find(gone, Request{Query: "fact"}) // that it went away proves nothing
		model.err = nil
		find(1, 1, false)
	})
}

func TestTheVectorOfAQueryIsAskedForOnceInAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		model := &broken{}
		e := write(t, "a fact")
		e.Embedder = model
		ask := func(query string, want int) {
			t.Helper()
			if _, err := e.Find(t.Context(), Request{Query: query}); err != nil || model.asked != want {
				t.Errorf("asked %d times (%v), want %d", model.asked, err, want)
			}
		}
		ask("fact", 1)
		ask(" fact ", 1) // the second page
		ask("facts", 2)
		time.Sleep(keepAsked)
		ask("fact", 3)
		for i := range mostAsked {
			ask(fmt.Sprint("fact ", i), 4+i)
			if n := len(e.asked.vectors); n > mostAsked {
				t.Fatalf("%d are kept", n)
			}
		}
	})
}

func TestWhileQdrantIsDownTheDatabaseIsLookedThrough(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		for _, statement := range []string{"a limit of 10 requests", "a limit of 20 requests", "nothing of it"} {
			l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, statement) })
		}
		l.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Page.UpdateOneID(l.pages[0]).SetTitle("The Handbook").Exec(ctx)
		})
		server, err := DialQdrant("http://127.0.0.1:1", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		facts := &Engine{Index: server.Index(FactsAlias), Fallback: Facts(s, "").Fallback}
		pages := &Engine{Index: server.Index(PagesAlias), Fallback: Pages(s).Fallback}
		down := func(what string, r Result, err error, want ...uuid.UUID) {
			t.Helper()
			var got []uuid.UUID
			for _, h := range r.Hits {
				got = append(got, h.ID)
			}
			if err != nil || !r.Degraded || r.Exact || r.Mode != Lexical || !slices.Equal(got, want) {
				t.Errorf("%s: %+v (%v), want %v", what, r, err, want)
			}
		}
		r, err := facts.Find(t.Context(), Request{Query: "20 requests"})
		down("facts", r, err, l.facts[1], l.facts[0])
		d, err := Facts(s, "").One(t.Context(), l.facts[0])
		if err != nil {
			t.Fatal(err)
		}
		d.Vector = []float32{1, 0}
		r, err = facts.Similar(t.Context(), d, Filter{}, 10, false)
		down("like a fact", r, err, l.facts[1])
		r, err = pages.Find(t.Context(), Request{Query: "handbook"})
		down("pages by their title", r, err, l.pages[0])
		r, err = pages.Find(t.Context(), Request{Query: "handbook", Filter: Filter{Companies: []string{"nobody"}}})
		down("pages of nobody", r, err)
		if _, err := facts.Suggest(t.Context(), "req", 3); !fault.Is(err, fault.Unavailable) {
			t.Errorf("suggestions: %v", err)
		}
	})
}

//nolint:tparallel // the server ends with the test
func TestCertificatesOfQdrantAreChecked(t *testing.T) {
	t.Parallel()
	_, address, root := qdranttest.NewTLS(t, "key")
	roots := certificates(t, root)
	for name, test := range map[string]struct {
		address, key string
		known, want  bool
	}{
		"Known":    {address, "key", true, true},
		"Unknown":  {address, "key", false, false},
		"WrongKey": {address, "other", true, false},
		"Plain":    {strings.Replace(address, "https", "http", 1), "key", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			known := roots
			if !test.known {
				known = nil
			}
			server, err := DialQdrant(test.address, test.key, known)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if err := server.Answers(t.Context()); (err == nil) != test.want {
				t.Errorf("it answers: %v", err)
			}
		})
	}
}

func TestAddressesOfQdrant(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://qdrant": "qdrant 6334", "https://q.example:1/": "q.example 1 TLS", "http://[::1]:6335": "::1 6335",
		"http://user:pass@qdrant": "", "qdrant:6334": "", "http://qdrant/path": "", "ftp://qdrant": "",
	} {
		host, port, secure, err := QdrantAddr(address)
		if got := addressOf(host, port, secure, err); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	server, err := DialQdrant("http://[::1]:6335", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if got := server.client.GetGrpcClient().Conn().Target(); !strings.Contains(got, "[::1]:6335") {
		t.Errorf("it dials %s", got)
	}
}

// One call of as many pages as fit into none: proxies refuse it.
func TestLongPagesAreWrittenInCallsThatAreNotTooLong(t *testing.T) {
	t.Parallel()
	_, address := qdranttest.New(t, "")
	q := openQdrant(t, address)
	random := rand.New(rand.NewPCG(1, 1))
	docs := corpus(40, random)
	for i := range docs {
		var b strings.Builder
		for b.Len() < maxPageText {
			b.WriteRune(rune(0x4e00 + random.IntN(200))) // few words, of which a page has most
		}
		docs[i].Text = []Field{{b.String(), 1}}
	}
	if err := q.Put(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if n, err := q.frequencies(t.Context(), []string{analyze(docs[7].Text).terms[0].term}); err != nil || n[0] == 0 {
		t.Error(n, err)
	}
}

func certificates(tb testing.TB, list []byte) *x509.CertPool {
	tb.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(list) {
		tb.Fatal("no certificate")
	}
	return roots
}

func addressOf(host string, port int, secure bool, err error) string {
	switch {
	case err != nil:
		return ""
	case secure:
		return fmt.Sprintf("%s %d TLS", host, port)
	}
	return fmt.Sprintf("%s %d", host, port)
}
