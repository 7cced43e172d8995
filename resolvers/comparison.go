package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/report"
)

// compare answers a comparison with what is asked of it: facts are read, at once,
// if some are.
func (r *Resolver) compare(ctx context.Context, in graph.ComparisonInput) (*graph.Comparison, error) {
	c, err := report.Compare(ctx, r.Store, comparisonQuestion(in))
	if err != nil {
		return nil, err
	}
	facts, err := r.factsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	answer := &graph.Comparison{RowCount: c.RowCount, LoneCount: c.LoneCount, UnstatedCount: len(c.Unstated)}
	for _, company := range c.Companies {
		answer.Companies = append(answer.Companies, &graph.ComparedCompany{
			Name: company.Name, PagesRead: company.Pages, LastFetchedAt: set(company.Newest), OldestFetchedAt: set(company.Oldest),
			Stated: company.Stated, StatedNo: company.StatedNo, Conflicts: company.Conflicts,
			NotDocumented: company.NotDocumented, NothingAlike: company.NothingAlike, NotRead: company.NotRead, Lone: company.Lone,
		})
	}
	for _, row := range c.Rows {
		answer.Rows = append(answer.Rows, comparisonRow(row, facts))
	}
	return answer, nil
}

// comparisonQuestion is what a comparison is asked for.
func comparisonQuestion(in graph.ComparisonInput) report.Question {
	return report.Question{
		Companies: in.Companies, All: in.All, Categories: in.Categories, Attributes: in.Attributes, Lone: in.Lone, Profile: deref(in.Profile), First: in.First, AsOf: in.AsOf,
	}
}

func comparisonRow(row report.Row, facts map[uuid.UUID]*ent.Fact) *graph.ComparisonRow {
	answer := &graph.ComparisonRow{
		Key: row.Key, Label: row.Label, Category: row.Category, CategoryTitle: row.Title, Named: row.Named, Stated: row.Stated, Better: better(row.Better),
		Cells: make([]*graph.ComparisonCell, len(row.Cells)),
	}
	for i, cell := range row.Cells {
		c := &graph.ComparisonCell{
			Company: cell.Company, State: graph.CellState(cell.State), Text: cell.Text, Value: factValue(cell.Value), Best: cell.Best, Worst: cell.Worst,
			More: cell.More, Unranked: set(cell.Unranked),
			SeenAt: set(cell.SeenAt), Entries: make([]*graph.CellEntry, 0, len(cell.Entries)), Facts: []*ent.Fact{},
		}
		if cell.State == report.Conflict {
			c.Value = nil
		}
		for _, s := range cell.Entries {
			if f := facts[s.Fact]; f != nil || len(facts) == 0 { // one that is gone since takes its entry with it
				c.Entries = append(c.Entries, &graph.CellEntry{
					Text: s.Text, Qualifiers: qualifiers(s.Limits), Value: factValue(s.Value), Denies: s.Denies, Fact: f,
				})
			}
		}
		for _, id := range cell.Facts() {
			if f := facts[id]; f != nil {
				c.Facts = append(c.Facts, f)
			}
		}
		answer.Cells[i] = c
	}
	return answer
}

// factsOf reads the facts of the cells, with what is selected of them: in one
// statement, and one for each edge.
func (r *Resolver) factsOf(ctx context.Context, c *report.Comparison) (map[uuid.UUID]*ent.Fact, error) {
	asked := append(below(ctx, "rows", "cells", "facts"), below(ctx, "rows", "cells", "entries", "fact")...)
	if len(asked) == 0 {
		return nil, nil //nolint:nilnil // nobody asks for any
	}
	var ids []uuid.UUID
	for _, row := range c.Rows {
		for _, cell := range row.Cells {
			ids = append(ids, cell.Facts()...)
		}
	}
	return r.readFacts(ctx, asked, ids)
}

// readFacts reads facts with what the fields that give them select.
func (r *Resolver) readFacts(ctx context.Context, asked []graphql.CollectedField, ids []uuid.UUID) (map[uuid.UUID]*ent.Fact, error) {
	field := asked[0]
	for _, f := range asked[1:] {
		field.Selections = append(slices.Clip(field.Selections), f.Selections...)
	}
	facts := make(map[uuid.UUID]*ent.Fact, len(ids))
	for chunk := range slices.Chunk(ids, maxIn) {
		q, err := r.Ent.Fact.Query().Where(fact.IDIn(chunk...)).CollectFields(at(ctx, field))
		if err != nil {
			return nil, err
		}
		rows, err := q.All(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range rows {
			facts[f.ID] = f
		}
	}
	return facts, nil
}

// maxIn is how many ids one statement names: SQLite takes 32,766 parameters.
const maxIn = 10_000
