package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// indexer does a work that follows the changes and is done by one process at a
// time: it holds a lease, and writes down how far it came when the work is done.
type indexer struct {
	store *store.Store
	name  string
	me    string
	hints <-chan struct{}
	log   *slog.Logger

	begin  func(ctx context.Context) error                  // with everything
	change func(ctx context.Context, ids []uuid.UUID) error // with what has changed
	stale  func(ctx context.Context) (bool, error)          // it has to begin anew
	anew   time.Duration                                    // it begins with everything when it takes the work up, and so often; 0: only if it must
	done   atomic.Int64                                     // as it was last written down
}

var (
	errTaken = errors.New("search: another process has taken the work over")
	errStale = errors.New("search: the index has to be built anew")
)

// checkEvery is how often to look whether the work is still the same.
const checkEvery = 5 * time.Second

// run works until ctx ends. What fails is tried again.
func (x *indexer) run(ctx context.Context) error {
	wait := retryAfter
	for ctx.Err() == nil {
		done, held, err := x.hold(ctx)
		if err == nil && !held {
			pause(ctx, nil, leaseFor/6)
			continue
		}
		if err == nil {
			err = x.leased(ctx, done)
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, errTaken) || errors.Is(err, errStale):
		case err != nil:
			x.log.WarnContext(ctx, "indexing waits", slog.String("indexer", x.name), slog.Int64("wait_ms", wait.Milliseconds()), slog.Any("error", err))
			pause(ctx, nil, wait)
			wait = min(2*wait, retryMost)
			continue
		}
		wait = retryAfter
	}
	return nil
}

// hold takes the lease, or keeps it.
func (x *indexer) hold(ctx context.Context) (done int64, held bool, err error) {
	now := time.Now()
	err = x.store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO indexers (id) VALUES (?) ON CONFLICT (id) DO NOTHING`, x.name); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE indexers SET holder = ?, until = ? WHERE id = ? AND (holder = ? OR until < ?)`,
			x.me, now.Add(leaseFor).UnixMilli(), x.name, x.me, now.UnixMilli())
		if held = n > 0; err != nil || !held {
			return err
		}
		return tx.Row(ctx, `SELECT done FROM indexers WHERE id = ?`, x.name).Scan(&done)
	})
	if err != nil {
		return 0, false, fmt.Errorf("lease %s: %w", x.name, err)
	}
	return done, held, nil
}

// leased works while the lease is held, which a ticker keeps up.
func (x *indexer) leased(ctx context.Context, done int64) error {
	x.done.Store(done)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		for last := time.Now(); ; {
			pause(ctx, nil, leaseFor/6)
			if ctx.Err() != nil {
				return
			}
			switch done, held, err := x.hold(ctx); {
			case err == nil && held && done < x.done.Load(): // by Again
				cancel(errTaken)
				return
			case err == nil && held:
				last = time.Now()
			case err == nil || time.Since(last) > leaseFor/2: // before anybody else may take it
				cancel(errTaken)
				return
			}
		}
	}()
	err := x.work(ctx, done)
	if cause := context.Cause(ctx); errors.Is(cause, errTaken) {
		err = cause
	}
	cancel(nil)
	<-kept
	return err
}

// work goes on from done; it ends with an error only.
func (x *indexer) work(ctx context.Context, done int64) error {
	missed, err := lost(ctx, x.store, max(done, 0))
	if err == nil && !missed && x.stale != nil {
		missed, err = x.stale(ctx)
	}
	if err != nil {
		return err
	}
	box := resumeOutbox(x.store, done)
	began := time.Now()
	if done < 0 || missed || x.anew > 0 {
		if box, err = openOutbox(ctx, x.store); err != nil {
			return err
		}
		if err := x.begin(ctx); err != nil {
			return err
		}
		if err := x.save(ctx, box); err != nil {
			return err
		}
	}
	checked := time.Now()
	for saved := box.place(); ; {
		if x.anew > 0 && time.Since(began) > x.anew {
			return errStale
		}
		if x.stale != nil && time.Since(checked) > checkEvery {
			checked = time.Now()
			if stale, err := x.stale(ctx); err != nil || stale {
				return cmp.Or(err, errStale)
			}
		}
		ids, all, err := box.next(ctx)
		if err != nil {
			return err
		}
		if err := x.change(ctx, ids); err != nil {
			return err
		}
		if now := box.place(); now != saved {
			if err := x.save(ctx, box); err != nil {
				return err
			}
			saved = now
		}
		if all {
			pause(ctx, x.hints, lookEvery)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// save writes down how far the work came.
func (x *indexer) save(ctx context.Context, box *outbox) error {
	done := box.done()
	return x.store.Tx(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE indexers SET done = ?, seen = ? WHERE id = ? AND holder = ? AND (done >= 0 OR ?)`,
			done, box.last, x.name, x.me, x.done.Load() < 0)
		if err == nil && n == 0 {
			err = errTaken
		}
		if err == nil {
			tx.AfterCommit(func() { x.done.Store(done) })
		}
		return err
	})
}

// Embeddings gives every fact that holds a vector, and keeps it.
type Embeddings struct {
	Store    *store.Store
	Embedder Embedder
	Model    string
	Bus      Bus
	Topic    string
	Publish  func(topics ...string)
	Log      *slog.Logger

	checked bool // that what is stored is of the dimension that comes
}

// embedAnew is how often facts are looked for that have been left without a
// vector.
const embedAnew = 24 * time.Hour

// Run works until ctx ends. A fact whose vector cannot be had stays to be found
// by its words, and is tried again when a process takes the work up, and daily.
func (v *Embeddings) Run(ctx context.Context) error {
	hints, cancel := v.Bus.Subscribe(v.Topic)
	defer cancel()
	x := &indexer{
		store: v.Store, name: "vectors of " + v.Model, me: uuid.NewString(), hints: hints, log: v.Log,
		begin: v.all, change: v.these, anew: embedAnew,
	}
	return x.run(ctx)
}

// statement is a fact without a vector.
type statement struct {
	id   uuid.UUID
	text string
}

const selectBare = `SELECT f.id, f.statement FROM facts f LEFT JOIN embeddings e ON e.fact_id = f.id AND e.model = ?
	WHERE f.status = 'ACTIVE' AND e.id IS NULL AND `

// maxEmbed is how many facts get their vectors in one transaction.
const maxEmbed = 100

func (v *Embeddings) all(ctx context.Context) error {
	var last uuid.UUID
	for {
		bare, err := v.read(ctx, selectBare+`f.id > ? ORDER BY f.id LIMIT ?`, v.Model, last, maxEmbed)
		if err != nil || len(bare) == 0 {
			return err
		}
		if err := v.embed(ctx, bare); err != nil {
			return err
		}
		last = bare[len(bare)-1].id
	}
}

func (v *Embeddings) these(ctx context.Context, changed []uuid.UUID) error {
	for len(changed) > 0 {
		n := min(maxEmbed, len(changed))
		args := []any{v.Model}
		for _, id := range changed[:n] {
			if schema.KindOf(id) == schema.KindFact {
				args = append(args, id)
			}
		}
		changed = changed[n:]
		if len(args) == 1 {
			continue
		}
		bare, err := v.read(ctx, selectBare+"f.id IN ("+places(len(args)-1)+")", args...)
		if err == nil && len(bare) > 0 {
			err = v.embed(ctx, bare)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *Embeddings) read(ctx context.Context, query string, args ...any) ([]statement, error) {
	rows, err := v.Store.Rows(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read facts without vectors: %w", err)
	}
	defer rows.Close()
	var bare []statement
	for rows.Next() {
		var s statement
		if err := rows.Scan(&s.id, &s.text); err != nil {
			return nil, fmt.Errorf("read facts without vectors: %w", err)
		}
		bare = append(bare, s)
	}
	return bare, rows.Err()
}
