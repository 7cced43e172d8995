package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Change is one line of the outbox: a fact or a page is not any more what an
// index may hold of it. Triggers write them, so that nothing that changes a fact
// can forget to; see docs/adr/0015-search.md.
type Change struct{ ent.Schema }

// Fields of a change.
func (Change) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.UUID("subject", uuid.UUID{}).Immutable(),
		field.Int64("at").Immutable(), // seconds since 1970
	}
}

// Indexes of a change.
func (Change) Indexes() []ent.Index { return []ent.Index{index.Fields("at")} }

// Annotations of a change.
func (Change) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
