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

// ChangeKind is what became of a claim.
type ChangeKind string

// The kinds of changes.
const (
	ChangeAdded      ChangeKind = "ADDED"
	ChangeChanged    ChangeKind = "CHANGED"
	ChangeRemoved    ChangeKind = "REMOVED"
	ChangeReappeared ChangeKind = "REAPPEARED"
)

// Values lists the kinds of changes.
func (ChangeKind) Values() []string { return []string{"ADDED", "CHANGED", "REMOVED", "REAPPEARED"} }

// FactChange is an entry of the log of changes: what became of a claim of a
// company. It is made of shifts, and never changes; see docs/adr/0016-change.md.
type FactChange struct{ ent.Schema }

// Fields of a change.
func (FactChange) Fields() []ent.Field {
	return []ent.Field{
		idField(KindFactChange),
		field.Enum("kind").GoType(ChangeKind("")).Immutable().
			Comment("What became of the claim."),
		field.Time("at").Default(Now).Immutable().
			Comment("When that was known: at the end of the job that saw it, or when somebody reviewed the fact."),
		field.String("company").Immutable().
			Comment("Whose documentation it is."),
		field.String("category").Immutable().
			Comment("The category of the fact."),
		field.Bool("reviewed").Default(false).Immutable().
			Comment("Whether a review brought it about, rather than the documentation."),
		field.UUID("fact_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.UUID("previous_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(hidden()),
		field.UUID("job_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(hidden()),
		field.UUID("profile_id", uuid.UUID{}).Immutable().Annotations(hidden()),
	}
}

// Edges of a change.
func (FactChange) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("fact", Fact.Type).Unique().Required().Immutable().Field("fact_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The fact that states the claim; of REMOVED, the last that did."),
		edge.To("previous", Fact.Type).Unique().Immutable().Field("previous_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("Of CHANGED, the fact that was stated before."),
		edge.To("job", Job.Type).Unique().Immutable().Field("job_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("The job that saw it; null if it was a review, or if the job was deleted."),
		edge.To("profile", Profile.Type).Unique().Required().Immutable().Field("profile_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The profile under which the fact was found."),
	}
}

// Indexes of a change.
func (FactChange) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("company", "id"), index.Fields("at"), index.Fields("fact_id"), index.Fields("previous_id"), index.Fields("job_id"),
		index.Fields("profile_id"),
	}
}

// Annotations of a change.
func (FactChange) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(),
		schema.Comment("What became of a claim of a company. A claim that several pages state changes once."),
	}
}
