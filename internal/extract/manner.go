package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

const (
	minStatement = 20   // characters that a statement without a label and a value has at least
	minLabelled  = 6    // and one with both
	maxQuote     = 1500 // bytes that a quote has at most
)

// refused reports what is no fact whatever it is about: questions, what is too
// short or too long to be said in a statement, and what is hardly words.
func refused(quote string, c candidate) bool {
	if n := utf8.RuneCountInString(c.statement); n < minLabelled || n < minStatement && !c.isLabelled() && !isSentence(c.statement) || len(quote) > maxQuote || len(quote) == 0 {
		return true
	}
	if r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(quote, `"')”’」』`)); r == '?' || r == '？' || r == '؟' {
		return true
	}
	if quote[0] == '`' && strings.IndexByte(quote[1:], '`') == len(quote)-2 && c.structure != StructureEndpoint {
		return true // nothing but code
	}
	if c.fragment && isIdentifier(quote) {
		return true
	}
	if c.structure != StructureRow && (isLink(quote) || isTrail(document.Plain(quote))) {
		return true
	}
	if isStamp(quote) || isReference(quote) || c.structure == StructureRow && len(c.block.Header) == 0 && len(c.block.Cells) == 2 && isLabelOfPage(c.subject) {
		return true
	}
	letters := 0
	for _, r := range quote {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' {
			letters++
		}
	}
	return letters*2 < utf8.RuneCountInString(quote)
}

// isSentence reports a statement with a subject, a verb and what it says of it,
// however short it is.
func isSentence(statement string) bool {
	subject := subjectOf(statement)
	return subject != "" && strings.HasSuffix(statement, ".") && strings.Contains(statement[len(subject):], " ") && !opensWithPronoun(statement)
}

// isLabelled reports a statement that has a label and says a value of it, however
// short it is: "Price — Free: $0".
func (c candidate) isLabelled() bool {
	if boundsVersion(c.statement) {
		return true
	}
	i := strings.LastIndex(c.statement, ": ")
	if i < 0 {
		i = strings.LastIndex(c.statement, "— ")
	}
	if i <= 0 || c.structure == StructureEndpoint || c.structure == StructureSentence && c.statement[:i] == "" {
		return false
	}
	value := strings.TrimLeft(c.statement[i:], ":— ")
	_, flag := flagOf(value)
	h := c.block.Header
	return hasFigure(value) || flag && c.cell > 0 && c.cell < len(h) && isPlan(h[c.cell])
}

// manner is how much of the score the way a sentence is put leaves.
func manner(quote string, c candidate, words []word) float64 {
	if c.structure == StructureRow || c.structure == StructureEndpoint {
		return 1
	}
	f := 1.0
	if announces(quote) {
		f *= 0.6
	}
	if len(words) < 3 && !c.fragment && !hasFigure(quote) {
		f *= 0.7
	}
	if isSpoken(quote) {
		f *= 0.4 // what somebody says of it
	}
	if len(words) > 60 {
		f *= 0.8
	}
	for _, pronoun := range []string{" this.", " that.", " it.", " them.", " these.", " so."} {
		if strings.HasSuffix(quote, pronoun) && len(words) < 12 {
			f *= 0.6 // about something named before
		}
	}
	if isChange(c.statement) || isTagline(quote, c) {
		f *= 0.6
	}
	if i := strings.IndexByte(quote, '?'); i > 0 && i < len(quote)-1 && !c.question {
		f *= 0.6 // asks, and says something beside
	}
	if argues(quote) && !states(quote, words) {
		f *= 0.6
	}
	opening := strings.TrimLeft(quote[:min(len(quote), 60)], "(\"'“‘`")
	first, rest, _ := strings.Cut(opening, " ")
	second, _, _ := strings.Cut(rest, " ")
	first = strings.TrimRight(strings.ToLower(first), ",.:;")
	switch first {
	case "typically", "usually", "generally", "often", "sometimes":
		if !slices.ContainsFunc(words, func(w word) bool { return w.kind == numberWord }) {
			f *= 0.6
		}
	case "however", "clearly", "basically", "essentially", "ideally", "hopefully", "interestingly", "conversely", "actually", "naturally", "presumably", "therefore", "thus", "hence", "nevertheless", "consequently", "perhaps", "unfortunately":
		f *= 0.6 // argues
	case "for", "as":
		if s := strings.TrimRight(strings.ToLower(second), ",."); s == "example" || s == "instance" || s == "an" {
			f *= 0.5
		}
	case "see", "click", "use", "run", "make", "note", "tell", "contact", "write", "send", "go", "try", "read", "learn", "check", "ensure",
		"refer", "visit", "follow", "choose", "select", "open", "enter", "type", "download", "copy", "paste", "consider", "remember", "start",
		"create", "add", "set", "configure", "replace", "edit", "navigate", "verify", "please", "let", "get", "take", "keep", "join":
		if !hasAPIPath(quote) {
			f *= 0.7 // tells the reader what to do
		}
	case "if", "when", "while", "although", "though", "because":
		f *= 0.9
	case "it", "this", "these", "they", "such", "that", "those":
		if len(c.statement) <= len(quote) {
			f *= 0.85 // about something named before
		}
	case "and", "or", "but", "so":
		f *= 0.7
	}
	return f
}

// announces reports text that is completed by what follows it.
func announces(quote string) bool {
	for _, end := range []string{":", "：", " with", " by", " as", " to", " using", " via", " is", " are"} {
		if strings.HasSuffix(quote, end) {
			return true
		}
	}
	_, what, ok := strings.Cut(quote, " the following ")
	return ok && strings.Count(what, " ") < 2
}

// isTagline reports a line below a heading that tells what a page is about: no
// sentence, and nothing is counted.
func isTagline(quote string, c candidate) bool {
	if c.block.Kind != document.Paragraph || c.plan != "" || !isFragment(quote) || len(quote) < 20 || strings.ContainsFunc(quote, unicode.IsDigit) || strings.Contains(quote, ": ") {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(quote)
	return unicode.IsLetter(r)
}

// isSpoken reports text that begins with a quotation mark and goes on like a sentence.
func isSpoken(quote string) bool {
	for _, mark := range []string{"“", "„", "«", "\""} {
		if rest, ok := strings.CutPrefix(quote, mark); ok {
			rest = strings.TrimLeft(rest, " \u00a0\u202f")
			r, _ := utf8.DecodeRuneInString(rest)
			return unicode.IsUpper(r) && strings.Count(rest, " ") > 3 && !strings.ContainsAny(rest[:min(len(rest), 30)], "\"”“»")
		}
	}
	return false
}

// states reports what opens as if it argued, and says what has to be, or how much one may have.
func states(quote string, words []word) bool {
	if strings.HasPrefix(quote, "To ") {
		return demands(quote)
	}
	return permits(quote) && slices.ContainsFunc(words, func(w word) bool { return w.kind == numberWord })
}

// demands reports what says that something has to be.
func demands(quote string) bool {
	for _, verb := range []string{" must ", " need ", " needs ", " requires ", " require ", " cannot ", " is required", " are required", " have to ", " has to "} {
		if strings.Contains(quote, verb) {
			return true
		}
	}
	return false
}

// permits reports openings that say what one may do.
func permits(quote string) bool {
	return strings.HasPrefix(quote, "You may ") || strings.HasPrefix(quote, "You can ") || strings.HasPrefix(quote, "You will ")
}

// argues reports openings after which something is weighed or told rather than stated.
func argues(quote string) bool {
	for _, opening := range []string{
		"On the other hand", "In other words", "In theory", "In practice", "In general", "In most cases", "In some cases", "In this case", "In that case", "In many", "For these reasons",
		"For this reason", "As a result", "As you", "As we", "As mentioned", "As noted", "Most ", "Many ", "Some ", "Several ", "One of the", "One way", "One common", "A common", "Another ",
		"There is no need", "You may", "You might", "You should", "You could", "You will", "You'll", "You’ll", "I ", "If you", "When you", "Suppose", "Imagine", "Assume", "Assuming",
		"Rather ", "Instead,", "Now ", "Then ", "Next ", "First,", "Second,", "First of all", "There are two", "There are three", "There are several", "There are many", "There are a number", "It is always", "It is better", "It is best", "Failure to", "If necessary", "If desired", "By setting", "The idea", "The reason", "The following", "The example", "Here ", "Once you", "To ", "We will", "We'll", "We can", "We now", "We have seen", "We want", "We recommend", "Let's",
	} {
		if strings.HasPrefix(quote, opening) {
			return true
		}
	}
	return false
}

// isChange reports the notes of references on what a version changed: a fact of
// the version, not of the product.
func isChange(statement string) bool {
	if i := strings.LastIndex(statement, "— "); i >= 0 {
		statement = statement[i+len("— "):]
	} else if i := strings.LastIndex(statement, "): "); i >= 0 {
		statement = statement[i+len("): "):]
	}
	for _, opening := range []string{"New in version ", "Changed in version ", "Added in version ", "New in ", "Fixed ", "Bug fix", "Bugfix"} {
		if strings.HasPrefix(statement, opening) {
			return true
		}
	}
	first, rest, _ := strings.Cut(statement, " ")
	second, _, _ := strings.Cut(rest, " ")
	switch first {
	case "Added", "Bumped", "Changed", "Dropped", "Improved", "Increased", "Introduced", "Lowered", "Raised", "Reduced", "Removed", "Renamed", "Updated", "Upgraded":
		switch second {
		case "the", "a", "an", "our", "support", "default":
			return true
		}
	}
	return false
}

// isIdentifier reports one word that only a machine would write.
func isIdentifier(s string) bool {
	s = strings.Trim(s, "`")
	return !strings.Contains(s, " ") && strings.ContainsAny(s, "_.()[]=$\\") && !strings.ContainsAny(s, "/")
}

// isReference reports an entry of a list of literature, and lines that only send
// the reader elsewhere.
func isReference(quote string) bool {
	for _, opening := range []string{"See ", "see ", "See also", "For references", "Refer to ", "Source: http", "Read more", "Learn more", "(See ", "Cf. "} {
		if strings.HasPrefix(quote, opening) {
			return true
		}
	}
	if (strings.HasPrefix(quote, "Table ") || strings.HasPrefix(quote, "Figure ")) && !strings.Contains(quote, "|") {
		return true
	}
	tail := strings.TrimRight(quote, ". )")
	return strings.Count(quote, "\"")+strings.Count(quote, "“") >= 1 && strings.Count(quote, ",") >= 2 && len(tail) > 4 && isYear(tail[len(tail)-4:]) && tail[len(tail)-5] == ' '
}

// isStamp reports when a page was written: "Last update: 2026-01-08".
func isStamp(quote string) bool {
	if len(quote) > 60 || !slices.ContainsFunc(strings.Fields(quote), func(w string) bool { return isYear(strings.Trim(w, ".,()")) || isDate(w) }) {
		return false
	}
	first, rest, _ := strings.Cut(strings.ToLower(quote), " ")
	if first == "last" || first == "page" || first == "zuletzt" {
		first, _, _ = strings.Cut(rest, " ")
	}
	switch strings.TrimRight(first, ":,") {
	case "update", "updated", "modified", "reviewed", "published", "revised", "edited", "generated", "aktualisiert", "geändert", "stand":
		return true
	}
	return false
}

// isLabelOfPage reports what stands beside the facts of a page in tables without
// heads: what it is called, where it is kept, who wrote it.
func isLabelOfPage(label string) bool {
	switch strings.ToLower(label) {
	case "description", "summary", "module identifier", "module id", "source file", "source code", "author", "authors", "title", "name", "id", "identifier", "date", "last updated", "contact",
		"homepage", "home page", "website", "navigation", "tags", "category", "section", "keywords", "status", "context", "see also", "module", "syntax", "usage", "override":
		return true
	}
	return false
}

// withoutReferences cuts what sends the reader elsewhere off the end of a
// sentence: it says nothing of what the sentence states.
func withoutReferences(quote string) string {
	for _, opening := range []string{"; see ", ", see ", " (see ", " (See ", " - see ", " – see "} {
		if i := strings.Index(quote, opening); i > minStatement {
			quote = quote[:i]
		}
	}
	return quote
}

// names reports text that names something exactly: code, a URL, a path.
func names(quote string) bool {
	return strings.Contains(quote, "`") || strings.Contains(quote, "://") || strings.Contains(quote, " /")
}
