package document

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// table writes rows as | a | b |, headed if the first rows are. Cells that span
// are repeated in every place they cover, so that a row can be read alone.
func (w *writer) table(n *html.Node) {
	if w.flat > 0 {
		w.paragraph(n)
		return
	}
	w.flush()
	var t grid
	t.read(n)
	if t.isLayout(n) {
		if t.columns == 1 && !t.nested && len(t.rows) > 1 && len(w.in) < maxDepth {
			for _, r := range t.rows {
				w.entry(r[0])
			}
			return
		}
		w.layout(n)
		return
	}
	if t.caption != nil {
		w.paragraph(t.caption)
	}
	rows := t.fill(w)
	head := t.heads()
	if head >= len(rows) {
		head = 0
	}
	var line []byte
	first := true
	put := func(b []byte) {
		if first {
			w.line(b)
		} else {
			w.more(b)
		}
		first = false
	}
	top := joinHeads(rows[:head], t.columns)
	put(appendRow(line[:0], top))
	line = append(line[:0], '|')
	for range t.columns {
		line = append(line, " --- |"...)
	}
	put(line)
	for _, r := range rows[head:] {
		if !isEmpty(r) {
			put(appendRow(line[:0], r))
		}
	}
}

// entry writes a row of a table of one column, such as manuals have for functions
// and fields: what it is about, and what is said of it in further paragraphs.
func (w *writer) entry(cell *html.Node) {
	first := firstElement(cell)
	if first == nil || first.DataAtom != atom.P || cell.DataAtom == atom.Th || !hasMore(first) {
		w.paragraph(cell)
		return
	}
	w.flush()
	line := w.oneLine(first)
	if len(line) == 0 {
		w.paragraph(cell)
		return
	}
	if id := anchorOf(first); id != "" {
		w.mark(id)
	}
	w.line(line)
	w.joint = true
	rest := first.NextSibling
	for c := rest; c != nil && hasMore(c) && (c.Type != html.ElementNode || c.DataAtom == atom.P && attr(c, "class") != "" &&
		attr(c, "class") == attr(first, "class")); c = c.NextSibling { // another form of the same
		if rest = c.NextSibling; c.Type == html.ElementNode {
			w.line(w.oneLine(c))
			w.joint = true
		}
	}
	plain := w.plain
	w.plain = true
	w.in = append(w.in, container{first: ": ", rest: "  "})
	for c := rest; c != nil; c = c.NextSibling {
		w.block(c)
	}
	w.flush()
	w.in = w.in[:len(w.in)-1]
	w.plain, w.joint = plain, false
}

// hasMore reports whether anything follows a node.
func hasMore(n *html.Node) bool {
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && c.FirstChild != nil || c.Type == html.TextNode && letters(c.Data) > 0 {
			return true
		}
	}
	return false
}

// layout writes the cells of a table that only arranges its content.
func (w *writer) layout(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.DataAtom {
		case atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr:
			w.layout(c)
		case atom.Colgroup, atom.Col:
		default:
			if c.Type == html.ElementNode && !isLineNumber(c) {
				w.paragraph(c)
			}
		}
	}
}

// grid is a table as it is written: rows of cells that may span.
type grid struct {
	caption *html.Node
	rows    [][]*html.Node
	inHead  []bool
	columns int
	nested  bool
	code    bool
}

func (t *grid) read(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.DataAtom {
		case atom.Caption:
			t.caption = c
		case atom.Thead, atom.Tbody, atom.Tfoot:
			t.read(c)
		case atom.Tr:
			t.row(c, n.DataAtom == atom.Thead)
		default:
		}
	}
}

func (t *grid) row(tr *html.Node, inHead bool) {
	var cells []*html.Node
	columns := 0
	for c := range tr.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			cells = append(cells, c)
			columns += span(c, "colspan", maxColumns)
			t.look(c)
		}
	}
	if len(cells) > 0 {
		t.rows = append(t.rows, cells)
		t.inHead = append(t.inHead, inHead)
		t.columns = max(t.columns, min(columns, maxColumns))
	}
}

// look notes what would not fit into one line.
func (t *grid) look(n *html.Node) {
	for c := n.FirstChild; c != nil && !t.nested; c = c.NextSibling {
		t.nested = c.DataAtom == atom.Table
		t.code = t.code || c.DataAtom == atom.Pre
		if c.FirstChild != nil && !t.nested {
			t.look(c)
		}
	}
}

// isLayout reports tables that hold no rows of data.
func (t *grid) isLayout(n *html.Node) bool {
	role := attr(n, "role")
	return t.nested || role == "presentation" || role == "none" || t.columns < 2 ||
		len(t.rows) == 1 && (t.code || t.rows[0][0].DataAtom == atom.Td)
}

// heads counts the rows at the top that head the columns.
func (t *grid) heads() int {
	n := 0
	for n < len(t.rows) && t.inHead[n] {
		n++
	}
	if n > 0 {
		return n
	}
	for n < len(t.rows) {
		for _, c := range t.rows[n] {
			if c.DataAtom != atom.Th {
				return n
			}
		}
		n++
	}
	return n
}

const (
	maxColumns = 50
	maxSpan    = 1000
)

func span(n *html.Node, key string, most int) int {
	v, err := strconv.Atoi(strings.TrimSpace(attr(n, key)))
	if err != nil || v < 1 {
		return 1
	}
	return min(v, most)
}

// fill writes every cell and puts it in every place that it covers.
func (t *grid) fill(w *writer) [][][]byte {
	rows := make([][][]byte, len(t.rows))
	over := make([][]byte, t.columns) // cells from above
	left := make([]int, t.columns)    // rows that they still cover
	for i, cells := range t.rows {
		row := make([][]byte, 0, t.columns)
		covered := func() {
			for len(row) < t.columns && left[len(row)] > 0 {
				left[len(row)]--
				row = append(row, w.again(over[len(row)]))
			}
		}
		for _, c := range cells {
			covered()
			if len(row) >= t.columns {
				break
			}
			text := bytes.ReplaceAll(w.oneLine(c), []byte("|"), []byte(`\|`))
			wide, tall := span(c, "colspan", maxColumns), span(c, "rowspan", maxSpan)
			whole := wide >= t.columns && len(cells) == 1 // a heading between rows is said once
			for k := 0; k < wide && len(row) < t.columns; k++ {
				at := len(row)
				switch {
				case k == 0:
					row = append(row, text)
				case whole:
					row = append(row, nil)
				default:
					row = append(row, w.again(text))
				}
				over[at], left[at] = row[at], tall-1
			}
		}
		covered()
		for len(row) < t.columns {
			if left[len(row)] > 0 {
				left[len(row)]--
			}
			row = append(row, nil)
		}
		rows[i] = row
	}
	return rows
}

// again gives text a further time, while there is room: a page must not grow
// beyond twice its size by spans.
func (w *writer) again(text []byte) []byte {
	if w.repeat < len(text) {
		return nil
	}
	w.repeat -= len(text)
	return text
}

// joinHeads makes one row of heads of several.
func joinHeads(rows [][][]byte, columns int) [][]byte {
	head := make([][]byte, columns)
	for _, r := range rows {
		for i, c := range r {
			switch {
			case len(head[i]) == 0:
				head[i] = c
			case len(c) > 0 && !bytes.HasSuffix(head[i], c):
				head[i] = bytes.Join([][]byte{head[i], c}, []byte(" "))
			}
		}
	}
	return head
}

func isEmpty(row [][]byte) bool {
	for _, c := range row {
		if len(c) > 0 {
			return false
		}
	}
	return true
}

func appendRow(to []byte, row [][]byte) []byte {
	to = append(to, '|')
	for _, c := range row {
		to = append(to, ' ')
		to = append(to, c...)
		to = append(to, " |"...)
	}
	return to
}
