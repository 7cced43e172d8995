package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// tokenizer is the version of what tokens, stems and weights are. An index that
// was written by another one must be built anew: raise it with every change.
const tokenizer = 4

// tokenKind is what of the text a term stands for.
type tokenKind uint8

const (
	// wordToken is the stem of one word: the part of an identifier, or a word
	// of prose. These follow each other, and make up the length of a text.
	wordToken tokenKind = iota
	// exactToken is the word before it as it is written, where its stem differs.
	exactToken
	// joinedToken is an identifier without what separates its words.
	joinedToken
)

// token is one term of a text, in lower case, and the bytes it stands for.
type token struct {
	term       string
	start, end int
	kind       tokenKind
	written    bool // it is a word of the text, not only a stem
	single     bool // wordToken: it makes no pair with others, as stop words and ideographs
	piece      int  // counts what white space separates
}

// Longer joined forms are sentences without spaces, base64, or addresses that
// nobody types.
const (
	maxJoined      = 48
	maxJoinedWords = 8
	maxWord        = 64 // bytes; what is longer is not indexed
)

// tokenize calls emit with the terms of text, in order. Text is cut at white
// space and at the punctuation that no identifier uses; each piece gives its
// words, cut at punctuation, camel humps, acronyms and between letters and
// digits, and joined forms: max_connections gives max, connect, connections and
// maxconnections. This is the only place that knows what a term is; the index,
// queries and highlights all use it.
func tokenize(text string, emit func(token)) {
	s := splitter{emit: emit}
	s.read(text)
}

// Terms gives the terms of a text in order, but for pairs, so that other engines
// can be asked for the same ones.
func Terms(text string) (terms []string) {
	tokenize(text, func(t token) { terms = append(terms, t.term) })
	return terms
}

// read cuts a text into pieces.
func (s *splitter) read(text string) {
	s.text, s.number = text, 0
	for i := 0; i < len(text); {
		end := i
		for end < len(text) {
			r, n := rune(text[end]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[end:])
			}
			if !s.belongs(r, i, end) {
				break
			}
			end += n
		}
		if end > i {
			s.cut(i, end)
			s.number++
			i = end
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		if text[i] == '\'' || strings.HasPrefix(text[i:], "’") {
			n += possessive(text[i+n:])
		}
		i += n
	}
}

// possessive is how long the s of vendor's is, or the t of don't.
func possessive(rest string) int {
	if rest == "" || rest[0] != 's' && rest[0] != 't' {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(rest[1:]); len(rest) > 1 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return 0
	}
	return 1
}

// splitter cuts pieces into words.
type splitter struct {
	text   string
	emit   func(token)
	number int // of the piece

	words    []span // of the piece
	segments []int  // where in words each segment begins
	buf      []byte
}

// span is one word of a piece.
type span struct {
	start, end int
	kind       wordKind
}

type wordKind uint8

const (
	letters wordKind = iota
	digits
	ideographs // Chinese, Japanese: no spaces between words
)

// belongs reports whether r, at end, continues the piece that begins at start.
func (s *splitter) belongs(r rune, start, end int) bool {
	if r < utf8.RuneSelf && isLetter(byte(r)) { //nolint:gosec // ASCII, as most
		return true
	}
	switch r {
	case '_', '-', '.', '/', ':', '@', '#', '+', '{', '}', '\u2010', '\u2011':
		return true
	case ',': // 10,000
		return end > start && isDigit(s.text[end-1]) && end+1 < len(s.text) && isDigit(s.text[end+1])
	}
	if r < utf8.RuneSelf {
		return isDigit(byte(r)) //nolint:gosec // ASCII
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }

// cut emits the terms of one piece.
func (s *splitter) cut(start, end int) {
	s.words, s.segments = s.words[:0], append(s.segments[:0], 0)
	for i := start; i < end; {
		c := s.text[i]
		switch {
		case isDigit(c):
			i = s.digits(i, end)
		case isLetter(c):
			i = s.letters(i, end)
		case c < utf8.RuneSelf:
			if c != '_' && c != '-' && len(s.words) > s.segments[len(s.segments)-1] {
				s.segments = append(s.segments, len(s.words))
			}
			i++
		default:
			i = s.foreign(i, end)
		}
	}
	s.write(start, end)
}

// digits reads a number: digits, with points and commas between them.
func (s *splitter) digits(i, end int) int {
	start := i
	for i < end && (isDigit(s.text[i]) || (s.text[i] == '.' || s.text[i] == ',') && i+1 < end && isDigit(s.text[i+1])) {
		i++
	}
	s.words = append(s.words, span{start, i, digits})
	return i
}

// letters reads one hump of a word: up to the next capital after a small
// letter, or the last capital of an acronym. The s of APIs belongs to it.
func (s *splitter) letters(i, end int) int {
	start := i
	for i < end && isUpper(s.text[i]) {
		i++
	}
	small := i
	for small < end && s.text[small] >= 'a' && s.text[small] <= 'z' {
		small++
	}
	switch capitals := i - start; {
	case capitals >= 2 && small == i+1 && s.text[i] == 's' && (small == end || s.text[small] < utf8.RuneSelf): // APIs
		i = small
	case capitals >= 2 && small > i: // HTTPServer
		i--
	default:
		i = small
	}
	for i < end && s.text[i] >= utf8.RuneSelf { // naïve
		r, n := utf8.DecodeRuneInString(s.text[i:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) || ideograph(r) {
			break
		}
		i += n
		for i < end && isLetter(s.text[i]) {
			i++
		}
	}
	s.words = append(s.words, span{start, i, letters})
	return i
}

// foreign reads letters beyond ASCII: a word, or a run of ideographs.
func (s *splitter) foreign(i, end int) int {
	r, n := utf8.DecodeRuneInString(s.text[i:])
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return i + n
	}
	start, runs, kind := i, ideograph(r), letters
	if runs {
		kind = ideographs
	}
	for i < end {
		r, n = utf8.DecodeRuneInString(s.text[i:])
		if ideograph(r) != runs || !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
			break
		}
		i += n
	}
	s.words = append(s.words, span{start, i, kind})
	return i
}

func ideograph(r rune) bool {
	return r >= 0x3040 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// write emits the words of the piece, then its joined forms.
func (s *splitter) write(start, end int) {
	for _, w := range s.words {
		if w.kind == ideographs {
			s.ideographs(w)
			continue
		}
		if w.end-w.start > maxWord {
			continue
		}
		exact := s.lower(w)
		term := exact
		if w.kind == letters {
			term = stem(exact)
		}
		s.emit(token{term: term, start: w.start, end: w.end, kind: wordToken, written: term == exact, single: stopWords[exact], piece: s.number})
		if term != exact {
			s.emit(token{term: exact, start: w.start, end: w.end, kind: exactToken, written: true, piece: s.number})
		}
		s.versions(w, exact)
	}
	if s.segments[len(s.segments)-1] < len(s.words) {
		s.segments = append(s.segments, len(s.words))
	}
	for i := 1; i < len(s.segments); i++ {
		s.join(s.segments[i-1], s.segments[i])
	}
	if len(s.segments) > 2 {
		s.join(0, len(s.words))
	}
	s.signed(start, end)
}

// versions emits what a version begins with: 3.11.2 is a 3.11, too.
func (s *splitter) versions(w span, exact string) {
	if w.kind != digits || strings.Count(exact, ".") < 2 {
		return
	}
	for i := strings.IndexByte(exact, '.') + 1; i < len(exact); i++ {
		if exact[i] == '.' {
			s.emit(token{term: exact[:i], start: w.start, end: w.end, kind: exactToken, written: true, piece: s.number})
		}
	}
}

// join emits some words of the piece as one term.
func (s *splitter) join(from, to int) {
	if to-from < 2 || to-from > maxJoinedWords {
		return
	}
	s.buf = s.buf[:0]
	for _, w := range s.words[from:to] {
		if w.kind == ideographs {
			return
		}
		s.buf = append(s.buf, s.lower(w)...)
	}
	if len(s.buf) <= maxJoined {
		s.emit(token{term: string(s.buf), start: s.words[from].start, end: s.words[to-1].end, kind: joinedToken, written: true, piece: s.number})
	}
}

// signed emits c++, c# and f#, which are not c.
func (s *splitter) signed(start, end int) {
	if len(s.words) != 1 || s.words[0].kind != letters {
		return
	}
	w := s.words[0]
	if sign := s.text[w.end:end]; w.start == start && (sign == "++" || sign == "#") {
		s.emit(token{term: s.lower(w) + sign, start: start, end: end, kind: joinedToken, written: true, piece: s.number})
	}
}

// ideographs emits each two that follow each other, and a single one alone.
func (s *splitter) ideographs(w span) {
	last := -1
	for i := range s.text[w.start:w.end] {
		at := w.start + i
		if last >= 0 {
			_, n := utf8.DecodeRuneInString(s.text[at:])
			s.emit(token{term: s.text[last : at+n], start: last, end: at + n, kind: wordToken, written: true, single: true, piece: s.number})
		}
		last = at
	}
	if _, n := utf8.DecodeRuneInString(s.text[w.start:]); w.start+n == w.end {
		s.emit(token{term: s.text[w.start:w.end], start: w.start, end: w.end, kind: wordToken, written: true, single: true, piece: s.number})
	}
}

// lower gives a word in lower case, without accents, and a number without the
// commas that group its digits.
func (s *splitter) lower(w span) string {
	word := s.text[w.start:w.end]
	if w.kind == digits {
		return ungroup(word)
	}
	plain := true
	for i := range len(word) {
		if c := word[i]; c >= utf8.RuneSelf {
			return fold(word)
		} else if isUpper(c) {
			plain = false
		}
	}
	if plain {
		return word
	}
	return strings.ToLower(word)
}

// ungroup makes 10000 of 10,000.
func ungroup(number string) string {
	whole, rest, found := strings.Cut(number, ",")
	if !found || len(whole) > 3 {
		return number
	}
	for group := range strings.SplitSeq(rest, ",") {
		if before, _, _ := strings.Cut(group, "."); len(before) != 3 {
			return number
		}
	}
	return strings.ReplaceAll(number, ",", "")
}

func fold(word string) string {
	return plainLetters.Replace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(word)))
}

// plainLetters writes as people without such a keyboard do what Unicode does not
// take apart.
//
//nolint:gochecknoglobals // a fixed table
var plainLetters = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "ı", "i", "ß", "ss", "æ", "ae", "œ", "oe", "þ", "th")
