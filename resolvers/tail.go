package resolvers

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	batch      = 200              // rows that are loaded at a time
	kept       = 2 * batch        // places of a tail
	maxLoads   = 8                // at a time, so that watchers leave connections to others
	loadWithin = 10 * time.Second // else the database counts as away
)

// tails share rows of a sequence that grows, such as the events of a job, among
// all who want the same of them: the first who comes to a place loads what
// follows it, the others take that.
type tails[T any] struct {
	loading chan struct{} // one for each load that is under way, whosever it is

	mu   sync.Mutex
	open map[string]*tail[T]
}

// tail is what was loaded last for one selection of one sequence. Who reads
// slowly finds its place gone, and loads for itself.
type tail[T any] struct {
	loading chan struct{}
	users   int

	mu     sync.Mutex
	pieces []*piece[T] // the furthest ones, in order; some may overlap
}

// piece is what follows from, up to to.
type piece[T any] struct {
	from, to int64
	done     chan struct{} // closed when the rest is there
	rows     []T
	err      error
}

// join gives the tail of that key. Leave must be called.
func (t *tails[T]) join(key string) (shared *tail[T], leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[string]*tail[T]{}
	}
	if t.open[key] == nil {
		t.open[key] = &tail[T]{loading: t.loading}
	}
	shared = t.open[key]
	shared.users++
	return shared, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if shared.users--; shared.users == 0 {
			delete(t.open, key)
		}
	}
}

// read gives rows of what comes after from, and where they end: at to, or
// before, or beyond if others have got further. Load is asked for no more than
// a batch. Nobody may change the rows.
func (t *tail[T]) read(ctx context.Context, from, to int64, load func(ctx context.Context, from, to int64) ([]T, error)) (rows []T, end int64, err error) {
	p, mine := t.piece(from, to)
	if mine {
		t.load(ctx, p, load)
	}
	select {
	case <-p.done:
		if p.err != nil {
			return nil, from, p.err
		}
		return p.rows, p.to, nil
	case <-ctx.Done():
		return nil, from, ctx.Err()
	}
}

// piece finds the piece that begins at from, or makes one that is for the
// caller to load. It ends where another begins or ends, so that its readers go
// on with the others.
func (t *tail[T]) piece(from, to int64) (p *piece[T], mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to = min(to, from+batch)
	at, found := slices.BinarySearchFunc(t.pieces, from, func(p *piece[T], from int64) int { return cmp.Compare(p.from, from) })
	if found {
		return t.pieces[at], false
	}
	if at > 0 && from < t.pieces[at-1].to {
		to = min(to, t.pieces[at-1].to)
	}
	if at < len(t.pieces) {
		to = min(to, t.pieces[at].from)
	}
	p = &piece[T]{from: from, to: to, done: make(chan struct{})}
	t.pieces = slices.Insert(t.pieces, at, p)
	for last := len(t.pieces) - 1; t.pieces[last].to-t.pieces[0].from > kept; last-- {
		t.pieces = slices.Delete(t.pieces, 0, 1)
	}
	return p, true
}

// load fills p. Others wait for it, so it does not end with the one who began.
func (t *tail[T]) load(ctx context.Context, p *piece[T], load func(ctx context.Context, from, to int64) ([]T, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadWithin)
	defer cancel()
	p.err = errors.New("loading panicked")
	defer func() {
		if p.err != nil {
			t.mu.Lock()
			t.pieces = slices.DeleteFunc(t.pieces, func(other *piece[T]) bool { return other == p })
			t.mu.Unlock()
		}
		close(p.done)
	}()
	select {
	case t.loading <- struct{}{}:
		defer func() { <-t.loading }()
		if p.rows, p.err = load(ctx, p.from, p.to); ctx.Err() != nil {
			p.err = errBusy
		}
	case <-ctx.Done():
		p.err = errBusy
	}
}
