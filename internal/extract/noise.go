package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// isTrail reports the path to a page: "Home > Docs > Limits", "Home › Docs".
func isTrail(plain string) bool {
	for _, sep := range []string{" > ", " › ", " » "} {
		steps := strings.Split(plain, sep)
		if len(steps) < 2 {
			continue
		}
		for _, step := range steps {
			r, _ := utf8.DecodeRuneInString(step)
			if !unicode.IsUpper(r) || len(step) > 60 || strings.ContainsAny(step, ".:;") {
				return false
			}
		}
		return true
	}
	return false
}

// isLink reports an item that is one link and nothing else: it leads to a page,
// and states nothing of what that says.
func isLink(quote string) bool {
	if len(quote) == 0 || quote[0] != '[' || quote[len(quote)-1] != ')' {
		return false
	}
	middle := strings.Index(quote, "](")
	return middle > 0 && strings.IndexByte(quote[middle:], ')') == len(quote)-middle-1
}

// noise is how much of the score is left to a candidate that speaks of something
// else than the product, or of the product as it was.
func (s *scorer) noise(quote string, c candidate) float64 {
	f := 1.0
	if c.structure == StructureRow || c.structure == StructureEndpoint {
		return f
	}
	if strings.HasSuffix(quote, "!") {
		f *= 0.65
	}
	if s.defines(c) {
		f *= 0.5
	}
	if slices.ContainsFunc(c.block.Headings, ofChanges) {
		f *= 0.5
	}
	if c.block.Kind == document.Quote && isPersonal(c.statement) {
		f *= 0.5
	}
	if startsWithDate(c.statement) || isPast(c.statement) {
		f *= 0.5
	}
	if s.ofOthers(c) {
		f *= 0.3
	}
	return f
}

// ofChanges reports headings of what versions changed: "Release notes", "2.3.0
// (2024-05-01)", "v1.2.0".
func ofChanges(heading string) bool {
	low := strings.ToLower(heading)
	for _, name := range []string{"changelog", "change log", "release notes", "release history", "version history", "revision history", "what's new", "what’s new"} {
		if strings.HasPrefix(low, name) {
			return true
		}
	}
	number := strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(low, "[v"), "ersion "), "release ")
	end := digitsEnd(number, 0)
	switch {
	case strings.Count(strings.TrimRight(number[:end], "."), ".") >= 2: // 2.3.0, but not 2.3.1. Section
		rest := strings.TrimLeft(number[end:], " ]")
		return rest == "" || strings.ContainsAny(rest[:1], "(-") || strings.HasPrefix(rest, "–")
	case end < len(number) && number[end] == '-' && isDate(number):
		return true
	}
	return false
}

// defines reports explanations of what a thing is in general: what an API key is,
// or what kind of thing a standard is that the page is not about.
func (s *scorer) defines(c candidate) bool {
	subject, is, ok := cutIsA(c.statement)
	if !ok || strings.ContainsFunc(c.statement, unicode.IsDigit) {
		return false
	}
	for w := range strings.FieldsSeq(strings.ToLower(is)) {
		switch strings.TrimRight(w, ".,;:") {
		case "you", "your", "yourself", "we", "our", "us":
			return false // of this product
		}
	}
	if strings.HasPrefix(subject, "A ") || strings.HasPrefix(subject, "An ") {
		return true
	}
	first, _, _ := strings.Cut(subject, " ")
	own := s.title
	if len(c.block.Headings) > 0 {
		own += " " + c.block.Headings[0]
	}
	switch strings.ToLower(first) {
	case "the", "our", "this", "it", "we", "its", "each", "every":
		return false
	}
	if own += " " + strings.Join(s.company, " "); strings.Contains(strings.ToLower(own), strings.ToLower(first)) {
		return false
	}
	kind := ""
	for w := range strings.FieldsSeq(is) {
		word := strings.ToLower(strings.TrimRight(w, ".,;:"))
		if isFunctionWord(word) || word == "designed" || word == "used" || word == "developed" {
			break
		}
		if kind = word; word != w {
			break
		}
	}
	switch kind {
	case "protocol", "standard", "specification", "technique", "technology", "method", "mechanism", "algorithm", "process", "concept", "practice", "approach", "attack", "vulnerability", "term", "acronym", "abbreviation", "way", "type", "kind", "form":
		return true
	}
	return false
}

// cutIsA divides a sentence at its first "is a".
func cutIsA(s string) (subject, is string, ok bool) {
	for _, verb := range []string{" is a ", " is an "} {
		if before, after, found := strings.Cut(s, verb); found && (!ok || len(before) < len(subject)) {
			subject, is, ok = before, after, true
		}
	}
	return subject, is, ok
}

// ofOthers reports what somebody else has or charges.
func (s *scorer) ofOthers(c candidate) bool {
	if s.isForeign(possessor(c.statement)) {
		return true
	}
	name := c.statement[:nameEnd(c.statement, 0)]
	verb, rest, _ := strings.Cut(strings.TrimPrefix(c.statement[len(name):], " "), " ")
	switch verb {
	case "charges", "takes", "bills", "costs", "asks", "wants", "sells", "offers", "caps", "limits", "starts":
	default:
		return false
	}
	if name == "" || isPlan(name) || isDeterminer(name) || opensWithPronoun(name) || !strings.ContainsFunc(rest, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) {
		return false
	}
	return s.isForeign(name)
}

// possessor is whose thing a statement begins to speak of: "Acme's endpoint takes…".
func possessor(statement string) string {
	first, _, _ := strings.Cut(statement, " ")
	for _, end := range []string{"'s", "’s"} {
		if name, ok := strings.CutSuffix(first, end); ok {
			switch name {
			case "It", "Let", "That", "What", "Here", "There", "Today", "Who", "Where", "How", "He", "She", "Customer", "User", "Client":
				return ""
			}
			return name
		}
	}
	return ""
}

// enoughText is how long a text is, in bytes, that would name its company again.
const enoughText = 300

// isForeign reports the name of somebody whom customers come from or who is compared,
// or who is named once on the page, and once more at most in a question, and who is
// not the company. A short text has no room to say whose it is.
func (s *scorer) isForeign(name string) bool {
	if name == "" || len(s.text) < enoughText || slices.ContainsFunc(s.company, func(w string) bool { return strings.EqualFold(w, name) }) {
		return false
	}
	low, name := strings.ToLower(s.title+" "+s.text), strings.ToLower(name)
	for _, from := range []string{"coming from ", "migrating from ", "migrate from ", "switching from ", "switch from ", "compare with ", "compared with ", "compared to ", "alternative to ", "differ from ", " vs ", " vs. "} {
		if strings.Contains(low, from+name) {
			return true
		}
	}
	return strings.Count(low, name) <= 1+strings.Count(low, name+"?")
}

// startsWithDate reports entries of what changed when.
func startsWithDate(plain string) bool {
	if isDate(plain) {
		return true
	}
	words := strings.FieldsFunc(plain[:min(len(plain), 40)], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) > 3 && isYear(words[2]) && strings.ContainsFunc(words[0]+words[1], unicode.IsDigit) && len(words[0]) <= len("September")
}

// isPast reports what was so in a year that is named first, as in "In 2022 a seat
// was $9".
func isPast(statement string) bool {
	rest, ok := strings.CutPrefix(statement, "In ")
	if !ok {
		return false
	}
	words := strings.Fields(rest)
	for i, w := range words[:min(2, len(words))] {
		if isYear(strings.TrimRight(w, ",")) {
			after := " " + strings.Join(words[i+1:], " ") + " "
			return strings.Contains(after, " was ") || strings.Contains(after, " were ") || strings.Contains(after, " went ")
		}
	}
	return false
}

// isPersonal reports what is said by somebody who speaks for himself, as customers do.
func isPersonal(statement string) bool {
	for w := range strings.FieldsSeq(statement) {
		switch strings.Trim(w, ".,;:!?\"“”«»") {
		case "I", "my", "My", "we", "We", "our", "Our", "us":
			return true
		}
	}
	return false
}
