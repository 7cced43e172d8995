package export_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/export"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// BenchmarkExport writes 10,000 and 1,000,000 facts on PostgreSQL, and tells how much of
// the heap was in use at most.
func BenchmarkExport(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		s := storetest.Open(b, pgtest.URL(b))
		fill(b, s, n)
		for _, f := range export.Formats() {
			b.Run(fmt.Sprintf("facts=%d/%s", n, f), func(b *testing.B) {
				var bytes, peak int64
				for b.Loop() {
					bytes = 0
					most := watchHeap()
					rows, err := export.Facts(s).Write(b.Context(), writerFunc(func(p []byte) (int, error) { bytes += int64(len(p)); return len(p), nil }), f)
					if peak = most(); err != nil || rows != n {
						b.Fatal(rows, err)
					}
				}
				b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
				b.ReportMetric(float64(bytes)/(1<<20), "written-MiB")
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "facts/s")
			})
		}
	}
}

// BenchmarkAssessByWords holds 20 companies of 50,000 facts each against a rule by words.
func BenchmarkAssessByWords(b *testing.B) {
	s := storetest.Open(b, pgtest.URL(b))
	fill(b, s, 1_000_000)
	name := "bench"
	set, err := report.NewRequirements(s).Create(b.Context(), report.RequirementDraft{Name: &name, Rules: []schema.Requirement{
		{Text: "rate limit 44444", Operator: schema.Exists, Level: schema.Should, Weight: 1},
	}})
	if err != nil {
		b.Fatal(err)
	}
	companies := make([]string, 20)
	for i := range companies {
		companies[i] = fmt.Sprintf("Company %d", i)
	}
	for b.Loop() {
		a, err := report.NewRequirements(s).Assess(b.Context(), set.ID, companies)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range a.Companies { // each has one such fact
			if len(a.Companies) != len(companies) || c.Findings[0].Outcome != report.Pass {
				b.Fatalf("of %d companies %+v", len(a.Companies), c)
			}
		}
	}
}

// watchHeap looks at the heap until the function that it gives is called, which tells
// the most that was in use.
func watchHeap() func() int64 {
	runtime.GC()
	var most atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), int64(m.HeapInuse)))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() int64 { close(stop); <-stopped; return most.Load() }
}

// fill stores n facts by SQL, of 20 companies.
func fill(b *testing.B, s *store.Store, n int) {
	b.Helper()
	err := s.Tx(b.Context(), func(tx *store.Tx) error {
		for _, query := range []string{
			`set local session_replication_role = replica`,
			`insert into profiles (id, name, description, categories, focus, depth, instructions, builtin, version, created_at, updated_at)
select gen_random_uuid(), 'bench', '', '["limits"]', '', 'DETAILED', '', false, 1, now(), now()`,
			`insert into pages (id, url, domain, company, title, status, language, content_hash, simhash, numbers, etag, last_modified, created_at, fetched_at, changed_at)
select gen_random_uuid(), 'https://c' || c || '.example/', 'c' || c || '.example', 'Company ' || c, 'Page', 'ACTIVE', 'en', '', 0, '', '', '', now(), now(), now() from generate_series(0, 19) c`,
			`insert into snapshots (id, page_id, text, hash, fetched_at, http_status, fetcher) select gen_random_uuid(), id, 'x', 'x', now(), 200, 'HTTP' from pages`,
			fmt.Sprintf(`insert into facts (id, page_id, snapshot_id, profile_id, company, url, category, statement, quote, span, headings, measure, qualifiers, confidence, method, fingerprint, status, first_seen_at, last_seen_at)
select gen_random_uuid(), p.id, s.id, r.id, p.company, p.url, 'limits', 'Plan ' || f || ' — Rate limit: ' || f || ' requests per minute for what is documented here',
'Plan ' || f || ' | ' || f || ' requests per minute | ' || repeat('words of the page ', 8), '{}', '["Limits", "All limits"]',
'{"kind":"RATE","original":"10 requests per second","number":10,"unit":"request/s"}', '{"plan":"Team"}', 0.5 + random() / 2, 'RULES', f::text, 'ACTIVE', now(), now()
from pages p join snapshots s on s.page_id = p.id cross join profiles r cross join generate_series(1, %d) f`, n/20),
		} {
			if _, err := tx.Exec(b.Context(), query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	rows, err := s.Rows(b.Context(), "vacuum analyze facts")
	if err != nil {
		b.Fatal(err)
	}
	_ = rows.Close()
}
