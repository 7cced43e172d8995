package extract_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

func TestWhatIsNotAboutTheProductIsNoFact(t *testing.T) {
	for text, profile := range map[string]string{
		"By accessing the API you agree to the Terms; liability is limited to $100.":                                            "pricing",
		"# Docs\n\nLimits may change without notice.":                                                                           "pricing",
		"Home > Docs > Rate limits":                                                                                             "api_docs",
		"# Docs\n\nHome › Docs › Pricing from $9":                                                                               "pricing",
		"- [Pricing from $9](/pricing)\n- [Authentication with OAuth 2.0](/auth)":                                               "pricing",
		"2 for the price of 1!":                                                                                                 "pricing",
		"Save 20% of your time!":                                                                                                "pricing",
		"TLS is a cryptographic protocol designed to encrypt data in transit.":                                                  "security",
		"A webhook is an HTTP callback that is sent when an event occurs.":                                                      "api_docs",
		"# Changelog\n\n- Raised the rate limit from 60 to 100 requests per minute.\n- The timeout is now 30 seconds.":          "api_docs",
		"### 2.3.0 (2024-05-01)\n\nAPI keys expire after 90 days.":                                                              "api_docs",
		"### 2.3.0 – May\n\nAPI keys expire after 90 days.":                                                                     "api_docs",
		"12 May 2026: the rate limit table is easier to read.":                                                                  "api_docs",
		"Last update of the rate limit: 2026-01-08":                                                                             "api_docs",
		"updated: 2026-09-27 16:13 rate limit":                                                                                  "api_docs",
		filler + "Textorama charges $99 per month.":                                                                             "pricing",
		filler + "Loghaven's rate limit is 10 requests per second.":                                                             "api_docs",
		filler + "Nimbus S4 takes $0.09 for every GB.":                                                                          "pricing",
		filler + "## Coming from Loghaven\n\nLoghaven's rate limit is 10 requests per second, and most Loghaven users know it.": "api_docs",
		"In March 2024 the price was $12 per seat.":                                                                             "pricing",
		"> We cut the price of our calls by 20%.":                                                                               "pricing",
		"## Ready to release for free?\n\nJoin 4,000 teams on a free plan.":                                                     "pricing",
		"Which price do you pay? The price of others, and a subscription.":                                                      "pricing",
		"# Security\n\nCertificates, encryption and data protection":                                                            "security",
		"# Security\n\nEncryption of files has the following limits.":                                                           "security",
		"# Plans\n\nWhy this price matters is detailed later in the section on discounts.":                                      "pricing",
	} {
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, profile), extract.DefaultConfidence) {
			t.Errorf("%q: got %.2f %q", text, f.Confidence, f.Statement)
		}
	}
}

func TestWhatOnlyLooksLikeNoiseIsAFact(t *testing.T) {
	for text, want := range map[string]struct{ profile, statement string }{
		"Node.js > 18 is required.":                                                    {"technical_specs", "Node.js > 18 is required."},
		"The API is an HTTP API that returns JSON responses.":                          {"api_docs", "The API is an HTTP API that returns JSON responses."},
		"A tenant token is a JSON Web Token that you sign yourself with an API key.":   {"api_docs", "A tenant token is a JSON Web Token that you sign yourself with an API key."},
		"# MQTT\n\nMQTT is a lightweight messaging protocol.":                          {"general", "MQTT is a lightweight messaging protocol."},
		"# Limits\n\nThe rate limit is now 100 requests per minute.":                   {"api_docs", "The rate limit is now 100 requests per minute."},
		"The [rate limit](/limits) is [100 requests](/r) per minute.":                  {"api_docs", "The rate limit is 100 requests per minute."},
		filler + "Acme charges $99 per month. Other pages of Acme say so.":             {"pricing", "Acme charges $99 per month."},
		"Generated API keys expire after 90 days.":                                     {"api_docs", "Generated API keys expire after 90 days."},
		filler + "The limits of Acme.\n\nAcme's rate limit is 10 requests per second.": {"api_docs", "Acme's rate limit is 10 requests per second."},
		"Acme's rate limit is 10 requests per second.":                                 {"api_docs", "Acme's rate limit is 10 requests per second."},
		"In 2026 the price is $12 per seat.":                                           {"pricing", "In 2026 the price is $12 per seat."},
		"> Prices are in US dollars, and exclude VAT.":                                 {"pricing", "Prices are in US dollars, and exclude VAT."},
		"## Is there a free plan?\n\nYes, for 3 users.":                                {"pricing", "Is there a free plan? — Yes, for 3 users."},
		"# Version 2\n\nThe rate limit of the API is 100 requests per minute.":         {"api_docs", "The rate limit of the API is 100 requests per minute."},
	} {
		if got := told(t, text, want.profile, extract.DefaultConfidence); !slices.Contains(got, want.statement) {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestWordsOfOnePageTellNothingOfOthers(t *testing.T) {
	for _, text := range []string{"The new colours are not helpful to anyone.", "A plain letter does not help to find the owner."} {
		if got := told(t, text, "technical_specs", extract.DefaultConfidence); len(got) > 0 {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
