package main

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"techfacts.dev/techfacts/schema"
)

// library is a database of many facts, for benchmarks.
type library struct {
	url          string // of the database, which must have its tables
	pages, facts []uuid.UUID
}

// fill writes pages of perPage facts each, all under one profile.
func (l *library) fill(b *testing.B, pages, perPage int) {
	b.Helper()
	db, err := pgx.Connect(b.Context(), l.url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(b.Context())
	var profile uuid.UUID
	if err := db.QueryRow(b.Context(), `select id from profiles where name = 'api_docs'`).Scan(&profile); err != nil {
		b.Fatal(err)
	}
	began := schema.Now()
	var snapshots []uuid.UUID
	for range pages {
		l.pages, snapshots = append(l.pages, schema.NewID(schema.KindPage)), append(snapshots, schema.NewID(schema.KindSnapshot))
	}
	copyInto := func(table string, columns []string, n int, row func(i int) []any) {
		_, err := db.CopyFrom(b.Context(), pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
		if err != nil {
			b.Fatal(err)
		}
	}
	exec := func(sql string) {
		if _, err := db.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	url := func(page int) string { return fmt.Sprintf("https://docs.acme%d.example/guide/%d", page%50, page) }
	copyInto("pages", []string{"id", "url", "domain", "company", "title", "content_hash", "created_at", "fetched_at", "changed_at"}, pages, func(i int) []any {
		return []any{
			l.pages[i], url(i), fmt.Sprintf("docs.acme%d.example", i%50), fmt.Sprintf("Acme %d", i%50),
			fmt.Sprintf("Guide %d: limits & \"quotas\"", i), fmt.Sprintf("%064x", i), began, began, began,
		}
	})
	copyInto("snapshots", []string{"id", "text", "hash", "fetched_at", "http_status", "page_id"}, pages, func(i int) []any {
		return []any{snapshots[i], fmt.Sprintf("# Guide %d\n\nThe text.", i), fmt.Sprintf("%064x", i), began, 200, l.pages[i]}
	})
	exec(`update pages set snapshot_id = s.id from snapshots s where s.page_id = pages.id`)
	categories := []string{"rate_limits", "pricing", "authentication", "errors", "endpoints"}
	copyInto("facts", []string{
		"id", "company", "url", "category", "statement", "quote", "span", "headings", "attribute", "value", "confidence", "method",
		"fingerprint", "first_seen_at", "last_seen_at", "snapshot_id", "profile_id", "page_id",
	}, pages*perPage, func(i int) []any {
		page := i / perPage
		l.facts = append(l.facts, schema.NewID(schema.KindFact))
		quote := fmt.Sprintf("A key of the plan %d may send %d requests per minute, and bursts of %d are let through for 10 seconds.", i, 10*i, 20*i)
		return []any{
			l.facts[i], fmt.Sprintf("Acme %d", page%50), url(page), categories[i%len(categories)],
			fmt.Sprintf("Guide %d: a key of the plan %d may send %d requests per minute.", page, i, 10*i), quote,
			schema.Span{ByteStart: i, ByteEnd: i + len(quote), RuneStart: i, RuneEnd: i + len(quote), UTF16Start: i, UTF16End: i + len(quote)},
			[]string{"Limits", fmt.Sprintf("Plan %d", i)},
			"rate_limit", strconv.Itoa(10 * i), 0.5 + float64(i%50)/100, "RULES",
			fmt.Sprintf("%032x", i), began.Add(time.Duration(i) * time.Microsecond), began, snapshots[page], profile, l.pages[page],
		}
	})
	exec(`analyze`)
}
