package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Depth is how much there is to do in one step.
type Depth struct {
	Ready, Waiting, Leased int

	// Oldest is since when the first of the ready items is; zero without any.
	Oldest time.Time
	// Overdue is since when an item could have been begun, whose lane is open and
	// empty or which needs none; zero without any. More workers would help then.
	Overdue time.Time
}

// Depths measures the queue at the time now, for every step.
func Depths(ctx context.Context, s *store.Store, now time.Time) (map[schema.Step]Depth, error) {
	depths := map[schema.Step]Depth{}
	for _, step := range schema.Step("").Values() {
		depths[schema.Step(step)] = Depth{}
	}
	// Three reads of one table, each over the partial index of its state.
	rows, err := s.Rows(ctx, `select i.step, i.state, i.lane, count(*), min(i.run_at), min(r.next_allowed_at), min(r.backoff_until),
		       (select count(*) from job_items o where o.state = 'RUNNING' and o.lane = i.lane and i.lane <> '')
		from job_items i left join rate_limits r on r.domain = i.lane where i.state = 'READY' group by i.step, i.state, i.lane
		union all select step, state, '', count(*), null, null, null, 0 from job_items where state = 'WAITING' group by step, state
		union all select step, state, '', count(*), null, null, null, 0 from job_items where state = 'RUNNING' group by step, state`)
	if err != nil {
		return nil, fmt.Errorf("measure the queue: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var step schema.Step
		var state schema.ItemState
		var lane string
		var items, busy int
		var since, next, backoff moment
		if err := rows.Scan(&step, &state, &lane, &items, &since, &next, &backoff, &busy); err != nil {
			return nil, fmt.Errorf("measure the queue: %w", err)
		}
		d := depths[step]
		switch state {
		case schema.ItemWaiting:
			d.Waiting += items
		case schema.ItemRunning:
			d.Leased += items
		case schema.ItemReady:
			d.Ready += items
			d.Oldest = earlier(d.Oldest, since.Time)
			if open := latest(since.Time, next.Time, backoff.Time); busy == 0 && open.Before(now) {
				d.Overdue = earlier(d.Overdue, open)
			}
		case schema.ItemEnded:
		}
		depths[step] = d
	}
	return depths, rows.Err()
}

// Workers counts those that are alive, by the clock of the database.
func Workers(ctx context.Context, s *store.Store) (n int, err error) {
	rows, err := s.Rows(ctx, `select count(*) from workers where seen_at > `+dead(s))
	if err != nil {
		return 0, fmt.Errorf("count workers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, fmt.Errorf("count workers: %w", err)
		}
	}
	return n, rows.Err()
}

// earlier is the first of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// moment is a time that has come out of an expression, of which SQLite does
// not know that it is one. None is zero.
type moment struct{ time.Time }

// Scan reads what either database gives.
func (m *moment) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		m.Time = time.Time{}
		return nil
	case string:
		t, err := time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		m.Time = t
		return err
	default:
		var t sql.NullTime
		err := t.Scan(value)
		m.Time = t.Time
		return err
	}
}
