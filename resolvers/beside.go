package resolvers

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/review"
	"techfacts.dev/techfacts/schema"
)

// maxBeside is how many facts are read to tell which others state the same.
const maxBeside = 5000

// beside reads what stands in no column of a row but is asked for with it: once
// for all rows that are read together, wherever that is. Fields of an object may
// not wait, so it is there before they are asked.
func beside(r *Resolver) {
	r.Ent.Fact.Intercept(after(func(ctx context.Context, rows []*ent.Fact) error {
		counted, same := asked(ctx, "Fact", "corroboration"), asked(ctx, "Fact", "sameAs")
		if len(counted) > 0 {
			if err := r.corroborate(ctx, rows); err != nil {
				return err
			}
		}
		if len(same) > 0 {
			return r.sameFacts(ctx, rows, same)
		}
		return nil
	}))
	r.Ent.Profile.Intercept(after(func(ctx context.Context, rows []*ent.Profile) error {
		if len(asked(ctx, "Profile", "precision")) == 0 {
			return nil
		}
		return r.precision(ctx, rows)
	}))
}

// aside is the key of a context in which what is beside rows is being read.
type aside struct{}

// after runs fill over the rows that an operation of GraphQL reads.
func after[T any](fill func(context.Context, []*T) error) ent.Interceptor {
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			value, err := next.Query(ctx, q)
			rows, ok := value.([]*T)
			if err != nil || !ok || len(rows) == 0 || !graphql.HasOperationContext(ctx) || ctx.Value(aside{}) != nil {
				return value, err
			}
			return value, fill(context.WithValue(ctx, aside{}, true), rows)
		})
	})
}

// asked gives the places at which an operation asks for a field of a type.
func asked(ctx context.Context, of, name string) (found []*ast.Field) {
	var visit func(ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if s.Name == name && s.ObjectDefinition != nil && s.ObjectDefinition.Name == of {
					found = append(found, s)
				}
				visit(s.SelectionSet)
			case *ast.InlineFragment:
				visit(s.SelectionSet)
			case *ast.FragmentSpread:
				visit(s.Definition.SelectionSet)
			}
		}
	}
	if op := graphql.GetOperationContext(ctx).Operation; op != nil {
		visit(op.SelectionSet)
	}
	return found
}

// said is what one company claims.
type said struct{ company, claim string }

// claims gives the claims of facts that have one.
func (r *Resolver) claims(ctx context.Context, rows []*ent.Fact) (of map[uuid.UUID]said, claims []string, err error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	// The rows may have been read without their claims.
	read, err := r.Ent.Fact.Query().Where(fact.IDIn(ids...), fact.ClaimNotNil()).Select(fact.FieldCompany, fact.FieldClaim).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read claims: %w", err)
	}
	of = make(map[uuid.UUID]said, len(read))
	for _, row := range read {
		of[row.ID] = said{row.Company, *row.Claim}
		claims = append(claims, *row.Claim)
	}
	return of, claims, nil
}

// corroborate counts the pages that state the same as facts.
func (r *Resolver) corroborate(ctx context.Context, rows []*ent.Fact) error {
	of, claims, err := r.claims(ctx, rows)
	if err != nil || len(claims) == 0 {
		return err
	}
	var counts []struct {
		Company, Claim string
		Pages          int
	}
	err = r.Ent.Fact.Query().Where(fact.ClaimIn(claims...), fact.StatusEQ(schema.FactActive)).GroupBy(fact.FieldCompany, fact.FieldClaim).
		Aggregate(func(s *sql.Selector) string { return sql.As(sql.Count(sql.Distinct(s.C(fact.FieldPageID))), "pages") }).Scan(ctx, &counts)
	if err != nil {
		return fmt.Errorf("count pages: %w", err)
	}
	pages := make(map[said]int, len(counts))
	for _, c := range counts {
		pages[said{c.Company, c.Claim}] = c.Pages
	}
	for _, row := range rows {
		row.Corroboration = pages[of[row.ID]]
	}
	return nil
}

// sameFacts reads the facts of other pages that state the same as facts, as they
// are selected at places.
func (r *Resolver) sameFacts(ctx context.Context, rows []*ent.Fact, places []*ast.Field) error {
	of, claims, err := r.claims(ctx, rows)
	if err != nil || len(claims) == 0 {
		return err
	}
	// What is needed here first, then what is selected.
	found, err := r.Ent.Fact.Query().Where(fact.ClaimIn(claims...), fact.StatusEQ(schema.FactActive)).Order(ent.Asc(fact.FieldID)).
		Limit(maxBeside).Select(fact.FieldCompany, fact.FieldClaim, fact.FieldPageID).All(ctx)
	if err != nil {
		return fmt.Errorf("find facts that state the same: %w", err)
	}
	ids := make([]uuid.UUID, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	all := graphql.CollectedField{Field: places[0]}
	for _, p := range places {
		all.Selections = append(all.Selections, p.SelectionSet...)
	}
	q, err := r.Ent.Fact.Query().Where(fact.IDIn(ids...)).CollectFields(at(ctx, all))
	if err != nil {
		return err
	}
	full, err := q.All(ctx)
	if err != nil {
		return fmt.Errorf("read facts that state the same: %w", err)
	}
	whole := make(map[uuid.UUID]*ent.Fact, len(full))
	for _, row := range full {
		whole[row.ID] = row
	}
	groups := map[said][]*ent.Fact{}
	pageOf := map[uuid.UUID]uuid.UUID{}
	for _, row := range found {
		key := said{row.Company, *row.Claim}
		pageOf[row.ID] = row.PageID
		if whole[row.ID] != nil {
			groups[key] = append(groups[key], whole[row.ID])
		}
	}
	fill := func(row *ent.Fact, key said) { row.Same = others(groups[key], row.ID, pageOf) }
	for _, row := range rows {
		if key, ok := of[row.ID]; ok {
			if pageOf[row.ID] == uuid.Nil { // it does not hold
				pageOf[row.ID] = row.PageID
			}
			fill(row, key)
		}
	}
	for key, group := range groups {
		pages := map[uuid.UUID]bool{}
		for _, row := range group {
			pages[pageOf[row.ID]] = true
		}
		for _, row := range group {
			row.Corroboration = len(pages)
			fill(row, key)
		}
	}
	return nil
}

// others gives one fact of each page but that of id.
func others(group []*ent.Fact, id uuid.UUID, pageOf map[uuid.UUID]uuid.UUID) (list []*ent.Fact) {
	seen := map[uuid.UUID]bool{pageOf[id]: true}
	for _, row := range group {
		if row.ID != id && !seen[pageOf[row.ID]] {
			seen[pageOf[row.ID]] = true
			list = append(list, row)
		}
	}
	return list
}

// precision counts the reviews of what profiles found.
func (r *Resolver) precision(ctx context.Context, rows []*ent.Profile) error {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var counts []struct {
		ProfileID uuid.UUID      `json:"profile_id"`
		Verdict   schema.Verdict `json:"verdict"`
		Count     int            `json:"count"`
	}
	err := r.Ent.Review.Query().Where(review.ProfileIDIn(ids...)).GroupBy(review.FieldProfileID, review.FieldVerdict).Aggregate(ent.Count()).Scan(ctx, &counts)
	if err != nil {
		return fmt.Errorf("count reviews: %w", err)
	}
	of := map[uuid.UUID]*schema.Precision{}
	for _, row := range rows {
		of[row.ID] = &row.Precision
	}
	for _, c := range counts {
		switch p := of[c.ProfileID]; c.Verdict {
		case schema.VerdictConfirmed:
			p.Confirmed = c.Count
		case schema.VerdictRejected:
			p.Rejected = c.Count
		case schema.VerdictEdited:
			p.Edited = c.Count
		}
	}
	return nil
}
