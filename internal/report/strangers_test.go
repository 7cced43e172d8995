package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// says is a statement with its first value, as it is found on a page.
func says(company, text string, qualifiers ...string) stated {
	s := stated{company: company, category: "limits", text: text, qualifiers: map[string]string{}}
	if all := extract.Measures(text); len(all) > 0 {
		s.value = all[0].Value
	}
	for i := 0; i+1 < len(qualifiers); i += 2 {
		s.qualifiers[qualifiers[i]] = qualifiers[i+1]
	}
	return s
}

// yesNo is a cell of a table of A that says yes or no for a plan.
func yesNo(row, plan, cell string) stated {
	s := says("A", row+" — "+plan+": "+cell, "plan", plan)
	s.value = schema.Value{Kind: schema.ValueFlag, Original: cell, Yes: cell == "Yes"}
	return s
}

// cells are those of a row for companies that say all of that.
func cells(t *testing.T, row string, companies []string, all ...stated) []report.Cell {
	t.Helper()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, all...)
	return rowOf(compare(t, s, report.Question{Companies: companies, Attributes: []string{row}}), row).Cells
}

func TestAValueKeepsTheRowThatItIsFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row, text string
		said      []string
	}{
		{"request_rate", "Matrix, Paid: 300 req/min · Directions, Paid: 40 req/s", []string{"Matrix — Paid: 300 req/min", "Directions — Paid: 40 req/s"}},
		{
			"request_rate", "Directions, Free: 2 req/s · Directions, Paid: 40 req/s · Matrix, Free: 10 req/min · Matrix, Paid: 300 req/min",
			[]string{"Matrix — Paid: 300 req/min", "Directions — Free: 2 req/s", "Matrix — Free: 10 req/min", "Directions — Paid: 40 req/s"},
		},
		{"memory", "One country: 16 GB · Europe: 96 GB · World: 256 GB", []string{"World — RAM: 256 GB", "Europe — RAM: 96 GB", "One country — RAM: 16 GB"}},
		{"request_size", "20 MB", []string{"Other limits — Request size: 20 MB"}},
		{"batch_size", "2,000 records", []string{"POST /v1/records — Batch size: 2,000 records"}},
		{"concurrent_connections", "ox-1 node: 500 simultaneous connections", []string{"An ox-1 node takes 500 simultaneous connections."}},
		{"concurrent_connections", "20 per account", []string{"Connections — 20 at a time per account"}},
		{"request_rate", "10 requests per second per team", []string{"By default a team can make 10 requests per second."}},
		{"request_timeout", "Directions: 20 seconds", []string{"Directions give up after 20 seconds and answer 504."}},
		{"request_timeout", "30 seconds", []string{"Requests time out after 30 seconds."}},
		{"request_timeout", "30 seconds", []string{"With curl — A request is given up after 30 seconds."}},
		{"first_response", "Mission Critical: 15-minute", []string{"Mission Critical — Everything in Standard, and a 15-minute response time around the clock, for support."}},
		{"disk", "5 GB per 100,000 queued messages", []string{"It needs at least 5 GB of free disk space per 100,000 queued messages."}},
		{"token_lifetime", "between 60 seconds and 6 hours", []string{"Access tokens last between 60 seconds and 6 hours."}},
		{"rpo", "1 minute with point-in-time recovery, otherwise 24 hours", []string{"Service levels — Recovery point: 1 minute with point-in-time recovery, otherwise 24 hours"}},
		{"uptime", "99.9% on paid plans", []string{"The contract guarantees 99.9% on paid plans."}},
		{"uptime", "99.9%", []string{"The uptime SLA is 99.9% in 2026."}},
		{"uptime", "99.9%", []string{"The uptime SLA is 99.9% on whatever it is that we have agreed on with you in writing."}},
		{"price", "€49/month · €290/month · €6 per vehicle per month", []string{"Subscriptions — €49/month", "Subscriptions — €290/month", "Subscriptions — €6 per vehicle per month"}},
		{"first_response", "Premium: 1 hour · Standard: 24 hours", []string{"Standard support responds within 24 hours.", "Premium support responds within 1 hour."}},
		{"request_rate", "Growth: 25 requests per second", []string{"Growth teams have a rate limit of 25 requests per second."}},
	} {
		if got := ofOnePage(t, c.row, c.said...); got.Text != c.text || got.State != report.Stated {
			t.Errorf("%q says %s %q, want %q", c.said, got.State, got.Text, c.text)
		}
	}
	got := cells(t, "memory", []string{"A"}, says("A", "World — RAM: 256 GB"), says("A", "Europe — RAM: 96 GB"))[0]
	if e := got.Entries[0]; e.Limits["row"] != "Europe" || e.Limits["column"] != "" {
		t.Errorf("limited by %v", e.Limits)
	}
}

// ofOnePage is the cell of a company that says all of that on one page.
func ofOnePage(t *testing.T, row string, said ...string) report.Cell {
	t.Helper()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []stated
	for _, text := range said {
		all = append(all, says("A", text))
	}
	put(t, s, all...)
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(t.Context(), `update facts set url = 'http://demo.example/'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rowOf(compare(t, s, report.Question{Companies: []string{"A"}, Attributes: []string{row}}), row).Cells[0]
}

func TestASentenceThatNamesTheThingGoesFirst(t *testing.T) {
	t.Parallel()
	vague, named := "On your servers — It listens on port 8443.", "The appliance comes as a virtual machine image."
	if got := ofOnePage(t, "self_hosting", vague, named).Text; !strings.HasPrefix(got, strings.TrimSuffix(named, ".")) {
		t.Errorf("first comes %q", got)
	}
	adding, until := "Adding 0.0.0.0/0 to the allow list opens it to all.", "A new cluster accepts no connections until you add an address to its allow list."
	if got := ofOnePage(t, "ip_allow_list", adding, until); got.State != report.Stated || !strings.HasPrefix(got.Text, strings.TrimSuffix(until, ".")) || got.Entries[0].Denies {
		t.Errorf("first comes %q", got.Text)
	}
	if got := ofOnePage(t, "sandbox", "The sandbox — It forgets everything at night.", "Each workspace has a sandbox.").Text; !strings.HasPrefix(got, "The sandbox — It forgets") {
		t.Errorf("first comes %q", got)
	}
}

func TestABurstIsNoRequestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Growth teams may burst to 25 requests per second.":                              "burst 25 requests per second",
		"It allows 100 requests per second, with a burst of 200 requests.":               "burst 200 requests; request_rate 100 requests per second",
		"The rate limit is 10 requests per second in bursts.":                            "burst 10 requests per second in bursts; request_rate 10 requests per second in bursts",
		"Bursts of 500 requests per minute are absorbed.":                                "burst 500 requests per minute",
		"Team plan — Rate limit: 600 requests per minute; Burst: 90 requests per second": "burst 90 requests per second; request_rate 600 requests per minute",
	} {
		if got := entriesOf(text); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
}

// entriesOf writes down what a text says of rows that have a name.
func entriesOf(text string) string {
	var list []string
	f := says("", text)
	for _, e := range report.Entries(report.Statement{Category: "limits", Text: f.text, Value: f.value, Qualifiers: f.qualifiers}) {
		if e.Attribute[0] != '~' {
			list = append(list, strings.TrimSpace(map[bool]string{true: "no "}[e.Denies]+e.Attribute+" "+e.Value.Original))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}

func TestNothingIsRankedThatIsForEachOfSomethingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b, row string
		ranked    bool
	}{
		{"500 concurrent connections per node.", "50 concurrent connections per workspace.", "concurrent_connections", false},
		{"500 concurrent connections per node.", "50 concurrent connections.", "concurrent_connections", false},
		{"An ox-1 node takes 500 simultaneous connections.", "Connections — 20 at a time per account", "concurrent_connections", false},
		{"Read calls — Rate limit: 1,200 / min; Scope: organisation", "The rate limit is 10 requests per second per project.", "request_rate", false},
		{"Requests — Rate limit: 1,200 / min; Scope: organisation", "The rate limit is 10 requests per second per organization.", "request_rate", true},
		{"500 concurrent connections per node.", "50 concurrent connections for each node.", "concurrent_connections", true},
		{"500 concurrent connections.", "50 concurrent connections.", "concurrent_connections", true},
		{"Page size — 500 hits per page", "At most 50 results per page.", "page_size", true},
	} {
		got := cells(t, c.row, []string{"A", "B"}, says("A", c.a), says("B", c.b))
		if got[0].Best != c.ranked || got[1].Worst != c.ranked || (got[0].Unranked+got[1].Unranked == "") != c.ranked {
			t.Errorf("%q and %q: %+v, %+v", c.a, c.b, got[0], got[1])
		}
	}
	got := cells(t, "concurrent_connections", []string{"A", "B", "C"}, says("A", "500 concurrent connections per node."), says("B", "50 concurrent connections per node."), says("C", "9 concurrent connections."))
	if !got[0].Best || !got[1].Worst || got[2].Unranked != "it is not said to be per node" {
		t.Errorf("most are per node: %+v", got)
	}
	got = cells(t, "concurrent_connections", []string{"A", "B", "C"}, says("A", "500 concurrent connections."), says("B", "50 concurrent connections."), says("C", "9 concurrent connections per node."))
	if !got[0].Best || !got[1].Worst || got[2].Unranked != "it is per node" {
		t.Errorf("most are for all: %+v", got)
	}
	got = cells(t, "disk", []string{"A", "B", "C"}, says("A", "It needs at least 5 GB of free disk space per 100,000 messages."), says("B", "It needs 8 GB of disk space."), says("C", "It needs 9 GB of disk space."))
	if got[0].Unranked != "it is per 100,000 messages" || !got[1].Best || !got[2].Worst {
		t.Errorf("per so many: %+v", got)
	}
	got = cells(t, "memory", []string{"A", "B", "C"}, says("A", "World — RAM: 256 GB"), says("A", "Europe — RAM: 96 GB"), says("B", "It needs 8 GB of memory."), says("C", "It needs 9 GB of memory."))
	if got[0].Unranked != "it says values of several things" || !got[1].Best || got[2].Worst {
		t.Errorf("of several rows: %+v", got)
	}
}

func TestAPriceOfManyIsThatOfOne(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		says("A", "Growth plan — 50,000 emails per month, then $0.55 per 1,000", "plan", "Growth"),
		says("B", "Searches beyond the included quantity cost $0.50 per thousand searches."),
		says("C", "Overage is $0.0004 each."),
		says("D", "Overage costs $20 per million requests."),
		says("E", "Overage is €0.10 per 1,000."),
		says("F", "Overage costs $0.40 per 10k emails."),
	)
	rules := []schema.Requirement{of("overage", schema.AtMost, "$0.0005"), of("overage", schema.AtMost, "$0.05 per 1,000 requests"), of("overage", schema.AtLeast, "$0.0006")}
	all := []string{"A", "B", "C", "D", "E", "F"}
	a := assess(t, s, rules, all...)
	for company, want := range map[string]string{
		"A": "FAIL FAIL FAIL", "B": "PASS FAIL FAIL", "C": "PASS FAIL FAIL", "D": "PASS PASS FAIL", "E": "UNKNOWN UNKNOWN UNKNOWN", "F": "PASS UNKNOWN FAIL",
	} {
		var got []string
		for _, f := range assessed(a, company).Findings {
			got = append(got, string(f.Outcome))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is %v, want %s: %+v", company, got, want, assessed(a, company).Findings)
		}
	}
	row := rowOf(compare(t, s, report.Question{Companies: all, Attributes: []string{"overage"}}), "overage")
	if c := row.Cells; c[0].Text != "Growth: $0.55 per 1,000" || !c[0].Worst || !c[3].Best || c[1].Unranked != "" || c[4].Unranked == "" || c[5].Unranked == "" {
		for _, c := range c {
			t.Errorf("%s says %q: best %v, worst %v, unranked %q", c.Company, c.Text, c.Best, c.Worst, c.Unranked)
		}
	}
}

func TestThatThereIsNoLimitIsAValue(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		says("A", "The API has no rate limit."),
		says("B", "Requests are not rate limited to 100 requests per second any more."),
		says("C", "Batch calls do not support attachments."),
		says("D", "Enterprise servers have no rate limit."),
		says("E", "Unlimited API calls."),
	)
	rules := []schema.Requirement{of("request_rate", schema.Equals, "unlimited"), of("request_rate", schema.AtLeast, "1,000 requests per second"), of("request_rate", schema.AtMost, "5 per second"), of("batch_size", schema.AtLeast, "5")}
	a := assess(t, s, rules, "A", "B", "C", "D", "E")
	for company, want := range map[string]string{
		"A": "PASS PASS FAIL UNKNOWN", "B": "UNKNOWN UNKNOWN UNKNOWN UNKNOWN", "C": "UNKNOWN UNKNOWN UNKNOWN UNKNOWN", "D": "PASS [Enterprise] PASS [Enterprise] FAIL UNKNOWN", "E": "PASS PASS FAIL UNKNOWN",
	} {
		var got []string
		for _, f := range assessed(a, company).Findings {
			if got = append(got, string(f.Outcome)); len(f.Plans) > 0 {
				got = append(got, fmt.Sprint(f.Plans))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is %v, want %s: %+v", company, got, want, assessed(a, company).Findings)
		}
	}
}

func TestWhereNoneIsBestANoIsNone(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, says("A", "A does not charge for overage."), says("B", "Overage costs $20 per million requests."), says("C", "Overage costs €30 per million requests."),
		says("A", "There is no minimum number of seats."), says("B", "There is a minimum of 5 seats."))
	c := compare(t, s, report.Question{Companies: []string{"A", "B", "C"}, Attributes: []string{"overage", "minimum_seats"}})
	for _, row := range c.Rows {
		if cell := row.Cells[0]; cell.State != report.Stated || cell.Text != "none" || !cell.Best || row.Cells[1].Best {
			t.Errorf("%s: %+v, %+v", row.Key, cell, row.Cells[1])
		}
	}
	if c.Companies[0].StatedNo != 0 {
		t.Errorf("A lacks %d", c.Companies[0].StatedNo)
	}
	rules := []schema.Requirement{
		of("overage", schema.AtMost, "$0.01"), of("overage", schema.Equals, "no"), of("overage", schema.Equals, "yes"), of("overage", schema.Exists, ""), of("overage", schema.AtLeast, "$0.01"),
		of("minimum_seats", schema.AtMost, "1"), of("minimum_seats", schema.Equals, "no"),
	}
	var got []string
	for _, f := range assess(t, s, rules, "A").Companies[0].Findings {
		got = append(got, string(f.Outcome))
	}
	if want := "PASS PASS FAIL UNKNOWN FAIL PASS PASS"; strings.Join(got, " ") != want {
		t.Errorf("outcomes are %v, want %s", got, want)
	}
}

func TestABetaAndARegionAreNotHidden(t *testing.T) {
	t.Parallel()
	beta := says("A", "Vector search is offered in beta on the Business and Enterprise plans in the United States region only.",
		"plan", "Business, Enterprise", "condition", "beta", "region", "United States")
	got := cells(t, "vector_search", []string{"A"}, yesNo("Vector search", "Free", "No"), yesNo("Vector search", "Team", "No"),
		yesNo("Vector search", "Business", "Yes"), yesNo("Vector search", "Enterprise", "Yes"), beta)[0]
	if want := "Yes (beta, United States): Business, Enterprise · No: Free, Team"; got.Text != want {
		t.Errorf("says %q, want %q", got.Text, want)
	}
	got = cells(t, "vector_search", []string{"A"}, says("A", "Vector search is offered beside the search for words, on all of the plans that there are."),
		says("A", "Vector search takes what any model makes of a text, a picture, or a sound of some length."),
		says("A", "Vector search in Japan is a preview.", "condition", "preview"))[0]
	if !strings.Contains(got.Text, "in Japan is a preview") || !strings.Contains(got.Text, "+1 more") {
		t.Errorf("says %q", got.Text)
	}
	server := says("A", "Mutual TLS is supported by Acme Server, and by Acme Cloud on the Enterprise plan.", "plan", "Enterprise")
	server.value = schema.Value{Kind: schema.ValueFlag, Original: "is supported", Yes: true}
	got = cells(t, "mtls", []string{"A"}, yesNo("Mutual TLS", "Pro", "No"), yesNo("Mutual TLS", "Enterprise", "Yes"), server)[0]
	if want := "Yes: Enterprise · No: Pro · Mutual TLS is supported by Acme Server, and by Acme Cloud on the Enterprise plan"; got.Text != want {
		t.Errorf("says %q, want %q", got.Text, want)
	}
	addOn := says("A", "SSO (SAML) — Business: Add-on", "plan", "Business")
	got = cells(t, "saml", []string{"A"}, yesNo("SSO (SAML)", "Enterprise", "Yes"), addOn)[0]
	if want := "Yes: Enterprise · Business: Add-on"; got.Text != want {
		t.Errorf("says %q, want %q", got.Text, want)
	}
}

func TestAPlanIsKnownByTheHeadOfItsColumnOrRow(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, says("A", "Support — Enterprise: phone, first response within 30 minutes"), says("A", "Support — Pro: tickets, first response within 8 hours"),
		says("B", "Premium — By: email; First response: within 30 minutes"))
	for _, c := range assess(t, s, []schema.Requirement{of("first_response", schema.AtMost, "1 hour")}, "A", "B").Companies {
		if want := map[string]string{"A": "Enterprise", "B": "Premium"}[c.Company]; !slices.Equal(c.Findings[0].Plans, []string{want}) || c.Findings[0].Entries[0].Text != want+": 30 minutes" {
			t.Errorf("%s: %+v", c.Company, c.Findings[0])
		}
	}
}

func TestASentenceCountsOnceWhateverConditionsWereFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		text := "A holds a FedRAMP authorization that is in progress."
		facts := put(t, s, says("A", text, "condition", "in progress"))
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			f := facts[0]
			other := tx.Ent.Profile.Create().SetName("other").SetCategories([]string{"limits"}).SaveX(t.Context())
			tx.Ent.Fact.Create().SetPageID(f.PageID).SetSnapshotID(f.SnapshotID).SetProfileID(other.ID).SetCompany(f.Company).SetURL(f.URL).SetCategory("limits").SetStatement(text).SetQuote(text).
				SetSpan(schema.Span{}).SetConfidence(1).SetMethod(schema.MethodRules).SetFingerprint(uuid.NewString()).ExecX(t.Context())
			return report.KeepOfPage(t.Context(), tx, f.PageID, other.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		cell := rowOf(compare(t, s, report.Question{Companies: []string{"A"}, Attributes: []string{"fedramp"}}), "fedramp").Cells[0]
		if cell.State != report.StatedNo || len(cell.Entries) != 1 || cell.More != 0 || len(cell.Facts()) != 2 {
			t.Errorf("the cell is %+v", cell)
		}
	})
}

func TestOnlyWhatTheVendorSaysOfTodayCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Until 2025 the rate limit was 50 requests per second.":              "",
		"The rate limit used to be 50 requests per second.":                  "",
		"Requests are not rate limited to 100 requests per second any more.": "",
		"Our competitor Oxbow allows 10 requests per second.":                "",
		"Other vendors have SAML.":                                           "",
		"Most vendors allow 10 requests per second.":                         "",
		"Search latency was 45 ms at p95 in 2026.":                           "latency_p95 45 ms",
		"No customer has ever been denied a data processing agreement.":      "dpa",
		"It is not true that SCIM is not supported.":                         "scim",
		"SCIM is not available except on Enterprise.":                        "scim",
		"Rate limits — A team can make 10 requests.":                         "",
		"Burst — Up to 90 requests at once.":                                 "burst 90 requests",
		"Kubernetes — Not supported":                                         "no kubernetes",
		"Webhooks — They are signed with Ed25519.":                           "webhooks",
		"Batch calls do not support attachments.":                            "",
		"Webhooks don't support retries.":                                    "webhooks",
		"Webhooks do not exist.":                                             "no webhooks",

		"The rate limit was 50 requests per second; it is 90 requests per second.": "request_rate 90 requests per second",

		"The rate limit was raised to 90 requests per second.": "request_rate 90 requests per second",

		"The rate limit was raised from 50 requests per second to 90 requests per second.": "request_rate 90 requests per second",

		"The rate limit will be raised from 50 requests per second to 90 requests per second in June 2027.": "request_rate 50 requests per second",

		"Availability was 99.98% in 2025; the contract guarantees 99.9%.": "uptime 99.9%",

		"Customers may not use multi-factor authentication unless they are on the Scale plan.": "mfa",

		"Rate limits — It is not true that HIPAA is not supported: we sign a BAA.": "hipaa",

		"Self-hosting — It listens on port 8443, which must be reachable; webhooks are sent from it.": "webhooks",

		"The appliance comes as a virtual machine image and as a chart.": "self_hosting",

		"Is there a bug bounty? — We pay for findings, and SAML is included.": "bug_bounty; saml",
	} {
		if got := entriesOf(text); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
	no := schema.Value{Kind: schema.ValueFlag, Original: "do not support"}
	if got := report.Entries(report.Statement{Text: "Webhooks do not support retries.", Value: no}); len(got) != 1 || got[0].Attribute != "webhooks" || got[0].Denies {
		t.Errorf("what lacks something is there: %+v", got)
	}
	no.Original = "not available"
	if got := report.Entries(report.Statement{Text: "SCIM is not available on the Free plan.", Value: no}); len(got) != 2 || got[0].Apart.String() != "plan=free" || got[1].Attribute != "free_tier" || got[1].Denies {
		t.Errorf("where something is lacking is there: %+v", got)
	}
	denied := report.Entries(report.Statement{Text: "Audit logging cannot be bought for Developer clusters."})
	if len(denied) != 1 || denied[0].Apart.String() != "plan=developer" || denied[0].Value.Yes || denied[0].Value.Kind != schema.ValueFlag {
		t.Errorf("who has it not: %+v", denied)
	}
	got := report.Entries(report.Statement{Text: "Customers may not use multi-factor authentication unless they are on the Scale plan."})
	if len(got) != 1 || got[0].Apart.String() != "plan=scale" {
		t.Errorf("who has it: %+v", got)
	}
}

func TestCapitalsOfARuleAreThoseOfTheText(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, says("A", "x-ratelimit-limit: Requests allowed in the current window."), says("A", "A GPU is not needed."), says("A", "Plain HTTP is refused, and go to the page."),
		says("A", "The audit log is exported."), says("A", "It runs without XML."), says("A", "APIs are stable."),
		says("B", "It runs on Windows."), says("B", "Two GPUs are used."), says("B", "Drivers are published for Go."))
	for text, want := range map[string]string{
		"Windows": "UNKNOWN PASS", "windows": "PASS PASS", "GPU": "UNKNOWN PASS", "Go": "UNKNOWN PASS", "HTTPS": "UNKNOWN UNKNOWN", "Audit log": "PASS UNKNOWN", "Audit Log": "UNKNOWN UNKNOWN",
		"XML": "UNKNOWN UNKNOWN", "API": "PASS UNKNOWN",
	} {
		a := assess(t, s, []schema.Requirement{about(text, schema.Exists, "")}, "A", "B")
		if got := string(assessed(a, "A").Findings[0].Outcome) + " " + string(assessed(a, "B").Findings[0].Outcome); got != want {
			t.Errorf("%q is %s, want %s: %+v", text, got, want, a.Companies)
		}
	}
	f := assess(t, s, []schema.Requirement{about("Windows", schema.Exists, ""), about("GPU", schema.Exists, "")}, "A").Companies[0].Findings
	if f[0].Reason != "no fact has these words, with these capitals" || !strings.Contains(f[1].Reason, "denies something") {
		t.Errorf("because %q and %q", f[0].Reason, f[1].Reason)
	}
}

func TestReasonsDropTwinsAndAPlainPercentageIsOne(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, says("A", "Every workspace has a free trial of 21 days on the Growth plan.", "plan", "Growth"), says("A", "Your workspace opens with a trial of 21 days."),
		says("A", "The uptime SLA is 99.95%."))
	f := assess(t, s, []schema.Requirement{of("trial", schema.AtLeast, "2 weeks"), of("uptime", schema.AtLeast, "99.9"), of("uptime", schema.AtLeast, "99.99")}, "A").Companies[0].Findings
	if f[0].Reason != "stated: Growth: 21 days" || f[1].Outcome != report.Pass || f[2].Outcome != report.Fail {
		t.Errorf("findings are %+v", f)
	}
	name := "x"
	_, err := report.NewRequirements(s).Create(t.Context(), report.RequirementDraft{Name: &name, Rules: []schema.Requirement{of("uptime", schema.AtLeast, "5 hours")}})
	if err == nil || !strings.Contains(err.Error(), `"5 hours" is a length of time, and uptime is told as a percentage`) {
		t.Errorf("refused with %v", err)
	}
}
