package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is one line of a page.
type line struct {
	cells       []string // parts with wide gaps between them
	left, right float64
	y, size     float64
}

func (l *line) text() string { return strings.Join(l.cells, " ") }

// layOut makes blocks of the text of a page.
func layOut(runs []run) Page {
	lines := linesOf(runs)
	body, edge := measure(lines)
	var page Page
	for i := 0; i < len(lines); {
		if n := tableRows(lines[i:]); n > 0 {
			for _, l := range lines[i : i+n] {
				page = append(page, Block{Cells: l.cells})
			}
			i += n
			continue
		}
		n := paragraphLines(lines[i:], edge)
		b := Block{Text: join(lines[i : i+n])}
		b.Text, b.Item = strings.CutPrefix(b.Text, bullet(b.Text))
		b.Item = b.Item && bullet(lines[i].text()) != ""
		b.Heading = !b.Item && lines[i].size > body*1.12 && utf8.RuneCountInString(b.Text) <= 120 && strings.ContainsFunc(b.Text, unicode.IsLetter)
		if b.Text = strings.TrimSpace(b.Text); b.Text != "" {
			page = append(page, b)
		}
		i += n
	}
	return page
}

// linesOf joins runs that stand beside each other.
func linesOf(runs []run) []line {
	var lines []line
	var cell strings.Builder
	var now line
	end := func() {
		if s := tidy(cell.String()); s != "" {
			now.cells = append(now.cells, s)
		}
		cell.Reset()
	}
	for i, r := range runs {
		if i > 0 {
			gap := r.left - now.right
			em := math.Max(now.size, r.size)
			switch {
			case math.Abs(r.y-now.y) > em*0.5, gap < -em*2:
				end()
				if len(now.cells) > 0 {
					lines = append(lines, now)
				}
				now = line{left: r.left, y: r.y, size: r.size}
			case gap > em:
				end()
			case gap > em*0.18:
				cell.WriteByte(' ')
			}
		} else {
			now = line{left: r.left, y: r.y, size: r.size}
		}
		cell.WriteString(r.text)
		now.right = r.right
		if strings.TrimSpace(r.text) != "" {
			now.size = math.Max(now.size, r.size)
		}
	}
	end()
	if len(now.cells) > 0 {
		lines = append(lines, now)
	}
	return lines
}

// measure finds the size that most text has, and how far lines reach.
func measure(lines []line) (body, edge float64) {
	bySize := map[float64]int{}
	var ends []float64
	for _, l := range lines {
		bySize[math.Round(l.size*2)/2] += len(l.text())
		ends = append(ends, l.right)
	}
	most := 0
	for size, n := range bySize {
		if n > most || n == most && size < body {
			body, most = size, n
		}
	}
	slices.Sort(ends)
	if len(ends) > 0 {
		edge = ends[len(ends)*9/10]
	}
	return body, edge
}

// tableRows counts the lines that have as many cells as the first, if they are
// a table: two or more lines of two or more cells.
func tableRows(lines []line) int {
	cells := len(lines[0].cells)
	n := 0
	for n < len(lines) && cells >= 2 && len(lines[n].cells) == cells {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}

// paragraphLines counts the lines that belong together: of one size, closely
// below each other, and each but the last reaching to the edge of the text.
func paragraphLines(lines []line, edge float64) int {
	n := 1
	for ; n < len(lines); n++ {
		above, l := &lines[n-1], &lines[n]
		down := above.y - l.y
		size := math.Max(l.size, above.size)
		heading := above.size > 0 && l.size == above.size && n < 3 && len(above.text()) < 90 && down < size*1.4 && l.size > 13
		switch {
		case math.Abs(l.size-above.size) > 0.6, down < size*0.4, down > size*1.75, bullet(l.text()) != "":
			return n
		case len(above.cells) > 1 && len(l.cells) > 1:
			return n
		case above.right < edge-(edge-math.Min(above.left, l.left))*0.15 && !heading:
			return n
		}
	}
	return n
}

// join puts lines together, and words that were broken between them.
func join(lines []line) string {
	var b strings.Builder
	for i := range lines {
		s := lines[i].text()
		if i+1 < len(lines) {
			next, _ := utf8.DecodeRuneInString(lines[i+1].text())
			if head, ok := strings.CutSuffix(s, "-"); ok && unicode.IsLower(next) && endsWithLetter(head) {
				b.WriteString(head)
				continue
			}
		}
		b.WriteString(s)
		if i+1 < len(lines) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func endsWithLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

// bullet is the sign by which a list item begins, with the space after it.
func bullet(s string) string {
	for _, sign := range []string{"•", "◦", "▪", "‣", "●", "○", "■", "–", "-", "*", "·"} {
		if strings.HasPrefix(s, sign+" ") {
			return sign + " "
		}
	}
	return ""
}
