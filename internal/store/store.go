// Package store keeps everything techfacts knows in one database, SQLite or
// PostgreSQL. Reads go through [Store.Ent]; [Store.Tx] is the only way to write:
// rows, queue and "done" commit together or not at all, and what is announced
// is announced after the commit.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/fault"
)

// Store is the memory of the service.
type Store struct {
	// Ent reads. It sees what is committed, and refuses to write.
	Ent *ent.Client

	dialect string
	write   *sql.DB // SQLite: the one writer; PostgreSQL: the pool
	read    *sql.DB // SQLite: read-only connections; PostgreSQL: the pool
	close   []func() error
	pools   map[string]func() Pool
	ran     atomic.Int64 // statements
}

// Open opens the database at address: a postgres:// URL, or else the path of a
// SQLite file, which it creates and locks against other processes. The tables
// are not touched: see [Store.Migrate].
func Open(ctx context.Context, address string) (*Store, error) {
	s := &Store{}
	var err error
	if IsPostgres(address) {
		err = s.openPostgres(ctx, address)
	} else {
		err = s.openSQLite(ctx, address)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Ent = ent.NewClient(ent.Driver(reader{entsql.OpenDB(s.dialect, s.read)}))
	return s, nil
}

// IsPostgres reports whether address names a PostgreSQL database.
func IsPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	s.dialect = dialect.Postgres
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return fault.New(fault.Invalid, "the database address is not a PostgreSQL URL") // err may hold the password
	}
	if !strings.Contains(address, "pool_max_conns") {
		config.MaxConns = max(16, int32(4*runtime.NumCPU())) //nolint:gosec // a few
	}
	// A transaction holds locks; one that has stopped talking must not hold them for long.
	if _, set := config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"]; !set {
		config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	}
	config.ConnConfig.Tracer = traced{&s.ran}
	config.ConnConfig.ConnectTimeout = 10 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.close = append(s.close, func() error { pool.Close(); return nil })
	if err := pool.Ping(ctx); err != nil {
		return fmt.Errorf("the database cannot be reached: %w", firstLine(err))
	}
	db := stdlib.OpenDBFromPool(pool)
	db.SetMaxIdleConns(0) // the pool keeps them
	s.close = append(s.close, db.Close)
	s.write, s.read = db, db
	s.pools = map[string]func() Pool{"shared": func() Pool { return ofPgx(pool.Stat()) }}
	return nil
}

// firstLine keeps an error of pgx, which lists every address it has tried, to
// one line.
func firstLine(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(strings.TrimSuffix(line, ":"))
}

func (s *Store) openSQLite(ctx context.Context, path string) error {
	s.dialect = dialect.SQLite
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if !held {
		return fault.New(fault.Conflict, "the embedded database %s is in use by another process; stop that one, set DATA_DIR to another folder, or use PostgreSQL (DATABASE_URL)", path)
	}
	s.close = append(s.close, lock.Unlock)
	if s.write, err = s.sqlite(ctx, path, 1, "query_only(0)", "cache_size(-24576)"); err != nil {
		return err
	}
	s.close = append(s.close, s.write.Close)
	if s.read, err = s.sqlite(ctx, path, max(4, runtime.NumCPU()), "query_only(1)", "cache_size(-4096)"); err != nil {
		return err
	}
	s.close = append(s.close, s.read.Close)
	s.pools = map[string]func() Pool{
		"write": func() Pool { return ofSQL(s.write.Stats()) }, "read": func() Pool { return ofSQL(s.read.Stats()) },
	}
	return nil
}

func (s *Store) sqlite(ctx context.Context, path string, connections int, pragmas ...string) (*sql.DB, error) {
	options := url.Values{
		"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "temp_store(MEMORY)",
		}, pragmas...),
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	// The path is escaped, so that a '?' or '%' in it stays part of it.
	connector, err := sqlite.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(preparing{connector, &s.ran})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// Close closes the database and frees its file.
func (s *Store) Close() error {
	var errs []error
	for _, c := range slices.Backward(s.close) {
		errs = append(errs, c())
	}
	s.close = nil
	return errors.Join(errs...)
}

// Postgres reports whether the database is PostgreSQL, which several processes
// may share. SQLite belongs to one.
func (s *Store) Postgres() bool { return s.dialect == dialect.Postgres }

// Statements tells how many statements have been run, without those that begin
// and end transactions on SQLite.
func (s *Store) Statements() int64 { return s.ran.Load() }

// Rows reads with SQL whose parameters are written as ?.
func (s *Store) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := s.read.QueryContext(ctx, s.bind(query), args...)
	return rows, away(ctx, err)
}

// bind turns ? into what the database wants. The SQL must have none in literals.
func (s *Store) bind(query string) string {
	if s.dialect != dialect.Postgres {
		return query
	}
	return rebind(query)
}

func rebind(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			fmt.Fprintf(&b, "$%d", n)
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// errReadOnly is a mistake in our own code.
var errReadOnly = errors.New("store: this client only reads; writes go through Store.Tx")

// reader is a driver that does not write.
type reader struct{ dialect.Driver }

func (reader) Exec(context.Context, string, any, any) error { return errReadOnly }

func (reader) Tx(context.Context) (dialect.Tx, error) { return nil, errReadOnly }

func (r reader) Query(ctx context.Context, text string, args, v any) error {
	if !strings.HasPrefix(text, "SELECT") && !strings.HasPrefix(text, "WITH") {
		return errReadOnly
	}
	return query(ctx, r.Driver, text, args, v)
}
