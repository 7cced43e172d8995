package resolvers

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// How far back a look goes, for rows that were made earlier than others but
// committed later, or by a process whose clock is behind. Most looks go back a
// little; every farEvery one goes back far.
const (
	nearOverlap = 5 * time.Second
	farOverlap  = time.Minute
	farEvery    = 2 * time.Second
)

const (
	lookPause = 100 * time.Millisecond // the least time between two looks
	maxNotes  = 1 << 16                // that are kept for who is slow
)

// Why a stream ends early.
var (
	errBehind = fault.New(fault.Limited, "this client is too slow: it is more than %d rows behind", maxNotes/2)
	errAway   = fault.New(fault.Unavailable, "the database does not answer")
	errBusy   = fault.New(fault.Unavailable, "the database is too busy for what is watched")
)

// note is a row that was added.
type note struct {
	id   uuid.UUID
	job  uuid.UUID // of an event
	item uuid.UUID // of an event that tells of a stored text
}

// news tells all who follow a table what is added to it: a change costs one
// look, however many they are.
type news struct {
	bus   Bus
	topic string
	tick  time.Duration
	kind  schema.Kind
	look  func(ctx context.Context, from uuid.UUID) ([]note, error) // at the rows from an id on, in order

	mu   sync.Mutex
	open *board // nil while nobody follows
	next int64  // the place of the next note, whichever board it is put up on
}

// board is where the notes of a news are put up, each at a place of its own. It
// ends with its last reader.
type board struct {
	readers int
	stop    context.CancelFunc
	begun   chan struct{} // closed when it is known what is there already, or that it cannot be
	grown   chan struct{} // closed when there is more, or an error
	first   int64         // the place of notes[0]
	notes   []note        // those of before have been taken down
	err     error         // why there will be no more
}

func (b *board) end() int64 { return b.first + int64(len(b.notes)) }

// reader is one who follows a news, and has read up to a place.
type reader struct {
	news  *news
	board *board
	at    int64
}

// join gives a reader of what is added from now on. Leave must be called.
func (n *news) join(ctx context.Context) (*reader, error) {
	n.mu.Lock()
	if n.open == nil {
		n.open = n.start(ctx)
	}
	r := &reader{news: n, board: n.open}
	r.board.readers++
	n.mu.Unlock()
	select {
	case <-r.board.begun:
	case <-ctx.Done():
		r.leave()
		return nil, ctx.Err()
	}
	n.mu.Lock()
	err := r.board.err
	r.at = r.board.end()
	n.mu.Unlock()
	if err != nil {
		r.leave()
		return nil, err
	}
	return r, nil
}

func (r *reader) leave() {
	r.news.mu.Lock()
	defer r.news.mu.Unlock()
	if r.board.readers--; r.board.readers > 0 {
		return
	}
	r.board.stop()
	if r.news.open == r.board {
		r.news.open = nil
	}
}

// more waits until there is something to read, and gives where that ends. It
// fails with LIMITED if some of it has been taken down.
func (r *reader) more(ctx context.Context) (end int64, err error) {
	for {
		r.news.mu.Lock()
		first, end, grown, err := r.board.first, r.board.end(), r.board.grown, r.board.err
		r.news.mu.Unlock()
		switch {
		case r.at < first:
			return 0, errBehind
		case r.at < end:
			return end, nil
		case err != nil:
			return 0, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// notes gives those between two places.
func (r *reader) notes(from, to int64) ([]note, error) {
	r.news.mu.Lock()
	defer r.news.mu.Unlock()
	if from < r.board.first {
		return nil, errBehind
	}
	return r.board.notes[from-r.board.first : to-r.board.first : to-r.board.first], nil
}

// start opens a board. It outlives the request of its first reader, for the
// sake of the others.
func (n *news) start(ctx context.Context) *board {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	b := &board{stop: stop, first: n.next, begun: make(chan struct{}), grown: make(chan struct{})}
	go n.follow(ctx, b)
	return b
}

// follow subscribes before it looks, so it misses nothing.
func (n *news) follow(ctx context.Context, b *board) {
	hints, cancel := n.bus.Subscribe(n.topic)
	defer cancel()
	tick := time.NewTicker(n.tick)
	defer tick.Stop()
	l := lookout{look: n.look, kind: n.kind, seen: map[uuid.UUID]struct{}{}}
	var added []note
	look := func(ctx context.Context) (err error) { added, err = l.added(ctx); return err }
	err := limited(ctx, look)
	n.put(b, nil, err) // what is there already is not news
	close(b.begun)
	for err == nil {
		select {
		case <-hints:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !pause(ctx, lookPause) { // hints of a busy moment become one look
			return
		}
		err = insist(ctx, look)
		if ctx.Err() != nil {
			return
		}
		n.put(b, added, err)
	}
}

// put puts up notes, or why there will be no more.
func (n *news) put(b *board, added []note, err error) {
	if len(added) == 0 && err == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	b.notes = append(b.notes, added...)
	if over := len(b.notes) - maxNotes; over > 0 { // half of them, so that it is done seldom
		b.first += int64(over + maxNotes/2)
		b.notes = slices.Clone(b.notes[over+maxNotes/2:])
	}
	if n.open == b {
		n.next = b.end()
	}
	if b.err = err; err != nil && n.open == b {
		n.open = nil // who comes later begins anew
	}
	close(b.grown)
	b.grown = make(chan struct{})
}

// lookout finds the rows that were added since it last looked. Ids sort by the
// time they were made at, but are not committed in that order: so each look
// goes back a while, and what was seen is left out. It goes back from the last
// look that succeeded, however long ago that is.
type lookout struct {
	look      func(ctx context.Context, from uuid.UUID) ([]note, error)
	kind      schema.Kind
	seen      map[uuid.UUID]struct{}
	near, far time.Time // of the last looks
}

func (l *lookout) added(ctx context.Context) ([]note, error) {
	now := time.Now()
	if l.far.IsZero() {
		l.near, l.far = now, now.Add(-farEvery)
	}
	from, far := l.near.Add(-nearOverlap), now.Sub(l.far) >= farEvery
	if far {
		from = l.far.Add(-farOverlap)
	}
	notes, err := l.look(ctx, schema.Floor(l.kind, from))
	if err != nil {
		return nil, err
	}
	var added []note
	for _, note := range notes {
		if _, ok := l.seen[note.id]; !ok {
			added = append(added, note)
			l.seen[note.id] = struct{}{}
		}
	}
	l.near = now
	if far {
		l.far = now
		old := schema.Floor(l.kind, from.Add(-farOverlap))
		maps.DeleteFunc(l.seen, func(id uuid.UUID, _ struct{}) bool { return bytes.Compare(id[:], old[:]) < 0 })
	}
	return added, nil
}
