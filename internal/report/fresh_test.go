package report_test

import (
	"testing"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestWhateverBefallsAFactOfACompanyIsNoticed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts := put(t, s,
			stated{"A", "features", "A supports webhooks.", schema.Value{}, nil},
			stated{"A", "features", "A supports SAML.", schema.Value{}, map[string]string{"plan": "Pro"}},
			stated{"B", "features", "B supports webhooks.", schema.Value{}, nil},
		)
		hash := func() string {
			h, err := report.FactsHash(t.Context(), s, []string{"A"})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		change := func(i int, f func(*ent.FactUpdateOne) *ent.FactUpdateOne) {
			within(t, s, func(tx *store.Tx) error { return f(tx.Ent.Fact.UpdateOneID(facts[i].ID)).Exec(t.Context()) })
		}
		first := hash()
		for name, c := range map[string]struct {
			fact       int
			there, off func(*ent.FactUpdateOne) *ent.FactUpdateOne
			same       bool
		}{
			"ends": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactRemoved) },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactActive) }, false,
			},
			"is rejected": {
				1, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactRejected) },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactActive) }, false,
			},
			"gets other words": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatement("Webhooks are supported by A.") },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatement(facts[0].Statement) }, false,
			},
			"gets another category": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCategory("limits") },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCategory("features") }, false,
			},
			"is proven otherwise": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetQuote("Webhooks: yes") },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetQuote(facts[0].Quote) }, false,
			},
			"is of another plan": {
				1, func(u *ent.FactUpdateOne) *ent.FactUpdateOne {
					return u.SetQualifiers(map[string]string{"plan": "Free"})
				},
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetQualifiers(facts[1].Qualifiers) }, false,
			},
			"leaves": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCompany("B") },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCompany("A") }, false,
			},
			"moves in": {
				2, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCompany("A") },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetCompany("B") }, false,
			},
			"is read again": {
				0, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetLastSeenAt(schema.Now()) },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u }, true,
			},
			"of another company ends": {
				2, func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactRemoved) },
				func(u *ent.FactUpdateOne) *ent.FactUpdateOne { return u.SetStatus(schema.FactActive) }, true,
			},
		} {
			change(c.fact, c.there)
			if (hash() == first) != c.same {
				t.Errorf("a fact %s: seen as the same is %v, want %v", name, !c.same, c.same)
			}
			change(c.fact, c.off)
			if hash() != first {
				t.Errorf("a fact %s, and back: not what it was", name)
			}
		}
	})
}
