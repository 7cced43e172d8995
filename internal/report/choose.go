package report

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/schema"
)

// choose picks the facts that sections list: of each category the surest, and as
// many of each as keep the report within its bound. What several profiles find in the same words on one page counts once.
func (c *composing) choose(ctx context.Context) error {
	counts, err := c.ofCategories(ctx, "")
	if err != nil {
		return err
	}
	seen := map[[2]string]bool{}
	for _, category := range slices.SortedFunc(maps.Keys(counts), orderOfCategory) {
		s := Section{Key: category, Title: titleOfCategory(category)}
		if s.facts, err = c.surestOfCategory(ctx, category, seen); err != nil {
			return err
		}
		if len(s.facts) > 0 {
			c.Sections = append(c.Sections, s)
		}
	}
	c.bound()
	return c.leave(ctx, counts)
}

// surestOfCategory reads the facts of a category that are not seen yet, as many as a section lists.
func (c *composing) surestOfCategory(ctx context.Context, category string, seen map[[2]string]bool) (facts []*ent.Fact, err error) {
	where := []predicate.Fact{fact.CompanyIn(c.in.Companies...), fact.StatusEQ(schema.FactActive), fact.Category(category)}
	if c.in.Profile != "" {
		where = append(where, fact.HasProfileWith(profile.Name(c.in.Profile)))
	}
	limit := 3 * c.in.MaxFactsPerSection // several profiles find the same
	for at := 0; len(facts) < c.in.MaxFactsPerSection; at += limit {
		rows, err := c.store.Ent.Fact.Query().Where(where...).
			Order(ent.Desc(fact.FieldConfidence), ent.Asc(fact.FieldURL), ent.Asc(fact.FieldStatement), ent.Asc(fact.FieldID)).Offset(at).Limit(limit).
			WithPage().All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		for _, f := range rows {
			if key := [2]string{f.URL, f.Statement}; !seen[key] && len(facts) < c.in.MaxFactsPerSection {
				seen[key] = true
				facts = append(facts, f)
			}
		}
		if len(rows) < limit {
			break
		}
	}
	return facts, nil
}

// leave counts what is listed in no section, by those that it could be in.
func (c *composing) leave(ctx context.Context, counts map[string]int) error {
	listed := map[[2]string]bool{}
	for _, s := range c.Sections {
		for _, f := range s.facts {
			listed[[2]string{f.URL, f.Statement}] = true
		}
	}
	shown := map[string]int{}
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(listed)), 500) {
		args := make([]any, 0, 2*len(chunk))
		for _, key := range chunk {
			args = append(args, key[0], key[1])
		}
		more, err := c.ofCategories(ctx, " and (f.url, f.statement) in (values "+strings.TrimSuffix(strings.Repeat("(?, ?),", len(chunk)), ",")+")", args...)
		if err != nil {
			return err
		}
		for category, n := range more {
			shown[category] += n
		}
	}
	for i := range c.Sections {
		s := &c.Sections[i]
		s.Left = counts[s.Key] - shown[s.Key]
	}
	return nil
}

// ofCategories counts what facts say, of each category what is said in the same words on one page once.
func (c *composing) ofCategories(ctx context.Context, and string, args ...any) (map[string]int, error) {
	where, of := c.wanted()
	rows, err := c.store.Rows(ctx, `select category, count(*) from (select distinct f.category, f.url, f.statement from facts f where `+where+and+`) x group by category`, append(of, args...)...)
	if err != nil {
		return nil, fmt.Errorf("count facts: %w", err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var category string
		var n int
		if err := rows.Scan(&category, &n); err != nil {
			return nil, fmt.Errorf("count facts: %w", err)
		}
		counts[category] = n
	}
	return counts, rows.Err()
}

// wanted is the facts that a report may cite, as a condition of f.
func (c *composing) wanted() (where string, args []any) {
	where, args = "f.company in ("+marks(len(c.in.Companies))+") and f.status = 'ACTIVE'", anys(c.in.Companies)
	if len(c.in.Categories) > 0 {
		where += " and f.category in (" + marks(len(c.in.Categories)) + ")"
		args = append(args, anys(c.in.Categories)...)
	}
	if c.in.Profile != "" {
		where += " and f.profile_id = (select id from profiles where name = ?)"
		args = append(args, c.in.Profile)
	}
	return where, args
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
		s.facts = s.facts[:n]
		total += n
	}
}
