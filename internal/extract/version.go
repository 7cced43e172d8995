package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// version reads a version: a number after "version" or "v", one of three parts,
// or one after the name of a product that "or later" and the like follow.
func (p measurer) version(i, end int, before string) (v schema.Value, stop int) {
	s := p.text
	digits := strings.TrimRight(s[i:end], ".,")
	stop = i + len(digits)
	if strings.ContainsAny(digits, ", '’") {
		return v, 0
	}
	marked := before == "version" || before == "versions" || before == "v" || before == "release" || before == "releases"
	parts := strings.Count(digits, ".")
	if parts > 1 && grouped(digits, '.') && !marked {
		return v, 0
	}
	v = schema.Value{Kind: schema.ValueVersion, From: digits, Original: digits}
	if open := openEnd(s[stop:]); open > 0 && named(s, i) {
		v.Original = s[i : stop+open]
		return v, stop + open
	}
	for _, dash := range []string{" to ", " through ", "–", " – ", "-", " - "} {
		if rest, ok := strings.CutPrefix(s[stop:], dash); ok && rest != "" && isDigit(rest[0]) && (marked || parts > 0 && named(s, i)) {
			last := stop + len(dash)
			to := digitsEnd(s, last)
			if at := wordEnd(s, skipSpace(s, to)); at > to {
				if _, measured := unitOf(s[skipSpace(s, to):at]); measured {
					break
				}
			}
			v.To, v.Original = s[last:to], s[i:to]
			return v, to
		}
	}
	if marked || parts > 1 {
		v.To = digits
		return v, stop
	}
	return v, 0
}

// named reports whether a name stands before i: a word with a capital, or one of
// the words for a version or a bound.
func named(s string, i int) bool {
	w := wordBefore(s, i)
	r, _ := utf8.DecodeRuneInString(w)
	if unicode.IsUpper(r) || strings.HasSuffix(strings.TrimRight(s[:i], " "), ")") {
		return true
	}
	switch strings.ToLower(w) {
	case "version", "versions", "v", "release", "glibc", "gcc", "kernel", "php", "python", "node", "openssl", "libc":
		return true
	}
	return strings.HasSuffix(strings.TrimRight(s[:i], " "), ">=") || strings.HasSuffix(strings.TrimRight(s[:i], " "), "≥")
}

// marked reports a version that begins at i with the letter for it: v1.27.
func (p measurer) marked(i int) bool {
	s := p.text
	if s[i] != 'v' && s[i] != 'V' || i+1 >= len(s) || !isDigit(s[i+1]) || i > 0 && strings.IndexByte(" (,≥", s[i-1]) < 0 {
		return false
	}
	end := digitsEnd(s, i+1)
	return end == len(s) || !isLetter(s[end]) && strings.IndexByte("/_-", s[end]) < 0
}

// openEnd is how long the words are that let a range of versions be open at its end.
func openEnd(rest string) int {
	for _, open := range []string{
		" or later", " or newer", " or higher", " or above", " or greater", " and later", " and newer", " and above", " and higher", " and up", "+", " oder höher", " oder neuer", " ou supérieur", " et supérieur",
	} {
		if strings.HasPrefix(rest, open) {
			return len(open)
		}
	}
	return 0
}

// versioned makes versions of the bare numbers of a text that stand behind the
// name of a product: "Java 17", "Node.js >= 18.17 and < 23", "Ubuntu 20.04, 22.04".
func (s *scorer) versioned(text string, found []quantity, category string) []quantity {
	kept := found[:0]
	for i := 0; i < len(found); i++ {
		q := found[i]
		if !isBare(q.value) || !s.isProduct(text[:q.start], category) {
			kept = append(kept, q)
			continue
		}
		digits := strings.FieldsFunc(q.value.Original, func(r rune) bool { return r != '.' && !unicode.IsDigit(r) })
		v := schema.Value{Kind: schema.ValueVersion, From: digits[0], To: digits[0]}
		if q.value.Max > 0 {
			v.To = digits[len(digits)-1]
		}
		start, end := q.start, q.start+len(q.value.Original)
		sign := strings.TrimRight(text[:q.start], " ")
		switch {
		case strings.HasSuffix(sign, ">="), strings.HasSuffix(sign, "≥"):
			v.To = ""
			start = len(strings.TrimRight(sign, ">=≥"))
		case strings.HasSuffix(sign, "<"), strings.HasSuffix(sign, "<="), strings.HasSuffix(sign, "≤"):
			v.From = ""
			start = len(strings.TrimRight(sign, "<=≤"))
		}
		if open := openEnd(text[end:]); open > 0 {
			v.To = ""
			end += open
		}
		for i+1 < len(found) && isBare(found[i+1].value) && listsVersions(text[end:found[i+1].start]) {
			i++
			v.To = strings.TrimRight(found[i].value.Original, ".,")
			if j := strings.IndexByte(v.To, ' '); j > 0 {
				v.To = v.To[:j]
			}
			end = found[i].start + len(v.To)
		}
		v.Original = text[start:end]
		kept = append(kept, quantity{start, end, v})
	}
	return kept
}

// isBare reports a number that measures nothing.
func isBare(v schema.Value) bool {
	return v.Kind == schema.ValueCount && v.Per == "" && v.Period == "" && v.Original != "" && isDigit(v.Original[0]) && (v.Original[0] != '0' || v.Number < 1) && (v.Unit == "" || !isUnit(v.Unit)) && v.Number < 1e4
}

// listsVersions reports what stands between two versions of a product.
func listsVersions(s string) bool {
	switch strings.TrimSpace(s) {
	case ",", "and", "or", "/", ", and", ", or", "through", "to", "–", "-", "and <", "<", ", <", "und", "et", "and <=", "&":
		return true
	}
	return false
}

// isProduct reports whether a text ends with the name of what has versions: one
// that the vocabulary knows, or any where requirements are told.
func (s *scorer) isProduct(text, category string) bool {
	text = strings.TrimRight(text, " >=<≥≤~")
	from := max(0, len(text)-40)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from++
	}
	text = text[from:]
	words := s.own.lexicon.words(nil, text)
	if len(words) == 0 || words[len(words)-1].end != len(text) {
		return false
	}
	measured := false
	for _, h := range s.known.find(nil, words) {
		if h.end != len(words) {
			continue
		}
		switch t := s.known.terms[h.term]; {
		case t.attribute == "operating_system", t.attribute == "browser", t.attribute == "runtime_version", t.attribute == "database" && t.category == "compatibility":
			return true
		case t.category == "hardware", t.category == "specs", t.category == "rate_limits", t.category == "pricing":
			measured = true
		}
	}
	switch categoryKey(category) {
	case "compatibility", "requirements", "sdks":
		last := words[len(words)-1]
		w := strings.ToLower(text[last.start:last.end])
		return last.upper && !measured && singular(w) == w && !isFunctionWord(w) && !isUnit(singular(w)) && !isName(w) && w != "up" && w != "about" && w != "between" && w != "exactly"
	}
	return false
}
