package demosite_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/demosite"
)

// truth is what the site says, as a comparison of the vendors should find it.
type truth struct {
	Rows []struct {
		Category  string          `json:"category"`
		Attribute string          `json:"attribute"`
		Row       string          `json:"row"`      // the key of the row of a comparison; several prices are one row
		Keywords  []string        `json:"keywords"` // words without which nothing can be said of the attribute
		Best      []string        `json:"best"`     // vendors whose value is the best of the row, if one can be told
		Worst     []string        `json:"worst"`
		Cells     map[string]cell `json:"cells"` // by vendor
	} `json:"rows"`
	// Partial is what is known of a vendor of whom only some pages were read.
	Partial struct {
		Vendor        string   `json:"vendor"`
		Pages         []string `json:"pages"`
		NotRead       []string `json:"notRead"`       // keys of rows
		NotDocumented []string `json:"notDocumented"` // keys of rows
	} `json:"partial"`
}

// cell is what one vendor says of one attribute.
type cell struct {
	State  string `json:"state"`
	Versus *claim `json:"versus"` // what contradicts, for CONFLICT
	claim
}

// claim is a value, and the words of the page that state it.
type claim struct {
	Value     string `json:"value"`
	Shows     string `json:"shows"` // how a comparison words it, where not as the page does
	Qualifier string `json:"qualifier"`
	Page      string `json:"page"`
	Quote     string `json:"quote"`
}

func readTruth(t *testing.T) truth {
	t.Helper()
	raw, err := os.ReadFile("site/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var table truth
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&table); err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTruthStandsInThePages(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	check := func(row, vendor string, c claim) {
		if c.Value == "" || !strings.Contains(c.Quote, c.Value) {
			t.Errorf("%s of %s: %q is not in the quote %q", row, vendor, c.Value, c.Quote)
		}
		r := get(t, h, c.Page)
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(c.Page, "/"+strings.ToLower(vendor)+"/") {
			t.Errorf("%s of %s: page %s answers %d", row, vendor, c.Page, r.StatusCode)
			return
		}
		if d := parse(t, c.Page, body(t, r)); !strings.Contains(d.main, c.Quote) {
			t.Errorf("%s of %s: %s does not say %q", row, vendor, c.Page, c.Quote)
		}
	}
	for _, row := range readTruth(t).Rows {
		for vendor, c := range row.Cells {
			if c.State == "NOT_DOCUMENTED" {
				continue
			}
			check(row.Attribute, vendor, c.claim)
			if c.Versus != nil {
				check(row.Attribute, vendor, *c.Versus)
			}
		}
	}
}

func TestWhatIsNotDocumentedStandsOnNoPage(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	text := map[string]map[string]string{} // by vendor and path
	for _, v := range demosite.Vendors() {
		text[v.Name] = map[string]string{}
		for path, visit := range pages(crawl(t, h, v.Path, anywhere)) {
			if path != forbidden {
				text[v.Name][path] = visit.doc.text
			}
		}
	}
	for _, row := range readTruth(t).Rows {
		for vendor, c := range row.Cells {
			if c.State != "NOT_DOCUMENTED" {
				continue
			}
			if len(row.Keywords) == 0 {
				t.Errorf("%s: no keywords to look for at %s", row.Attribute, vendor)
			}
			for _, word := range row.Keywords {
				said := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(word) + `([^\pL\pN]|$)`)
				for path, page := range text[vendor] {
					if at := said.FindStringIndex(page); at != nil {
						t.Errorf("%s: %s speaks of %s: …%s…", row.Attribute, path, word, page[max(0, at[0]-30):min(len(page), at[1]+30)])
					}
				}
			}
		}
	}
}

func TestTruthIsComplete(t *testing.T) {
	t.Parallel()
	states, categories, rows := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, row := range readTruth(t).Rows {
		if rows[row.Category+"/"+row.Attribute] {
			t.Errorf("two rows for %s", row.Attribute)
		}
		rows[row.Category+"/"+row.Attribute] = true
		categories[row.Category]++
		for _, v := range demosite.Vendors() {
			c, ok := row.Cells[v.Name]
			if !ok || len(row.Cells) != len(demosite.Vendors()) {
				t.Errorf("%s: wants one cell for each vendor", row.Attribute)
			}
			states[c.State]++
			if (c.State == "NOT_DOCUMENTED") != (c.claim == claim{}) || (c.State == "CONFLICT") != (c.Versus != nil) {
				t.Errorf("%s of %s: a cell that is %s has not what it should have", row.Attribute, v.Name, c.State)
			}
		}
	}
	if len(rows) < 30 {
		t.Errorf("%d rows, want 30", len(rows))
	}
	for _, c := range []string{"rate_limits", "authentication", "pricing", "tiers", "certifications", "encryption", "requirements", "performance", "sdks", "features"} {
		if categories[c] == 0 {
			t.Errorf("no row in category %s", c)
		}
	}
	for state, n := range states {
		if !slices.Contains([]string{"STATED", "STATED_NO", "NOT_DOCUMENTED", "CONFLICT"}, state) {
			t.Errorf("%d cells are %q", n, state)
		}
	}
	if states["CONFLICT"] != 1 || states["STATED_NO"] == 0 || states["NOT_DOCUMENTED"] == 0 {
		t.Errorf("states: %v, want one CONFLICT and some of the others", states)
	}
}
