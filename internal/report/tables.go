package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
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

// CSV writes the table of a document, a line for each cell, or its facts if it has
// no table. A cell that a spreadsheet would take for a formula begins with an apostrophe.
func (d *Document) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	write := func(cells ...string) {
		for i, c := range cells {
			cells[i] = Harmless(c)
		}
		_ = w.Write(cells) // Error tells
	}
	if len(d.Table) > 0 {
		write("category", "attribute", "key", "company", "state", "text", "number", "unit", "best", "worst", "quote", "page", "url", "link", "seen")
		for _, s := range d.Table {
			for _, r := range s.Rows {
				for _, c := range r.Cells {
					number, unit := "", ""
					if c.Value != nil && c.Value.Numeric() {
						number, unit = strconv.FormatFloat(c.Value.Number, 'g', -1, 64), c.Value.Unit
					}
					var cit Citation
					if len(c.Cites) > 0 {
						cit = d.Citations[c.Cites[0]-1]
					}
					write(s.Title, r.Label, r.Key, c.Company, string(c.State), c.Text, number, unit, yes(c.Best), yes(c.Worst), cit.Quote, cit.Page, cit.URL, cit.Link, stamp(cit.Seen))
				}
			}
		}
	} else {
		write("company", "category", "statement", "quote", "page", "headings", "url", "link", "confidence", "seen")
		for _, c := range d.Citations {
			write(c.Company, c.Category, c.Statement, c.Quote, c.Page, strings.Join(c.Headings, " › "), c.URL, c.Link, strconv.FormatFloat(c.Confidence, 'f', 2, 64), stamp(c.Seen))
		}
	}
	w.Flush()
	return w.Error()
}

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
