package document

import "strings"

// row reads one line of a table: its heads, the line below them, or a row.
func (r *reader) row(p, end, indent int) bool {
	if end-p < 2 || r.text[end-1] != '|' {
		return false
	}
	if r.table && isDelimiter(r.text[p:end]) {
		return true
	}
	headed := false
	if !r.table {
		if next := end + len(r.text[end:lineEnd(r.text, end)]) + 1; next < len(r.text) {
			stop := lineEnd(r.text, next)
			q, _, _ := margin(r.text, next, stop)
			headed = isDelimiter(strings.TrimRight(r.text[q:stop], " \t\r"))
		}
		if r.open && !headed {
			return false
		}
		r.endParagraph()
		r.leave(indent)
		r.head = nil
	}
	r.table = true
	cells := split(r.text, p, end)
	if headed {
		r.head = heads(r.text, cells)
		return true
	}
	b := Block{Kind: TableRow, Cells: cells, Header: r.head, Start: p, End: p}
	for _, c := range cells {
		if c.Start == c.End {
			continue
		}
		if b.Start == p {
			b.Start = c.Start
		}
		b.End = c.End
	}
	if b.End > b.Start {
		r.add(b)
	}
	return true
}

// isDelimiter reports the line between the heads and the rows of a table.
func isDelimiter(line string) bool {
	if len(line) < 3 || line[0] != '|' {
		return false
	}
	dashes := 0
	for i := range len(line) {
		switch line[i] {
		case '-':
			dashes++
		case '|', ':', ' ', '\t':
		default:
			return false
		}
	}
	return dashes > 0
}

// split finds the cells of a row that begins and ends with a pipe.
func split(text string, p, end int) []Range {
	n := strings.Count(text[p:end], "|")
	cells := make([]Range, 0, n)
	at := p + 1
	for i := at; i < end; i++ {
		switch {
		case text[i] == '\\' && i+1 < end && text[i+1] == '|' && i+2 < end:
			i++
		case text[i] == '|':
			c := Range{at, i}
			for c.Start < c.End && text[c.Start] == ' ' {
				c.Start++
			}
			for c.End > c.Start && text[c.End-1] == ' ' {
				c.End--
			}
			cells = append(cells, c)
			at = i + 1
		}
	}
	return cells
}

// heads are the plain texts of the cells that head a table; nil if all are empty.
func heads(text string, cells []Range) []string {
	head := make([]string, len(cells))
	found := false
	for i, c := range cells {
		head[i] = plain(c.Of(text))
		found = found || head[i] != ""
	}
	if !found {
		return nil
	}
	return head
}

// openCode reads the line that opens a fenced block.
func (r *reader) openCode(p, end, indent int) bool {
	c := r.text[p]
	n := p
	for n < end && r.text[n] == c {
		n++
	}
	info := r.text[n:end]
	if n-p < 3 || c == '`' && strings.IndexByte(info, '`') >= 0 {
		return false
	}
	r.endParagraph()
	r.leave(indent)
	r.fence, r.fenceAt = r.text[p:n], p-(strings.LastIndexByte(r.text[:p], '\n')+1)
	r.code = Block{Kind: Code, Start: -1}
	if f := strings.Fields(info); len(f) > 0 {
		r.code.Lang = f[0]
	}
	return true
}

// codeLine reads one line of code, or the fence that ends it.
func (r *reader) codeLine(at, end int) {
	p := at
	for p < end && p-at < r.fenceAt && (r.text[p] == ' ' || r.text[p] == '\t' || r.text[p] == '>' && r.quoted > 0) {
		p++
	}
	line := strings.TrimRight(r.text[p:end], " \t")
	if len(line) >= len(r.fence) && strings.HasPrefix(line, r.fence) && strings.Trim(line, r.fence[:1]) == "" {
		r.endCode()
		return
	}
	if r.code.Start < 0 {
		r.code.Start = p
	}
	r.code.End = end
}

func (r *reader) endCode() {
	if r.fence != "" && r.code.Start >= 0 && r.code.End > r.code.Start {
		r.add(r.code)
	}
	r.fence = ""
}
