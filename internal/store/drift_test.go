package store_test

import (
	"bytes"
	"database/sql"
	"slices"
	"strings"
	"testing"

	atlas "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib"
	"techfacts.dev/techfacts/ent/migrate"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

// TestMigrationsAgreeWithTheSchema: after all migrations ent has nothing to
// change, and would have if a column were missing.
func TestMigrationsAgreeWithTheSchema(t *testing.T) { //nolint:tparallel // as below
	t.Parallel()
	for name, address := range storetest.Addresses() {
		t.Run(name, func(t *testing.T) { // one after another: ent writes in its tables when it compares them
			url := address(t)
			s, err := store.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			driver, kind := "sqlite", dialect.SQLite
			if store.IsPostgres(url) {
				driver, kind = "pgx", dialect.Postgres
			} else {
				url = "file:" + url + "?_pragma=foreign_keys(1)"
			}
			db, err := sql.Open(driver, url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if changes := drift(t, db, kind); changes != "" {
				t.Errorf("schema and migrations differ; run make migration:\n%s", changes)
			}
			if _, err := db.ExecContext(t.Context(), `alter table jobs drop column error_message`); err != nil {
				t.Fatal(err)
			}
			if drift(t, db, kind) == "" {
				t.Error("a missing column was not noticed")
			}
		})
	}
}

// drift is the SQL by which ent would change db.
func drift(t *testing.T, db *sql.DB, kind string) string {
	t.Helper()
	var b bytes.Buffer
	m, err := schema.NewMigrate(&schema.WriteDriver{Driver: entsql.OpenDB(kind, db), Writer: &b},
		schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithDiffHook(exceptHandmade))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Create(t.Context(), migrate.Tables...); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.NewReplacer("BEGIN;", "", "COMMIT;", "").Replace(b.String()))
}

// exceptHandmade passes over the indexes that are written by hand.
func exceptHandmade(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlas.Schema) ([]atlas.Change, error) {
		changes, err := next.Diff(current, desired)
		return slices.DeleteFunc(changes, func(c atlas.Change) bool {
			table, ok := c.(*atlas.ModifyTable)
			if !ok {
				return false
			}
			table.Changes = slices.DeleteFunc(table.Changes, func(c atlas.Change) bool {
				drop, ok := c.(*atlas.DropIndex)
				return ok && strings.HasPrefix(drop.I.Name, "x_")
			})
			return len(table.Changes) == 0
		}), err
	})
}
