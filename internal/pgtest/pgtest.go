//go:build unix

// Package pgtest gives tests a real PostgreSQL. A test binary starts a server
// of its own on first use, or uses the one that TEST_POSTGRES_URL names, and
// every test gets an empty database. Nothing is left behind when the binary
// ends, not even when it is killed.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server of this test binary.
//
//nolint:gochecknoglobals // the tests of a package have nothing else in common that could own a server
var shared struct {
	start sync.Once
	url   string
	stop  func()
	err   error
}

// URL makes an empty database for one test on a PostgreSQL that this test
// binary starts on first use (or, if TEST_POSTGRES_URL is set, on that server),
// and drops it when the test ends.
func URL(tb testing.TB) string {
	tb.Helper()
	shared.start.Do(func() { shared.url, shared.stop, shared.err = serve(tb.Context()) })
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	database, drop, err := create(tb.Context(), shared.url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := drop(); err != nil {
			tb.Error(err)
		}
	})
	return database
}

// Main runs the tests of a package and stops the server afterwards:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// Without it the server ends a moment after the test binary.
func Main(m *testing.M) {
	m.Run() // its result becomes the exit code when TestMain returns
	if shared.stop != nil {
		shared.stop()
	}
}

// Start gives an empty database to a program that is not a test, on a server
// found as for URL. ctx limits the start; stop ends what was started.
func Start(ctx context.Context) (database string, stop func(), err error) {
	server, end, err := serve(ctx)
	if err != nil {
		return "", nil, err
	}
	database, drop, err := create(ctx, server)
	if err != nil {
		end()
		return "", nil, err
	}
	return database, func() {
		_ = drop() // it goes with the server, and nothing more can be done on a foreign one
		end()
	}, nil
}

// create makes a database that sorts alike on every machine.
func create(ctx context.Context, server string) (database string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", nil, errors.New("TEST_POSTGRES_URL is not like postgres://user@host:port/database")
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := run(ctx, server, "create database "+name+" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'", nil); err != nil {
		return "", nil, fmt.Errorf("create database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // the test's context has ended by now
		defer cancel()
		return run(ctx, server, "drop database if exists "+name+" with (force)", nil)
	}, nil
}

// run runs one statement on a connection of its own; into, unless nil, gets the
// value it returns.
func run(ctx context.Context, server, sql string, into *string) error {
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if into != nil {
		return c.QueryRow(ctx, sql).Scan(into)
	}
	_, err = c.Exec(ctx, sql)
	return err
}
