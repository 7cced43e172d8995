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
