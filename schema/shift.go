package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Shift is a fact that began or ceased to hold within a job. When the job has
// ended, its shifts become changes, and are deleted.
type Shift struct{ ent.Schema }

// Fields of a shift. It refers to rows that may be deleted before it.
func (Shift) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.UUID("job_id", uuid.UUID{}).Immutable(),
		field.UUID("fact_id", uuid.UUID{}).Immutable(),
		field.Bool("began").Immutable(),
		field.Bool("known").Default(false).Immutable(),                        // it held before, some time ago
		field.UUID("other_id", uuid.UUID{}).Optional().Nillable().Immutable(), // whose place it took, or who took its place
	}
}

// Indexes of a shift.
func (Shift) Indexes() []ent.Index {
	return []ent.Index{index.Fields("job_id", "began"), index.Fields("fact_id")}
}

// Annotations of a shift.
func (Shift) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
