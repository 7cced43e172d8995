// Package calctest shows tests a spreadsheet as LibreOffice opens it: of each cell
// its type, its value and its formula, if it has one.
package calctest

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Sheet is one sheet of a workbook, as far as its cells are filled.
type Sheet struct {
	Name string
	Rows [][]Cell
}

// Cell is what stands in a cell.
type Cell struct {
	Type    string // string, float, percentage, currency, boolean, date or time; empty if the cell is
	Value   string // of a string its text, a line for each of its paragraphs; else as XML has it: 1.5, true, 2026-11-20T09:30:00
	Formula string
}

// Open has LibreOffice open a file with that content; ext, such as "xlsx", says what it is.
// The test fails if that does not work, or if LibreOffice is not installed.
func Open(tb testing.TB, content []byte, ext string) []Sheet {
	tb.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		tb.Fatal("LibreOffice is not installed: apt-get install libreoffice-calc-nogui (or brew install --cask libreoffice)")
	}
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "book."+ext), content, 0o600); err != nil {
		tb.Fatal(err)
	}
	// With a profile of its own it neither asks nor finds another one that runs.
	cmd := exec.CommandContext(tb.Context(), soffice, //nolint:gosec // what PATH has
		"--headless", "--norestore", "-env:UserInstallation=file://"+filepath.ToSlash(dir)+"/profile",
		"--convert-to", "fods", "--outdir", dir, filepath.Join(dir, "book."+ext))
	said, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%v: %s", err, said)
	}
	flat, err := os.ReadFile(filepath.Join(dir, "book.fods")) //nolint:gosec // in a folder of the test's own
	if err != nil {                                           // it ends well, too, after it could not read a file
		tb.Fatalf("LibreOffice has not opened the file (%v): %s", err, said)
	}
	sheets, err := read(flat)
	if err != nil {
		tb.Fatal(err)
	}
	return sheets
}

// read reads a spreadsheet in flat OpenDocument.
func read(flat []byte) (sheets []Sheet, err error) {
	d := xml.NewDecoder(bytes.NewReader(flat))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return sheets, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "table":
			sheets = append(sheets, Sheet{Name: attr(start, "name")})
		case "table-row":
			var row row
			if err := d.DecodeElement(&row, &start); err != nil {
				return nil, err
			}
			sheet := &sheets[len(sheets)-1]
			if cells := row.filled(); len(cells) > 0 {
				sheet.Rows = append(sheet.Rows, cells)
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

type row struct {
	Cells []struct {
		Repeated string `xml:"number-columns-repeated,attr"`
		Type     string `xml:"urn:oasis:names:tc:opendocument:xmlns:office:1.0 value-type,attr"`
		Value    string `xml:"value,attr"`
		Yes      string `xml:"boolean-value,attr"`
		Date     string `xml:"date-value,attr"`
		Time     string `xml:"time-value,attr"`
		Formula  string `xml:"formula,attr"`
		Lines    []text `xml:"p"`
	} `xml:"table-cell"`
}

// filled are the cells up to the last one that is not empty.
func (r row) filled() (cells []Cell) {
	empty := 0 // cells before this one; the rest of each row is one, a thousand times
	for _, c := range r.Cells {
		cell := Cell{Type: c.Type, Value: cmp.Or(c.Value, c.Yes, c.Date, c.Time), Formula: c.Formula}
		if c.Type == "string" {
			lines := make([]string, len(c.Lines))
			for i, l := range c.Lines {
				lines[i] = string(l)
			}
			cell.Value = strings.Join(lines, "\n")
		}
		switch cell.Formula { // LibreOffice has no other way to keep a boolean of XLSX
		case "of:=TRUE()":
			cell = Cell{Type: "boolean", Value: "true"}
		case "of:=FALSE()":
			cell = Cell{Type: "boolean", Value: "false"}
		}
		n, _ := strconv.Atoi(c.Repeated) // not said: once
		if n = max(n, 1); cell == (Cell{}) {
			empty += n
			continue
		}
		cells = append(cells, make([]Cell, empty)...)
		cells, empty = append(cells, slices.Repeat([]Cell{cell}, n)...), 0
	}
	return cells
}

// text is that of a paragraph, with its spaces, tabs and links.
type text string

// UnmarshalXML reads it.
func (t *text) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.CharData:
			b.Write(token)
		case xml.StartElement:
			depth++
			switch token.Name.Local {
			case "s":
				n, _ := strconv.Atoi(attr(token, "c"))
				b.WriteString(strings.Repeat(" ", max(n, 1)))
			case "tab":
				b.WriteByte('\t')
			case "line-break":
				b.WriteByte('\n')
			}
		case xml.EndElement:
			depth--
		}
	}
	*t = text(b.String())
	return nil
}
