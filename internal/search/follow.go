package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"techfacts.dev/techfacts/internal/store"
)

// Bus is where hints come from.
type Bus interface {
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

const (
	lookEvery  = 500 * time.Millisecond // without a hint
	pruneEvery = 10 * time.Minute
	leaseFor   = 30 * time.Second // of the work of an indexer
	retryAfter = time.Second      // at first, then twice as long each time
	retryMost  = 30 * time.Second
)

// Mirror keeps the memory indexes of one process equal to the database.
type Mirror struct {
	Store        *store.Store
	Facts, Pages *Engine // over a *Memory; Pages may be nil
	Model        string  // whose vectors Facts has
	Bus          Bus
	Topic        string // of hints that something has changed
	Log          *slog.Logger
}

// Run loads what is stored, and then follows the changes until ctx ends. Until
// the load is done the engines say that they lag. When the database does not
// answer it tries again; that is no error.
func (m *Mirror) Run(ctx context.Context) error {
	m.lag("the search index is being loaded")
	m.Facts.current.Store(time.Now().UnixMilli())
	hints, cancel := m.Bus.Subscribe(m.Topic)
	defer cancel()
	wait := retryAfter
	var box *outbox
	for ctx.Err() == nil {
		var err error
		if box == nil {
			box, err = m.load(ctx)
		} else {
			err = m.follow(ctx, box)
		}
		switch {
		case errors.Is(err, errBehind):
			m.lag("the search index is being loaded anew")
			box = nil
			continue
		case err == nil:
			wait = retryAfter
			pause(ctx, hints, lookEvery)
		case ctx.Err() == nil:
			m.Log.WarnContext(ctx, "cannot read what is to be found", slog.Any("error", err))
			pause(ctx, nil, wait)
			wait = min(2*wait, retryMost)
		}
	}
	return nil
}

func (m *Mirror) lag(reason string) {
	m.Facts.Lag(reason)
	if m.Pages != nil {
		m.Pages.Lag(reason)
	}
}

// pause waits for a hint, or for d.
func pause(ctx context.Context, hints <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-hints:
	case <-timer.C:
	}
}

// load begins with everything. What changes meanwhile comes by the outbox, which
// is opened before.
func (m *Mirror) load(ctx context.Context) (*outbox, error) {
	began := time.Now()
	box, err := openOutbox(ctx, m.Store)
	if err != nil {
		return nil, err
	}
	n, err := fillUp(ctx, Facts(m.Store, m.Model), m.Facts)
	if err != nil {
		return nil, err
	}
	m.Facts.Lag("")
	pages := 0
	if m.Pages != nil {
		if pages, err = fillUp(ctx, Pages(m.Store), m.Pages); err != nil {
			return nil, err
		}
		m.Pages.Lag("")
	}
	m.Log.InfoContext(ctx, "search index loaded", slog.Int("facts", n), slog.Int("pages", pages), slog.Int64("took_ms", time.Since(began).Milliseconds()))
	return box, m.follow(ctx, box)
}

// fillUp puts all documents of a source into the index of an engine, and takes
// out what is there besides: what was deleted while nobody looked. Documents are
// read and analyzed at the same time.
func fillUp(ctx context.Context, source Source, engine *Engine) (n int, err error) {
	index, ok := engine.Index.(*Memory)
	if !ok {
		return 0, errors.New("search: only a memory index is a mirror")
	}
	chunks := make(chan []Document, 2)
	read := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(chunks)
		read <- source.each(ctx, func(docs []Document) error {
			select {
			case chunks <- docs:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	stray := index.all()
	for docs := range chunks {
		for _, d := range docs {
			delete(stray, d.ID)
		}
		n += len(docs)
		if err := index.Put(ctx, docs); err != nil {
			return n, err
		}
	}
	if err := <-read; err != nil {
		return n, err
	}
	return n, index.Delete(ctx, slices.Collect(maps.Keys(stray)))
}

// errBehind says that changes were pruned that were not read yet.
var errBehind = errors.New("search: changes were lost; begin anew")

// follow brings the indexes up to date.
func (m *Mirror) follow(ctx context.Context, box *outbox) error {
	began := time.Now()
	missed, err := lost(ctx, m.Store, box.last)
	if err != nil {
		return err
	}
	if missed {
		return errBehind
	}
	for {
		changed, all, err := box.next(ctx)
		if err != nil {
			return err
		}
		err = Facts(m.Store, m.Model).sync(ctx, m.Facts.Index, changed)
		if err == nil && m.Pages != nil {
			err = Pages(m.Store).sync(ctx, m.Pages.Index, changed)
		}
		if err != nil {
			box.again(changed)
			return fmt.Errorf("index what has changed: %w", err)
		}
		if all {
			m.Facts.current.Store(began.UnixMilli())
			return nil
		}
	}
}

// Prune throws changes away that everybody has read, now and then until ctx ends.
func Prune(ctx context.Context, s *store.Store, log *slog.Logger) error {
	for ctx.Err() == nil {
		if err := prune(ctx, s); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "cannot prune the outbox", slog.Any("error", err))
		}
		pause(ctx, nil, pruneEvery)
	}
	return nil
}

// Load fills indexes with facts and pages, and forgets them again: it tells how
// many there are, or why they cannot be read.
func Load(ctx context.Context, facts, pages Source) (nFacts, nPages int, err error) {
	if nFacts, err = fillUp(ctx, facts, &Engine{Index: &Memory{}}); err != nil {
		return 0, 0, err
	}
	nPages, err = fillUp(ctx, pages, &Engine{Index: &Memory{}})
	return nFacts, nPages, err
}
