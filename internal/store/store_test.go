package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestTxCommitsThenAnnounces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		announced := false
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() {
				_, err := s.Ent.Profile.Query().Where(profile.Name("p")).Only(t.Context())
				announced = err == nil
			})
			return tx.Ent.Profile.Create().SetName("p").SetCategories([]string{"c"}).Exec(t.Context())
		})
		if err != nil || !announced {
			t.Errorf("err = %v, announced with the row there = %t", err, announced)
		}
	})
}

func TestTxThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		broken := errors.New("broken")
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { t.Error("announced what did not happen") })
			// A nested transaction of ent joins this one.
			nested, err := tx.Ent.Tx(t.Context())
			if err != nil {
				return err
			}
			if err := nested.Profile.Create().SetName("p").SetCategories([]string{"c"}).Exec(t.Context()); err != nil {
				return err
			}
			if err := nested.Commit(); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("err = %v", err)
		}
		if n := s.Ent.Profile.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d rows stayed", n)
		}
	})
}

func TestReadClientRefusesToWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.Ent.Profile.Create().SetName("p").SetCategories([]string{"c"}).Exec(t.Context()); err == nil {
			t.Error("created a row outside of Tx")
		}
		if _, err := s.Ent.Profile.Delete().Exec(t.Context()); err == nil {
			t.Error("deleted rows outside of Tx")
		}
		if _, err := s.Ent.Tx(t.Context()); err == nil {
			t.Error("began a transaction outside of Tx")
		}
	})
}

func TestPlaceholdersWorkOnBothDatabases(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Exec(t.Context(), `insert into workers (id, seen_at) values (?, current_timestamp), (?, current_timestamp)`, "a", "b")
			if n != 2 {
				t.Errorf("inserted %d rows", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Rows(t.Context(), `select id from workers where id in (?, ?) order by id`, "b", "c")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil || id != "b" {
				t.Errorf("id = %q, %v", id, err)
			}
		}
		if rows.Err() != nil {
			t.Error(rows.Err())
		}
	})
}

func TestMigrateTwiceAtOnceAppliesEachStepOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	var total, n [4]int
	var group sync.WaitGroup
	for i := range total {
		group.Go(func() {
			s, err := store.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if n[i], err = s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if sum := n[0] + n[1] + n[2] + n[3]; sum == 0 || sum != max(n[0], n[1], n[2], n[3]) {
		t.Errorf("steps applied by four processes = %v, want all by one", n)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into goose_db_version (version_id, is_applied) values (?, ?)`, int64(99990101000000), true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("err = %v, want a conflict", err)
		}
	})
}

func TestADatabaseOfAnotherVersionIsNotReady(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.Ready(t.Context()); err != nil {
			t.Fatalf("when it has just been migrated: %v", err)
		}
		for _, change := range []struct{ statement, want string }{
			{`insert into goose_db_version (version_id, is_applied) values (99999999999999, true)`, "newer than this program"},
			{`delete from goose_db_version where version_id >= (select max(version_id) from goose_db_version where version_id < 99999999999999)`, "older than this program"},
			{`drop table goose_db_version`, "cannot be read"},
		} {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(t.Context(), change.statement); return err })
			if err != nil {
				t.Fatal(err)
			}
			if f := fault.Of(s.Ready(t.Context())); f.Code != fault.Unavailable || !strings.Contains(f.Message, change.want) {
				t.Errorf("after %s: %+v", change.statement, f)
			}
		}
	})
}

func TestSQLiteFileBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a folder", "odd?name%.db")
	first := storetest.Open(t, path)
	if _, err := store.Open(t.Context(), path); !fault.Is(err, fault.Conflict) {
		t.Errorf("second open: %v, want a conflict", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

func TestBadAddressTellsNoPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://u:hunter2@[bad", "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1"} {
		_, err := store.Open(context.WithoutCancel(t.Context()), address)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: err = %v", address, err)
		}
	}
}
