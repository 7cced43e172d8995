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

// Alias is another URL of a page, known by evidence: a redirect, a canonical
// link that was checked, or the same text.
type Alias struct{ ent.Schema }

// Fields of an alias.
func (Alias) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("url").Immutable(),
		field.UUID("page_id", uuid.UUID{}),
		field.Time("seen_at").Default(Now),
	}
}

// Edges of an alias.
func (Alias) Edges() []ent.Edge {
	return []ent.Edge{edge.From("page", Page.Type).Ref("aliases").Unique().Required().Field("page_id")}
}

// Indexes of an alias.
func (Alias) Indexes() []ent.Index { return []ent.Index{index.Fields("page_id")} }

// Annotations of an alias.
func (Alias) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll), entsql.Table("aliases")}
}
