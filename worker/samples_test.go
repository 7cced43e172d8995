package worker

import (
	"fmt"
	"slices"
	"testing"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestASampleIsOfThePagesAsTheyAreNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		remembered, err := newSamples()
		if err != nil {
			t.Fatal(err)
		}
		write := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := s.Tx(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		agrees := func(what string, want ...int64) int64 {
			t.Helper()
			before := s.Statements()
			got, err := remembered.sampled(t.Context(), s.Ent, "a.example")
			if err != nil {
				t.Fatal(err)
			}
			cost := s.Statements() - before
			if anew, err := sampled(t.Context(), s.Ent, "a.example"); err != nil || !slices.Equal(got, anew) || !slices.Equal([]int64(got), want) {
				t.Errorf("%s: %v, anew it is %v (%v), want %v", what, got, anew, err, want)
			}
			return cost
		}
		agrees("without pages")
		add := func(n int, marks ...int64) {
			t.Helper()
			write(func(tx *store.Tx) error {
				return tx.Ent.Page.Create().SetURL(fmt.Sprintf("https://a.example/%d", n)).SetDomain("a.example").SetCompany("A").
					SetContentHash(fmt.Sprintf("%03d", n)).SetBlocks(document.PackMarks(marks)).Exec(t.Context())
			})
		}
		for n := range 10 {
			add(n, 1, int64(100+n))
		}
		first := agrees("ten pages", 1)
		if again := agrees("the same again", 1); again >= first {
			t.Errorf("%d statements, and %d again", first, again)
		}
		for n := 10; n < 16; n++ {
			add(n, int64(100+n))
		}
		agrees("six more, of which none repeats it")
		change := func(n int, f func(*ent.PageUpdate)) {
			t.Helper()
			write(func(tx *store.Tx) error {
				u := tx.Ent.Page.Update().Where(page.URL(fmt.Sprintf("https://a.example/%d", n)))
				f(u)
				return u.Exec(t.Context())
			})
		}
		for n := 10; n < 13; n++ {
			change(n, func(u *ent.PageUpdate) {
				u.SetContentHash(fmt.Sprintf("%03d", 500+n)).SetBlocks(document.PackMarks([]int64{1}))
			})
		}
		agrees("three changed", 1)
		for n := range 8 {
			change(n, func(u *ent.PageUpdate) { u.SetStatus(schema.PageGone) })
		}
		agrees("eight gone")
	})
}
