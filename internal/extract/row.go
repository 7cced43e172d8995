package extract

import (
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/document"
)

// row gives a row of a table, worded by the heads of its columns.
func row(text string, blocks []document.Block, at int, plan string, yield func(candidate)) {
	b := blocks[at]
	if b.End-b.Start > maxQuote {
		return
	}
	c := candidate{start: b.Start, end: b.End, block: b, plan: plan, caption: captionOf(text, blocks, at), structure: StructureRow}
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
	if isOrdinal(cells[0]) && filled > 2 {
		cells[0] = ""
	}
	if filled == 1 || said(cells[0]) && isSame(cells) { // a note or heading between the rows
		b.Kind, b.Cells = document.Paragraph, nil
		sentences(text, b, plan, false, -1, yield)
		return
	}
	if len(b.Header) > 1 && saysNothing(cells) {
		return
	}
	c.context = strings.Join(b.Header, " ")
	if b.Header == nil {
		c.context = cells[0]
	}
	c.subject = rowSubject(b.Header, cells)
	if !said(cells[0]) {
		c.subject = nearest(b)
	}
	whole, part := partOf(b, quote)
	if above := nearest(b); isAlone(blocks, at) && whole == "" && above != "" && said(cells[0]) && proven(above+" "+strings.Join(b.Header, " "), quote) {
		c.subject, c.context = above, above
		c.statement = wordRow(b, append([]string{""}, cells...), quote, nil)
		c.statement = above + " — " + c.statement
		c.about = c.statement
		yield(c)
		return
	}
	plans := ofPlans(b.Header)
	claims := claimsOf(b.Header, cells, plans)
	named := cells
	if whole != "" {
		named = slices.Clone(cells)
		named[0] = whole + ", " + part + " " + cells[0]
		claims = slices.DeleteFunc(claims, func(i int) bool { _, flag := flagOf(cells[i]); return flag || !hasFigure(cells[i]) })
		if len(claims) == 0 {
			claims = nil // what it is like makes one claim
		}
	}
	if claims == nil {
		c.statement = wordRow(b, named, quote, nil)
		yield(c)
		return
	}
	apart := apartBy(text, blocks, at)
	for _, i := range claims {
		if slices.Contains(apart, i) && len(apart) < len(claims) {
			continue // it limits the others
		}
		c.cell = i
		c.context, c.about = b.Header[i], ""
		if plans { // the row tells what it is about, and the head for whom
			c.context, c.about = cells[0], cells[0]+": "+cells[i]
		}
		c.statement = wordRow(b, named, quote, append([]int{i}, apart...))
		yield(c)
	}
}

// farthest is how many rows away one is looked for that begins alike.
const farthest = 50

// apartBy gives the columns that tell a row apart from others of its table that
// begin alike: those with words that differ, as of directions or currencies.
func apartBy(text string, blocks []document.Block, at int) (columns []int) {
	b := blocks[at]
	for k := max(0, at-farthest); k < min(len(blocks), at+farthest+1); k++ {
		o := blocks[k]
		if k == at || !sameTable(o, b) || o.Cells[0].Of(text) != b.Cells[0].Of(text) {
			continue
		}
		for i := 1; i < min(len(b.Cells), len(o.Cells), len(b.Header)); i++ {
			cell := b.Cells[i].Of(text)
			if _, flag := flagOf(cell); flag || hasFigure(cell) || len(cell) > 40 || cell == o.Cells[i].Of(text) || isNote(b.Header[i]) || slices.Contains(columns, i) {
				continue
			}
			columns = append(columns, i)
		}
	}
	return columns
}

// captionOf is the line above the table of a row, such as "Prices per 1,000 requests".
func captionOf(text string, blocks []document.Block, at int) string {
	first := at
	for first > max(0, at-farthest) && sameTable(blocks[first-1], blocks[at]) {
		first--
	}
	if first == 0 || blocks[first-1].Kind != document.Paragraph || blocks[first-1].End-blocks[first-1].Start > 120 {
		return ""
	}
	return document.Plain(text[blocks[first-1].Start:blocks[first-1].End])
}

// sameTable reports rows below the same heads.
func sameTable(a, b document.Block) bool {
	return a.Kind == document.TableRow && len(a.Header) > 0 && len(b.Header) > 0 && &a.Header[0] == &b.Header[0]
}

// isAlone reports the only row of a table with heads: it is about what stands
// above the table, and its first cell is one like the others.
func isAlone(blocks []document.Block, i int) bool {
	same := func(k int) bool { return k >= 0 && k < len(blocks) && sameTable(blocks[k], blocks[i]) }
	return len(blocks[i].Header) > 1 && !isQualifier(strings.ToLower(blocks[i].Header[0])) && !same(i-1) && !same(i+1)
}

// ofPlans reports a table whose columns, but for the first, are plans.
func ofPlans(header []string) bool {
	plans := 0
	for i, h := range header {
		if i > 0 && isPlan(h) {
			plans++
		}
	}
	return plans >= 2
}

// claimsOf chooses the cells of a row that are claims of their own: those with a
// figure, a yes or a no below heads that differ, and then the others that are no
// notes too. A row with less than two such cells is one claim, unless the columns
// are plans.
func claimsOf(header, cells []string, plans bool) []int {
	var claims []int
	figures := 0
	for i := 1; i < len(cells) && i < len(header); i++ {
		if !said(cells[i]) || header[i] == "" || isNote(header[i]) || qualifierOf(header[i], false) != "" {
			continue
		}
		if _, ok := flagOf(cells[i]); ok || len(cells[i]) <= 60 && hasFigure(cells[i]) {
			figures++
		}
		if !isInapplicable(cells[i]) {
			claims = append(claims, i)
		}
	}
	if figures < 2 && !plans || !said(cells[0]) || len(claims) > maxClaims {
		return nil
	}
	return claims
}

// maxClaims is how many claims a row is taken for; a wider one is a matrix of
// figures, which only makes sense as a whole.
const maxClaims = 8

// isNote reports heads of columns that only explain the others.
func isNote(head string) bool {
	switch strings.ToLower(strings.TrimRight(head, ":：")) {
	case "comment", "comments", "note", "notes", "description", "remark", "remarks", "details", "example", "examples", "explanation", "window", "period", "see also", "reference", "since":
		return true
	}
	return false
}

// hasFigure reports a cell that gives a value: a number, or that there is none.
func hasFigure(cell string) bool {
	if strings.ContainsFunc(cell, unicode.IsDigit) || isInapplicable(cell) {
		return true
	}
	switch strings.ToLower(strings.TrimRight(cell, ".")) {
	case "unlimited", "free", "no limit", "unbegrenzt", "unlimitiert", "kostenlos", "illimité", "illimitée", "illimités", "gratuit",
		"contact us", "contact sales", "on request", "auf anfrage", "sur devis", "sur demande":
		return true
	}
	return isOpen(cell)
}

// isOpen reports a cell that gives no value but says that there is one.
func isOpen(cell string) bool {
	switch strings.ToLower(strings.TrimRight(cell, ".")) {
	case "custom", "negotiable", "individuell":
		return true
	}
	return false
}

// isInapplicable reports a cell that says that its column is not for the row.
func isInapplicable(cell string) bool {
	switch strings.ToLower(cell) {
	case "n/a", "n.a.", "na", "not applicable", "entfällt", "k. a.", "s. o.":
		return true
	}
	return false
}

// isOrdinal reports "4." and "(4)": the number of a row.
func isOrdinal(cell string) bool {
	digits := strings.Trim(cell, "(). #")
	return digits != "" && digits != cell && len(digits) < 4 && strings.Trim(digits, "0123456789") == ""
}

// rowSubject is what a row is about.
func rowSubject(header, cells []string) string {
	name := strings.TrimRight(cells[0], ":： ")
	if len(header) == 0 {
		return name
	}
	if header[0] != "" && strings.Trim(name, "0123456789.") == "" {
		return header[0] + " " + name
	}
	if h := strings.ToLower(header[0]); isQualifier(h) && name != "" && !strings.Contains(strings.ToLower(name), h) {
		return name + " " + h
	}
	return name
}

// isSame reports cells that all say the same.
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

// wordRow makes a sentence of a row, of all its cells or of the claims and notes
// among them: "Free plan — Price: $0; Included events: 100,000 per month". What
// the row does not prove is left out. A table of one row is about what its
// heading says.
func wordRow(b document.Block, cells []string, quote string, claims []int) string {
	shift := 0
	if len(cells) > len(b.Cells) {
		shift = 1
	}
	head := func(i int) string {
		if i -= shift; i < len(b.Header) && i >= 0 && proven(b.Header[i], quote) {
			return strings.TrimRight(b.Header[i], ":： ")
		}
		return ""
	}
	var s strings.Builder
	sep := ""
	if said(cells[0]) {
		name := strings.TrimRight(cells[0], ":： ")
		if h := head(0); h != "" {
			name = rowSubject(b.Header, cells)
		}
		s.WriteString(name)
		sep = " — "
	}
	for i, cell := range cells[1:] {
		i++
		if !said(cell) || len(claims) > 0 && !slices.Contains(claims, i) && i < len(b.Header) && !isNote(b.Header[i]) && qualifierOf(b.Header[i], false) == "" {
			continue
		}
		s.WriteString(sep)
		sep = "; "
		if h := head(i); h != "" {
			s.WriteString(h + ": ")
		}
		s.WriteString(cell)
	}
	return s.String()
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
