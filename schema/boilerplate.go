package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Boilerplate is what repeats on the pages of one domain, as it was when facts
// of one of them were last extracted. It can be made again from the pages.
type Boilerplate struct{ ent.Schema }

// Fields of boilerplate.
func (Boilerplate) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(), // the domain
		field.Bytes("blocks").Optional(),
	}
}

// Annotations of boilerplate.
func (Boilerplate) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
