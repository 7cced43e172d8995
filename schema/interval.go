package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Interval is a time for which a fact held, before it ceased to and came back.
// The last such time of a fact stands in its own row.
type Interval struct{ ent.Schema }

// Fields of an interval.
func (Interval) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.UUID("fact_id", uuid.UUID{}).Immutable(),
		field.Time("began_at").Immutable(),
		field.Time("ended_at").Immutable(),
	}
}

// Edges of an interval.
func (Interval) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("fact", Fact.Type).Ref("intervals").Unique().Required().Immutable().Field("fact_id"),
	}
}

// Indexes of an interval.
func (Interval) Indexes() []ent.Index { return []ent.Index{index.Fields("fact_id", "began_at")} }

// Annotations of an interval.
func (Interval) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
