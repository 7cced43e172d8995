package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// deaf is told what nobody listens to.
type deaf struct{}

func (deaf) Publish(...string) {}

// twoFacts stores two facts of A, and one report that cites them.
func twoFacts(t *testing.T, s *store.Store) (facts []*ent.Fact, in schema.ReportParams) {
	t.Helper()
	facts = put(t, s,
		stated{"A", "features", "A supports webhooks.", schema.Value{}, nil},
		stated{"A", "features", "A supports SAML single sign-on.", schema.Value{}, nil},
	)
	in = schema.ReportParams{
		ID: schema.NewID(schema.KindReport), Type: schema.ReportSingle, Companies: []string{"A"}, Format: schema.FormatJSON,
		MaxFactsPerSection: 10, MaxFacts: 10,
	}
	draft, err := report.Author{Store: s}.Write(t.Context(), in, "")
	if err != nil || draft.Facts() != 2 {
		t.Fatalf("a draft that cites %d facts (%v)", draft.Facts(), err)
	}
	within(t, s, func(tx *store.Tx) error {
		job := tx.Ent.Job.Create().SetID(schema.NewID(schema.KindJob)).SetType(schema.JobReport).SetParams(schema.Params{Report: &in}).SaveX(t.Context())
		return draft.Save(t.Context(), tx, job.ID)
	})
	return facts, in
}

func TestReportsThatWereLookedAtAreReadAgainOnlyOnceTheirFactsAreWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts, in := twoFacts(t, s)
		reports := report.New(s, deaf{})
		look := func() (marked int, statements int64) {
			before := s.Statements()
			marked, err := reports.Look(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return marked, s.Statements() - before
		}
		seen := func(i int, at time.Time) {
			within(t, s, func(tx *store.Tx) error {
				return tx.Ent.Fact.UpdateOneID(facts[i].ID).SetLastSeenAt(at).Exec(t.Context())
			})
		}
		_, idle := look()
		now := schema.Now()
		for i, at := range []time.Time{now.Add(time.Hour), now.Add(time.Minute)} { // the second is written after, and is older
			seen(i, at)
			if marked, n := look(); marked != 0 || n <= idle+1 {
				t.Errorf("fact %d was read again: %d marked, %d statements, and %d when idle", i, marked, n, idle)
			}
			if _, n := look(); n != idle+1 { // that of what comes after the suspects
				t.Errorf("looked at already: %d statements, want %d", n, idle+1)
			}
		}
		within(t, s, func(tx *store.Tx) error {
			return tx.Ent.Fact.UpdateOneID(facts[1].ID).SetCompany("B").Exec(t.Context())
		})
		if marked, _ := look(); marked != 1 {
			t.Errorf("a fact went to another company: %d marked", marked)
		}
		row := s.Ent.Report.GetX(t.Context(), in.ID)
		if !row.Stale || !strings.Contains(row.StaleReason, "is of B now") {
			t.Errorf("stale is %v: %s", row.Stale, row.StaleReason)
		}
		if _, n := look(); n != idle {
			t.Errorf("what is stale is looked at: %d statements, want %d", n, idle)
		}
	})
}

func TestAStaleReportSaysWhatTheValueIsNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rate := func(n int) stated {
			text := fmt.Sprintf("%d requests per second", n)
			return stated{"B", "limits", "The request rate limit is " + text + ".", schema.Value{Kind: schema.ValueRate, Original: text, Number: float64(n), Unit: "request/s"}, nil}
		}
		later := put(t, s, rate(120), rate(150), stated{"B", "features", "A supports webhooks of all kinds.", schema.Value{}, nil})
		for want, become := range map[string]func(tx *store.Tx, cited *ent.Fact) error{
			"is stated no more": func(tx *store.Tx, cited *ent.Fact) error {
				return tx.Ent.Fact.UpdateOne(cited).SetStatus(schema.FactRemoved).Exec(t.Context())
			},
			"is now 150 requests per second": func(tx *store.Tx, cited *ent.Fact) error {
				tx.Ent.Fact.UpdateOne(later[0]).SetStatus(schema.FactSuperseded).SetSupersededByID(later[1].ID).ExecX(t.Context())
				return tx.Ent.Fact.UpdateOne(cited).SetStatus(schema.FactSuperseded).SetSupersededByID(later[0].ID).Exec(t.Context())
			},
			"is now “A supports webhooks of all kinds.”": func(tx *store.Tx, cited *ent.Fact) error {
				return tx.Ent.Fact.UpdateOne(cited).SetStatus(schema.FactSuperseded).SetSupersededByID(later[2].ID).Exec(t.Context())
			},
		} {
			facts, in := twoFacts(t, s)
			within(t, s, func(tx *store.Tx) error { return become(tx, facts[0]) })
			if _, err := report.New(s, deaf{}).Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			if row := s.Ent.Report.GetX(t.Context(), in.ID); !row.Stale || !strings.HasSuffix(row.StaleReason, want) {
				t.Errorf("stale is %v: %s; want %s", row.Stale, row.StaleReason, want)
			}
			within(t, s, func(tx *store.Tx) error {
				return tx.Ent.Fact.Update().Where(fact.Company("A")).SetStatus(schema.FactRejected).Exec(t.Context())
			})
		}
	})
}
