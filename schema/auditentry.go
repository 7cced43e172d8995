package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// AuditEntry is one mutation that somebody asked for. It is written before the
// mutation runs, and gets its outcome after.
type AuditEntry struct{ ent.Schema }

// Fields of an entry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		idField(KindAuditEntry),
		field.Time("at").Default(Now).Immutable().Annotations(order("AT")).
			Comment("When it was asked for."),
		field.String("who").Immutable().Annotations(order("WHO")).
			Comment("The name of the key, API_KEY for the one of the settings, anonymous where no key is asked for."),
		field.String("mutation").Immutable().Annotations(order("MUTATION")).
			Comment("The name of the mutation."),
		field.String("input").Immutable().Annotations(unfiltered()).
			Comment("Its input as JSON, shortened and without secrets."),
		field.String("request").Immutable().
			Comment("The id of the request, as in the log; a websocket is one request."),
		field.String("outcome").Optional().Nillable().Annotations(order("OUTCOME")).
			Comment("OK, or the code it was refused with or failed with. Not set while it runs, and if it is not known how it ended."),
	}
}

// Indexes of an entry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("at"), index.Fields("who", "at"), index.Fields("request")}
}

// Annotations of an entry.
func (AuditEntry) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField("auditLog").Description("Mutations that were asked for, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("A mutation that somebody asked for."),
	}
}
