package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fingerprint identifies a fact of a page: the same statement found again gives
// the same one, though its case, white space or punctuation changed. Numbers,
// currencies and signs such as % and + count.
func Fingerprint(profile, category, statement string) string {
	h := sha256.New()
	h.Write([]byte(profile + "\x00" + category + "\x00" + normalise(statement)))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// normalise folds what may differ between two ways to write the same statement.
func normalise(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	put := func(r rune) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	var before rune
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		i += width
		next, _ := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsLetter(r):
			put(unicode.ToLower(r))
		case unicode.IsNumber(r), unicode.IsMark(r), r == '%':
			put(r)
		case r == '`':
			gap = true
		case unicode.IsSymbol(r): // money, plus, less than
			put(r)
		case (r == '.' || r == ',') && unicode.IsDigit(before) && unicode.IsDigit(next):
			put(r)
		case r == '-' && unicode.IsDigit(next) && (before == 0 || unicode.IsSpace(before)):
			put(r)
		default:
			gap = true
		}
		before = r
	}
	return b.String()
}
