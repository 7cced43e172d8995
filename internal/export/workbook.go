package export

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"techfacts.dev/techfacts/internal/report"
)

// What a sheet holds at most: so many rows, with the head, and about so many bytes,
// as one of 4 GiB would need an extension of ZIP that not every reader knows.
const (
	maxSheet      = excelize.TotalRows
	maxSheetBytes = 3 << 30
	cellBytes     = 90 // of a cell beside its text
)

// workbookSink writes sheets with typed cells, and begins another one when one is
// full. Text is text, never a formula. Sheets are kept in temporary files until
// the end, when the workbook is written as it is packed.
type workbookSink struct {
	to            io.Writer
	file          *excelize.File
	sheet         *excelize.StreamWriter
	name          string
	columns       []column
	head, moment  int // styles
	rows, most    int // of the sheet
	bytes, sheets int
}

func openWorkbook(to io.Writer, name string, columns []column, most int) (*workbookSink, error) {
	s := &workbookSink{to: to, file: excelize.NewFile(), name: strings.ToUpper(name[:1]) + name[1:], columns: columns, most: most}
	var err error
	if s.head, err = s.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "bottom", Style: 2, Color: "1D2329"}}}); err == nil {
		format := "yyyy-mm-dd hh:mm:ss"
		s.moment, err = s.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
	}
	if err == nil {
		err = s.begin()
	}
	if err != nil {
		_ = s.file.Close() // removes its files
		return nil, err
	}
	return s, nil
}

// begin begins a sheet.
func (s *workbookSink) begin() error {
	if s.sheet != nil {
		if err := s.sheet.Flush(); err != nil {
			return err
		}
	}
	s.sheets++
	name := s.name
	var err error
	if s.sheets == 1 {
		err = s.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprintf("%s %d", name, s.sheets)
		_, err = s.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if s.sheet, err = s.file.NewStreamWriter(name); err != nil {
		return err
	}
	head := make([]any, len(s.columns))
	for i, c := range s.columns {
		if err := s.sheet.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
		head[i] = excelize.Cell{StyleID: s.head, Value: c.name}
	}
	if err := s.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	s.rows, s.bytes = 1, 0
	return s.sheet.SetRow("A1", head)
}

func (s *workbookSink) row(cells []any) error {
	size := 0
	for i, c := range cells {
		switch c := c.(type) {
		case nil, float64, bool:
		case time.Time:
			cells[i] = excelize.Cell{StyleID: s.moment, Value: c.UTC()}
		default:
			text := report.CellText(textOf(c))
			cells[i] = text
			size += len(text)
			for _, sign := range []string{"&", "<", ">", `"`, "'", "\n", "\t"} { // which are written as five or six bytes
				size += 5 * strings.Count(text, sign)
			}
		}
		size += cellBytes
	}
	if s.rows == s.most || s.bytes+size > maxSheetBytes {
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.rows++
	s.bytes += size
	return s.sheet.SetRow(fmt.Sprintf("A%d", s.rows), cells)
}

func (s *workbookSink) end(whole bool) error {
	defer s.file.Close() // removes its files; what it says is of no interest then
	if !whole {
		return nil
	}
	if err := s.sheet.Flush(); err != nil {
		return err
	}
	// Left to itself it packs the whole workbook in memory.
	s.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(s.to) })
	return s.file.Write(io.Discard)
}
