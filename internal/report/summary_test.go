package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// documented is what made-up companies say, each of several categories.
func documented(n int) (companies []string, facts []stated) {
	for i := range n {
		c := fmt.Sprintf("Vendor %d", i+1)
		companies = append(companies, c)
		facts = append(facts,
			stated{c, "limits", fmt.Sprintf("Each workspace may send at most %d requests per minute, whatever the endpoint that they go to.", 100+i), schema.Value{Kind: schema.ValueRate, Original: fmt.Sprintf("%d requests per minute", 100+i), Number: float64(100 + i), Unit: "request/min"}, nil},
			stated{c, "pricing", fmt.Sprintf("The Team plan costs $%d per month.", 20+i), schema.Value{Kind: schema.ValueMoney, Original: fmt.Sprintf("$%d per month", 20+i), Number: float64(20 + i), Unit: "USD/month"}, map[string]string{"plan": "Team"}},
			stated{c, "security", "Customer data is encrypted at rest with AES-256, and in transit with TLS 1.2 or later.", schema.Value{}, nil},
			stated{c, "authentication", "Requests are authenticated with an API key or with OAuth 2.0, and administrators can require single sign-on over SAML.", schema.Value{}, nil},
			stated{c, "features", "Webhooks tell of each change of a document.", schema.Value{}, nil},
			stated{c, "compliance", "It is certified to ISO 27001, and a SOC 2 Type II report can be had.", schema.Value{}, nil},
		)
	}
	return companies, facts
}

func TestASummaryHasAtMost500WordsWhateverTheNumberOfCompanies(t *testing.T) {
	t.Parallel()
	companies, facts := documented(50)
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, facts...)
	for _, n := range []int{1, 3, 10, 50} {
		d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: companies[:n], MaxFactsPerSection: 20, MaxFacts: 200})
		text := render(t, d, report.Markdown)
		if words := len(strings.Fields(text)); words > 500 || words < min(450, 150*n) {
			t.Errorf("a summary of %d companies has %d words:\n%s", n, words, text)
		}
		told := map[string]int{}
		for _, p := range d.Highlights {
			told[d.Citations[p.Cites[0]-1].Company]++
		}
		fewest, most := 5, 0
		for _, c := range companies[:n] {
			fewest, most = min(fewest, told[c]), max(most, told[c])
		}
		notes := strings.Join(d.Notes, "\n")
		if left := fmt.Sprintf("no fact has a place: %d. A comparison has them all.", n-len(told)); strings.Contains(notes, left) != (len(told) < n) || n <= 10 && fewest < 1 || most-fewest > 1 || len(told) < min(n, 20) {
			t.Errorf("of %d companies, %d are told of, by %d to %d facts; notes: %s", n, len(told), fewest, most, notes)
		}
		capabilities, begun, left := 0, 0, 0
		for _, section := range d.Sections {
			capabilities += len(section.Facts)
			begun += min(1, len(section.Facts))
			left += section.Left
		}
		if len(d.Sections) != n || begun%n != 0 || n <= 3 && (capabilities == 0 || !strings.Contains(text, "\n## Gaps\n")) || strings.Contains(notes, fmt.Sprintf("Capabilities: %d more", left)) != (left > 0) {
			t.Errorf("of %d companies, %d capabilities are there and %d left; notes: %s", n, capabilities, left, notes)
		}
		if slices.ContainsFunc(d.Citations, func(c report.Citation) bool { return !strings.Contains(text, "]("+c.Link+")") }) {
			t.Errorf("of %d companies, something is cited that does not stand there", n)
		}
		for _, source := range d.Sources {
			if !strings.Contains(text, "]("+source.URL+")") {
				t.Errorf("of %d companies, %s is no source of the text", n, source.URL)
			}
		}
	}
}

func TestASummaryKeepsItsWordsWhateverLongNamesAndStatements(t *testing.T) {
	t.Parallel()
	var companies []string
	var facts []stated
	for i := range 12 {
		c := fmt.Sprintf("%d %s", i, strings.Repeat("of ", 40))
		companies = append(companies, strings.TrimSpace(c))
		facts = append(facts,
			stated{companies[i], "features", "A feature " + strings.Repeat("that has a feature ", 60), schema.Value{}, nil},
			stated{companies[i], "limits", "At most 9.", schema.Value{}, nil})
	}
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, facts...)
	for n := 1; n <= len(companies); n++ {
		d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: companies[:n], MaxFactsPerSection: 20, MaxFacts: 200})
		if words := len(strings.Fields(render(t, d, report.Markdown))); words > 500 || len(d.Highlights) == 0 {
			t.Errorf("a summary of %d companies has %d words, %d of its facts", n, words, len(d.Highlights))
		}
	}
}

func TestASummaryKeepsToItsCategoriesAndProfile(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	mine := put(t, s, stated{"A", "limits", "At most 9 indexes.", schema.Value{}, nil}, stated{"A", "features", "A has webhooks.", schema.Value{}, nil})
	put(t, s, stated{"A", "limits", "At most 7 aliases.", schema.Value{}, nil})
	profile := s.Ent.Profile.GetX(t.Context(), mine[0].ProfileID).Name
	d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: []string{"A"}, Categories: []string{"limits"}, Profile: profile, MaxFactsPerSection: 20, MaxFacts: 200})
	if len(d.Highlights) != 1 || d.Highlights[0].Text != "At most 9 indexes." {
		t.Errorf("it tells %+v", d.Highlights)
	}
}
