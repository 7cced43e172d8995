package search

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// inverted finds documents, by their slots, through the terms of their text.
// Slots are not used again until compact. Pairs are not kept: they are looked up
// in the words of the documents that have both.
type inverted struct {
	ids     map[string]uint32
	terms   []termEntry
	letters []uint64 // of terms, to tell fast what cannot be near
	texts   []slotText
	fields  [][]float64 // what the fields of texts weigh; most have the same
	live    int
}

type termEntry struct {
	text     string
	df       int32 // live documents
	written  int32 // those of them in which it is a word, not only a stem
	postings []posting
}

// posting is one document of a term, and the term's weight in it.
type posting struct {
	slot   uint32
	weight float32
}

// slotText is what is known of the text of one document.
type slotText struct {
	all    []uint32 // its words, then its terms
	length uint32   // of the words
	fields uint32   // in inverted.fields
	norm   float64
}

// words are the stems in order, with noTerm between fields; the highest bit is
// set if one is single.
func (t *slotText) words() []uint32 { return t.all[:t.length] }

// terms are all distinct ones; the highest bit is set if one is written so.
func (t *slotText) terms() []uint32 { return t.all[t.length:] }

const (
	noTerm = ^uint32(0)
	marked = uint32(1) << 31
)

func (x *inverted) id(term string) uint32 {
	if id, ok := x.ids[term]; ok {
		return id
	}
	term = strings.Clone(term) // a slice of a whole text
	id := uint32(len(x.terms)) //nolint:gosec // less than 2³¹ terms
	x.ids[term] = id
	x.terms = append(x.terms, termEntry{text: term})
	x.letters = append(x.letters, lettersOf(term))
	return id
}

// weights gives the number of what fields weigh.
func (x *inverted) weights(fields []float64) uint32 {
	i := slices.IndexFunc(x.fields, func(known []float64) bool { return slices.Equal(known, fields) })
	if i < 0 {
		i = len(x.fields)
		x.fields = append(x.fields, fields)
	}
	return uint32(i) //nolint:gosec // a few
}

// add gives the next slot to a text.
func (x *inverted) add(t *text) {
	slot := uint32(len(x.texts)) //nolint:gosec // less than 2³² documents
	n := len(t.words)
	s := slotText{all: make([]uint32, n+len(t.terms)), length: uint32(n), fields: x.weights(t.fields), norm: t.norm} //nolint:gosec // as above
	for i, w := range t.terms {
		id := x.id(w.term)
		e := &x.terms[id]
		e.df++
		e.postings = append(e.postings, posting{slot, w.weight})
		s.all[n+i] = id
		if t.written[i] {
			e.written++
			s.all[n+i] |= marked
		}
	}
	for i, place := range t.places {
		if s.all[i] = noTerm; place != noTerm {
			s.all[i] = s.terms()[place] &^ marked
		}
		if t.single[i] {
			s.all[i] |= marked
		}
	}
	x.texts = append(x.texts, s)
	x.live++
}

// remove forgets the text of a slot. Its postings stay until compact; whoever
// reads them has to know which slots live.
func (x *inverted) remove(slot uint32) {
	for _, id := range x.texts[slot].terms() {
		e := &x.terms[id&^marked]
		e.df--
		if id&marked != 0 {
			e.written--
		}
	}
	x.texts[slot] = slotText{}
	x.live--
}

// compact gives the slots that live new numbers, in order, and forgets terms that
// no document has any more.
func (x *inverted) compact(live []bool) {
	moved := make([]uint32, len(x.texts))
	kept := x.texts[:0]
	for slot := range x.texts {
		moved[slot] = noTerm
		if live[slot] {
			moved[slot] = uint32(len(kept)) //nolint:gosec // as above
			kept = append(kept, x.texts[slot])
		}
	}
	clear(x.texts[len(kept):])
	x.texts = kept
	for i := range x.terms {
		e := &x.terms[i]
		list := e.postings[:0]
		for _, p := range e.postings {
			if moved[p.slot] != noTerm {
				list = append(list, posting{moved[p.slot], p.weight})
			}
		}
		e.postings = list
		if len(list) == 0 {
			e.postings = nil
		}
	}
	x.forget()
}

// forget gives the terms that a document has new numbers, and drops the others.
func (x *inverted) forget() {
	moved := make([]uint32, len(x.terms))
	kept := x.terms[:0]
	for i, e := range x.terms {
		if e.postings == nil {
			delete(x.ids, e.text)
			continue
		}
		moved[i] = uint32(len(kept)) //nolint:gosec // as above
		x.ids[e.text] = moved[i]
		x.letters[len(kept)] = x.letters[i]
		kept = append(kept, e)
	}
	clear(x.terms[len(kept):])
	x.terms, x.letters = kept, x.letters[:len(kept)]
	for _, t := range x.texts {
		for i, id := range t.all {
			if id != noTerm {
				t.all[i] = moved[id&^marked] | id&marked
			}
		}
	}
}

// sums are what documents score, by slot, while a query adds it up.
type sums struct {
	scores  []float32 // 0 but for touched
	touched []uint32
	pairs   []posting // of the pair at hand
}

func (s *sums) add(list []posting, weight float32) {
	for _, p := range list {
		if s.scores[p.slot] == 0 {
			s.touched = append(s.touched, p.slot)
		}
		s.scores[p.slot] += weight * p.weight
	}
}

// score adds up the weights of terms. Slots that do not live may be among those
// that it touches. It adds in the order in which Qdrant does, so that both round
// alike.
func (x *inverted) score(terms []weighted, to *sums) {
	for _, t := range inNumbers(terms) {
		if first, second, isPair := strings.Cut(t.term, " "); isPair {
			to.pairs = x.pair(first, second, to.pairs[:0])
			to.add(to.pairs, t.weight*rarity(x.live, len(to.pairs)))
		} else if id, known := x.ids[t.term]; known && x.terms[id].df > 0 {
			e := &x.terms[id]
			to.add(e.postings, t.weight*rarity(x.live, int(e.df)))
		}
	}
}

// inNumbers sorts terms by their numbers.
func inNumbers(terms []weighted) []weighted {
	type numbered struct {
		number uint32
		weighted
	}
	list := make([]numbered, len(terms))
	for i, t := range terms {
		list[i] = numbered{number(t.term), t}
	}
	slices.SortStableFunc(list, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	sorted := make([]weighted, len(terms))
	for i, t := range list {
		sorted[i] = t.weighted
	}
	return sorted
}

// pair appends the live documents in which two stems follow each other, and what
// the pair weighs in them: those that text.pairs has it in.
func (x *inverted) pair(first, second string, to []posting) []posting {
	a, knownA := x.ids[first]
	b, knownB := x.ids[second]
	if !knownA || !knownB {
		return to
	}
	short, long := x.terms[a].postings, x.terms[b].postings
	if len(short) > len(long) {
		short, long = long, short
	}
	for _, p := range short {
		if long = after(long, p.slot); len(long) == 0 {
			break
		}
		if long[0].slot != p.slot {
			continue
		}
		t := &x.texts[p.slot]
		if n := t.count(a, b, x.fields[t.fields]); n > 0 {
			to = append(to, posting{p.slot, saturated(n, t.norm)})
		}
	}
	return to
}

// after leaves out the postings before a slot.
func after(list []posting, slot uint32) []posting {
	step := 1
	for step < len(list) && list[step].slot < slot {
		step *= 2
	}
	from, to := step/2, min(step+1, len(list))
	for from < to {
		if middle := (from + to) / 2; list[middle].slot < slot {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return list[from:]
}

// count is how much b counts right after a.
func (t *slotText) count(a, b uint32, fields []float64) (n float64) {
	words := t.words()
	for i, w := range words {
		if w != b {
			continue
		}
		before := i - 1
		for before >= 0 && words[before]&marked != 0 && words[before] != noTerm {
			before--
		}
		if before < 0 || words[before] != a {
			continue
		}
		field := 0
		for _, w := range words[:i] {
			if w == noTerm {
				field++
			}
		}
		n += fields[field] * lead(i+1)
	}
	return n
}

// phrase gives the numbers of the words of a phrase; nil if one is unknown.
func (x *inverted) phrase(words []string) []uint32 {
	ids := make([]uint32, len(words))
	for i, w := range words {
		id, known := x.ids[w]
		if !known {
			return nil
		}
		ids[i] = id
	}
	return ids
}

// has reports whether the text of a slot has a phrase, or, of one word, a term.
func (x *inverted) has(slot uint32, phrase []uint32) bool {
	if len(phrase) == 1 {
		list := after(x.terms[phrase[0]].postings, slot)
		return len(list) > 0 && list[0].slot == slot
	}
	words := x.texts[slot].words()
	for i := 0; i+len(phrase) <= len(words); i++ {
		n := 0
		for n < len(phrase) && words[i+n]&^marked == phrase[n] {
			n++
		}
		if n == len(phrase) {
			return true
		}
	}
	return false
}

// lettersOf marks the letters and digits of a term, and its length in the
// highest byte.
func lettersOf(term string) uint64 {
	var mask uint64
	for i := range len(term) {
		switch c := term[i]; {
		case c >= 'a' && c <= 'z':
			mask |= 1 << (c - 'a')
		case isDigit(c):
			mask |= 1 << (26 + c - '0')
		default:
			mask |= 1 << (36 + c%16)
		}
	}
	return mask | uint64(min(len(term), 255))<<56
}

const letterBits = 1<<56 - 1

// apart reports whether two terms are certainly more than distance edits apart.
func apart(a, b uint64, distance int) bool {
	d := int(a>>56) - int(b>>56)
	return d > distance || -d > distance || bits.OnesCount64((a^b)&letterBits) > 2*distance
}
