// Package queue leases job items to workers. The item is the queue's row: what
// the API shows as an item is what the queue moves. It promises that an item is
// leased to one worker at a time, that the work of a dead worker is taken up by
// another, and that a worker which has lost its lease cannot save.
//
// Items wait in lanes. The lane of an item that needs the network is the domain
// it asks, and a [Gate] says when and by how many the lane may be entered; the
// lane of all others is empty and always open. Within a lane HIGH goes before
// NORMAL before LOW, and jobs take turns: see [Put].
package queue

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// ErrLost says that the item is no longer leased to who wants to save it:
// its job was cancelled or deleted, or another worker has taken over.
var ErrLost = fault.New(fault.Conflict, "the item is no longer leased to this worker")

// The rhythm of leases: a worker is dead when its heart has not beaten for
// DeadAfter.
const (
	BeatEvery = 3 * time.Second
	DeadAfter = 10 * time.Second
)

// Item is an item as it was leased.
type Item struct {
	ID, JobID uuid.UUID
	PageID    *uuid.UUID
	Step      schema.Step
	URL       string
	Location  string // where the URL has led so far, if it was redirected to another domain
	Redirects int    // how many of those
	Depth     int
	Attempts  int // this one included
	Lane      string
	Due       time.Time // since when it could be taken, but for its lane

	CanonicalOf string         // what the step FETCH notes when Location is what the page calls its canonical URL
	Fetcher     schema.Fetcher // by which the step FETCH is to get the page after all; "" if as its job says
	Pattern     string         // the shape of the URL, if it has one that could be endless
	Sitemaps    []string       // still to be read by the step DISCOVER; nil if it has not begun

	rank  int
	turn  int64
	lease int64
}

// Lease names one lease of an item; the next lease of the same item is another.
type Lease struct {
	Item   uuid.UUID
	Number int64
}

// Lease is the lease under which the item was given.
func (i Item) Lease() Lease { return Lease{i.ID, i.lease} }

// New is an item to put into the queue.
type New struct {
	URL    string
	Depth  int
	Step   schema.Step
	Lane   string
	PageID *uuid.UUID

	Score   int    // those of a job that score more are taken first; not negative
	Pattern string // see [Item]
}

// Gate lets items into a lane.
type Gate interface {
	// Enter calls take with how many items may enter lane now, at most free,
	// given how many are in it, and takes note of how many did. It asks for
	// running only once it holds the lane against other workers. It does not call
	// take if none may, and must not wait.
	Enter(ctx context.Context, tx *store.Tx, lane string, free int, running func() (int, error), take func(n int) (int, error)) error
	// Next gives, for each of lanes that is closed, when it opens.
	Next(ctx context.Context, lanes []string) (map[string]time.Time, error)
}

// Queue leases items to one worker, which is one process.
type Queue struct {
	store  *store.Store
	worker string
	now    func() time.Time

	beaten, since time.Time // the last beat, and the first of those without a gap
}

// Open joins the queue as a new worker. [Queue.Beat] must be called every
// [BeatEvery] for as long as it works.
func Open(ctx context.Context, s *store.Store) (*Queue, error) {
	q := &Queue{store: s, worker: uuid.NewString(), now: schema.Now}
	err := s.Tx(ctx, func(tx *store.Tx) error {
		if s.Postgres() {
			return nil
		}
		// An embedded database has one process: whatever others left is dead.
		_, err := tx.Exec(ctx, `delete from workers`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("join the queue: %w", err)
	}
	_, err = q.Beat(ctx)
	return q, err
}

// columns are those of [Item], in the order of scan.
const columns = `id, job_id, page_id, step, url, location, redirects, depth, attempts, lane, run_at, canonical_of, fetcher, pattern, sitemaps, rank, turn, lease`

func scan(rows *sql.Rows) ([]Item, error) {
	defer rows.Close()
	var items []Item
	for rows.Next() {
		var i Item
		var page uuid.NullUUID
		var location, canonicalOf sql.NullString
		var sitemaps []byte
		var due moment
		if err := rows.Scan(&i.ID, &i.JobID, &page, &i.Step, &i.URL, &location, &i.Redirects, &i.Depth,
			&i.Attempts, &i.Lane, &due, &canonicalOf, &i.Fetcher, &i.Pattern, &sitemaps, &i.rank, &i.turn, &i.lease); err != nil {
			return nil, err
		}
		i.Location, i.CanonicalOf, i.Due = location.String, canonicalOf.String, due.Time
		if len(sitemaps) > 0 {
			if err := json.Unmarshal(sitemaps, &i.Sitemaps); err != nil {
				return nil, err
			}
		}
		if page.Valid {
			i.PageID = &page.UUID
		}
		items = append(items, i)
	}
	return items, rows.Err()
}

// Take leases up to n items that need no lane.
func (q *Queue) Take(ctx context.Context, n int) (items []Item, err error) {
	ready, due, err := q.look(ctx)
	if err != nil || !ready && !due {
		return nil, err
	}
	err = q.store.Tx(ctx, func(tx *store.Tx) error {
		if due {
			if err := q.wake(ctx, tx); err != nil {
				return err
			}
		}
		items, err = q.lease(ctx, tx, "", n)
		return err
	})
	return items, err
}

// look tells, without a transaction, whether an item that needs no lane is
// ready, and whether the time has come of one that waits for it. Usually neither
// is so.
func (q *Queue) look(ctx context.Context) (ready, due bool, err error) {
	rows, err := q.store.Rows(ctx, `select exists (select 1 from job_items where state = 'READY' and lane = ''),
		exists (select 1 from job_items where state = 'WAITING' and run_at <= ?)`, q.now())
	if err != nil {
		return false, false, fmt.Errorf("look for items: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&ready, &due); err != nil {
			return false, false, fmt.Errorf("look for items: %w", err)
		}
	}
	return ready, due, rows.Err()
}

// TakeLanes leases up to n items from lanes that gate opens. When it finds
// fewer, next is when a closed lane opens; zero if none will by itself. Items
// it gives beside an error are leased all the same.
func (q *Queue) TakeLanes(ctx context.Context, n int, gate Gate) (items []Item, next time.Time, err error) {
	lanes, err := q.lanes(ctx)
	if err != nil || len(lanes) == 0 {
		return nil, time.Time{}, err
	}
	closed, err := gate.Next(ctx, lanes)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, lane := range lanes {
		if at, ok := closed[lane]; ok {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		if len(items) == n {
			break
		}
		var taken []Item
		err = q.store.Tx(ctx, func(tx *store.Tx) error {
			running := func() (n int, err error) {
				if err := tx.Row(ctx, `select count(*) from job_items where state = 'RUNNING' and lane = ?`, lane).Scan(&n); err != nil {
					return 0, fmt.Errorf("count lane: %w", err)
				}
				return n, nil
			}
			return gate.Enter(ctx, tx, lane, n-len(items), running, func(n int) (int, error) {
				taken, err = q.lease(ctx, tx, lane, n)
				return len(taken), err
			})
		})
		if err != nil {
			return items, next, err // what was leased before must be worked on
		}
		items = append(items, taken...)
	}
	return items, next, nil
}

// lanes lists the lanes in which items are ready, those first whose first item
// has the highest priority, the longest served last. It steps over the index
// from lane to lane, so its cost is that of the lanes, not of the items.
func (q *Queue) lanes(ctx context.Context) ([]string, error) {
	_, due, err := q.look(ctx)
	if err == nil && due {
		err = q.store.Tx(ctx, func(tx *store.Tx) error { return q.wake(ctx, tx) })
	}
	if err != nil {
		return nil, err
	}
	rows, err := q.store.Rows(ctx, `with recursive ready(lane) as (
		  select min(lane) from job_items where state = 'READY' and lane > ''
		  union all
		  select (select min(lane) from job_items where state = 'READY' and lane > ready.lane) from ready where ready.lane is not null)
		select lane, (select rank from job_items i where state = 'READY' and i.lane = ready.lane order by rank, turn limit 1),
		       (select turn from job_items i where state = 'READY' and i.lane = ready.lane order by rank, turn limit 1)
		from ready where lane is not null`)
	if err != nil {
		return nil, fmt.Errorf("list lanes: %w", err)
	}
	defer rows.Close()
	type head struct {
		lane       string
		rank, turn sql.NullInt64 // null if the last item has just been taken
	}
	var heads []head
	for rows.Next() {
		var h head
		if err := rows.Scan(&h.lane, &h.rank, &h.turn); err != nil {
			return nil, fmt.Errorf("list lanes: %w", err)
		}
		heads = append(heads, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list lanes: %w", err)
	}
	slices.SortFunc(heads, func(a, b head) int {
		return cmp.Or(cmp.Compare(a.rank.Int64, b.rank.Int64), cmp.Compare(a.turn.Int64, b.turn.Int64))
	})
	lanes := make([]string, len(heads))
	for i, h := range heads {
		lanes[i] = h.lane
	}
	return lanes, nil
}

// wake makes ready what has waited for its time; its turn is now.
func (q *Queue) wake(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `update job_items set state = 'READY', turn = coalesce((
		  select min(r.turn) from job_items r where r.state = 'READY' and r.lane = job_items.lane and r.rank = job_items.rank), turn)
		where state = 'WAITING' and run_at <= ?`, q.now())
	if err != nil {
		return fmt.Errorf("wake items: %w", err)
	}
	return nil
}

// Held is what may have changed of an item since it was leased.
type Held struct {
	Depth   int
	Outcome schema.Outcome // as an earlier step found; empty if none did
}

// Hold makes sure, until the transaction ends, that item is leased to this
// worker as it was when it was taken; else it fails with [ErrLost].
func (q *Queue) Hold(ctx context.Context, tx *store.Tx, item Item) (Held, error) {
	lock := ""
	if tx.Postgres() {
		lock = " for update"
	}
	var held Held
	err := tx.Row(ctx, `select depth, coalesce(outcome, '') from job_items where id = ? and state = 'RUNNING' and worker = ? and lease = ?`+lock,
		item.ID, q.worker, item.lease).Scan(&held.Depth, &held.Outcome)
	if errors.Is(err, sql.ErrNoRows) {
		return Held{}, ErrLost
	}
	if err != nil {
		return Held{}, fmt.Errorf("hold item: %w", err)
	}
	return held, nil
}

// End takes items that are held out of the queue.
func End(ctx context.Context, tx *store.Tx, items ...Item) error {
	ids := make([]any, len(items)+1)
	ids[0] = schema.Now()
	for i, item := range items {
		ids[i+1] = item.ID
	}
	_, err := tx.Exec(ctx, `update job_items set state = 'ENDED', worker = null, finished_at = ? where id in (?`+
		strings.Repeat(",?", len(items)-1)+`)`, ids...)
	if err != nil {
		return fmt.Errorf("end items: %w", err)
	}
	return nil
}

// Move makes a held item ready for another step or lane, with its attempts
// counted anew.
func Move(ctx context.Context, tx *store.Tx, item Item, step schema.Step, lane string) error {
	turn, err := nextTurn(ctx, tx, item.JobID, lane, item.rank)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update job_items set state = 'READY', worker = null, attempts = 0, step = ?, lane = ?, turn = ?, run_at = ? where id = ?`,
		step, lane, turn, schema.Now(), item.ID)
	if err != nil {
		return fmt.Errorf("move item: %w", err)
	}
	return nil
}

// Later puts a held item back until a time.
func Later(ctx context.Context, tx *store.Tx, item Item, at time.Time) error {
	_, err := tx.Exec(ctx, `update job_items set state = 'WAITING', worker = null, run_at = ? where id = ?`, at, item.ID)
	if err != nil {
		return fmt.Errorf("put item back: %w", err)
	}
	return nil
}

// settling is how long a worker beats before it takes others for dead: after the
// database was away, nobody's heart has beaten for a while.
const settling = 2 * BeatEvery

// Beat says that this worker lives, and frees the items of workers that do
// not; it tells how many. It goes by the clock of the database. Workers that
// share it must have had the time to beat: none is taken for dead before this
// one has beaten for [settling] without a gap. It is for one goroutine.
func (q *Queue) Beat(ctx context.Context) (freed int, err error) {
	now, dead := `strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')`, dead(q.store)
	if q.store.Postgres() {
		now = `now()`
	}
	began := time.Now()
	gap := began.Sub(q.beaten) > settling
	err = q.store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `insert into workers (id, seen_at) values (?, `+now+`) on conflict (id) do update set seen_at = excluded.seen_at`, q.worker); err != nil {
			return err
		}
		if q.store.Postgres() && (gap || began.Sub(q.since) < settling) {
			return nil
		}
		freed, err = tx.Exec(ctx, `update job_items set state = 'READY', worker = null
			where state = 'RUNNING' and worker not in (select id from workers where seen_at > `+dead+`)`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from workers where seen_at <= `+dead)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("heartbeat: %w", err)
	}
	if q.beaten = began; gap {
		q.since = began
	}
	return freed, nil
}

// dead is the time, as SQL, since which the heart of a living worker has beaten.
func dead(s *store.Store) string {
	if s.Postgres() {
		return fmt.Sprintf(`now() - interval '%d seconds'`, DeadAfter/time.Second)
	}
	return fmt.Sprintf(`strftime('%%Y-%%m-%%d %%H:%%M:%%f+00:00', 'now', '-%d seconds')`, DeadAfter/time.Second)
}

// Held lists the leases of this worker.
func (q *Queue) Held(ctx context.Context) (map[Lease]bool, error) {
	rows, err := q.store.Rows(ctx, `select id, lease from job_items where state = 'RUNNING' and worker = ?`, q.worker)
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	defer rows.Close()
	held := map[Lease]bool{}
	for rows.Next() {
		var l Lease
		if err := rows.Scan(&l.Item, &l.Number); err != nil {
			return nil, fmt.Errorf("list leases: %w", err)
		}
		held[l] = true
	}
	return held, rows.Err()
}

// Free gives an item back if this worker still has it under that lease; the
// attempt counts.
func (q *Queue) Free(ctx context.Context, l Lease) error { return q.giveBack(ctx, l, 0) }

// Return is Free, but the attempt does not count: the worker could not make it.
func (q *Queue) Return(ctx context.Context, l Lease) error { return q.giveBack(ctx, l, 1) }

func (q *Queue) giveBack(ctx context.Context, l Lease, attempts int) error {
	return q.store.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `update job_items set state = 'READY', worker = null, attempts = attempts - ?
			where id = ? and lease = ? and state = 'RUNNING' and worker = ?`, attempts, l.Item, l.Number, q.worker)
		if err != nil {
			return fmt.Errorf("give item back: %w", err)
		}
		return nil
	})
}

// Leave gives back, with their attempts, all items that this worker still has,
// and ends its heartbeat: others can go on at once.
func (q *Queue) Leave(ctx context.Context) error {
	return q.store.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `update job_items set state = 'READY', worker = null, attempts = attempts - 1 where state = 'RUNNING' and worker = ?`, q.worker)
		if err != nil {
			return fmt.Errorf("leave the queue: %w", err)
		}
		if _, err = tx.Exec(ctx, `delete from workers where id = ?`, q.worker); err != nil {
			return fmt.Errorf("leave the queue: %w", err)
		}
		return nil
	})
}
