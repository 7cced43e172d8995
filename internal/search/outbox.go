package search

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/store"
)

// Lines of the outbox are numbered when they are written, and seen when their
// transaction commits, which may be in another order. A number that is missing
// is waited for this long: no transaction of ours takes so long.
const waitForGap = 5 * time.Minute

// Lines are kept this long. Whoever has not read for longer has to begin anew.
const keepChanges = 24 * time.Hour

// outbox reads the changes that are committed, each at least once.
type outbox struct {
	store *store.Store
	last  int64               // the highest number that was seen
	gaps  map[int64]time.Time // numbers below it that were not, and since when
	left  []uuid.UUID         // what was given and has to be given again
	now   func() time.Time
}

// openOutbox reads from now on. What was written in the last minutes comes in
// any case: some of it may not have been committed yet.
func openOutbox(ctx context.Context, s *store.Store) (*outbox, error) {
	o := resumeOutbox(s, 0)
	since := o.now().Add(-waitForGap).Unix()
	err := one(ctx, s, &o.last, `SELECT COALESCE((SELECT MIN(id) - 1 FROM changes WHERE at >= ?), (SELECT MAX(id) FROM changes), 0)`, since)
	return o, err
}

// resumeOutbox reads from after done on.
func resumeOutbox(s *store.Store, done int64) *outbox {
	return &outbox{store: s, last: done, gaps: map[int64]time.Time{}, now: time.Now}
}

// lost reports whether lines after done were thrown away before they were read.
func lost(ctx context.Context, s *store.Store, done int64) (bool, error) {
	var oldest int64
	err := one(ctx, s, &oldest, `SELECT COALESCE(MIN(id), 0) FROM changes WHERE id > ?`, done)
	if err != nil || oldest <= done+1 {
		return false, err
	}
	// Numbers of transactions that failed are missing, too; then there are older lines.
	var older int64
	err = one(ctx, s, &older, `SELECT COUNT(*) FROM (SELECT 1 FROM changes WHERE id <= ? LIMIT 1) x`, done)
	return older == 0, err
}

func one(ctx context.Context, s *store.Store, to *int64, query string, args ...any) error {
	rows, err := s.Rows(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(to)
	}
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	return rows.Err()
}

// maxChanges is how many lines are read at a time.
const maxChanges = 5000

// next gives what has changed, each once; more may follow at once if all is
// false.
func (o *outbox) next(ctx context.Context) (ids []uuid.UUID, all bool, err error) {
	seen := map[uuid.UUID]bool{}
	add := func(id uuid.UUID) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, id := range o.left {
		add(id)
	}
	defer func() {
		if o.left = nil; err != nil {
			o.left = ids
		}
	}()
	if err := o.fill(ctx, add); err != nil {
		return ids, false, err
	}
	n := 0
	now := o.now()
	err = o.read(ctx, `SELECT id, subject FROM changes WHERE id > ? ORDER BY id LIMIT ?`, func(number int64, id uuid.UUID) {
		for missing := o.last + 1; missing < number && number-missing < maxChanges; missing++ {
			o.gaps[missing] = now
		}
		o.last = number
		n++
		add(id)
	}, o.last, maxChanges)
	return ids, n < maxChanges, err
}

// again has ids come once more: they were not dealt with.
func (o *outbox) again(ids []uuid.UUID) { o.left = append(o.left, ids...) }

// fill looks for the numbers that were missing.
func (o *outbox) fill(ctx context.Context, add func(uuid.UUID)) error {
	if len(o.gaps) == 0 {
		return nil
	}
	least := o.last
	for number, since := range o.gaps {
		if o.now().Sub(since) > waitForGap {
			delete(o.gaps, number) // its transaction failed
			continue
		}
		least = min(least, number)
	}
	return o.read(ctx, `SELECT id, subject FROM changes WHERE id >= ? AND id < ?`, func(number int64, id uuid.UUID) {
		if _, missing := o.gaps[number]; missing {
			delete(o.gaps, number)
			add(id)
		}
	}, least, o.last)
}

func (o *outbox) read(ctx context.Context, query string, found func(int64, uuid.UUID), args ...any) error {
	rows, err := o.store.Rows(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var id uuid.UUID
		if err := rows.Scan(&number, &id); err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		found(number, id)
	}
	return rows.Err()
}

// done is the number up to which everything was seen.
func (o *outbox) done() int64 {
	done := o.last
	for number := range o.gaps {
		done = min(done, number-1)
	}
	return done
}

// prune throws old lines away, but for the last, which tells the numbers that
// were given.
func prune(ctx context.Context, s *store.Store) error {
	return s.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM changes WHERE at < ? AND id < (SELECT MAX(id) FROM changes)`, time.Now().Add(-keepChanges).Unix())
		if err != nil {
			return fmt.Errorf("prune changes: %w", err)
		}
		return nil
	})
}
