package search

import (
	"hash/fnv"
	"math"
	"slices"
)

// BM25 with a fixed average length: the weight of a term in a document is then
// the document's own affair, and the same in every index. Only how rare a term
// is depends on the others.
const (
	bm25K1      = 0.6
	bm25B       = 0.9
	bm25Average = 64 // words
)

// weighted is a term and what it counts.
type weighted struct {
	term   string
	weight float32
}

// text is what a document says, as an index keeps it.
type text struct {
	terms   []weighted // distinct, in the order in which they first came
	written []bool     // of terms: a word or an identifier, not only a stem
	words   []string   // the stems in order, with an empty one between fields
}

// analyze reads the fields of a document.
func analyze(fields []Field) text { return newAnalyzer().read(fields) }

// analyzer reads documents one after the other.
type analyzer struct {
	splitter splitter
	at       map[string]int // of a term in text.terms
	counts   []float64
	length   float64
	weight   float64 // of the field at hand
	text     text
}

func newAnalyzer() *analyzer {
	a := &analyzer{at: map[string]int{}}
	a.splitter.emit = a.count
	return a
}

func (a *analyzer) read(fields []Field) text {
	clear(a.at)
	n := 0
	for _, f := range fields {
		n += len(f.Text)
	}
	n = n/6 + 8
	a.text = text{terms: make([]weighted, 0, n), written: make([]bool, 0, n), words: make([]string, 0, n)}
	a.counts, a.length = a.counts[:0], 0
	for i, f := range fields {
		if i > 0 {
			a.text.words = append(a.text.words, "")
		}
		a.weight = f.Weight
		a.splitter.read(f.Text)
	}
	norm := bm25K1 * (1 - bm25B + bm25B*a.length/bm25Average)
	for i, n := range a.counts {
		a.text.terms[i].weight = float32(n * (bm25K1 + 1) / (n + norm))
	}
	return a.text
}

// count takes one term in.
func (a *analyzer) count(k token) {
	i, known := a.at[k.term]
	if !known {
		i = len(a.text.terms)
		a.at[k.term] = i
		a.text.terms = append(a.text.terms, weighted{term: k.term})
		a.text.written = append(a.text.written, false)
		a.counts = append(a.counts, 0)
	}
	a.counts[i] += a.weight
	if k.kind == wordToken {
		a.text.words = append(a.text.words, k.term)
		a.length += a.weight
	}
	a.text.written[i] = a.text.written[i] || k.written
}

// statement is equal for texts whose first fields state the same.
func (t *text) statement() uint32 {
	h := fnv.New32a()
	for _, w := range t.words {
		if w == "" {
			break
		}
		_, _ = h.Write([]byte(w)) // never fails
		_, _ = h.Write([]byte{' '})
	}
	return h.Sum32()
}

// rarity is the weight of a term that df of n documents have.
func rarity(n, df int) float32 {
	return float32(math.Log((float64(n)-float64(df)+0.5)/(float64(df)+0.5) + 1))
}

// follows reports whether phrase stands in words.
func follows[T comparable](words, phrase []T) bool {
	for i := 0; i+len(phrase) <= len(words); i++ {
		if words[i] == phrase[0] && slices.Equal(words[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}
