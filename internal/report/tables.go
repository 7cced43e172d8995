package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// JSON writes the document as data.
func (d *Document) JSON(to io.Writer) error {
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// tableLine is a cell with its row.
type tableLine struct {
	section *TableSection
	row     *TableRow
	cell    TableCell
}

// lines are all cells: those of the table, then those of the rows with a name that no company states.
func (d *Document) lines() iter.Seq[tableLine] {
	return func(yield func(tableLine) bool) {
		for _, s := range slices.Concat(d.Table, d.Unstated) {
			for _, r := range s.Rows {
				for _, c := range r.Cells {
					if !yield(tableLine{&s, &r, c}) {
						return
					}
				}
			}
		}
	}
}

// figure is the number that a cell comes to, and its unit. What contradicts itself comes to none.
func (c TableCell) figure() (number float64, unit string, ok bool) {
	if c.Value == nil || !c.Value.Numeric() || c.State == Conflict {
		return 0, "", false
	}
	return c.Value.Number, c.Value.Unit, true
}

// LeftOut is the state of a line of tables that stands for rows which are not there, and counts them.
const LeftOut = "LEFT_OUT"

// LoneWords say what became of the rows without a name that one company alone states.
func LoneWords(n int) string {
	return counted(n, "row") + " without a name that it alone states: a comparison with lone has them"
}

// CSV writes the table of a document, a line for each cell, or its facts if it has
// no table. The last lines count what is not there. A cell that a spreadsheet would take for a formula begins with
// an apostrophe.
func (d *Document) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	write := func(cells ...string) {
		for i, c := range cells {
			cells[i] = Harmless(c)
		}
		_ = w.Write(cells) // Error tells
	}
	if len(d.Table) > 0 {
		d.csvTable(write)
	} else {
		write("company", "category", "statement", "quote", "page", "headings", "url", "link", "confidence", "seen")
		for _, c := range d.Citations {
			write(c.Company, c.Category, c.Statement, c.Quote, c.Page, strings.Join(c.Headings, " › "), c.URL, c.Link, strconv.FormatFloat(c.Confidence, 'f', 2, 64), stamp(c.Seen))
		}
	}
	w.Flush()
	return w.Error()
}

func (d *Document) csvTable(write func(...string)) {
	head := []string{"category", "attribute", "key", "company", "state", "text", "number", "unit", "best", "worst", "quote", "page", "url", "link", "seen"}
	write(head...)
	for l := range d.lines() {
		c := l.cell
		number, unit, ok := c.figure()
		digits := ""
		if ok {
			digits = Decimal(number)
		}
		var cit Citation
		if len(c.Cites) > 0 {
			cit = d.Citations[c.Cites[0]-1]
		}
		write(l.section.Title, l.row.Label, l.row.Key, c.Company, string(c.State), c.Text, digits, unit, yes(c.Best), yes(c.Worst), cit.Quote, cit.Page, cit.URL, cit.Link, stamp(cit.Seen))
	}
	for _, c := range d.leftOut() {
		last := make([]string, len(head))
		last[3], last[4], last[5], last[6] = c.Company, LeftOut, LoneWords(c.Lone), strconv.Itoa(c.Lone)
		write(last...)
	}
}

// leftOut are the companies that alone state rows without a name, which are in no table.
func (d *Document) leftOut() []Coverage {
	return slices.DeleteFunc(slices.Clone(d.Coverage), func(c Coverage) bool { return c.Lone == 0 })
}

// Decimal is a number as people write it, in all its digits: no table is read by those who know exponents alone.
func Decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
