package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Indexer is one that follows the changes and writes down how far it came. One
// process at a time does its work.
type Indexer struct{ ent.Schema }

// Fields of an indexer.
func (Indexer) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.Int64("done").Default(-1),    // it knows all changes up to this one; -1: it has to begin with everything
		field.Int64("seen").Default(0),     // the last change it knows; some before it may not be committed yet
		field.String("holder").Default(""), // the process that works for it
		field.Int64("until").Default(0),    // when another may, in milliseconds since 1970
	}
}

// Annotations of an indexer.
func (Indexer) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
