// Package change keeps what becomes of facts: from when to when they hold, and
// the log of changes, in which each claim of a company appears once, however many
// pages state it and whatever the order in which they are read. Facts that began
// or ceased to hold are noted as shifts in the transaction that finds it; when
// the job has ended, [Log] makes changes of them. Reviews of facts are kept here,
// too, for they decide which facts hold.
package change

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// maxBulk is how many rows one statement is about.
const maxBulk = 500

// Shift is a fact that began or ceased to hold within a job.
type Shift struct {
	Fact  uuid.UUID
	Began bool
	Known bool       // of one that began: it held before, some time ago
	Other *uuid.UUID // whose place it has taken, or who has taken its place
}

// Note notes shifts of facts. The rows themselves are the caller's.
func Note(ctx context.Context, tx *store.Tx, job uuid.UUID, shifts []Shift) error {
	rows := make([]*ent.ShiftCreate, len(shifts))
	for i, s := range shifts {
		rows[i] = tx.Ent.Shift.Create().SetJobID(job).SetFactID(s.Fact).SetBegan(s.Began).SetKnown(s.Known).SetNillableOtherID(s.Other)
	}
	for chunk := range slices.Chunk(rows, maxBulk) {
		if err := tx.Ent.Shift.CreateBulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("note shifts: %w", err)
		}
	}
	return nil
}

// End removes facts, those among ids that hold, and tells which did. Those that
// were rejected stay so. Who calls it holds the locks of their pages.
func End(ctx context.Context, tx *store.Tx, ids []uuid.UUID, now time.Time) (ended []uuid.UUID, err error) {
	for chunk := range slices.Chunk(ids, maxBulk) {
		active, err := tx.Ent.Fact.Query().Where(fact.IDIn(chunk...), fact.StatusEQ(schema.FactActive)).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("find facts: %w", err)
		}
		err = tx.Ent.Fact.Update().Where(fact.IDIn(active...)).SetStatus(schema.FactRemoved).SetEndedAt(now).Exec(ctx)
		if err == nil {
			err = tx.Ent.Fact.Update().Where(fact.IDIn(chunk...), fact.StatusEQ(schema.FactRejected), fact.EndedAtIsNil()).SetEndedAt(now).Exec(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("remove facts: %w", err)
		}
		ended = append(ended, active...)
	}
	return ended, nil
}

// Remove is End, and notes what it has ended.
func Remove(ctx context.Context, tx *store.Tx, job uuid.UUID, ids []uuid.UUID, now time.Time) (removed int, err error) {
	ended, err := End(ctx, tx, ids, now)
	if err != nil {
		return 0, err
	}
	shifts := make([]Shift, len(ended))
	for i, id := range ended {
		shifts[i].Fact = id
	}
	return len(ended), Note(ctx, tx, job, shifts)
}
