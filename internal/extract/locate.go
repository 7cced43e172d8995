package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a search for a quote that is not to be found as it is.
const (
	minQuote      = 8  // bytes that a quote has at least
	minFuzzyWords = 5  // that it has to be found by most of its words
	maxFuzzyWords = 80 // beyond which it is not looked for so
	fuzzyAlike    = 0.8
	maxAlignments = 50 // places that are compared word by word
)

// haystack is a text in which quotes are looked for, with what is made of it for
// that once it is needed.
type haystack struct {
	text   string
	folds  [2]*fold // without and with markup
	tokens []token
}

type fold struct {
	text string
	at   []int
}

func (h *haystack) folded(markup int) *fold {
	if h.folds[markup] == nil {
		text, at := folded(h.text, markup == 1)
		h.folds[markup] = &fold{text, at}
	}
	return h.folds[markup]
}

// locate finds where a quote stands in the text, and how exactly: to the byte, but
// for white space and the shapes of quotes and dashes, but for markup, or nearly.
// What it finds begins and ends with whole words and numbers.
func (h *haystack) locate(quote string) (start, end int, tier Tier, ok bool) {
	part := h.text
	if len(quote) < minQuote {
		return 0, 0, 0, false
	}
	for from := 0; ; {
		i := strings.Index(part[from:], quote)
		if i < 0 {
			break
		}
		if start, end = from+i, from+i+len(quote); uncut(part, start, end) {
			return start, end, TierExact, true
		}
		from += i + 1
	}
	for markup, tier := range []Tier{TierNormalised, TierStripped} {
		f := h.folded(markup)
		wanted, _ := folded(quote, markup == 1)
		for from := 0; len(wanted) >= minQuote; {
			i := strings.Index(f.text[from:], wanted)
			if i < 0 {
				break
			}
			first, last := from+i, from+i+len(wanted)-1
			start, end = f.at[first], f.at[last]
			_, n := utf8.DecodeRuneInString(part[end:])
			if end += n; uncut(part, start, end) {
				return start, end, tier, true
			}
			from += i + 1
		}
	}
	if start, end, ok = h.nearly(quote); ok {
		return start, end, TierFuzzy, true
	}
	return 0, 0, 0, false
}

// uncut reports whether a piece of a text cuts no word and no number.
func uncut(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	first, _ := utf8.DecodeRuneInString(text[start:])
	last, _ := utf8.DecodeLastRuneInString(text[:end])
	after, width := utf8.DecodeRuneInString(text[end:])
	within := func(r rune) bool { return unicode.IsLetter(r) && r < 0x2E80 || unicode.IsDigit(r) } // scripts beyond put no space between words
	if within(before) && within(first) || within(last) && within(after) && end < len(text) {
		return false
	}
	if unicode.IsDigit(first) && start > 1 && strings.ContainsRune(".,'’", before) { // 000 of 10,000
		if r, _ := utf8.DecodeLastRuneInString(text[:start-utf8.RuneLen(before)]); unicode.IsDigit(r) {
			return false
		}
	}
	if unicode.IsDigit(last) && end < len(text) && strings.ContainsRune(".,'’", after) && digitsAt(text, end+width) > 0 {
		return false
	}
	return true
}

// folded is a text without what may differ between two ways to write it down,
// and where each of its bytes comes from.
func folded(s string, markup bool) (string, []int) {
	out := make([]byte, 0, len(s))
	at := make([]int, 0, len(s))
	gap := false
	for i, r := range s {
		switch r {
		case '“', '”', '„', '«', '»':
			r = '"'
		case '‘', '’', '‚', '´':
			r = '\''
		case '–', '—', '‑', '‐', '−':
			r = '-'
		case '\u00AD', '\u200B', '\u2060', '\uFEFF':
			continue
		}
		if unicode.IsSpace(r) || markup && strings.ContainsRune("`*_|#>\\~", r) {
			gap = len(out) > 0
			continue
		}
		if gap {
			out, at, gap = append(out, ' '), append(at, i), false
		}
		n := len(out)
		out = utf8.AppendRune(out, r)
		for range len(out) - n {
			at = append(at, i)
		}
	}
	return string(out), at
}

// nearly finds the place where most words of a quote stand in their order. Its
// numbers and negations must be the same.
func (h *haystack) nearly(quote string) (start, end int, ok bool) {
	if h.tokens == nil {
		h.tokens = tokens(h.text)
	}
	want, have := tokens(quote), h.tokens
	n := len(want)
	if n < minFuzzyWords || n > maxFuzzyWords || len(have) < n {
		return 0, 0, false
	}
	counts := make(map[string]int, n)
	for _, w := range want {
		counts[w.word]++
	}
	common := 0
	enter := func(w string) {
		if counts[w]--; counts[w] >= 0 {
			common++
		}
	}
	leave := func(w string) {
		if counts[w]++; counts[w] > 0 {
			common--
		}
	}
	best, tries := 0.0, 0
	for i := range have {
		enter(have[i].word)
		if i >= n {
			leave(have[i-n].word)
		}
		if i < n-1 || float64(common) < fuzzyAlike*float64(n) || tries == maxAlignments {
			continue
		}
		tries++
		window := have[i-n+1 : i+1]
		first, last, same := align(want, window)
		if alike := 2 * float64(same) / float64(n+last-first+1); same > 0 && alike > best {
			best, start, end = alike, window[first].start, window[last].end
		}
	}
	if best < fuzzyAlike {
		return 0, 0, false
	}
	found := h.text[start:end]
	return start, end, numbersWithin(quote, found) && numbersWithin(found, quote) && negations(found) == negations(quote)
}
