package search

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
)

// within runs a transaction that has written when within returns, and commits
// when commit is called.
func (l *library) within(write func(context.Context, *store.Tx) error) (commit func()) {
	l.Helper()
	ctx := context.WithoutCancel(l.Context())
	written, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- l.Tx(ctx, func(tx *store.Tx) error {
			if err := write(ctx, tx); err != nil {
				close(written)
				return err
			}
			close(written)
			<-finish
			return nil
		})
	}()
	<-written
	return func() {
		l.Helper()
		close(finish)
		if err := <-ended; err != nil {
			l.Fatal(err)
		}
	}
}

// rollBack writes n changes of pages that never happen.
func (l *library) rollBack(n int) {
	l.Helper()
	failed := errors.New("rolled back")
	err := l.Tx(l.Context(), func(tx *store.Tx) error {
		if err := touch(l.Context(), tx, l.pages[0], n); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		l.Fatal(err)
	}
}

// touch writes n lines about a subject, as a cascade does.
func touch(ctx context.Context, tx *store.Tx, subject uuid.UUID, n int) error {
	_, err := tx.Exec(ctx, `INSERT INTO changes (subject, at) SELECT CAST(? AS uuid), extract(epoch FROM now())::bigint FROM generate_series(1, ?::int)`, subject, n)
	return err
}

// looking gives what the outbox has, until it has all.
func looking(tb testing.TB, box *outbox) (ids []uuid.UUID) {
	tb.Helper()
	for all := false; !all; {
		var list []uuid.UUID
		var err error
		if list, all, err = box.next(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		ids = append(ids, list...)
	}
	return ids
}

func opened(tb testing.TB, l *library) *outbox {
	tb.Helper()
	box, err := openOutbox(tb.Context(), l.Store)
	if err != nil {
		tb.Fatal(err)
	}
	looking(tb, box)
	return box
}

// Deleting a profile writes as many lines as it has facts, in one transaction.
func TestNoLineOfALargeTransactionThatCommitsLateIsLost(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, maxChanges - 1, maxChanges + 1, 3*maxChanges + 7} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, storetest.Open(t, pgtest.URL(t))) // SQLite has one writer
			l.write(l.addPage)
			box := opened(t, l)
			first := uuid.New()
			commit := l.within(func(ctx context.Context, tx *store.Tx) error {
				return errors.Join(touch(ctx, tx, first, 1), touch(ctx, tx, l.pages[0], n))
			})
			l.write(l.addPage)
			if got := looking(t, box); slices.Contains(got, first) || box.done() >= box.last {
				t.Fatalf("what is not committed came: %v; done %d of %d", got, box.done(), box.last)
			}
			commit()
			if got := looking(t, box); !slices.Contains(got, first) || !slices.Contains(got, l.pages[0]) {
				t.Errorf("of %d lines that committed late came %v", n+1, got)
			}
			if box.done() != box.last || len(box.gaps) > 0 {
				t.Errorf("done up to %d of %d, with gaps %v", box.done(), box.last, box.gaps)
			}
		})
	}
}

func TestNumbersOfTransactionsThatFailCostNothingAndAreForgotten(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, pgtest.URL(t)))
	l.write(l.addPage)
	box := opened(t, l)
	now := time.Now()
	box.now = func() time.Time { return now }
	for range maxGaps + 5 {
		l.rollBack(50)
		l.write(func(ctx context.Context, tx *store.Tx) error { return touch(ctx, tx, l.pages[0], 1) })
	}
	looking(t, box)
	if len(box.gaps) != maxGaps+5 || box.done() >= box.last {
		t.Errorf("%d gaps; done up to %d of %d", len(box.gaps), box.done(), box.last)
	}
	if got := looking(t, box); len(got) != 0 {
		t.Errorf("what was seen comes again: %v", got)
	}
	now = now.Add(waitForGap + time.Second)
	looking(t, box)
	if len(box.gaps) != 0 || box.done() != box.last {
		t.Errorf("after waiting there are %d gaps; done up to %d of %d", len(box.gaps), box.done(), box.last)
	}
}

func TestAGapIsFilledInParts(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, pgtest.URL(t)))
	l.write(l.addPage)
	box := opened(t, l)
	subjects := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	var commits []func()
	for _, id := range subjects {
		commits = append(commits, l.within(func(ctx context.Context, tx *store.Tx) error { return touch(ctx, tx, id, 2) }))
	}
	l.write(l.addPage)
	looking(t, box)
	for _, i := range []int{2, 0, 4, 3, 1} {
		commits[i]()
		if got := looking(t, box); !slices.Equal(got, subjects[i:i+1]) {
			t.Errorf("transaction %d gives %v, want %v", i, got, subjects[i])
		}
	}
	if len(box.gaps) > 0 || box.done() != box.last {
		t.Errorf("gaps %v; done up to %d of %d", box.gaps, box.done(), box.last)
	}
}

// Who begins while a transaction is under way, after minutes in which nothing
// happened, hears of it when it commits.
func TestWhatIsUnderWayWhenTheOutboxIsOpenedIsNotLost(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string]time.Duration{"InUse": 0, "AfterAQuietHour": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, storetest.Open(t, pgtest.URL(t)))
			l.write(l.addPage)
			l.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE changes SET at = at - ?`, int64(quiet.Seconds()))
				return err
			})
			late := uuid.New()
			commit := l.within(func(ctx context.Context, tx *store.Tx) error { return touch(ctx, tx, late, 1) })
			l.write(l.addPage)
			box := opened(t, l)
			commit()
			if got := looking(t, box); !slices.Contains(got, late) {
				t.Errorf("what committed after the outbox was opened is lost; came %v", got)
			}
		})
	}
}

// What was read in the last minutes before the outbox was opened comes again: it
// may have been read before the load looked at its row.
func TestTheLastMinutesComeWhenTheOutboxIsOpened(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		l.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE changes SET at = at - 3600`)
			return err
		})
		l.write(l.addPage)
		box, err := openOutbox(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if got := looking(t, box); !slices.Contains(got, l.pages[1]) || slices.Contains(got, l.pages[0]) {
			t.Errorf("came %v, want %v only", got, l.pages[1])
		}
	})
}
