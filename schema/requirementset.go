package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RequirementOperator is how what is documented must compare to a value.
type RequirementOperator string

// The operators.
const (
	AtLeast  RequirementOperator = "AT_LEAST"
	AtMost   RequirementOperator = "AT_MOST"
	Equals   RequirementOperator = "EQUALS"
	Contains RequirementOperator = "CONTAINS"
	Exists   RequirementOperator = "EXISTS"
)

// RequirementLevel is what it means if a requirement is not met.
type RequirementLevel string

// The levels.
const (
	Must   RequirementLevel = "MUST"
	Should RequirementLevel = "SHOULD"
)

// Requirement is one thing that is asked of companies. It is stored as it was given, and
// only ever gains optional fields.
type Requirement struct {
	Attribute string              `json:"attribute,omitempty"` // the key of a row of a comparison; empty: Text says what it is about
	Text      string              `json:"text,omitempty"`      // words, all of which are in a fact about it
	Operator  RequirementOperator `json:"operator"`
	Value     string              `json:"value,omitempty"` // with its unit; empty for EXISTS
	Level     RequirementLevel    `json:"level"`
	Weight    int                 `json:"weight"`
}

// RequirementSet is what companies are held against.
type RequirementSet struct{ ent.Schema }

// Fields of a set.
func (RequirementSet) Fields() []ent.Field {
	return []ent.Field{
		idField(KindRequirementSet),
		field.String("name").MaxRuneLen(200).Annotations(order("NAME")).
			Comment("Its unique name."),
		field.String("description").Default("").MaxRuneLen(1000).Annotations(unfiltered()).
			Comment("What it is for, for people."),
		field.JSON("rules", []Requirement{}).Annotations(hidden()),
		field.Int("version").Default(1).Annotations(unfiltered()).
			Comment("Counts its changes, from 1."),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT"), unfiltered()).
			Comment("When it was made."),
		field.Time("updated_at").Default(Now).Annotations(order("UPDATED_AT"), unfiltered()).
			Comment("When it last changed."),
	}
}

// Indexes of a set.
func (RequirementSet) Indexes() []ent.Index { return []ent.Index{index.Fields("name").Unique()} }

// Annotations of a set.
func (RequirementSet) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Requirement sets, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("What companies are held against."),
	}
}
