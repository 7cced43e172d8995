package search

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// inverted finds documents, by their slots, through the terms of their text.
// Slots are not used again until compact.
type inverted struct {
	ids   map[string]uint32
	terms []termEntry
	texts []slotText
	live  int
}

type termEntry struct {
	text     string
	df       int32 // live documents
	written  int32 // those of them in which it is a word, not only a stem
	postings []posting
	letters  uint64 // which it has, to tell fast what cannot be near
}

// posting is one document of a term, and the term's weight in it.
type posting struct {
	slot   uint32
	weight float32
}

// slotText is what is known of the text of one document.
type slotText struct {
	words []uint32 // the stems in order; noTerm between fields
	terms []uint32 // all distinct ones; the highest bit is set if it is written so
}

const (
	noTerm    = ^uint32(0)
	writtenAs = uint32(1) << 31
)

func (x *inverted) id(term string) uint32 {
	if id, ok := x.ids[term]; ok {
		return id
	}
	term = strings.Clone(term) // a slice of a whole text
	id := uint32(len(x.terms)) //nolint:gosec // less than 2³¹ terms
	x.ids[term] = id
	x.terms = append(x.terms, termEntry{text: term, letters: lettersOf(term)})
	return id
}

// add gives the next slot to a text.
func (x *inverted) add(t text) {
	slot := uint32(len(x.texts)) //nolint:gosec // less than 2³² documents
	s := slotText{words: make([]uint32, len(t.words)), terms: make([]uint32, len(t.terms))}
	for i, w := range t.terms {
		id := x.id(w.term)
		e := &x.terms[id]
		e.df++
		e.postings = append(e.postings, posting{slot, w.weight})
		s.terms[i] = id
		if t.written[i] {
			e.written++
			s.terms[i] |= writtenAs
		}
	}
	for i, w := range t.words {
		s.words[i] = noTerm
		if w != "" {
			s.words[i] = x.ids[w]
		}
	}
	x.texts = append(x.texts, s)
	x.live++
}

// remove forgets the text of a slot. Its postings stay until compact; whoever
// reads them has to know which slots live.
func (x *inverted) remove(slot uint32) {
	for _, id := range x.texts[slot].terms {
		e := &x.terms[id&^writtenAs]
		e.df--
		if id&writtenAs != 0 {
			e.written--
		}
	}
	x.texts[slot] = slotText{}
	x.live--
}

// compact gives the slots that live new numbers, in order, and forgets terms that
// no document has any more.
func (x *inverted) compact(live func(slot uint32) bool) {
	moved := make([]uint32, len(x.texts))
	kept := x.texts[:0]
	for slot := range x.texts {
		moved[slot] = noTerm
		if live(uint32(slot)) {
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
		kept = append(kept, e)
	}
	clear(x.terms[len(kept):])
	x.terms = kept
	for _, t := range x.texts {
		for i, id := range t.words {
			if id != noTerm {
				t.words[i] = moved[id]
			}
		}
		for i, id := range t.terms {
			t.terms[i] = moved[id&^writtenAs] | id&writtenAs
		}
	}
}

// score adds up the weights of terms, and calls found once for each slot that
// has one. Slots that do not live may be among them. It adds in the order in which
// Qdrant does, so that both round alike.
func (x *inverted) score(terms []weighted, scores []float32, found func(slot uint32)) {
	for _, t := range slices.SortedFunc(slices.Values(terms), func(a, b weighted) int { return cmp.Compare(number(a.term), number(b.term)) }) {
		id, known := x.ids[t.term]
		if !known || x.terms[id].df == 0 {
			continue
		}
		e := &x.terms[id]
		weight := t.weight * rarity(x.live, int(e.df))
		for _, p := range e.postings {
			if scores[p.slot] == 0 {
				found(p.slot)
			}
			scores[p.slot] += weight * p.weight
		}
	}
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
