package extract_test

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

// filler are sentences that say nothing of security.
var filler = strings.Repeat("Shapes have corners and borders that are drawn in the color of the pen.\n\nLines have a width of 3 points, which no theme changes.\n\n", 5)

func has(t *testing.T, text, profile, statement string) bool {
	t.Helper()
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, profile), extract.DefaultConfidence) {
		checkFact(t, text, f)
		if f.Statement == statement {
			return true
		}
	}
	return false
}

func TestAWordOfManyMeaningsCountsOnlyBesideAnotherSign(t *testing.T) {
	for text, want := range map[string]bool{
		"The members of a shape must be closed paths.":                             false,
		"The key of a shape must be one word.":                                     false,
		"Only administrators may grant members access to a shape.":                 true,
		"Members must not share a role.":                                           true,
		"# Access control\n\nOther things.\n\nThe owner of a shape must be given.": true,
	} {
		last := text[strings.LastIndex(text, "\n")+1:]
		if has(t, filler+text, "security", last) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func TestAPageThatIsAboutItNeedsNoSignInEverySentence(t *testing.T) {
	limits := "# Rate limits\n\n" + strings.Repeat("Each key has a rate limit of 5 requests per second.\n\nBursts are limited to 50 requests.\n\n", 5)
	claim := "Bodies above 2 MB are refused with 413."
	if !has(t, limits+claim, "api_docs", claim) {
		t.Error("not found on a page of limits")
	}
	if has(t, filler+claim, "security", claim) {
		t.Error("found on a page of shapes")
	}
}

func TestFiguresThatCountNothingAreNoValues(t *testing.T) {
	for text, want := range map[string]string{
		"A library of the year 2026 speaks with the API.":        "",
		"Retry 429, 502 and 503 after a pause.":                  "",
		"Never retry another 4xx at once.":                       "",
		"The description is at /3/openapi.json of each host.":    "",
		"Names are in ISO 8859-1 only.":                          "",
		"The desk is open 07–19 on weekdays.":                    "",
		"The console is at localhost:7700 by default.":           "",
		"Backups take 3 hours and 10 minutes.":                   "3 hours and 10 minutes",
		"It resets on the 1st, not on the 22nd.":                 "",
		"A code is valid for 15 minutes and 2 codes may be used": "15 minutes",
	} {
		got := ""
		if m := extract.Measures(text); len(m) > 0 {
			got = m[0].Value.Original
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestAPropertyIsNoDenialOfWhatHasIt(t *testing.T) {
	text := "# Headers\n\n| Header | Type | Required | Description |\n| --- | --- | --- | --- |\n| Idempotency-Key | string | no | Makes a request idempotent. |\n| Accept | string | no | Type of the response. |"
	found := false
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.3) {
		found = found || strings.HasPrefix(f.Statement, "Idempotency-Key")
		if f.Value.Kind == "FLAG" {
			t.Errorf("%q has the value %+v", f.Statement, f.Value)
		}
	}
	if !found {
		t.Error("the header is no fact")
	}
}

func TestAPriceIsForWhatCostsIt(t *testing.T) {
	text := "Each further 1,000 requests cost €0.40."
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), 0.3) {
		if f.Value.Unit == "EUR/1,000 requests" && f.Value.Per == "1,000 requests" {
			return
		}
	}
	t.Error("the price is for nothing")
}

func TestAPageIsAboutWhatItsTitleCallsItself(t *testing.T) {
	claim := "The key of a shape must be one word."
	if has(t, "# Shapes\n\n"+filler+claim, "security", claim) || !has(t, "# Security of shapes\n\n"+filler+claim, "security", claim) {
		t.Error("the title of the page does not count")
	}
}

func TestAHeadingSpeaksForItsPartOfAPage(t *testing.T) {
	claim := "Data of shapes use AES."
	if has(t, "# Shapes\n\n"+filler+filler+claim, "security", claim) {
		t.Error("found on a page of shapes")
	}
	// Above what a quarter less would leave of it.
	text := "# Shapes\n\n" + filler + filler + "## Encryption at rest\n\n" + claim
	facts := extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.6)
	if len(facts) != 1 || facts[0].Quote != claim {
		t.Errorf("below a heading: %+v", facts)
	}
}

func TestWhatSomebodySaysOfItIsNoFact(t *testing.T) {
	said := "All our keys are rotated every 90 days by them"
	if !has(t, said+".", "security", said+".") {
		t.Error("not found as the vendor's own words")
	}
	for _, f := range extract.Rules(extract.Page{Text: "“" + said + "”, says Ada of Acme."}, builtin(t, "security"), extract.DefaultConfidence) {
		t.Errorf("found as what somebody says: %s", f.Statement)
	}
}

func TestWhatPlansHaveOrHaveNotIsAFeature(t *testing.T) {
	text := "# Plans\n\n| Feature | Free | Pro |\n| --- | --- | --- |\n| Dark mode | No | Yes |\n| Light mode | No | Yes |"
	facts := extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), extract.DefaultConfidence)
	for _, f := range facts {
		if f.Category != "features" {
			t.Errorf("%s is of %s", f.Statement, f.Category)
		}
	}
	if len(facts) != 4 {
		t.Errorf("%d facts", len(facts))
	}
}

func TestAPriceIsForWhatTheLineAboveItsTableSays(t *testing.T) {
	table := "| Call | EUR | Price per month |\n| --- | --- | --- |\n| Geocoding | €0.55 | €9 |\n| Static image | €0.70 | €8 |"
	for text, want := range map[string]string{
		"# Prices\n\nPrices per 1,000 requests, excluding tax\n\n" + table: "EUR/1,000 requests",
		"# Prices\n\nPrices for all of those who need more.\n\n" + table:   "EUR",
	} {
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), extract.DefaultConfidence) {
			want := want
			if strings.Contains(f.Statement, "per month: ") {
				want = "EUR/month"
			}
			if f.Value.Kind == "MONEY" && f.Value.Unit != want {
				t.Errorf("%s: %s, want %s", f.Statement, f.Value.Unit, want)
			}
		}
	}
}

func TestTheUnitOfARowMayBeTheLastOfSeveralWords(t *testing.T) {
	text := "# Rate limits\n\n| Limit | Free | Pro |\n| --- | --- | --- |\n| Management API calls per minute | 120 | 300 |\n| Webhooks | 2 | 3 |"
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), extract.DefaultConfidence) {
		if f.Value.Kind == "RATE" && f.Value.Unit == "call/s" && f.Value.Number == 5 {
			return
		}
	}
	t.Error("300 is no rate of calls")
}
