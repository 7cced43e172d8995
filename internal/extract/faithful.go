package extract

import (
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// A statement that a model words is faithful to its quote if it is the quote with
// words left out that limit nothing, or all of a row that is about one column.
// What is true but put in another way is told in the words of the quote.

// evidence is what a statement is held against.
type evidence struct {
	quote   []lexeme
	within  map[string]bool // what stands in the quote
	context map[string]bool // words above and beside it, which may only name what it is about
}

// maxLexemes bounds what is compared word by word.
const maxLexemes = 300

// leastWorded is the share of the words of a statement that must stand in or
// around its quote for the quote to be told instead.
const leastWorded = 0.6

// wording is how a statement relates to its quote.
type wording struct {
	reason schema.RejectionReason // empty: faithful
	near   bool                   // what it means is what the quote says, if it is not faithful
}

func newEvidence(quote string, around ...string) evidence {
	e := evidence{quote: lexemes(document.Plain(quote)), within: map[string]bool{}, context: map[string]bool{}}
	for _, t := range e.quote {
		e.within[t.key] = true
	}
	for _, t := range lexemes(strings.Join(around, " . ")) {
		if t.kind == wordLexeme {
			e.context[t.key] = true
		}
	}
	return e
}

// strange looks for words of a statement that stand neither in the quote nor
// above or beside it.
func (e evidence) strange(statement []lexeme, free func(string) bool) wording {
	known, all := 0, 0
	for _, t := range statement {
		switch {
		case t.kind == emptyLexeme || t.kind == breakLexeme || t.kind == jointLexeme || t.kind == wordLexeme && free(t.key):
			continue
		case e.within[t.key] || t.kind == wordLexeme && e.context[t.key]:
			known++
		case t.key == deny || e.contradicts(t.key):
			return wording{reason: schema.RejectedNegation}
		case t.kind == numberLexeme || t.kind == unitLexeme || t.kind == boundLexeme:
			return wording{reason: schema.RejectedNumber}
		case t.name:
			return wording{reason: schema.RejectedWords}
		}
		all++
	}
	if known < all {
		return wording{reason: schema.RejectedWords, near: float64(known) >= leastWorded*float64(all)}
	}
	return wording{}
}

func (e evidence) contradicts(key string) bool {
	for _, t := range e.quote {
		if opposite(t.key, key) {
			return true
		}
	}
	return false
}

// sentence judges a statement about running text: its words must follow each
// other there as they do in it.
func (e evidence) sentence(statement string, free func(string) bool) wording {
	said := lexemes(statement)
	if len(said) > maxLexemes || len(e.quote) > maxLexemes {
		return wording{reason: schema.RejectedWords}
	}
	if w := e.strange(said, free); w.reason != "" {
		return w
	}
	for i, t := range said { // what is listed beside others is no subject
		beside := func(o lexeme) bool { return o.kind == jointLexeme && o.key != ":" }
		said[i].listed = t.kind == wordLexeme && (i+1 < len(said) && beside(said[i+1]) || i > 0 && beside(said[i-1]))
	}
	said = slices.DeleteFunc(said, func(t lexeme) bool {
		return t.kind == breakLexeme || t.key == "," || t.key == ":" || t.kind == emptyLexeme || t.kind == wordLexeme && free(t.key) && !e.within[t.key]
	})
	if e.follows(said) {
		return wording{}
	}
	denials := func(list []lexeme) (n int) {
		for _, t := range list {
			if t.key == deny {
				n++
			}
		}
		return n
	}
	if denials(said) != denials(e.quote) && !slices.ContainsFunc(e.quote[:max(len(e.quote)-1, 0)], func(t lexeme) bool { return t.kind == breakLexeme }) {
		return wording{reason: schema.RejectedNegation}
	}
	return wording{reason: schema.RejectedWords, near: true}
}

// follows looks for the terms of a statement in the quote, in their order, so that
// nothing left out before, between and behind them matters. Words that are not
// there must be of what stands above.
func (e evidence) follows(said []lexeme) bool {
	q := e.quote
	n := len(q)
	// ends[j]: the terms so far stand in the quote, the last of them at j; none, if at n.
	ends := make([]bool, n+1)
	ends[n] = true
	for _, t := range said {
		next := make([]bool, n+1)
		for j, ok := range ends {
			if !ok {
				continue
			}
			if j == n {
				next[n] = next[n] || t.kind == wordLexeme && e.context[t.key] && !t.listed
				for k := range n {
					next[k] = next[k] || same(t, q[k]) && leads(q[:k])
				}
				continue
			}
			for k := j + 1; k < n; k++ {
				next[k] = next[k] || same(t, q[k]) && skips(q[j+1:k])
			}
		}
		ends = next
	}
	for j, ok := range ends[:n] {
		if ok && trails(q[j+1:]) {
			return true
		}
	}
	return false
}

// same reports whether a lexeme of a statement is one of a quote. A list may be
// joined by other words than there.
func same(said, q lexeme) bool {
	if said.kind == jointLexeme {
		return q.kind == jointLexeme && (q.key == "," || q.key == said.key)
	}
	return said.key == q.key
}

// idle reports terms that may be left out anywhere.
func idle(t lexeme) bool {
	switch t.key {
	case "also", "please", "automatically", "currently", "now", "simply":
		return true
	}
	return t.kind == emptyLexeme
}

// skips reports whether what stands between two words of a statement may be left
// out: it says nothing, or it is other items of a list.
func skips(gap []lexeme) bool {
	gap = slices.DeleteFunc(slices.Clone(gap), idle)
	if len(gap) == 0 {
		return true
	}
	for _, t := range gap {
		if t.kind != wordLexeme && t.kind != jointLexeme {
			return false
		}
	}
	return gap[0].kind == jointLexeme || gap[len(gap)-1].kind == jointLexeme
}

// narrows reports words that begin what limits a sentence.
func narrows(key string) bool {
	switch key {
	case "in", "on", "for", "at", "as", "to", "of", "with", "during", "after", "when":
		return true
	}
	return false
}

// leads reports whether a statement may begin behind some terms: they say nothing,
// or are a clause or items of their own.
func leads(before []lexeme) bool {
	for i, t := range slices.Backward(before) {
		if t.kind == breakLexeme {
			before = before[i+1:]
			break
		}
	}
	first := ""
	if len(before) > 0 {
		first = before[0].key
	}
	before = slices.DeleteFunc(slices.Clone(before), idle)
	if len(before) == 0 {
		return true
	}
	if narrows(first) { // "On the Team plan, "
		return false
	}
	for _, t := range before {
		if t.kind == limitLexeme || t.kind == boundLexeme {
			return false
		}
	}
	return before[len(before)-1].kind == jointLexeme
}

// trails reports whether a statement may end before some terms.
func trails(behind []lexeme) bool {
	apart, begins := false, false // behind a joint, and nothing said since
	for _, t := range behind {
		switch {
		case t.kind == breakLexeme:
			return true
		case t.kind == limitLexeme, t.kind == boundLexeme, begins && narrows(t.key): // "(on request)", ", in Europe"
			return false
		case t.kind == jointLexeme:
			apart, begins = true, true
		case idle(t):
		case !apart:
			return false
		default:
			begins = false
		}
	}
	return true
}

// Reworded checks other words for a fact against its quote and the words that were
// found: every number, in digits or in words, must stand in the quote, what a
// number measures and on which side of it something is, in one of both, and nothing
// may be denied or said to the contrary. It fails with ErrNoNumber, ErrNoUnit or
// ErrNegation. Beyond that, words are for whoever chooses them.
func Reworded(statement, quote, found string) error {
	if err := Ground(quote, Claim{statement, quote, 0, len(quote)}); err != nil {
		return err
	}
	e := newEvidence(quote)
	known := setOf(found)
	for _, t := range lexemes(statement) {
		switch {
		case e.within[t.key]:
		case t.kind == numberLexeme:
			return ErrNoNumber
		case known[t.key].key != "":
		case t.kind == unitLexeme, t.kind == boundLexeme:
			return ErrNoUnit
		case t.key == deny, e.contradicts(t.key):
			return ErrNegation
		}
	}
	return nil
}

// tells reports verbs that only join what a cell or an item is about to what it
// says.
func tells(key string) bool {
	switch key {
	case "allow", "cost", "includ", "offer", "provid", "support", "get", "come", "plan", "availabl", "with", "for", "limit", "customer", "user", "tier", "edition", "s": //nolint:misspell // stems
		return true
	}
	return false
}

// row judges a statement about a row of a table: what it names must be the row
// and one column, and its figures those of that cell.
func (e evidence) row(statement, text string, u candidate) wording {
	cells := make([]map[string]lexeme, len(u.block.Cells))
	for i, r := range u.block.Cells {
		cells[i] = setOf(document.Plain(r.Of(text)))
	}
	heads := make([]map[string]lexeme, len(u.block.Header))
	for i, h := range u.block.Header {
		heads[i] = setOf(h)
		for key, t := range heads[i] {
			if t.kind == unitLexeme || t.kind == boundLexeme {
				e.within[key] = true
			}
		}
	}
	said := lexemes(statement)
	if w := e.strange(said, tells); w.reason != "" {
		return w
	}
	words := setOf(statement)
	if len(cells) > 0 && len(cells[0]) > 0 && !mentions(cells[0], words) {
		return wording{reason: schema.RejectedWords, near: true}
	}
	told := -1 // the column that the statement names
	for i := 1; i < len(heads) && i < len(cells); i++ {
		own := map[string]lexeme{}
		for key, t := range heads[i] {
			if !shared(key, i, heads) && !tells(key) && (len(cells) == 0 || cells[0][key].key == "") {
				own[key] = t
			}
		}
		if !mentions(own, words) {
			continue
		}
		if told >= 0 {
			return wording{reason: schema.RejectedWords, near: true}
		}
		told = i
	}
	return e.cell(told, said, words, cells)
}

// cell judges the figures of a statement about a row: those of the cell that it
// names, or a whole cell that needs no name.
func (e evidence) cell(told int, said []lexeme, words map[string]lexeme, cells []map[string]lexeme) wording {
	doubtful := wording{reason: schema.RejectedWords, near: true}
	if told < 0 {
		for i, cell := range cells {
			if i > 0 && len(cell) > 1 && !slices.ContainsFunc(said, func(t lexeme) bool {
				return t.kind == numberLexeme && cell[t.key].key == "" && cells[0][t.key].key == ""
			}) && within(cell, words) {
				return wording{}
			}
		}
		return doubtful
	}
	for key, t := range cells[told] {
		if words[key].key == "" && t.kind != wordLexeme && t.kind != emptyLexeme && t.kind != unitLexeme && t.kind != numberLexeme {
			return doubtful
		}
	}
	figures := false
	for _, t := range said {
		if t.kind != numberLexeme {
			continue
		}
		if cells[told][t.key].key == "" && cells[0][t.key].key == "" {
			return wording{reason: schema.RejectedNumber}
		}
		figures = figures || cells[told][t.key].key != ""
	}
	for _, t := range cells[told] { // a cell of figures is told by one of them
		if t.kind == numberLexeme && !figures {
			return doubtful
		}
	}
	return wording{}
}

func setOf(s string) map[string]lexeme {
	set := map[string]lexeme{}
	for _, t := range lexemes(s) {
		if t.kind != emptyLexeme && t.kind != jointLexeme && t.kind != breakLexeme {
			set[t.key] = t
		}
	}
	return set
}

// mentions reports whether some words have one of a name.
func mentions(name, words map[string]lexeme) bool {
	for key := range name {
		if words[key].key != "" {
			return true
		}
	}
	return false
}

// within reports whether all words of a cell stand among others.
func within(cell, words map[string]lexeme) bool {
	for key := range cell {
		if words[key].key == "" {
			return false
		}
	}
	return true
}

// shared reports whether a word of the head of one column is in that of another.
func shared(key string, of int, heads []map[string]lexeme) bool {
	for i, h := range heads {
		if i != of && h[key].key != "" {
			return true
		}
	}
	return false
}
