package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Scope is what a key may do. Each includes those before it.
type Scope string

// The scopes.
const (
	ScopeRead  Scope = "READ"
	ScopeWrite Scope = "WRITE"
	ScopeAdmin Scope = "ADMIN"
)

// Values lists the scopes.
func (Scope) Values() []string { return []string{"READ", "WRITE", "ADMIN"} }

// Includes tells whether who has e may do what needs other. What is no scope
// includes nothing and is included in nothing.
func (e Scope) Includes(other Scope) bool { return other.rank() > 0 && e.rank() >= other.rank() }

func (e Scope) rank() int {
	switch e {
	case ScopeRead:
		return 1
	case ScopeWrite:
		return 2
	case ScopeAdmin:
		return 3
	}
	return 0
}

// ApiKey lets a program in. The key itself is not stored: only its hash is.
type ApiKey struct{ ent.Schema } //nolint:revive,staticcheck // the API writes it like that, and its types are named by ours

// Fields of a key.
func (ApiKey) Fields() []ent.Field {
	return []ent.Field{
		idField(KindKey),
		field.String("name").Immutable().MaxRuneLen(64).Annotations(order("NAME")).
			Comment("Its unique name, which a revoked one keeps."),
		field.Enum("scope").GoType(Scope("")).Immutable().
			Comment("What it may do."),
		field.String("hash").Immutable().Sensitive().Annotations(hidden()),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT")).
			Comment("When it was made."),
		field.Time("expires_at").Optional().Nillable().Immutable().
			Comment("From when on it is not accepted; never, if not set."),
		field.Time("revoked_at").Optional().Nillable().
			Comment("When it was revoked, if it was; from then on it is not accepted."),
		field.Time("last_used_at").Optional().Nillable().Annotations(order("LAST_USED_AT")).
			Comment("When it was last used, to about a minute."),
	}
}

// Indexes of a key.
func (ApiKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name").Unique(), index.Fields("hash").Unique()}
}

// Annotations of a key.
func (ApiKey) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField("apiKeys").Description("Keys of the API, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("A key of the API. What it looks like is shown once, when it is made."),
	}
}
