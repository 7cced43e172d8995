package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// candidate is a piece of a page that may be a fact.
type candidate struct {
	start, end int // of the quote
	block      document.Block
	structure  Structure
	statement  string // without what numbers do not allow
	fragment   bool   // an item that is no sentence but names what there is
	context    string // what introduces it: the lead of a list, the term, the heads of the columns
	subject    string // what it is about: the first cell of a row, a term, a heading; may be empty
	plan       string // in which it stands; may be empty
	caption    string // of a row, the line above its table; may be empty
	about      string // what tells its category, if not the quote
	cell       int    // the cell of a row that it tells; 0 for all
	question   bool   // it answers the question that stands above it
	proposed   bool   // a model worded its statement
	part       string // of several claims of the quote the one that it tells; empty if it tells all
}

// candidates reads the blocks of a text in order and gives what may be a fact:
// sentences, list items, definitions, rows of tables and endpoints.
func candidates(text string, yield func(candidate)) {
	blocks := document.Blocks(text)
	plans := plansOf(text, blocks)
	for i, b := range blocks {
		asked := -1
		if b.Kind == document.Paragraph && i > 0 && blocks[i-1].Kind == document.Heading && strings.HasSuffix(text[:blocks[i-1].End], "?") {
			asked = blocks[i-1].Start
		}
		switch b.Kind {
		case document.TableRow:
			row(text, blocks, i, plans[i], yield)
		case document.Heading, document.Code:
			if e, ok := endpoint(text, b); ok {
				yield(e)
			}
		default:
			listed := i+1 < len(blocks) && blocks[i+1].Kind == document.ListItem && blocks[i+1].Lead != ""
			sentences(text, b, plans[i], listed, asked, yield)
		}
	}
}

// sentences gives those of a paragraph, quote, list item or definition. The last
// one is not given if it only introduces the list that follows. The first one is
// quoted with the question above it, which begins at asked, if it answers that.
func sentences(text string, b document.Block, plan string, listed bool, asked int, yield func(candidate)) {
	if len(b.Headings) > 0 && isEndpointLine(text[b.Start:b.End]) {
		if e, ok := endpoint(text, b); ok {
			yield(e)
			return
		}
	}
	ranges := document.Sentences(text, b)
	above := nearest(b)
	for i, r := range ranges {
		c := candidate{start: r.Start, end: r.End, block: b, plan: plan, structure: StructureSentence, context: b.Lead, subject: above}
		quote := r.Of(text)
		if label := admonition(quote); label > 0 {
			c.start, quote = c.start+label, quote[label:]
		}
		if listed && (strings.HasSuffix(quote, ":") || strings.HasSuffix(quote, "：")) {
			continue
		}
		state(&c, quote, len(ranges) == 1)
		if b.Kind == document.Definition && len(ranges) == 1 && !strings.Contains(c.statement, b.Lead) {
			withTerm(&c, text)
		}
		if i == 0 && asked >= 0 && (answers(c.statement) || opensWithPronoun(c.statement)) && r.End-asked < maxQuote {
			c.start, c.question = asked, true
			c.statement = document.Plain(b.Headings[len(b.Headings)-1]) + " — " + document.Plain(quote)
		}
		yield(c)
	}
}

// admonition is how long the label of a note is: pages often set it in a
// different way, or only show it by a colour.
func admonition(quote string) int {
	for _, label := range []string{"Note: ", "NOTE: ", "Warning: ", "WARNING: ", "Tip: ", "Important: ", "Caution: ", "Attention: ", "Hint: ", "Info: "} {
		if strings.HasPrefix(quote, label) {
			return len(label)
		}
	}
	return 0
}

// state words the statement of a sentence, item or definition; whole says that it
// is all of its block.
func state(c *candidate, quote string, whole bool) {
	b := c.block
	plain := document.Plain(quote)
	c.statement = plain
	switch {
	case b.Kind == document.Definition && whole:
		c.structure, c.subject = StructureDefinition, b.Lead
		c.statement = subject(b.Headings, b.Lead+": "+plain, quote, len(b.Lead) < 24)
		if !proven(c.statement, quote) {
			c.statement = plain
		}
	case b.Kind == document.ListItem:
		c.structure = StructureItem
		if whole && isFragment(plain) {
			c.fragment = true
			c.statement = introduced(b, plain, quote)
		}
	case b.Kind == document.Definition:
		c.subject = b.Lead
		c.statement = subject([]string{b.Lead}, plain, quote, len(b.Lead) < 60 && !strings.Contains(plain, b.Lead))
	case lacksSubject(plain), whole && isFragment(plain):
		c.statement = subject(b.Headings, plain, quote, true)
		if label, value, ok := strings.Cut(plain, ": "); ok && whole && len(label) <= 40 && hasFigure(value) {
			c.structure, c.fragment = StructureItem, true // a list of one
		}
	}
	for i := len(b.Headings) - 2; i >= 0 && utf8.RuneCountInString(c.statement) < minStatement && c.statement != plain; i-- {
		c.statement = subject(b.Headings[:i+1], c.statement, quote, true)
	}
	c.statement = withPlan(c, quote)
}

// withTerm quotes a meaning with its term, which has a number that the meaning has
// not, so that the statement may name it.
func withTerm(c *candidate, text string) {
	above := strings.TrimRight(text[:c.start], ": ")
	if !strings.HasSuffix(above, "\n") {
		return
	}
	above = above[:len(above)-1]
	from := strings.LastIndexByte(above, '\n') + 1
	quote := text[from:c.end]
	if document.Plain(above[from:]) != c.block.Lead || len(quote) > maxQuote {
		return
	}
	statement := subject(c.block.Headings, c.block.Lead+": "+document.Plain(text[c.start:c.end]), quote, len(c.block.Lead) < 24)
	if proven(statement, quote) {
		c.start, c.statement = from, statement
		c.statement = withPlan(c, quote)
	}
}

// nearest is the heading that names what a block is about.
func nearest(b document.Block) string {
	for _, h := range slices.Backward(b.Headings) {
		if h != "" && len(h) <= 80 && !strings.HasSuffix(h, "?") {
			return strings.TrimRight(h, ":： ")
		}
	}
	return ""
}

// answers reports sentences that only make sense after a question.
func answers(s string) bool {
	first := strings.ToLower(s[:wordEnd(s, 0)])
	switch first {
	case "yes", "no", "yep", "nope", "absolutely", "correct", "sure", "both", "either", "neither", "never", "always", "up", "only", "ja", "nein", "oui", "non":
		return true
	}
	return utf8.RuneCountInString(s) < 60
}

// startsWithoutSubject reports sentences that begin with their verb, as the
// meanings of parameters and notes on versions do: their heading names the subject.
func startsWithoutSubject(s string) bool {
	first, rest, _ := strings.Cut(s, " ")
	switch first {
	case "Specifies", "Sets", "Returns", "Defines", "Enables", "Disables", "Controls", "Limits", "Determines", "Provides", "Supports", "Requires", "Allows", "Contains",
		"Default", "Defaults", "Added", "Deprecated", "Removed", "Available", "Supported", "Required", "Optional", "Maximum", "Minimum", "Includes", "Included", "Unlimited", "Up",
		"Must", "Cannot", "Can", "May", "Will", "Should", "Is", "Are", "Has", "Have", "Expires", "Lasts", "Accepts", "Applies", "Ranges", "Valid", "Limited", "Allowed":
		return true
	case "New", "Changed":
		return strings.HasPrefix(rest, "in ") || strings.HasPrefix(rest, "since ")
	}
	return false
}

// introduced words a list item that is no sentence by what introduces the list.
func introduced(b document.Block, item, quote string) string {
	lead := strings.TrimRight(b.Lead, ":： ")
	if lead == "" || len(lead) > 200 || !proven(lead, quote) {
		return subject(b.Headings, item, quote, true)
	}
	return lead + ": " + item
}

// subject puts the nearest heading before a statement that does not name what it
// is about, if nothing of the heading would go unproven.
func subject(headings []string, statement, quote string, wanted bool) string {
	if !wanted || len(headings) == 0 {
		return statement
	}
	h := unnumbered(headings[len(headings)-1])
	if h == "" || len(h) > 80 || !proven(h, quote) || strings.HasSuffix(h, "?") || strings.HasPrefix(statement, h) {
		return statement
	}
	h = strings.TrimRight(h, ":： ")
	if isPlan(h) && !strings.Contains(h, " ") {
		h += " plan"
	}
	return h + " — " + statement
}

// unnumbered is a heading without the number of its section: "2.4. Platforms".
func unnumbered(h string) string {
	end := digitsEnd(h, 0)
	if end == 0 || !strings.HasPrefix(strings.TrimLeft(h[end:], "."), " ") || !strings.Contains(h[:min(len(h), end+1)], ".") {
		return h
	}
	return strings.TrimLeft(h[end:], ". ")
}

// opensWithPronoun reports sentences about something named before them.
func opensWithPronoun(s string) bool {
	first, _, _ := strings.Cut(s, " ")
	switch first {
	case "It", "This", "These", "They", "Its":
		return true
	}
	return false
}

// isFragment reports text that is no sentence: it does not end like one.
func isFragment(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return !strings.ContainsRune(".!?。！？)", r) || len(s) < 30
}

// endpoint gives a line that is a method and a path, as API references write
// them above what they tell of the endpoint.
func endpoint(text string, b document.Block) (candidate, bool) {
	line := text[b.Start:b.End]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	if !isEndpointLine(line) {
		return candidate{}, false
	}
	line, _, _ = strings.Cut(line, " HTTP/")
	statement := "Endpoint " + document.Plain(line)
	if utf8.RuneCountInString(statement) < minStatement {
		statement = subject(b.Headings, "endpoint "+document.Plain(line), line, true)
	}
	return candidate{start: b.Start, end: b.Start + len(line), block: b, structure: StructureEndpoint, statement: statement}, true
}

// isEndpointLine reports "GET /v1/users" and nothing more than a few words beside it.
func isEndpointLine(line string) bool {
	s := strings.TrimLeft(line, "` ")
	method, rest, ok := strings.Cut(s, " ")
	if !ok {
		return false
	}
	switch strings.TrimRight(method, "`") {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
	default:
		return false
	}
	rest = strings.TrimLeft(rest, "` ")
	return len(rest) > 1 && len(rest) <= 200 && rest[0] == '/' && rest[1] != ' ' && !statesOfPath(rest)
}

// statesOfPath reports that more than a name stands behind a path: a sentence, or
// what the endpoint allows.
func statesOfPath(rest string) bool {
	path, after, _ := strings.Cut(rest, " ")
	after = strings.TrimLeft(after, "` ")
	if after == "" || strings.HasPrefix(after, "HTTP/") {
		return false
	}
	first, _, _ := strings.Cut(after, " ")
	return isVerb(first) || first == "accepts" || first == "returns" || strings.HasSuffix(strings.TrimRight(path, "`"), ":") && strings.ContainsFunc(after, unicode.IsDigit)
}
