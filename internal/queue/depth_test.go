package queue

import (
	"context"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func depth(t *testing.T, s *store.Store, now time.Time) Depth {
	t.Helper()
	depths, err := Depths(t.Context(), s, now)
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := depths[schema.StepExtract]; !ok || d != (Depth{}) {
		t.Errorf("of a step with nothing to do: %+v", d)
	}
	return depths[schema.StepFetch]
}

func TestDepthsTellWhatWaitsForWorkersAndWhatForItsDomain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began := schema.Now()
		put(t, s, schema.PriorityNormal, "a.example", 3)
		put(t, s, schema.PriorityNormal, "b.example", 2)
		limit := func(domain string, next, backoff time.Time) {
			t.Helper()
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				create := tx.Ent.RateLimit.Create().SetDomain(domain).SetNextAllowedAt(next)
				if !backoff.IsZero() {
					create.SetBackoffUntil(backoff)
				}
				return create.Exec(t.Context())
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		limit("a.example", began.Add(time.Minute), time.Time{})
		limit("b.example", began, began.Add(2*time.Minute))
		d := depth(t, s, schema.Now())
		if d.Ready != 5 || d.Waiting != 0 || d.Leased != 0 || d.Oldest.Before(began) || d.Oldest.After(schema.Now()) || !d.Overdue.IsZero() {
			t.Errorf("with both domains closed: %+v", d)
		}
		if d = depth(t, s, began.Add(90*time.Second)); !d.Overdue.Equal(began.Add(time.Minute).Truncate(time.Microsecond)) {
			t.Errorf("since a.example is open: %+v, began %v", d, began)
		}

		q := open(t, s)
		items, _, err := q.TakeLanes(t.Context(), 1, turnstile{})
		if err != nil || len(items) != 1 {
			t.Fatal(items, err)
		}
		if due := items[0].Due; due.Before(began) || due.After(schema.Now()) {
			t.Errorf("due = %v", due)
		}
		if d = depth(t, s, began.Add(90*time.Second)); d.Ready != 4 || d.Leased != 1 || !d.Overdue.IsZero() {
			t.Errorf("with a worker in a.example: %+v", d)
		}
		later := began.Add(time.Hour)
		if err := settle(t, s, q, items[0], func(ctx context.Context, tx *store.Tx) error { return Later(ctx, tx, items[0], later) }); err != nil {
			t.Fatal(err)
		}
		if d = depth(t, s, began.Add(90*time.Second)); d.Ready != 4 || d.Leased != 0 || d.Waiting != 1 {
			t.Errorf("after it was put back: %+v", d)
		}
	})
}

// turnstile is a Gate that is open, to one at a time.
type turnstile struct{}

func (turnstile) Enter(_ context.Context, _ *store.Tx, _ string, _ int, _ func() (int, error), take func(int) (int, error)) error {
	_, err := take(1)
	return err
}

func (turnstile) Next(context.Context, []string) (map[string]time.Time, error) { return nil, nil }

func TestOnlyLivingWorkersAreCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		count := func(want int) {
			t.Helper()
			if n, err := Workers(t.Context(), s); n != want || err != nil {
				t.Errorf("%d workers, %v; want %d", n, err, want)
			}
		}
		count(0)
		open(t, s)
		count(1)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `update workers set seen_at = ?`, schema.Now().Add(-time.Minute))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		count(0)
	})
}
