package queue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/store"
)

// skipLocked passes over rows that another worker is at, on the database that
// has rows that can be locked.
func skipLocked(tx *store.Tx) string {
	if tx.Postgres() {
		return " for update skip locked"
	}
	return ""
}

func (q *Queue) lease(ctx context.Context, tx *store.Tx, lane string, n int) ([]Item, error) {
	if lane != "" {
		var scored bool
		err := tx.Row(ctx, `select exists (select 1 from job_items where state = 'READY' and score > 0 and lane = ?)`, lane).Scan(&scored)
		if err != nil {
			return nil, fmt.Errorf("lease items: %w", err)
		}
		if scored {
			return q.leaseBest(ctx, tx, lane, n)
		}
	}
	rows, err := tx.Rows(ctx, `with picked as materialized (
		  select id as picked_id from job_items where state = 'READY' and lane = ? order by rank, turn limit ?`+skipLocked(tx)+`)
		update job_items set state = 'RUNNING', worker = ?, lease = lease + 1, attempts = attempts + 1, started_at = coalesce(started_at, ?)
		from picked where id = picked_id returning `+columns, lane, n, q.worker, q.now())
	if err != nil {
		return nil, fmt.Errorf("lease items: %w", err)
	}
	items, err := scan(rows)
	if err != nil {
		return nil, fmt.Errorf("lease items: %w", err)
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.turn, b.turn))
	})
	return items, nil
}

// place is an item and its number in a lane.
type place struct {
	id, job uuid.UUID
	turn    int64
}

// leaseBest leases from a lane in which some items score more than others. The
// numbers say which job is next, as ever; which of its items it is, the scores
// say. An item that is passed over takes the number of the one that was taken.
func (q *Queue) leaseBest(ctx context.Context, tx *store.Tx, lane string, n int) ([]Item, error) {
	next, err := places(ctx, tx, `lane = ? order by rank, turn limit ?`, lane, n)
	if err != nil {
		return nil, err
	}
	var chosen []any
	byJob := map[uuid.UUID][]place{}
	for _, p := range next {
		byJob[p.job] = append(byJob[p.job], p)
	}
	for job, due := range byJob {
		best, err := places(ctx, tx, `lane = ? and job_id = ? and score > 0 order by score desc, turn limit ?`, lane, job, len(due))
		if err != nil {
			return nil, err
		}
		in := func(p place, list []place) bool {
			return slices.ContainsFunc(list, func(o place) bool { return o.id == p.id })
		}
		for _, p := range due { // the best may be fewer
			if len(best) < len(due) && !in(p, best) {
				best = append(best, p)
			}
		}
		passed := slices.DeleteFunc(slices.Clone(due), func(p place) bool { return in(p, best) })
		ahead := slices.DeleteFunc(slices.Clone(best), func(p place) bool { return in(p, due) })
		for i, p := range passed {
			if _, err := tx.Exec(ctx, `update job_items set turn = ? where id = ?`, ahead[i].turn, p.id); err != nil {
				return nil, fmt.Errorf("lease items: %w", err)
			}
		}
		for _, p := range best {
			chosen = append(chosen, p.id)
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	rows, err := tx.Rows(ctx, `update job_items set state = 'RUNNING', worker = ?, lease = lease + 1, attempts = attempts + 1, started_at = coalesce(started_at, ?)
		where state = 'READY' and id in (?`+strings.Repeat(",?", len(chosen)-1)+`) returning `+columns, append([]any{q.worker, q.now()}, chosen...)...)
	if err != nil {
		return nil, fmt.Errorf("lease items: %w", err)
	}
	items, err := scan(rows)
	if err != nil {
		return nil, fmt.Errorf("lease items: %w", err)
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.turn, b.turn))
	})
	return items, nil
}

// places reads, and holds, places of items that are ready.
func places(ctx context.Context, tx *store.Tx, where string, args ...any) (list []place, err error) {
	rows, err := tx.Rows(ctx, `select id, job_id, turn from job_items where state = 'READY' and `+where+skipLocked(tx), args...)
	if err != nil {
		return nil, fmt.Errorf("find items: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.id, &p.job, &p.turn); err != nil {
			return nil, fmt.Errorf("find items: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}
