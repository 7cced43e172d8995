package resolvers

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// verify looks for the quotes of facts in the newest texts of their pages.
func (r *Resolver) verify(ctx context.Context, ids []uuid.UUID) ([]*graph.Evidence, error) {
	if len(ids) == 0 || len(ids) > maxNodes {
		return nil, fault.InvalidField("input.factIds", "must be 1 to %d", maxNodes)
	}
	rows, err := r.Ent.Fact.Query().Where(fact.IDIn(ids...)).WithPage().Select(fact.FieldQuote, fact.FieldSpan, fact.FieldPageID).All(context.WithValue(ctx, aside{}, true))
	if err != nil {
		return nil, fmt.Errorf("read quotes: %w", err)
	}
	quoted := make(map[uuid.UUID]*ent.Fact, len(rows))
	var texts []uuid.UUID
	for _, row := range rows {
		quoted[row.ID] = row
		if id := row.Edges.Page.SnapshotID; id != nil {
			texts = append(texts, *id)
		}
	}
	newest, err := r.texts(ctx, texts)
	if err != nil {
		return nil, err
	}
	q := r.Ent.Fact.Query().Where(fact.IDIn(ids...))
	for _, f := range below(ctx, "fact") {
		if q, err = q.CollectFields(at(ctx, f)); err != nil {
			return nil, err
		}
	}
	if rows, err = q.All(ctx); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	nodes := make(map[uuid.UUID]*ent.Fact, len(rows))
	for _, row := range rows {
		nodes[row.ID] = row
	}
	list := make([]*graph.Evidence, len(ids))
	for i, id := range ids {
		if nodes[id] == nil || quoted[id] == nil {
			return nil, fault.New(fault.NotFound, "no such fact: %s", id)
		}
		list[i] = evidence(quoted[id], newest)
		list[i].Fact = nodes[id]
	}
	return list, nil
}

// texts reads snapshots, by their ids.
func (r *Resolver) texts(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*ent.Snapshot, error) {
	rows, err := r.Ent.Snapshot.Query().Where(snapshot.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	texts := make(map[uuid.UUID]*ent.Snapshot, len(rows))
	for _, row := range rows {
		texts[row.ID] = row
	}
	return texts, nil
}

// evidence tells what has become of the quote of a fact. A page that is gone has
// nothing, whatever it said.
func evidence(row *ent.Fact, newest map[uuid.UUID]*ent.Snapshot) *graph.Evidence {
	e := &graph.Evidence{State: graph.EvidenceStateGone}
	p := row.Edges.Page
	if p.SnapshotID == nil || newest[*p.SnapshotID] == nil {
		return e
	}
	e.Snapshot = newest[*p.SnapshotID]
	if p.Status == schema.PageGone {
		return e
	}
	standing, span := extract.Verify(e.Snapshot.Text, row.Quote, row.Span)
	if standing == extract.Gone {
		return e
	}
	e.State = map[extract.Standing]graph.EvidenceState{
		extract.Intact: graph.EvidenceStateIntact, extract.Moved: graph.EvidenceStateMoved, extract.Altered: graph.EvidenceStateAltered,
	}[standing]
	e.Span, e.Text = &span, new(e.Snapshot.Text[span.ByteStart:span.ByteEnd])
	return e
}
