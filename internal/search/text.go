package search

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"
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

// Words at the beginning of a document are what it is about: the first counts
// twice, each later one less, from leading on once.
const leading = 20

// lead is what a term counts that comes after so many words.
func lead(words int) float64 { return 1 + max(0, 1-float64(words)/leading) }

// text is what a document says, as an index keeps it.
type text struct {
	terms   []weighted // distinct, in the order in which they first came
	written []bool     // of terms: a word or an identifier, not only a stem
	words   []string   // the stems in order, with an empty one between fields
	places  []uint32   // of words in terms
	single  []bool     // of words: it makes no pair with others
	fields  []float64  // what each field weighs
	norm    float64    // more for longer texts
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
	t := &a.text // in slices that are used again
	t.terms, t.written, t.words, t.places, t.single = t.terms[:0], t.written[:0], t.words[:0], t.places[:0], t.single[:0]
	t.fields = make([]float64, len(fields))
	a.counts, a.length = a.counts[:0], 0
	for i, f := range fields {
		if i > 0 {
			a.word("", noTerm, false)
		}
		t.fields[i], a.weight = f.Weight, f.Weight
		a.splitter.read(f.Text)
	}
	t.norm = bm25K1 * (1 - bm25B + bm25B*a.length/bm25Average)
	for i, n := range a.counts {
		t.terms[i].weight = saturated(n, t.norm)
	}
	return text{slices.Clone(t.terms), slices.Clone(t.written), slices.Clone(t.words), slices.Clone(t.places), slices.Clone(t.single), t.fields, t.norm}
}

// saturated is the weight of a term that counts n in a text.
func saturated(n, norm float64) float32 { return float32(n * (bm25K1 + 1) / (n + norm)) }

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
	a.counts[i] += a.weight * lead(len(a.text.words))
	if k.kind == wordToken {
		a.word(k.term, uint32(i), k.single) //nolint:gosec // fewer than bytes
		a.length += a.weight
	}
	a.text.written[i] = a.text.written[i] || k.written
}

func (a *analyzer) word(stem string, place uint32, single bool) {
	t := &a.text
	t.words, t.places, t.single = append(t.words, stem), append(t.places, place), append(t.single, single)
}

// pairs gives two stems that follow each other in a field, single ones left out,
// as terms: with a space between them. They are told from the words, so that an
// index that has these need not keep them.
func (t *text) pairs() []weighted {
	var list []weighted
	var counts []float64
	at := map[string]int{}
	field, before := 0, ""
	for i, w := range t.words {
		switch {
		case w == "":
			field, before = field+1, ""
			continue
		case t.single[i]:
			continue
		case before != "":
			pair := pairOf(before, w)
			n, known := at[pair]
			if !known {
				n = len(list)
				at[pair] = n
				list, counts = append(list, weighted{term: pair}), append(counts, 0)
			}
			counts[n] += t.fields[field] * lead(i+1)
		}
		before = w
	}
	for i, n := range counts {
		list[i].weight = saturated(n, t.norm)
	}
	return list
}

func pairOf(a, b string) string { return a + " " + b }

// isPair tells the term of a pair from others, which have no space.
func isPair(term string) bool { return strings.Contains(term, " ") }

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
