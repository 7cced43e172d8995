package extract

import (
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
}

// candidates reads the blocks of a text in order and gives what may be a fact:
// sentences, list items, definitions, rows of tables and endpoints.
func candidates(text string, yield func(candidate)) {
	blocks := document.Blocks(text)
	for i, b := range blocks {
		switch b.Kind {
		case document.TableRow:
			row(text, b, yield)
		case document.Heading, document.Code:
			if e, ok := endpoint(text, b); ok {
				yield(e)
			}
		default:
			listed := i+1 < len(blocks) && blocks[i+1].Kind == document.ListItem && blocks[i+1].Lead != ""
			sentences(text, b, listed, yield)
		}
	}
}

// sentences gives those of a paragraph, quote, list item or definition. The last
// one is not given if it only introduces the list that follows.
func sentences(text string, b document.Block, listed bool, yield func(candidate)) {
	if len(b.Headings) > 0 && isEndpointLine(text[b.Start:b.End]) {
		if e, ok := endpoint(text, b); ok {
			yield(e)
			return
		}
	}
	ranges := document.Sentences(text, b)
	for _, r := range ranges {
		c := candidate{start: r.Start, end: r.End, block: b, structure: StructureSentence, context: b.Lead}
		whole := len(ranges) == 1
		quote := r.Of(text)
		if listed && (strings.HasSuffix(quote, ":") || strings.HasSuffix(quote, "：")) {
			continue
		}
		plain := document.Plain(quote)
		c.statement = plain
		switch {
		case b.Kind == document.Definition && whole:
			c.structure = StructureDefinition
			c.statement = subject(b.Headings, b.Lead+": "+plain, quote, len(b.Lead) < 24)
			if !numbersWithin(c.statement, quote) {
				c.statement = plain
			}
		case b.Kind == document.ListItem:
			c.structure = StructureItem
			if whole && isFragment(plain) {
				c.fragment = true
				c.statement = introduced(b, plain, quote)
			}
		case opensWithPronoun(plain) && b.Kind == document.Definition:
			c.statement = subject([]string{b.Lead}, plain, quote, true)
		case opensWithPronoun(plain):
			c.statement = subject(b.Headings, plain, quote, true)
		}
		yield(c)
	}
}

// introduced words a list item that is no sentence by what introduces the list.
func introduced(b document.Block, item, quote string) string {
	lead := strings.TrimRight(b.Lead, ":： ")
	if lead == "" || len(lead) > 200 || !numbersWithin(lead, quote) {
		return subject(b.Headings, item, quote, true)
	}
	return lead + ": " + item
}

// subject puts the nearest heading before a statement that does not name what it
// is about, if no number of the heading would go unproven.
func subject(headings []string, statement, quote string, wanted bool) string {
	if !wanted || len(headings) == 0 {
		return statement
	}
	h := headings[len(headings)-1]
	if h == "" || len(h) > 80 || !numbersWithin(h, quote) || strings.HasSuffix(h, "?") || strings.HasPrefix(statement, h) {
		return statement
	}
	return strings.TrimRight(h, ":： ") + " — " + statement
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

// row gives a row of a table, worded by the heads of its columns.
func row(text string, b document.Block, yield func(candidate)) {
	if b.End-b.Start > maxQuote {
		return
	}
	c := candidate{start: b.Start, end: b.End, block: b, structure: StructureRow}
	quote := text[b.Start:b.End]
	var cells []string
	filled := 0
	for _, r := range b.Cells {
		cell := document.Plain(r.Of(text))
		cells = append(cells, cell)
		if said(cell) {
			filled++
		}
	}
	if filled == 0 || len(cells) < 2 {
		return
	}
	if filled == 1 || said(cells[0]) && isSame(cells) { // a note or heading between the rows
		b.Kind, b.Cells = document.Paragraph, nil
		sentences(text, b, false, yield)
		return
	}
	c.context = strings.Join(b.Header, " ")
	c.statement = wordRow(b.Header, cells, quote)
	yield(c)
}

func isSame(cells []string) bool {
	for _, c := range cells {
		if c != cells[0] && said(c) {
			return false
		}
	}
	return true
}

// said reports whether a cell says anything.
func said(cell string) bool {
	return strings.ContainsFunc(cell, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r)
	})
}

// wordRow makes a sentence of a row: "Free plan — Price: $0; Included events:
// 100,000 per month". A head with a number that the row does not hold is left out.
func wordRow(header, cells []string, quote string) string {
	head := func(i int) string {
		if i < len(header) && numbersWithin(header[i], quote) {
			return strings.TrimRight(header[i], ":： ")
		}
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(cells[0], ":： "))
	if h := strings.ToLower(head(0)); isQualifier(h) && !strings.Contains(strings.ToLower(cells[0]), h) && cells[0] != "" {
		b.WriteString(" " + h)
	}
	sep := " — "
	if !said(cells[0]) {
		b.Reset()
		sep = ""
	}
	for i, cell := range cells[1:] {
		if !said(cell) {
			continue
		}
		b.WriteString(sep)
		sep = "; "
		if h := head(i + 1); h != "" {
			b.WriteString(h + ": ")
		}
		b.WriteString(cell)
	}
	return b.String()
}

// isQualifier reports heads that make a name of what stands in their column: the
// Free of Plan is the Free plan.
func isQualifier(head string) bool {
	switch head {
	case "plan", "tier", "edition", "package", "region", "role", "profile", "license", "environment":
		return true
	}
	return false
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
	return len(rest) > 1 && len(rest) <= 200 && rest[0] == '/' && rest[1] != ' '
}
