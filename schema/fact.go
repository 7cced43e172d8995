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

// Method is how a fact was found.
type Method string

// The methods.
const (
	MethodRules Method = "RULES"
	MethodModel Method = "MODEL"
)

// Values lists the methods.
func (Method) Values() []string { return []string{"RULES", "MODEL"} }

// FactStatus is whether a fact still holds.
type FactStatus string

// The statuses of a fact.
const (
	FactActive     FactStatus = "ACTIVE"
	FactSuperseded FactStatus = "SUPERSEDED"
	FactRemoved    FactStatus = "REMOVED"
	FactRejected   FactStatus = "REJECTED"
)

// Values lists the statuses of a fact.
func (FactStatus) Values() []string {
	return []string{"ACTIVE", "SUPERSEDED", "REMOVED", "REJECTED"}
}

// Span is where a quote stands in the text of its snapshot, in three units, so
// that text[start:end] is the quote in Go (bytes), in Python (runes) and in
// JavaScript (UTF-16 code units). Ends are exclusive.
type Span struct {
	ByteStart  int `json:"b0"`
	ByteEnd    int `json:"b1"`
	RuneStart  int `json:"r0"`
	RuneEnd    int `json:"r1"`
	UTF16Start int `json:"u0"`
	UTF16End   int `json:"u1"`
}

// Fact is one self-contained statement with the words that prove it.
type Fact struct{ ent.Schema }

// Fields of a fact.
func (Fact) Fields() []ent.Field {
	return []ent.Field{
		idField(KindFact),
		field.UUID("page_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.UUID("snapshot_id", uuid.UUID{}).Annotations(hidden()),
		field.UUID("profile_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.String("company").Annotations(order("COMPANY")).
			Comment("Whose documentation states it."),
		field.String("url").Immutable().
			Comment("The URL of its page."),
		field.String("category").Annotations(order("CATEGORY")).
			Comment("The category of the profile that it belongs to."),
		field.Text("statement").
			Comment("The fact in one sentence that can be read alone."),
		field.Text("quote").
			Comment("The words that prove it, exactly as they stand in the snapshot's text at the span."),
		field.JSON("span", Span{}).Annotations(unfiltered()).
			Comment("Where the quote stands in the snapshot's text."),
		field.Strings("headings").Optional().Annotations(unfiltered()).
			Comment("The headings above the quote, the outermost first."),
		field.String("anchor").Optional().Annotations(hidden()),
		field.Int64("block").Optional().Annotations(hidden()),
		field.String("attribute").Optional().
			Comment("What it tells about, as a stable key such as \"rate_limit\"; empty if it has no name yet."),
		field.String("subject").Optional().
			Comment("What it is about: a plan, a product, a parameter, or the heading above it."),
		field.String("value").Optional().Annotations(hidden()), // as it is written, for whoever reads the table
		field.JSON("measure", Value{}).Optional().Annotations(hidden()),
		field.Enum("value_kind").GoType(ValueKind("")).Optional().Nillable().Annotations(asked()).
			Comment("What its value measures."),
		field.Float("number").Optional().Nillable().Annotations(asked(), order("NUMBER")).
			Comment("Its value as a number in the unit; for UNLIMITED more than any other. Null if its value is no number."),
		field.String("unit").Optional().Annotations(asked()).
			Comment("The unit of the number: \"byte\", \"s\", \"%\", \"request/s\", \"USD/user/month\", or what is counted."),
		field.JSON("qualifiers", map[string]string{}).Optional().Annotations(hidden()),
		field.Float("confidence").Annotations(order("CONFIDENCE")).
			Comment("From 0 to 1, computed from how it was found; see docs/adr/0004-evidence.md."),
		field.Enum("method").GoType(Method("")).Immutable().
			Comment("How it was found."),
		field.String("model").Optional().Immutable().
			Comment("The model that proposed it, for MODEL."),
		field.String("fingerprint").Immutable().Annotations(hidden()),
		field.String("topic").Optional().Annotations(hidden()),
		field.String("claim").Optional().Nillable().Annotations(hidden()), // not set: not known yet
		field.Enum("status").GoType(FactStatus("")).Default(string(FactActive)).
			Comment("Whether it still holds."),
		field.Time("first_seen_at").Default(Now).Immutable().Annotations(order("FIRST_SEEN_AT")).
			Comment("When it was first found."),
		field.Time("last_seen_at").Default(Now).Annotations(order("LAST_SEEN_AT")).
			Comment("When it was last found."),
		field.Time("began_at").Optional().Default(Now).
			Comment("Since when it has held, or last held, without a break."),
		field.Time("ended_at").Optional().Nillable().
			Comment("When it was seen that it no longer holds; null while it holds."),
		field.UUID("superseded_by_id", uuid.UUID{}).Optional().Nillable().Annotations(hidden()),
		field.UUID("review_id", uuid.UUID{}).Optional().Nillable().Annotations(hidden()),
	}
}

// Edges of a fact.
func (Fact) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("page", Page.Type).Ref("facts").Unique().Required().Immutable().Field("page_id").
			Comment("The page that states it."),
		edge.To("snapshot", Snapshot.Type).Unique().Required().Field("snapshot_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The text in which its quote stands."),
		edge.To("profile", Profile.Type).Unique().Required().Immutable().Field("profile_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The profile under which it was found."),
		edge.To("supersedes", Fact.Type).Annotations(entsql.OnDelete(entsql.SetNull), entgql.RelayConnection()).
			Comment("The facts whose place it has taken: its page gave another value for the same.").
			From("superseded_by").Unique().Field("superseded_by_id").
			Comment("The fact that has taken its place on its page."),
		edge.To("review", Review.Type).Unique().Field("review_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("What somebody thinks of it; null if nobody has said so."),
		edge.To("intervals", Interval.Type).Annotations(entsql.OnDelete(entsql.Cascade), entgql.Skip(entgql.SkipAll)),
		edge.From("reports", Report.Type).Ref("facts").Annotations(entgql.Skip(entgql.SkipAll)),
	}
}

// Indexes of a fact.
func (Fact) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("page_id", "profile_id", "fingerprint").Unique(),
		index.Fields("company", "category"),
		index.Fields("category"),
		index.Fields("profile_id"),
		index.Fields("snapshot_id"),
		index.Fields("first_seen_at"),
		index.Fields("attribute"),
		index.Fields("unit", "number"),
		index.Fields("claim"),
		index.Fields("topic"),
		index.Fields("superseded_by_id"),
		index.Fields("review_id"),
	}
}

// Annotations of a fact.
func (Fact) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.MultiOrder(),
		schema.Comment("One self-contained statement with the words that prove it."),
	}
}
