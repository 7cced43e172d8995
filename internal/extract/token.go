package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, number or sign of a text, folded, and where it stands.
type token struct {
	word       string
	start, end int
}

// tokens gives those of a text. A number is whole, with its separators; a word may
// hold digits and apostrophes: p99, don't.
func tokens(s string) (list []token) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsDigit(r):
			end := digitsEnd(s, i)
			list = append(list, token{ungrouped(s[i:end]), i, end})
			i = end
		case unicode.IsLetter(r) && !unicode.IsNumber(r):
			end := letters(s, i)
			list = append(list, token{strings.ToLower(strings.ReplaceAll(s[i:end], "’", "'")), i, end})
			i = end
		case unicode.IsNumber(r) || r == '%' || r != '`' && r != '|' && unicode.IsSymbol(r):
			list = append(list, token{string(r), i, i + n})
			i += n
		default:
			i += n
		}
	}
	return list
}

// letters finds the end of the word that begins at i.
func letters(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '\'' || r == '’' {
			if next, _ := utf8.DecodeRuneInString(s[i+n:]); !unicode.IsLetter(next) {
				return i
			}
		} else if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return i
		}
		i += n
	}
	return i
}

// align gives the longest common subsequence of two lists of words: how long it
// is, and the first and last place of it in the second.
func align(a, b []token) (first, last, same int) {
	width := len(b) + 1
	lengths := make([]int, (len(a)+1)*width)
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x.word == y.word {
				lengths[i*width+j] = lengths[(i+1)*width+j+1] + 1
			} else {
				lengths[i*width+j] = max(lengths[(i+1)*width+j], lengths[i*width+j+1])
			}
		}
	}
	first = -1
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].word == b[j].word:
			if first < 0 {
				first = j
			}
			last = j
			i, j = i+1, j+1
		case lengths[(i+1)*width+j] >= lengths[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return max(first, 0), last, lengths[0]
}

// isEmpty reports words that say nothing without others, in what is compared word
// by word.
func isEmpty(w string) bool {
	switch w {
	case "a", "an", "the", "of", "to", "in", "for", "on", "at", "as", "is", "are", "be", "been", "being", "am", "it", "its", "this", "that", "these", "those", "they", "their", "which",
		"we", "our", "you", "your", "per", "each", "every", "there", "has", "have", "do", "does":
		return true
	}
	return false
}
