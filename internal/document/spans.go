package document

import (
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// Spans converts byte ranges of one text into runes and UTF-16 code units. It
// reads the text once, and may be used by many at a time.
type Spans struct {
	text  string
	marks []mark // one every markEvery bytes; nil if all is ASCII
}

// mark is how much of the text stands before a rune: the first one that begins
// at or after a multiple of markEvery.
type mark struct{ bytes, runes, units int }

const markEvery = 256

// NewSpans reads a text, which must be valid UTF-8.
func NewSpans(text string) *Spans {
	s := &Spans{text: text}
	ascii := true
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	s.marks = make([]mark, 0, len(text)/markEvery+1)
	var m mark
	for i, r := range text {
		if i >= len(s.marks)*markEvery {
			m.bytes = i
			s.marks = append(s.marks, m)
		}
		m.runes++
		m.units += units(r)
	}
	return s
}

// Of converts a range of bytes that begins and ends between two characters.
func (s *Spans) Of(start, end int) schema.Span {
	a := s.at(start)
	b := s.at(end)
	return schema.Span{
		ByteStart: start, ByteEnd: end,
		RuneStart: a.runes, RuneEnd: b.runes,
		UTF16Start: a.units, UTF16End: b.units,
	}
}

func (s *Spans) at(offset int) mark {
	if s.marks == nil {
		return mark{offset, offset, offset}
	}
	i := min(offset/markEvery, len(s.marks)-1)
	if s.marks[i].bytes > offset { // inside the character before the mark
		i--
	}
	m := s.marks[i]
	for at, r := range s.text[m.bytes:] {
		if m.bytes+at >= offset {
			break
		}
		m.runes++
		m.units += units(r)
	}
	return m
}

// units is how many UTF-16 code units a character takes.
func units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
