package extract

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one word, number or sign of a text.
type word struct {
	id         int32 // in the vocabulary; 0 if it does not stand there
	start, end int   // bytes
	kind       wordKind
	upper      bool // it begins with a capital
	acronym    bool // two capitals or more, or capitals and digits
}

type wordKind uint8

const (
	plainWord wordKind = iota
	numberWord
	currencyWord
	percentWord
)

// The signs of the vocabulary that stand for many words.
const (
	anyNumber   = "#"
	anyCurrency = "$"
	percentSign = "%"
)

// lexicon gives every stem that a vocabulary knows a number. One that has a base
// adds to what the base knows.
type lexicon struct {
	ids  map[string]int32
	base *lexicon
}

// id gives a stem its number.
func (l *lexicon) id(stem string) int32 {
	if n := l.of([]byte(stem)); n != 0 {
		return n
	}
	n := len(l.ids) + 1
	if l.base != nil {
		n += len(l.base.ids)
	}
	l.ids[stem] = int32(n) //nolint:gosec // a vocabulary has some thousand words
	return l.ids[stem]
}

// of is the number of a stem; 0 if it has none.
func (l *lexicon) of(stem []byte) int32 {
	if l.base != nil {
		if n, ok := l.base.ids[string(stem)]; ok {
			return n
		}
	}
	return l.ids[string(stem)]
}

// words splits text and looks its words up. It appends to what it is given.
func (l *lexicon) words(to []word, text string) []word {
	var buf [64]byte
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isDigit(c):
			end := numberEnd(text, i)
			w := word{start: i, end: end, kind: numberWord}
			w.id = l.of(lower(buf[:0], text[i:end]))
			to = append(to, w)
			i = end
		case isLetter(c):
			end := i + 1
			for end < len(text) && (isLetter(text[end]) || isDigit(text[end])) {
				end++
			}
			if stop := accented(text, end); stop > end {
				to = append(to, word{id: l.of(stem([]byte(strings.ToLower(text[i:stop])))), start: i, end: stop, upper: text[i] <= 'Z'})
				i = stop
				continue
			}
			to = append(to, l.word(&buf, text, i, end))
			i = end
		case c == '$':
			to = append(to, word{id: l.of([]byte(anyCurrency)), start: i, end: i + 1, kind: currencyWord})
			i++
		case c == '%':
			to = append(to, word{id: l.of([]byte(percentSign)), start: i, end: i + 1, kind: percentWord})
			i++
		case c < utf8.RuneSelf:
			i++
		default:
			var w word
			w, i = l.foreign(text, i)
			if w.end > 0 {
				to = append(to, w)
			}
		}
	}
	return to
}

// word looks up a word of ASCII letters and digits.
func (l *lexicon) word(buf *[64]byte, text string, start, end int) word {
	w := word{start: start, end: end}
	s := text[start:end]
	capitals, digits := 0, 0
	for i := range len(s) {
		switch {
		case s[i] >= 'A' && s[i] <= 'Z':
			capitals++
		case isDigit(s[i]):
			digits++
		}
	}
	w.upper = s[0] >= 'A' && s[0] <= 'Z'
	w.acronym = capitals >= 2 || capitals == 1 && digits > 0
	if len(s) > len(buf) {
		return w
	}
	switch s {
	case "USD", "EUR", "GBP", "JPY", "CHF":
		w.kind, w.id = currencyWord, l.of([]byte(anyCurrency))
		return w
	}
	w.id = l.of(stem(lower(buf[:0], s)))
	return w
}

// foreign reads a character beyond ASCII: a currency sign, or a word in letters
// of its own.
func (l *lexicon) foreign(text string, i int) (w word, next int) {
	r, n := utf8.DecodeRuneInString(text[i:])
	switch {
	case unicode.Is(unicode.Sc, r):
		return word{id: l.of([]byte(anyCurrency)), start: i, end: i + n, kind: currencyWord}, i + n
	case r == '％':
		return word{id: l.of([]byte(percentSign)), start: i, end: i + n, kind: percentWord}, i + n
	case !unicode.IsLetter(r):
		return word{}, i + n
	}
	end := i + n
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if r < utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsMark(r) {
			break
		}
		end += n
	}
	if isAccented(r) {
		end = accented(text, end)
	}
	return word{id: l.of(stem([]byte(strings.ToLower(text[i:end])))), start: i, end: end, upper: unicode.IsUpper(r)}, end
}

// accented is where a word ends that goes on at i with a letter beyond ASCII, such
// as clé, and then with any of the Latin script; i if it does not go on.
func accented(text string, i int) int {
	end := i
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if !isAccented(r) && !unicode.IsMark(r) && (end == i || r >= utf8.RuneSelf || !isLetter(text[end])) {
			break
		}
		end += n
	}
	return end
}

// isAccented reports letters of the Latin script that are not of ASCII.
func isAccented(r rune) bool { return r >= 'À' && r <= 'ɏ' && r != '×' && r != '÷' }

// numberEnd finds where a number ends: digits, with points or commas between
// them, and one letter that scales it, as in 10k.
func numberEnd(text string, i int) int {
	for i < len(text) && (isDigit(text[i]) || (text[i] == '.' || text[i] == ',') && i+1 < len(text) && isDigit(text[i+1])) {
		i++
	}
	if i < len(text) && strings.IndexByte("kKmM", text[i]) >= 0 && (i+1 == len(text) || !isLetter(text[i+1]) && !isDigit(text[i+1])) {
		i++
	}
	return i
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func lower(to []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// stem cuts the endings of English words, coarsely but alike for all forms of
// most: limit, limits, limited and limiting are one.
func stem(w []byte) []byte {
	if n := len(w); n > 3 && w[n-1] == 's' && w[n-2] != 's' && w[n-2] != 'u' && w[n-2] != 'i' && !bytes.HasSuffix(w, []byte("tps")) { // https is not http
		w = w[:n-1]
		if n := len(w); n > 4 && w[n-1] == 'e' && w[n-2] == 'i' { // policies, policy
			w = w[:n-1]
			w[n-2] = 'y'
		}
	}
	switch n := len(w); {
	case n > 5 && w[n-1] == 'g' && w[n-2] == 'n' && w[n-3] == 'i':
		w = undouble(w[:n-3])
	case n > 4 && w[n-1] == 'd' && w[n-2] == 'e':
		w = undouble(w[:n-2])
	}
	if n := len(w); n > 4 && w[n-1] == 'e' { // note is not not
		w = w[:n-1]
	}
	return w
}

// undouble makes rott of rotted the rot of rots.
func undouble(w []byte) []byte {
	if n := len(w); n > 3 && w[n-1] == w[n-2] && strings.IndexByte("bdgmnprt", w[n-1]) >= 0 {
		return w[:n-1]
	}
	return w
}
