package resolvers

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"entgo.io/contrib/entgql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/search"
	"techfacts.dev/techfacts/schema"
)

// defaultPage is how many hits a search gives that does not say.
const defaultPage = 20

// slot is a place in the window of one search.
type slot struct {
	key  string // of the search
	from int    // hits before it
}

// start finds where a page of the search begins.
func start(key string, hits []search.Hit, first *int, after *entgql.Cursor[uuid.UUID]) (s slot, n int, err error) {
	s.key, n = key, defaultPage
	if first != nil {
		n = *first
	}
	if n < 0 {
		return s, 0, fault.InvalidField("first", "must not be less than 0")
	}
	if after == nil {
		return s, n, nil
	}
	values, ok := after.Value.([]any)
	if !ok || len(values) != 2 || values[0] != key {
		return s, 0, fault.InvalidField("after", "is not a cursor of this search")
	}
	// The index may have changed: the hit that was last says more than its place.
	if i := slices.IndexFunc(hits, func(h search.Hit) bool { return h.ID == after.ID }); i >= 0 {
		s.from = i + 1
		return s, n, nil
	}
	place, err := whole(values[1])
	if err != nil || place < 0 {
		return s, 0, fault.InvalidField("after", "is not a cursor of this search")
	}
	s.from = place
	return s, n, nil
}

// whole reads a number of a cursor, which may come back in any type of integer.
func whole(v any) (n int, err error) {
	_, err = fmt.Sscan(fmt.Sprint(v), &n)
	return n, err
}

func (s slot) cursor(i int, id uuid.UUID) entgql.Cursor[uuid.UUID] {
	return entgql.Cursor[uuid.UUID]{ID: id, Value: []any{s.key, s.from + i}}
}

// pageOf cuts the hits of a page out of the window.
func (s slot) pageOf(hits []search.Hit, n int) (list []search.Hit, more bool) {
	s.from = min(s.from, len(hits))
	end := min(s.from+n, len(hits))
	return hits[s.from:end], end < len(hits)
}

// keyOf tells searches apart.
func keyOf(parts ...any) string {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%#v\x00", p) // never fails
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

// below gives what is selected at a path below the field of ctx, over all
// aliases and fragments.
func below(ctx context.Context, path ...string) []graphql.CollectedField {
	op := graphql.GetOperationContext(ctx)
	found := []graphql.CollectedField{graphql.GetFieldContext(ctx).Field}
	for _, name := range path {
		var next []graphql.CollectedField
		for _, f := range found {
			for _, c := range graphql.CollectFields(op, f.Selections, nil) {
				if c.Name == name {
					next = append(next, c)
				}
			}
		}
		found = next
	}
	return found
}

// at is ctx as it is for a field below.
func at(ctx context.Context, f graphql.CollectedField) context.Context {
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: f})
}

// factSearch is one search for facts, and what is asked of its answer.
type factSearch struct {
	*Resolver
	where *graph.FactSearchWhere
	first *int
	after *entgql.Cursor[uuid.UUID]
}

// filter says in the index's words what where lets through.
func (s factSearch) filter(ctx context.Context) (f search.Filter, err error) {
	w := s.where
	if w == nil {
		return f, nil
	}
	for name, values := range map[string][]string{
		"companyIn": w.CompanyIn, "categoryIn": w.CategoryIn, "profileIn": w.ProfileIn, "domainIn": w.DomainIn, "attributeIn": w.AttributeIn,
	} {
		if err := bounded(name, values); err != nil {
			return f, err
		}
	}
	f.Companies, f.Categories, f.Domains, f.Attributes = w.CompanyIn, w.CategoryIn, w.DomainIn, w.AttributeIn
	f.MinNumber, f.MaxNumber = w.NumberGte, w.NumberLte
	if w.Unit != nil {
		f.Unit = *w.Unit
	}
	if (f.MinNumber != nil || f.MaxNumber != nil) && f.Unit == "" {
		return f, fault.InvalidField("where.unit", "must say what numberGTE and numberLTE count")
	}
	if w.ConfidenceGte != nil {
		f.MinConfidence = *w.ConfidenceGte
	}
	f.Since, f.Until = w.FirstSeenAtGte, w.FirstSeenAtLt
	if len(w.ProfileIn) > 0 {
		ids, err := s.Ent.Profile.Query().Where(profile.NameIn(w.ProfileIn...)).IDs(ctx)
		if err != nil {
			return f, err
		}
		f.Profiles = []string{uuid.Nil.String()} // unknown names let nothing through
		for _, id := range ids {
			f.Profiles = append(f.Profiles, id.String())
		}
		slices.Sort(f.Profiles) // the same filter, the same cursors
	}
	return f, nil
}

// maxValues is how long a list of a filter may be.
const maxValues = 1000

// bounded fails with INVALID if a list is too long.
func bounded(name string, values []string) error {
	if len(values) > maxValues {
		return fault.InvalidField("where."+name, "must have at most %d values", maxValues)
	}
	return nil
}

func (r *Resolver) searchFacts(ctx context.Context, s factSearch, request search.Request) (*graph.FactSearchConnection, error) {
	var err error
	if request.Filter, err = s.filter(ctx); err != nil {
		return nil, err
	}
	request.Facets = len(below(ctx, "facets")) > 0
	result, err := r.Search.Find(ctx, request)
	if err != nil {
		return nil, err
	}
	key := keyOf(strings.TrimSpace(request.Query), request.Filter.Key(), result.Mode, request.Order, request.Collapse)
	return s.connection(ctx, key, result)
}

func (r *Resolver) similarFacts(ctx context.Context, s factSearch, id uuid.UUID) (*graph.FactSearchConnection, error) {
	filter, err := s.filter(ctx)
	if err != nil {
		return nil, err
	}
	doc, err := r.Documents.One(ctx, id)
	if err != nil {
		return nil, err
	}
	result, err := r.Search.Similar(ctx, doc, filter, search.Window, len(below(ctx, "facets")) > 0)
	if err != nil {
		return nil, err
	}
	return s.connection(ctx, keyOf(id, filter.Key(), result.Mode), result)
}

// connection makes of a result what was asked for.
func (s factSearch) connection(ctx context.Context, key string, result search.Result) (*graph.FactSearchConnection, error) {
	from, n, err := start(key, result.Hits, s.first, s.after)
	if err != nil {
		return nil, err
	}
	hits, more := from.pageOf(result.Hits, n)
	c := &graph.FactSearchConnection{
		Edges: []*graph.FactSearchEdge{}, Total: totalOf(result), Meta: metaOf(result),
		PageInfo: &ent.PageInfo{HasNextPage: more, HasPreviousPage: from.from > 0},
	}
	if len(hits) > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = new(from.cursor(1, hits[0].ID)), new(from.cursor(len(hits), hits[len(hits)-1].ID))
	}
	if len(below(ctx, "facets")) > 0 {
		if c.Facets, err = s.facets(ctx, result.Facets); err != nil {
			return nil, err
		}
	}
	if len(below(ctx, "edges")) == 0 {
		return c, nil
	}
	nodes, err := s.nodes(ctx, hits)
	if err != nil {
		return nil, err
	}
	texts, err := s.texts(ctx, hits)
	if err != nil {
		return nil, err
	}
	for i, h := range hits {
		node := nodes[h.ID]
		if node == nil {
			continue // it does not hold any more, and the index has not heard of it yet
		}
		edge := &graph.FactSearchEdge{Node: node, Cursor: from.cursor(i+1, h.ID), Score: h.Score, Highlights: []*graph.SearchHighlight{}}
		if t := texts[h.ID]; t != nil {
			edge.Highlights, edge.Explain = highlights(result.Marks, t), explain(result.Marks, t, h)
		}
		c.Edges = append(c.Edges, edge)
	}
	return c, nil
}

// nodes loads the facts of a page, as they are selected.
func (s factSearch) nodes(ctx context.Context, hits []search.Hit) (map[uuid.UUID]*ent.Fact, error) {
	q := s.Ent.Fact.Query().Where(fact.IDIn(idsOf(hits)...), fact.StatusEQ(schema.FactActive))
	for _, f := range below(ctx, "edges", "node") {
		var err error
		if q, err = q.CollectFields(at(ctx, f)); err != nil {
			return nil, err
		}
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make(map[uuid.UUID]*ent.Fact, len(rows))
	for _, row := range rows {
		nodes[row.ID] = row
	}
	return nodes, nil
}

// texts loads what highlights and explanations look at, if they are selected.
func (s factSearch) texts(ctx context.Context, hits []search.Hit) (map[uuid.UUID]*ent.Fact, error) {
	if len(below(ctx, "edges", "highlights"))+len(below(ctx, "edges", "explain")) == 0 {
		return nil, nil //nolint:nilnil // reading it finds nothing
	}
	rows, err := s.Ent.Fact.Query().Where(fact.IDIn(idsOf(hits)...)).
		Select(fact.FieldStatement, fact.FieldQuote, fact.FieldHeadings, fact.FieldAttribute, fact.FieldSubject, fact.FieldCategory, fact.FieldCompany).All(ctx)
	if err != nil {
		return nil, err
	}
	texts := make(map[uuid.UUID]*ent.Fact, len(rows))
	for _, row := range rows {
		texts[row.ID] = row
	}
	return texts, nil
}

func idsOf(hits []search.Hit) []uuid.UUID {
	ids := make([]uuid.UUID, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids
}

func highlights(marks search.Marks, f *ent.Fact) []*graph.SearchHighlight {
	list := []*graph.SearchHighlight{}
	for _, t := range []struct{ field, text string }{
		{"statement", f.Statement}, {"quote", f.Quote}, {"headings", strings.Join(f.Headings, " › ")},
	} {
		var fragments []*graph.SearchFragment
		for _, piece := range marks.Highlight(t.text) {
			fragments = append(fragments, &graph.SearchFragment{Text: piece.Text, Match: piece.Match})
		}
		if fragments != nil {
			list = append(list, &graph.SearchHighlight{Field: t.field, Fragments: fragments})
		}
	}
	return list
}

func explain(marks search.Marks, f *ent.Fact, h search.Hit) *graph.SearchExplanation {
	if h.Lexical == nil && h.Semantic == nil || h.Score == 0 {
		return nil
	}
	rank := func(l *search.Leg) *graph.SearchRank {
		if l == nil {
			return nil
		}
		return &graph.SearchRank{Rank: l.Rank, Score: l.Score}
	}
	texts := append([]string{f.Statement, f.Category, f.Company}, f.Headings...)
	terms := marks.Terms(strings.Join(append(texts, f.Attribute, f.Subject), "\n"))
	if terms == nil {
		terms = []string{}
	}
	return &graph.SearchExplanation{Lexical: rank(h.Lexical), Semantic: rank(h.Semantic), Terms: terms}
}

func totalOf(r search.Result) *graph.SearchTotal {
	return &graph.SearchTotal{Count: r.Total, Exact: r.Exact}
}

func metaOf(r search.Result) *graph.SearchMeta {
	m := &graph.SearchMeta{Mode: modeOf(r.Mode), Corrections: []*graph.SearchCorrection{}, Degraded: r.Degraded}
	for _, c := range r.Corrections {
		m.Corrections = append(m.Corrections, &graph.SearchCorrection{Word: c.Word, By: c.By})
	}
	if r.Degraded {
		m.Reason = &r.Reason
	}
	return m
}

func searchMode(m graph.SearchMode) search.Mode {
	switch m {
	case graph.SearchModeAuto:
	case graph.SearchModeLexical:
		return search.Lexical
	case graph.SearchModeSemantic:
		return search.Semantic
	case graph.SearchModeHybrid:
		return search.Hybrid
	}
	return search.Auto
}

func searchOrder(o graph.SearchOrder) search.Order {
	if o == graph.SearchOrderFirstSeenAt {
		return search.ByTime
	}
	return search.ByConfidence
}

func searchCollapse(c *graph.SearchCollapse) search.Collapse {
	if c == nil {
		return search.Everything
	}
	switch *c {
	case graph.SearchCollapseCompany:
		return search.ByCompany
	case graph.SearchCollapsePage:
		return search.ByPage
	case graph.SearchCollapseStatement:
		return search.ByStatement
	}
	return search.Everything
}

func modeOf(m search.Mode) graph.SearchMode {
	return [...]graph.SearchMode{graph.SearchModeAuto, graph.SearchModeLexical, graph.SearchModeSemantic, graph.SearchModeHybrid}[m]
}

// facets gives profiles their names.
func (s factSearch) facets(ctx context.Context, found search.Facets) (*graph.FactSearchFacets, error) {
	rows, err := s.Ent.Profile.Query().Select(profile.FieldName).All(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(rows))
	for _, row := range rows {
		names[row.ID.String()] = row.Name
	}
	list := func(counts []search.Count) []*graph.SearchFacet {
		facets := make([]*graph.SearchFacet, len(counts))
		for i, c := range counts {
			facets[i] = &graph.SearchFacet{Value: c.Value, Count: c.Count}
		}
		return facets
	}
	f := &graph.FactSearchFacets{
		Companies: list(found.Companies), Categories: list(found.Categories), Profiles: list(found.Profiles), Domains: list(found.Domains),
	}
	for _, p := range f.Profiles {
		if name, ok := names[p.Value]; ok {
			p.Value = name
		}
	}
	return f, nil
}

func (r *Resolver) searchPages(ctx context.Context, query string, where *graph.PageSearchWhere, first *int, after *entgql.Cursor[uuid.UUID]) (*graph.PageSearchConnection, error) {
	var f search.Filter
	if where != nil {
		if err := errors.Join(bounded("companyIn", where.CompanyIn), bounded("domainIn", where.DomainIn)); err != nil {
			return nil, err
		}
		f.Companies, f.Domains = where.CompanyIn, where.DomainIn
	}
	result, err := r.PageSearch.Find(ctx, search.Request{Query: query, Filter: f, Mode: search.Lexical, Order: search.ByTime})
	if err != nil {
		return nil, err
	}
	from, n, err := start(keyOf("pages", strings.TrimSpace(query), f.Key()), result.Hits, first, after)
	if err != nil {
		return nil, err
	}
	hits, more := from.pageOf(result.Hits, n)
	c := &graph.PageSearchConnection{
		Edges: []*graph.PageSearchEdge{}, Total: totalOf(result), Meta: metaOf(result),
		PageInfo: &ent.PageInfo{HasNextPage: more, HasPreviousPage: from.from > 0},
	}
	if len(hits) > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = new(from.cursor(1, hits[0].ID)), new(from.cursor(len(hits), hits[len(hits)-1].ID))
	}
	if len(below(ctx, "edges")) == 0 {
		return c, nil
	}
	q := r.Ent.Page.Query().Where(page.IDIn(idsOf(hits)...))
	for _, field := range below(ctx, "edges", "node") {
		if q, err = q.CollectFields(at(ctx, field)); err != nil {
			return nil, err
		}
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make(map[uuid.UUID]*ent.Page, len(rows))
	for _, row := range rows {
		nodes[row.ID] = row
	}
	for i, h := range hits {
		if node := nodes[h.ID]; node != nil {
			c.Edges = append(c.Edges, &graph.PageSearchEdge{Node: node, Cursor: from.cursor(i+1, h.ID), Score: h.Score})
		}
	}
	return c, nil
}
