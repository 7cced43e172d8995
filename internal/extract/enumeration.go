package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// enumerated is one of the statements that a list makes.
type enumerated struct{ statement, category, attribute string }

// certified makes several statements of one that names several certifications,
// one for each: "Acme holds SOC 2 Type II, ISO 27001 and PCI DSS certificates"
// says three things. The list is read by its grammar, so that a name that nobody
// knows is one, too. A statement that names less than two stays as it is.
func (s *scorer) certified(statement string) []enumerated {
	var found []enumerated
	named := 0
	for _, part := range s.apart(statement, 0) {
		category, attribute := s.certificate(part.name)
		found = append(found, enumerated{part.statement, category, attribute})
		if part.name != "" {
			named++
		}
	}
	if named < 2 {
		return nil
	}
	return found
}

// nameTold is a statement and the words of it that name a certification.
type nameTold struct{ statement, name string }

// maxClauses is how deep clauses are read that follow a list.
const maxClauses = 4

// apart takes a statement apart; nil if it is not understood whole.
func (s *scorer) apart(statement string, depth int) []nameTold {
	at := s.certificateAt(statement)
	if at < 0 || depth > maxClauses {
		return nil
	}
	l, ok := listAt(statement, at)
	if !ok {
		return nil
	}
	if !strings.ContainsAny(l.head, ":") && !hasVerb(l.head) && !hasVerb(l.tail) {
		return nil // no sentence
	}
	told := l.statements()
	rest := strings.TrimSpace(l.rest)
	if rest == "" {
		return told
	}
	first, _, _ := strings.Cut(rest, " ")
	switch name := nameEnd(rest, 0); {
	case name > 0 && s.certificateAt(rest[:name]) == 0: // and PCI DSS certification: another list of the same
		rest = l.head + rest
	case isVerb(first):
		rest = subjectOf(l.head) + rest
	case name == 0 || !hasVerb(rest[name:]):
		return nil
	}
	later := s.apart(rest, depth+1)
	if later == nil && s.certificateAt(rest) < 0 && strings.Count(rest, " ") > 1 {
		later = []nameTold{{rest, ""}}
	}
	if later == nil {
		return nil
	}
	return append(told, later...)
}

// certificateAt is where the first name of a certification begins that the
// vocabulary knows; -1 if there is none.
func (s *scorer) certificateAt(text string) int {
	s.words = s.own.lexicon.words(s.words[:0], text)
	s.hits = s.known.find(s.hits[:0], s.words)
	at := -1
	for _, h := range s.hits {
		if start := s.words[h.first].start; isCertificate(s.known.terms[h.term]) && (at < 0 || start < at) {
			at = start
		}
	}
	return at
}

// certificate is the category and the key of what a name names; empty if the
// vocabulary does not know it.
func (s *scorer) certificate(name string) (category, attribute string) {
	s.words = s.own.lexicon.words(s.words[:0], name)
	s.hits = s.known.find(s.hits[:0], s.words)
	longest := 0
	for _, h := range s.hits {
		if t := s.known.terms[h.term]; isCertificate(t) && h.end-h.first > longest {
			category, attribute, longest = t.category, t.attribute, h.end-h.first
		}
	}
	return category, attribute
}

// isCertificate reports terms that name one certification, standard or law.
func isCertificate(t term) bool {
	switch t.category {
	case "certifications":
		return t.attribute != "certification"
	case "compliance":
		switch t.attribute {
		case "gdpr", "hipaa", "ccpa", "lgpd", "pipeda", "ferpa", "sox", "glba", "nis2", "dora":
			return true
		}
	}
	return false
}

// listing is a list of names and what stands around it.
type listing struct {
	head  string   // before the names
	names []string // with what describes them: "ISO 27001 (since 2019)"
	tail  string   // behind the last, of all: " certified"
	rest  string   // another clause
}

// statements words one for each name.
func (l *listing) statements() []nameTold {
	told := make([]nameTold, len(l.names))
	tail := l.tail
	if after, ok := strings.CutPrefix(tail, " are "); ok && len(l.names) > 1 && l.head == "" {
		tail = " is " + after
	}
	if l.rest != "" {
		tail += "."
	}
	for i, n := range l.names {
		told[i] = nameTold{l.head + n + tail, n}
	}
	return told
}

// listAt reads the list that the name which begins at belongs to.
func listAt(s string, at int) (l listing, ok bool) {
	pieces := separated(s)
	k := slices.IndexFunc(pieces, func(p document.Range) bool { return p.End > at })
	if k < 0 {
		return l, false // behind a semicolon
	}
	start := at
	for k > 0 && nameEnd(s, pieces[k].Start) == pieces[k].End { // what stands before it may be a name, too
		begin := acronymBefore(s[:pieces[k-1].End], pieces[k-1].Start)
		if begin < 0 {
			break
		}
		k, start = k-1, begin
	}
	if l.head = s[:start]; strings.HasSuffix(strings.ToLower(l.head), "neither ") {
		return l, false
	}
	for i := k; i < len(pieces); i++ {
		p := pieces[i]
		if i > k {
			start = p.Start + articles(s[p.Start:p.End])
		}
		end := nameEnd(s, start)
		tail := s[end:p.End]
		if i > k && (end == start || !follows(tail) && !l.opens(tail)) || end == start {
			l.rest = s[p.Start:]
			break
		}
		l.add(s[start:end], s[p.Start:end])
		if strings.TrimRight(tail, ".") != "" || i+1 == len(pieces) {
			l.tail = tail
			if i+1 < len(pieces) {
				l.rest = s[pieces[i+1].Start:]
			}
			break
		}
	}
	return l, len(l.names) > 0
}

// opens reports whether the verb of the sentence stands behind its names.
func (l *listing) opens(tail string) bool {
	return isVerb(tail[skipSpace(tail, 0):wordEnd(tail, skipSpace(tail, 0))]) && !strings.Contains(l.head, ":") && !hasVerb(l.head)
}

// add takes a name into a list. A bare number has the letters of the name before
// it: ISO 27001 and 27017. "Type II" is no name.
func (l *listing) add(name, piece string) {
	first, _, _ := strings.Cut(name, " ")
	if n := len(l.names); n > 0 {
		before := l.names[n-1]
		switch strings.ToLower(first) {
		case "type", "typ", "level", "part":
			l.names[n-1] = before + " and " + piece
			return
		}
		if i := strings.IndexFunc(before, unicode.IsDigit); i > 0 && isDigit(name[0]) {
			name = before[:i] + name
		}
		if strings.HasPrefix(piece, "the ") {
			name = "the " + name
		}
	}
	l.names = append(l.names, name)
}

// follows reports what may stand behind the last name of a list without being a
// clause of its own: nothing, a word for what the names are, or a preposition.
func follows(tail string) bool {
	word := strings.ToLower(strings.Trim(tail[:wordEnd(tail, skipSpace(tail, 0))], " "))
	switch word {
	case "certified", "compliant", "accredited", "attested", "authorized", "authorised", "certification", "certifications", "certificate", "certificates", "attestation", "attestations", "report", "reports",
		"audit", "audits", "standard", "standards", "framework", "frameworks", "requirements", "regulations", "compliance", "zertifiziert", "zertifizierungen", "konform", "certifié", "certifiée",
		"for", "in", "since", "by", "with", "across", "of", "on", "at", "under", "from", "until", "as", "through", "für", "in-scope", "pour":
		return true
	}
	return strings.Trim(tail, ".,:;! ") == ""
}

// articles is how much stands before the name of a piece of a list.
func articles(piece string) int {
	n := 0
	for again := true; again; {
		again = false
		for _, word := range []string{"the ", "to ", "with ", "and ", "or ", "also ", "nach "} {
			if strings.HasPrefix(piece[n:], word) {
				n, again = n+len(word), true
			}
		}
	}
	return n
}

// nameEnd is where the name that begins at i ends: words with a capital or a
// digit, and what is said of it in brackets. It is i if there is none.
func nameEnd(s string, i int) int {
	end := i
	for at := i; at < len(s); {
		if at = skipSpace(s, at); at < len(s) && s[at] == '(' && end > i {
			stop := strings.IndexByte(s[at:], ')')
			if stop < 0 {
				break
			}
			end = at + stop + 1
			at = end
			continue
		}
		stop := at
		for stop < len(s) && s[stop] != ' ' && s[stop] != ',' && s[stop] != ';' && s[stop] != '(' {
			stop++
		}
		word := strings.TrimRight(s[at:stop], ".:!")
		if !isNamePart(word) {
			break
		}
		end, at = at+len(word), stop
		if len(word) < stop-end+len(word) || stop < len(s) && s[stop] != ' ' {
			break
		}
	}
	return end
}

// isNamePart reports a word of a name: ISO/IEC, 27001:2022, v4.0, Type, II.
func isNamePart(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	if unicode.IsUpper(r) || unicode.IsDigit(r) {
		return true
	}
	return len(word) > 1 && word[0] == 'v' && isDigit(word[1]) || word == "type" || word == "level"
}

// acronymBefore is where a name with an acronym begins with which a text ends; -1
// if it ends with none.
func acronymBefore(text string, from int) int {
	start, acronym := len(text), false
	for start > from {
		space := strings.LastIndexByte(text[from:start], ' ') + 1
		word := text[from+space : start]
		if !isNamePart(word) {
			break
		}
		acronym = acronym || len(word) > 1 && strings.ToUpper(word) == word && isLetter(word[0])
		if start = from + space; space > 0 {
			start--
		}
	}
	if !acronym {
		return -1
	}
	return skipSpace(text, start)
}

// separated divides a sentence where lists are: at commas and words that join, but
// not within brackets. A semicolon ends it.
func separated(s string) (pieces []document.Range) {
	start, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth = max(depth-1, 0)
		}
		if depth > 0 || s[i] != ',' && s[i] != ' ' && s[i] != ';' {
			continue
		}
		if s[i] == ';' {
			return append(pieces, document.Range{Start: start, End: i})
		}
		if n := separator(s[i:]); n > 0 {
			pieces = append(pieces, document.Range{Start: start, End: i})
			start = i + n
			i = start - 1
		}
	}
	return append(pieces, document.Range{Start: start, End: len(s)})
}

// separator is how long the words are that separate two parts of a list.
func separator(s string) int {
	for _, joint := range []string{
		", and ", ", or ", ", but ", ", as well as ", ", plus ", ", ", " and ", " or ", " & ", " but ", " as well as ", " plus ", " sowie ", " und ", " et ", " / ",
	} {
		if strings.HasPrefix(s, joint) {
			return len(joint)
		}
	}
	return 0
}

// subjectOf is what stands before the first verb of the beginning of a sentence.
func subjectOf(head string) string {
	for i := 0; i < len(head); {
		end := wordEnd(head, i)
		if end == i {
			_, n := utf8.DecodeRuneInString(head[i:])
			i += n
			continue
		}
		if isVerb(head[i:end]) {
			return head[:i]
		}
		i = end
	}
	return head
}

// hasVerb reports whether a text has one of the verbs of such sentences.
func hasVerb(s string) bool { return len(subjectOf(s)) < len(s) }

// isVerb reports the verbs with which sentences say what holds.
func isVerb(w string) bool {
	switch w {
	case "is", "are", "was", "were", "has", "have", "holds", "hold", "maintains", "maintain", "complies", "comply", "meets", "meet", "follows", "undergoes", "undergo", "supports", "support", "adheres", "adhere",
		"plans", "plan", "provides", "provide", "offers", "offer", "passed", "achieved", "obtained", "received", "completed", "carries", "ist", "sind", "hat", "besitzt", "erfüllt", "est", "sont", "respecte", //nolint:misspell // French
		"will", "can", "must", "may", "does", "do", "costs", "cost", "includes", "include", "allows", "allow", "needs", "need", "requires", "require", "expire", "expires", "lasts", "last", "gets", "get", "ends", "end":
		return true
	}
	return false
}
