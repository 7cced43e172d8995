package extract_test

import (
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/modeltest"
	"techfacts.dev/techfacts/schema"
)

// judged is what becomes of one proposal of a model about a page.
func judged(t *testing.T, page, statement, quote string) []extract.Fact {
	t.Helper()
	prof := extract.Profile{Name: "any", Categories: []string{"facts"}, Depth: schema.DepthComprehensive}
	facts := extract.Judge(extract.Page{Text: page, Title: "Limits of the console", Company: "Acme"}, prof, "m", modeltest.Facts(say(statement, "facts", quote)), 0)
	for _, f := range facts {
		checkFact(t, page, f)
	}
	return facts
}

func TestAFalseStatementIsNoFactWhateverItsQuote(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"Data is replicated to three regions in Europe.", "Data is replicated to two regions in Europe."},
		{"The default timeout of the export job is 100 seconds.", "The default timeout of the export job is 100."},
		{"SSO is unavailable on the Team plan for all members.", "SSO is available on the Team plan for all members."},
		{"Backups of customer data are unencrypted before upload.", "Backups of customer data are encrypted before upload."},
		{"The Free plan allows 600 requests per minute.", "The Free plan allows 60 requests per minute and the Team plan allows 600 requests per minute."},
		{"Team accounts support SSO, but Enterprise accounts do not support SAML.", "Team accounts do not support SSO, but Enterprise accounts support SAML."},
		{"Passwords must have at most 12 characters.", "Passwords must have at least 12 characters."},
		{"Sessions of the console expire after 5½ hours.", "Sessions of the console expire after 5 hours."},
		{"The upload limit of a project is 10⁶ MB.", "The upload limit of a project is 10 MB."},
		{"The upload limit of a project is 10^6 MB.", "The upload limit of a project is 10 MB."},
		{"API keys are mandatory for read access to public projects.", "API keys are optional for read access to public projects."},
		{"Webhooks are delivered within 30 seconds before an event.", "Webhooks are delivered within 30 seconds after an event."},
		{"Acme lost its SOC 2 Type II certified status by an independent auditor.", "Acme is certified to SOC 2 Type II by an independent auditor."},
		{"Logs of the audit trail are kept for 90 days.", "Logs of the audit trail are kept for 30 days and backups are kept for 90 days."},
		{"The service is available everywhere in Germany and Ireland and worldwide.", "The service is available in Germany and Ireland only."},
		{"The upload limit of a project is ten MB, a hundred for each team.", "The upload limit of a project is 10 MB."},
		// More of the kind.
		{"The service is available in Germany and Ireland.", "The service is available in Germany and Ireland only."},
		{"Exports are kept for 30 days.", "Exports are kept for up to 30 days."},
		{"Exports are kept for less than 30 days.", "Exports are kept for more than 30 days."},
		{"Every job may run for 30 minutes.", "Every job may run for 30 hours, or 15 minutes if it is idle."},
		{"Support for SAML is available.", "Support for SAML is planned for 2027 and is not available before."},
		{"SAML is supported on the Free plan.", "SAML is supported on the Enterprise plan."},
		{"SAML is supported.", "SAML is supported on the Enterprise plan."},
		{"Backups are encrypted.", "On the Enterprise plan, backups are encrypted."},
		{"Backups are encrypted at rest.", "Backups are encrypted at rest if the project asks for it."},
		{"Acme stores data in Ireland.", "Acme stores data in Germany, and Contoso stores data in Ireland."},
		{"Team accounts support SAML.", "Team accounts support SSO and Enterprise accounts support SAML."},
		{"Alpha deletes the logs of Beta.", "Beta deletes the logs of Alpha after a week."},
		{"The API is accessible from public networks.", "The API is inaccessible from public networks."},
		{"Two-factor login is disabled for administrators.", "Two-factor login is enabled for administrators."},
		{"Traffic is included in the price of a plan.", "Traffic is excluded in the price of a plan."},
		{"The price of a seat is 12 euros.", "The price of a seat is 12 dollars."},
		{"The price of a seat is €12.", "The price of a seat is $12."},
		{"The price of a seat is $12 per year.", "The price of a seat is $12 per month."},
		{"A cluster has half of the nodes in Dublin.", "A cluster has all of the nodes in Dublin."},
		{"About 5 percent of requests are sampled.", "About 5 of the requests are sampled."},
		{"The temperature of the hall is -5 °C.", "The temperature of the hall is 5 °C."},
		{"All customers of Acme get SSO.", "Some customers of Acme get SSO."},
		{"Acme is FedRAMP authorized.", "Acme was FedRAMP authorized until 2024."},
	} {
		page := "# Console\n\n" + c[1] + "\n"
		for _, f := range judged(t, page, c[0], c[1]) {
			if f.Statement != c[1] { // the page's own words are true
				t.Errorf("%q\nof %q", f.Statement, c[1])
			}
		}
	}
}

func TestATrueStatementOfAModelIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"Data is replicated to two regions.", "Data is replicated to two regions (Dublin and Frankfurt)."},
		{"Backups of customer data are encrypted.", "Backups of customer data are encrypted, and they are copied to Dublin."},
		{"Enterprise accounts support SAML.", "Team accounts do not support SSO, but Enterprise accounts support SAML."},
		{"The Team plan allows 600 requests per minute.", "The Free plan allows 60 requests per minute and the Team plan allows 600 requests per minute."},
		{"Reports can be exported as Parquet.", "Reports can be exported as CSV, JSON and Parquet."},
		{"Reports can be exported as CSV and Parquet.", "Reports can be exported as CSV, JSON and Parquet."},
		{"Free plans support webhooks.", "Free, Team and Enterprise plans support webhooks."},
		{"Sessions expire after 30 min.", "Sessions expire after 30 minutes."},
		{"Keys can't be used in browsers.", "Keys cannot be used in browsers."},
		{"The maximum upload size is 10 MB per file.", "The maximum upload size is 10 MB per file."},
		{"Console sessions expire after 5 hours.", "Sessions expire after 5 hours."},
		{"Passwords have at least 12 characters.", "Passwords have at least 12 characters."},
	} {
		page := "# Console\n\n" + c[1] + "\n"
		if got := statements(judged(t, page, c[0], c[1])); !slices.Equal(got, []string{c[0]}) {
			t.Errorf("%q\nof %q: %q", c[0], c[1], got)
		}
	}
}

func TestAParaphraseIsToldInTheWordsOfThePage(t *testing.T) {
	t.Parallel()
	const quote = "The burst limit is 50 requests per second per key."
	got := statements(judged(t, "# Limits\n\n"+quote, "Each key has a burst limit of 50 requests per second.", quote))
	if !slices.Equal(got, []string{quote}) {
		t.Errorf("got %q", got)
	}
	if got := judged(t, "It lasts 50 seconds for each of the keys.", "Of the keys each lasts 50 seconds.", "It lasts 50 seconds for each of the keys."); len(got) > 0 && strings.HasPrefix(got[0].Statement, "It ") {
		t.Errorf("a sentence that cannot stand alone: %+v", got)
	}
}

func TestANumberOfARowStandsWithItsOwnHeads(t *testing.T) {
	t.Parallel()
	const page = "# Plans\n\n| Limit | Free | Team | Scale |\n| --- | --- | --- | --- |\n| Requests per minute | 60 | 600 | up to 6,000 |\n| Export timeout | 10 seconds | 20 seconds | 30 seconds |\n| SSO login | no | yes | yes |\n\n" +
		"Text between tables stands here.\n\n| Plan | Price per month | Storage (GB) |\n| --- | --- | --- |\n| Free | $0 | 5 |\n| Team | $29 | 50 |\n"
	for _, c := range []struct {
		statement, quote string
		want             bool
	}{
		{"The Team plan allows 600 requests per minute.", "| Requests per minute | 60 | 600 | up to 6,000 |", true},
		{"The Free plan allows 600 requests per minute.", "| Requests per minute | 60 | 600 | up to 6,000 |", false},
		{"The Team plan allows 60 requests per minute.", "| Requests per minute | 60 | 600 | up to 6,000 |", false},
		{"The Scale plan allows 6,000 requests per minute.", "| Requests per minute | 60 | 600 | up to 6,000 |", false},
		{"The Scale plan allows up to 6,000 requests per minute.", "| Requests per minute | 60 | 600 | up to 6,000 |", true},
		{"The Team plan allows 600 requests per second.", "| Requests per minute | 60 | 600 | up to 6,000 |", false},
		{"The export timeout of the Team plan is 20 seconds.", "| Export timeout | 10 seconds | 20 seconds | 30 seconds |", true},
		{"The export timeout of the Team plan is 30 seconds.", "| Export timeout | 10 seconds | 20 seconds | 30 seconds |", false},
		{"The export timeout of the Free plan is 10 minutes.", "| Export timeout | 10 seconds | 20 seconds | 30 seconds |", false},
		{"SSO login is available on the Team plan.", "| SSO login | no | yes | yes |", true},
		{"SSO login is available on the Free plan.", "| SSO login | no | yes | yes |", false},
		{"SSO login is not available on the Free plan.", "| SSO login | no | yes | yes |", true},
		{"SSO login is not available on the Team plan.", "| SSO login | no | yes | yes |", false},
		{"SSO login is available on the Free and Team plans.", "| SSO login | no | yes | yes |", false},
		{"The Team plan has a price of $29 per month.", "| Team | $29 | 50 |", true},
		{"The Free plan has a price of $29 per month.", "| Team | $29 | 50 |", false},
		{"The Team plan includes 50 GB of storage.", "| Team | $29 | 50 |", true},
		{"The Team plan includes 29 GB of storage.", "| Team | $29 | 50 |", false},
		{"The Team plan includes 50 TB of storage.", "| Team | $29 | 50 |", false},
	} {
		got := statements(judged(t, page, c.statement, c.quote))
		if slices.Contains(got, c.statement) != c.want {
			t.Errorf("%q: %q, want %v", c.statement, got, c.want)
		}
	}
}
