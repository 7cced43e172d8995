package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// XLSX writes a document as a workbook: the table as it stands side by side, its
// values line by line, what is cited, and the pages. Numbers and times are such. What pages
// say is text in every case: nothing of it is written as a formula.
func (d *Document) XLSX(to io.Writer) error {
	book := &workbook{file: excelize.NewFile()}
	defer book.file.Close()
	book.styles()
	if len(d.Table) > 0 {
		book.sheet("Comparison", append([]any{"Category", "Attribute"}, texts(d.Companies)...), []float64{18, 28, 40}, d.xlsxTable)
		book.sheet("Values", []any{"Category", "Attribute", "Company", "State", "Text", "Number", "Unit", "Best", "Worst"}, []float64{18, 28, 18, 16, 50, 14, 18, 8}, d.xlsxValues)
	}
	book.sheet("Facts", []any{"No.", "Company", "Category", "Statement", "Quote", "Page", "Headings", "Link", "Confidence", "Seen"},
		[]float64{6, 18, 18, 60, 60, 30, 30, 40, 12, 18}, d.xlsxFacts)
	book.sheet("Sources", []any{"No.", "Company", "Page", "URL", "Read", "Cited"}, []float64{6, 18, 40, 60, 18, 8}, d.xlsxSources)
	if book.err == nil {
		book.err = book.file.Write(to)
	}
	if book.err != nil {
		return fmt.Errorf("write workbook: %w", book.err)
	}
	return nil
}

func texts(list []string) []any {
	cells := make([]any, len(list))
	for i, s := range list {
		cells[i] = CellText(s)
	}
	return cells
}

func (d *Document) xlsxTable(row func(...any)) {
	for _, s := range d.Table {
		for _, r := range s.Rows {
			cells := []any{s.Title, r.Label}
			for _, c := range r.Cells {
				text := c.Text
				if words := stateWords(c.State); words != "" {
					text = strings.TrimSuffix(words+": "+text, ": ")
				}
				cells = append(cells, text)
			}
			row(cells...)
		}
	}
}

func (d *Document) xlsxValues(row func(...any)) {
	for l := range d.lines() {
		var number any
		n, unit, ok := l.cell.figure()
		if ok {
			number = n
		}
		row(l.section.Title, l.row.Label, l.cell.Company, string(l.cell.State), l.cell.Text, number, unit, l.cell.Best, l.cell.Worst)
	}
	for _, c := range d.leftOut() {
		row(nil, nil, c.Company, LeftOut, LoneWords(c.Lone), c.Lone)
	}
}

func (d *Document) xlsxFacts(row func(...any)) {
	for _, c := range d.Citations {
		row(c.N, c.Company, c.Category, c.Statement, c.Quote, c.Page, strings.Join(c.Headings, " › "), c.Link, c.Confidence, c.Seen)
	}
}

func (d *Document) xlsxSources(row func(...any)) {
	for _, s := range d.Sources {
		row(s.N, s.Company, s.Title, s.URL, s.Fetched, s.Cited)
	}
}

// workbook writes sheets as they come, and keeps the first error.
type workbook struct {
	file         *excelize.File
	head, moment int // styles
	sheets       int
	err          error
}

func (b *workbook) styles() {
	if b.head, b.err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "bottom", Style: 2, Color: "1D2329"}}}); b.err != nil {
		return
	}
	format := "yyyy-mm-dd hh:mm"
	b.moment, b.err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
}

// sheet writes one sheet, with a head that stays in sight. The last width is that of
// the other columns, too.
func (b *workbook) sheet(name string, head []any, widths []float64, rows func(row func(...any))) {
	if b.err != nil {
		return
	}
	if b.sheets++; b.sheets == 1 {
		b.err = b.file.SetSheetName("Sheet1", name)
	} else {
		_, b.err = b.file.NewSheet(name)
	}
	if b.err != nil {
		return
	}
	w, err := b.file.NewStreamWriter(name)
	if err != nil {
		b.err = err
		return
	}
	for i := range head {
		if b.err == nil {
			b.err = w.SetColWidth(i+1, i+1, widths[min(i, len(widths)-1)])
		}
		head[i] = excelize.Cell{StyleID: b.head, Value: head[i]}
	}
	if b.err == nil {
		b.err = w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	n := 0
	write := func(cells ...any) {
		if n++; b.err != nil {
			return
		}
		for i, c := range cells {
			switch c := c.(type) {
			case string:
				cells[i] = CellText(c)
			case time.Time:
				cells[i] = nil
				if !c.IsZero() {
					cells[i] = excelize.Cell{StyleID: b.moment, Value: c.UTC()}
				}
			}
		}
		b.err = w.SetRow(fmt.Sprintf("A%d", n), cells)
	}
	write(head...)
	rows(write)
	if b.err == nil {
		b.err = w.Flush()
	}
}
