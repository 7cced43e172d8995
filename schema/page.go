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

// PageStatus is whether a page is still there.
type PageStatus string

// The statuses of a page.
const (
	PageActive PageStatus = "ACTIVE"
	PageGone   PageStatus = "GONE"
)

// Values lists the statuses of a page.
func (PageStatus) Values() []string { return []string{"ACTIVE", "GONE"} }

// Page is one canonical URL of a company.
type Page struct{ ent.Schema }

// Fields of a page.
func (Page) Fields() []ent.Field {
	return []ent.Field{
		idField(KindPage),
		field.String("url").Immutable().Annotations(order("URL")).
			Comment("The canonical URL; no two pages have the same."),
		field.String("domain").Immutable().Annotations(order("DOMAIN")).
			Comment("The host of the URL, with its port unless it is the usual one."),
		field.String("company").Annotations(order("COMPANY")).
			Comment("Whose documentation it is, as the last scrape said."),
		field.String("title").Default("").Annotations(order("TITLE")).
			Comment("Its title; may be empty."),
		field.Enum("status").GoType(PageStatus("")).Default(string(PageActive)).
			Comment("Whether its server still has it."),
		field.String("language").Default("").
			Comment("The language of its text, as the primary subtag of BCP 47 (\"en\"): as the words tell, or else as it claims; empty if neither does."),
		field.String("content_hash").Default("").
			Comment("SHA-256 of its current text, in hex."),
		field.Int64("simhash").Default(0).Annotations(hidden()),
		field.String("numbers").Default("").Annotations(hidden()),
		field.String("etag").Default("").Annotations(hidden()),
		field.String("last_modified").Default("").Annotations(hidden()),
		field.Strings("links").Optional().Annotations(hidden()),
		field.Bytes("blocks").Optional().Annotations(hidden()),
		field.UUID("snapshot_id", uuid.UUID{}).Optional().Nillable().Annotations(hidden()),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT")).
			Comment("When it was first stored."),
		field.Time("fetched_at").Default(Now).Annotations(order("FETCHED_AT")).
			Comment("When its server was last asked for it."),
		field.Time("changed_at").Default(Now).Annotations(order("CHANGED_AT")).
			Comment("When its text was last seen to change."),
	}
}

// Edges of a page.
func (Page) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("snapshot", Snapshot.Type).Unique().Field("snapshot_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("The text of the page as it is now."),
		edge.To("snapshots", Snapshot.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.RelayConnection()).
			Comment("Every text that the page has had."),
		edge.To("facts", Fact.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.RelayConnection()).
			Comment("The facts found on the page."),
		edge.To("aliases", Alias.Type).Annotations(entsql.OnDelete(entsql.Cascade), entgql.Skip(entgql.SkipAll)),
		edge.From("items", JobItem.Type).Ref("page").Annotations(entgql.Skip(entgql.SkipAll)),
	}
}

// Indexes of a page.
func (Page) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("url").Unique(),
		index.Fields("company"),
		index.Fields("domain", "content_hash"), // by it boilerplate is sampled
		index.Fields("fetched_at"),
		index.Fields("snapshot_id"),
	}
}

// Annotations of a page.
func (Page) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Pages, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("One canonical URL of a company's documentation."),
	}
}
