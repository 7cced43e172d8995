package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Added is what became of items that were put into the queue.
type Added struct {
	Items  int      // that are new
	Nearer []Nearer // of those that the job had already
}

// Nearer is an item to which there is a shorter way than was known.
type Nearer struct {
	URL    string
	PageID *uuid.UUID // if it has been read already
	Depth  int        // now
}

// Put adds items to a job, ready to be taken. Of URLs that the job has already
// only a smaller depth counts, and a larger score. The job must be locked.
//
// Fairness is that of start-time fair queueing (Goyal, Vin and Cheng, 1996):
// the items of a job are numbered one after another, from the number that is
// being served now, and the smallest number is taken first. So a job that comes
// later shares a lane item by item with those before it.
func Put(ctx context.Context, tx *store.Tx, jobID uuid.UUID, p schema.Priority, items []New) (added Added, err error) {
	turns := map[string]int64{}
	for chunk := range slices.Chunk(items, 500) {
		known, err := knownOf(ctx, tx, jobID, chunk)
		if err != nil {
			return added, err
		}
		var values strings.Builder
		args := make([]any, 0, 13*len(chunk))
		for _, item := range chunk {
			if old, ok := known[item.URL]; ok {
				if err := old.improve(ctx, tx, item, &added); err != nil {
					return added, err
				}
				continue
			}
			turn, ok := turns[item.Lane]
			if !ok {
				if turn, err = nextTurn(ctx, tx, jobID, item.Lane, p.Rank()); err != nil {
					return added, err
				}
			}
			turns[item.Lane] = turn + 1
			if len(args) > 0 {
				values.WriteByte(',')
			}
			values.WriteString(`(?,?,?,?,?,'READY',?,?,?,?,?,?,?,?)`)
			now := schema.Now()
			args = append(args, schema.NewID(schema.KindJobItem), jobID, item.URL, item.Depth, item.Step,
				item.Lane, p.Rank(), turn, item.PageID, item.Score, item.Pattern, now, now)
		}
		if len(args) == 0 {
			continue
		}
		n, err := tx.Exec(ctx, `insert into job_items (id, job_id, url, depth, step, state, lane, rank, turn, page_id, score, pattern, run_at, created_at) values `+
			values.String()+` on conflict (job_id, url) do nothing`, args...)
		if err != nil {
			return added, fmt.Errorf("put items: %w", err)
		}
		added.Items += n
	}
	return added, nil
}

// known is an item that a job has already.
type known struct {
	id           uuid.UUID
	page         uuid.NullUUID
	depth, score int
	ready        bool
}

// knownOf gives those of items that the job has, by their URLs.
func knownOf(ctx context.Context, tx *store.Tx, jobID uuid.UUID, items []New) (map[string]known, error) {
	args := []any{jobID}
	for _, item := range items {
		args = append(args, item.URL)
	}
	rows, err := tx.Rows(ctx, `select url, id, page_id, depth, score, state = 'READY' from job_items where job_id = ? and url in (?`+
		strings.Repeat(",?", len(items)-1)+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("find items: %w", err)
	}
	defer rows.Close()
	found := map[string]known{}
	for rows.Next() {
		var url string
		var k known
		if err := rows.Scan(&url, &k.id, &k.page, &k.depth, &k.score, &k.ready); err != nil {
			return nil, fmt.Errorf("find items: %w", err)
		}
		found[url] = k
	}
	return found, rows.Err()
}

// improve notes that there is a shorter way to the item, or one that speaks more
// of what is looked for.
func (k known) improve(ctx context.Context, tx *store.Tx, item New, added *Added) error {
	nearer, better := item.Depth < k.depth, k.ready && item.Score > k.score
	if !nearer && !better {
		return nil
	}
	_, err := tx.Exec(ctx, `update job_items set depth = ?, score = ? where id = ?`, min(item.Depth, k.depth), max(item.Score, k.score), k.id)
	if err != nil {
		return fmt.Errorf("improve item: %w", err)
	}
	if nearer {
		n := Nearer{URL: item.URL, Depth: item.Depth}
		if k.page.Valid {
			n.PageID = &k.page.UUID
		}
		added.Nearer = append(added.Nearer, n)
	}
	return nil
}

// nextTurn is the number of the next item of a job in a lane: after those it
// has there, and not before the one that is served now.
func nextTurn(ctx context.Context, tx *store.Tx, jobID uuid.UUID, lane string, rank int) (turn int64, err error) {
	var serving, own sql.NullInt64
	err = errors.Join(
		tx.Row(ctx, `select min(turn) from job_items where state = 'READY' and lane = ? and rank = ?`, lane, rank).Scan(&serving),
		tx.Row(ctx, `select max(turn) from job_items where state = 'READY' and job_id = ? and lane = ?`, jobID, lane).Scan(&own),
	)
	if err != nil {
		return 0, fmt.Errorf("find the next turn: %w", err)
	}
	if own.Valid {
		return max(serving.Int64, own.Int64+1), nil
	}
	return serving.Int64, nil
}
