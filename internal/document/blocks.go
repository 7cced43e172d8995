package document

import "strings"

// Kind is what a block is.
type Kind int

// The kinds of blocks.
const (
	Paragraph Kind = iota
	Heading
	ListItem
	TableRow
	Code
	Quote
	Definition
)

// String names the kind, for tests and logs.
func (k Kind) String() string {
	names := [...]string{"Paragraph", "Heading", "ListItem", "TableRow", "Code", "Quote", "Definition"}
	if k < 0 || int(k) >= len(names) {
		return "Kind?"
	}
	return names[k]
}

// Range is a piece of a text, in bytes; End is exclusive.
type Range struct{ Start, End int }

// Of cuts the range out of its text.
func (r Range) Of(text string) string { return text[r.Start:r.End] }

// Block is one block of a Markdown text; text[Start:End] is its content without
// list, heading or quote marker. Lines that follow each other are one block.
// There is no block for the row that heads a table, nor for the term of a
// definition: they are told by the rows and by the definition.
type Block struct {
	Kind       Kind
	Start, End int
	Headings   []string // the headings above, outermost first, plain; shared between blocks, not to be changed
	Level      int      // Heading: 1 to 6; ListItem, Quote: how deeply nested, from 1
	Cells      []Range  // TableRow; they still have their marks, see Plain
	Header     []string // TableRow: the heads of the columns, plain; nil if there are none; shared between rows
	Lead       string   // ListItem: the line that introduces the list, plain; Definition: the term, plain
	Lang       string   // Code: its language, if it is named
}

// Plain is a piece of a text in one line, without links, the marks of inline code
// and escaped pipes.
func Plain(s string) string { return plain(s) }

// Blocks reads Markdown back as blocks, in order. It reads exactly what FromHTML
// writes, and other Markdown and plain text well enough: positions are always
// right, and what is no other block is a paragraph.
func Blocks(text string) []Block {
	blocks := make([]Block, 0, 16+len(text)/80)
	eachBlock(text, func(b Block) bool {
		blocks = append(blocks, b)
		return true
	})
	return blocks
}

// eachBlock gives the blocks one by one, until it is told to stop.
func eachBlock(text string, yield func(Block) bool) {
	r := reader{text: text, yield: yield}
	for at := 0; at < len(text) && !r.stopped; {
		end := lineEnd(text, at)
		r.line(at, end)
		at = end + 1
	}
	r.endParagraph()
	r.endCode()
}

func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// reader is how far Blocks has read.
type reader struct {
	text    string
	yield   func(Block) bool
	stopped bool
	last    Block // that was given; none if it is empty
	quoted  int   // quote marks before the line

	open  bool // a paragraph waits for more lines
	para  Block
	lines int

	path   [6]string // headings by level
	levels []string  // the same as given to blocks
	in     []scope   // the list items and definitions that the line may stand in

	table   bool // the line before was a row
	head    []string
	fence   string // what ends the code being read
	fenceAt int    // how deeply it is indented
	code    Block
}

// scope is an open list item or definition.
type scope struct {
	column int    // where its content begins
	lead   string // introduces it and the items beside it; the term of a definition
	text   Range  // its own first block
	term   bool   // it is a definition
}

// line reads one line.
func (r *reader) line(at, end int) {
	if r.fence != "" {
		r.codeLine(at, end)
		return
	}
	p, indent, quoted := margin(r.text, at, end)
	for end > p && (r.text[end-1] == ' ' || r.text[end-1] == '\t' || r.text[end-1] == '\r') {
		end--
	}
	if quoted != r.quoted && (!r.open || quoted > 0) {
		r.endParagraph()
		r.in = r.in[:0]
		r.quoted = quoted
	}
	if p >= end {
		r.endParagraph()
		r.table = false
		return
	}
	if r.text[p] == '|' && r.row(p, end, indent) {
		return
	}
	r.table = false
	switch r.text[p] {
	case '`', '~':
		if r.openCode(p, end, indent) {
			return
		}
	case '#':
		if quoted == 0 && r.heading(p, end) {
			return
		}
	case ':':
		if r.definition(p, end, indent) {
			return
		}
	case '=', '-', '*', '_':
		if r.setext(p, end) {
			return
		}
		if isRule(r.text[p:end]) {
			r.endParagraph()
			return
		}
	}
	if content, ok := marker(r.text, p, end); ok {
		r.item(indent, indent+content-p, content, end)
		return
	}
	r.prose(p, end, indent)
}

// margin skips the white space and quote marks that begin a line, and counts
// them; indent is counted from the last mark.
func margin(text string, at, end int) (p, indent, quoted int) {
	for p = at; p < end; p++ {
		switch text[p] {
		case ' ':
			indent++
		case '\t':
			indent += 4
		case '>':
			quoted++
			indent = -1 // the space after the mark belongs to it
		default:
			return p, max(indent, 0), quoted
		}
	}
	return p, max(indent, 0), quoted
}

func (r *reader) add(b Block) {
	b.Headings = r.levels
	r.last = b
	r.stopped = r.stopped || !r.yield(b)
}

func (r *reader) begin(b Block) { r.open, r.para, r.lines = true, b, 1 }

// endParagraph gives the paragraph that was being read.
func (r *reader) endParagraph() {
	if r.open {
		r.open = false
		r.add(r.para)
	}
}

// leave closes the items and definitions whose content begins right of a column.
// It gives the outermost of them.
func (r *reader) leave(column int) (last scope, left bool) {
	for n := len(r.in); n > 0 && column < r.in[n-1].column; n-- {
		last, left = r.in[n-1], true
		r.in = r.in[:n-1]
	}
	return last, left
}

// prose reads a line that has no marker.
func (r *reader) prose(p, end, indent int) {
	if r.open {
		r.para.End = end
		r.lines++
		return
	}
	r.leave(indent)
	b := Block{Kind: Paragraph, Start: p, End: end}
	switch n := len(r.in); {
	case n > 0 && r.in[n-1].term:
		b.Kind, b.Lead = Definition, r.in[n-1].lead
	case n == 0 && r.quoted > 0:
		b.Kind, b.Level = Quote, r.quoted
	}
	r.begin(b)
}

// heading reads # Heading.
func (r *reader) heading(p, end int) bool {
	n := 0
	for p+n < end && r.text[p+n] == '#' {
		n++
	}
	start := p + n
	if n > 6 || start >= end || r.text[start] != ' ' && r.text[start] != '\t' {
		return false
	}
	for start < end && (r.text[start] == ' ' || r.text[start] == '\t') {
		start++
	}
	if closed := strings.TrimRight(r.text[start:end], "#"); strings.HasSuffix(closed, " ") { // ## Heading ##
		end = start + len(strings.TrimRight(closed, " "))
	}
	r.endParagraph()
	r.headed(Block{Kind: Heading, Start: start, End: end, Level: n})
	return true
}

// headed gives a heading, and makes it the path of what follows.
func (r *reader) headed(b Block) {
	r.in = r.in[:0]
	clear(r.path[b.Level-1:])
	r.levels = r.above()
	r.add(b)
	r.path[b.Level-1] = plain(r.text[b.Start:b.End])
	r.levels = r.above()
}

func (r *reader) above() []string {
	var up []string
	for _, h := range r.path {
		if h != "" {
			up = append(up, h)
		}
	}
	return up
}

// setext reads the line below a heading that is underlined with === or ---.
func (r *reader) setext(p, end int) bool {
	c := r.text[p]
	if !r.open || r.para.Kind != Paragraph || r.lines != 1 || end-p < 3 || c != '=' && c != '-' || strings.Trim(r.text[p:end], string(c)) != "" {
		return false
	}
	b := r.para
	r.open = false
	b.Kind, b.Level = Heading, 1
	if c == '-' {
		b.Level = 2
	}
	r.headed(b)
	return true
}

// isRule reports thematic breaks: three or more of *, - or _.
func isRule(line string) bool {
	n := 0
	for i := range len(line) {
		switch line[i] {
		case line[0]:
			n++
		case ' ':
		default:
			return false
		}
	}
	return n >= 3 && line[0] != '='
}

// marker finds where the content of a list item begins.
func marker(text string, p, end int) (content int, ok bool) {
	switch c := text[p]; {
	case c == '-', c == '*', c == '+':
		content = p + 1
	case c >= '0' && c <= '9':
		content = p
		for content < end && content-p < 9 && text[content] >= '0' && text[content] <= '9' {
			content++
		}
		if content >= end || text[content] != '.' && text[content] != ')' {
			return 0, false
		}
		content++
	default:
		return 0, false
	}
	if content >= end || text[content] != ' ' && text[content] != '\t' {
		return 0, false
	}
	for content < end && (text[content] == ' ' || text[content] == '\t') {
		content++
	}
	return content, content < end
}

// item reads the first line of a list item that begins at column indent.
func (r *reader) item(indent, column, start, end int) {
	r.endParagraph()
	beside, ok := r.leave(indent)
	lead := beside.lead
	if !ok || beside.term {
		lead = r.introduction()
	}
	r.in = append(r.in, scope{column: column, lead: lead, text: Range{start, end}})
	level := 0
	for _, s := range r.in {
		if !s.term {
			level++
		}
	}
	r.begin(Block{Kind: ListItem, Start: start, End: end, Level: level, Lead: lead})
}

// maxLead is how many bytes of a line are taken to introduce others.
const maxLead = 400

// introduction is what introduces a list that begins here: the text of the item
// it stands in, a sentence before it that ends in a colon, or the term it defines.
func (r *reader) introduction() string {
	n := len(r.in)
	if n > 0 && !r.in[n-1].term {
		return plain(cut(r.in[n-1].text.Of(r.text), maxLead))
	}
	if b := r.last; b.End > 0 {
		text := r.text[b.Start:b.End]
		if b.Kind != Heading && b.Kind != Code && (strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：")) {
			if s := Sentences(r.text, b); len(s) > 0 {
				return plain(cut(s[len(s)-1].Of(r.text), maxLead))
			}
		}
	}
	if n > 0 {
		return r.in[n-1].lead
	}
	return ""
}

// definition reads ": meaning" below the lines of its terms.
func (r *reader) definition(p, end, indent int) bool {
	if p+1 >= end || r.text[p+1] != ' ' {
		return false
	}
	start := p + 1
	for r.text[start] == ' ' { // end has no white space before it
		start++
	}
	var term string
	switch {
	case r.open && r.para.Kind != Definition:
		term = plain(strings.ReplaceAll(cut(r.text[r.para.Start:r.para.End], maxLead), "\n", ", "))
		r.open = false
		r.leave(indent)
	default:
		beside, ok := r.leave(indent)
		if !ok || !beside.term {
			return false
		}
		r.endParagraph()
		term = beside.lead
	}
	r.in = append(r.in, scope{column: indent + 2, lead: term, text: Range{start, end}, term: true})
	if content, ok := marker(r.text, start, end); ok {
		r.item(indent+2, indent+2+content-start, content, end)
		return true
	}
	r.begin(Block{Kind: Definition, Start: start, End: end, Lead: term})
	return true
}
