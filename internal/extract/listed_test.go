package extract_test

import (
	"fmt"
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

// valued gives what a text states, with the values and plans.
func valued(t *testing.T, text, profile string) []string {
	t.Helper()
	var got []string
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, profile), extract.DefaultConfidence) {
		checkFact(t, text, f)
		got = append(got, fmt.Sprintf("%s [%s] %s", f.Statement, f.Value.Original, f.Qualifiers["plan"]+f.Qualifiers["region"]))
	}
	slices.Sort(got)
	return got
}

func TestAListOfClaimsIsSeveralFacts(t *testing.T) {
	for text, want := range map[string][]string{
		"The plan includes 10 GB of storage and 3 members.": {"The plan includes 10 GB of storage. [10 GB] ", "The plan includes 3 members. [3 members] "},
		"Starter includes up to 1,000,000 requests/month, 10 GB bandwidth, and 3 team members.": {
			"Starter includes 10 GB bandwidth. [10 GB] ", "Starter includes 3 team members. [3 team members] ", "Starter includes up to 1,000,000 requests/month. [1,000,000 requests/month] ",
		},
		"The plan includes 10 GB or 3 members.":                        {"The plan includes 10 GB or 3 members. [10 GB] "},
		"The plan includes 10 GB of storage and 5 GB of backups.":      {"The plan includes 10 GB of storage and 5 GB of backups. [10 GB] "},
		"The plan includes between 5 and 10 seats.":                    {"The plan includes between 5 and 10 seats. [5 and 10 seats] "},
		"Data residency is available in the US, EU, and UK.":           {"Data residency is available in the EU. [is available] EU", "Data residency is available in the UK. [is available] UK", "Data residency is available in the US. [is available] US"},
		"Single sign-on supports SAML, OpenID Connect and Kerberos.":   {"Single sign-on supports Kerberos. [supports] ", "Single sign-on supports OpenID Connect. [supports] ", "Single sign-on supports SAML. [supports] "},
		"Single sign-on needs support for SAML, OIDC or Kerberos.":     {"Single sign-on needs support for SAML, OIDC or Kerberos. [] "},
		"Free accounts: 60 req/min · Pro accounts: 600 req/min":        {"Free accounts: 60 req/min [60 req/min] Free", "Pro accounts: 600 req/min [600 req/min] Pro"},
		"The support contract is signed with Acme, Smith, Jones, Inc.": {"The support contract is signed with Acme, Smith, Jones, Inc. [] "},
	} {
		if got := valued(t, text, "pricing"); !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestWhatVendorsSayInFewWordsIsFound(t *testing.T) {
	for text, want := range map[string]struct{ profile, category, attribute string }{
		"You may send up to 50 messages/second.":                  {"api_docs", "rate_limits", "limit"},
		"There is no ARM build.":                                  {"technical_specs", "compatibility", "platform"},
		"Docker is optional.":                                     {"technical_specs", "requirements", "requirement"},
		"TLS 1.2 or newer is required.":                           {"technical_specs", "requirements", "tls_version"},
		"Connections are encrypted with TLS 1.3.":                 {"security", "encryption", "tls_version"},
		"# Acme API\n\nAPI version: 2.3.0":                        {"api_docs", "versioning", "api_version"},
		"## Servers\n\n- Base URL: `https://api.acme.example/v2`": {"api_docs", "endpoints", "base_url"},
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, want.profile), extract.DefaultConfidence)
		if len(facts) == 0 || facts[0].Category != want.category || facts[0].Attribute != want.attribute {
			t.Errorf("%q: got %+v", text, facts)
		}
	}
}
