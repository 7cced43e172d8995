package report_test

import (
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
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
		if got := report.Entries(c.s); len(got) != 1 || got[0].Attribute != "memory" || got[0].Apart.String() != c.apart || got[0].Value != memory {
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

func TestANoMustBeAboutTheRowItself(t *testing.T) {
	t.Parallel()
	no := schema.Value{Kind: schema.ValueFlag, Original: "no"}
	for text, c := range map[string]struct {
		value  schema.Value
		denies bool
	}{
		"Custom shapes are not supported.":                             {schema.Value{Kind: schema.ValueFlag, Original: "not supported"}, true},
		"There is no region in Peru.":                                  {schema.Value{}, true},
		"Shapes — Free: No":                                            {schema.Value{Kind: schema.ValueFlag, Original: "No"}, true},
		"Shapes — State: Not authorized":                               {schema.Value{}, true},
		"mode — In: body; Type: string; Required: no":                  {no, false},
		"mode — Must: no; hides it until then":                         {no, false},
		"Depth — Can be raised: No":                                    {schema.Value{Kind: schema.ValueFlag, Original: "No"}, false},
		"Status 503 — Code: region_unavailable; What to do: Try again": {schema.Value{}, false},
		"Typos — Up to 2 typos are forgiven per word: none below 4 letters, one from 4 letters on": {schema.Value{}, false},
		"C library — Needs: glibc 2.31 or later. musl is not supported":                            {schema.Value{}, false},
		"record.gone — When: a record can no longer be found":                                      {schema.Value{}, false},
		"There is nothing to install: no nodes, no night shift.":                                   {schema.Value{}, false},
		"Nothing leaves the country.":                                                              {schema.Value{}, false},
		"The last owner cannot be removed.":                                                        {schema.Value{}, false},
	} {
		got := report.Entries(report.Statement{Category: "compliance", Text: text, Value: c.value})
		if len(got) != 1 || got[0].Attribute != "~compliance" || got[0].Denies != c.denies {
			t.Errorf("%q: %+v, want denies %v", text, got, c.denies)
		}
	}
	for text, denies := range map[string]bool{
		"SAML is not supported on any plan.":                                   true,
		"SAML is not available for Developer clusters.":                        false,
		"FedRAMP authorisation is not planned.":                                true,
		"PCI DSS does not apply to us, since cards are handled by a provider.": true,
	} {
		if got := report.Entries(report.Statement{Category: "compliance", Text: text}); len(got) != 1 || got[0].Denies != denies {
			t.Errorf("%q: %+v, want denies %v", text, got, denies)
		}
	}
}

func TestWhatHasEndedOrIsToComeIsDenied(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		attribute string
		denies    bool
	}{
		"Support for OAuth 2.0 has been dropped.":                  {"oauth2", true},
		"SAML single sign-on was removed in version 3.":            {"saml", true},
		"Features — SCIM has been discontinued":                    {"scim", true},
		"SCIM — Status: Discontinued in 2024":                      {"scim", true},
		"Our SOC 2 report expired in March 2024.":                  {"soc2", true},
		"HIPAA compliance is planned for 2027.":                    {"hipaa", true},
		"Is there a bug bounty? — Not at the moment":               {"bug_bounty", true},
		"Nova lacks support for mutual TLS.":                       {"mtls", true},
		"Webhooks are no longer supported since version 4.":        {"webhooks", true},
		"SCIM is on the roadmap.":                                  {"scim", true},
		"Nova dropped support for SAML in version 3.":              {"saml", true},
		"Support for SAML has never been dropped.":                 {"saml", false},
		"SAML is supported; the old log-in page was removed.":      {"saml", false},
		"Webhooks tell you when a record was removed.":             {"webhooks", false},
		"Version 1 was switched off on 1 June 2026.":               {"sunset", false},
		"An endpoint that was retired on 1 June 2026 answers 410.": {"sunset", false},
	} {
		got := report.Entries(report.Statement{Category: "features", Text: text})
		if len(got) != 1 || got[0].Attribute != want.attribute || got[0].Denies != want.denies {
			t.Errorf("%q: %+v, want %v", text, got, want)
		}
	}
	if got := report.Entries(report.Statement{Category: "sdks", Text: "Python 2.7 is no longer supported."}); len(got) != 1 || got[0].Attribute != "~sdks" {
		t.Errorf("a version that there is not is %+v", got)
	}
}

func TestAPriceThatIsTheLeastSaysSo(t *testing.T) {
	t.Parallel()
	got := report.Entries(report.Statement{Category: "pricing", Text: "Enterprise plan — Price: from €1,200 per month", Qualifiers: map[string]string{"plan": "Enterprise"}})
	if len(got) != 1 || got[0].Attribute != "price" || got[0].Value.Original != "from €1,200 per month" || got[0].Value.Number != 1200 {
		t.Errorf("got %+v", got)
	}
}

func TestWhatAPlanLacksIsDeniedOfThatPlanAlone(t *testing.T) {
	t.Parallel()
	type say struct {
		attribute, apart string
		denies, no       bool
	}
	for text, want := range map[string][]say{
		"Audit logs are not available on the Free plan.":                                                      {{"audit_log", "plan=free", false, true}, {"free_tier", "", false, false}},
		"SAML is not included in the free tier.":                                                              {{"saml", "plan=free", false, true}, {"free_tier", "", false, false}},
		"Multi-factor authentication is not available on the Free plan, but is available on all other plans.": {{"mfa", "", false, false}, {"free_tier", "", false, false}},
		"There is no free plan.":                                                                              {{"free_tier", "", true, false}},
		"We have no plans for a free tier.":                                                                   {{"free_tier", "", true, false}},
		"SAML is not available on self-hosted servers.":                                                       {{"saml", "", true, false}, {"self_hosting", "", false, false}},
		"There is no support for mutual TLS.":                                                                 {{"mtls", "", true, false}},
		"SCIM is not supported on any plan.":                                                                  {{"scim", "", true, false}},
	} {
		var got []say
		for _, e := range report.Entries(report.Statement{Category: "tiers", Text: text}) {
			got = append(got, say{e.Attribute, e.Apart.String(), e.Denies, e.Value.Kind == schema.ValueFlag && !e.Value.Yes})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q says %v, want %v", text, got, want)
		}
	}
}

func TestWhatRunsNeedsNoVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Official SDKs are available for Python, Java, PHP and Rust.":   {"sdk_java", "sdk_php", "sdk_python", "sdk_rust"},
		"Drivers are published for C, Go, Java, Python and Rust.":       {"sdk_go", "sdk_java", "sdk_python", "sdk_rust"},
		"Java — Version: 4.5.2":                                         {"~sdks"},
		"Tool kits — JavaScript: npm install @cartolune/gl":             {"sdk_javascript"},
		"The sandbox is capped at 2 requests per second on every plan.": {"sandbox"},
		"Go to the page of the SDK.":                                    {"~sdks"},
		"It needs Python to be built.":                                  {"~sdks"},
		"Nova runs on Kubernetes.":                                      {"kubernetes"},
		"Containers are not supported yet.":                             {"-docker"},
		"Docker is not supported.":                                      {"-docker"},
	} {
		var got []string
		for _, e := range report.Entries(report.Statement{Category: "sdks", Text: text}) {
			got = append(got, map[bool]string{true: "-"}[e.Denies]+e.Attribute)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
}

func TestValuesKeepWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	type say struct{ attribute, value, apart string }
	for text, want := range map[string][]say{
		"The uptime SLA is 99.9% per month on the Pro plan and 99.95% on the Enterprise plan.": {{"uptime", "99.9% per month", "plan=pro"}, {"uptime", "99.95%", "plan=enterprise"}},
		"Enterprise — By: email; First response: within 2 hours":                               {{"first_response", "2 hours", "plan=enterprise"}},
		"hits_per_page — Type: integer; Default: 20":                                           {{"page_size", "20", "column=default"}},
		"Page size — 20 hits by default":                                                       {{"page_size", "20 hits", "column=default"}},
		"Page size — 20 by default, at most 200 hits per page":                                 {{"page_size", "200 hits per page", ""}},
		"Give each node 16 GB of memory and a local NVMe disk; it is required.":                {{"memory", "16 GB", ""}},
		"After the trial you pay a month later.":                                               {{"~features", "", ""}},
		"Encryption keys are rotated once a year.":                                             {{"key_rotation", "once a year", ""}},
		"The audit log is kept for one year.":                                                  {{"audit_log", "", ""}, {"audit_log_retention", "one year", ""}},
		"All traffic uses TLS 1.3, falling back to TLS 1.2 for old devices.":                   {{"minimum_tls", "1.3", ""}},
		"Median latency is 20 ms, p95 latency is 80 ms at 1,000 queries.":                      {{"latency_p50", "20 ms", ""}, {"latency_p95", "80 ms", ""}},
		"RAM is 16 GB, disk is 100 GB, both required.":                                         {{"disk", "100 GB", ""}, {"memory", "16 GB", ""}},
		"The maximum page size is 1,000 records.":                                              {{"page_size", "1,000 records", ""}},
		"The default page size is 50 records.":                                                 {{"page_size", "50 records", "column=default"}},
		"The uptime SLA is 99.5% for Starter, 99.9% for Growth, and 99.99% for Scale.":         {{"uptime", "99.5%", "plan=starter"}, {"uptime", "99.9%", "plan=growth"}, {"uptime", "99.99%", "plan=scale"}},
		"We guarantee 99.9% monthly availability on Business and 99.99% on Enterprise.":        {{"uptime", "99.9%", "plan=business"}, {"uptime", "99.99%", "plan=enterprise"}},
		"The p95 latency is 38 ms in Europe and 45 ms in Asia.":                                {{"latency_p95", "38 ms", ""}},
		"Additional users cost €3 per month each.":                                             {{"~features", "", ""}},
		"AWS — Memory (GB): 16":                                                                {{"memory", "16 GB", "row=aws"}},
		"Go — Requires: 1.21+":                                                                 {{"sdk_go", "1.21+", ""}},
	} {
		var got []say
		of := report.Statement{Category: "features", Text: text}
		if strings.HasSuffix(text, "(GB): 16") {
			of.Value = schema.Value{Kind: schema.ValueSize, Original: "16", Number: 16e9, Unit: "byte"}
		}
		for _, e := range report.Entries(of) {
			got = append(got, say{e.Attribute, e.Value.Original, e.Apart.String()})
			if e.Attribute == "minimum_tls" && e.Value.From != "1.2" {
				t.Errorf("%q: the first version is %q", text, e.Value.From)
			}
			if e.Attribute == "key_rotation" && e.Value.Number < 364*86400 {
				t.Errorf("%q: it takes %v", text, e.Value.Number)
			}
		}
		slices.SortStableFunc(got, func(a, b say) int { return strings.Compare(a.attribute, b.attribute) })
		if !slices.Equal(got, want) {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
	text := "Each further 1,000 requests cost €0.40."
	each := report.Entries(report.Statement{Text: text, Value: extract.Measures(text)[1].Value})
	if len(each) != 1 || each[0].Value.Per != "1,000 requests" || each[0].Value.Unit != "EUR/1,000 requests" || each[0].Value.Original != "€0.40 per 1,000 requests" {
		t.Errorf("a price has lost what it is for: %+v", each)
	}
}

func FuzzEntries(f *testing.F) {
	for _, text := range []string{
		"Memory — Minimum: 8 GiB; Recommended: 64 GiB", "Uptime SLA: 99.9% on the Pro plan and 99.95% on the Enterprise plan.", "TLS 1.3, TLS 1.2", " — : ; ", "Go — Requires: ≥ 1.21", "Keys are rotated every year",
	} {
		f.Add(text, "limits", "8 GiB", true)
	}
	f.Fuzz(func(t *testing.T, text, category, original string, yes bool) {
		for _, v := range []schema.Value{{}, {Kind: schema.ValueFlag, Original: original, Yes: yes}, {Kind: schema.ValueSize, Original: original, Number: 8, Unit: "byte"}} {
			got := report.Entries(report.Statement{Category: category, Text: text, Value: v, Qualifiers: map[string]string{"plan": original}})
			if len(got) == 0 {
				t.Errorf("%q says nothing", text)
			}
			for _, e := range got {
				if e.Denies && e.Value.Numeric() && !strings.HasPrefix(e.Attribute, "~") {
					t.Errorf("%q says %v of %s, and that there is none", text, e.Value, e.Attribute)
				}
			}
		}
	})
}
