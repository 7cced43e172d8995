package extract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

func TestARowWithSeveralFiguresIsSeveralFacts(t *testing.T) {
	text := "| Plan | Price | Included events | Comment |\n| --- | --- | --- | --- |\n| Free | $0 | 100,000 per month | no card |"
	got := map[string]extract.Fact{}
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), 0.5) {
		if f.Quote != "Free | $0 | 100,000 per month | no card" || f.Qualifiers["plan"] != "Free" || f.Subject != "Free plan" {
			t.Errorf("got %+v", f)
		}
		got[f.Statement] = f
	}
	price, events := got["Free plan — Price: $0; Comment: no card"], got["Free plan — Included events: 100,000 per month; Comment: no card"]
	if len(got) != 2 || price.Value.Kind != schema.ValueMoney || price.Attribute != "price" || events.Value.Unit != "event/s" {
		t.Errorf("got %+v", got)
	}
}

func TestAFactOfEachQuoteComesBeforeASecondOne(t *testing.T) {
	var text strings.Builder
	text.WriteString("| Plan | Price | Requests per minute | Storage in GB |\n| --- | --- | --- | --- |\n")
	for i := range 8 {
		fmt.Fprintf(&text, "| Plan %d | $%d per month | %d | %d |\n", i, i, i*10, i*100)
	}
	text.WriteString("\nThe free trial of any plan ends after 14 days.\n\nEvery plan can be cancelled at any time.")
	prof := builtin(t, "pricing")
	prof.Depth = schema.DepthSummary
	quotes := map[string]bool{}
	facts := extract.Rules(extract.Page{Text: text.String()}, prof, 0.5)
	for _, f := range facts {
		quotes[f.Quote] = true
	}
	if len(facts) != 10 || len(quotes) != 10 {
		t.Errorf("%d facts of %d quotes", len(facts), len(quotes))
	}
}

func TestMarketingDoesNotComeBeforeTheCellsOfARow(t *testing.T) {
	var text strings.Builder
	text.WriteString("| Feature | Free | Pro | Enterprise |\n| --- | --- | --- | --- |\n")
	for i, feature := range []string{"API requests per minute", "Storage in GB", "Projects per member"} {
		fmt.Fprintf(&text, "| %s | %d | %d | %d |\n", feature, 10+i, 100+i, 1000+i)
	}
	text.WriteString("\nWe offer you many things on all the plans.\n\nSave 20% of your time!\n")
	prof := builtin(t, "pricing")
	prof.Depth = schema.DepthSummary
	rows := 0
	for _, f := range extract.Rules(extract.Page{Text: text.String()}, prof, 0.5) {
		if strings.Contains(f.Quote, "|") {
			rows++
		}
	}
	if rows != 9 {
		t.Errorf("%d of 9 cells", rows)
	}
}

func TestAFigureOfAPlanIsALimitWhateverItIsOf(t *testing.T) {
	text := "| Feature | Free | Pro |\n| --- | --- | --- |\n| Sandboxes | 1 | 20 |\n| Storage in GB | 5 | 100 |\n| Price | $0 | $12 |"
	got := map[string]string{}
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), 0.5) {
		got[f.Statement] = f.Category + " " + f.Value.Unit
	}
	want := map[string]string{
		"Sandboxes — Free: 1": "limits ", "Sandboxes — Pro: 20": "limits ", "Storage in GB — Free: 5": "limits byte", "Storage in GB — Pro: 100": "limits byte",
		"Price — Free: $0": "pricing USD", "Price — Pro: $12": "pricing USD",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestEachOfSeveralCertificationsIsAFact(t *testing.T) {
	for text, want := range map[string][]string{
		"Acme is SOC 2 Type II, ISO/IEC 27001:2022 and PCI DSS Level 1 certified, and complies with GDPR.": {
			"Acme is SOC 2 Type II certified.", "Acme is ISO/IEC 27001:2022 certified.", "Acme is PCI DSS Level 1 certified.", "Acme complies with GDPR.",
		},
		"We hold ISO 27001, ISO 27017, and ISO 27018 certificates for all regions.": {
			"We hold ISO 27001 certificates for all regions.", "We hold ISO 27017 certificates for all regions.", "We hold ISO 27018 certificates for all regions.",
		},
		"| Scope | Certifications |\n| --- | --- |\n| Cloud | SOC 2, ISO 27001, HIPAA, FedRAMP |\n| Support | none of the others |": {
			"Cloud — Certifications: SOC 2", "Cloud — Certifications: ISO 27001", "Cloud — Certifications: HIPAA", "Cloud — Certifications: FedRAMP", "Support — Certifications: none of the others",
		},
		"Brightloom is certified to ISO/IEC 27001:2022, ISO 27017, SOC 2 Type II, PCI DSS v4.0, HIPAA and FedRAMP Moderate.": {
			"Brightloom is certified to ISO/IEC 27001:2022.", "Brightloom is certified to ISO 27017.", "Brightloom is certified to SOC 2 Type II.", "Brightloom is certified to PCI DSS v4.0.",
			"Brightloom is certified to HIPAA.", "Brightloom is certified to FedRAMP Moderate.",
		},
		"Acme is certified to ISO 27001 (since 2019), SOC 2 Type II (audited by Deloitte), and HITRUST (in progress).": {
			"Acme is certified to ISO 27001 (since 2019).", "Acme is certified to SOC 2 Type II (audited by Deloitte).", "Acme is certified to HITRUST (in progress).",
		},
		"Acme complies with LGPD, GDPR, CCPA, PIPEDA and the Australian Privacy Act.": {
			"Acme complies with LGPD.", "Acme complies with GDPR.", "Acme complies with CCPA.", "Acme complies with PIPEDA.", "Acme complies with the Australian Privacy Act.",
		},
		"Acme holds ISO 27001 and SOC 2 Type II certifications for its EU region and PCI DSS v4.0 certification.": {
			"Acme holds ISO 27001 certifications for its EU region.", "Acme holds SOC 2 Type II certifications for its EU region.", "Acme holds PCI DSS v4.0 certification.",
		},
		"Our data centers are ISO 27001 certified, but Acme itself is not SOC 2 certified.": {
			"Our data centers are ISO 27001 certified.", "Acme itself is not SOC 2 certified.",
		},
		"Acme is not certified to ISO 27001 or 27017.":              {"Acme is not certified to ISO 27001.", "Acme is not certified to ISO 27017."},
		"SOC 2 Type I and Type II reports are available to buyers.": {"SOC 2 Type I and Type II reports are available to buyers."},
	} {
		var got []string
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.4) {
			checkFact(t, text, f)
			got = append(got, f.Statement)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestEachOfSeveralCertificationsHasItsOwnKey(t *testing.T) {
	text := "Acme is certified to ISO 27001, ISO 22301, ISO 42001, SOC 2 and FedRAMP, and complies with LGPD."
	got := map[string]bool{}
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.4) {
		got[f.Attribute+" "+f.Category] = true
	}
	for _, want := range []string{"iso27001", "iso22301", "iso42001", "soc2", "fedramp"} {
		if !got[want+" certifications"] {
			t.Errorf("no %s: %v", want, got)
		}
	}
	if !got["lgpd compliance"] || len(got) != 6 {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsNotSoNowHasACondition(t *testing.T) {
	for text, want := range map[string]string{
		"Acme is certified to ISO 27001 and HITRUST (in progress).":                     "in progress",
		"FedRAMP authorization is in progress for the US region.":                       "in progress",
		"SOC 2 Type II certification is pending.":                                       "in progress",
		"Acme plans to obtain SOC 2 Type II certification.":                             "planned",
		"Acme was FedRAMP authorized until 2024.":                                       "former",
		"Acme is not FedRAMP authorized and has no plans to be.":                        "",
		"The ISO 27001:2022 certificate was renewed and is valid until 14 August 2028.": "",
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.3)
		if !slices.ContainsFunc(facts, func(f extract.Fact) bool { return f.Qualifiers["condition"] == want }) {
			t.Errorf("%q: got %+v", text, facts)
		}
		for _, f := range facts {
			if f.Attribute == "iso27001" && f.Qualifiers["condition"] != "" || want != "" && strings.HasPrefix(f.Statement, "Acme is not") {
				t.Errorf("%q: got %+v", text, f)
			}
		}
	}
}

func TestFactsCarryWhatLimitsThem(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"Audit logs are kept for 400 days on the Enterprise plan.":                                                                     {"plan": "Enterprise"},
		"SCIM is available on the Team, Business and Enterprise plans.":                                                                {"plan": "Team, Business, Enterprise"},
		"Customer data is stored encrypted in Germany.":                                                                                {"region": "Germany"},
		"# Audit\n\nEnterprise\n: The audit log is kept for 30 days.":                                                                  {"plan": "Enterprise"},
		"# Audit\n\n- Growth: audit log of 24 hours\n- Scale and Enterprise: audit log of 4 days":                                      {"plan": "Scale, Enterprise"},
		"| Support | Audit log |\n| --- | --- |\n| Premium | kept for 2 years |\n| Basic | kept for 2 days |":                          {"plan": "Premium"},
		"SCIM provisioning of users is in beta.":                                                                                       {"condition": "beta"},
		"Sessions of users end after 30 minutes since version 3.2.1.":                                                                  {"version": "3.2.1"},
		"| Audit | Free | Enterprise |\n| --- | --- | --- |\n| Audit log retention | 7 days | 400 days |\n| Audit export | no | yes |": {"plan": "Enterprise"},
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "security"), 0.3)
		if !slices.ContainsFunc(facts, func(f extract.Fact) bool { return maps.Equal(f.Qualifiers, want) }) {
			t.Errorf("%q: got %+v", text, facts)
		}
	}
}

func TestValuesAreThoseOfTheClaim(t *testing.T) {
	for text, want := range map[string]schema.Value{
		"Every key may send 600 requests per minute and 10 at a time.":                                                       {Kind: schema.ValueRate, Original: "600 requests per minute", Number: 10, Unit: "request/s", Amount: 600, Period: "minute"},
		"| Limit | Requests per minute |\n| --- | --- |\n| Rate limit of a key | 600 |\n| Rate limit of an IP | unlimited |": {Kind: schema.ValueRate, Original: "600", Number: 10, Unit: "request/s", Amount: 600, Period: "minute"},
		"| Limit | Requests per minute |\n| --- | --- |\n| Rate limit of an IP | unlimited |\n| Burst | unlimited |":         {Kind: schema.ValueUnlimited, Original: "unlimited", Unit: "request/s"},
		"Batches of requests are not supported.":                                                                             {Kind: schema.ValueFlag, Original: "not supported"},
		"The Python SDK needs Python 3.9 or later.":                                                                          {Kind: schema.ValueVersion, Original: "3.9 or later", From: "3.9"},
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.3)
		if !slices.ContainsFunc(facts, func(f extract.Fact) bool { return f.Value == want }) {
			t.Errorf("%q: got %+v", text, facts)
		}
	}
}

func TestVersionsAreNoCounts(t *testing.T) {
	for text, want := range map[string]schema.Value{
		"The agent requires Java 17 to run.":                                    {From: "17", To: "17", Original: "17"},
		"Node.js >= 18.17 and < 23 is required.":                                {From: "18.17", To: "23", Original: ">= 18.17 and < 23"},
		"The agent runs on Ubuntu 20.04, 22.04 and 24.04 servers.":              {From: "20.04", To: "24.04", Original: "20.04, 22.04 and 24.04"},
		"The agent is not supported on Windows 7.":                              {From: "7", To: "7", Original: "7"},
		"The dashboard supports Firefox ≥ 115 on all desktops.":                 {From: "115", Original: "≥ 115"},
		"Versions 13 through 16 of the server are supported.":                   {From: "13", To: "16", Original: "13 through 16"},
		"| Software | Least |\n| --- | --- |\n| PostgreSQL | 16 or later |":     {From: "16", Original: "16 or later"},
		"| Software | Least |\n| --- | --- |\n| Java | 17 |\n| CPU cores | 4 |": {From: "17", To: "17", Original: "17"},
		"Kafka 3 or its successor must be installed.":                           {From: "3", To: "3", Original: "3"},
	} {
		want.Kind = schema.ValueVersion
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "technical_specs"), 0.2)
		if !slices.ContainsFunc(facts, func(f extract.Fact) bool { return f.Value == want }) {
			t.Errorf("%q: got %+v", text, facts)
		}
	}
	for _, text := range []string{"| Name | Least |\n| --- | --- |\n| CPU cores | 4 |\n| Servers | 3 |", "The cluster requires at least 4 nodes."} {
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "technical_specs"), 0.2) {
			if f.Value.Kind != schema.ValueCount {
				t.Errorf("%q: got %+v", text, f)
			}
		}
	}
}

func TestALineOfAnEndpointThatSaysMoreIsASentence(t *testing.T) {
	for text, want := range map[string]string{
		"# Limits\n\n`GET /v1/reports` is limited to 10 requests per second per IP address.": "GET /v1/reports",
		"# Limits\n\n`POST /v1/messages`: 50 requests per minute.":                           "POST /v1/messages",
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.5)
		if len(facts) != 1 || facts[0].Category != "rate_limits" || facts[0].Value.Kind != schema.ValueRate || facts[0].Qualifiers["endpoint"] != want {
			t.Errorf("%q: got %+v", text, facts)
		}
	}
}

func TestShortRowsAreFacts(t *testing.T) {
	plans := "| Feature | Free | Pro |\n| --- | --- | --- |\n"
	for text, want := range map[string][]string{
		plans + "| Price | $0 | $12 |":                                                    {"Price — Free: $0 Free", "Price — Pro: $12 Pro"},
		plans + "| Seats | 3 | 10 |\n| SSO | ❌ | ✅ |":                                     {"Seats — Free: 3 Free", "Seats — Pro: 10 Pro", "SSO — Free: ❌ Free", "SSO — Pro: ✅ Pro"},
		plans + "| Overage per 1,000 events | n/a | $0.50 |\n| Price | $0 | $12 |":        {"Overage per 1,000 events — Pro: $0.50 Pro", "Price — Free: $0 Free", "Price — Pro: $12 Pro"},
		"# Free plan\n\n" + plans + "| Price | $0 | $12 |\n| Setup fee | none | $1,500 |": {"Price — Free: $0 Free", "Price — Pro: $12 Pro", "Setup fee — Free: none Free", "Setup fee — Pro: $1,500 Pro"},
		"| Tarif | Preis | Anfragen |\n| --- | --- | --- |\n| Basis | 9 € | 1.000 |\n| Konzern | auf Anfrage | unbegrenzt |": {
			"Basis — Preis: 9 € Basis", "Basis — Anfragen: 1.000 Basis", "Konzern — Preis: auf Anfrage Konzern", "Konzern — Anfragen: unbegrenzt Konzern",
		},
	} {
		var got []string
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), 0.5) {
			checkFact(t, text, f)
			got = append(got, f.Statement+" "+f.Qualifiers["plan"])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestWhatIsNotFormedLikeAFactIsListedAsRejected(t *testing.T) {
	found, err := extract.Find(t.Context(), extract.Page{Text: "# Rate limits\n\nWhat is the rate limit of the API per minute?"}, builtin(t, "api_docs"),
		extract.Options{Method: schema.ExtractByRules, MinConfidence: extract.DefaultConfidence})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What is the rate limit of the API per minute?"} {
		if !slices.ContainsFunc(found.Rejected, func(r schema.RejectedFact) bool { return r.Quote == want && r.Reason == schema.RejectedForm }) {
			t.Errorf("%q is not among %+v", want, found.Rejected)
		}
	}
}

func TestTheLabelOfARowTellsItsKey(t *testing.T) {
	for text, want := range map[string]string{
		"| Component | Minimum | Recommended |\n| --- | --- | --- |\n| RAM | 4 GB | 16 GB |":        "memory",
		"- Memory: At least 4 GB of storage space on disk":                                          "memory",
		"| Component | Minimum | Recommended |\n| --- | --- | --- |\n| Disk | 20 GB SSD | 200 GB |": "disk",
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "technical_specs"), 0.5)
		for _, f := range facts {
			if f.Attribute != want {
				t.Errorf("%q: got %+v", text, f)
			}
		}
		if len(facts) == 0 {
			t.Errorf("%q gave nothing", text)
		}
	}
}

func TestASentenceOfSeveralClaimsIsSeveralFacts(t *testing.T) {
	for text, want := range map[string][]string{
		"Access tokens expire after 1 hour; refresh tokens are valid for 30 days.": {
			"Access tokens expire after 1 hour. 1 hour", "Refresh tokens are valid for 30 days. 30 days",
		},
		"The read rate limit is 5 requests per second and the write rate limit is 1 request per second.": {
			"The read rate limit is 5 requests per second. 5 requests per second", "The write rate limit is 1 request per second. 1 request per second",
		},
		"The rate limit is 5 requests per second and it is 10 for others.":  {"The rate limit is 5 requests per second and it is 10 for others. 5 requests per second"},
		"The token is good for 30 days and never expires while it is used.": {"The token is good for 30 days and never expires while it is used. 30 days"},
		"A token is valid for 30 days, and never expires.":                  {"A token is valid for 30 days, and never expires. 30 days"},
		"Every key may send 600 requests per minute and 10 at a time.":      {"Every key may send 600 requests per minute and 10 at a time. 600 requests per minute"},
	} {
		var got []string
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.4) {
			checkFact(t, text, f)
			got = append(got, f.Statement+" "+f.Value.Original)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}
