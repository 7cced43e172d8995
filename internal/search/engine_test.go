package search

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

func write(tb testing.TB, texts ...string) *Engine {
	tb.Helper()
	var docs []Document
	for _, text := range texts {
		docs = append(docs, Document{ID: schema.NewID(schema.KindFact), Text: []Field{{text, 1}}})
	}
	e := &Engine{Index: &Memory{}}
	if err := e.Index.Put(tb.Context(), docs); err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestHighlightsAreWhatTheQueryAsksForAndMakeTheText(t *testing.T) {
	t.Parallel()
	e := write(t, "The max_connections setting limits connections.", "Unrelated words 漢字 👍.")
	for query, want := range map[string]string{
		"max connections": "The [max_connections] setting limits [connections].",
		"maxConnections":  "The [max_connections] setting limits [connections].",
		"limited":         "The max_connections setting [limits] connections.",
		"setings":         "The max_connections [setting] limits connections.",
		`"setting limit"`: "The max_connections [setting] [limits] connections.",
	} {
		r, err := e.Find(t.Context(), Request{Query: query})
		if err != nil || len(r.Hits) == 0 {
			t.Fatal(query, r, err)
		}
		var marked, whole strings.Builder
		for _, f := range r.Marks.Highlight("The max_connections setting limits connections.") {
			whole.WriteString(f.Text)
			if f.Match {
				f.Text = "[" + f.Text + "]"
			}
			marked.WriteString(f.Text)
		}
		if marked.String() != want || strings.NewReplacer("[", "", "]", "").Replace(want) != whole.String() {
			t.Errorf("%s marks %s, want %s", query, &marked, want)
		}
		if r.Marks.Highlight("Nothing of it.") != nil {
			t.Errorf("%s marks what it has not", query)
		}
	}
}

func TestWordsThatFollowEachOtherCountMoreThanTheSameWordsApart(t *testing.T) {
	t.Parallel()
	begin := strings.Repeat("of the ", leading/2) // behind it, all words count alike
	rates, bursts := begin+"burst is for the rate of a limit.", begin+"rate is for the burst of a limit."
	e := write(t, rates, bursts)
	for query, want := range map[string]string{"rate limits": rates, "limited rate": "", "burst to limit": bursts} {
		r, err := e.Find(t.Context(), Request{Query: query})
		if err != nil || len(r.Hits) != 2 {
			t.Fatal(query, r.Hits, err)
		}
		first := ""
		if r.Hits[0].Score > r.Hits[1].Score {
			first = []string{rates, bursts}[e.Index.(*Memory).slots[r.Hits[0].ID]]
		}
		if first != want {
			t.Errorf("%s finds first %q, want %q", query, first, want)
		}
	}
}

func TestWhatADocumentBeginsWithCountsMore(t *testing.T) {
	t.Parallel()
	e := write(t, "Backups are kept apart from snapshots.", "Snapshots are kept apart from backups.")
	for _, query := range []string{"backup", "snapshot"} {
		r, err := e.Find(t.Context(), Request{Query: query})
		if err != nil || len(r.Hits) != 2 || r.Hits[0].Score <= r.Hits[1].Score {
			t.Fatal(query, r.Hits, err)
		}
		if slot := e.Index.(*Memory).slots[r.Hits[0].ID]; (slot == 0) != (query == "backup") {
			t.Errorf("%s finds first what ends with it", query)
		}
	}
}

func TestSearchByMeaningNeedsAnEndpoint(t *testing.T) {
	t.Parallel()
	e := write(t, "a fact")
	for _, mode := range []Mode{Semantic, Hybrid} {
		if _, err := e.Find(t.Context(), Request{Query: "fact", Mode: mode}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	if r, err := e.Find(t.Context(), Request{Query: "fact"}); err != nil || r.Mode != Lexical || r.Degraded || len(r.Hits) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAResultIsDegradedWhileTheIndexLags(t *testing.T) {
	t.Parallel()
	e := write(t, "a fact")
	e.Lag("it is being built")
	if r, err := e.Find(t.Context(), Request{Query: "fact"}); err != nil || !r.Degraded || r.Reason != "it is being built" {
		t.Errorf("%+v, %v", r, err)
	}
	e.Lag("")
	if r, err := e.Find(t.Context(), Request{Query: "fact"}); err != nil || r.Degraded {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestCompactingChangesNoAnswer(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 9))
	docs := corpus(6000, random)
	index, rest := &Memory{}, &Memory{}
	var gone []uuid.UUID
	var kept []Document
	for i, d := range docs {
		if i%3 == 0 {
			kept = append(kept, d)
		} else {
			gone = append(gone, d.ID)
		}
	}
	for _, err := range []error{index.Put(t.Context(), docs), index.Delete(t.Context(), gone), rest.Put(t.Context(), kept)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(index.rows) != len(kept) || len(index.vectors.full) != len(kept) {
		t.Errorf("%d rows are left of %d documents", len(index.rows), len(kept))
	}
	embedder := fixedVector(randomVector(random))
	for _, query := range []string{"rate limit", `"per second"`, "max_connections -limit", ""} {
		agree(t, query, &Engine{Index: index, Embedder: embedder}, &Engine{Index: rest, Embedder: embedder}, func(e *Engine) (Result, error) {
			return e.Find(t.Context(), Request{Query: query, Facets: true})
		})
	}
}

func TestWordsThatNoDocumentHasAnyMoreAreForgotten(t *testing.T) {
	t.Parallel()
	kept := corpus(1, rand.New(rand.NewPCG(1, 1)))
	index := &Memory{}
	if err := index.Put(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	words := len(index.text.terms)
	for i := range 5 {
		docs, ids := make([]Document, 2000), make([]uuid.UUID, 2000)
		for j := range docs {
			docs[j] = Document{ID: schema.NewID(schema.KindFact), Text: []Field{{fmt.Sprintf("build%dx%d", i, j), 1}}}
			ids[j] = docs[j].ID
		}
		if err := errors.Join(index.Put(t.Context(), docs), index.Delete(t.Context(), ids)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(index.text.terms); n != words || len(index.text.ids) != words {
		t.Errorf("%d terms and %d names are known, and one document has %d", n, len(index.text.ids), words)
	}
}

// TestCodesFindWhatAnExactScanFinds is the promise of the one-bit codes, over
// vectors that lie in heaps as those of texts do.
func TestCodesFindWhatAnExactScanFinds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 4))
	var topics [40][]float32
	for i := range topics {
		topics[i] = randomVector(random)
	}
	near := func() []float32 {
		v, topic := randomVector(random), topics[random.IntN(len(topics))]
		for i := range v {
			v[i] += topic[i]
		}
		normalize(v)
		return v
	}
	var v vectors
	for range exactly + 5_000 {
		v.add(near())
	}
	every := func(uint32) bool { return true }
	found, wanted := 0, 0
	for range 20 {
		q := near()
		exact := best{n: 10}
		ids := make([]uuid.UUID, len(v.full))
		for i, x := range v.full {
			exact.add(ranked{float64(dot(q, x)), uint32(i), &ids[i]})
		}
		coded := best{n: 10}
		v.nearest(q, 1000, every, func(slot uint32, score float32) { coded.add(ranked{float64(score), slot, &ids[slot]}) })
		for _, want := range exact.sorted() {
			wanted++
			if slices.ContainsFunc(coded.sorted(), func(r ranked) bool { return r.slot == want.slot }) {
				found++
			}
		}
	}
	if recall := float64(found) / float64(wanted); recall < 0.99 {
		t.Errorf("recall %.3f", recall)
	}
}

func TestBestKeepsTheFirstInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 8))
	for _, size := range []int{0, 1, 2, 49, 50, 51, 99, 100, 101, 1000} {
		for _, n := range []int{0, 1, 2, 50, 500} {
			var all []ranked
			b := best{n: n}
			for i := range size {
				id := uuid.New()
				r := ranked{float64(random.IntN(20)), uint32(i), &id}
				all = append(all, r)
				b.add(r)
			}
			slices.SortFunc(all, before)
			if got := b.sorted(); !slices.Equal(got, all[:min(n, size)]) {
				t.Errorf("of %d, not the first %d in order", size, n)
			}
		}
	}
}

func TestSuggestionsCompleteTheLastWord(t *testing.T) {
	t.Parallel()
	e := write(t, "max_connections", "max_connections", "max_workers", "maximum Rate", "rate limits")
	for typed, want := range map[string]string{
		"max": "max maxconnections maximum maxworkers", "set max_c": "set maxconnections", "RAT": "rate", "": "", "limits ": "",
	} {
		got, err := e.Suggest(t.Context(), typed, 10)
		if joined := strings.Join(got, " "); err != nil || !sameWords(joined, want, typed) {
			t.Errorf("%q: %q, want %q (%v)", typed, got, want, err)
		}
	}
}

// sameWords compares what was suggested with the words that are wanted.
func sameWords(got, want, typed string) bool {
	if strings.Contains(typed, " ") {
		return got == want
	}
	a, b := strings.Fields(got), strings.Fields(want)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{`"a b" -c`, `-"`, `“x”`, "max_con nections", "--", "a -b -\"c d", "1,000.5 x/y", "\xff"} {
		f.Add(s)
	}
	e := write(f, "max_connections limits a server to 1,000 connections", "TLS 1.3 “encrypts” traffic", "漢字 naïve")
	f.Fuzz(func(t *testing.T, query string) {
		r, err := e.Find(t.Context(), Request{Query: query, Facets: true})
		if err != nil && len(query) <= maxQuery {
			t.Fatal(err)
		}
		if r.Total < len(r.Hits) {
			t.Fatalf("%d hits of %d", len(r.Hits), r.Total)
		}
		for _, text := range []string{query, "max_connections 漢字"} {
			var whole strings.Builder
			for _, piece := range r.Marks.Highlight(text) {
				whole.WriteString(piece.Text)
			}
			if whole.Len() > 0 && whole.String() != text {
				t.Fatalf("%q became %q", text, &whole)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	random := rand.New(rand.NewPCG(2, 2))
	e := &Engine{Index: &Memory{}, Embedder: fixedVector(randomVector(random))}
	for range 10 {
		if err := e.Index.Put(b.Context(), corpus(10_000, random)); err != nil {
			b.Fatal(err)
		}
	}
	for _, mode := range []Mode{Lexical, Hybrid} {
		for _, query := range []string{"max_connections", "rate limits per second", "max_conections"} {
			b.Run(fmt.Sprintf("%d/%s", mode, query), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Find(b.Context(), Request{Query: query, Mode: mode}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkPut(b *testing.B) {
	docs := corpus(10_000, rand.New(rand.NewPCG(2, 2)))
	b.ReportAllocs()
	for b.Loop() {
		m := &Memory{}
		for chunk := range slices.Chunk(docs, maxLoad) {
			if err := m.Put(b.Context(), chunk); err != nil {
				b.Fatal(err)
			}
		}
	}
}
