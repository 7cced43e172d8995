package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/qdranttest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// library is a database with pages and facts, that changes.
type library struct {
	testing.TB
	*store.Store
	random  *rand.Rand
	profile uuid.UUID
	pages   []uuid.UUID
	facts   []uuid.UUID
	n       int
}

func newLibrary(tb testing.TB, s *store.Store) *library {
	tb.Helper()
	l := &library{TB: tb, Store: s, random: rand.New(rand.NewPCG(11, 11))}
	l.write(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Ent.Profile.Create().SetName("p").SetDescription("").SetCategories([]string{"c"}).SetFocus("").SetDepth(schema.DepthSummary).Save(ctx)
		if err == nil {
			l.profile = p.ID
		}
		return err
	})
	return l
}

func (l *library) write(do func(context.Context, *store.Tx) error) {
	l.Helper()
	ctx := l.Context()
	if err := l.Tx(ctx, func(tx *store.Tx) error { return do(ctx, tx) }); err != nil {
		l.Fatal(err)
	}
}

// addPage makes a page with a text.
func (l *library) addPage(ctx context.Context, tx *store.Tx) error {
	l.n++
	p, err := tx.Ent.Page.Create().SetURL(fmt.Sprintf("https://d%d.example/%d", l.n%7, l.n)).SetDomain(fmt.Sprintf("d%d.example", l.n%7)).
		SetCompany("Acme").SetTitle(l.words(3)).Save(ctx)
	if err != nil {
		return err
	}
	s, err := tx.Ent.Snapshot.Create().SetPageID(p.ID).SetText(l.words(40)).SetHash(strconv.Itoa(l.n)).SetHTTPStatus(200).Save(ctx)
	if err != nil {
		return err
	}
	l.pages = append(l.pages, p.ID)
	return p.Update().SetSnapshotID(s.ID).Exec(ctx)
}

func (l *library) words(n int) string {
	var words []string
	for range n {
		words = append(words, fmt.Sprintf("word%c%c", 'a'+l.random.IntN(16), 'a'+l.random.IntN(8)))
	}
	return strings.Join(words, " ")
}

func (l *library) addFact(ctx context.Context, tx *store.Tx, statement string) error {
	l.n++
	p, err := tx.Ent.Page.Get(ctx, l.pages[l.random.IntN(len(l.pages))])
	if err != nil {
		return err
	}
	f, err := tx.Ent.Fact.Create().SetPageID(p.ID).SetSnapshotID(*p.SnapshotID).SetProfileID(l.profile).SetCompany(p.Company).SetURL(p.URL).
		SetCategory([]string{"limits", "pricing"}[l.n%2]).SetStatement(statement).SetQuote(statement).SetSpan(schema.Span{}).SetHeadings([]string{l.words(2)}).
		SetConfidence(float64(l.random.IntN(100)) / 100).SetMethod(schema.MethodRules).SetFingerprint(strconv.Itoa(l.n)).Save(ctx)
	if err == nil {
		l.facts = append(l.facts, f.ID)
	}
	return err
}

// change does one of all that can happen to facts and pages.
func (l *library) change(ctx context.Context, tx *store.Tx) error {
	if len(l.pages) < 3 || l.random.IntN(60) == 0 {
		return l.addPage(ctx, tx)
	}
	if len(l.facts) < 50 {
		return l.addFact(ctx, tx, l.words(8))
	}
	id := l.facts[l.random.IntN(len(l.facts))]
	status := func(s schema.FactStatus) error { return tx.Ent.Fact.Update().Where(fact.ID(id)).SetStatus(s).Exec(ctx) }
	switch l.random.IntN(12) {
	case 0:
		return status(schema.FactRemoved)
	case 1:
		return status(schema.FactSuperseded)
	case 2:
		return status(schema.FactActive)
	case 3:
		return tx.Ent.Fact.Update().Where(fact.ID(id)).SetHeadings([]string{l.words(3)}).SetConfidence(l.random.Float64()).Exec(ctx)
	case 4:
		l.facts = slices.DeleteFunc(l.facts, func(f uuid.UUID) bool { return f == id })
		_, err := tx.Ent.Fact.Delete().Where(fact.ID(id)).Exec(ctx)
		return err
	case 5: // a page moves to another company
		p, company := l.pages[l.random.IntN(len(l.pages))], fmt.Sprintf("Company %d", l.random.IntN(5))
		return errors.Join(tx.Ent.Page.Update().Where(page.ID(p)).SetCompany(company).Exec(ctx),
			tx.Ent.Fact.Update().Where(fact.PageID(p)).SetCompany(company).Exec(ctx))
	case 6:
		if l.random.IntN(20) > 0 {
			return nil
		}
		return l.dropPage(ctx, tx)
	}
	return l.addFact(ctx, tx, l.words(8))
}

// dropPage deletes a page, and what it states with it.
func (l *library) dropPage(ctx context.Context, tx *store.Tx) error {
	i := l.random.IntN(len(l.pages))
	gone, err := tx.Ent.Fact.Query().Where(fact.PageID(l.pages[i])).IDs(ctx)
	if err != nil {
		return err
	}
	l.facts = slices.DeleteFunc(l.facts, func(id uuid.UUID) bool { return slices.Contains(gone, id) })
	err = tx.Ent.Page.DeleteOneID(l.pages[i]).Exec(ctx)
	l.pages = slices.Delete(l.pages, i, i+1)
	return err
}

func (l *library) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(l.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// runs runs something until the test ends, or stop is called.
func runs(tb testing.TB, run func(context.Context) error) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = func() {
		cancel()
		if err, ok := <-ended; ok {
			close(ended)
			if err != nil && !errors.Is(err, context.Canceled) {
				tb.Error(err)
			}
		}
	}
	tb.Cleanup(stop)
	return stop
}

// until waits for something to be so.
func until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-deadline.C:
			tb.Fatal("waited in vain for: " + what)
		case <-look.C:
		}
	}
}

// fresh is an index that is built from the database as it is.
func fresh(tb testing.TB, source Source) *Memory {
	tb.Helper()
	e := &Engine{Index: &Memory{}}
	if _, err := fillUp(tb.Context(), source, e); err != nil {
		tb.Fatal(err)
	}
	return e.Index.(*Memory)
}

// equal holds an index to the answers of one that is built anew.
func (l *library) equal(index Index, source Source) {
	l.Helper()
	a, b := &Engine{Index: index}, &Engine{Index: fresh(l, source)}
	for range 40 {
		r := Request{Query: l.words(1 + l.random.IntN(3)), Facets: true}
		if l.random.IntN(4) == 0 {
			r.Query = ""
		}
		if l.random.IntN(3) == 0 {
			r.Filter.Companies = []string{"Acme", "Company 1"}
		}
		x, errX := a.Find(l.Context(), r)
		y, errY := b.Find(l.Context(), r)
		if errX != nil || errY != nil {
			l.Fatal(errX, errY)
		}
		if one, two := summary(x), summary(y); one != two {
			l.Fatalf("%+v: the index says\n%.300s\nand one that is built anew\n%.300s", r, one, two)
		}
	}
}

func TestTenThousandChangesEqualAFreshIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		bus := &event.Memory{}
		m := &Mirror{Store: s, Facts: &Engine{Index: &Memory{}}, Pages: &Engine{Index: &Memory{}}, Bus: bus, Topic: event.Facts, Log: l.log()}
		runs(t, m.Run)
		for done := 0; done < 10_000; {
			l.write(func(ctx context.Context, tx *store.Tx) error {
				for range 1 + l.random.IntN(60) {
					done++
					if err := l.change(ctx, tx); err != nil {
						return err
					}
				}
				tx.AfterCommit(func() { bus.Publish(event.Facts) })
				return nil
			})
			if _, err := m.Facts.Find(t.Context(), Request{Query: l.words(2), Facets: true}); err != nil {
				t.Fatal(err)
			}
		}
		facts, pages := fresh(t, Facts(s, "")), fresh(t, Pages(s))
		if facts.Len() == 0 || pages.Len() == 0 {
			t.Fatal("there is nothing to compare")
		}
		until(t, "the index to have heard of everything", func() bool {
			return m.Facts.Lagging() == "" && maps.Equal(m.Facts.Index.(*Memory).all(), facts.all()) && maps.Equal(m.Pages.Index.(*Memory).all(), pages.all())
		})
		l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "the last of all") })
		bus.Publish(event.Facts)
		until(t, "the last fact", func() bool {
			r, err := m.Facts.Find(t.Context(), Request{Query: `"the last of all"`})
			return err == nil && len(r.Hits) == 1
		})
		l.equal(m.Facts.Index, Facts(s, ""))
		l.equal(m.Pages.Index, Pages(s))
	})
}

func TestChangesThatCommitLateAreNotLost(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, pgtest.URL(t)) // SQLite has one writer
	l := newLibrary(t, s)
	l.write(l.addPage)
	box, err := openOutbox(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	next := func() []uuid.UUID {
		ids, _, err := box.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	next()
	written, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var slow uuid.UUID
	go func() {
		ended <- s.Tx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
			if err := l.addFact(t.Context(), tx, "slow"); err != nil {
				return err
			}
			slow = l.facts[0]
			close(written)
			<-finish
			return nil
		})
	}()
	<-written
	l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "fast") })
	if got := next(); !slices.Equal(got, l.facts[1:]) {
		t.Errorf("what is committed is %v, and came was %v", l.facts[1:], got)
	}
	if done := box.done(); done >= box.last {
		t.Errorf("done up to %d, although a number before %d is missing", done, box.last)
	}
	close(finish)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := next(); !slices.Equal(got, []uuid.UUID{slow}) {
		t.Errorf("what came late is %v, want %v", got, slow)
	}
	if box.done() != box.last {
		t.Errorf("done up to %d of %d", box.done(), box.last)
	}
}

func TestWhoSleptThroughThePruningBeginsAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		for range 3 {
			l.write(func(ctx context.Context, tx *store.Tx) error { return l.addFact(ctx, tx, "kept") })
		}
		missed, err := lost(t.Context(), s, 1)
		if err != nil || missed {
			t.Fatalf("lost is %v (%v) before anything was thrown away", missed, err)
		}
		l.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE changes SET at = at - ?`, int64(keepChanges/time.Second)+10)
			return err
		})
		if err := prune(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		n, err := s.Ent.Change.Query().Count(t.Context())
		if err != nil || n != 1 {
			t.Errorf("%d changes are left (%v), want the last", n, err)
		}
		if missed, err = lost(t.Context(), s, 1); err != nil || !missed {
			t.Errorf("lost is %v (%v) after the pruning", missed, err)
		}
		var last int64
		if err := one(t.Context(), s, &last, `SELECT MAX(id) FROM changes`); err != nil {
			t.Fatal(err)
		}
		if missed, err = lost(t.Context(), s, last); err != nil || missed {
			t.Errorf("lost is %v (%v) for who has read everything", missed, err)
		}
	})
}

// checks holds Check to what is put wrong on purpose.
func checks(t *testing.T, k *Keeper, index *Qdrant) {
	t.Helper()
	if d, err := k.Check(t.Context()); err != nil || d.Missing+d.Stray+d.Stale > 0 || d.Documents == 0 {
		t.Errorf("check of a good index: %+v (%v)", d, err)
	}
	docs, err := k.Source.after(t.Context(), uuid.Nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	stray, stale := docs[0], docs[1]
	stray.ID, stale.Company = schema.NewID(schema.KindFact), "nobody"
	if err := errors.Join(index.Put(t.Context(), []Document{stray, stale}), index.Delete(t.Context(), []uuid.UUID{docs[2].ID, docs[3].ID})); err != nil {
		t.Fatal(err)
	}
	if d, err := k.Check(t.Context()); err != nil || d.Missing != 2 || d.Stray != 1 || d.Stale != 1 {
		t.Errorf("check of a bad index: %+v (%v)", d, err)
	}
}

func TestQdrantIsBuiltBesideFollowedAndCaughtUpWith(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		for range 300 {
			l.write(l.change)
		}
		stand, address := qdranttest.New(t, "secret")
		server, err := DialQdrant(address, "secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		bus := &event.Memory{}
		k := &Keeper{Store: s, Server: server, Alias: FactsAlias, Source: Facts(s, ""), Bus: bus, Topic: event.Facts, Log: l.log()}
		stop := runs(t, k.Run)
		current := func() bool {
			behind, built, err := behindOf(t.Context(), s, FactsAlias)
			return err == nil && built && behind == 0
		}
		until(t, "the first build", current)
		index := server.Index(FactsAlias)
		l.equal(index, k.Source)

		stand.Fail(func(string) error { return errors.New("down") })
		for range 100 {
			l.write(l.change)
		}
		if _, err := (&Engine{Index: index}).Find(t.Context(), Request{Query: "x"}); err == nil {
			t.Error("a server that is down answered")
		}
		if err := server.Ready(t.Context()); err == nil {
			t.Error("a server that is down is ready")
		}
		stand.Fail(nil)
		until(t, "catching up", current)
		l.equal(index, k.Source)

		checks(t, k, index)
		before := stand.Collections()
		if err := k.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d, err := k.Check(t.Context()); err != nil || d.Missing+d.Stray+d.Stale > 0 {
			t.Errorf("check of an index that was built anew: %+v (%v)", d, err)
		}
		if after := stand.Collections(); len(after) != 2 || slices.Equal(before, after) {
			t.Errorf("collections were %v and are %v", before, after)
		}
		stop()
	})
}

// model is an embedder of some dimension that works when it is told to.
type model struct{ dimension int }

func (m model) Embed(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, t := range texts {
		vectors[i] = make([]float32, m.dimension)
		vectors[i][len(t)%m.dimension] = 2
	}
	return vectors, nil
}

func TestAModelOfAnotherDimensionMakesVectorsAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLibrary(t, s)
		l.write(l.addPage)
		bus := &event.Memory{}
		for _, dimension := range []int{8, 12} {
			v := &Embeddings{Store: s, Embedder: model{dimension}, Model: "m", Bus: bus, Topic: event.Facts, Publish: bus.Publish, Log: l.log()}
			stop := runs(t, v.Run)
			l.write(func(ctx context.Context, tx *store.Tx) error {
				return l.addFact(ctx, tx, fmt.Sprintf("a fact of %d", dimension))
			})
			bus.Publish(event.Facts)
			until(t, "vectors of one dimension", func() bool {
				docs, err := Facts(s, "m").after(t.Context(), uuid.Nil, 10)
				return err == nil && len(docs) == len(l.facts) && !slices.ContainsFunc(docs, func(d Document) bool { return len(d.Vector) != dimension })
			})
			stop()
			// Another process may go on at once.
			l.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE indexers SET until = 0`)
				return err
			})
		}
	})
}

// BenchmarkLoad is what a process does when it starts: 100,000 facts become an
// index in memory.
func BenchmarkLoad(b *testing.B) {
	s := storetest.Open(b, storetest.Addresses()["SQLite"](b))
	l := newLibrary(b, s)
	for range 100 {
		l.write(l.addPage)
	}
	for range 100 {
		l.write(func(ctx context.Context, tx *store.Tx) error {
			p, err := tx.Ent.Page.Get(ctx, l.pages[l.random.IntN(len(l.pages))])
			if err != nil {
				return err
			}
			rows := make([]*ent.FactCreate, 1000)
			for i := range rows {
				l.n++
				rows[i] = tx.Ent.Fact.Create().SetPageID(p.ID).SetSnapshotID(*p.SnapshotID).SetProfileID(l.profile).SetCompany(p.Company).SetURL(p.URL).
					SetCategory("limits").SetStatement(l.words(25)).SetQuote("q").SetSpan(schema.Span{}).SetHeadings([]string{l.words(2)}).
					SetConfidence(0.5).SetMethod(schema.MethodRules).SetFingerprint(strconv.Itoa(l.n))
			}
			return tx.Ent.Fact.CreateBulk(rows...).Exec(ctx)
		})
	}
	for b.Loop() {
		if m := fresh(b, Facts(s, "")); m.Len() != 100_000 {
			b.Fatal(m.Len())
		}
	}
}
