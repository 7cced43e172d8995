package report_test

import (
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/schema"
)

// rowsOf are the rows with a name that a statement has entries of, each with its value and what tells it apart; "-"
// stands before what it denies.
func rowsOf(text string) map[string]string {
	s := says("A", text)
	got := map[string]string{}
	for _, e := range report.Entries(report.Statement{Category: "features", Text: text, Value: s.value, Qualifiers: s.qualifiers}) {
		if strings.HasPrefix(e.Attribute, "~") {
			continue
		}
		word := e.Value.Original
		if apart := e.Apart.String(); apart != "" {
			word += " (" + apart + ")"
		}
		if e.Denies {
			word = "-" + word
		}
		if got[e.Attribute] != "" {
			word = got[e.Attribute] + ", " + word
		}
		got[e.Attribute] = word
	}
	return got
}

func TestRowsTakeWhatVendorsSay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{ // row and value
		"Emails above your allowance cost €0.80 per 1,000.":                                      {"overage", "€0.80 per 1,000"},
		"Whoever commits to a year gets a discount of 20%.":                                      {"annual_discount", "20%"},
		"Support — First reply: 4 hours":                                                         {"first_response", "4 hours"},
		"All customer data is stored in Finland.":                                                {"data_residency", ""},
		"You can run it on our own servers.":                                                     {"self_hosting", ""},
		"Requests to the API are limited to 10 MB.":                                              {"request_size", "10 MB"},
		"Custom roles are part of the Scale plan.":                                               {"roles", ""},
		"There are 4 administrator roles.":                                                       {"roles", ""},
		"Policies grant rights to roles.":                                                        {"roles", ""},
		"Jeder Benutzer hat eine der Rollen Leser oder Verwalter.":                               {"roles", ""},
		"Audit — It is kept for 90 days.":                                                        {"audit_log_retention", "90 days"},
		"Audit log with 30-day history":                                                          {"audit_log_retention", "30-day"},
		"User activity is logged for 120 days.":                                                  {"audit_log_retention", "120 days"},
		"Tenant logs are kept for 60 days.":                                                      {"audit_log_retention", "60 days"},
		"Das Änderungsprotokoll wird 90 Tage aufbewahrt.":                                        {"audit_log_retention", "90 Tage"},
		"Use HTTP Basic with your API key.":                                                      {"api_key", ""},
		"Static API keys are not supported.":                                                     {"api_key", "-"},
		"An access key consists of an ID and a secret.":                                          {"api_key", ""},
		"Pass your access token in the Authorization header.":                                    {"api_key", ""},
		"$3 per additional 1,000 users":                                                          {"overage", "$3 per additional 1,000 users"},
		"Growth costs €90 per month for 500 users and €0.10 for every further user.":             {"overage", "€0.10 for every further user"},
		"A commitment of 24 months lowers the price by 15%.":                                     {"annual_discount", "15%"},
		"With an annual contract you save 12%.":                                                  {"annual_discount", "12%"},
		"Data is encrypted at rest with AES-256 and in transit with TLS 1.2.":                    {"encryption_at_rest", ""},
		"Data are encrypted at rest with AES-256 and in transit with TLS 1.3.":                   {"minimum_tls", "1.3"},
		"Gespeicherte Daten sind mit AES-256 verschlüsselt.":                                     {"encryption_at_rest", ""},
		"Verbindungen mit TLS unter Version 1.2 werden abgelehnt.":                               {"minimum_tls", "1.2"},
		"Objects never leave the region of their bucket.":                                        {"data_residency", ""},
		"Alle Daten werden ausschließlich in Rechenzentren in Frankfurt gespeichert.":            {"data_residency", ""},
		"Support — Team: e-mail, 2 business days":                                                {"first_response", "2 business days (plan=team)"},
		"First response — Gold: 4 hours":                                                         {"first_response", "4 hours (column=gold)"},
		"You can bring your own key from AWS KMS.":                                               {"customer_managed_keys", ""},
		"With each request you send your own key.":                                               {"customer_managed_keys", ""},
		"Tenants can keep the key in their own HSM.":                                             {"customer_managed_keys", ""},
		"Policies can limit access to IPv4 and IPv6 ranges.":                                     {"ip_allow_list", ""},
		"A key can be restricted to up to 10 IP addresses.":                                      {"ip_allow_list", ""},
		"Temporary credentials last up to 12 hours.":                                             {"token_lifetime", "12 hours"},
		"You can issue a JWT that is valid for 20 minutes.":                                      {"token_lifetime", "20 minutes"},
		"A request that repeats an order_ref within 24 hours is answered with the first result.": {"idempotency", "24 hours"},
		"Bodies may have up to 4 MB.":                                                            {"request_size", "4 MB"},
		"Single PUT — 5 GiB":                                                                     {"request_size", "5 GiB (row=single put)"},
		"Keys per list page — Limit: 1,000":                                                      {"page_size", "1,000"},
		"Page size: 50 by default, 100 at most, and no more than 1,000 results in total":         {"page_size", "100"},
		"Uploading a part must not take longer than 20 minutes.":                                 {"request_timeout", "20 minutes (row=uploading a part)"},
		"Die Zwei-Faktor-Authentifizierung ist Pflicht.":                                         {"mfa", ""},
		"There is a server edition, which you run yourself.":                                     {"self_hosting", ""},
		"Solo plan — Free forever, no credit card needed":                                        {"free_tier", ""},
		"The first 10 GB of storage are free every month.":                                       {"free_tier", ""},
		"Enterprise is priced individually and starts at €30,000 per year.":                      {"price", "€30,000 per year (plan=enterprise)"},
		"Growth can be tried for 22 days.":                                                       {"trial", "22 days"},
		"Every new organization gets 14 days of Business.":                                       {"trial", "14 days"},
		"New accounts get 25 test messages, which are valid for 30 days.":                        {"trial", "30 days (row=25 test messages)"},
		"The limit is shared by all tokens of an organization.":                                  {"limit_scope", ""},
		"Throughput is counted per account.":                                                     {"limit_scope", ""},
		"Linux with kernel 5.10 or later":                                                        {"operating_system", ""},
		"Version 5 stops working on 31 March 2026.":                                              {"sunset", ""},
		"At least 9 months pass between the announcement and the removal of a version.":          {"deprecation_notice", "9 months"},
		"Growth costs €90 per month for 500 users and €0.10 for every further one.":              {"price", "€90 per month"},
	} {
		if got, ok := rowsOf(text)[want[0]]; !ok || got != want[1] {
			t.Errorf("%q says %q (%v) of %s, want %q", text, got, rowsOf(text), want[0], want[1])
		}
	}
}

func TestRowsLeaveWhatIsAboutSomethingElse(t *testing.T) {
	t.Parallel()
	for text, row := range map[string]string{
		"Each further connection costs €60 per month.":                            "price",
		"Provisioning can be added to any of them for €25 per month.":             "price",
		"From €500 per month you can pay by invoice.":                             "price",
		"Retention beyond the included period costs $0.03 per GB and month.":      "overage",
		"A Sydney data region is planned for 2027.":                               "data_residency",
		"Each further connection costs €60.":                                      "overage",
		"Extras — Sender: free of charge":                                         "free_tier",
		"A data processing agreement is part of free accounts, too, in any plan.": "free_tier",
		"Each release is tested with the AWS SDK for Java 2.x.":                   "sdk_java",
		"Buckets per account — Limit: 100":                                        "limit_scope",
		"Access logs are kept for 30 days.":                                       "audit_log_retention",
		"The Editor plays a role of 1 role.":                                      "roles",
		"Each workspace has a sandbox with its own keys.":                         "customer_managed_keys",
		"Send your own key, the API key, with it.":                                "customer_managed_keys",
		"The rate limit per IP is 10 IP addresses.":                               "ip_allow_list",
	} {
		if got, ok := rowsOf(text)[row]; ok {
			t.Errorf("%q says %q of %s", text, got, row)
		}
	}
}

func TestARateKeepsWhatItIsFor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Management API calls — Default: 20 per second":              "20 per second (row=management api calls; column=default)",
		"Management API: 120 per minute":                             "120 per minute",
		"Pro edition — Management API: 120 per minute":               "120 per minute (plan=pro edition; column=management api)",
		"User search is limited to 30 requests per minute.":          "30 requests per minute (row=user search)",
		"All other endpoints allow 300 requests per minute.":         "300 requests per minute (row=all other endpoints)",
		"Here Acme's export endpoint allows 30 requests per minute.": "30 requests per minute (row=acme's export endpoint)",
		"Exports are limited to 5 requests per minute.":              "5 requests per minute (row=exports)",
		"The REST API is limited to 30 requests per minute.":         "30 requests per minute",
		"Acme is limited to 30 requests per minute.":                 "30 requests per minute",
		"Every account is limited to 30 requests per minute.":        "30 requests per minute per account",
		"Pro allows 30 requests per minute.":                         "30 requests per minute",
		"API requests per second — Limit: 20 per second":             "20 per second",
	} {
		if got := rowsOf(text)["request_rate"]; got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
	c := cells(t, "request_rate", []string{"A", "B", "C"},
		says("A", "Exports are limited to 900 requests per second."), says("A", "The API is limited to 100 requests per second."),
		says("B", "User search is limited to 500 requests per second."), says("C", "The API is limited to 200 requests per second."))
	if c[0].Value.Number != 100 || c[0].Unranked == "" {
		t.Errorf("a part stands for all: %+v", c[0])
	}
	if slices.ContainsFunc(c, func(c report.Cell) bool { return c.Best }) || c[1].Unranked == "" || c[1].Worst {
		t.Errorf("rates of different things are laid beside each other: %+v", c)
	}
}

func TestNoValueIsBestWhereAnotherMayBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row  string
		of   [3][]string // what A, B and C say
		best []bool
	}{
		{"uptime", [3][]string{{"The uptime SLA is 99.9%."}, {"The uptime SLA is 99.5%."}, {"Hot — Uptime SLA: 99.95%", "Cold — Uptime SLA: 99.1%"}}, []bool{false, false, false}},
		{"uptime", [3][]string{{"The uptime SLA is 99.9%."}, {"The uptime SLA is 99.5%."}, {"Hot — Uptime SLA: 99.8%", "Cold — Uptime SLA: 99.7%"}}, []bool{true, false, false}},
		{"latency_p99", [3][]string{{"Token requests take 70 ms at p99."}, {"The first byte arrives after 90 ms at p99."}, nil}, []bool{false, false, false}},
		{"latency_p99", [3][]string{{"The p99 latency is 70 ms."}, {"Requests take 90 ms at p99."}, nil}, []bool{true, false, false}},
		{"request_size", [3][]string{{"Bodies may have up to 5 MB."}, {"Bodies may have up to 4 MB."}, {"Single PUT — 5 GiB"}}, []bool{false, false, false}},
		{"memory", [3][]string{{"RAM — Minimum: 8 GB", "RAM — Recommended: 32 GB"}, {"RAM — Minimum: 4 GB", "RAM — Recommended: 64 GB"}, nil}, []bool{false, true, false}},
	} {
		var all []stated
		for i, texts := range c.of {
			all = append(all, stated{company: string(rune('A' + i)), category: "limits", text: "It has a wall."})
			for _, text := range texts {
				all = append(all, says(string(rune('A'+i)), text))
			}
		}
		got := cells(t, c.row, []string{"A", "B", "C"}, all...)
		for i, want := range c.best {
			if got[i].Best != want {
				t.Errorf("%s of %v: %s is best: %v (%s)", c.row, c.of, got[i].Text, got[i].Best, got[i].Unranked)
			}
		}
	}
}

func TestPagesContradictEachOtherWhereThereIsOneValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row, a, b string
		conflict  bool
	}{
		{"minimum_tls", "The endpoints accept TLS 1.2 and 1.3.", "Clients must support TLS 1.3 and SNI.", true},
		{"minimum_tls", "TLS 1.2 or higher is needed.", "All traffic goes over TLS 1.3.", false},
		{"minimum_tls", "TLS 1.2 or higher is needed.", "Clients must support TLS 1.2.", false},
		{"uptime", "99.99% uptime SLA", "Uptime — Business: 99.95% per calendar month", true},
		{"uptime", "99.95% uptime SLA", "Uptime — Business: 99.95% per calendar month", false},
		{"uptime", "99.99% uptime SLA", "Uptime — Business: 99.95% if there are two regions", false},
		{"first_response", "Support within 8 hours", "Support — Business: answer within 24 hours", true},
		{"first_response", "Support within 8 hours", "Support — Business: answer within 1 hour, critical", false},
	} {
		plan := []string{"plan", "Business"}
		if c.row == "minimum_tls" {
			plan = nil
		}
		got := cells(t, c.row, []string{"A"}, says("A", c.a, plan...), says("A", c.b, plan...))[0]
		if (got.State == report.Conflict) != c.conflict {
			t.Errorf("%q and %q: %s, %s", c.a, c.b, got.State, got.Text)
		}
	}
	for text, want := range map[string]string{"The endpoints accept TLS 1.2 and 1.3.": "1.2", "Clients must support TLS 1.3.": "1.3"} {
		e := report.Entries(report.Statement{Category: "encryption", Text: text})
		if len(e) != 1 || e[0].Value.Kind != schema.ValueVersion || e[0].Value.From != want {
			t.Errorf("%q says %+v, want %s", text, e, want)
		}
	}
}
