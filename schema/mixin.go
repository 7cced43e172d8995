package schema

import (
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// idField is the id of every noun: made here, never by the database.
func idField(k Kind) ent.Field {
	return field.UUID("id", uuid.UUID{}).Default(newID(k)).Immutable()
}

// Now is the present as it is stored: UTC, to the microsecond, which is what
// PostgreSQL keeps, so that both databases give back the same.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// order makes a field one that lists can be ordered by.
func order(name string) schema.Annotation { return entgql.OrderField(name) }

// hidden keeps a field out of the API: it serves the machinery only.
func hidden() schema.Annotation { return entgql.Skip(entgql.SkipAll) }

// unfiltered keeps a field out of where inputs.
func unfiltered() schema.Annotation { return entgql.Skip(entgql.SkipWhereInput) }

// asked keeps a field out of types: it is for where inputs and orders only.
func asked() schema.Annotation { return entgql.Skip(entgql.SkipType) }
