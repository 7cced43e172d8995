package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

func TestADatabaseThatIsAwayIsNamedAndComesBack(t *testing.T) {
	t.Parallel()
	pg := pgtest.NewServer(t)
	s := storetest.Open(t, pg.URL)
	read := func() error { _, err := s.Ent.Profile.Query().Count(t.Context()); return err }
	write := func() error {
		return s.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into workers (id, seen_at) values (?, now())`, uuid.NewString())
			return err
		})
	}
	raw := func() error {
		rows, err := s.Rows(t.Context(), `select 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		return rows.Err()
	}
	ways := map[string]func() error{"read": read, "write": write, "rows": raw, "ready": func() error { return s.Ready(t.Context()) }}
	for what, do := range ways {
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		pg.Stop()
		_, err := tx.Exec(t.Context(), `delete from workers`)
		return err
	})
	if !errors.Is(err, store.ErrAway) {
		t.Errorf("in the middle: %v", err)
	}
	for what, do := range ways {
		if err := do(); !errors.Is(err, store.ErrAway) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s while it is away: %v", what, err)
		}
	}
	pg.Start()
	for what, do := range ways {
		if err := do(); err != nil {
			t.Errorf("%s when it is back: %v", what, err)
		}
	}
}

func TestWhatIsWrongWithAStatementIsNoAbsence(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(t.Context(), `nonsense`); return err })
		if err == nil || errors.Is(err, store.ErrAway) {
			t.Errorf("got %v", err)
		}
	})
}

// Two transactions that wait for each other: the database ends one of them,
// which runs again.
func TestADeadlockIsSeenByNobody(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, pgtest.URL(t))
	const a, b = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
	ctx := t.Context()
	if err := s.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into workers (id, seen_at) values (?, now()), (?, now())`, a, b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var both, group sync.WaitGroup
	both.Add(2)
	var mu sync.Mutex
	runs, told := 0, 0
	for _, order := range [][2]string{{a, b}, {b, a}} {
		group.Go(func() {
			met := false
			err := s.Tx(ctx, func(tx *store.Tx) error {
				mu.Lock()
				runs++
				mu.Unlock()
				tx.AfterCommit(func() { mu.Lock(); told++; mu.Unlock() })
				for _, id := range order {
					if _, err := tx.Exec(ctx, `update workers set seen_at = now() where id = ?`, id); err != nil {
						return err
					}
					if !met { // each has one, and wants the other
						met = true
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if runs != 3 || told != 2 {
		t.Errorf("%d runs, %d of which were announced, want 3 and 2", runs, told)
	}
}
