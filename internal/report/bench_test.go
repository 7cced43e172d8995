package report_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// BenchmarkComparison compares 30 companies of 20,000 facts each on PostgreSQL.
func BenchmarkComparison(b *testing.B) {
	s := storetest.Open(b, pgtest.URL(b))
	fill(b, s, 30, 20_000)
	for _, rows := range []int{50, 100} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				c, err := report.Compare(b.Context(), s, report.Question{All: true, First: rows})
				took = append(took, time.Since(start))
				if err != nil {
					b.Fatal(err)
				}
				cells := 0
				for _, company := range c.Companies {
					cells += company.Stated + company.StatedNo + company.Conflicts
				}
				if len(c.Rows) != rows || len(c.Companies) != 30 || cells < 30*50 { // the rows that have a name are full
					b.Fatalf("%d rows of %d companies say something in %d cells", len(c.Rows), len(c.Companies), cells)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// BenchmarkReport writes a comparison of ten companies of 20,000 facts each on
// PostgreSQL, as data and as HTML.
func BenchmarkReport(b *testing.B) {
	s := storetest.Open(b, pgtest.URL(b))
	fill(b, s, 10, 20_000)
	in := schema.ReportParams{Type: schema.ReportComparison, Format: schema.FormatHTML, MaxFactsPerSection: 20, MaxFacts: 200}
	for i := range 10 {
		in.Companies = append(in.Companies, fmt.Sprintf("Company %d", i+1))
	}
	for b.Loop() {
		draft, err := report.Author{Store: s}.Write(b.Context(), in, "")
		if err != nil {
			b.Fatal(err)
		}
		full, listed, body := draft.Holds()
		if draft.Facts() < 500 || full < 50 || listed != 20 || strings.Count(body, "<th scope=\"col\">Company ") != 10 || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
			b.Fatalf("a report cites %d facts, has %d rows that all companies state, and lists %d facts in %d bytes", draft.Facts(), full, listed, len(body))
		}
	}
}

// fill stores facts by SQL, spread over the rows that have a name and those that
// have none.
func fill(b *testing.B, s *store.Store, companies, facts int) {
	b.Helper()
	attributes := `(array['request_rate','burst','concurrent_connections','request_size','page_size','request_timeout','api_key','oauth2','token_lifetime','mtls',
'oidc','saml','scim','mfa','ip_allow_list','roles','price','overage','annual_discount','free_tier','trial','minimum_seats','first_response','soc2','iso27001','hipaa','gdpr',
'dpa','minimum_tls','encryption_at_rest','customer_managed_keys','key_rotation','audit_log','penetration_test','bug_bounty','memory','cpu','disk','operating_system','docker',
'kubernetes','uptime','latency_p50','latency_p95','rpo','rto','sdk_python','sdk_go','sdk_java','base_url','pagination','idempotency','sandbox','sunset','webhooks',
'self_hosting','vector_search','license','export_formats','import_formats','~limits','~features','~endpoints','~specs','~security','~general','~tiers','~pricing','~audit','~technical'])[1 + f % 70]`
	for _, query := range []string{
		`set local session_replication_role = replica`,
		`insert into profiles (id, name, description, categories, focus, depth, instructions, builtin, version, created_at, updated_at)
select gen_random_uuid(), 'bench', '', '["limits"]', '', 'DETAILED', '', false, 1, now(), now()`,
		fmt.Sprintf(`insert into pages (id, url, domain, company, title, status, language, content_hash, simhash, numbers, etag, last_modified, created_at, fetched_at, changed_at)
select gen_random_uuid(), 'https://c' || c || '.example/' || p, 'c' || c || '.example', 'Company ' || c, 'Page', 'ACTIVE', 'en', '', 0, '', '', '', now(), now(), now()
from generate_series(1, %d) c, generate_series(1, 200) p`, companies),
		`insert into snapshots (id, page_id, text, hash, fetched_at, http_status, fetcher) select gen_random_uuid(), id, 'x', 'x', now(), 200, 'HTTP' from pages`,
		fmt.Sprintf(`insert into facts (id, page_id, snapshot_id, profile_id, company, url, category, statement, quote, span, measure, qualifiers, confidence, method, fingerprint, status, first_seen_at, last_seen_at)
select gen_random_uuid(), p.id, s.id, r.id, p.company, p.url, 'limits', 'Plan ' || f || ' — Rate limit: ' || f || ' requests per minute for what is documented here', 'quote ' || f, '{}',
'{"kind":"RATE","original":"x","number":1}', ('{"plan":"P' || f %% 7 || '"}')::jsonb, 0.5 + random() / 2, 'RULES', f::text, 'ACTIVE', now(), now()
from pages p join snapshots s on s.page_id = p.id cross join profiles r cross join lateral generate_series(1, %d) f`, facts/200),
		`insert into entries (fact_id, company, attribute, apart, denies, value, confidence, version)
select id, company, ` + attributes + `, '{"plan":"p' || f % 7 || '"}', f % 11 = 0,
('{"kind":"RATE","original":"' || f || ' requests per minute","number":' || f || ',"unit":"request/s"}')::jsonb, confidence, ` + strconv.Itoa(report.Version) + `
from (select *, row_number() over (partition by company order by id) as f from facts) x`,
	} {
		err := s.Tx(b.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(b.Context(), `set local session_replication_role = replica`); err != nil {
				return err
			}
			_, err := tx.Exec(b.Context(), query)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for table, want := range map[string]int{"facts": companies * facts, "entries": companies * facts, "pages": companies * 200} {
		rows, err := s.Rows(b.Context(), "vacuum analyze "+table)
		if err != nil {
			b.Fatal(err)
		}
		_ = rows.Close()
		if rows, err = s.Rows(b.Context(), "select count(*) from "+table); err != nil {
			b.Fatal(err)
		}
		n := 0
		for rows.Next() {
			err = rows.Scan(&n)
		}
		_ = rows.Close()
		if err != nil || n != want {
			b.Fatalf("there are %d %s, want %d: %v", n, table, want, err)
		}
	}
}
