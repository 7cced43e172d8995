package report_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func of(attribute string, op schema.RequirementOperator, value string) schema.Requirement {
	return schema.Requirement{Attribute: attribute, Operator: op, Value: value, Level: schema.Should, Weight: 1}
}

func about(text string, op schema.RequirementOperator, value string) schema.Requirement {
	return schema.Requirement{Text: text, Operator: op, Value: value, Level: schema.Should, Weight: 1}
}

// verdict is what is true of one demo vendor: the outcome, after it the plans that alone meet
// the rule, and words that the reason has.
type verdict [2]string

// verdicts is what is true of Quarrowby, Fennlark and Halvorsund, as their sites say it;
// see internal/demosite/site/truth.json.
var verdicts = []struct {
	rule schema.Requirement
	of   [3]verdict
}{
	{of("request_rate", schema.AtLeast, "10 requests per second"), [3]verdict{{"PASS Business Team", "600 requests per minute"}, {"PASS", "100 requests per second"}, {"PASS Enterprise", "10,000 requests per minute"}}},
	{of("request_rate", schema.AtLeast, "50 per second"), [3]verdict{{"PASS Business", "6,000 requests per minute"}, {"PASS", "100 requests per second"}, {"PASS Enterprise", "10,000 requests per minute"}}},
	{of("request_rate", schema.AtLeast, "200 per second"), [3]verdict{{"FAIL", "less"}, {"PASS Self-hosted", "Self-hosted servers have no rate limit"}, {"PASS", "There is no rate limit"}}},
	{of("request_rate", schema.AtLeast, "100.5 rps"), [3]verdict{{"FAIL", "less"}, {"PASS Self-hosted", "Self-hosted servers have no rate limit"}, {"PASS Enterprise", "10,000"}}},
	{of("request_rate", schema.AtLeast, "1 GB per day"), [3]verdict{{"UNKNOWN", "it counts something else"}, {"UNKNOWN", "it counts something else"}, {"UNKNOWN", "contradict"}}},
	{of("request_rate", schema.AtMost, "1 per hour"), [3]verdict{{"FAIL", "more"}, {"FAIL", "more"}, {"UNKNOWN", "contradict"}}},
	{of("request_rate", schema.Equals, "unlimited"), [3]verdict{{"FAIL", "something else"}, {"PASS Self-hosted", "Self-hosted servers have no rate limit"}, {"PASS", "There is no rate limit"}}},
	{of("burst", schema.AtLeast, "150 requests"), [3]verdict{{"PASS Business", "1,200 requests"}, {"PASS", "200 requests"}, {"UNKNOWN", "none says it"}}},
	{of("request_size", schema.AtLeast, "20 MB"), [3]verdict{{"FAIL", "10 MiB"}, {"PASS", "32 MiB"}, {"PASS", "20 MB"}}},
	{of("request_timeout", schema.AtMost, "0.5 minutes"), [3]verdict{{"PASS", "30 seconds"}, {"FAIL", "60 seconds"}, {"PASS", "15 seconds"}}},
	{of("request_timeout", schema.Equals, "60 s"), [3]verdict{{"FAIL", "something else"}, {"PASS", "60 seconds"}, {"FAIL", "something else"}}},
	{of("saml", schema.Exists, ""), [3]verdict{{"PASS Enterprise", "Enterprise"}, {"FAIL", "no such thing"}, {"PASS Enterprise Growth", "SAML 2.0"}}},
	{of("mtls", schema.Exists, ""), [3]verdict{{"FAIL", "no such thing"}, {"PASS Enterprise", "Enterprise"}, {"UNKNOWN", "none says it"}}},
	{of("price", schema.AtMost, "$50 per month"), [3]verdict{{"PASS Free Team", "$49 per month"}, {"PASS Starter", "$25 per month"}, {"UNKNOWN", "it is in EUR"}}},
	{of("price", schema.AtMost, "$301 per year"), [3]verdict{{"PASS Free", "$0"}, {"PASS Starter", "$25 per month"}, {"UNKNOWN", "it is in EUR"}}},
	{of("price", schema.AtMost, "€20"), [3]verdict{{"PASS Free", "$0"}, {"UNKNOWN", "it is in USD"}, {"UNKNOWN", "it is per month"}}},
	{of("annual_discount", schema.AtLeast, "20%"), [3]verdict{{"PASS", "20%"}, {"FAIL", "15%"}, {"UNKNOWN", "none says it"}}},
	{of("overage", schema.Equals, "no"), [3]verdict{{"FAIL", "$0.50"}, {"PASS", "does not charge for overage"}, {"FAIL", "€0.40"}}},
	{of("overage", schema.AtMost, "$1 per search"), [3]verdict{{"PASS", "$0.50 per 1,000 searches"}, {"PASS", "does not charge for overage"}, {"UNKNOWN", "it is in EUR"}}},
	{of("overage", schema.AtMost, "$0.001"), [3]verdict{{"PASS", "$0.50 per 1,000 searches"}, {"PASS", "does not charge for overage"}, {"UNKNOWN", "it is in EUR"}}},
	{of("overage", schema.AtMost, "€0.30 per 1,000"), [3]verdict{{"UNKNOWN", "it is in USD"}, {"PASS", "does not charge for overage"}, {"FAIL", "€0.40 per 1,000 requests"}}},
	{of("overage", schema.Exists, ""), [3]verdict{{"PASS", "$0.50"}, {"UNKNOWN", "there is none, which is the best there is"}, {"PASS", "€0.40"}}},
	{of("free_tier", schema.Equals, "yes"), [3]verdict{{"PASS Free", "Free plan"}, {"FAIL", "no free tier"}, {"FAIL", "no free plan"}}},
	{of("trial", schema.AtLeast, "3 weeks"), [3]verdict{{"FAIL", "14-day"}, {"PASS Pro", "30-day"}, {"PASS", "21 days"}}},
	{of("soc2", schema.Contains, "type ii"), [3]verdict{{"PASS", "SOC 2 Type II"}, {"FAIL", "SOC 2 Type I"}, {"FAIL", "does not hold"}}},
	{of("minimum_tls", schema.AtLeast, "1.3"), [3]verdict{{"FAIL", "TLS 1.2"}, {"PASS", "TLS 1.3"}, {"FAIL", "TLS 1.2"}}},
	{of("audit_log_retention", schema.AtLeast, "1 year"), [3]verdict{{"PASS", "365 days"}, {"FAIL", "90 days"}, {"PASS Enterprise Growth", "400 days"}}},
	{of("uptime", schema.AtLeast, "99.95"), [3]verdict{{"PASS Business Enterprise", "99.99%"}, {"PASS Enterprise", "99.95%"}, {"PASS Enterprise", "99.95 %"}}},
	{of("page_size", schema.AtLeast, "400"), [3]verdict{{"FAIL", "200 hits"}, {"PASS", "1,000 hits"}, {"PASS", "500 hits"}}},
	{of("first_response", schema.AtMost, "70 minutes"), [3]verdict{{"PASS Enterprise", "1 hour"}, {"PASS Enterprise", "30 minutes"}, {"FAIL", "2 hours"}}},
	{of("latency_p95", schema.AtMost, "0.04 s"), [3]verdict{{"PASS", "38 ms"}, {"PASS", "22 ms"}, {"FAIL", "45 ms"}}},
	{of("sdk_python", schema.AtMost, "3.10"), [3]verdict{{"PASS", "Python 3.10"}, {"PASS", "Python 3.9"}, {"FAIL", "Python 3.11"}}},
	{of("sdk_go", schema.AtMost, "1.30"), [3]verdict{{"PASS", "Go 1.23"}, {"PASS", "Go 1.22"}, {"FAIL", "no official Go SDK"}}},
	{of("kubernetes", schema.Equals, "1.30"), [3]verdict{{"UNKNOWN", "none says it"}, {"PASS", "1.28 to 1.34"}, {"FAIL", "not supported"}}},
	{of("kubernetes", schema.AtLeast, "1.27"), [3]verdict{{"UNKNOWN", "none says it"}, {"PASS", "1.28 to 1.34"}, {"FAIL", "not supported"}}},
	{of("kubernetes", schema.Equals, "1.35.0"), [3]verdict{{"UNKNOWN", "none says it"}, {"FAIL", "1.28 to 1.34"}, {"FAIL", "not supported"}}},
	{of("data_residency", schema.Contains, "Germany"), [3]verdict{{"PASS", "in Germany"}, {"FAIL", "does not say it"}, {"FAIL", "Norway"}}},
	{of("hipaa", schema.Exists, ""), [3]verdict{{"PASS Enterprise", "Enterprise"}, {"FAIL", "not HIPAA compliant"}, {"UNKNOWN", "none says it"}}},
	{of("memory", schema.AtMost, "16 GB"), [3]verdict{{"UNKNOWN", "none says it"}, {"PASS", "8 GiB"}, {"FAIL", "32 GB"}}},
	{of("cpu", schema.AtMost, "4"), [3]verdict{{"UNKNOWN", "none says it"}, {"PASS", "4 cores"}, {"FAIL", "8 vCPU"}}},
	{of("cpu", schema.AtMost, "4 cores"), [3]verdict{{"UNKNOWN", "none says it"}, {"PASS", "4 cores"}, {"UNKNOWN", "it counts something else"}}},
	{about("webhooks", schema.Exists, ""), [3]verdict{{"PASS Business Enterprise Team", "Team"}, {"FAIL", "does not support webhooks"}, {"PASS", "all plans"}}},
	{about("the geo search", schema.Exists, ""), [3]verdict{{"FAIL", "does not support geo search"}, {"PASS", "filter and sort by distance"}, {"UNKNOWN", "no fact has these words"}}},
	{about("concurrent connections", schema.AtLeast, "100"), [3]verdict{{"PASS Business", "200 concurrent connections"}, {"PASS", "500 concurrent connections"}, {"FAIL", "50 concurrent connections"}}},
	{about("synonyms", schema.AtLeast, "100"), [3]verdict{{"PASS", "5,000 per index"}, {"UNKNOWN", "no fact has these words"}, {"UNKNOWN", "nothing in such figures"}}},
	{about("bug bounty", schema.AtLeast, "$5000"), [3]verdict{{"PASS", "$5,000"}, {"UNKNOWN", "better or worse"}, {"UNKNOWN", "no fact has these words"}}},
}

func TestVerdictsEqualTheTruth(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed(t, s, everything)
		var rules []schema.Requirement
		for _, v := range verdicts {
			rules = append(rules, v.rule)
		}
		a := assess(t, s, rules, "Quarrowby", "Fennlark", "Halvorsund")
		for i, v := range verdicts {
			for k, company := range []string{"Quarrowby", "Fennlark", "Halvorsund"} {
				f := assessed(a, company).Findings[i]
				if got := strings.TrimSpace(string(f.Outcome) + " " + strings.Join(f.Plans, " ")); got != v.of[k][0] || !strings.Contains(f.Reason, v.of[k][1]) {
					t.Errorf("%s of %s is %q (%s), want %q", a.Labels[i], company, got, f.Reason, v.of[k])
				}
				if (len(f.Entries) > 0) != (f.State != report.NotDocumented) || len(f.Entries) > 5 {
					t.Errorf("%s of %s, which is %s, has %d entries of evidence", a.Labels[i], company, f.State, len(f.Entries))
				}
				for _, e := range f.Entries {
					if row := s.Ent.Fact.Query().Where(fact.ID(e.Fact)).OnlyX(t.Context()); row.Company != company || row.Quote == "" {
						t.Errorf("%s of %s is proven by %v", a.Labels[i], company, row)
					}
				}
			}
		}
	})
}

// assess holds companies against rules that are stored for it.
func assess(t *testing.T, s *store.Store, rules []schema.Requirement, companies ...string) *report.Assessment {
	t.Helper()
	name := "set " + uuid.NewString()
	sets := report.NewRequirements(s)
	set, err := sets.Create(t.Context(), report.RequirementDraft{Name: &name, Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	a, err := sets.Assess(t.Context(), set.ID, companies)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func assessed(a *report.Assessment, company string) report.Assessed {
	return a.Companies[slices.IndexFunc(a.Companies, func(c report.Assessed) bool { return c.Company == company })]
}

func TestScoresTellWhatIsKnownFromWhatIsNot(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	rules := []schema.Requirement{of("saml", schema.Exists, ""), of("mtls", schema.Exists, ""), of("trial", schema.AtLeast, "3 weeks")}
	rules[0].Weight, rules[1].Weight, rules[2].Weight = 5, 3, 2
	rules[1].Level = schema.Must
	a := assess(t, s, rules, "Quarrowby", "Fennlark", "Halvorsund") // 5 of 10 and fails a MUST; 5; 7, and a MUST is open
	for company, want := range map[string][5]string{
		"Fennlark": {"1", "QUALIFIED", "0.50", "0.50-0.50", "0.00"}, "Halvorsund": {"2", "OPEN", "1.00", "0.70-1.00", "0.30"}, "Quarrowby": {"3", "DISQUALIFIED", "0.50", "0.50-0.50", "0.00"},
	} {
		c := assessed(a, company)
		got := [5]string{strconv.Itoa(c.Rank), string(c.Qualification), fmt.Sprintf("%.2f", *c.Known), fmt.Sprintf("%.2f-%.2f", c.Min, c.Max), fmt.Sprintf("%.2f", c.Unknown)}
		if got != want {
			t.Errorf("%s is %v, want %v", company, got, want)
		}
		if math.Abs(c.Max-c.Min-c.Unknown) > 1e-9 {
			t.Errorf("%s: from %v to %v with %v unknown", company, c.Min, c.Max, c.Unknown)
		}
	}
	if a.Winner != "Fennlark" || len(a.WouldWin) != 2 {
		t.Fatalf("%s wins, %v would", a.Winner, a.WouldWin)
	}
	if w := a.WouldWin[0]; w.Company != "Halvorsund" || len(w.Flips) != 1 || w.Flips[0].Company != "Halvorsund" || w.Flips[0].Rule != 1 || w.Flips[0].From != report.Unknown || w.Flips[0].To != report.Pass {
		t.Errorf("Halvorsund would win if it had mutual TLS, but: %+v", w)
	}
	nothing := assess(t, s, []schema.Requirement{about("antigravity", schema.Exists, "")}, "Fennlark")
	if c := nothing.Companies[0]; c.Known != nil || c.Unknown != 1 || nothing.Winner != "Fennlark" {
		t.Errorf("of what nobody knows the score is %+v", c)
	}
}

func TestWhatNobodyHasReadIsUnknown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		partial := readTruth(t).Partial
		seed(t, s, func(vendor, path string) bool {
			return vendor == partial.Vendor && slices.Contains(partial.Pages, path)
		})
		var rules []schema.Requirement
		for _, key := range append(slices.Clone(partial.NotRead), partial.NotDocumented...) {
			rules = append(rules, of(key, schema.Exists, ""))
		}
		a := assess(t, s, rules, partial.Vendor)
		for i, f := range a.Companies[0].Findings {
			want := report.NotRead
			if i >= len(partial.NotRead) {
				want = report.NotDocumented
			}
			if f.Outcome != report.Unknown || f.State != want || f.Reason == "" {
				t.Errorf("%s is %s, %s: %s", a.Labels[i], f.Outcome, f.State, f.Reason)
			}
		}
	})
}

func TestRangesAndNoLimitsAreCompared(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"A", "limits", "A batch size of 10 to 20 documents in one batch.", schema.Value{Kind: schema.ValueCount, Original: "10 to 20 documents", Number: 10, Max: 20, Unit: "document"}, nil},
		stated{"A", "limits", "Burst is unlimited.", schema.Value{Kind: schema.ValueUnlimited, Original: "unlimited"}, nil},
		stated{"A", "features", "Größe: Übersetzungen are supported.", schema.Value{}, nil},
	)
	rules := []schema.Requirement{
		of("batch_size", schema.AtLeast, "10"), of("batch_size", schema.AtLeast, "15"), of("batch_size", schema.AtLeast, "21"),
		of("batch_size", schema.AtMost, "20"), of("batch_size", schema.AtMost, "19"), of("batch_size", schema.AtMost, "9"),
		of("batch_size", schema.Equals, "15"), of("batch_size", schema.Equals, "21"),
		of("burst", schema.AtLeast, "1,000,000"), of("burst", schema.AtMost, "5"), of("burst", schema.Equals, "unlimited"), of("burst", schema.Equals, "5"),
		of("batch_size", schema.Equals, "unlimited"), about("ÜBERSETZUNGEN", schema.Exists, ""), about("Übersetzung", schema.Exists, ""), about("übersetzungen", schema.Exists, ""),
	}
	var got []string
	for _, f := range assess(t, s, rules, "A").Companies[0].Findings {
		got = append(got, string(f.Outcome))
	}
	const want = "PASS UNKNOWN FAIL PASS UNKNOWN FAIL UNKNOWN FAIL PASS FAIL PASS FAIL FAIL PASS UNKNOWN PASS"
	if strings.Join(got, " ") != want {
		t.Errorf("outcomes are\n%v, want\n%s", got, want)
	}
}

func TestWhatMayMeetARuleIsNotFailed(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	rate := schema.Value{Kind: schema.ValueRate, Original: "25 requests per second", Number: 25, Unit: "request/s"}
	put(t, s,
		stated{"A", "limits", "Growth teams may burst to 25 requests per second and Business teams to 100.", rate, nil},
		stated{"A", "requirements", "It runs on Kubernetes 1.28 to 1.34.", schema.Value{Kind: schema.ValueVersion, Original: "1.28 to 1.34", From: "1.28", To: "1.34"}, nil},
		stated{"A", "certifications", "Reports on SOC 1 Type 2 and SOC 2 Type 2 are sent under NDA.", schema.Value{}, nil},
		stated{"B", "limits", "The burst is 25 requests per second; what is above gets status 429.", rate, nil},
		stated{"B", "certifications", "B holds a SOC 2 Type II report.", schema.Value{}, nil},
	)
	for _, c := range []struct {
		company string
		rule    schema.Requirement
		outcome report.Outcome
		reason  string
	}{
		{"A", of("burst", schema.AtLeast, "80 per second"), report.Unknown, "several values"},
		{"A", of("burst", schema.AtLeast, "101 per second"), report.Fail, "all that was found is less"},
		{"A", of("burst", schema.AtMost, "20 per second"), report.Fail, "all that was found is more"},
		{"B", of("burst", schema.AtLeast, "80 per second"), report.Fail, "less"},
		{"A", of("kubernetes", schema.AtLeast, "1.28"), report.Pass, ""},
		{"A", of("kubernetes", schema.AtLeast, "1.30"), report.Unknown, "range"},
		{"A", of("kubernetes", schema.AtLeast, "1.35"), report.Fail, "less"},
		{"A", of("soc2", schema.Contains, "Type II"), report.Pass, ""},
		{"A", of("soc2", schema.Contains, "Type I"), report.Fail, "what was found does not say it"},
		{"B", of("soc2", schema.Contains, "type 2"), report.Pass, ""},
		{"B", of("soc2", schema.Contains, "type 1"), report.Fail, ""},
	} {
		if f := assess(t, s, []schema.Requirement{c.rule}, c.company).Companies[0].Findings[0]; f.Outcome != c.outcome || !strings.Contains(f.Reason, c.reason) {
			t.Errorf("%v of %s is %s: %s", c.rule, c.company, f.Outcome, f.Reason)
		}
	}
}

func TestANoOfOnePlanIsNoNoOfAll(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"A", "tiers", "SAML is not included in the free tier.", schema.Value{}, nil},
		stated{"B", "tiers", "Multi-factor authentication is not available on the Free plan, but is available on all other plans.", schema.Value{}, nil},
	)
	a := assess(t, s, []schema.Requirement{of("saml", schema.Exists, ""), of("mfa", schema.Exists, ""), of("free_tier", schema.Exists, "")}, "A", "B")
	if f := assessed(a, "A").Findings; f[0].Outcome != report.Unknown || f[0].State != report.Stated || !strings.Contains(f[0].Reason, "some have no such thing") || f[2].Outcome != report.Pass {
		t.Errorf("findings of A are %+v", f)
	}
	if f := assessed(a, "B").Findings; f[1].Outcome != report.Pass || f[2].Outcome != report.Pass {
		t.Errorf("findings of B are %+v", f)
	}
}

func TestWordsOfWhatIsNotAreNotContained(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"A", "audit", "Customer data is never stored in the United States.", schema.Value{}, nil},
		stated{"B", "audit", "Customer data is stored in the United States, and not in Norway.", schema.Value{}, nil},
		stated{"C", "audit", "Customer data is not only stored in the United States.", schema.Value{}, nil},
	)
	rules := []schema.Requirement{of("data_residency", schema.Contains, "united states"), of("data_residency", schema.Contains, "Norway")}
	a := assess(t, s, rules, "A", "B", "C")
	for company, want := range map[string][2]report.Outcome{"A": {report.Fail, report.Fail}, "B": {report.Pass, report.Fail}, "C": {report.Pass, report.Fail}} {
		if f := assessed(a, company).Findings; f[0].Outcome != want[0] || f[1].Outcome != want[1] {
			t.Errorf("%s: %+v", company, f)
		}
	}
}

func TestADefaultAndAMaximumAreNoContradiction(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	n := func(text string, n float64) schema.Value {
		return schema.Value{Kind: schema.ValueCount, Original: text, Number: n, Unit: "record"}
	}
	put(t, s,
		stated{"A", "limits", "The maximum page size is 1,000 records.", n("1,000 records", 1000), nil},
		stated{"A", "limits", "The default page size is 50 records.", n("50 records", 50), nil},
	)
	cell := rowOf(compare(t, s, report.Question{Companies: []string{"A"}, Attributes: []string{"page_size"}}), "page_size").Cells[0]
	if cell.State != report.Stated || cell.Value.Number != 1000 {
		t.Errorf("the cell is %+v", cell)
	}
}

// A plan that meets a rule may be the one of which the documentation is least sure.
func TestEveryPlanIsLookedAt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var all []stated
		for i := range 80 {
			all = append(all, stated{
				"A", "rate_limits", fmt.Sprintf("The P%d plan allows %d requests per second.", i, i+1),
				schema.Value{Kind: schema.ValueRate, Original: fmt.Sprintf("%d requests per second", i+1), Number: float64(i + 1), Unit: "request/s"},
				map[string]string{"plan": fmt.Sprintf("P%d", i)},
			})
		}
		put(t, s, all...)
		a := assess(t, s, []schema.Requirement{of("request_rate", schema.AtLeast, "80 per second"), about("plan allows requests", schema.AtLeast, "80 per second")}, "A")
		for i, f := range a.Companies[0].Findings {
			if f.Outcome != report.Pass || !slices.Equal(f.Plans, []string{"P79"}) {
				t.Errorf("%s is %s on %v: %s", a.Labels[i], f.Outcome, f.Plans, f.Reason)
			}
		}
	})
}

// Where not all could be looked at, nobody knows whether the rest would do.
func TestWhatWasNotLookedAtIsNotFailed(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []stated
	for i := range 320 {
		all = append(all, stated{
			"A", "rate_limits", fmt.Sprintf("The P%d plan allows 5 requests per second.", i),
			schema.Value{Kind: schema.ValueRate, Original: "5 requests per second", Number: 5, Unit: "request/s"},
			map[string]string{"plan": fmt.Sprintf("P%d", i)},
		})
	}
	put(t, s, all...)
	for _, f := range assess(t, s, []schema.Requirement{of("request_rate", schema.AtLeast, "80 per second"), about("plan allows requests", schema.AtLeast, "80 per second")}, "A").Companies[0].Findings {
		if f.Outcome != report.Unknown || !strings.Contains(f.Reason, "not all that is stated was looked at") {
			t.Errorf("is %s: %s", f.Outcome, f.Reason)
		}
	}
}

func TestRequirementsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, stated{"A", "features", "A supports webhooks.", schema.Value{}, nil})
	sets := report.NewRequirements(s)
	good := of("saml", schema.Exists, "")
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		rule  schema.Requirement
		field string
	}{
		"about nothing":                {schema.Requirement{Operator: schema.Exists, Weight: 1}, "attribute"},
		"about two things":             {schema.Requirement{Attribute: "saml", Text: "saml", Operator: schema.Exists, Weight: 1}, "attribute"},
		"about a row that is not":      {of("flux", schema.Exists, ""), "attribute"},
		"about a row without a name":   {of("~features/abc", schema.Exists, ""), "attribute"},
		"about words that say nothing": {about("the of", schema.Exists, ""), "text"},
		"about many words":             {about("a1 b2 c3 d4 e5 f6 g7 h8 i9", schema.Exists, ""), "text"},
		"about a long text":            {about(strings.Repeat("a", 201), schema.Exists, ""), "text"},
		"of nothing":                   {of("trial", schema.AtLeast, ""), "value"},
		"of something, to exist":       {of("trial", schema.Exists, "30 days"), "value"},
		"of no value":                  {of("trial", schema.AtLeast, "long"), "value"},
		"of another kind":              {of("trial", schema.AtLeast, "30 GB"), "value"},
		"of a number without its unit": {of("trial", schema.AtLeast, "30"), "value"},
		"of two values":                {of("trial", schema.AtLeast, "30 days, 20 days"), "value"},
		"of a range":                   {of("trial", schema.AtLeast, "20 to 30 days"), "value"},
		"of yes or more":               {of("trial", schema.AtLeast, "yes"), "value"},
		"of words that are none":       {of("trial", schema.Contains, "?!"), "value"},
		"of a long text":               {of("trial", schema.Contains, strings.Repeat("a", 201)), "value"},
		"without weight":               {schema.Requirement{Attribute: "saml", Operator: schema.Exists}, "weight"},
		"with too much weight":         {schema.Requirement{Attribute: "saml", Operator: schema.Exists, Weight: 101}, "weight"},
	} {
		_, err := sets.Create(t.Context(), report.RequirementDraft{Name: text("x"), Rules: []schema.Requirement{good, c.rule}})
		if f := fault.Of(err); f.Code != fault.Invalid || f.Field != "input.rules[1]."+c.field {
			t.Errorf("%s: %v at %q, want INVALID at %q", name, err, f.Field, c.field)
		}
	}
	row, err := sets.Create(t.Context(), report.RequirementDraft{Name: text("A set"), Rules: []schema.Requirement{good}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		draft report.RequirementDraft
		code  fault.Code
		field string
	}{
		"without a name":    {report.RequirementDraft{Name: text(""), Rules: []schema.Requirement{good}}, fault.Invalid, "input.name"},
		"with a name like":  {report.RequirementDraft{Name: text(" A set"), Rules: []schema.Requirement{good}}, fault.Invalid, "input.name"},
		"with a taken name": {report.RequirementDraft{Name: text("A set"), Rules: []schema.Requirement{good}}, fault.Conflict, "input.name"},
		"without rules":     {report.RequirementDraft{Name: text("B")}, fault.Invalid, "input.rules"},
		"with many rules":   {report.RequirementDraft{Name: text("B"), Rules: slices.Repeat([]schema.Requirement{good}, 51)}, fault.Invalid, "input.rules"},
		"with many words":   {report.RequirementDraft{Name: text("B"), Description: text(strings.Repeat("a", 1001)), Rules: []schema.Requirement{good}}, fault.Invalid, "input.description"},
	} {
		_, err := sets.Create(t.Context(), c.draft)
		if f := fault.Of(err); f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v at %q, want %s at %q", name, err, f.Field, c.code, c.field)
		}
	}
	for name, c := range map[string]struct {
		set       uuid.UUID
		companies []string
		code      fault.Code
		field     string
	}{
		"of nobody":     {row.ID, nil, fault.Invalid, "companies"},
		"of too many":   {row.ID, make([]string, 51), fault.Invalid, "companies"},
		"of one twice":  {row.ID, []string{"A", "A"}, fault.Invalid, "companies[1]"},
		"of a stranger": {row.ID, []string{"A", "Z"}, fault.NotFound, "companies[1]"},
		"of no set":     {schema.NewID(schema.KindRequirementSet), []string{"A"}, fault.NotFound, "requirementSetId"},
	} {
		_, err := sets.Assess(t.Context(), c.set, c.companies)
		if f := fault.Of(err); f.Code != c.code || f.Field != c.field || strings.Contains(f.Message, "input.") {
			t.Errorf("%s: %v at %q, want %s at %q", name, err, f.Field, c.code, c.field)
		}
	}
}

func TestRequirementSetsAreChangedAndDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, stated{"A", "features", "A supports webhooks.", schema.Value{}, nil})
		sets := report.NewRequirements(s)
		name, other, words := "one", "two", "what it is for"
		rules := []schema.Requirement{of("webhooks", schema.Exists, "")}
		row, err := sets.Create(t.Context(), report.RequirementDraft{Name: &name, Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		row, err = sets.Update(t.Context(), row.ID, report.RequirementDraft{Description: &words})
		if err != nil || row.Description != words || row.Name != name || row.Version != 2 || !slices.Equal(row.Rules, rules) {
			t.Errorf("what was not given has changed: %v %v", row, err)
		}
		rules = append(rules, about("shelf", schema.Exists, ""))
		row, err = sets.Update(t.Context(), row.ID, report.RequirementDraft{Name: &other, Rules: rules})
		if err != nil || row.Name != other || row.Version != 3 || !slices.Equal(row.Rules, rules) {
			t.Errorf("the set is %v (%v)", row, err)
		}
		if _, err := sets.Update(t.Context(), row.ID, report.RequirementDraft{Rules: []schema.Requirement{}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a set without rules: %v", err)
		}
		// A rule that an update of the table of rows has made senseless is unknown, and keeps no other from being judged.
		within(t, s, func(tx *store.Tx) error {
			return tx.Ent.RequirementSet.UpdateOneID(row.ID).SetRules([]schema.Requirement{of("gone", schema.Exists, ""), rules[0]}).Exec(t.Context())
		})
		a, err := sets.Assess(t.Context(), row.ID, []string{"A"})
		if err != nil {
			t.Fatal(err)
		}
		if f := a.Companies[0].Findings; f[0].Outcome != report.Unknown || !strings.Contains(f[0].Reason, "cannot be read any more") || f[1].Outcome != report.Pass {
			t.Errorf("findings are %+v", f)
		}
		if err := sets.Delete(t.Context(), row.ID); err != nil {
			t.Error(err)
		}
		for what, err := range map[string]error{
			"deleted": sets.Delete(t.Context(), row.ID),
			"changed": func() error {
				_, err := sets.Update(t.Context(), row.ID, report.RequirementDraft{Name: &name})
				return err
			}(),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("one that is gone is %s: %v", what, err)
			}
		}
	})
}
