package extract_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

// told gives the statements of the facts of a text, in order of the alphabet.
func told(t *testing.T, text, profile string, least float64) []string {
	t.Helper()
	var got []string
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, profile), least) {
		checkFact(t, text, f)
		got = append(got, f.Statement)
	}
	slices.Sort(got)
	return got
}

func TestASentenceWithoutSubjectHasTheOneAboveIt(t *testing.T) {
	for text, want := range map[string][]string{
		"max_connections\n: Must be between 1 and 262143. Maximum number of concurrent connections.": {"max_connections — Maximum number of concurrent connections.", "max_connections — Must be between 1 and 262143."},
		"# Batch size\n\nMust be between 1 and 500 items.":                                           {"Batch size — Must be between 1 and 500 items."},
		"# Uploads\n\nThe maximum size is 10 MB.":                                                    {"Uploads — The maximum size is 10 MB."},
		"# Uploads\n\nThe size of a file is at most 10 MB.":                                          {"The size of a file is at most 10 MB."},
		"# Uploads\n\nThe maximum is 10 MB of storage.":                                              {"Uploads — The maximum is 10 MB of storage."},
		"# Limits of 2024\n\nThe maximum size is 10 MB.":                                             {"The maximum size is 10 MB."},
		"## Free plan\n\nThe price is $0 forever. Storage is limited to 500 MB.":                     {"Free plan — Storage is limited to 500 MB.", "Free plan — The price is $0 forever."},
		"## Pro\n\n- Storage is limited to 500 MB.\n- Pro accounts have a storage of at most 5 GB.":  {"Pro accounts have a storage of at most 5 GB.", "Pro plan — Storage is limited to 500 MB."},
		"## Pro\n\nAll plans have a storage of 5 GB. The storage of Enterprise is limited to 9 GB.":  {"All plans have a storage of 5 GB.", "The storage of Enterprise is limited to 9 GB."},
		"## Paid plans\n\nAdditional storage costs $5 per month.":                                    {"Additional storage costs $5 per month."},
	} {
		profile := "pricing"
		if text[0] == 'm' || text[2] == 'B' {
			profile = "technical_specs"
		}
		if got := told(t, text, profile, 0.4); !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestAPropertyIsOneOfItsSchemaOrOperation(t *testing.T) {
	properties := "| Property | Type | Required | Limits |\n| --- | --- | --- | --- |\n| `to` | string | no | at most 254 characters |\n| `id` | string | yes | |"
	for text, want := range map[string][]string{
		"## Schemas\n\n### Message\n\n" + properties:                     {"Message, property to — Limits: at most 254 characters"},
		"## Operations\n\n### POST /messages\n\nSends.\n\n" + properties: {"Endpoint POST /messages", "POST /messages, property id — Type: string; Required: yes", "POST /messages, property to — Limits: at most 254 characters"},
		"## Schemas\n\n### The message itself\n\n" + properties:          {"to — Limits: at most 254 characters"},
	} {
		if got := told(t, text, "api_docs", 0.5); !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestWhatEveryResponseSaysIsNoFact(t *testing.T) {
	text := "### POST /messages\n\n| Response | Description |\n| --- | --- |\n| 200 | OK |\n| 201 | Successful operation |\n| 429 | Too Many Requests |\n| 413 | The request body is larger than 1 MB. |\n\n" +
		"# Authentication\n\n| Scope | Description |\n| --- | --- |\n| `read` | Read |"
	want := []string{"Endpoint POST /messages", "POST /messages, response 413 — Description: The request body is larger than 1 MB."}
	if got := told(t, text, "api_docs", 0.4); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestATermWithANumberIsQuotedWithItsMeaning(t *testing.T) {
	text := "# Certificates\n\nSOC 2 Type 2\n: Report of the year to June 2024\n\nISO 27001, 27017 and 27018\n: Certified until 14 May 2027, cloud only\n: Audited by an accredited firm"
	want := map[string]string{
		"SOC 2 Type 2\n: Report of the year to June 2024":                       "Certificates — SOC 2 Type 2: Report of the year to June 2024",
		"ISO 27001, 27017 and 27018\n: Certified until 14 May 2027, cloud only": "ISO 27001, 27017 and 27018: Certified until 14 May 2027, cloud only",
	}
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.3) {
		checkFact(t, text, f)
		if f.Statement == want[f.Quote] {
			delete(want, f.Quote)
		}
	}
	for quote, statement := range want {
		t.Errorf("%q does not give %q", quote, statement)
	}
}
