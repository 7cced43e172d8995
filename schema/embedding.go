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

// Embedding is the vector that one model gives a fact's statement, which never
// changes.
type Embedding struct{ ent.Schema }

// Fields of an embedding.
func (Embedding) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.UUID("fact_id", uuid.UUID{}).Immutable(),
		field.String("model").Immutable(),
		field.Bytes("vector").Immutable(), // float32, little-endian, of length 1
	}
}

// Edges of an embedding.
func (Embedding) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("fact", Fact.Type).Unique().Required().Immutable().Field("fact_id").
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of an embedding.
func (Embedding) Indexes() []ent.Index {
	return []ent.Index{index.Fields("fact_id", "model").Unique()}
}

// Annotations of an embedding.
func (Embedding) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
