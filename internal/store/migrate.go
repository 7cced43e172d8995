package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"techfacts.dev/techfacts/internal/fault"
)

// migrations holds the SQL that brings an empty or older database up to date.
// It is written by the command in migrations/.
//
//go:embed migrations/postgres/*.sql migrations/sqlite/*.sql
var migrations embed.FS

// Migrate brings the tables up to date and tells how many steps that took.
// Processes that start together take turns. A database that is newer than this
// program is left alone and refused with CONFLICT.
func (s *Store) Migrate(ctx context.Context) (steps int, err error) {
	dialect := goose.DialectSQLite3
	var options []goose.ProviderOption
	if s.Postgres() {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return 0, fmt.Errorf("migrate: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, path.Join("migrations", s.folder()))
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(dialect, s.write, files, options...)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; version > newest {
		return 0, fault.New(fault.Conflict, "the database is of version %d, newer than this program (%d): update techfacts", version, newest)
	}
	return len(done), nil
}

// Ready fails, with UNAVAILABLE, if the database does not answer, or is of
// another version than this program: behind, or ahead.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	var version sql.NullInt64
	if err := s.read.QueryRowContext(ctx, `select max(version_id) from goose_db_version where is_applied`).Scan(&version); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the version of the database cannot be read")
	}
	newest, err := s.newest()
	switch {
	case err != nil:
		return err
	case version.Int64 < newest:
		return fault.New(fault.Unavailable, "the database is of version %d, older than this program (%d): run techfacts migrate", version.Int64, newest)
	case version.Int64 > newest:
		return fault.New(fault.Unavailable, "the database is of version %d, newer than this program (%d): update techfacts", version.Int64, newest)
	}
	return nil
}

// newest is the version that this program brings a database to.
func (s *Store) newest() (version int64, err error) {
	names, err := fs.Glob(migrations, path.Join("migrations", s.folder(), "*.sql"))
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("find migrations: %w", err)
	}
	return goose.NumericComponent(path.Base(names[len(names)-1])) // they are in order
}

// folder holds the migrations of this kind of database.
func (s *Store) folder() string {
	if s.Postgres() {
		return "postgres"
	}
	return "sqlite"
}
