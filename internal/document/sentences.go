package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences splits the text of a block into its sentences, in order and without
// the white space between them. A full stop in a number, version, URL,
// abbreviation or inline code ends none; 。！？ end one wherever they stand.
// Code and table rows are not split.
func Sentences(text string, b Block) []Range {
	if b.End <= b.Start {
		return nil
	}
	if b.Kind == Code || b.Kind == TableRow {
		return []Range{{b.Start, b.End}}
	}
	s := text[b.Start:b.End]
	var found []Range
	start := 0
	for i := 0; i < len(s); {
		stop, next := end(s, start, i)
		if stop == 0 {
			i = next
			continue
		}
		found = append(found, Range{b.Start + start, b.Start + stop})
		start, i = next, next
	}
	if start < len(s) {
		if rest := strings.TrimRightFunc(s[start:], unicode.IsSpace); rest != "" {
			found = append(found, Range{b.Start + start, b.Start + start + len(rest)})
		}
	}
	return found
}

// end looks whether a sentence that began at start ends at i. If so stop is
// where it ends and next where the following one begins; else stop is 0 and next
// is where to go on looking.
func end(s string, start, i int) (stop, next int) {
	c := s[i]
	switch {
	case c == '`':
		return 0, afterCode(s, i)
	case c == '.' || c == '!' || c == '?':
	case c < utf8.RuneSelf:
		return 0, i + 1
	default:
		r, n := utf8.DecodeRuneInString(s[i:])
		switch r {
		case '。', '！', '？':
			stop = closers(s, i+n)
			return stop, skipSpace(s, stop)
		case '…', '؟', '۔', '।':
			return boundary(s, i, i+n)
		}
		return 0, i + n
	}
	j := i + 1
	for j < len(s) && (s[j] == '.' || s[j] == '!' || s[j] == '?') {
		j++
	}
	if c == '.' && j == i+1 && abbreviated(s, start, i) {
		return 0, j
	}
	return boundary(s, i, j)
}

// boundary decides on a mark that ends sentences, at s[i:j], by what follows it.
func boundary(s string, i, j int) (stop, next int) {
	stop = closers(s, j)
	next = skipSpace(s, stop)
	if next >= len(s) {
		return len(strings.TrimRightFunc(s, unicode.IsSpace)), len(s)
	}
	if next == stop { // no white space: a number, a name, a URL
		return 0, j
	}
	r, _ := utf8.DecodeRuneInString(s[next:])
	switch {
	case unicode.IsLower(r):
		return 0, j
	case strings.ContainsRune(",;:)]}=<>/&|+-–—", r):
		if s[i] == '.' {
			return 0, j
		}
	}
	return stop, next
}

// closers skips the quotes and brackets that close with a sentence.
func closers(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !strings.ContainsRune("\"')]”’»」』）】", r) {
			break
		}
		i += n
	}
	return i
}

func skipSpace(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += n
	}
	return i
}

// maxCode is how long inline code may be, lest a page of lone backticks be read
// over and over.
const maxCode = 2000

// afterCode skips inline code, or the backticks alone if nothing closes them.
func afterCode(s string, i int) int {
	n := i
	for n < len(s) && s[n] == '`' {
		n++
	}
	mark := s[i:n]
	s = s[:min(len(s), n+maxCode)]
	for at := n; ; {
		k := strings.Index(s[at:], mark)
		if k < 0 {
			return n
		}
		k += at
		stop := k + len(mark)
		if stop == len(s) || s[stop] != '`' {
			return stop
		}
		for stop < len(s) && s[stop] == '`' {
			stop++
		}
		at = stop
	}
}

// abbreviated reports whether the full stop at i belongs to the word before it.
func abbreviated(s string, start, i int) bool {
	w := i
	for w > start {
		if i-w > 24 {
			return false
		}
		r, n := utf8.DecodeLastRuneInString(s[:w])
		if unicode.IsSpace(r) || strings.ContainsRune("([\"'“‘/-–—", r) {
			break
		}
		w -= n
	}
	word := s[w:i]
	if word == "" {
		return false
	}
	if r, n := utf8.DecodeRuneInString(word); n == len(word) && unicode.IsUpper(r) {
		return true // an initial
	}
	if w == start && strings.Trim(word, "0123456789.") == "" && len(word) <= 5 {
		return true // the number of a step or section
	}
	switch strings.ToLower(word) {
	case "e.g", "i.e", "eg", "ie", "vs", "cf", "approx", "resp", "incl", "excl", "dr", "mr", "mrs", "ms", "st", "prof",
		"fig", "figs", "sec", "vol", "pp", "ca", "al", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
		"inc", "ltd", "corp", "ver", "u.s", "u.k", "z.b", "bzw", "p.ex", "viz":
		return true
	case "no", "nr", "art", "ch", "min", "max":
		n := skipSpace(s, i+1)
		return n < len(s) && s[n] >= '0' && s[n] <= '9'
	}
	return false
}
