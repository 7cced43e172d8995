package search

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the terms of a query count beside its words, which count 1.
const (
	exactWeight    = 0.3 // a word as it was written
	joinedWeight   = 1.0 // an identifier
	adjacentWeight = 0.5 // words that would be an identifier if they were written as one
	pairWeight     = 0.3 // words that follow each other
	mistakeWeight  = 0.9 // a term that stands in for a word that nobody has
)

const (
	maxQuery    = 1000 // bytes; enough for a paragraph
	maxWords    = 64   // of a query
	maxAdjacent = 4    // words that are tried as one identifier
)

// Correction is a word of the query that nobody has, and what was looked for
// instead.
type Correction struct{ Word, By string }

// query is what somebody has written.
type query struct {
	words   []queryWord
	joined  []queryWord // identifiers
	phrases [][]string
	without [][]string
}

type queryWord struct {
	stem, exact string
	piece       int
	parts       [2]int // joined: which of words it was made of
}

// lexicon is what an index knows of words.
type lexicon interface {
	// frequencies tells how many documents have each of the terms.
	frequencies(ctx context.Context, terms []string) ([]int, error)
	// near gives the terms that a word may be a mistake for, the likeliest first.
	near(ctx context.Context, word string) ([]string, error)
}

// parse reads a query: words, "phrases", and -words and -"phrases" that must
// not be there. A quote that does not end goes to the end.
func parse(s string) query {
	var q query
	piece := 0
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if unicode.IsSpace(r) {
			s = s[n:]
			continue
		}
		not := r == '-' && len(s) > 1 && s[1] != '-' && s[1] != ' '
		if not {
			s = s[1:]
		}
		chunk, rest, quoted := next(s)
		s = rest
		switch {
		case not:
			q.without = append(q.without, needed(chunk, quoted)...)
		case quoted:
			q.phrases = append(q.phrases, needed(chunk, true)...)
			fallthrough
		default:
			piece = q.add(chunk, piece)
		}
	}
	return q
}

// next cuts a phrase or a word from s, which does not begin with white space.
func next(s string) (chunk, rest string, quoted bool) {
	for open, end := range map[string]string{`"`: `"`, "“": "”", "„": "“"} {
		if after, ok := strings.CutPrefix(s, open); ok {
			chunk, rest, _ = strings.Cut(after, end)
			return chunk, rest, true
		}
	}
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], s[i:], false
	}
	return s, "", false
}

// needed gives what a phrase, or a word that must not be there, stands for: its
// stems in order, or of an identifier the joined form.
func needed(chunk string, quoted bool) [][]string {
	var stems, joined []string
	tokenize(chunk, func(t token) {
		switch t.kind {
		case wordToken:
			stems = append(stems, t.term)
		case joinedToken:
			joined = append(joined, t.term)
		case exactToken:
		}
	})
	switch {
	case len(stems) == 0:
		return nil
	case !quoted && len(joined) > 0:
		return [][]string{joined[len(joined)-1:]}
	}
	return [][]string{stems}
}

// add adds the words of a piece of the query; the next piece has the number
// that it gives.
func (q *query) add(chunk string, piece int) int {
	base, pieces := len(q.words), 0
	var starts []int // of the words from base on
	tokenize(chunk, func(t token) {
		pieces = t.piece + 1
		switch {
		case t.kind == wordToken && len(q.words) < maxWords:
			q.words = append(q.words, queryWord{stem: t.term, exact: t.term, piece: piece + t.piece})
			starts = append(starts, t.start)
		case t.kind == exactToken && len(starts) > 0 && len(t.term) >= len(q.words[len(q.words)-1].stem):
			q.words[len(q.words)-1].exact = t.term
		case t.kind == joinedToken:
			from, _ := slices.BinarySearch(starts, t.start)
			to, _ := slices.BinarySearch(starts, t.end)
			q.joined = append(q.joined, queryWord{stem: t.term, exact: t.term, parts: [2]int{base + from, base + to}})
		}
	})
	return piece + pieces
}

// terms makes of a query what an index ranks by. Words that no document has are
// replaced by what is near to them. Stop words count only where there is nothing
// else.
func (q *query) terms(ctx context.Context, l lexicon) (*termBuilder, error) {
	b := &termBuilder{at: map[string]int{}, known: map[string]bool{}, instead: map[string]string{}}
	if err := b.look(ctx, l, q); err != nil {
		return nil, err
	}
	other := slices.ContainsFunc(q.words, func(w queryWord) bool { return !stopWords[w.exact] })
	written := make([]string, len(q.words)) // corrected
	for i, w := range q.words {
		written[i] = w.exact
		if stopWords[w.exact] && other {
			continue
		}
		if b.known[w.stem] || b.known[w.exact] || distanceOf(w.exact) == 0 {
			b.word(w.stem, w.exact, 1)
			continue
		}
		near, err := b.correct(ctx, l, w.exact)
		if err != nil {
			return nil, err
		}
		for _, n := range near {
			b.word(stem(n), n, mistakeWeight)
		}
		if len(near) > 0 {
			written[i] = near[0]
			b.instead[w.stem] = stem(near[0])
		} else {
			b.word(w.stem, w.exact, 1)
		}
	}
	if err := b.identifiers(ctx, l, q, written); err != nil {
		return nil, err
	}
	b.adjacent(q, written)
	b.pairs(written)
	return b, nil
}

// termBuilder gathers the terms of a query.
type termBuilder struct {
	terms       []weighted
	at          map[string]int
	known       map[string]bool
	instead     map[string]string // the stem that stands in for one that nobody has
	corrections []Correction
}

// corrected gives phrases with what stands in for their words.
func (b *termBuilder) corrected(phrases [][]string) [][]string {
	list := make([][]string, len(phrases))
	for i, p := range phrases {
		list[i] = slices.Clone(p)
		for j, w := range p {
			if by, ok := b.instead[w]; ok {
				list[i][j] = by
			}
		}
	}
	return list
}

// look asks once which words and identifiers of the query exist.
func (b *termBuilder) look(ctx context.Context, l lexicon, q *query) error {
	var ask []string
	for _, w := range append(slices.Clip(q.words), q.joined...) {
		ask = append(ask, w.stem)
		if w.exact != w.stem {
			ask = append(ask, w.exact)
		}
	}
	counts, err := l.frequencies(ctx, ask)
	if err != nil {
		return err
	}
	for i, term := range ask {
		b.known[term] = counts[i] > 0
	}
	return nil
}

// add has a term count at least as much as weight.
func (b *termBuilder) add(term string, weight float32) {
	if i, ok := b.at[term]; ok {
		b.terms[i].weight = max(b.terms[i].weight, weight)
		return
	}
	b.at[term] = len(b.terms)
	b.terms = append(b.terms, weighted{term, weight})
}

func (b *termBuilder) word(stem, exact string, weight float32) {
	b.add(stem, weight)
	if exact != stem {
		b.add(exact, weight*exactWeight)
	}
}

func (b *termBuilder) correct(ctx context.Context, l lexicon, word string) ([]string, error) {
	near, err := l.near(ctx, word)
	if err == nil && len(near) > 0 {
		b.corrections = append(b.corrections, Correction{Word: word, By: near[0]})
	}
	return near, err
}

// identifiers adds the joined forms: as they are, with their words corrected, or
// corrected as a whole.
func (b *termBuilder) identifiers(ctx context.Context, l lexicon, q *query, written []string) error {
	for _, j := range q.joined {
		if b.known[j.exact] {
			b.add(j.exact, joinedWeight)
			continue
		}
		corrected := strings.Join(written[j.parts[0]:j.parts[1]], "")
		if corrected != j.exact {
			b.add(corrected, joinedWeight)
			continue
		}
		if distanceOf(j.exact) == 0 {
			continue
		}
		near, err := b.correct(ctx, l, j.exact)
		if err != nil {
			return err
		}
		for _, n := range near {
			b.add(n, joinedWeight*mistakeWeight)
		}
	}
	return nil
}

// adjacent adds what neighbouring words would be if they were one identifier.
func (b *termBuilder) adjacent(q *query, written []string) {
	for i := range written {
		for j := i + 2; j <= len(written) && j <= i+maxAdjacent; j++ {
			term := strings.Join(written[i:j], "")
			if len(term) > maxJoined {
				break
			}
			if q.words[i].piece != q.words[j-1].piece {
				b.add(term, adjacentWeight)
			}
		}
	}
}

// pairs adds the words that follow each other.
func (b *termBuilder) pairs(written []string) {
	before := ""
	for _, w := range written {
		if stopWords[w] {
			continue
		}
		w = stem(w)
		if before != "" {
			b.add(pairOf(before, w), pairWeight)
		}
		before = w
	}
}

// stopWords are too common to tell documents apart.
//
//nolint:gochecknoglobals // a fixed table
var stopWords = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`a an and any are as at be been but by can could do does for from had has have how i if in
		into is it its may me my no not of on or our shall should so such than that the their them then there these they this
		those to was we were what when where which who why will with would you your`) {
		words[w] = true
	}
	return words
}()
