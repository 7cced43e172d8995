package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Entry is what one fact says of one row of a comparison. Entries are derived
// from facts, by internal/report alone, and written with them.
type Entry struct{ ent.Schema }

// Fields of an entry.
func (Entry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.UUID("fact_id", uuid.UUID{}).Immutable(),
		field.String("company"),               // of the fact
		field.String("attribute").Immutable(), // the key of the row; of rows without a name "~" and the category
		field.String("apart").Immutable(),     // tells entries of one cell apart: the plan and whatever limits the fact
		field.Bool("denies").Immutable(),      // says that there is no such thing
		field.JSON("value", Value{}).Optional().Immutable(),
		field.Float("confidence").Immutable(), // of the fact
		field.Int("version").Immutable(),      // of what it was derived by
	}
}

// Edges of an entry.
func (Entry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("fact", Fact.Type).Unique().Required().Immutable().Field("fact_id").
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of an entry.
func (Entry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("company", "attribute", "confidence", "fact_id"),
		index.Fields("fact_id"),
		index.Fields("version"),
	}
}

// Annotations of an entry.
func (Entry) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
