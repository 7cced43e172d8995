package store_test

import (
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/pressly/goose/v3"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

// TestUpgradesKeepWhatIsStored: a database of the first version that has one row
// of everything still has it, and the indexes of the queue, after all upgrades.
func TestUpgradesKeepWhatIsStored(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Addresses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			first(t, url)
			s, err := store.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			if steps, err := s.Migrate(t.Context()); err != nil || steps == 0 {
				t.Fatalf("%d steps, %v", steps, err)
			}
			ctx := t.Context()
			for what, n := range map[string]int{
				"jobs": s.Ent.Job.Query().CountX(ctx), "items": s.Ent.JobItem.Query().CountX(ctx), "pages": s.Ent.Page.Query().CountX(ctx),
				"snapshots": s.Ent.Snapshot.Query().CountX(ctx), "rate limits": s.Ent.RateLimit.Query().CountX(ctx),
			} {
				if n != 1 {
					t.Errorf("%d %s, there was one", n, what)
				}
			}
			catalogue := `select count(*) from sqlite_master where type = 'index' and name like 'x_%'`
			if s.Postgres() {
				catalogue = `select count(*) from pg_indexes where indexname like 'x_%'`
			}
			rows, err := s.Rows(ctx, catalogue)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var n int
			if rows.Next() {
				err = rows.Scan(&n)
			}
			if err := errors.Join(err, rows.Err()); err != nil || n < 5 {
				t.Errorf("%d indexes made by hand, want at least the five of the queue; %v", n, err)
			}
		})
	}
}

// first makes a database of the first version, with a row of everything.
func first(t *testing.T, url string) {
	t.Helper()
	driver, dialect, folder := "pgx", goose.DialectPostgres, "migrations/postgres"
	if !store.IsPostgres(url) {
		driver, dialect, folder = "sqlite", goose.DialectSQLite3, "migrations/sqlite"
		url = "file:" + url + "?_pragma=foreign_keys(1)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(dialect, db, os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 20261124000002); err != nil {
		t.Fatal(err)
	}
	const id, at = "'01a20b94-0647-8080-8003-10965f8b5264'", "'2026-11-24 10:00:00+00:00'"
	for _, insert := range []string{
		`insert into jobs (id, type, params, created_at) values (` + id + `, 'SCRAPE', '{"scrape":{"urls":["https://a.example/"],"company":"Acme","profile":"general"}}', ` + at + `)`,
		`insert into pages (id, url, domain, company, created_at, fetched_at, changed_at) values (` + id + `, 'https://a.example/', 'a.example', 'Acme', ` + at + `, ` + at + `, ` + at + `)`,
		`insert into snapshots (id, page_id, text, hash, fetched_at, http_status) values (` + id + `, ` + id + `, 'text', 'hash', ` + at + `, 200)`,
		`insert into job_items (id, job_id, url, step, page_id, run_at, created_at) values (` + id + `, ` + id + `, 'https://a.example/', 'FETCH', ` + id + `, ` + at + `, ` + at + `)`,
		`insert into rate_limits (id, domain, next_allowed_at, updated_at) values (` + id + `, 'a.example', ` + at + `, ` + at + `)`,
	} {
		if _, err := db.ExecContext(t.Context(), insert); err != nil {
			t.Fatalf("%s: %v", insert, err)
		}
	}
}
