package search

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"techfacts.dev/techfacts/internal/store"
)

// Keeper keeps what is behind an alias of a Qdrant server equal to the database.
// Of many that run, one works.
type Keeper struct {
	Store  *store.Store
	Server *QdrantServer
	Alias  Alias
	Source Source
	Bus    Bus
	Topic  string
	Log    *slog.Logger
}

// Run works until ctx ends. While the server does not answer it waits: changes
// stay in the outbox.
func (k *Keeper) Run(ctx context.Context) error {
	hints, cancel := k.Bus.Subscribe(k.Topic)
	defer cancel()
	index := k.Server.Index(k.Alias)
	x := &indexer{
		store: k.Store, name: string(k.Alias), me: uuid.NewString(), hints: hints, log: k.Log,
		begin: k.build, stale: k.stale,
		change: func(ctx context.Context, ids []uuid.UUID) error { return k.Source.sync(ctx, index, ids) },
	}
	return x.run(ctx)
}

// name is that of the collection that there should be: another tokenizer, model
// or dimension makes another one.
func (k *Keeper) name(ctx context.Context) (name string, dimension int, err error) {
	name = fmt.Sprintf("%s_t%d", k.Alias, tokenizer)
	if k.Source.Model == "" {
		return name, 0, nil
	}
	var n int64
	err = one(ctx, k.Store, &n, `SELECT COALESCE((SELECT length(vector) / 4 FROM embeddings WHERE model = ? ORDER BY id DESC LIMIT 1), 0)`, k.Source.Model)
	if err != nil || n == 0 {
		return name, 0, err
	}
	model := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, k.Source.Model)
	return fmt.Sprintf("%s_%s_%08x_%d", name, model, number(k.Source.Model), n), int(n), nil // the letters that were replaced tell models apart, too
}

// The two collections of one name: one is built while the other answers.
const (
	oneSide   = "_a"
	otherSide = "_b"
)

// stale reports whether the alias leads elsewhere than to what there should be.
func (k *Keeper) stale(ctx context.Context) (bool, error) {
	want, _, err := k.name(ctx)
	if err != nil {
		return false, err
	}
	serving, err := k.Server.behind(ctx, k.Alias)
	return err == nil && serving != want+oneSide && serving != want+otherSide, err
}

// build makes a new collection beside the one that answers, and then has it
// answer.
func (k *Keeper) build(ctx context.Context) error {
	began := time.Now()
	name, dimension, err := k.name(ctx)
	if err != nil {
		return err
	}
	serving, err := k.Server.behind(ctx, k.Alias)
	if err != nil {
		return err
	}
	side := oneSide
	if serving == name+oneSide {
		side = otherSide
	}
	fresh := &Qdrant{k.Server.client, name + side, k.Server.patience}
	if err := fresh.create(ctx, dimension); err != nil {
		return err
	}
	n := 0
	err = k.Source.each(ctx, func(docs []Document) error {
		n += len(docs)
		for i := range docs {
			if len(docs[i].Vector) != dimension {
				docs[i].Vector = nil // of a model before this one
			}
		}
		return k.patiently(ctx, func() error { return fresh.Put(ctx, docs) })
	})
	if err == nil {
		err = fresh.publish(ctx, k.Alias)
	}
	if err != nil {
		return err
	}
	k.Log.InfoContext(ctx, "search index built", slog.String("collection", fresh.collection), slog.Int("documents", n), slog.Int64("took_ms", time.Since(began).Milliseconds()))
	return nil
}

// patiently tries again until ctx ends, so that a short silence of the server
// does not cost a long build.
func (k *Keeper) patiently(ctx context.Context, do func() error) error {
	for wait := retryAfter; ; wait = min(2*wait, retryMost) {
		err := do()
		if err == nil || ctx.Err() != nil {
			return err
		}
		k.Log.WarnContext(ctx, "building the search index waits", slog.Int64("wait_ms", wait.Milliseconds()), slog.Any("error", err))
		pause(ctx, nil, wait)
	}
}

// Again has the index be built anew by whoever keeps it, and waits until it is.
// Somebody must run a Keeper.
func (k *Keeper) Again(ctx context.Context) error {
	err := k.Store.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE indexers SET done = -1 WHERE id = ?`, string(k.Alias))
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for a new index: %w", err)
	}
	for {
		var done int64
		err := one(ctx, k.Store, &done, `SELECT COALESCE((SELECT done FROM indexers WHERE id = ?), -1)`, string(k.Alias))
		if err != nil || done >= 0 {
			return err
		}
		if pause(ctx, nil, lookEvery); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// behindOf tells for how long a change has not been in the index behind the alias;
// built is false until there is one. Numbers that may never be committed do not
// count: they are waited for without a change being late.
func behindOf(ctx context.Context, s *store.Store, a Alias) (behind time.Duration, built bool, err error) {
	var seen int64
	err = one(ctx, s, &seen, `SELECT COALESCE((SELECT CASE WHEN done < 0 THEN -1 ELSE seen END FROM indexers WHERE id = ?), -1)`, string(a))
	if err != nil || seen < 0 {
		return 0, false, err
	}
	behind, err = unseen(ctx, s, seen)
	return behind, true, err
}

// Lags tells how old the oldest change is that each of those that follow the
// changes has not seen: facts and pages, of the indexes in Qdrant, and vectors.
// Those that nobody has worked for in a day are left out.
func Lags(ctx context.Context, s *store.Store) (map[string]time.Duration, error) {
	rows, err := s.Rows(ctx, `SELECT id, COALESCE((SELECT MIN(at) FROM changes WHERE changes.id > indexers.seen), 0) FROM indexers
		WHERE done >= 0 AND until > ?`, time.Now().Add(-keepChanges).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read how far indexes are: %w", err)
	}
	defer rows.Close()
	lags := map[string]time.Duration{}
	for rows.Next() {
		var name string
		var at int64
		if err := rows.Scan(&name, &at); err != nil {
			return nil, fmt.Errorf("read how far indexes are: %w", err)
		}
		switch name {
		case string(FactsAlias):
			name = "facts"
		case string(PagesAlias):
			name = "pages"
		default:
			name = "vectors"
		}
		if at > 0 {
			lags[name] = max(lags[name], time.Since(time.Unix(at, 0)))
		} else if _, known := lags[name]; !known {
			lags[name] = 0
		}
	}
	return lags, rows.Err()
}

// unseen is the age of the oldest change after a number; 0 if there is none.
func unseen(ctx context.Context, s *store.Store, seen int64) (time.Duration, error) {
	var at int64
	err := one(ctx, s, &at, `SELECT COALESCE(MIN(at), 0) FROM changes WHERE id > ?`, seen)
	if err != nil || at == 0 {
		return 0, err
	}
	return max(time.Millisecond, time.Since(time.Unix(at, 0))), nil // it is written in whole seconds, and rounded
}

// Difference is what an index has other than the database.
type Difference struct {
	Documents int // in the database
	Missing   int // not in the index
	Stray     int // in the index only
	Stale     int // in both, but not alike
}

// What differs is looked at again after a while, for it may have been under way,
// unless it is more than mostLate documents: then it was not.
const (
	lookAgain = 2 * time.Second
	mostLate  = 10_000
)

// Check compares the index with the database. What changes meanwhile, and is
// indexed soon, is no difference.
func (k *Keeper) Check(ctx context.Context) (Difference, error) {
	index := k.Server.Index(k.Alias)
	d, differ, err := k.compare(ctx, index)
	if err != nil || len(differ) == 0 || len(differ) > mostLate {
		return d, err
	}
	if pause(ctx, nil, lookAgain); ctx.Err() != nil {
		return d, ctx.Err()
	}
	d = Difference{Documents: d.Documents}
	for chunk := range slices.Chunk(differ, maxLoad) {
		sums, err := index.sums(ctx, chunk)
		if err != nil {
			return d, err
		}
		docs, err := k.Source.these(ctx, chunk)
		if err != nil {
			return d, err
		}
		for _, doc := range docs {
			sum, there := sums[doc.ID]
			delete(sums, doc.ID)
			if !there {
				d.Missing++
			} else if sum != sumOf(doc) {
				d.Stale++
			}
		}
		d.Stray += len(sums)
	}
	return d, nil
}

// sums reads the sums of those of the documents that are there.
func (q *Qdrant) sums(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	points := make([]*qdrant.PointId, len(ids))
	for i, id := range ids {
		points[i] = qdrant.NewID(id.String())
	}
	found, err := q.client.Get(ctx, &qdrant.GetPoints{CollectionName: q.collection, Ids: points, WithPayload: qdrant.NewWithPayloadInclude(sumKey)})
	if err != nil {
		return nil, unavailable(err)
	}
	sums := make(map[uuid.UUID]int64, len(found))
	for _, p := range found {
		id, err := uuid.Parse(p.GetId().GetUuid())
		if err != nil {
			return nil, err
		}
		sums[id] = p.GetPayload()[sumKey].GetIntegerValue()
	}
	return sums, nil
}

// compare walks over the index and the database in the order of ids, and gives
// the documents that differ.
func (k *Keeper) compare(ctx context.Context, index *Qdrant) (d Difference, differ []uuid.UUID, err error) {
	w := walk{index: index}
	err = k.Source.each(ctx, func(docs []Document) error {
		for _, doc := range docs {
			d.Documents++
			for {
				ok, err := w.peek(ctx)
				if err != nil {
					return err
				}
				order := 1
				if ok {
					order = bytes.Compare(w.id[:], doc.ID[:])
				}
				if order > 0 {
					d.Missing++
					differ = append(differ, doc.ID)
					break
				}
				w.taken = true
				if order == 0 {
					if w.sum != sumOf(doc) {
						d.Stale++
						differ = append(differ, doc.ID)
					}
					break
				}
				d.Stray++
				differ = append(differ, w.id)
			}
		}
		return nil
	})
	for err == nil {
		var ok bool
		if ok, err = w.peek(ctx); err != nil || !ok {
			break
		}
		w.taken = true
		d.Stray++
		differ = append(differ, w.id)
	}
	return d, differ, err
}

// walk goes over the points of an index in the order of their ids.
type walk struct {
	index *Qdrant
	page  []*qdrant.RetrievedPoint
	next  *qdrant.PointId
	ended bool

	id    uuid.UUID // the point in view
	sum   int64
	seen  bool // there is a point in view
	taken bool // it was dealt with
}

// peek has the next point in view, if the last was taken; false at the end.
func (w *walk) peek(ctx context.Context) (bool, error) {
	if w.seen && !w.taken {
		return true, nil
	}
	if len(w.page) == 0 && !w.ended {
		within, cancel := context.WithTimeout(ctx, w.index.patience)
		defer cancel()
		var err error
		w.page, w.next, err = w.index.client.ScrollAndOffset(within, &qdrant.ScrollPoints{
			CollectionName: w.index.collection, Limit: new(uint32(maxLoad)), Offset: w.next,
			WithPayload: qdrant.NewWithPayloadInclude(sumKey),
		})
		if err != nil {
			return false, unavailable(err)
		}
		w.ended = w.next == nil
	}
	if w.seen = len(w.page) > 0; !w.seen {
		return false, nil
	}
	var err error
	if w.id, err = uuid.Parse(w.page[0].GetId().GetUuid()); err != nil {
		return false, err
	}
	w.sum, w.taken, w.page = w.page[0].GetPayload()[sumKey].GetIntegerValue(), false, w.page[1:]
	return true, nil
}
