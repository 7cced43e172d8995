package extract_test

import (
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

// Pages that speak of little else than their profile.
var (
	limits  = "# Rate limits\n\n" + strings.Repeat("Each key has a rate limit of 5 requests per second.\n\nBursts are limited to 50 requests.\n\n", 5)
	systems = strings.Repeat("Linux and Windows are supported.\n\nThe CPU must have 4 cores.\n\n", 5)
)

func TestAFigureOrALackIsOfThePageThatSpeaksOfLittleElse(t *testing.T) {
	for _, claim := range []string{
		"Deliveries that fail are tried 8 times over 28 hours.",
		"Letters to shared mailboxes are not counted.",
	} {
		if !has(t, limits+claim, "api_docs", claim) {
			t.Errorf("%q: not found on a page of limits", claim)
		}
		if has(t, filler+claim, "api_docs", claim) {
			t.Errorf("%q: found on a page of shapes", claim)
		}
	}
	row := "\n\n## Other things\n\n| Thing | Of what |\n| --- | --- |\n| Ink of letters | Soot |\n| Paper | Wood |"
	if !has(t, limits+row, "api_docs", "Ink of letters — Of what: Soot") || has(t, filler+row, "api_docs", "Ink of letters — Of what: Soot") {
		t.Error("a row of a table is not taken for what the page is about")
	}
}

func TestWhatSaysNothingIsOfNoPage(t *testing.T) {
	for _, text := range []string{
		"Our newsletter: one map and one story.",
		"It is not what we say of others.",
		"No letters.",
		"A dance costs $5 for everybody who comes.", // no prices are looked for
	} {
		for _, f := range extract.Rules(extract.Page{Text: limits + text}, builtin(t, "api_docs"), extract.DefaultConfidence) {
			if strings.Contains(text, f.Quote) {
				t.Errorf("found %q", f.Statement)
			}
		}
	}
}

func TestWhatNoWordTellsHasTheCategoryOfFiguresElseThatOfMost(t *testing.T) {
	for text, want := range map[string][2]string{
		"Letters arrive within 3 hours.":      {"technical_specs", "specs"},
		"Stamps are not licked, but glued.":   {"technical_specs", "compatibility"},
		"Letters are written within 3 hours.": {"api_docs", "rate_limits"},
	} {
		page := systems
		if want[0] == "api_docs" {
			page = limits
		}
		got := ""
		for _, f := range extract.Rules(extract.Page{Text: page + text}, builtin(t, want[0]), extract.DefaultConfidence) {
			if f.Quote == text {
				got = f.Category
			}
		}
		if got != want[1] {
			t.Errorf("%q is of %q, want %s", text, got, want[1])
		}
	}
}

func TestASentenceThatSurelyIsOfItsPageIsHeard(t *testing.T) {
	claim := "Quotas regard whole projects there." // hardly a claim
	if !has(t, limits+claim, "api_docs", claim) || has(t, filler+claim, "api_docs", claim) {
		t.Error("it is not the page that decides")
	}
	if claim = "These quotas regard projects there."; has(t, limits+claim, "api_docs", claim) {
		t.Error("heard, though it speaks of something named before")
	}
}

func TestSignsOtherThanWords(t *testing.T) {
	for text, want := range map[string]string{
		"- gnutls >= 3.3.1":    "requirements",
		"- zlib ≥ 1.2 or none": "requirements",
	} {
		if got := category(t, text, "technical_specs"); got != want {
			t.Errorf("%q is of %q, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"Read and write keys with `/v3/kv/range` there.":           "endpoints",
		"All is served at https://api.acme.example there.":         "endpoints",
		"All is served at https://acme.example/api/users there.":   "endpoints",
		"All is served at https://acme.example/v2.":                "endpoints",
		"All is kept below /pictures/v2/old there, and served.":    "",
		"All is served from the file /etc/acme/conf.d there.":      "",
		"All is served from https://acme.example/pictures there.":  "",
		"Use the `/v3/watch` service with a token to watch a key.": "endpoints",
	} {
		if got := category(t, text, "api_docs"); got != want {
			t.Errorf("%q is of %q, want %q", text, got, want)
		}
	}
}

// category is that of the only fact of a text.
func category(t *testing.T, text, profile string) string {
	t.Helper()
	facts := extract.Rules(extract.Page{Text: text}, builtin(t, profile), extract.DefaultConfidence)
	if len(facts) > 1 {
		t.Errorf("%q: %q", text, statements(facts))
	}
	for _, f := range facts {
		return f.Category
	}
	return ""
}

func TestOpeningsThatDoNotWeighAgainstAFact(t *testing.T) {
	for text, profile := range map[string]string{
		"Typically 50 sequential IOPS are required.":                   "technical_specs",
		"To sign in you need a web browser with JavaScript.":           "technical_specs",
		"Furthermore, the API key is sent in the header.":              "api_docs",
		"Send a `POST` request to https://api.acme.example/v1/emails.": "api_docs",
	} {
		if got := told(t, text, profile, extract.DefaultConfidence); !slices.Contains(got, strings.ReplaceAll(text, "`", "")) {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestTheNumberOfASectionIsNoPartOfWhatItIsAbout(t *testing.T) {
	if got := told(t, "# Needs\n\n## 2.4. Platforms\n\n- Debian 12", "technical_specs", extract.DefaultConfidence); !slices.Equal(got, []string{"Platforms — Debian 12"}) {
		t.Errorf("got %q", got)
	}
	for _, heading := range []string{"2.4.1. Platforms", "2.4. Platforms", "2.4.1 Platforms"} {
		if text := "Debian 12 is supported."; !has(t, "## "+heading+"\n\n"+text, "technical_specs", "Platforms — "+text) {
			t.Errorf("%s is taken for a version", heading)
		}
	}
}
