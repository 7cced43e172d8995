package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"techfacts.dev/techfacts/ent"
)

// Tx is one transaction. It must be short, and must not wait for anything but
// the database: no network, no channel, no other transaction.
type Tx struct {
	// Ent reads and writes within the transaction. Entities it gives cannot
	// load edges after the commit: read them again from [Store.Ent].
	Ent *ent.Client

	store *Store
	sql   *sql.Tx
	after []func()
}

// Tx runs fn in a transaction. It commits if fn returns nil, and then runs what
// fn gave to [Tx.AfterCommit]; otherwise nothing has happened. With [ErrAway]
// nobody knows: the commit may have come through and its confirmation not.
//
// PostgreSQL ends one of two transactions that wait for each other. Then fn runs
// again, so it must set what it gives rather than add to it.
func (s *Store) Tx(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.tx(ctx, fn)
		if try == maxTries || !inTheWay(err) || !pause(ctx, rand.N(time.Duration(try)*20*time.Millisecond)) { //nolint:gosec // so that they do not meet again
			return away(ctx, err)
		}
	}
}

const maxTries = 5

func (s *Store) tx(ctx context.Context, fn func(*Tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer t.Rollback() // after Commit it has nothing to do
	tx := &Tx{
		Ent:   ent.NewClient(ent.Driver(joined{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: t})})),
		store: s,
		sql:   t,
	}
	if err := fn(tx); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// AfterCommit runs f once the transaction has committed, and never if it fails.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Exec runs SQL whose parameters are written as ?, and tells how many rows it
// touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := tx.sql.ExecContext(ctx, tx.store.bind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Rows reads with SQL whose parameters are written as ?.
func (tx *Tx) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.sql.QueryContext(ctx, tx.store.bind(query), args...)
}

// Row reads one row of SQL whose parameters are written as ?.
func (tx *Tx) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.sql.QueryRowContext(ctx, tx.store.bind(query), args...)
}

// Postgres reports whether the database is PostgreSQL.
func (tx *Tx) Postgres() bool { return tx.store.Postgres() }

// joined is a driver whose nested transactions are the one it runs in.
type joined struct{ dialect.Driver }

func (j joined) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(j), nil }
