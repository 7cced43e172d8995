package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/schema"
)

// offer reads the facts that a summary picks from: of each company, and each
// category, the surest.
func (c *composing) offer(ctx context.Context) error {
	ids, err := c.surest(ctx)
	if err != nil {
		return err
	}
	c.offered = map[string][]*ent.Fact{}
	for chunk := range slices.Chunk(ids, 5_000) {
		rows, err := c.store.Ent.Fact.Query().Where(fact.IDIn(chunk...)).WithPage().All(ctx)
		if err != nil {
			return fmt.Errorf("read facts of a summary: %w", err)
		}
		for _, f := range rows {
			c.offered[f.Company] = append(c.offered[f.Company], f)
		}
	}
	return nil
}

func (c *composing) surest(ctx context.Context) (ids []uuid.UUID, err error) {
	where, args := "f.company in ("+marks(len(c.in.Companies))+") and f.status = 'ACTIVE'", anys(c.in.Companies)
	if len(c.in.Categories) > 0 {
		where += " and f.category in (" + marks(len(c.in.Categories)) + ")"
		args = append(args, anys(c.in.Categories)...)
	}
	if c.in.Profile != "" {
		where += " and f.profile_id = (select id from profiles where name = ?)"
		args = append(args, c.in.Profile)
	}
	rows, err := c.store.Rows(ctx, `select id from (
  select f.id, row_number() over (partition by f.company, f.category order by f.confidence desc, f.url, f.statement, f.id) as place
  from facts f where `+where+`
) x where place <= ?`, append(args, c.in.MaxFactsPerSection)...)
	if err != nil {
		return nil, fmt.Errorf("find facts of a summary: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find facts of a summary: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// summary picks the most telling facts of each company, and what can be had.
func (c *composing) summary() {
	for _, company := range c.in.Companies {
		all := c.offered[company]
		slices.SortFunc(all, func(a, b *ent.Fact) int {
			return cmp.Or(cmp.Compare(telling(b), telling(a)), orderOfCategory(a.Category, b.Category), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Statement, b.Statement), bytes.Compare(a.ID[:], b.ID[:]))
		})
		var points []Point
		used := map[string]bool{} // sections and statements, so that five facts are about more than one thing
		for _, f := range all {
			section := f.Category
			if s := attributes().byCategory[section]; s != nil {
				section = s.key
			}
			if used[section] || used[f.Statement] || len(points) == tellingOnes {
				continue
			}
			used[section], used[f.Statement] = true, true
			text := f.Statement
			if len(c.in.Companies) > 1 && !strings.Contains(text, f.Company) {
				text = f.Company + ": " + text
			}
			points = append(points, Point{text, []int{c.cite(f)}})
		}
		c.telling = append(c.telling, points)
	}
	for i, company := range c.in.Companies {
		s := Section{Title: "Capabilities of " + company, Key: "capabilities", Facts: []Point{}}
		for _, r := range c.table.Rows {
			cell := r.Cells[i]
			if !r.Named || cell.State != Stated {
				continue
			}
			if facts := cell.Facts(); len(facts) > 0 {
				if n := c.cite(c.facts[facts[0]]); n > 0 {
					s.Facts = append(s.Facts, Point{capability(r, cell), []int{n}})
				}
			}
		}
		c.Sections = append(c.Sections, s)
	}
}

// telling is how much a fact tells: a figure more than words, and what is sure
// more than what is not.
func telling(f *ent.Fact) float64 {
	n := f.Confidence
	switch f.Measure.Kind {
	case schema.ValueMoney, schema.ValueRate, schema.ValuePercent:
		n += 0.3
	case schema.ValueSize, schema.ValueDuration, schema.ValueUnlimited:
		n += 0.2
	case schema.ValueCount, schema.ValueVersion, schema.ValueFlag:
		n += 0.1
	}
	if len(f.Statement) > maxText {
		n -= 0.2
	}
	return n
}

// capability words a row of a company in a few words.
func capability(r Row, cell Cell) string {
	if cell.Value.Kind != "" && cell.Value.Kind != schema.ValueFlag {
		return r.Label + ": " + cell.Value.Original
	}
	return r.Label
}
