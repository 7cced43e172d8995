package extract

import (
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/schema"
)

// listed makes a statement of each of several amounts or names that a sentence
// says the same of: "Starter includes 10 GB and 3 members." It gives nil if there
// is no such list, or if its parts are alternatives or one amount.
func (s *scorer) listed(sentence string) []string {
	label := ""
	if i := strings.LastIndex(sentence, " — "); i >= 0 {
		label, sentence = sentence[:i+len(" — ")], sentence[i+len(" — "):]
	}
	subject := subjectOf(sentence)
	if len(subject) == len(sentence) || isDependent(sentence[len(subject):]) || opensWithCircumstance(sentence) || strings.ContainsAny(sentence, ":;(") {
		return nil
	}
	if alternatives := strings.Contains(sentence, " or "); alternatives && negations(sentence) == 0 {
		return nil
	}
	head, pieces := s.amounts(sentence)
	if pieces == nil {
		head, pieces = namesListed(sentence)
	}
	var parts []string
	for _, p := range pieces {
		parts = append(parts, label+head+p+".")
	}
	return parts
}

// amounts reads a list of amounts of different things at the end of a sentence:
// "10 GB of storage and 3 members".
func (s *scorer) amounts(sentence string) (head string, pieces []string) {
	start := strings.IndexFunc(sentence, func(r rune) bool { return unicode.IsDigit(r) || unicode.Is(unicode.Sc, r) })
	if start <= 0 || sentence[start-1] != ' ' || !hasVerb(sentence[:start]) {
		return "", nil
	}
	head = sentence[:start]
	bound := ""
	for _, b := range []string{"up to ", "at most ", "at least "} {
		if before, ok := strings.CutSuffix(head, b); ok {
			head, bound = before, b
		}
	}
	switch wordBefore(head, len(head)) {
	case "between", "from", "than", "by", "within", "after", "every", "per":
		return "", nil
	}
	list := strings.TrimRight(sentence[len(head)+len(bound):], ".")
	var units []string
	for _, r := range separated(list) {
		piece := r.Of(list)
		rest := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(piece, "up to "), "at most "), "at least ")
		found := quantities(rest, s.comma)
		if len(found) != 1 || found[0].start != 0 || hasVerb(rest) || strings.Count(rest[found[0].end:], " ") > 4 {
			return "", nil
		}
		unit := found[0].value.Unit
		if unit == "" || strings.HasPrefix(unit, "1/") || slices.Contains(units, unit) || found[0].value.Kind == schema.ValueVersion {
			return "", nil
		}
		units = append(units, unit)
		pieces = append(pieces, piece)
	}
	if len(pieces) < 2 {
		return "", nil
	}
	pieces[0] = bound + pieces[0]
	return head, pieces
}

// namesListed reads a list of three names or more at the end of a sentence, after
// its verb or a preposition: "supports AES, RSA and ChaCha20".
func namesListed(sentence string) (head string, pieces []string) {
	all := separated(strings.TrimRight(sentence, "."))
	if len(all) < 3 {
		return "", nil
	}
	first := all[0].Of(sentence)
	at := len(first)
	for at > 0 { // the name that the first piece ends with
		space := strings.LastIndexByte(first[:at-1], ' ') + 1
		if !isNamePart(first[space:at]) || space == 0 {
			break
		}
		if at = space; first[at-1] == ' ' {
			at--
		}
	}
	if at = skipSpace(first, at); at >= len(first) {
		return "", nil
	}
	head = first[:at]
	before := strings.TrimSuffix(head, "the ")
	w := wordBefore(before, len(before))
	takes := takesNames(w) || w == "with" && isTogether(wordBefore(before, len(before)-len(" with")))
	if !takes || !hasVerb(head) {
		return "", nil
	}
	pieces = append(pieces, first[at:])
	for _, r := range all[1:] {
		piece := r.Of(sentence)
		name := strings.TrimPrefix(piece, "the ")
		if name == "" || nameEnd(name, 0) != len(name) || isLegalForm(name) {
			return "", nil
		}
		if strings.HasSuffix(head, "the ") {
			piece = name
		}
		pieces = append(pieces, piece)
	}
	return head, pieces
}

// takesNames reports words after which each name of a list is a claim.
func takesNames(w string) bool {
	switch w {
	case "supports", "support", "accepts", "accept", "includes", "include", "offers", "offer", "provides", "provide", "requires", "require", "uses", "use", "exports", "imports",
		"in", "on", "for", "as", "to":
		return true
	}
	return false
}

// isTogether reports words that say with what something goes.
func isTogether(w string) bool {
	switch w {
	case "works", "work", "compatible", "integrates", "integrate", "interoperates", "complies", "comply":
		return true
	}
	return false
}
