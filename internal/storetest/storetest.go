//go:build unix

// Package storetest gives tests an empty, up-to-date database of either kind.
package storetest

import (
	"path/filepath"
	"testing"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
)

// Addresses are the databases to test with: where to get an address of each.
func Addresses() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { tb.Helper(); return filepath.Join(tb.TempDir(), "t.db") },
		"PostgreSQL": pgtest.URL,
	}
}

// Each runs test once on every kind of database.
func Each(t *testing.T, test func(*testing.T, *store.Store)) {
	t.Helper()
	for name, address := range Addresses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, address(t)))
		})
	}
}

// Open opens and migrates the database at address until the test ends.
func Open(tb testing.TB, address string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error("close:", err)
		}
	})
	if _, err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}
