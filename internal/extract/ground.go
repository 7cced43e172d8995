package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/fault"
)

// Why a claim is not grounded.
var (
	ErrNoQuote  = fault.New(fault.Invalid, "the quote does not stand in the text")
	ErrNoNumber = fault.New(fault.Invalid, "a number of the statement does not stand in the quote")
	ErrNoUnit   = fault.New(fault.Invalid, "a unit, currency or bound of the statement does not stand in the quote")
	ErrNegation = fault.New(fault.Invalid, "a negation of the statement does not stand in the quote")
)

// Claim is a statement and the evidence offered for it.
type Claim struct {
	Statement  string
	Quote      string
	Start, End int // bytes of the text in which the quote stands
}

// Ground checks a claim against the text it is drawn from: the quote must be
// text[Start:End] to the byte, begin and end between two characters, and hold
// every number and every negation of the statement. It fails with ErrNoQuote,
// ErrNoNumber or ErrNegation. That
// the words of a statement follow from its quote is for whoever words it.
func Ground(text string, c Claim) error {
	if c.Start < 0 || c.End > len(text) || c.Start >= c.End || text[c.Start:c.End] != c.Quote {
		return ErrNoQuote
	}
	if !utf8.RuneStart(text[c.Start]) || c.End < len(text) && !utf8.RuneStart(text[c.End]) || strings.TrimSpace(c.Quote) == "" {
		return ErrNoQuote
	}
	if !numbersWithin(c.Statement, c.Quote) {
		return ErrNoNumber
	}
	if negations(c.Statement) > negations(c.Quote) {
		return ErrNegation
	}
	return nil
}

// proven reports whether the numbers and negations of a piece of a statement
// stand in a quote.
func proven(piece, quote string) bool {
	return negations(piece) <= negations(quote) && numbersWithin(piece, quote)
}

// negations counts the words of a text that deny.
func negations(s string) int {
	count := 0
	for i := 0; i < len(s); {
		if !isLetter(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && (isLetter(s[end]) || s[end] >= utf8.RuneSelf || s[end] == '\'' && end+1 < len(s) && isLetter(s[end+1])) {
			end++
		}
		if w := s[i:end]; len(w) < 16 && (strings.IndexByte("nNcCwWkKoOpPsSjJaA", w[0]) >= 0 || w[len(w)-1] == 't') && isNegation(strings.ToLower(strings.ReplaceAll(w, "’", "'"))) {
			count++
		}
		i = end
	}
	return count
}

func isNegation(w string) bool {
	switch w {
	case "no", "not", "never", "none", "neither", "nor", "without", "cannot", "nicht", "kein", "keine", "keinen", "keiner", "keines", "keinem", "ohne", "nie", "pas", "sans", "jamais", "aucun", "aucune":
		return true
	}
	return strings.HasSuffix(w, "n't")
}

// numbersWithin reports whether every number of a statement stands in a quote.
func numbersWithin(statement, quote string) bool {
	var have map[string]bool
	for n := range numbers(statement) {
		if have == nil {
			have = map[string]bool{}
			for m := range numbers(quote) {
				have[m] = true
				if g := ungrouped(m); g != m {
					have[g] = true
				}
			}
		}
		if !have[n] && !have[ungrouped(n)] {
			return false
		}
	}
	return true
}

// numbers yields the numbers of a text as they are written, with what scales
// them: "10,000", "1.5", "10k", "35 million", "10 000". Half a number is none: 35
// does not stand in "35,000", "35 000" or "35k".
func numbers(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(s); {
			if r, n := utf8.DecodeRuneInString(s[i:]); !unicode.IsDigit(r) {
				i += n
				continue
			}
			end := digitsEnd(s, i)
			number := s[i:end]
			scale, next := scaleAt(s, end)
			if !yield(number + scale) {
				return
			}
			i = next
		}
	}
}

// digitsEnd finds the end of digits with separators between them. A space
// separates only groups of three.
func digitsEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsDigit(r):
			i += n
		case strings.ContainsRune(".,'’", r) && digitsAt(s, i+n) > 0:
			i += n
		case r == ' ' && digitsAt(s, i+n) == 3:
			i += n
		default:
			return i
		}
	}
	return i
}

// digitsAt counts the digits that begin at i, to at most four.
func digitsAt(s string, i int) int {
	count := 0
	for i < len(s) && count < 4 {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsDigit(r) {
			break
		}
		count++
		i += n
	}
	return count
}

// scaleAt reads what multiplies the number before i: a letter that stands alone,
// or a word.
func scaleAt(s string, i int) (scale string, next int) {
	if i < len(s) && strings.IndexByte("kKmMbB", s[i]) >= 0 && (i+1 == len(s) || !isLetter(s[i+1]) && !isDigit(s[i+1])) {
		return string(s[i] | 0x20), i + 1
	}
	rest := strings.TrimPrefix(s[i:], " ")
	for _, word := range []string{"hundred", "thousand", "million", "billion", "trillion"} {
		if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
			return word, i + len(s[i:]) - len(rest) + len(word)
		}
	}
	return "", i
}

// ungrouped takes the separators out of a number whose digits stand in groups of
// three, as in 1,000 or 1.000.000; a single point may be a decimal one and stays.
func ungrouped(n string) string {
	digits, scale := n, ""
	if i := strings.IndexFunc(n, unicode.IsLetter); i >= 0 {
		digits, scale = n[:i], n[i:]
	}
	i := strings.IndexFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) })
	if i < 1 || i > 3 {
		return n
	}
	_, width := utf8.DecodeRuneInString(digits[i:])
	groups := strings.Split(digits, digits[i:i+width])
	if digits[i] == '.' && len(groups) < 3 {
		return n
	}
	for _, g := range groups[1:] {
		if len(g) != 3 || digitsAt(g, 0) != 3 {
			return n
		}
	}
	return strings.Join(groups, "") + scale
}
