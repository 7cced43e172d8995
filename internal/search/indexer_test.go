package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/qdranttest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// keeper is one of facts, over a stand-in.
func keeper(l *library) *Keeper {
	l.Helper()
	_, address := qdranttest.New(l, "")
	server, err := DialQdrant(address, "", nil)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { server.Close() })
	return &Keeper{Store: l.Store, Server: server, Alias: FactsAlias, Source: Facts(l.Store, ""), Bus: &event.Memory{}, Topic: event.Facts, Log: l.log()}
}

// current waits until the index knows all changes.
func (k *Keeper) current(tb testing.TB) {
	tb.Helper()
	until(tb, "the index to be current", func() bool {
		behind, built, err := behindOf(tb.Context(), k.Store, k.Alias)
		return err == nil && built && behind == 0
	})
}

// holder is who has the lease of an indexer.
func holder(tb testing.TB, s *store.Store) (holder string) {
	tb.Helper()
	rows, err := s.Rows(tb.Context(), `SELECT holder FROM indexers WHERE id = ?`, "x")
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&holder); err != nil {
			tb.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return holder
}

// told is an indexer that counts what it is told.
type told struct {
	*indexer
	begun, changed atomic.Int64
}

func (l *library) indexer(anew time.Duration) *told {
	x := &told{}
	x.indexer = &indexer{
		store: l.Store, name: "x", me: uuid.NewString(), log: l.log(), anew: anew,
		begin:  func(context.Context) error { x.begun.Add(1); return nil },
		change: func(_ context.Context, ids []uuid.UUID) error { x.changed.Add(int64(len(ids))); return nil },
	}
	return x
}

// expire lets the lease of whoever has it run out.
func (l *library) expire() {
	l.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE indexers SET until = 0`)
		return err
	})
}

func TestOfTwoIndexersOneWorks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		one, other := l.indexer(0), l.indexer(0)
		one.done.Store(-1)
		other.done.Store(-1)
		if _, held, err := one.hold(t.Context()); err != nil || !held {
			t.Fatal(held, err)
		}
		if _, held, err := other.hold(t.Context()); err != nil || held {
			t.Fatalf("two hold one lease (%v)", err)
		}
		if _, held, err := one.hold(t.Context()); err != nil || !held {
			t.Fatalf("a lease is not kept by who has it (%v)", err)
		}
		l.expire()
		if _, held, err := other.hold(t.Context()); err != nil || !held {
			t.Fatalf("a lease that has run out is not to be had (%v)", err)
		}
		if _, held, err := one.hold(t.Context()); err != nil || held {
			t.Fatalf("who has lost the lease has it (%v)", err)
		}
		if err := one.save(t.Context(), resumeOutbox(s, 7)); !errors.Is(err, errTaken) {
			t.Errorf("who has lost the lease writes down how far it came: %v", err)
		}
		if err := other.save(t.Context(), resumeOutbox(s, 7)); err != nil {
			t.Error(err)
		}
	})
}

// Who loses the lease while it works stops before another begins.
func TestWhoLosesTheLeaseStops(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, storetest.Addresses()["SQLite"](t)))
	l.write(l.addPage)
	x := l.indexer(0)
	done, held, err := x.hold(t.Context())
	if err != nil || !held {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- x.leased(t.Context(), done) }()
	until(t, "the work to begin", func() bool { return x.begun.Load() == 1 })
	l.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE indexers SET holder = 'another', until = ?`, time.Now().Add(time.Hour).UnixMilli())
		return err
	})
	if err := <-ended; !errors.Is(err, errTaken) {
		t.Errorf("it ended with %v", err)
	}
	if holder(t, l.Store) != "another" {
		t.Error("it took the lease back")
	}
}

// An indexer whose database does not answer stops before its lease runs out.
func TestWhoCannotKeepTheLeaseStops(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	l := newLibrary(t, s)
	l.write(l.addPage)
	x := l.indexer(0)
	done, held, err := x.hold(t.Context())
	if err != nil || !held {
		t.Fatal(err)
	}
	working := make(chan struct{})
	x.begin = func(ctx context.Context) error {
		close(working)
		<-ctx.Done() // it works as long as it is let
		return context.Cause(ctx)
	}
	ended := make(chan error, 1)
	go func() { ended <- x.leased(t.Context(), done) }()
	<-working
	l.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `ALTER TABLE indexers RENAME TO gone`)
		return err
	})
	if err := <-ended; !errors.Is(err, errTaken) {
		t.Errorf("it ended with %v", err)
	}
}

func TestWhoMissedChangesBeginsAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		for range 3 {
			l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "kept") })
		}
		x := l.indexer(0)
		m := &Mirror{Store: s, Facts: &Engine{Index: &Memory{}}, Log: l.log(), Bus: &event.Memory{}}
		box, err := m.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stop := runs(t, x.run)
		until(t, "the first beginning", func() bool { return x.begun.Load() == 1 && x.done.Load() > 0 })
		stop()
		stop = runs(t, x.run)
		until(t, "the work to go on", func() bool { return x.changed.Load() > 0 || x.done.Load() > 0 })
		stop()
		if n := x.begun.Load(); n != 1 {
			t.Errorf("it began %d times although it missed nothing", n)
		}
		gone := l.facts[0]
		l.write(func(ctx context.Context, tx *store.Tx) error { return tx.Ent.Fact.DeleteOneID(gone).Exec(ctx) })
		l.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE changes SET at = 0`)
			return err
		})
		l.write(l.addPage)
		if err := prune(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := m.follow(t.Context(), box); !errors.Is(err, errBehind) {
			t.Errorf("a mirror that slept follows on: %v", err)
		}
		m.Topic = event.Facts
		runs(t, m.Run)
		runs(t, x.run)
		until(t, "both to begin anew, without what was deleted meanwhile", func() bool {
			return x.begun.Load() == 2 && m.Facts.Lagging() == "" && !m.Facts.Index.(*Memory).all()[gone]
		})
	})
}

func TestARolledBackTransactionIsNoLag(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, pgtest.URL(t)))
	l.write(l.addPage)
	k := keeper(l)
	runs(t, k.Run)
	k.current(t)
	l.rollBack(3)
	l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "there at once") })
	k.current(t)
	var done, seen, last int64
	for query, to := range map[string]*int64{
		`SELECT done FROM indexers WHERE id = ?`: &done, `SELECT seen FROM indexers WHERE id = ?`: &seen, `SELECT MAX(id) FROM changes WHERE ? <> ''`: &last,
	} {
		if err := one(t.Context(), l.Store, to, query, string(k.Alias)); err != nil {
			t.Fatal(err)
		}
	}
	if seen != last || done >= last-1 {
		t.Errorf("of %d changes %d are seen and %d done: numbers that never came are not waited for", last, seen, done)
	}
	l.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE changes SET at = at - 60`)
		return err
	})
	if reason := worse(t.Context(), l.Store, k.Alias, ""); reason != "" {
		t.Errorf("a current index is called: %s", reason)
	}
}

// picky is a model that takes what it is told to.
type picky struct {
	model
	takes func(text string) bool
	asked *atomic.Int64
}

func (p picky) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	p.asked.Add(1)
	if slices.ContainsFunc(texts, func(s string) bool { return !p.takes(s) }) {
		return nil, fault.New(fault.Invalid, "400")
	}
	return p.model.Embed(ctx, texts)
}

// bare are the statements of facts without a vector.
func (l *library) bare() (list []string) {
	l.Helper()
	docs, err := Facts(l.Store, "m").after(l.Context(), uuid.Nil, maxLoad)
	if err != nil {
		l.Fatal(err)
	}
	for _, d := range docs {
		if d.Vector == nil {
			list = append(list, d.Text[0].Text)
		}
	}
	return list
}

func TestAnEndpointThatRefusesEverythingIsAskedAgain(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, storetest.Addresses()["SQLite"](t)))
	l.write(l.addPage)
	for i := range 30 {
		l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, fmt.Sprint("fact ", i)) })
	}
	var works atomic.Bool
	asked := &atomic.Int64{}
	bus := &event.Memory{}
	v := &Embeddings{
		Store: l.Store, Embedder: picky{model{8}, func(string) bool { return works.Load() }, asked}, Model: "m",
		Bus: bus, Topic: event.Facts, Publish: bus.Publish, Log: l.log(),
	}
	runs(t, v.Run)
	until(t, "the second try", func() bool { return asked.Load() > 2 })
	works.Store(true)
	until(t, "vectors of all facts", func() bool { return len(l.bare()) == 0 })
}

func TestATextThatIsRefusedIsLeftOutAndTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, storetest.Addresses()["SQLite"](t)))
	l.write(l.addPage)
	for i := range 30 {
		l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, fmt.Sprint("fact ", i)) })
	}
	var all atomic.Bool
	bus := &event.Memory{}
	v := &Embeddings{
		Store: l.Store, Model: "m", Bus: bus, Topic: event.Facts, Publish: bus.Publish, Log: l.log(),
		Embedder: picky{model{8}, func(s string) bool { return all.Load() || !strings.HasSuffix(s, "7") }, &atomic.Int64{}},
	}
	stop := runs(t, v.Run)
	until(t, "vectors of the others", func() bool { return slices.Equal(l.bare(), []string{"fact 7", "fact 17", "fact 27"}) })
	stop()
	all.Store(true)
	l.expire()
	runs(t, v.Run)
	until(t, "vectors of all facts", func() bool { return len(l.bare()) == 0 })
}

func TestWhatStaysWithoutAVectorIsLookedForDaily(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, storetest.Addresses()["SQLite"](t)))
	l.write(l.addPage)
	x := l.indexer(time.Millisecond)
	runs(t, x.run)
	until(t, "the third beginning", func() bool { return x.begun.Load() > 2 })
	if embedAnew != 24*time.Hour {
		t.Errorf("facts without a vector are looked for every %s", embedAnew)
	}
}

func TestTheSumOfADocumentTellsEverythingAnIndexHolds(t *testing.T) {
	t.Parallel()
	number := 3.0
	d := Document{
		ID: uuid.New(), Text: []Field{{"a statement", 1}, {"a heading", 0.5}}, Company: "c", Category: "k", Profile: "p", Domain: "d", Attribute: "a", Unit: "u",
		Page: uuid.New(), Confidence: 0.5, At: time.UnixMilli(1), Number: &number, Vector: []float32{1},
	}
	sums := map[int64]string{sumOf(d): "nothing"}
	for what, change := range map[string]func(*Document){
		"statement": func(d *Document) { d.Text = []Field{{"another", 1}, {"a heading", 0.5}} },
		"heading":   func(d *Document) { d.Text = []Field{{"a statement", 1}, {"another", 0.5}} },
		"weight":    func(d *Document) { d.Text = []Field{{"a statement", 1}, {"a heading", 0.3}} },
		"company":   func(d *Document) { d.Company = "x" }, "category": func(d *Document) { d.Category = "x" }, "profile": func(d *Document) { d.Profile = "x" },
		"domain": func(d *Document) { d.Domain = "x" }, "attribute": func(d *Document) { d.Attribute = "x" }, "unit": func(d *Document) { d.Unit = "x" },
		"page": func(d *Document) { d.Page = schema.NewID(schema.KindPage) }, "confidence": func(d *Document) { d.Confidence = 0.6 },
		"time": func(d *Document) { d.At = time.UnixMilli(2) }, "number": func(d *Document) { d.Number = nil }, "vector": func(d *Document) { d.Vector = nil },
	} {
		changed := d
		change(&changed)
		if other, same := sums[sumOf(changed)]; same {
			t.Errorf("a change of the %s has the sum of a change of %s", what, other)
		}
		sums[sumOf(changed)] = what
	}
}

// What is under way while the index is compared is no difference.
func TestWhatIsIndexedWhileTheIndexIsCheckedIsNoDifference(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, storetest.Open(t, storetest.Addresses()["SQLite"](t)))
	l.write(l.addPage)
	k := keeper(l)
	stop := runs(t, k.Run)
	l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "first") })
	k.current(t)
	stop()
	l.expire()
	l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "second") })
	if d, err := k.Check(t.Context()); err != nil || d.Missing != 1 {
		t.Errorf("while nobody indexes: %+v (%v)", d, err)
	}
	runs(t, k.Run)
	until(t, "no difference", func() bool {
		d, err := k.Check(t.Context())
		return err == nil && d == Difference{Documents: 2}
	})
	l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "third") })
	if d, err := k.Check(t.Context()); err != nil || d != (Difference{Documents: 3}) {
		t.Errorf("while one does: %+v (%v)", d, err)
	}
}
