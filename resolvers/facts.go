package resolvers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/interval"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// maxTopics is how many topics with several values are looked at for conflicts.
const maxTopics = 1000

// held holds for facts that held at a time. One that was rejected never did.
func held(at time.Time) predicate.Fact {
	at = at.UTC()
	return fact.And(fact.StatusNEQ(schema.FactRejected), fact.Or(
		fact.And(fact.BeganAtLTE(at), fact.Or(fact.EndedAtIsNil(), fact.EndedAtGT(at))),
		fact.HasIntervalsWith(interval.BeganAtLTE(at), interval.EndedAtGT(at)),
	))
}

// few refuses lists that are longer than others may be.
func few(first int) error {
	if first < 0 || first > maxNodes {
		return fault.InvalidField("first", "must be 0 to %d", maxNodes)
	}
	return nil
}

// conflicts finds facts that contradict each other.
func (r *Resolver) conflicts(ctx context.Context, where *ent.FactWhereInput, first int) ([]*graph.Conflict, error) {
	if err := few(first); err != nil {
		return nil, err
	}
	topics, err := r.topics(ctx, where)
	if err != nil || len(topics) == 0 {
		return []*graph.Conflict{}, err
	}
	q, err := where.Filter(r.Ent.Fact.Query().Where(fact.StatusEQ(schema.FactActive), fact.TopicIn(topics...)).Order(ent.Asc(fact.FieldCompany, fact.FieldID)))
	if err != nil {
		return nil, err
	}
	rows, err := q.All(context.WithValue(ctx, aside{}, true))
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	var groups [][]*ent.Fact
	for len(rows) > 0 && len(groups) < first {
		n := slices.IndexFunc(rows, func(row *ent.Fact) bool { return row.Company != rows[0].Company })
		if n < 0 {
			n = len(rows)
		}
		groups = append(groups, extract.Conflicts(rows[:n], func(row *ent.Fact) (extract.Stated, string) { return stated(row), row.PageID.String() })...)
		rows = rows[n:]
	}
	return r.disputes(ctx, groups[:min(len(groups), first)])
}

func stated(row *ent.Fact) extract.Stated {
	return extract.Stated{Attribute: row.Attribute, Subject: row.Subject, Statement: row.Statement, Qualifiers: row.Qualifiers, Value: row.Measure}
}

// topics finds those of which a company claims several things.
func (r *Resolver) topics(ctx context.Context, where *ent.FactWhereInput) (topics []string, err error) {
	q, err := where.Filter(r.Ent.Fact.Query().Where(fact.StatusEQ(schema.FactActive), fact.TopicNotNil(), fact.TopicNEQ("")))
	if err != nil {
		return listed(topics, err)
	}
	q.Modify(func(s *sql.Selector) {
		s.Select(s.C(fact.FieldTopic)).GroupBy(s.C(fact.FieldCompany), s.C(fact.FieldTopic)).
			Having(sql.GT(sql.Count(sql.Distinct(s.C(fact.FieldClaim))), 1)).
			OrderBy(s.C(fact.FieldCompany), s.C(fact.FieldTopic)).Limit(maxTopics)
	})
	var found []struct{ Topic string }
	if err := q.Select().Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("find topics: %w", err)
	}
	for _, f := range found {
		topics = append(topics, f.Topic)
	}
	return topics, nil
}

// disputes makes conflicts of groups, whose facts it loads as they are selected.
func (r *Resolver) disputes(ctx context.Context, groups [][]*ent.Fact) ([]*graph.Conflict, error) {
	var ids []uuid.UUID
	for _, g := range groups {
		for _, row := range g {
			ids = append(ids, row.ID)
		}
	}
	q := r.Ent.Fact.Query().Where(fact.IDIn(ids...))
	for _, f := range below(ctx, "facts") {
		var err error
		if q, err = q.CollectFields(at(ctx, f)); err != nil {
			return nil, err
		}
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	nodes := make(map[uuid.UUID]*ent.Fact, len(rows))
	for _, row := range rows {
		nodes[row.ID] = row
	}
	list := make([]*graph.Conflict, len(groups))
	for i, g := range groups {
		list[i] = &graph.Conflict{Company: g[0].Company, Attribute: g[0].Attribute, Qualifiers: qualifiers(g[0].Qualifiers), Facts: []*ent.Fact{}}
		for _, row := range g {
			if node := nodes[row.ID]; node != nil { // else it was deleted just now
				list[i].Facts = append(list[i].Facts, node)
			}
		}
	}
	return list, nil
}
