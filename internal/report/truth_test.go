package report_test

import (
	"cmp"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

var fetched = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// truth is what the demo vendors say; see internal/demosite.
type truth struct {
	Rows []struct {
		Category, Attribute, Row string
		Best, Worst              []string
		Cells                    map[string]truthCell
	}
	Partial struct {
		Vendor                        string
		Pages, NotRead, NotDocumented []string
	}
}

type truthCell struct {
	State, Value, Page, Quote string
	Shows                     string // how the cell words the value, where not as the page does
	Versus                    *truthCell
}

func readTruth(t *testing.T) (table truth) {
	t.Helper()
	raw, err := os.ReadFile("../demosite/site/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	return table
}

func everything(string, string) bool { return true }

func compare(t *testing.T, s *store.Store, q report.Question) *report.Comparison {
	t.Helper()
	if q.First == 0 {
		q.First = report.MaxRows
	}
	c, err := report.Compare(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rowOf(c *report.Comparison, key string) *report.Row {
	for i := range c.Rows {
		if c.Rows[i].Key == key {
			return &c.Rows[i]
		}
	}
	return nil
}

// rowKeys are the keys of the rows that have a name.
func rowKeys() (keys []string) {
	for _, a := range report.Attributes() {
		keys = append(keys, a.Key)
	}
	return keys
}

func TestCellsEqualTheTruth(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed(t, s, everything)
		c := compare(t, s, report.Question{Companies: names(), Attributes: rowKeys()})
		cells, right := 0, 0
		marks := map[string][2][]string{} // best and worst by row
		for _, want := range readTruth(t).Rows {
			row := rowOf(c, want.Row)
			if row == nil {
				t.Errorf("%s: there is no row %s", want.Attribute, want.Row)
				continue
			}
			known := marks[want.Row]
			marks[want.Row] = [2][]string{append(known[0], want.Best...), append(known[1], want.Worst...)}
			for _, cell := range row.Cells {
				cells++
				if wrong := judge(t, s, cell, want.Cells[cell.Company]); wrong != "" {
					t.Errorf("%s of %s: %s", want.Row, cell.Company, wrong)
				} else {
					right++
				}
			}
		}
		for _, row := range c.Rows {
			want, known := marks[row.Key]
			if !known {
				t.Errorf("nobody knows what is true of %s", row.Key)
			}
			for _, cell := range row.Cells {
				if cell.Best != slices.Contains(want[0], cell.Company) || cell.Worst != slices.Contains(want[1], cell.Company) {
					t.Errorf("%s of %s: best %v, worst %v (%s); want best %v, worst %v", row.Key, cell.Company, cell.Best, cell.Worst, cell.Text, want[0], want[1])
				}
			}
		}
		if c := rowOf(c, "price").Cells[slices.Index(names(), "Quarrowby")]; c.Parts[c.Lead] != "Team: $49 per month" {
			t.Errorf("the mark of %v stands at %d", c.Parts, c.Lead)
		}
		t.Logf("%d of %d cells are right", right, cells)
	})
}

func TestEachRowOfTheDemoHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	keys := map[string]bool{}
	for _, row := range compare(t, s, report.Question{Companies: names(), Lone: true}).Rows {
		if keys[row.Key] {
			t.Errorf("two rows have the key %s", row.Key)
		}
		keys[row.Key] = true
	}
}

func TestWhatNobodyHasReadIsNotSaidToBeMissing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		partial := readTruth(t).Partial
		seed(t, s, func(vendor, path string) bool {
			return vendor != partial.Vendor || slices.Contains(partial.Pages, path)
		})
		c := compare(t, s, report.Question{Companies: names(), Attributes: append(slices.Clone(partial.NotRead), partial.NotDocumented...)})
		k := slices.Index(names(), partial.Vendor)
		for state, keys := range map[report.State][]string{report.NotRead: partial.NotRead, report.NotDocumented: partial.NotDocumented} {
			for _, key := range keys {
				if row := rowOf(c, key); row == nil || row.Cells[k].State != state {
					t.Errorf("%s is %s, want %s", key, row.Cells[k].State, state)
				}
			}
		}
		if got := c.Companies[k]; got.NotRead != len(partial.NotRead) || got.NotDocumented != len(partial.NotDocumented) || got.Pages != len(partial.Pages) {
			t.Errorf("counted %+v", got)
		}
	})
}

var signs = regexp.MustCompile("[\\s|*`]+")

func plain(s string) string { return strings.ToLower(signs.ReplaceAllString(document.Plain(s), " ")) }

// judge says what is wrong with a cell.
func judge(t *testing.T, s *store.Store, got report.Cell, want truthCell) string {
	t.Helper()
	if string(got.State) != want.State {
		return "is " + string(got.State) + " (" + got.Text + "), want " + want.State + " (" + want.Value + ")"
	}
	if want.State == string(report.NotDocumented) {
		return ""
	}
	facts := s.Ent.Fact.Query().Where(fact.IDIn(got.Facts()...)).AllX(t.Context())
	for _, claim := range []*truthCell{&want, want.Versus} {
		if claim == nil {
			continue
		}
		if !slices.ContainsFunc(facts, func(f *ent.Fact) bool {
			return strings.Contains(plain(f.Statement)+" "+plain(f.Quote), plain(claim.Value)) && strings.TrimSuffix(strings.TrimPrefix(f.URL, origin), "/") == strings.TrimSuffix(claim.Page, "/")
		}) {
			return "no fact of " + claim.Page + " says " + claim.Value + ", but: " + got.Text
		}
		if shows := cmp.Or(claim.Shows, claim.Value); got.State != report.StatedNo && !strings.Contains(plain(got.Text), plain(shows)) {
			return "shows " + got.Text + ", not " + shows
		}
	}
	return ""
}
