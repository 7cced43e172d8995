package resolvers

import (
	"context"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// diff compares two texts.
func (r *Resolver) diff(ctx context.Context, from, to uuid.UUID) (*graph.SnapshotDiff, error) {
	read := func(id uuid.UUID) (*ent.Snapshot, error) {
		row, err := r.Ent.Snapshot.Query().Where(snapshot.ID(id)).Only(ctx)
		return row, missing(err, "no such snapshot: %s", id)
	}
	older, err := read(from)
	if err != nil {
		return nil, err
	}
	newer, err := read(to)
	if err != nil {
		return nil, err
	}
	c := document.Diff(older.Text, newer.Text)
	if c.Hunks == nil {
		c.Hunks = []*schema.DiffHunk{}
	}
	return &graph.SnapshotDiff{From: older, To: newer, Added: c.Added, Removed: c.Removed, Hunks: c.Hunks, Truncated: c.Truncated}, nil
}
