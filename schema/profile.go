package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Depth is how much is wanted of a page.
type Depth string

// The depths, from little to all.
const (
	DepthSummary       Depth = "SUMMARY"
	DepthDetailed      Depth = "DETAILED"
	DepthComprehensive Depth = "COMPREHENSIVE"
)

// Values lists the depths.
func (Depth) Values() []string { return []string{"SUMMARY", "DETAILED", "COMPREHENSIVE"} }

// Profile is what to look for.
type Profile struct{ ent.Schema }

// Fields of a profile.
func (Profile) Fields() []ent.Field {
	return []ent.Field{
		idField(KindProfile),
		field.String("name").Immutable().MaxRuneLen(64).Annotations(order("NAME")).
			Comment("Its unique name: lower case letters, digits and underscores."),
		field.String("description").Default("").MaxRuneLen(1000).Annotations(unfiltered()).
			Comment("What it is for, for people."),
		field.Strings("categories").Annotations(unfiltered()).
			Comment("The categories of its facts; at least one."),
		field.String("focus").Default("").MaxRuneLen(2000).Annotations(unfiltered()).
			Comment("What it looks for, in words."),
		field.Enum("depth").GoType(Depth("")).Default(string(DepthDetailed)).
			Comment("How much is wanted of a page."),
		field.String("instructions").Default("").MaxRuneLen(4000).Annotations(unfiltered()).
			Comment("More for the model, when one is used."),
		field.Enum("method").GoType(ExtractionMethod("")).Optional().Nillable().
			Comment("Who looks for facts; null: rules, and a model if there is one."),
		field.Bool("builtin").Default(false).Immutable().
			Comment("Whether it came with techfacts; such a one can be cloned, not changed or deleted."),
		field.Int("version").Default(1).Annotations(unfiltered()).
			Comment("Counts its changes, from 1."),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT"), unfiltered()).
			Comment("When it was made."),
		field.Time("updated_at").Default(Now).Annotations(unfiltered()).
			Comment("When it last changed."),
	}
}

// Edges of a profile.
func (Profile) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("facts", Fact.Type).Ref("profile").Annotations(entgql.RelayConnection()).
			Comment("The facts found with it."),
	}
}

// Indexes of a profile.
func (Profile) Indexes() []ent.Index { return []ent.Index{index.Fields("name").Unique()} }

// Annotations of a profile.
func (Profile) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Profiles, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("What to look for: categories, focus and depth."),
	}
}
