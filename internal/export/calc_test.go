package export_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/calctest"
	"techfacts.dev/techfacts/internal/export"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestLibreOfficeOpensAnExportWithItsTypesAndNoFormula(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	stored(t, s, "Acme", "=1+1: the request rate limit is 600 requests per minute.")
	for _, c := range []struct {
		table *export.Table
		want  map[string]calctest.Cell
	}{
		{export.Facts(s), map[string]calctest.Cell{"status": {Type: "string", Value: "ACTIVE"}, "headings": {Type: "string", Value: "Limits › API"}}},
		{export.Comparison(s, report.Question{All: true, Attributes: []string{"request_rate"}, First: 10}), map[string]calctest.Cell{"denies": {Type: "boolean", Value: "false"}, "cell": {Type: "string", Value: "Team, EU: 600 requests per minute"}}},
	} {
		text, rows := write(t, c.table, export.XLSX)
		sheets := calctest.Open(t, []byte(text), "xlsx")
		if rows != 1 || len(sheets) != 1 || len(sheets[0].Rows) != 2 {
			t.Fatalf("%s: %d rows, %d sheets: %v", c.table.Name, rows, len(sheets), sheets)
		}
		head, row := sheets[0].Rows[0], sheets[0].Rows[1]
		c.want["statement"] = calctest.Cell{Type: "string", Value: "=1+1: the request rate limit is 600 requests per minute."}
		c.want["number"] = calctest.Cell{Type: "float", Value: "10"}
		c.want["confidence"] = calctest.Cell{Type: "float", Value: "0.75"}
		c.want["firstSeenAt"] = calctest.Cell{Type: "date", Value: "2026-11-20T09:30:00"}
		for name, want := range c.want {
			i := slices.IndexFunc(head, func(h calctest.Cell) bool { return h.Value == name })
			if i < 0 || i >= len(row) || row[i] != want {
				t.Errorf("%s: %s is %+v, want %+v", c.table.Name, name, row[min(max(i, 0), len(row)-1)], want)
			}
		}
		for i, cell := range row {
			if cell.Formula != "" {
				t.Errorf("%s: %s has the formula %q", c.table.Name, head[i].Value, cell.Formula)
			}
		}
	}
}
