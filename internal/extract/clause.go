package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clauses divides a sentence that makes several claims: each part has a subject, a
// verb, and a value or a denial of its own. It gives nil if there is only one, or
// if a part depends on another.
func (s *scorer) clauses(sentence string) []string {
	label := ""
	if i := strings.LastIndex(sentence, " — "); i >= 0 {
		label, sentence = sentence[:i+len(" — ")], sentence[i+len(" — "):]
	}
	if isDependent(sentence) || strings.Contains(sentence, ": ") || opensWithCircumstance(sentence) {
		return nil
	}
	var parts []string
	start := 0
	for i := 0; i < len(sentence); i++ {
		n := 0
		for _, joint := range []string{"; ", ", and ", ", but ", ", while ", " and "} {
			if strings.HasPrefix(sentence[i:], joint) {
				n = len(joint)
				break
			}
		}
		if n > 0 && s.claims(sentence[start:i]) && !isDependent(sentence[i+n:]) && s.claims(sentence[i+n:]) {
			parts = append(parts, label+strings.TrimRight(sentence[start:i], ".")+".")
			start = i + n
			i = start - 1
		}
	}
	if parts == nil {
		return nil
	}
	r, n := utf8.DecodeRuneInString(sentence[start:])
	return append(parts, label+string(unicode.ToUpper(r))+sentence[start+n:])
}

// labelled divides a line of labels with their values: "Free: 60 req/min · Pro: 600
// req/min".
func labelled(line string) []string {
	label := ""
	if i := strings.LastIndex(line, " — "); i >= 0 {
		label, line = line[:i+len(" — ")], line[i+len(" — "):]
	}
	for _, sep := range []string{" · ", " • ", " | "} {
		parts := strings.Split(line, sep)
		if len(parts) < 2 {
			continue
		}
		for i, part := range parts {
			name, value, ok := strings.Cut(part, ": ")
			if !ok || name == "" || !hasFigure(value) {
				return nil
			}
			parts[i] = label + part
		}
		return parts
	}
	return nil
}

// claims reports a clause that can stand alone and says a value, or denies.
func (s *scorer) claims(clause string) bool {
	subject := subjectOf(clause)
	if len(subject) == len(clause) || subject == "" || strings.Count(subject, " ") > 6 || isDigit(subject[0]) {
		return false
	}
	if negations(clause) > 0 {
		return true
	}
	for _, q := range quantities(clause[len(subject):], s.comma) {
		if q.value.Kind != "" {
			return true
		}
	}
	return false
}

// isDependent reports a clause that needs another: one with a condition, or about
// something that is named before it.
func isDependent(clause string) bool {
	first, _, _ := strings.Cut(clause, " ")
	switch strings.ToLower(strings.TrimRight(first, ",")) {
	case "it", "they", "this", "these", "that", "those", "its", "their", "which", "who", "then", "there", "he", "otherwise", "both", "each", "all", "no", "not", "see", "any", "others", "i", "you", "we", "never", "always", "also":
		return true
	}
	for w := range strings.FieldsSeq(strings.ToLower(clause)) {
		switch strings.Trim(w, ",.;") {
		case "if", "when", "unless", "because", "where", "which", "that", "until", "while", "although", "since", "whether", "before", "between":
			return true
		}
	}
	return false
}

// opensWithCircumstance reports a sentence that begins with what holds for all of
// its clauses: "For full-text search …".
func opensWithCircumstance(sentence string) bool {
	first, _, _ := strings.Cut(sentence, " ")
	switch first {
	case "For", "In", "On", "With", "Without", "At", "Under", "During", "By", "As", "From", "To", "Per", "After", "Once", "Für", "Im", "Pour", "Dans":
		return true
	}
	return false
}
