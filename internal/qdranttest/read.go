package qdranttest

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/qdrant/go-client/qdrant"
)

func (p pointsServer) QueryBatch(ctx context.Context, r *qdrant.QueryBatchPoints) (*qdrant.QueryBatchResponse, error) {
	out := &qdrant.QueryBatchResponse{}
	for _, q := range r.GetQueryPoints() {
		one, err := p.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		out.Result = append(out.Result, &qdrant.BatchResult{Result: one.GetResult()})
	}
	return out, nil
}

func (p pointsServer) Query(_ context.Context, r *qdrant.QueryPoints) (*qdrant.QueryResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	matches, err := c.matcher(r.GetFilter())
	if err != nil {
		return nil, err
	}
	score, err := c.scorer(r.GetQuery(), r.GetUsing())
	if err != nil {
		return nil, err
	}
	var found []*qdrant.ScoredPoint
	for key, point := range c.points {
		if s, ok := score(point); ok && matches(key, point) {
			found = append(found, &qdrant.ScoredPoint{Id: qdrant.NewID(key), Score: s, Payload: chosen(point, r.GetWithPayload())})
		}
	}
	//nolint:gosec // ties need no secrets
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] }) // ties come in no order
	slices.SortStableFunc(found, func(a, b *qdrant.ScoredPoint) int { return cmp.Compare(b.GetScore(), a.GetScore()) })
	return &qdrant.QueryResponse{Result: found[:min(len(found), limitOf(r.Limit))]}, nil
}

func limitOf(limit *uint64) int {
	if limit == nil {
		return 10 // what the real server takes
	}
	return int(*limit) //nolint:gosec // a test asks for few
}

func chosen(p *point, with *qdrant.WithPayloadSelector) map[string]*qdrant.Value {
	if with.GetEnable() {
		return p.payload
	}
	payload := map[string]*qdrant.Value{}
	for _, key := range with.GetInclude().GetFields() {
		if v, ok := p.payload[key]; ok {
			payload[key] = v
		}
	}
	return payload
}

func (p pointsServer) Scroll(_ context.Context, r *qdrant.ScrollPoints) (*qdrant.ScrollResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	matches, err := c.matcher(r.GetFilter())
	if err != nil {
		return nil, err
	}
	keys := slices.Sorted(maps.Keys(c.points))
	keys = slices.DeleteFunc(keys, func(key string) bool {
		return !matches(key, c.points[key]) || r.GetOffset() != nil && key < r.GetOffset().GetUuid()
	})
	if by := r.GetOrderBy(); by != nil {
		//nolint:gosec // ties need no secrets
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] }) // ties come in no order here, too
		if err := c.indexed(by.GetKey(), qdrant.FieldType_FieldTypeFloat, qdrant.FieldType_FieldTypeInteger); err != nil {
			return nil, err
		}
		slices.SortStableFunc(keys, func(a, b string) int {
			order := cmp.Compare(numberOf(c.points[a].payload[by.GetKey()]), numberOf(c.points[b].payload[by.GetKey()]))
			if by.GetDirection() == qdrant.Direction_Desc {
				order = -order
			}
			return order
		})
	}
	limit := 10
	if r.Limit != nil {
		limit = int(r.GetLimit())
	}
	out := &qdrant.ScrollResponse{}
	for i, key := range keys {
		if i == limit {
			if r.GetOrderBy() == nil {
				out.NextPageOffset = qdrant.NewID(key)
			}
			break
		}
		out.Result = append(out.Result, &qdrant.RetrievedPoint{Id: qdrant.NewID(key), Payload: chosen(c.points[key], r.GetWithPayload())})
	}
	return out, nil
}

func (p pointsServer) Get(_ context.Context, r *qdrant.GetPoints) (*qdrant.GetResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	out := &qdrant.GetResponse{}
	for _, id := range r.GetIds() {
		key, err := pointKey(id)
		if err != nil {
			return nil, err
		}
		if found, ok := c.points[key]; ok {
			out.Result = append(out.Result, &qdrant.RetrievedPoint{Id: qdrant.NewID(key), Payload: chosen(found, r.GetWithPayload())})
		}
	}
	return out, nil
}

func (p pointsServer) Count(_ context.Context, r *qdrant.CountPoints) (*qdrant.CountResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	matches, err := c.matcher(r.GetFilter())
	if err != nil {
		return nil, err
	}
	var n uint64
	for key, point := range c.points {
		if matches(key, point) {
			n++
		}
	}
	return &qdrant.CountResponse{Result: &qdrant.CountResult{Count: n}}, nil
}

func (p pointsServer) Facet(_ context.Context, r *qdrant.FacetCounts) (*qdrant.FacetResponse, error) {
	c, err := p.s.collection(r.GetCollectionName())
	if err != nil {
		return nil, err
	}
	if err := c.indexed(r.GetKey(), qdrant.FieldType_FieldTypeKeyword); err != nil {
		return nil, err
	}
	matches, err := c.matcher(r.GetFilter())
	if err != nil {
		return nil, err
	}
	counts := map[string]uint64{}
	for key, point := range c.points {
		if v, ok := point.payload[r.GetKey()]; ok && matches(key, point) {
			counts[v.GetStringValue()]++
		}
	}
	var hits []*qdrant.FacetHit
	for value, n := range counts {
		hits = append(hits, &qdrant.FacetHit{Value: qdrant.NewFacetValue(value), Count: n})
	}
	slices.SortFunc(hits, func(a, b *qdrant.FacetHit) int { return cmp.Compare(b.GetCount(), a.GetCount()) })
	return &qdrant.FacetResponse{Hits: hits[:min(len(hits), limitOf(r.Limit))]}, nil
}

// indexed refuses a field that has no index of one of these types.
func (c *collection) indexed(key string, types ...qdrant.FieldType) error {
	if i, ok := c.index[key]; !ok || !slices.Contains(types, i.GetFieldType()) {
		return wrong("Index required but not found for %q of one of the types %v", key, types)
	}
	return nil
}

// matcher makes a filter ready, and refuses one that no index serves.
func (c *collection) matcher(f *qdrant.Filter) (func(key string, p *point) bool, error) {
	if len(f.GetShould()) > 0 || f.GetMinShould() != nil {
		return nil, wrong("stand-in: should is not known")
	}
	for _, list := range [][]*qdrant.Condition{f.GetMust(), f.GetMustNot()} {
		for _, condition := range list {
			if err := c.serves(condition); err != nil {
				return nil, err
			}
		}
	}
	return func(key string, p *point) bool {
		for _, condition := range f.GetMust() {
			if !holds(condition, key, p) {
				return false
			}
		}
		for _, condition := range f.GetMustNot() {
			if holds(condition, key, p) {
				return false
			}
		}
		return true
	}, nil
}

func (c *collection) serves(condition *qdrant.Condition) error {
	if condition.GetHasId() != nil {
		return nil
	}
	f := condition.GetField()
	if f == nil {
		return wrong("stand-in: condition %T is not known", condition.GetConditionOneOf())
	}
	switch m := f.GetMatch().GetMatchValue().(type) {
	case *qdrant.Match_Keyword, *qdrant.Match_Keywords:
		return c.indexed(f.GetKey(), qdrant.FieldType_FieldTypeKeyword)
	case *qdrant.Match_Integer, *qdrant.Match_Integers:
		return c.indexed(f.GetKey(), qdrant.FieldType_FieldTypeInteger)
	case *qdrant.Match_Phrase:
		text := c.index[f.GetKey()].GetFieldIndexParams().GetTextIndexParams()
		if !text.GetPhraseMatching() || text.GetTokenizer() != qdrant.TokenizerType_Whitespace {
			return wrong("%q has no index for phrases", f.GetKey())
		}
		return c.indexed(f.GetKey(), qdrant.FieldType_FieldTypeText)
	case nil:
		if f.GetRange() == nil {
			return wrong("stand-in: field condition is not known")
		}
		return c.indexed(f.GetKey(), qdrant.FieldType_FieldTypeFloat, qdrant.FieldType_FieldTypeInteger)
	default:
		return wrong("stand-in: match %T is not known", m)
	}
}

func numberOf(v *qdrant.Value) float64 { return v.GetDoubleValue() + float64(v.GetIntegerValue()) }

func holds(condition *qdrant.Condition, key string, p *point) bool {
	if ids := condition.GetHasId(); ids != nil {
		return slices.ContainsFunc(ids.GetHasId(), func(id *qdrant.PointId) bool { return id.GetUuid() == key })
	}
	f := condition.GetField()
	v, there := p.payload[f.GetKey()]
	if !there {
		return false
	}
	values := []*qdrant.Value{v}
	if list := v.GetListValue(); list != nil {
		values = list.GetValues()
	}
	return slices.ContainsFunc(values, func(v *qdrant.Value) bool { return value(f, v) })
}

func value(f *qdrant.FieldCondition, v *qdrant.Value) bool {
	switch m := f.GetMatch().GetMatchValue().(type) {
	case *qdrant.Match_Keyword:
		return v.GetStringValue() == m.Keyword
	case *qdrant.Match_Keywords:
		return slices.Contains(m.Keywords.GetStrings(), v.GetStringValue())
	case *qdrant.Match_Integer:
		return v.GetIntegerValue() == m.Integer
	case *qdrant.Match_Integers:
		return slices.Contains(m.Integers.GetIntegers(), v.GetIntegerValue())
	case *qdrant.Match_Phrase:
		return strings.Contains(" "+v.GetStringValue()+" ", " "+m.Phrase+" ")
	}
	n, r := numberOf(v), f.GetRange()
	return (r.Lt == nil || n < *r.Lt) && (r.Lte == nil || n <= *r.Lte) && (r.Gt == nil || n > *r.Gt) && (r.Gte == nil || n >= *r.Gte)
}
