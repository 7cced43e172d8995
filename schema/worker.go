package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Worker is the heartbeat of one process that works on items. An item leased to
// a worker whose heart has stopped goes to another.
type Worker struct{ ent.Schema }

// Fields of a worker.
func (Worker) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.Time("seen_at").Default(Now),
	}
}

// Annotations of a worker.
func (Worker) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
