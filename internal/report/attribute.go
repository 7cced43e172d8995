package report

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"techfacts.dev/techfacts/schema"
)

//go:embed attributes.txt
var attributeTable string

// Version counts the changes of what entries are made of: of attributes.txt and
// of the code that reads statements by it. Entries of another version are made anew.
const Version = 6

// direction says which of two values is better.
type direction int8

const (
	neither direction = iota
	higher
	lower
)

// section groups rows.
type section struct {
	key, title string
	categories []string // of facts
}

// attribute is a row that has a name, and what it takes to be in it.
type attribute struct {
	key, label string
	section    *section
	kinds      []schema.ValueKind // of values; none: the words are compared
	better     direction

	least  bool // of several versions the first counts
	single bool // for a plan it has one value
	none   bool // that there is none is the best there is
	names  bool // it takes names of what can be used, beside others

	first                         []string   // of the phrases one of which is in the statement
	also, sentence, never, beside [][]string // phrases
	ahead                         [][]string // phrases none of which stands before the value
	plain                         []string   // words that do not say what a value is for
	same                          []string   // nouns that count the same
}

// table is attributes.txt, read.
type table struct {
	sections   []*section
	attributes []*attribute
	phrases    map[string][]phrase // by their first word
	byKey      map[string]*attribute
	byCategory map[string]*section
	about      map[string]*attribute // by the attribute of facts
}

// phrase is words that speak of an attribute.
type phrase struct {
	words []string
	of    *attribute
}

//nolint:gochecknoglobals // a fixed table, read once
var attributes = sync.OnceValue(func() *table {
	t, err := parseAttributes(attributeTable)
	if err != nil {
		panic(err) // cannot happen: it is embedded, and a test reads it
	}
	return t
})

var (
	sectionLine   = regexp.MustCompile(`^\[(\w+)\] ([^:]+): (.+)$`)
	attributeLine = regexp.MustCompile(`^(\w+) "([^"]+)"(.*)$`)
)

func parseAttributes(text string) (*table, error) {
	t := &table{phrases: map[string][]phrase{}, byKey: map[string]*attribute{}, byCategory: map[string]*section{}, about: map[string]*attribute{}}
	var current *section
	var a *attribute
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, " \n")
		var err error
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			current, err = t.section(line)
		case strings.HasPrefix(line, "  ") && a != nil:
			err = t.condition(a, strings.TrimSpace(line))
		case current == nil:
			err = errors.New("a row before the first section")
		default:
			a, err = t.attribute(line, current)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return t, nil
}

func (t *table) section(line string) (*section, error) {
	m := sectionLine.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("not a section: %s", line)
	}
	s := &section{key: m[1], title: m[2], categories: strings.Split(m[3], ", ")}
	t.sections = append(t.sections, s)
	for _, c := range s.categories {
		t.byCategory[c] = s
	}
	return s, nil
}

func (t *table) attribute(line string, s *section) (*attribute, error) {
	m := attributeLine.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("not a row: %s", line)
	}
	a := &attribute{key: m[1], label: m[2], section: s}
	if t.byKey[a.key] != nil {
		return nil, fmt.Errorf("two rows %s", a.key)
	}
	for word := range strings.FieldsSeq(m[3]) {
		switch word {
		case "higher":
			a.better = higher
		case "lower":
			a.better = lower
		case "least":
			a.least = true
		case "single":
			a.single = true
		case "none":
			a.none = true
		case "names":
			a.names = true
		default:
			for k := range strings.SplitSeq(word, ",") {
				if !slices.Contains(schema.ValueKind("").Values(), k) {
					return nil, fmt.Errorf("%s is no kind of value and no direction", k)
				}
				a.kinds = append(a.kinds, schema.ValueKind(k))
			}
		}
	}
	t.attributes = append(t.attributes, a)
	t.byKey[a.key], t.about[a.key] = a, a
	return a, nil
}

func (t *table) condition(a *attribute, line string) error {
	sign, list, ok := strings.Cut(line, " ")
	if !ok {
		return fmt.Errorf("not a condition: %s", line)
	}
	if sign == "@" {
		for name := range strings.SplitSeq(list, "; ") {
			if t.about[name] = a; name == "-" {
				delete(t.about, a.key)
			}
		}
		return nil
	}
	for text := range strings.SplitSeq(list, ";") {
		words := phraseWords(text)
		if len(words) == 0 {
			return errors.New("an empty phrase")
		}
		switch sign {
		case "+":
			t.phrases[words[0]] = append(t.phrases[words[0]], phrase{words, a})
			if a.first == nil {
				a.first = words
			}
		case "&":
			a.also = append(a.also, words)
		case "?":
			a.sentence = append(a.sentence, words)
		case "-":
			a.never = append(a.never, words)
		case "!":
			a.beside = append(a.beside, words)
		case "<":
			a.ahead = append(a.ahead, words)
		case "~":
			a.plain = append(a.plain, words...)
		case "=":
			a.same = append(a.same, words...)
		default:
			return fmt.Errorf("%s is no sign of a condition", sign)
		}
	}
	return nil
}

// phraseWords are the words of a phrase of the table.
func phraseWords(text string) (words []string) {
	for w := range strings.FieldsSeq(text) {
		if w == "#" || w == "*" {
			words = append(words, w)
			continue
		}
		for _, t := range wordsOf(w) {
			words = append(words, t.stem)
		}
	}
	return words
}

// word is a word of a statement, and where it stands.
type word struct {
	stem       string
	start, end int
	number     bool
}

// wordsOf splits a text into words: letters and digits, in lower case, without
// the s of a plural.
func wordsOf(text string) []word {
	words := make([]word, 0, len(text)/5+1)
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		w := strings.ToLower(text[start:end])
		words = append(words, word{stem: singular(w), start: start, end: end, number: w[0] >= '0' && w[0] <= '9'})
		start = -1
	}
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		flush(i)
	}
	flush(len(text))
	return words
}

// typed gives the Roman numbers after "type" as Arabic ones: Type II is Type 2.
func typed(words []word) []word {
	for i := range words[:max(0, len(words)-1)] {
		if n := slices.Index([]string{"", "i", "ii", "iii"}, words[i+1].stem); words[i].stem == "type" && n > 0 {
			words[i+1].stem, words[i+1].number = strconv.Itoa(n), true
		}
	}
	return words
}

func singular(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 3 && w[len(w)-1] == 's' && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		return w[:len(w)-1]
	}
	return w
}

// at tells whether the phrase stands at words[i:].
func at(words []word, i int, phrase []string) bool {
	if i+len(phrase) > len(words) {
		return false
	}
	for k, p := range phrase {
		w := words[i+k]
		if p != w.stem && p != "*" && (p != "#" || !w.number) {
			return false
		}
	}
	return true
}

func anywhere(words []word, phrases [][]string) bool {
	for i := range words {
		for _, p := range phrases {
			if at(words, i, p) {
				return true
			}
		}
	}
	return false
}

// mention is where a statement speaks of an attribute.
type mention struct {
	of         *attribute
	start, end int // bytes
	length     int // words
}

// mentions finds the attributes that a statement, which is a sentence or not, speaks of, each
// once, at its longest phrase.
func (t *table) mentions(words []word, sentence bool) (found []mention) {
	for i, w := range words {
		for _, first := range []string{w.stem, "#"} {
			if first == "#" && !w.number {
				continue
			}
			for _, p := range t.phrases[first] {
				if !at(words, i, p.words) {
					continue
				}
				m := mention{p.of, w.start, words[i+len(p.words)-1].end, len(p.words)}
				if k := slices.IndexFunc(found, func(f mention) bool { return f.of == m.of }); k < 0 {
					found = append(found, m)
				} else if m.length > found[k].length {
					found[k] = m
				}
			}
		}
	}
	return slices.DeleteFunc(found, func(m mention) bool {
		return len(m.of.also) > 0 && !anywhere(words, m.of.also) || anywhere(words, m.of.never) ||
			sentence && len(m.of.sentence) > 0 && !anywhere(words, m.of.sentence)
	})
}
