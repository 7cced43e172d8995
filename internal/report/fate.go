package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/schema"
)

// successions is how often a value is followed from one fact to the next.
const successions = 10

// successors reads the facts that took the place of those that were superseded, by the ids of these: the last
// of each line. One that is gone, or states nothing any more, is none.
func (r *Reports) successors(ctx context.Context, facts []*ent.Fact) (map[uuid.UUID]*ent.Fact, error) {
	last := map[uuid.UUID]uuid.UUID{} // by the fact that is cited
	for _, f := range facts {
		if f.Status == schema.FactSuperseded && f.SupersededByID != nil {
			last[f.ID] = *f.SupersededByID
		}
	}
	found := map[uuid.UUID]*ent.Fact{}
	for range successions {
		var ids []uuid.UUID
		for _, id := range last {
			if found[id] == nil {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			break
		}
		for chunk := range slices.Chunk(ids, maxBulk) {
			rows, err := r.store.Ent.Fact.Query().Where(fact.IDIn(chunk...)).
				Select(fact.FieldID, fact.FieldStatus, fact.FieldStatement, fact.FieldMeasure, fact.FieldSupersededByID).All(ctx)
			if err != nil {
				return nil, fmt.Errorf("read what took the place of cited facts: %w", err)
			}
			for _, f := range rows {
				found[f.ID] = f
			}
		}
		for of, id := range last {
			f := found[id]
			switch {
			case f == nil:
				delete(last, of) // gone
			case f.Status == schema.FactSuperseded && f.SupersededByID != nil:
				last[of] = *f.SupersededByID
			case f.Status != schema.FactActive:
				delete(last, of)
			}
		}
	}
	now := map[uuid.UUID]*ent.Fact{}
	for of, id := range last {
		if f := found[id]; f != nil && f.Status == schema.FactActive {
			now[of] = f
		}
	}
	return now, nil
}

// fate says what became of a fact that does not hold any more; next is what took its place, if anything did.
func fate(was schema.Value, next *ent.Fact) string {
	switch {
	case next == nil:
		return "is stated no more"
	case next.Measure.Kind == "":
		return fmt.Sprintf("is now “%s”", shorten(next.Statement, maxText))
	case sameValue(was, next.Measure):
		return "is worded in another way"
	}
	return "is now " + next.Measure.Original
}
