// Package export writes facts, pages and comparisons as CSV, JSON Lines and XLSX,
// row by row, in memory that does not grow with them. Rows come in the order of their ids, each
// once, whatever is written meanwhile; what is stored after an export has begun is not in it. Nothing is held in the
// database between two reads, so a slow reader disturbs nobody.
package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"techfacts.dev/techfacts/internal/fault"
)

// Format is a way to write a table, named by the ending of its files.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
	XLSX  Format = "xlsx"
)

// Formats lists the formats.
func Formats() []Format { return []Format{CSV, JSONL, XLSX} }

// Media is the media type of a format.
func (f Format) Media() string {
	return map[Format]string{
		CSV: "text/csv", JSONL: "application/jsonl", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[f]
}

// Check fails with INVALID if there is no such format.
func (f Format) Check() error {
	if !slices.Contains(Formats(), f) {
		return fault.New(fault.Invalid, "%q is no format of exports; there are %v", string(f), Formats())
	}
	return nil
}

// Table is what can be written: rows of named columns.
type Table struct {
	Name    string // such as "facts"
	columns []column
	read    func(ctx context.Context, row func([]any) error) error
}

// column is a name, and the width that it has in a workbook.
type column struct {
	name  string
	width float64
}

// Write writes the table, and tells how many rows it has. After an error what was
// written is not whole; if nothing was, nothing is wrong with to.
func (t *Table) Write(ctx context.Context, to io.Writer, f Format) (rows int, err error) {
	if err := f.Check(); err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(to, 64<<10)
	s, err := open(f, out, t.Name, t.columns)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", t.Name, err)
	}
	err = t.read(ctx, func(cells []any) error {
		rows++
		return s.row(cells)
	})
	err = errors.Join(err, s.end(err == nil))
	if err == nil {
		err = out.Flush()
	}
	return rows, err
}

// sink takes rows. What it does not keep it has written.
type sink interface {
	row(cells []any) error
	// end writes what is left, unless the table is not whole, and frees what it holds.
	end(whole bool) error
}

func open(f Format, to io.Writer, name string, columns []column) (sink, error) {
	switch f {
	case CSV:
		return openCSV(to, columns)
	case JSONL:
		return openLines(to, columns), nil
	case XLSX:
		return openWorkbook(to, name, columns, maxSheet)
	}
	return nil, f.Check()
}
