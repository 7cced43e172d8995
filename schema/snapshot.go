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

// Fetcher is the way a text was got.
type Fetcher string

// The ways to get a text.
const (
	FetcherHTTP         Fetcher = "HTTP"
	FetcherBrowser      Fetcher = "BROWSER"
	FetcherFirecrawl    Fetcher = "FIRECRAWL"
	FetcherFlareSolverr Fetcher = "FLARESOLVERR"
	FetcherImport       Fetcher = "IMPORT" // it was handed in
)

// Values lists the ways to get a text.
func (Fetcher) Values() []string {
	return []string{"HTTP", "BROWSER", "FIRECRAWL", "FLARESOLVERR", "IMPORT"}
}

// Anchor is where in a text a part of its page begins that the page's URL leads
// to by "#ID". An empty ID says that none leads to what follows.
type Anchor struct {
	At int    `json:"at"` // bytes
	ID string `json:"id"`
}

// Snapshot is the text of a page as it was fetched once. It never changes.
type Snapshot struct{ ent.Schema }

// Fields of a snapshot.
func (Snapshot) Fields() []ent.Field {
	return []ent.Field{
		idField(KindSnapshot),
		field.UUID("page_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.Text("text").Immutable().Annotations(unfiltered()).
			Comment("The main content of the page as Markdown; spans of facts count in it."),
		field.JSON("anchors", []Anchor{}).Optional().Immutable().Annotations(hidden()),
		field.String("hash").Immutable().
			Comment("SHA-256 of the text, in hex."),
		field.Time("fetched_at").Default(Now).Immutable().Annotations(order("FETCHED_AT")).
			Comment("When this text was first fetched."),
		field.Int("http_status").Immutable().Annotations(unfiltered()).
			Comment("The HTTP status it came with; 0 if it was handed in."),
		field.Enum("fetcher").GoType(Fetcher("")).Default(string(FetcherHTTP)).Immutable().
			Comment("The way it was got."),
	}
}

// Edges of a snapshot.
func (Snapshot) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("page", Page.Type).Ref("snapshots").Unique().Required().Immutable().Field("page_id").
			Comment("The page whose text it is."),
		edge.From("facts", Fact.Type).Ref("snapshot").
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.RelayConnection()).
			Comment("The facts whose evidence stands in it."),
	}
}

// Indexes of a snapshot.
func (Snapshot) Indexes() []ent.Index {
	return []ent.Index{index.Fields("page_id", "hash").Unique()}
}

// Annotations of a snapshot.
func (Snapshot) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.MultiOrder(),
		schema.Comment("The text of a page as it was fetched once; it never changes."),
	}
}
