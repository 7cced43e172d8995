package extract

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed vocabulary.txt
var vocabularyText string

// term is one entry of the vocabulary.
type term struct {
	category  string
	attribute string // "-" if it has none
	weight    float64
}

// vocabulary finds the terms of vocabulary.txt in text.
type vocabulary struct {
	lexicon *lexicon
	number  int32 // the sign for any number
	nodes   []trieNode
	terms   []term
}

// trieNode is a word of one or more terms.
type trieNode struct {
	next  map[int32]int32
	terms []int32 // those that end here
}

// hit is a term found at some words.
type hit struct {
	term       int32
	first, end int // words
}

// The strengths of terms: how likely a sentence with the term belongs to the
// category.
func weightOf(strength string) (float64, bool) {
	switch strength {
	case "sure":
		return 0.8, true
	case "likely":
		return 0.5, true
	case "hint":
		return 0.25, true
	}
	return 0, false
}

// builtinVocabulary reads vocabulary.txt once.
//
//nolint:gochecknoglobals // a fixed table, made when first needed
var builtinVocabulary = sync.OnceValue(func() *vocabulary {
	v, err := parseVocabulary(vocabularyText)
	if err != nil {
		panic(err) // a test reads the same file
	}
	return v
})

// newVocabulary makes an empty one, whose words count on from those of base.
func newVocabulary(base *lexicon) *vocabulary {
	v := &vocabulary{lexicon: &lexicon{ids: map[string]int32{}, base: base}, nodes: make([]trieNode, 1)}
	v.number = v.lexicon.id(anyNumber)
	return v
}

// parseVocabulary reads the format that vocabulary.txt explains.
func parseVocabulary(text string) (*vocabulary, error) {
	v := newVocabulary(nil)
	category := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "//"):
			continue
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			category = line[1 : len(line)-1]
			continue
		}
		head, list, ok := strings.Cut(line, ":")
		f := strings.Fields(head)
		if !ok || len(f) != 2 || category == "" {
			return nil, fmt.Errorf("vocabulary line %d: want \"attribute strength: term; term\"", i+1)
		}
		weight, ok := weightOf(f[1])
		if !ok {
			return nil, fmt.Errorf("vocabulary line %d: strength %q", i+1, f[1])
		}
		for phrase := range strings.SplitSeq(list, ";") {
			if phrase = strings.TrimSpace(phrase); phrase != "" && !v.add(phrase, term{category: category, attribute: f[0], weight: weight}) {
				return nil, fmt.Errorf("vocabulary line %d: %s has %q already", i+1, category, phrase)
			}
		}
	}
	return v, nil
}

// add puts a term into the trie, unless its category has the same words there.
func (v *vocabulary) add(phrase string, t term) bool {
	at := int32(0)
	for _, id := range v.ids(phrase) {
		n := &v.nodes[at]
		if n.next == nil {
			n.next = map[int32]int32{}
		}
		next, ok := n.next[id]
		if !ok {
			next = int32(len(v.nodes)) //nolint:gosec // a vocabulary has some thousand words
			n.next[id] = next
			v.nodes = append(v.nodes, trieNode{})
		}
		at = next
	}
	if t.category != "" && slices.ContainsFunc(v.nodes[at].terms, func(o int32) bool { return v.terms[o].category == t.category }) {
		return false
	}
	v.nodes[at].terms = append(v.nodes[at].terms, int32(len(v.terms))) //nolint:gosec // as above
	v.terms = append(v.terms, t)
	return true
}

// ids gives the words of a phrase their numbers.
func (v *vocabulary) ids(phrase string) []int32 {
	var ids []int32
	for w := range strings.FieldsSeq(phrase) {
		switch w {
		case anyNumber, anyCurrency, percentSign:
			ids = append(ids, v.lexicon.id(w))
			continue
		}
		for _, part := range v.lexicon.words(nil, w) {
			s := lower(nil, w[part.start:part.end])
			if part.kind == plainWord {
				s = stem(s)
			}
			ids = append(ids, v.lexicon.id(string(s)))
		}
	}
	return ids
}

// find appends every term found in words.
func (v *vocabulary) find(to []hit, words []word) []hit {
	for i := range words {
		to = v.findAt(to, words, i, i, 0)
	}
	return to
}

func (v *vocabulary) findAt(to []hit, words []word, first, i int, node int32) []hit {
	for _, t := range v.nodes[node].terms {
		to = append(to, hit{term: t, first: first, end: i})
	}
	if i >= len(words) || v.nodes[node].next == nil {
		return to
	}
	if id := words[i].id; id != 0 {
		if next, ok := v.nodes[node].next[id]; ok {
			to = v.findAt(to, words, first, i+1, next)
		}
	}
	if words[i].kind == numberWord {
		if next, ok := v.nodes[node].next[v.number]; ok {
			to = v.findAt(to, words, first, i+1, next)
		}
	}
	return to
}
