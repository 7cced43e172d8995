package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/report"
)

// textOf is a cell where all cells are text.
func textOf(cell any) string {
	switch c := cell.(type) {
	case nil:
		return ""
	case string:
		return c
	case float64:
		return report.Decimal(c)
	case bool:
		return strconv.FormatBool(c)
	case time.Time:
		return c.UTC().Format(time.RFC3339Nano)
	case []string:
		return strings.Join(c, " › ")
	case map[string]string:
		parts := make([]string, 0, len(c))
		for _, name := range slices.Sorted(maps.Keys(c)) {
			parts = append(parts, name+"="+c[name])
		}
		return strings.Join(parts, "; ")
	}
	return fmt.Sprint(cell)
}

// csvSink writes a line for each row. A cell that a spreadsheet would take for a
// formula begins with an apostrophe.
type csvSink struct {
	w    *csv.Writer
	line []string
}

func openCSV(to io.Writer, columns []column) (*csvSink, error) {
	s := &csvSink{w: csv.NewWriter(to), line: make([]string, len(columns))}
	for i, c := range columns {
		s.line[i] = c.name
	}
	return s, s.w.Write(s.line)
}

func (s *csvSink) row(cells []any) error {
	for i, c := range cells {
		s.line[i] = textOf(c)
		if _, number := c.(float64); !number {
			s.line[i] = report.Harmless(s.line[i])
		}
	}
	return s.w.Write(s.line)
}

func (s *csvSink) end(whole bool) error {
	if whole {
		s.w.Flush()
	}
	return s.w.Error()
}

// lineSink writes a JSON object for each row, with its names in the order of the
// columns.
type lineSink struct {
	to      io.Writer
	columns []column
	line    bytes.Buffer
	values  *json.Encoder
}

func openLines(to io.Writer, columns []column) *lineSink {
	s := &lineSink{to: to, columns: columns}
	s.values = json.NewEncoder(&s.line)
	s.values.SetEscapeHTML(false)
	return s
}

func (s *lineSink) row(cells []any) error {
	s.line.Reset()
	for i, c := range cells {
		s.line.WriteByte("{,"[min(i, 1)])
		s.line.WriteString(`"` + s.columns[i].name + `":`)
		if err := s.values.Encode(c); err != nil {
			return err
		}
		s.line.Truncate(s.line.Len() - 1) // the newline
	}
	s.line.WriteString("}\n")
	_, err := s.to.Write(s.line.Bytes())
	return err
}

func (s *lineSink) end(bool) error { return nil }
