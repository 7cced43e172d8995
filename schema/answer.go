package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Proposal is what a model takes for a fact.
type Proposal struct {
	Statement string `json:"statement"`
	Category  string `json:"category"`
	Quote     string `json:"quote"`
}

// Answer is what a model once proposed for a piece of text. Its id is a hash of
// all that it was asked, so that the same question need not be paid twice.
type Answer struct{ ent.Schema }

// Fields of an answer.
func (Answer) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.JSON("proposals", []Proposal{}),
		field.Int("unreadable").Default(0), // proposals that were none
		field.Time("at").Default(Now),
	}
}

// Indexes of an answer.
func (Answer) Indexes() []ent.Index { return []ent.Index{index.Fields("at")} }

// Annotations of an answer.
func (Answer) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
