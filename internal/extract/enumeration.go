package extract

import "strings"

// certified makes several statements of one that names several certifications,
// one for each: "Acme holds SOC 2 Type II, ISO 27001 and PCI DSS certificates"
// says three things. A statement that names less than two, or does not list them,
// stays as it is.
func (s *scorer) certified(statement string) []enumerated {
	s.words = s.own.lexicon.words(s.words[:0], statement)
	s.hits = s.known.find(s.hits[:0], s.words)
	var names []certificate
	for _, h := range s.hits {
		t := s.known.terms[h.term]
		if !isCertificate(t) {
			continue
		}
		n := certificate{s.words[h.first].start, s.words[h.end-1].end, t.category, t.attribute}
		if k := len(names); k > 0 && n.start < names[k-1].end { // the longer name of one place
			if n.end > names[k-1].end {
				names[k-1] = n
			}
			continue
		}
		names = append(names, n)
	}
	var found []enumerated
	for len(names) > 0 {
		n := 1
		for n < len(names) && separates(statement[names[n-1].end:names[n].start]) {
			n++
		}
		if n > 1 || len(found) > 0 {
			found = append(found, list(statement, names[:n], names[n:])...)
		}
		names = names[n:]
	}
	if len(found) < 2 {
		return nil
	}
	return found
}

// list words a statement for each of the names that stand beside each other in
// it, without the clause of those that come later.
func list(statement string, names, later []certificate) []enumerated {
	last := detail(statement, names[len(names)-1].end)
	rest := statement[last:]
	if len(later) > 0 {
		between := statement[last:later[0].start]
		for _, joint := range []string{"; ", ", and ", " and ", ", "} {
			if i := strings.LastIndex(between, joint); i >= 0 {
				rest = between[:i] + "."
				break
			}
		}
	}
	var found []enumerated
	for i, n := range names {
		end := last
		if i+1 < len(names) {
			end = names[i+1].start
		}
		name := strings.TrimSpace(statement[n.start:end])
		for trimmed := ""; trimmed != name; {
			trimmed = name
			for _, word := range []string{" and", " or", " sowie", " und", " et", " as well as", " the", " &", ",", ";", "/"} {
				name = strings.TrimSpace(strings.TrimSuffix(name, word))
			}
		}
		found = append(found, enumerated{statement[:names[0].start] + name + rest, n.category, n.attribute})
	}
	return found
}

// enumerated is one of the statements of a list.
type enumerated struct{ statement, category, attribute string }

// certificate is where a statement names one.
type certificate struct {
	start, end int
	category   string
	attribute  string
}

// isCertificate reports terms that name one certification or standard.
func isCertificate(t term) bool {
	return t.category == "certifications" && t.attribute != "certification" || t.category == "compliance" && t.weight >= 0.8 && (t.attribute == "gdpr" || t.attribute == "hipaa" || t.attribute == "ccpa")
}

// separates reports what stands between two names of a list: a type or year of
// the first, and a comma or a word that joins.
func separates(s string) bool {
	s = s[detail(s, 0):]
	low := strings.ToLower(strings.TrimSpace(s))
	low = strings.TrimSpace(strings.TrimLeft(low, ",;/&"))
	switch low {
	case "", "and", "or", "as well as", "sowie", "und", "et", "plus", "und nach", "and to", "the", "and the":
		return strings.TrimSpace(s) != ""
	}
	return false
}

// detail is where what describes a name ends: "Type II", ":2022", "(since 2021)".
func detail(s string, i int) int {
	for i < len(s) {
		at := skipSpace(s, i)
		switch {
		case at < len(s) && s[at] == '(':
			stop := strings.IndexByte(s[at:], ')')
			if stop < 0 {
				return i
			}
			i = at + stop + 1
			continue
		case at == i && at+1 < len(s) && (s[at] == ':' || s[at] == '-') && isDigit(s[at+1]):
			i = digitsEnd(s, at+1)
			continue
		}
		end := wordEnd(s, at)
		switch strings.ToLower(s[at:end]) {
		case "type", "typ", "level", "ii", "i", "1", "2", "3", "moderate", "high":
			i = end
			continue
		}
		return i
	}
	return i
}
