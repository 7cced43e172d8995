package extract_test

import (
	"errors"
	"strings"
	"testing"

	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func eachProfiles(t *testing.T, test func(*testing.T, *store.Store, *extract.Profiles)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := extract.NewProfiles(s)
		if err := p.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, s, p)
	})
}

func TestSeedIsDoneOnceAndKeepsBuiltinsUpToDate(t *testing.T) {
	eachProfiles(t, func(t *testing.T, s *store.Store, p *extract.Profiles) {
		ctx := t.Context()
		before := s.Ent.Profile.Query().AllX(ctx)
		if len(before) != 5 {
			t.Fatalf("%d built-in profiles, want 5", len(before))
		}
		err := s.Tx(ctx, func(tx *store.Tx) error {
			return tx.Ent.Profile.Update().Where(profile.Name("security")).SetFocus("as an older program had it").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Seed(ctx); err != nil {
			t.Fatal(err)
		}
		for _, row := range s.Ent.Profile.Query().AllX(ctx) {
			want := 1
			if row.Name == "security" {
				want = 2
			}
			if row.Version != want || !row.Builtin || strings.Contains(row.Focus, "older") {
				t.Errorf("%s: version %d, builtin %t, focus %q", row.Name, row.Version, row.Builtin, row.Focus)
			}
		}
	})
}

func TestSeedLeavesCustomProfilesAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := extract.NewProfiles(s)
		mine, err := p.Create(t.Context(), "security", extract.Draft{Categories: []string{"mine"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := s.Ent.Profile.GetX(t.Context(), mine.ID)
		if got.Builtin || got.Version != 1 || got.Categories[0] != "mine" {
			t.Errorf("the custom profile became %+v", got)
		}
	})
}

func TestProfilesAreMadeChangedClonedAndDeleted(t *testing.T) {
	eachProfiles(t, func(t *testing.T, s *store.Store, p *extract.Profiles) {
		ctx := t.Context()
		focus, depth := "green energy", schema.DepthComprehensive
		made, err := p.Create(ctx, "energy", extract.Draft{Categories: []string{"power"}, Focus: &focus, Depth: &depth})
		if err != nil || made.Focus != focus || made.Depth != depth || made.Builtin || made.Version != 1 {
			t.Fatalf("made %+v, %v", made, err)
		}
		text := "what it eats"
		changed, err := p.Update(ctx, made.ID, extract.Draft{Description: &text})
		if err != nil || changed.Description != text || changed.Focus != focus || changed.Version != 2 {
			t.Errorf("changed %+v, %v", changed, err)
		}
		copied, err := p.Clone(ctx, changed.ID, "energy_copy")
		if err != nil || copied.Description != text || copied.Focus != focus || copied.Depth != depth || copied.ID == made.ID {
			t.Errorf("copied %+v, %v", copied, err)
		}
		if err := p.Delete(ctx, made.ID); err != nil {
			t.Error(err)
		}
		if err := p.Delete(ctx, made.ID); !errors.Is(err, extract.ErrNoProfile) {
			t.Errorf("deleted twice: %v", err)
		}
		builtin := s.Ent.Profile.Query().Where(profile.Name("pricing")).OnlyX(ctx)
		clone, err := p.Clone(ctx, builtin.ID, "my_pricing")
		if err != nil || clone.Builtin {
			t.Errorf("clone of a built-in one: %+v, %v", clone, err)
		}
		if _, err := p.Update(ctx, builtin.ID, extract.Draft{Description: &text}); !errors.Is(err, extract.ErrBuiltin) {
			t.Errorf("update of a built-in one: %v", err)
		}
		if err := p.Delete(ctx, builtin.ID); !errors.Is(err, extract.ErrBuiltin) {
			t.Errorf("delete of a built-in one: %v", err)
		}
		if _, err := p.Create(ctx, "pricing", extract.Draft{Categories: []string{"x"}}); !errors.Is(err, extract.ErrNameTaken) {
			t.Errorf("a taken name: %v", err)
		}
	})
}

func TestBadProfilesAreRefusedByField(t *testing.T) {
	eachProfiles(t, func(t *testing.T, _ *store.Store, p *extract.Profiles) {
		long := strings.Repeat("x", 5000)
		ok := []string{"a"}
		for name, c := range map[string]struct {
			name, field string
			draft       extract.Draft
		}{
			"no categories":       {"x", "input.categories", extract.Draft{}},
			"a doubled category":  {"x", "input.categories[1]", extract.Draft{Categories: []string{"a", "a"}}},
			"a category in words": {"x", "input.categories[0]", extract.Draft{Categories: []string{"Rate limits"}}},
			"a long description":  {"x", "input.description", extract.Draft{Categories: ok, Description: &long}},
			"a long focus":        {"x", "input.focus", extract.Draft{Categories: ok, Focus: &long}},
			"long instructions":   {"x", "input.instructions", extract.Draft{Categories: ok, Instructions: &long}},
			"a name in words":     {"My Profile", "input.name", extract.Draft{Categories: ok}},
			"an empty name":       {"", "input.name", extract.Draft{Categories: ok}},
		} {
			if _, err := p.Create(t.Context(), c.name, c.draft); !fault.Is(err, fault.Invalid) || fault.Of(err).Field != c.field {
				t.Errorf("%s: %v (field %q)", name, err, fault.Of(err).Field)
			}
		}
	})
}
