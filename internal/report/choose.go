package report

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/schema"
)

// choose picks the facts that sections list: of each category the surest, and as
// many of each as keep the report within its bound.
func (c *composing) choose(ctx context.Context) error {
	where := []predicate.Fact{fact.CompanyIn(c.in.Companies...), fact.StatusEQ(schema.FactActive)}
	if len(c.in.Categories) > 0 {
		where = append(where, fact.CategoryIn(c.in.Categories...))
	}
	if c.in.Profile != "" {
		where = append(where, fact.HasProfileWith(profile.Name(c.in.Profile)))
	}
	type ofCategory struct {
		Category string `json:"category"`
		Count    int    `json:"count"`
	}
	var counts []ofCategory
	if err := c.store.Ent.Fact.Query().Where(where...).GroupBy(fact.FieldCategory).Aggregate(ent.Count()).Scan(ctx, &counts); err != nil {
		return fmt.Errorf("count facts: %w", err)
	}
	seen := map[string]bool{}
	slices.SortFunc(counts, func(a, b ofCategory) int { return orderOfCategory(a.Category, b.Category) })
	for _, n := range counts {
		// Twice as many, since several profiles find the same.
		rows, err := c.store.Ent.Fact.Query().Where(append(slices.Clone(where), fact.Category(n.Category))...).
			Order(ent.Desc(fact.FieldConfidence), ent.Asc(fact.FieldURL), ent.Asc(fact.FieldStatement), ent.Asc(fact.FieldID)).Limit(3 * c.in.MaxFactsPerSection).
			WithPage().All(ctx)
		if err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		s := Section{Key: n.Category, Title: titleOfCategory(n.Category)}
		again := 0
		for _, f := range rows {
			key := f.URL + "\x00" + f.Statement
			if seen[key] {
				again++
				continue
			}
			seen[key] = true
			s.facts = append(s.facts, f)
		}
		s.Left = n.Count - again - len(s.facts)
		if len(s.facts) > 0 {
			c.Sections = append(c.Sections, s)
		}
	}
	c.bound()
	return nil
}

// orderOfCategory puts categories in the order of the sections of the table.
func orderOfCategory(a, b string) int {
	place := func(k string) int {
		if s := attributes().byCategory[k]; s != nil {
			return slices.Index(attributes().sections, s)
		}
		return len(attributes().sections)
	}
	if x, y := place(a), place(b); x != y {
		return x - y
	}
	return strings.Compare(a, b)
}

// bound cuts the sections to what a report may list.
func (c *composing) bound() {
	per := c.in.MaxFactsPerSection
	for {
		total := 0
		for _, s := range c.Sections {
			total += min(per, len(s.facts))
		}
		if total <= c.in.MaxFacts || per == 1 {
			break
		}
		per--
	}
	total := 0
	for i := range c.Sections {
		s := &c.Sections[i]
		n := min(per, len(s.facts), max(0, c.in.MaxFacts-total))
		s.Left += len(s.facts) - n
		s.facts = s.facts[:n]
		total += n
	}
}
