package resolvers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// house is the schema over a database, which counts what is read of it.
type house struct {
	testing.TB
	store *store.Store
	bus   *event.Memory
	jobs  *job.Jobs
	exec  *executor.Executor
	reads atomic.Int64 // statements

	page, snapshot, profile uuid.UUID
}

// newHouse makes one in which watchers look when they get a hint, and never
// else.
func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{TB: t, store: s, bus: &event.Memory{}}
	h.jobs = job.New(s, h.bus, job.Policy{})
	s.Ent.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			h.reads.Add(1)
			return next.Query(ctx, q)
		})
	}))
	h.exec = executor.New(Schema(&Resolver{Ent: s.Ent, Jobs: h.jobs, Bus: h.bus, Tick: 24 * time.Hour}))
	h.write(func(tx *store.Tx) {
		profile := tx.Ent.Profile.Create().SetName("p").SetFocus("f").SetCategories([]string{"c"}).SetDepth(schema.DepthSummary).SaveX(t.Context())
		page := tx.Ent.Page.Create().SetURL("https://a.example/").SetDomain("a.example").SetCompany("Acme").SaveX(t.Context())
		snapshot := tx.Ent.Snapshot.Create().SetPageID(page.ID).SetText("text").SetHash("h").SetHTTPStatus(200).SaveX(t.Context())
		h.page, h.snapshot, h.profile = page.ID, snapshot.ID, profile.ID
	})
	return h
}

func (h *house) write(f func(*store.Tx)) {
	h.Helper()
	if err := h.store.Tx(h.Context(), func(tx *store.Tx) error { f(tx); return nil }); err != nil {
		h.Fatal(err)
	}
}

// fact adds one, whose statement is its name.
func (h *house) fact(tx *store.Tx, company, name string) {
	h.Helper()
	err := tx.Ent.Fact.Create().SetPageID(h.page).SetSnapshotID(h.snapshot).SetProfileID(h.profile).SetCompany(company).
		SetURL("https://a.example/").SetCategory("c").SetStatement(name).SetQuote("text").SetSpan(schema.Span{}).
		SetConfidence(1).SetMethod(schema.MethodRules).SetFingerprint(name).Exec(h.Context())
	if err != nil {
		h.Error(err)
	}
	tx.AfterCommit(func() { h.bus.Publish(event.Facts) })
}

// watching is a subscription that has begun.
type watching struct {
	*house
	next func() *graphql.Response
}

func (h *house) watch(query string, variables map[string]any) *watching {
	h.Helper()
	ctx := graphql.StartOperationTrace(h.Context())
	op, errs := h.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if len(errs) > 0 {
		h.Fatal(errs)
	}
	next, ctx := h.exec.DispatchOperation(ctx, op)
	return &watching{h, func() *graphql.Response { return next(ctx) }}
}

// read decodes the next result; false if there is none.
func (w *watching) read(out any) bool {
	resp := w.next()
	if resp == nil {
		return false
	}
	if len(resp.Errors) > 0 {
		w.Error(resp.Errors)
		return false
	}
	if err := json.Unmarshal(resp.Data, out); err != nil {
		w.Error(err)
	}
	return true
}

func TestAThousandWatchersOfFactsCostOneLookForEachChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const watchers, changes, each = 1000, 6, 3
		h := newHouse(t, s)
		h.watch(`subscription { factAdded { statement } }`, nil) // and never reads
		var group sync.WaitGroup
		for range watchers {
			w := h.watch(`subscription ($c: String!) { factAdded(where: {company: $c}) { statement page { url } } }`, map[string]any{"c": "Acme"})
			group.Go(func() {
				for n := range changes * each {
					var m struct {
						FactAdded struct {
							Statement string
							Page      struct{ URL string }
						}
					}
					if !w.read(&m) || m.FactAdded.Statement != fmt.Sprint("fact ", n) || m.FactAdded.Page.URL == "" {
						t.Errorf("got %+v, want number %d", m.FactAdded, n)
						return
					}
				}
			})
		}
		before := h.reads.Load()
		for n := range changes {
			h.write(func(tx *store.Tx) {
				for i := range each {
					h.fact(tx, "Acme", fmt.Sprint("fact ", n*each+i))
					h.fact(tx, "Other", fmt.Sprint("other ", n*each+i))
				}
			})
		}
		group.Wait()
		// For each change at most a look, one in vain, the facts, and their pages; the
		// one who does not read has had the first of them loaded.
		if n := h.reads.Load() - before; n > 4*changes+1 {
			t.Errorf("%d statements for %d changes", n, changes)
		}
	})
}

func TestAFactThatCommitsAfterLaterOnesIsNotMissed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Open(t, pgtest.URL(t)))
	w := h.watch(`subscription { factAdded { statement } }`, nil)
	var m struct{ FactAdded struct{ Statement string } }
	h.write(func(early *store.Tx) {
		h.fact(early, "Acme", "made first")
		h.write(func(late *store.Tx) { h.fact(late, "Acme", "committed first") })
		if !w.read(&m) || m.FactAdded.Statement != "committed first" {
			t.Errorf("got %+v", m)
		}
	})
	if !w.read(&m) || m.FactAdded.Statement != "made first" {
		t.Errorf("got %+v", m)
	}
}

func TestAThousandWatchersOfEventsReadThemOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const watchers, total = 1000, 15
		h := newHouse(t, s)
		var id uuid.UUID
		h.write(func(tx *store.Tx) {
			row := tx.Ent.Job.Create().SetType(schema.JobScrape).SetStatus(schema.JobRunning).SetParams(schema.Params{Scrape: &schema.ScrapeParams{}}).SetSeq(1).SaveX(t.Context())
			tx.Ent.JobEvent.Create().SetJobID(row.ID).SetSeq(1).SetKind(schema.EventQueued).ExecX(t.Context())
			id = row.ID
		})
		var group sync.WaitGroup
		for range watchers {
			w := h.watch(`subscription ($id: ID!) { jobEvents(id: $id) { seq job { status parent { id } } } }`, map[string]any{"id": id.String()})
			group.Go(func() {
				var m struct{ JobEvents struct{ Seq int } }
				for n := 1; ; n++ {
					if !w.read(&m) {
						if n != total+1 {
							t.Errorf("it ended with %d", n)
						}
						return
					}
					if m.JobEvents.Seq != n {
						t.Errorf("got %d, want %d", m.JobEvents.Seq, n)
						return
					}
				}
			})
		}
		before := h.reads.Load()
		for n := int64(2); n <= total; n++ {
			h.write(func(tx *store.Tx) {
				update := tx.Ent.Job.UpdateOneID(id).SetSeq(n)
				if n == total {
					update.SetStatus(schema.JobCompleted)
				}
				update.ExecX(t.Context())
				tx.Ent.JobEvent.Create().SetJobID(id).SetSeq(n).SetKind(schema.EventItemEnded).ExecX(t.Context())
				tx.AfterCommit(func() { h.bus.Publish(event.Job(id)) })
			})
		}
		group.Wait()
		// For each change at most the job, once in vain, its events, and the job of
		// those; the first event was there before, and may be read on the way.
		if n := h.reads.Load() - before; n > 4*total {
			t.Errorf("%d statements for %d changes", n, total)
		}
	})
}

func TestWhatAWatchedJobIsConnectedToIsReadOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const watchers, changes = 300, 10
		h := newHouse(t, s)
		var id uuid.UUID
		h.write(func(tx *store.Tx) {
			id = tx.Ent.Job.Create().SetType(schema.JobScrape).SetStatus(schema.JobRunning).SetParams(schema.Params{Scrape: &schema.ScrapeParams{}}).SetSeq(1).SaveX(t.Context()).ID
		})
		var all []*watching
		var m struct {
			Job struct {
				Done  int
				Items struct{ TotalCount int }
			}
		}
		for range watchers {
			w := h.watch(`subscription ($id: ID!) { job(id: $id) { done items(first: 3) { totalCount edges { node { url } } } } }`, map[string]any{"id": id.String()})
			w.read(&m)
			all = append(all, w)
		}
		before := h.reads.Load()
		for n := 1; n <= changes; n++ {
			h.write(func(tx *store.Tx) {
				tx.Ent.Job.UpdateOneID(id).SetDone(n).SetSeq(int64(n + 1)).ExecX(t.Context())
				tx.Ent.JobItem.Create().SetJobID(id).SetURL(fmt.Sprint("https://a.example/", n)).SetStep(schema.StepFetch).ExecX(t.Context())
				tx.AfterCommit(func() { h.bus.Publish(event.Job(id)) })
			})
			for _, w := range all {
				if !w.read(&m) || m.Job.Done != n || m.Job.Items.TotalCount != n {
					t.Fatalf("got %+v, want %d", m.Job, n)
				}
			}
		}
		if n := h.reads.Load() - before; n > 5*changes {
			t.Errorf("%d statements for %d changes", n, changes)
		}
	})
}

func TestADashboardIsToldOfAJobThatLeavesItOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		start := func() *ent.Job {
			row, err := h.jobs.StartScrape(t.Context(), schema.ScrapeParams{URLs: []string{"https://a.example/"}, Company: "Acme", Profile: "p"}, job.Common{Priority: schema.PriorityNormal})
			if err != nil {
				t.Fatal(err)
			}
			return row
		}
		w := h.watch(`subscription { jobs(where: {statusIn: [QUEUED, RUNNING]}) { id status } }`, nil)
		for range 3 {
			row := start()
			var m struct{ Jobs struct{ ID, Status string } }
			if !w.read(&m) || m.Jobs.ID != row.ID.String() || m.Jobs.Status != "QUEUED" {
				t.Fatalf("got %+v", m.Jobs)
			}
			if _, err := h.jobs.Cancel(t.Context(), row.ID); err != nil {
				t.Fatal(err)
			}
			if !w.read(&m) || m.Jobs.ID != row.ID.String() || m.Jobs.Status != "CANCELLED" {
				t.Fatalf("got %+v", m.Jobs)
			}
		}
	})
}
