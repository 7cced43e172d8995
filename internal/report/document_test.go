package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples is one report of each type on the demo vendors.
func samples() map[string]schema.ReportParams {
	id := uuid.MustParse("01a21e00-0000-8400-8000-000000000001")
	return map[string]schema.ReportParams{
		"single":     {ID: id, Type: schema.ReportSingle, Companies: []string{"Quarrowby"}, MaxFactsPerSection: 6, MaxFacts: 60},
		"comparison": {ID: id, Type: schema.ReportComparison, Companies: []string{"Quarrowby", "Fennlark", "Halvorsund"}, MaxFactsPerSection: 4, MaxFacts: 40},
		"topic":      {ID: id, Type: schema.ReportTopic, Companies: []string{"Quarrowby", "Fennlark", "Halvorsund"}, Categories: []string{"pricing"}, MaxFactsPerSection: 20, MaxFacts: 200},
		"summary":    {ID: id, Type: schema.ReportSummary, Companies: []string{"Halvorsund"}, MaxFactsPerSection: 20, MaxFacts: 200},
	}
}

func compose(t *testing.T, s *store.Store, in schema.ReportParams) *report.Document {
	t.Helper()
	d, err := report.Compose(t.Context(), s, in, fetched.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func render(t *testing.T, d *report.Document, f report.Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Render(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportsAreAsReviewed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed(t, s, everything)
		for name, in := range samples() {
			d := compose(t, s, in)
			for _, f := range []report.Format{report.Markdown, report.HTML, report.JSON, report.CSV} {
				file := filepath.Join("testdata", name+".golden."+string(f))
				got := render(t, d, f)
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if string(want) != got {
					t.Errorf("%s is not as reviewed (%s): run go test ./internal/report -update and look at what git diff shows", file, firstDifference(string(want), got))
				}
			}
		}
	})
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "want " + a[i][:min(200, len(a[i]))] + ", got " + b[i][:min(200, len(b[i]))]
		}
	}
	return "its length differs"
}

func TestWhatStandsOutCitesTheFactThatSaysSo(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	d := compose(t, s, samples()["comparison"])
	checked := 0
	for _, section := range d.Table {
		for _, row := range section.Rows {
			for _, cell := range row.Cells {
				if !cell.Best {
					continue
				}
				checked++
				said := cell.Value.Original
				if said == "none" { // which is told by a denial
					said = "does not charge"
				}
				if c := d.Citations[cell.Cites[0]-1]; !strings.Contains(plain(c.Statement+" "+c.Quote), plain(said)) || c.Company != cell.Company {
					t.Errorf("%s: %s is cited for %s", row.Label, c.Quote, said)
				}
			}
		}
	}
	if checked < 8 {
		t.Errorf("%d cells were best", checked)
	}
}
