package report_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestWhatAFactIsAboutIsNotCalledUndocumented(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts := put(t, s,
			stated{"A", "access_control", "Whoever signs in has one of three of them.", schema.Value{}, nil},
			stated{"A", "access_control", "Passwords of A are checked.", schema.Value{}, nil},
			stated{"B", "access_control", "There are four roles.", schema.Value{}, nil},
			stated{"C", "access_control", "Passwords are checked.", schema.Value{}, nil})
		change := func(of string, status schema.FactStatus) {
			t.Helper()
			f := facts[0]
			if err := s.Tx(t.Context(), func(tx *store.Tx) error {
				tx.Ent.Fact.Update().Where(fact.ID(f.ID)).SetAttribute(of).SetStatus(status).ExecX(t.Context())
				return report.KeepOfPage(t.Context(), tx, f.PageID, f.ProfileID)
			}); err != nil {
				t.Fatal(err)
			}
		}
		check := func(what string, want ...report.State) {
			t.Helper()
			names := []string{"A", "B", "C"}
			c := compare(t, s, report.Question{Companies: names, Attributes: []string{"roles"}})
			for i, cell := range c.Rows[0].Cells {
				if cell.State != want[i] {
					t.Errorf("%s: roles of %s are %s, want %s", what, names[i], cell.State, want[i])
				}
			}
			for _, company := range assess(t, s, []schema.Requirement{of("roles", schema.Exists, "")}, names...).Companies {
				if got, want := company.Findings[0].State, want[slices.Index(names, company.Company)]; got != want {
					t.Errorf("%s: the rule finds roles of %s %s, want %s", what, company.Company, got, want)
				}
			}
		}
		check("without an attribute", report.NotDocumented, report.Stated, report.NotDocumented)
		change("rbac", schema.FactActive)
		check("of the row of its attribute", report.NothingAlike, report.Stated, report.NotDocumented)
		change("limit", schema.FactActive)
		check("of no row", report.NotDocumented, report.Stated, report.NotDocumented)
		change("roles", schema.FactActive)
		check("of the row of that name", report.NothingAlike, report.Stated, report.NotDocumented)
		change("roles", schema.FactRemoved)
		check("that has ended", report.NotDocumented, report.Stated, report.NotDocumented)
	})
}
