package schema_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/schema"
)

func TestIDsSortInTheOrderTheyWereMade(t *testing.T) {
	t.Parallel()
	ids := make([]string, 200_000) // far more than one to a millisecond
	for i := range ids {
		ids[i] = schema.NewID(schema.KindFact).String()
	}
	if !slices.IsSorted(ids) {
		t.Error("not sorted")
	}
	if len(slices.Compact(ids)) != 200_000 {
		t.Error("not unique")
	}
}

func TestIDsCarryTheirKindVersionAndTime(t *testing.T) {
	t.Parallel()
	for k, table := range map[schema.Kind]string{
		schema.KindJob: "jobs", schema.KindJobItem: "job_items", schema.KindJobEvent: "job_events", schema.KindPage: "pages",
		schema.KindSnapshot: "snapshots", schema.KindFact: "facts", schema.KindProfile: "profiles",
		schema.KindReport: "reports", schema.KindRateLimit: "rate_limits",
	} {
		before := time.Now().Add(-time.Millisecond)
		id := schema.NewID(k)
		if id.Version() != 8 || id.Variant() != uuid.RFC4122 {
			t.Errorf("%s: version %d, variant %s", id, id.Version(), id.Variant())
		}
		if got, err := schema.TableOf(id); err != nil || got != table || schema.KindOf(id) != k {
			t.Errorf("table of %s = %q, %v, want %q", id, got, err, table)
		}
		low, high := schema.Floor(k, before).String(), schema.Floor(k, time.Now().Add(time.Hour)).String()
		if id.String() <= low || high <= id.String() {
			t.Errorf("%s is not between %s and %s", id, low, high)
		}
	}
}

func TestForeignIDsHaveNoTable(t *testing.T) {
	t.Parallel()
	for _, id := range []uuid.UUID{{}, uuid.New(), uuid.MustParse("00000000-0000-8fff-8000-000000000000")} {
		if table, err := schema.TableOf(id); err == nil {
			t.Errorf("%s is said to be in %s", id, table)
		}
	}
}

func TestEnumsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	var s schema.JobStatus
	if err := s.UnmarshalGQL("RUNNING"); err != nil || s != schema.JobRunning {
		t.Errorf("status = %s, %v", s, err)
	}
	for _, v := range []any{"running", "", 3, nil} {
		if err := s.UnmarshalGQL(v); err == nil {
			t.Errorf("%v was taken", v)
		}
	}
	var b strings.Builder
	if s.MarshalGQL(&b); b.String() != `"RUNNING"` {
		t.Errorf("written as %s", &b)
	}
}

func BenchmarkNewID(b *testing.B) {
	for b.Loop() {
		schema.NewID(schema.KindFact)
	}
}
