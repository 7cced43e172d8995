//go:build unix

package change_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/factchange"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// company is one whose pages state claims, read by jobs.
type company struct {
	*testing.T

	store   *store.Store
	log     *change.Log
	profile uuid.UUID
	pages   []*ent.Page
	facts   map[string]*ent.Fact // of a page and a claim
	held    map[string]bool      // facts that have held once
}

func newCompany(t *testing.T, s *store.Store, pages int) *company {
	t.Helper()
	c := &company{T: t, store: s, log: change.NewLog(s, &event.Memory{}, slog.New(slog.DiscardHandler)), facts: map[string]*ent.Fact{}, held: map[string]bool{}}
	c.write(func(tx *store.Tx) error {
		c.profile = tx.Ent.Profile.Create().SetName("limits").SetCategories([]string{"limits"}).SaveX(t.Context()).ID
		for i := range pages {
			page := tx.Ent.Page.Create().SetURL(fmt.Sprintf("https://a.example/%d", i)).SetDomain("a.example").SetCompany("Acme").SaveX(t.Context())
			snap := tx.Ent.Snapshot.Create().SetPageID(page.ID).SetText("x").SetHash("x").SetHTTPStatus(200).SaveX(t.Context())
			c.pages = append(c.pages, page.Update().SetSnapshotID(snap.ID).SaveX(t.Context()))
		}
		return nil
	})
	return c
}

func (c *company) write(f func(*store.Tx) error) {
	c.Helper()
	if err := c.store.Tx(c.Context(), f); err != nil {
		c.Fatal(err)
	}
}

// begin starts a job.
func (c *company) begin() (job uuid.UUID) {
	c.Helper()
	c.write(func(tx *store.Tx) error {
		job = tx.Ent.Job.Create().SetType(schema.JobExtract).SetStatus(schema.JobRunning).SetParams(schema.Params{}).SaveX(c.Context()).ID
		return nil
	})
	return job
}

// end ends a job, and settles what it saw.
func (c *company) end(job uuid.UUID) {
	c.Helper()
	c.write(func(tx *store.Tx) error {
		return tx.Ent.Job.UpdateOneID(job).SetStatus(schema.JobCompleted).Exec(c.Context())
	})
	if err := c.log.Settle(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// says lets a job find that a page makes a claim, or that it does not.
func (c *company) says(job uuid.UUID, page int, claim string, does bool) {
	c.Helper()
	key := fmt.Sprint(page, " ", claim)
	c.write(func(tx *store.Tx) error {
		known := c.facts[key]
		active := known != nil && tx.Ent.Fact.GetX(c.Context(), known.ID).Status == schema.FactActive
		switch {
		case active == does:
			return nil
		case active:
			_, err := change.Remove(c.Context(), tx, job, []uuid.UUID{known.ID}, schema.Now())
			return err
		case known != nil:
			tx.Ent.Fact.UpdateOneID(known.ID).SetStatus(schema.FactActive).ClearEndedAt().ExecX(c.Context())
		default:
			p := c.pages[page]
			known = tx.Ent.Fact.Create().SetPageID(p.ID).SetSnapshotID(*p.SnapshotID).SetProfileID(c.profile).SetCompany(p.Company).SetURL(p.URL).
				SetCategory("limits").SetStatement(claim).SetQuote(claim).SetSpan(schema.Span{}).SetTopic(claim).SetClaim(claim).
				SetConfidence(0.9).SetMethod(schema.MethodRules).SetFingerprint(key).SaveX(c.Context())
			c.facts[key] = known
		}
		once := c.held[key]
		c.held[key] = true
		return change.Note(c.Context(), tx, job, []change.Shift{{Fact: known.ID, Began: true, Known: once}})
	})
}

// told gives what was told of a claim, in order.
func (c *company) told(claim string) (kinds []schema.ChangeKind) {
	for _, row := range c.store.Ent.FactChange.Query().Where(factchange.HasFactWith(fact.Claim(claim))).Order(ent.Asc(factchange.FieldID)).AllX(c.Context()) {
		kinds = append(kinds, row.Kind)
	}
	return kinds
}

// Jobs read the same pages at the same time, and end in any order: what is told
// of a claim still is a story that makes sense, and it ends with the truth.
func TestTheStoryOfAClaimIsTrueHoweverJobsOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCompany(t, s, 3)
		random := rand.New(rand.NewPCG(5, 5))
		var running []uuid.UUID
		for range 400 {
			switch n := random.IntN(12); {
			case n == 0 && len(running) < 3 || len(running) == 0:
				running = append(running, c.begin())
			case n == 1:
				i := random.IntN(len(running))
				c.end(running[i])
				running = append(running[:i], running[i+1:]...)
			default:
				c.says(running[random.IntN(len(running))], random.IntN(3), string(rune('a'+random.IntN(4))), random.IntN(2) == 0)
			}
		}
		for _, job := range running {
			c.end(job)
		}
		if n := s.Ent.Shift.Query().CountX(t.Context()); n > 0 {
			t.Errorf("%d shifts are left", n)
		}
		for claim := range strings.SplitSeq("abcd", "") {
			stands := false
			for i, kind := range c.told(claim) {
				if up := kind == schema.ChangeAdded || kind == schema.ChangeReappeared; up == stands {
					t.Errorf("%s: %s, told as number %d, but that it was", claim, kind, i)
				}
				stands = !stands
			}
			n := s.Ent.Fact.Query().Where(fact.Claim(claim), fact.StatusEQ(schema.FactActive)).CountX(t.Context())
			if (n > 0) != stands {
				t.Errorf("%s: %d pages state it, the story ends with %t", claim, n, stands)
			}
		}
	})
}
