package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestAStatementRunsWhileItsOwnRowsAreRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if s.Postgres() {
			return // has one result at a time on a connection
		}
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			for range 2 { // the second time with what the first has left
				seen, err := nested(t, tx)
				if err != nil {
					return err
				}
				if !slices.Equal(seen, []string{"a1", "b1", "c1"}) {
					t.Errorf("read %q", seen)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// nested runs a query for each of its own rows.
func nested(t *testing.T, tx *store.Tx) (seen []string, err error) {
	t.Helper()
	const query = `select column1 from (values (?), (?), (?))`
	rows, err := tx.Rows(t.Context(), query, "a", "b", "c")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x, y string
		if err := rows.Scan(&x); err != nil {
			return nil, err
		}
		if err := tx.Row(t.Context(), query, x+"1", "", "").Scan(&y); err != nil {
			return nil, err
		}
		seen = append(seen, y)
	}
	return seen, rows.Err()
}

func TestRowsOutliveTheirPlaceAmongThoseKept(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, filepath.Join(t.TempDir(), "t.db"))
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Rows(t.Context(), `select 'first' union all select 'second'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		for i := range 1000 { // more than are kept
			var n int
			if err := tx.Row(t.Context(), fmt.Sprintf(`select %d`, i)).Scan(&n); err != nil || n != i {
				t.Fatalf("%d: %d, %v", i, n, err)
			}
		}
		var word string
		if rows.Next(); rows.Scan(&word) != nil || word != "second" {
			t.Errorf("read %q", word)
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAStatementThatFailedRunsAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		add := func(name string) error {
			return s.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.Ent.Profile.Create().SetName(name).SetCategories([]string{"c"}).Exec(t.Context())
			})
		}
		if err := add("a"); err != nil {
			t.Fatal(err)
		}
		if add("a") == nil {
			t.Error("the same name twice")
		}
		if err := add("b"); err != nil {
			t.Error(err)
		}
		if n := s.Ent.Profile.Query().CountX(t.Context()); n != 2 {
			t.Errorf("%d profiles", n)
		}
	})
}

func TestStatementsAreCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before := s.Statements()
		run := func(query string) {
			t.Helper()
			rows, err := s.Rows(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
		run(`select 1`)
		run(`select 1`)
		run(`select '` + strings.Repeat("x", 10_000) + `'`)
		if n := s.Statements() - before; n != 3 {
			t.Errorf("counted %d, want 3", n)
		}
	})
}
