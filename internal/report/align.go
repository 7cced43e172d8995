package report

import (
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// alike is how much two statements must share to stand in one row. Two rows are
// better than a wrong one.
const alike = 0.6

// shape is what is left of a statement when its value, and the words that every
// sentence has, are taken out. Numbers that are no value are part of a name (ISO
// 27001, HTTP/2, port 443); these and denials decide: where they differ, nothing is alike.
type shape struct {
	words   []string // sorted, each once
	decide  []string // sorted: numbers, and words that deny beside what the entry denies
	measure string   // kind and unit of the value
	subject []string // words of what the row of a table is about
}

//nolint:gochecknoglobals // a fixed list
var commonWords = set("a an the and or of to for in on at by with from as is are be was were it its this that these those can may will must should has have had " +
	"do does per plan you your we our all any each only also up than more most least maximum minimum limit limited support supported available included include")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// shapeOf reads the shape of a statement that says v and, if denies is true, that
// there is no such thing. Names of the company are no part of it.
func shapeOf(statement string, v schema.Value, denies bool, company string) shape {
	text := statement
	if v.Original != "" {
		text = strings.Replace(text, v.Original, " ", 1)
	}
	s := shape{measure: string(v.Kind) + " " + v.Unit}
	if before, _, ok := strings.Cut(statement, " — "); ok && len(columnsOf(statement)) > 0 {
		for _, w := range wordsOf(before) {
			s.subject = append(s.subject, w.stem)
		}
	}
	names := wordsOf(company)
	denials := 0
	for _, w := range wordsOf(text) {
		switch {
		case w.number:
			s.decide = append(s.decide, w.stem)
		case extract.IsNegation(w.stem) || w.stem == "t" || w.stem == "unsupported":
			denials++
		case commonWords[w.stem] || slices.ContainsFunc(names, func(n word) bool { return n.stem == w.stem }):
		default:
			s.words = append(s.words, w.stem)
		}
	}
	if denies {
		denials--
	}
	for range denials {
		s.decide = append(s.decide, "not")
	}
	slices.Sort(s.words)
	s.words = slices.Compact(s.words)
	slices.Sort(s.decide)
	return s
}

// unrelated reports shapes of rows about two things: the package for Go, the
// package for Java.
func (s shape) unrelated(o shape) bool {
	return len(s.subject) > 0 && len(o.subject) > 0 && !slices.ContainsFunc(s.subject, func(w string) bool { return slices.Contains(o.subject, w) })
}

// likeness is how much two shapes share, from 0 to 1; 0 if what decides differs.
func (s shape) likeness(o shape) float64 {
	if s.measure != o.measure || !slices.Equal(s.decide, o.decide) || len(s.words) == 0 || len(o.words) == 0 {
		return 0
	}
	shared, i, j := 0, 0, 0
	for i < len(s.words) && j < len(o.words) {
		switch c := strings.Compare(s.words[i], o.words[j]); {
		case c == 0:
			shared++
			i++
			j++
		case c < 0:
			i++
		default:
			j++
		}
	}
	return 2 * float64(shared) / float64(len(s.words)+len(o.words))
}
