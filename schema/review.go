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

// Verdict is what somebody thinks of a fact.
type Verdict string

// The verdicts.
const (
	VerdictConfirmed Verdict = "CONFIRMED"
	VerdictRejected  Verdict = "REJECTED"
	VerdictEdited    Verdict = "EDITED"
)

// Values lists the verdicts.
func (Verdict) Values() []string { return []string{"CONFIRMED", "REJECTED", "EDITED"} }

// Review is what somebody thinks of a statement of a company, on whichever of
// its pages it stands: it holds for all facts of that company and profile with
// this fingerprint, those that are found later too.
type Review struct{ ent.Schema }

// Fields of a review.
func (Review) Fields() []ent.Field {
	return []ent.Field{
		idField(KindReview),
		field.UUID("profile_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.String("company").Immutable().
			Comment("Whose documentation states it."),
		field.String("fingerprint").Immutable().Annotations(hidden()),
		field.Enum("verdict").GoType(Verdict("")).
			Comment("What somebody thinks of it."),
		field.String("reason").Default("").MaxRuneLen(1000).Annotations(unfiltered()).
			Comment("Why, in their words; may be empty."),
		field.Text("statement").Annotations(unfiltered()).
			Comment("The statement as it was found."),
		field.String("category").Annotations(unfiltered()).
			Comment("The category in which it was found."),
		field.Text("edited_statement").Optional().Nillable().Annotations(unfiltered()).
			Comment("Of EDITED, the statement that is given instead."),
		field.String("edited_category").Optional().Nillable().Annotations(unfiltered()).
			Comment("Of EDITED, the category that is given instead."),
		field.String("who").
			Comment("The name of the key with which it was reviewed."),
		field.Time("at").Default(Now).
			Comment("When it was last reviewed."),
	}
}

// Edges of a review.
func (Review) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("profile", Profile.Type).Unique().Required().Immutable().Field("profile_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The profile under which it was found."),
		edge.From("facts", Fact.Type).Ref("review").Annotations(entgql.RelayConnection()).
			Comment("The facts that it is about."),
	}
}

// Indexes of a review.
func (Review) Indexes() []ent.Index {
	return []ent.Index{index.Fields("profile_id", "company", "fingerprint").Unique()}
}

// Annotations of a review.
func (Review) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("What somebody thinks of a statement of a company."),
	}
}

// Precision is how often the facts of a profile were right, by the reviews of
// them.
type Precision struct{ Confirmed, Rejected, Edited int }

// Value is the share of the confirmed among those that were confirmed or
// rejected; nil if there are none.
func (p Precision) Value() *float64 {
	if p.Confirmed+p.Rejected == 0 {
		return nil
	}
	share := float64(p.Confirmed) / float64(p.Confirmed+p.Rejected)
	return &share
}
