package report_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestComparisonCoverageGapsAndTablesCountAlike(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	partial := readTruth(t).Partial
	seed(t, s, func(vendor, path string) bool {
		return vendor != partial.Vendor || slices.Contains(partial.Pages, path)
	})
	for _, in := range samples() {
		if in.Type == schema.ReportSummary {
			continue
		}
		d := compose(t, s, in)
		c := compare(t, s, report.Question{Companies: in.Companies, Categories: in.Categories})
		var rows []report.TableRow
		for _, section := range slices.Concat(d.Table, d.Unstated) {
			rows = append(rows, section.Rows...)
		}
		words := fmt.Sprintf("%d rows of the table and %d names", len(c.Rows), len(c.Unstated))
		if n := len(c.Rows) + len(c.Unstated); len(rows) != n || strings.Contains(d.CountedWords(), words) != (len(c.Unstated) > 0) || len(c.Unstated) == 0 && in.Type != schema.ReportTopic {
			t.Fatalf("%s: %d rows, want %d: %s", in.Type, len(rows), n, d.CountedWords())
		}
		for i, company := range c.Companies {
			states, named := map[report.State]int{}, map[report.State]int{}
			for _, r := range rows {
				states[r.Cells[i].State]++
				if !strings.HasPrefix(r.Key, "~") {
					named[r.Cells[i].State]++
				}
			}
			want := [6]int{states[report.Stated], states[report.StatedNo], states[report.Conflict], states[report.NotDocumented], states[report.NothingAlike], states[report.NotRead]}
			if got := [6]int{company.Stated, company.StatedNo, company.Conflicts, company.NotDocumented, company.NothingAlike, company.NotRead}; got != want {
				t.Errorf("%s: the comparison counts %v of %s, want %v", in.Type, got, company.Name, want)
			}
			cov := d.Coverage[i]
			if got := [6]int{cov.Stated, cov.StatedNo, cov.Conflicts, cov.NotDocumented, cov.NothingAlike, cov.NotRead}; got != want || cov.Lone != company.Lone {
				t.Errorf("%s: coverage counts %v of %s, want %v", in.Type, got, company.Name, want)
			}
			stated, all := 0, 0
			for _, kind := range cov.Kinds {
				stated += kind.Stated
				all += kind.Rows
			}
			if all != len(rows) || stated != want[0]+want[1]+want[2] {
				t.Errorf("%s: by category %d of %d rows are stated by %s, want %d of %d", in.Type, stated, all, company.Name, want[0]+want[1]+want[2], len(rows))
			}
			if g := d.Gaps[i]; len(g.NotDocumented) != want[3] || len(g.Denied) != named[report.StatedNo] || len(g.NotRead) != named[report.NotRead] {
				t.Errorf("%s: gaps of %s are %d, %d and %d, want %d, %d and %d", in.Type, company.Name, len(g.NotDocumented), len(g.Denied), len(g.NotRead), want[3], named[report.StatedNo], named[report.NotRead])
			}
		}
		lines, err := csv.NewReader(strings.NewReader(render(t, d, report.CSV))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		cells, left := 0, map[string]string{}
		for _, line := range lines[1:] {
			if line[4] == report.LeftOut {
				left[line[3]] = line[6]
			} else {
				cells++
			}
		}
		for _, company := range c.Companies {
			if company.Lone > 0 && left[company.Name] != strconv.Itoa(company.Lone) {
				t.Errorf("%s: of %s %s rows are said to be left out, want %d", in.Type, company.Name, left[company.Name], company.Lone)
			}
		}
		if cells != len(rows)*len(c.Companies) {
			t.Errorf("%s: %d cells as CSV, want %d", in.Type, cells, len(rows)*len(c.Companies))
		}
	}
}

func TestGapsNameWhatOthersStateAndBuyersAskForAndCountTheRest(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"Ant", "features", "Ant has a vector search.", schema.Value{}, nil},
		stated{"Ant", "features", "Ant can be used offline.", schema.Value{}, nil},
		stated{"Bee", "features", "Bee supports webhooks.", schema.Value{}, nil},
		stated{"Bee", "features", "Bee can be used offline.", schema.Value{}, nil},
	)
	d := compose(t, s, schema.ReportParams{Type: schema.ReportComparison, Companies: []string{"Ant", "Bee"}, Categories: []string{"features"}, MaxFactsPerSection: 5, MaxFacts: 20})
	got := fmt.Sprint(d.GapTexts(d.Gaps[0]), d.GapTexts(d.Gaps[1]))
	if want := "[[does not document Webhooks, Self-hosting and 4 others of the vocabulary]] [[does not document Vector search, Self-hosting and 4 others of the vocabulary]]"; got != want {
		t.Errorf("gaps are\n%s, want\n%s", got, want)
	}
	for _, f := range []report.Format{report.Markdown, report.HTML} {
		if text := render(t, d, f); !strings.Contains(text, "Webhooks, Self-hosting and 4 others of the vocabulary") || strings.Contains(text, "Geo search") && f == report.Markdown {
			t.Errorf("%s words gaps in another way: %s", f, text)
		}
	}
	for _, f := range []report.Format{report.JSON, report.CSV} {
		if text := render(t, d, f); !strings.Contains(text, "Geo search") {
			t.Errorf("%s does not list all: %s", f, text)
		}
	}
	seed(t, s, everything)
	one := compose(t, s, samples()["single"])
	if g := one.Gaps[0]; len(g.NotDocumented)-g.Counted.NotDocumented > 12 || g.Counted.NotDocumented < 5 {
		t.Errorf("of one company %d of %d gaps are counted", g.Counted.NotDocumented, len(g.NotDocumented))
	}
	var old report.Gap // as it was stored once
	if err := json.Unmarshal([]byte(`{"company": "Ant", "notDocumented": ["Latency, p50", "Memory"], "notRead": ["Price"]}`), &old); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(d.GapTexts(old)); got != "[[does not document Latency, p50; Memory] [says nothing that was found on Price]]" {
		t.Errorf("gaps without counts are %s", got)
	}
}

func TestAContradictionComesToNoNumberAndNumbersHaveAllTheirDigits(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	size := schema.Value{Kind: schema.ValueSize, Original: "20 MiB", Number: 20971520, Unit: "B"}
	put(t, s,
		stated{"Ant", "limits", "The request size is at most 20 MiB.", size, nil},
		stated{"Ant", "limits", "The request rate limit is 20 requests per second.", schema.Value{Kind: schema.ValueRate, Original: "20 requests per second", Number: 20, Unit: "request/s"}, nil},
		stated{"Ant", "limits", "The request rate limit is 30 requests per second.", schema.Value{Kind: schema.ValueRate, Original: "30 requests per second", Number: 30, Unit: "request/s"}, nil},
		stated{"Bee", "limits", "The request size is at most 20 MiB.", size, nil},
	)
	d := compose(t, s, schema.ReportParams{Type: schema.ReportComparison, Companies: []string{"Ant", "Bee"}, MaxFactsPerSection: 5, MaxFacts: 20})
	lines, err := csv.NewReader(strings.NewReader(render(t, d, report.CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, line := range lines[1:] {
		if line[3] == "Ant" {
			numbers[line[2]] = line[4] + " " + line[6]
		}
	}
	if numbers["request_rate"] != "CONFLICT " || numbers["request_size"] != "STATED 20971520" {
		t.Errorf("numbers are %v", numbers)
	}
	for _, section := range d.Table {
		for _, row := range section.Rows {
			for _, cell := range row.Cells {
				if (cell.Value == nil) != (cell.State != report.Stated) {
					t.Errorf("%s of %s is %s and has the value %v", row.Label, cell.Company, cell.State, cell.Value)
				}
			}
		}
	}
}
