package report_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"techfacts.dev/techfacts/internal/calctest"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// sheet is one of a workbook, by the names of its columns.
type sheet struct {
	head []calctest.Cell
	rows [][]calctest.Cell
}

func (s sheet) cell(row int, column string) calctest.Cell {
	i := slices.IndexFunc(s.head, func(c calctest.Cell) bool { return c.Value == column })
	if i < 0 || i >= len(s.rows[row]) {
		return calctest.Cell{}
	}
	return s.rows[row][i]
}

// inCalc opens the workbook of a document in LibreOffice: no cell has a formula.
func inCalc(t *testing.T, d *report.Document) map[string]sheet {
	t.Helper()
	sheets := map[string]sheet{}
	for _, s := range calctest.Open(t, []byte(render(t, d, report.XLSX)), "xlsx") {
		for _, row := range s.Rows {
			for _, c := range row {
				if c.Formula != "" {
					t.Errorf("%s has the formula %q", s.Name, c.Formula)
				}
			}
		}
		if len(s.Rows) < 2 {
			t.Fatalf("%s has %d rows", s.Name, len(s.Rows))
		}
		sheets[s.Name] = sheet{s.Rows[0], s.Rows[1:]}
	}
	return sheets
}

func TestLibreOfficeOpensAWorkbookWithItsTypes(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	d := compose(t, s, samples()["topic"])
	book := inCalc(t, d)
	if len(book) != 4 {
		t.Errorf("%d sheets", len(book))
	}
	n := 0
	for _, section := range d.Table {
		for _, r := range section.Rows {
			for _, c := range r.Cells {
				want := calctest.Cell{}
				if c.Value != nil && c.Value.Numeric() {
					want = calctest.Cell{Type: "float", Value: decimal(c.Value.Number)}
				}
				if got := book["Values"].cell(n, "Number"); !same(got, want) {
					t.Errorf("%s of %s is %+v, want %+v", r.Label, c.Company, got, want)
				}
				if got, want := book["Values"].cell(n, "Best"), (calctest.Cell{Type: "boolean", Value: map[bool]string{true: "true", false: "false"}[c.Best]}); got != want {
					t.Errorf("%s of %s: best is %+v, want %+v", r.Label, c.Company, got, want)
				}
				n++
			}
		}
	}
	for _, c := range d.Coverage { // rows that are not there
		if got, want := book["Values"].cell(n, "Number"), (calctest.Cell{Type: "float", Value: strconv.Itoa(c.Lone)}); c.Lone == 0 || got != want || book["Values"].cell(n, "State").Value != "LEFT_OUT" || book["Values"].cell(n, "Company").Value != c.Company {
			t.Errorf("of %s %+v rows are left out, want %+v", c.Company, got, want)
		}
		n++
	}
	if n < 6 || len(book["Values"].rows) != n || len(book["Facts"].rows) != len(d.Citations) || len(book["Sources"].rows) != len(d.Sources) {
		t.Fatalf("%d values, %d facts and %d sources of %d, %d and %d", len(book["Values"].rows), len(book["Facts"].rows), len(book["Sources"].rows), n, len(d.Citations), len(d.Sources))
	}
	for i, c := range d.Citations {
		for column, want := range map[string]calctest.Cell{
			"No.": {Type: "float", Value: decimal(float64(c.N))}, "Confidence": {Type: "float", Value: decimal(c.Confidence)},
			"Seen": {Type: "date", Value: "2026-11-20T09:30:00"}, "Quote": {Type: "string", Value: c.Quote}, "Link": {Type: "string", Value: c.Link},
		} {
			if got := book["Facts"].cell(i, column); !same(got, want) {
				t.Errorf("%s of fact %d is %+v, want %+v", column, c.N, got, want)
			}
		}
	}
	if got := book["Sources"].cell(0, "Read"); got.Type != "date" {
		t.Errorf("a page was read %+v", got)
	}
}

func TestFormulasOfPagesAreTextInLibreOffice(t *testing.T) {
	t.Parallel()
	d := hostile(t, schema.ReportComparison)
	facts := inCalc(t, d)["Facts"]
	seen := 0
	for i, c := range d.Citations {
		got := facts.cell(i, "Quote")
		if want := strings.Join(strings.Fields(report.CellText(c.Quote)), " "); got.Type != "string" || strings.Join(strings.Fields(got.Value), " ") != want {
			t.Errorf("a quote is %+v, want the text %q", got, want)
		}
		if strings.ContainsAny(c.Quote[:1], "=+-@") {
			seen++
		}
	}
	if seen < 5 {
		t.Errorf("%d quotes could have been formulas", seen)
	}
	for _, s := range calctest.Open(t, []byte(render(t, d, report.CSV)), "csv") {
		for _, row := range s.Rows {
			for _, c := range row {
				if c.Formula != "" {
					t.Errorf("as CSV it has the formula %q", c.Formula)
				}
			}
		}
	}
}

func TestACellThatIsCutSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, end string }{
		{strings.Repeat("a", 32_767), "aaa"},
		{strings.Repeat("ä", 32_767), "äää"},
		{strings.Repeat("a", 32_767) + "b", "a… (41 more characters)"},
		{strings.Repeat("𝒂", 20_000), "𝒂… (3637 more characters)"},
	} {
		if got := report.CellText(c.text); !strings.HasSuffix(got, c.end) || len(utf16.Encode([]rune(got))) > 32_767 {
			t.Errorf("a text ends with %q, want %q", got[len(got)-40:], c.end)
		}
	}
}

// same compares cells, numbers by the 15 digits that LibreOffice writes.
func same(a, b calctest.Cell) bool {
	x, errX := strconv.ParseFloat(a.Value, 64)
	y, errY := strconv.ParseFloat(b.Value, 64)
	if a.Type == "float" && errX == nil && errY == nil && math.Abs(x-y) <= 1e-14*math.Abs(y) {
		a.Value = b.Value
	}
	return a == b
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
