package queue

import (
	"context"
	"slices"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// single lets one item in at a time.
type single struct{}

func (single) Enter(_ context.Context, _ *store.Tx, _ string, _ int, _ func() (int, error), take func(int) (int, error)) error {
	_, err := take(1)
	return err
}

func (single) Next(context.Context, []string) (map[string]time.Time, error) { return nil, nil }

func TestTheBestOfAJobComesFirstAndJobsStillTakeTurns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one, two := put(t, s, schema.PriorityNormal, "a.example", 3), put(t, s, schema.PriorityNormal, "a.example", 3)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			added, err := Put(t.Context(), tx, one, schema.PriorityNormal, []New{
				{URL: "https://a.example/good", Step: schema.StepFetch, Lane: "a.example", Score: 40},
				{URL: "https://a.example/best", Step: schema.StepFetch, Lane: "a.example", Score: 90},
				{URL: "https://a.example/00002", Step: schema.StepFetch, Lane: "a.example", Score: 10},
			})
			if added.Items != 2 {
				t.Errorf("added %+v", added)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		q, err := Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var ofOne []string
		var turns []int
		for range 8 {
			items, _, err := q.TakeLanes(t.Context(), 1, single{})
			if err != nil || len(items) != 1 {
				t.Fatalf("took %v, %v", items, err)
			}
			switch items[0].JobID {
			case one:
				ofOne = append(ofOne, items[0].URL)
				turns = append(turns, 1)
			case two:
				turns = append(turns, 2)
			}
		}
		var want []string
		for _, name := range []string{"best", "good", "00002"} {
			want = append(want, "https://a.example/"+name)
		}
		if len(ofOne) != 5 || !slices.Equal(ofOne[:3], want) {
			t.Errorf("took %v, want %v", ofOne, want)
		}
		// Two of each in four, however equal numbers are ordered.
		if first := turns[:4]; first[0]+first[1] != 3 || first[2]+first[3] != 3 {
			t.Errorf("the jobs took turns %v", turns)
		}
	})
}

func TestAShorterWayAndABetterScoreAreNoted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := put(t, s, schema.PriorityNormal, "a.example", 1)
		again := func(depth, score int) (added Added) {
			t.Helper()
			err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				added, err = Put(t.Context(), tx, id, schema.PriorityNormal, []New{{URL: "https://a.example/deep", Step: schema.StepFetch, Lane: "a.example", Depth: depth, Score: score}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return added
		}
		if a := again(5, 20); a.Items != 1 || len(a.Nearer) != 0 {
			t.Errorf("new: %+v", a)
		}
		if a := again(7, 30); a.Items != 0 || len(a.Nearer) != 0 {
			t.Errorf("a longer way: %+v", a)
		}
		if a := again(2, 10); a.Items != 0 || len(a.Nearer) != 1 || a.Nearer[0].Depth != 2 || a.Nearer[0].PageID != nil {
			t.Errorf("a shorter way: %+v", a)
		}
		for _, item := range s.Ent.JobItem.Query().AllX(t.Context()) {
			if item.URL == "https://a.example/deep" && (item.Depth != 2 || item.Score != 30) {
				t.Errorf("item of depth %d, score %d", item.Depth, item.Score)
			}
		}
	})
}
