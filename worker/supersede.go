package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// came is a fact that was found and did not hold until now.
type came struct {
	id    uuid.UUID
	found extract.Fact
	known *ent.Fact // the row that it had; nil if it is new
}

// successors finds which facts that went have been replaced by which that came:
// those that alone share a slot of what they say. The narrower slots go first, and
// what they tell apart is left to no wider one.
func successors(went []*ent.Fact, came []came) (next, previous map[uuid.UUID]uuid.UUID) {
	next, previous = map[uuid.UUID]uuid.UUID{}, map[uuid.UUID]uuid.UUID{}
	taken := map[uuid.UUID]bool{}
	for width := range 2 {
		type pair struct{ old, fresh []uuid.UUID }
		slots := map[string]*pair{}
		slot := func(id uuid.UUID, said extract.Stated) *pair {
			all := said.Slots()
			if taken[id] || width >= len(all) {
				return nil
			}
			if slots[all[width]] == nil {
				slots[all[width]] = &pair{}
			}
			return slots[all[width]]
		}
		for _, row := range went {
			if row.Status != schema.FactActive {
				continue
			}
			if p := slot(row.ID, change.Of(row)); p != nil {
				p.old = append(p.old, row.ID)
			}
		}
		for _, c := range came {
			if p := slot(c.id, c.found.Stated()); p != nil {
				p.fresh = append(p.fresh, c.id)
			}
		}
		for _, p := range slots {
			if len(p.old) == 1 && len(p.fresh) == 1 {
				next[p.old[0]], previous[p.fresh[0]] = p.fresh[0], p.old[0]
				taken[p.old[0]], taken[p.fresh[0]] = true, true
			}
		}
	}
	return next, previous
}

// replace ends the facts that went and notes what came. What the text states as
// it did before, and was found or left out now for reasons of ours, is no news.
func (r *reconciliation) replace(ctx context.Context, went []*ent.Fact, arrived []came, rows []*ent.Fact) error {
	before, err := r.before(ctx, rows, arrived)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	for _, row := range went {
		ids = append(ids, row.ID)
	}
	if _, err := change.End(ctx, r.tx, ids, r.now); err != nil {
		return err
	}
	var shifts []change.Shift
	next, previous := successors(went, arrived)
	for _, row := range went {
		s := change.Shift{Fact: row.ID}
		if fresh, ok := next[row.ID]; ok {
			s.Other = &fresh
			if err := r.tx.Ent.Fact.UpdateOneID(row.ID).SetStatus(schema.FactSuperseded).SetSupersededByID(fresh).Exec(ctx); err != nil {
				return fmt.Errorf("supersede fact: %w", err)
			}
		} else if row.Status != schema.FactActive || strings.Contains(r.page.Edges.Snapshot.Text, row.Quote) {
			continue
		}
		shifts = append(shifts, s)
	}
	for _, c := range arrived {
		s := change.Shift{Fact: c.id, Began: true, Known: c.known != nil}
		if old, ok := previous[c.id]; ok {
			s.Other = &old
		} else if before != "" && strings.Contains(before, c.found.Quote) {
			continue
		}
		shifts = append(shifts, s)
	}
	return change.Note(ctx, r.tx, r.job, shifts)
}

// before is the text in which the facts of the page were last found, if it is
// another than now; empty if they were never looked for.
func (r *reconciliation) before(ctx context.Context, rows []*ent.Fact, arrived []came) (string, error) {
	var last *ent.Fact
	for _, row := range rows {
		if last == nil || row.LastSeenAt.After(last.LastSeenAt) {
			last = row
		}
	}
	if last == nil || len(arrived) == 0 || last.SnapshotID == r.page.Edges.Snapshot.ID {
		return "", nil
	}
	row, err := r.tx.Ent.Snapshot.Query().Where(snapshot.ID(last.SnapshotID)).Select(snapshot.FieldText).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the text before: %w", err)
	}
	return row.Text, nil
}
