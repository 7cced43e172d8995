package fetch

import "strings"

// Pattern is the shape that u has in common with other URLs of a space that may
// have no end: digits in the path are one, so are long words of letters and
// digits such as session ids, and of the query only the names count. It is empty
// if nothing about u is variable.
func (u URL) Pattern() string {
	var b strings.Builder
	b.WriteString(u.Origin())
	variable := false
	for segment := range strings.SplitSeq(u.path, "/") {
		if segment == "" {
			continue
		}
		b.WriteByte('/')
		if random(segment) {
			b.WriteByte('*')
			variable = true
			continue
		}
		digits := false
		for _, c := range []byte(segment) {
			if c < '0' || c > '9' {
				b.WriteByte(c)
			} else if !digits {
				b.WriteByte('#')
				variable = true
			}
			digits = c >= '0' && c <= '9'
		}
	}
	if u.query != "" {
		variable = true
		b.WriteByte('?')
		for pair := range strings.SplitSeq(u.query, "&") {
			name, _, _ := strings.Cut(pair, "=")
			b.WriteString(name)
			b.WriteByte('&')
		}
	}
	if !variable {
		return ""
	}
	return b.String()
}

// Dated reports whether URLs of a pattern stand for days, months or years, as
// those of a calendar do: their pages differ in numbers, and say nothing.
func Dated(pattern string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(pattern), func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch word {
		case "calendar", "cal", "date", "day", "week", "month", "year", "agenda", "schedule":
			return true
		}
	}
	return false
}

// random reports whether a segment looks like a number drawn by a machine: 16
// letters and digits or more, and no word of a language.
func random(segment string) bool {
	letters, digits := 0, 0
	for _, c := range []byte(segment) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letters++
		case c != '-' && c != '_':
			return false
		}
	}
	return letters+digits >= 16 && digits >= 4 && letters > 0
}
