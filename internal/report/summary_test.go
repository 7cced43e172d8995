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

// counted is how many words a summary has, up to its citations.
func counted(text string) int {
	text, _, _ = strings.Cut(text, "\n## Citations\n")
	return len(strings.Fields(text))
}

func TestASummaryHasAtMost500WordsWhateverTheNumberOfCompanies(t *testing.T) {
	t.Parallel()
	companies, facts := documented(50)
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, facts...)
	for _, n := range []int{1, 3, 10, 50} {
		d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: companies[:n], MaxFactsPerSection: 20, MaxFacts: 200})
		text := render(t, d, report.Markdown)
		if words := counted(text); words > 500 || words < min(420, 100*n) {
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
		if html := render(t, d, report.HTML); strings.Contains(html, `id="facts"`) != (capabilities > 0) || strings.Contains(html, `href="#facts"`) != (capabilities > 0) {
			t.Errorf("of %d companies, %d capabilities: the page does not head them like that", n, capabilities)
		}
		said, proof, _ := strings.Cut(text, "\n## Citations\n")
		proof = strings.ReplaceAll(proof, `\`, "")
		for _, c := range d.Citations {
			if !strings.Contains(said, fmt.Sprintf("[[%d]](#c%d)", c.N, c.N)) || !strings.Contains(proof, "“"+c.Quote+"”") || !strings.Contains(proof, "]("+c.Link+")") {
				t.Errorf("of %d companies, [%d] is not cited, or its quote does not stand there", n, c.N)
			}
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
		if words := counted(render(t, d, report.Markdown)); words > 500 || len(d.Highlights) == 0 {
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

func TestASummaryTellsWhatDiffersAndWhatIsAskedForFirst(t *testing.T) {
	t.Parallel()
	rate := func(n int) schema.Value {
		return schema.Value{Kind: schema.ValueRate, Original: fmt.Sprintf("%d requests per second", n), Number: float64(n), Unit: "request/s"}
	}
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"Ant", "features", "Ant supports webhooks.", schema.Value{}, nil},
		stated{"Ant", "features", "Ant can be used offline.", schema.Value{}, nil},
		stated{"Ant", "limits", "The request rate limit is 100 requests per second.", rate(100), nil},
		stated{"Ant", "certifications", "Ant holds a SOC 2 Type II report.", schema.Value{}, nil},
		stated{"Ant", "encryption", "Data are encrypted at rest with AES-256.", schema.Value{}, nil},
		stated{"Ant", "endpoints", "The base URL is https://api.ant.example.", schema.Value{}, nil},
		stated{"Ant", "features", "Ant has a vector search.", schema.Value{}, nil},
		stated{"Bee", "features", "Bee does not support webhooks.", schema.Value{}, nil},
		stated{"Bee", "limits", "The request rate limit is 20 requests per second.", rate(20), nil},
		stated{"Bee", "limits", "The request rate limit is 30 requests per second.", rate(30), nil},
		stated{"Bee", "certifications", "Bee holds a SOC 2 Type II report.", schema.Value{}, nil},
		stated{"Cow", "limits", "The request rate limit is 50 requests per second.", rate(50), nil},
	)
	d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: []string{"Ant", "Bee", "Cow"}, MaxFactsPerSection: 20, MaxFacts: 200})
	var told []string
	for _, p := range d.Highlights {
		told = append(told, p.Text)
	}
	want := []string{
		"Ant: Request rate: 100 requests per second (best)", "Ant supports webhooks", "Ant holds a SOC 2 Type II report", "Ant: Encryption at rest: Data are encrypted at rest with AES-256",
		"Ant: The base URL is https://api.ant.example",
		"Bee contradicts itself about request rate: 20 requests per second ≠ 30 requests per second", "Bee does not support webhooks", "Bee holds a SOC 2 Type II report",
		"Cow: Request rate: 50 requests per second",
	}
	if !slices.Equal(told, want) {
		t.Errorf("it tells\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	if p := d.Highlights[5]; len(p.Cites) != 2 {
		t.Errorf("a contradiction cites %v", p.Cites)
	}
	var able []string
	for _, p := range d.Sections[0].Facts {
		able = append(able, p.Text)
	}
	if got := strings.Join(able, "; "); got != "Offline use: Ant can be used offline; Ant has a vector search" {
		t.Errorf("capabilities beside these: %s", got)
	}
}

func TestCapabilitiesAreOfManyKindsAndEachIsToldOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"Ant", "limits", "The maximum page size is 100 records.", schema.Value{Kind: schema.ValueCount, Original: "100 records", Number: 100, Unit: "record"}, nil},
		stated{"Ant", "limits", "The request timeout is 30 seconds.", schema.Value{Kind: schema.ValueDuration, Original: "30 seconds", Number: 30, Unit: "s"}, nil},
		stated{"Ant", "features", "Ant has a vector search.", schema.Value{}, nil},
		stated{"Ant", "features", "Ant has a geo search.", schema.Value{}, nil},
		stated{"Ant", "compliance", "We are a processor under the GDPR and sign a data processing agreement with all.", schema.Value{}, nil},
		stated{"Ant", "pricing", "The Team plan costs $20 per month.", schema.Value{Kind: schema.ValueMoney, Original: "$20 per month", Number: 20, Unit: "USD/month"}, nil},
		stated{"Ant", "performance", "The uptime SLA is 99.9%.", schema.Value{Kind: schema.ValuePercent, Original: "99.9%", Number: 99.9, Unit: "%"}, nil},
		stated{"Ant", "certifications", "Ant holds a SOC 2 Type II report.", schema.Value{}, nil},
		stated{"Ant", "encryption", "Data are encrypted at rest with AES-256.", schema.Value{}, nil},
		stated{"Ant", "access_control", "SAML single sign-on is supported.", schema.Value{}, nil},
	)
	d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: []string{"Ant"}, MaxFactsPerSection: 20, MaxFacts: 200})
	var able []string
	for _, p := range d.Sections[0].Facts {
		able = append(able, p.Text)
	}
	want := []string{
		"We are a processor under the GDPR and sign a data processing agreement with all",
		"Page size: 100 records", "Ant has a vector search", "Request timeout: 30 seconds", "Ant has a geo search",
	}
	if !slices.Equal(able, want) {
		t.Errorf("capabilities are\n%s\nwant\n%s", strings.Join(able, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatBuyersAskForFirstAreRows(t *testing.T) {
	t.Parallel()
	if strange := report.AskedWithoutRow(); len(strange) > 0 {
		t.Errorf("there is no row %v", strange)
	}
}
