package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Upload is a document that was handed in and waits to be read, as the page of
// an item of an IMPORT job. It is deleted when that was done.
type Upload struct{ ent.Schema }

// Fields of an upload.
func (Upload) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(uuid.New).Immutable(),
		field.UUID("job_id", uuid.UUID{}).Immutable(),
		field.String("url").Immutable(),
		field.String("media_type").Immutable(),
		field.String("title").Default("").Immutable(),
		field.Bytes("body").Immutable(),
	}
}

// Edges of an upload.
func (Upload) Edges() []ent.Edge {
	return []ent.Edge{edge.From("job", Job.Type).Ref("uploads").Unique().Required().Immutable().Field("job_id")}
}

// Indexes of an upload.
func (Upload) Indexes() []ent.Index { return []ent.Index{index.Fields("job_id", "url").Unique()} }

// Annotations of an upload.
func (Upload) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip(entgql.SkipAll)}
}
