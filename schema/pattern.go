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

// Pattern is the shape of many URLs of a crawl, such as those of a calendar. One
// whose pages say the same again and again has ended.
type Pattern struct{ ent.Schema }

// Fields of a pattern.
func (Pattern) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("job_id", uuid.UUID{}).Immutable(),
		field.String("shape").Immutable(),
		field.Int64("simhash").Default(0),
		field.Int("repeats").Default(0),
		field.Bool("ended").Default(false),
	}
}

// Edges of a pattern.
func (Pattern) Edges() []ent.Edge {
	return []ent.Edge{edge.From("job", Job.Type).Ref("patterns").Unique().Required().Immutable().Field("job_id")}
}

// Indexes of a pattern.
func (Pattern) Indexes() []ent.Index { return []ent.Index{index.Fields("job_id", "shape").Unique()} }

// Annotations of a pattern.
func (Pattern) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
