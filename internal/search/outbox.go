package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	last  int64       // the highest number that was seen
	gaps  []gap       // numbers below it that were not, in order
	left  []uuid.UUID // what was given and has to be given again
	now   func() time.Time
}

// gap is a run of numbers that were missing when a later one was seen.
type gap struct {
	from, to int64
	since    time.Time
}

// openOutbox reads from now on. What was written in the last minutes comes in
// any case, and what was numbered before it and is not committed yet: it begins
// with the last line that is older.
func openOutbox(ctx context.Context, s *store.Store) (*outbox, error) {
	o := resumeOutbox(s, 0)
	since := o.now().Add(-waitForGap).Unix()
	err := one(ctx, s, &o.last, `SELECT COALESCE(MAX(id), 0) FROM changes
		WHERE id < COALESCE((SELECT MIN(id) FROM changes WHERE at >= ?), (SELECT MAX(id) + 1 FROM changes))`, since)
	return o, err
}

// resumeOutbox reads from after done on.
func resumeOutbox(s *store.Store, done int64) *outbox {
	return &outbox{store: s, last: done, now: time.Now}
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

// maxChanges is how many lines are read at a time, and maxGaps how many gaps are
// looked into by one statement.
const (
	maxChanges = 5000
	maxGaps    = 100
)

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
	all, err = o.fill(ctx, add)
	if err != nil {
		return ids, false, err
	}
	lines, err := o.read(ctx, `SELECT id, subject FROM changes WHERE id > ? ORDER BY id LIMIT ?`, o.last, maxChanges)
	for _, l := range lines {
		if l.number > o.last+1 {
			o.gaps = append(o.gaps, gap{o.last + 1, l.number - 1, o.now()})
		}
		o.last = l.number
		add(l.subject)
	}
	return ids, all && len(lines) < maxChanges, err
}

// again has ids come once more: they were not dealt with.
func (o *outbox) again(ids []uuid.UUID) { o.left = append(o.left, ids...) }

// fill looks for the numbers that were missing; more may be found at once if all
// is false.
func (o *outbox) fill(ctx context.Context, add func(uuid.UUID)) (all bool, err error) {
	o.gaps = slices.DeleteFunc(o.gaps, func(g gap) bool { return o.now().Sub(g.since) > waitForGap }) // its transaction failed
	var late []line
	all = true
	for chunk := range slices.Chunk(o.gaps, maxGaps) {
		var args []any
		for _, g := range chunk {
			args = append(args, g.from, g.to)
		}
		within := strings.TrimSuffix(strings.Repeat("id BETWEEN ? AND ? OR ", len(chunk)), " OR ")
		lines, err := o.read(ctx, `SELECT id, subject FROM changes WHERE `+within+` ORDER BY id LIMIT ?`, append(args, maxChanges)...)
		if err != nil {
			return false, err
		}
		late = append(late, lines...)
		all = all && len(lines) < maxChanges
	}
	var open []gap
	for _, g := range o.gaps {
		for len(late) > 0 && late[0].number <= g.to {
			if late[0].number > g.from {
				open = append(open, gap{g.from, late[0].number - 1, g.since})
			}
			g.from = late[0].number + 1
			add(late[0].subject)
			late = late[1:]
		}
		if g.from <= g.to {
			open = append(open, g)
		}
	}
	o.gaps = open
	return all, nil
}

// line is one change.
type line struct {
	number  int64
	subject uuid.UUID
}

func (o *outbox) read(ctx context.Context, query string, args ...any) ([]line, error) {
	rows, err := o.store.Rows(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	var lines []line
	for rows.Next() {
		var l line
		if err := rows.Scan(&l.number, &l.subject); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		lines = append(lines, l)
	}
	return lines, rows.Err()
}

// done is the number up to which everything was seen.
func (o *outbox) done() int64 {
	if len(o.gaps) > 0 {
		return o.gaps[0].from - 1
	}
	return o.last
}

// place tells two states of reading apart.
func (o *outbox) place() [2]int64 { return [2]int64{o.done(), o.last} }

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
