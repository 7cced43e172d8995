// Command migrations, run at the root of the repository, writes the migration, for both databases, that leads from the
// migrations there are to what is written in schema/:
//
//	go run ./internal/store/migrations NAME
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
	entmigrate "techfacts.dev/techfacts/ent/migrate"
	"techfacts.dev/techfacts/internal/pgtest"
)

const folder = "internal/store/migrations"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/store/migrations NAME")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "migrations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string) error {
	if err := diff(ctx, dialect.SQLite, "sqlite", "file:dev?mode=memory&cache=shared&_pragma=foreign_keys(1)", name); err != nil {
		return err
	}
	url, stop, err := pgtest.Start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return diff(ctx, dialect.Postgres, "pgx", url, name)
}

func diff(ctx context.Context, dialectName, driver, address, name string) error {
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer db.Close()
	if dialectName == dialect.SQLite {
		db.SetMaxOpenConns(1)
	}
	path := filepath.Join(folder, map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres"}[dialectName])
	if err := os.MkdirAll(path, 0o750); err != nil {
		return err
	}
	dir, err := sqltool.NewGooseDir(path)
	if err != nil {
		return err
	}
	// Migrations written by hand are as good as others.
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	if err := migrate.WriteSumFile(dir, sum); err != nil {
		return err
	}
	m, err := schema.NewMigrate(entsql.OpenDB(dialectName, db),
		schema.WithDir(dir),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(dialectName),
		schema.WithDropColumn(true), schema.WithDropIndex(true),
		schema.WithForeignKeys(true),
		schema.WithDiffHook(keepHandmade),
	)
	if err != nil {
		return err
	}
	err = m.NamedDiff(ctx, name, entmigrate.Tables...)
	if errors.Is(err, migrate.ErrNoPlan) {
		fmt.Println(dialectName, "has nothing to change")
		return nil
	}
	if err != nil {
		return err
	}
	return harmless(path)
}

// harmless refuses a migration that makes a table anew: dropping the old one
// deletes the rows that refer to it, and the indexes made by hand.
func harmless(path string) error {
	files, err := filepath.Glob(filepath.Join(path, "*.sql"))
	if err != nil {
		return err
	}
	newest := slices.Max(files)
	text, err := os.ReadFile(newest) //nolint:gosec // in a folder of ours
	if err != nil {
		return err
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	if strings.Contains(up, "DROP TABLE") {
		return fmt.Errorf("%s makes a table anew, which loses what refers to it: write it by hand with ALTER TABLE … ADD COLUMN, then run this again for the sums", newest)
	}
	return nil
}

// keepHandmade never drops what was made by hand on the tables of ent: it is
// named x_….
func keepHandmade(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlas.Schema) ([]atlas.Change, error) {
		changes, err := next.Diff(current, desired)
		if err != nil {
			return nil, err
		}
		return slices.DeleteFunc(changes, func(c atlas.Change) bool {
			table, ok := c.(*atlas.ModifyTable)
			if !ok {
				return false
			}
			table.Changes = slices.DeleteFunc(table.Changes, handmade)
			return len(table.Changes) == 0
		}), nil
	})
}

func handmade(c atlas.Change) bool {
	switch c := c.(type) {
	case *atlas.DropIndex:
		return strings.HasPrefix(c.I.Name, "x_")
	case *atlas.DropColumn:
		return strings.HasPrefix(c.C.Name, "x_")
	}
	return false
}
