package report_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/schema"
)

func TestAStatementSaysWhatItSaysOfEachAttribute(t *testing.T) {
	t.Parallel()
	type say struct {
		attribute, value string
		denies           bool
	}
	for text, want := range map[string][]say{
		"Cloud allows 100 requests per second per organization, with a burst of 200 requests.":           {{"request_rate", "100 requests per second per organization", false}, {"burst", "200 requests", false}, {"limit_scope", "", false}},
		"The recovery point objective (RPO) is 1 hour and the recovery time objective (RTO) is 4 hours.": {{"rpo", "1 hour", false}, {"rto", "4 hours", false}},
		"In the United States region the p95 search latency is 38 ms and the p50 latency is 12 ms.":      {{"latency_p95", "38 ms", false}, {"latency_p50", "12 ms", false}},
		"Acme requires TLS 1.3.":                                        {{"minimum_tls", "1.3", false}},
		"SAML is not supported on any plan.":                            {{"saml", "", true}},
		"Acme doesn't support SCIM.":                                    {{"scim", "", true}},
		"FedRAMP — Status: Not authorized":                              {{"fedramp", "", true}},
		"There is no official Go SDK.":                                  {{"sdk_go", "", true}},
		"There are no webhooks; ask every second instead.":              {{"webhooks", "", true}},
		"Lists are paged with a cursor: follow it until there is none.": {{"pagination", "", false}},
		"Cats are nice.":                                                {{"~features", "", false}},
	} {
		var got []say
		for _, e := range report.Entries(report.Statement{Category: "features", Text: text}) {
			got = append(got, say{e.Attribute, e.Value.Original, e.Denies})
		}
		slices.SortFunc(got, func(a, b say) int {
			return slices.IndexFunc(want, func(w say) bool { return w.attribute == a.attribute }) - slices.IndexFunc(want, func(w say) bool { return w.attribute == b.attribute })
		})
		if !slices.Equal(got, want) {
			t.Errorf("%q says %v, want %v", text, got, want)
		}
	}
}

func TestPlansAndColumnsTellEntriesApart(t *testing.T) {
	t.Parallel()
	memory := schema.Value{Kind: schema.ValueSize, Original: "8 GiB", Number: 8 << 30, Unit: "byte"}
	for text, c := range map[string]struct {
		s     report.Statement
		apart string
	}{
		"a column": {report.Statement{Text: "Memory — Minimum: 8 GiB", Value: memory}, "column=minimum"},
		"a plan":   {report.Statement{Text: "Memory — Team: 8 GiB", Value: memory, Qualifiers: map[string]string{"plan": "Team"}}, "plan=team"},
		"a region": {report.Statement{Text: "Memory is 8 GiB in Europe.", Value: memory, Qualifiers: map[string]string{"region": "Europe"}}, "region=europe"},
		"nothing":  {report.Statement{Text: "It needs 8 GiB of memory.", Value: memory}, ""},
	} {
		if got := report.Entries(c.s); len(got) != 1 || got[0].Attribute != "memory" || got[0].Apart != c.apart || got[0].Value != memory {
			t.Errorf("%s: %+v, want %q apart", text, got, c.apart)
		}
	}
}

func TestACertificationThatIsPlannedOrOverIsNotStated(t *testing.T) {
	t.Parallel()
	for condition, denies := range map[string]bool{"in progress": true, "planned": true, "former": true, "beta": false, "": false} {
		s := report.Statement{Text: "Acme holds a FedRAMP authorization.", Qualifiers: map[string]string{"condition": condition}}
		if got := report.Entries(s); len(got) != 1 || got[0].Attribute != "fedramp" || got[0].Denies != denies {
			t.Errorf("%q: %+v", condition, got)
		}
	}
}
