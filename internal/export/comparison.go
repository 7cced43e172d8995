package export

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
)

// Comparison is companies side by side: a row for each thing that a cell says, with the fact that
// says it, and one for each cell that says nothing; at the end one for each company of which rows are left out, and one if
// the question left some out. It fails as a comparison does, before anything is written.
func Comparison(s *store.Store, q report.Question) *Table {
	t := &Table{Name: "comparison"}
	t.columns = append(t.columns, column{"category", 18}, column{"key", 20}, column{"attribute", 28}, column{"company", 18}, column{"state", 16},
		column{"cell", 50}, column{"best", 8}, column{"worst", 8}, column{"text", 40}, column{"denies", 8})
	t.columns = append(t.columns, valueColumns...)
	t.columns = append(t.columns, column{"qualifiers", 24}, column{"factId", 38})
	t.columns = append(t.columns, evidenceColumns...)
	t.columns = append(t.columns, column{"confidence", 12})
	t.columns = append(t.columns, datedColumns...)
	t.read = func(ctx context.Context, row func([]any) error) error {
		c, err := report.Compare(ctx, s, q)
		if err != nil {
			return err
		}
		for rows := range slices.Chunk(c.Rows, rowsAtOnce) {
			facts, err := factsOf(ctx, s, rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := t.attribute(r, facts, row); err != nil {
					return err
				}
			}
		}
		return t.leftOut(c, q, row)
	}
	return t
}

// leftOut writes how many rows there are beside those that were written.
func (t *Table) leftOut(c *report.Comparison, q report.Question, row func([]any) error) error {
	tell := func(company, text string, n int) error {
		if n == 0 {
			return nil
		}
		line := make([]any, len(t.columns))
		for i, column := range t.columns {
			switch column.name {
			case "company":
				line[i] = company
			case "state":
				line[i] = report.LeftOut
			case "cell":
				line[i] = text
			case "number":
				line[i] = float64(n)
			}
		}
		return row(line)
	}
	if !q.Lone && len(q.Attributes) == 0 {
		for _, company := range c.Companies {
			if err := tell(company.Name, report.LoneWords(company.Lone), company.Lone); err != nil {
				return err
			}
		}
	}
	n := c.RowCount - len(c.Rows)
	return tell("", fmt.Sprintf("of %d rows those that most companies state: first is %d", c.RowCount, q.First), n)
}

// rowsAtOnce is of how many rows of a comparison the facts are read at once.
const rowsAtOnce = 20

// factsOf reads the facts of rows.
func factsOf(ctx context.Context, s *store.Store, rows []report.Row) (map[uuid.UUID]*ent.Fact, error) {
	var ids []uuid.UUID
	for _, r := range rows {
		for _, c := range r.Cells {
			for _, e := range c.Entries {
				ids = append(ids, e.Fact)
			}
		}
	}
	list, err := s.Ent.Fact.Query().Where(fact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	facts := make(map[uuid.UUID]*ent.Fact, len(list))
	for _, f := range list {
		facts[f.ID] = f
	}
	return facts, nil
}

// attribute writes one row of a comparison, of each cell a line at least. A fact that is gone since
// takes with it what it says.
func (t *Table) attribute(r report.Row, facts map[uuid.UUID]*ent.Fact, row func([]any) error) error {
	for _, c := range r.Cells {
		cell := []any{r.Category, r.Key, r.Label, c.Company, string(c.State), c.Text, c.Best, c.Worst}
		entries := slices.DeleteFunc(slices.Clone(c.Entries), func(e report.Said) bool { return facts[e.Fact] == nil })
		if len(entries) == 0 {
			if err := row(append(cell, make([]any, len(t.columns)-len(cell))...)); err != nil {
				return err
			}
		}
		for _, e := range entries {
			f := facts[e.Fact]
			line := append(slices.Clone(cell), e.Text, e.Denies)
			line = append(line, figures(e.Value)...)
			line = append(line, e.Limits, f.ID.String())
			line = append(line, evidence(f)...)
			line = append(line, f.Confidence, f.FirstSeenAt, f.LastSeenAt, moment(f.BeganAt), since(f.EndedAt))
			if err := row(line); err != nil {
				return err
			}
		}
	}
	return nil
}
