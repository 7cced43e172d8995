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

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventQueued    EventKind = "QUEUED"
	EventStarted   EventKind = "STARTED"
	EventFetched   EventKind = "ITEM_FETCHED"
	EventRetry     EventKind = "ITEM_RETRY"
	EventItemEnded EventKind = "ITEM_ENDED"
	EventEnded     EventKind = "ENDED"
)

// Values lists the kinds of events.
func (EventKind) Values() []string {
	return []string{"QUEUED", "STARTED", "ITEM_FETCHED", "ITEM_RETRY", "ITEM_ENDED", "ENDED"}
}

// JobEvent is one thing that happened to a job, written in the transaction that
// made it happen.
type JobEvent struct{ ent.Schema }

// Fields of an event.
func (JobEvent) Fields() []ent.Field {
	return []ent.Field{
		idField(KindJobEvent),
		field.UUID("job_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.Int64("seq").Immutable().Annotations(order("SEQ")).
			Comment("Its number within the job: 1, 2, 3 and so on without a gap."),
		field.Time("at").Default(Now).Immutable().Annotations(unfiltered()).
			Comment("When it happened."),
		field.Enum("kind").GoType(EventKind("")).Immutable().
			Comment("What happened."),
		field.String("message").Optional().Immutable().Annotations(unfiltered()).
			Comment("The reason in words where there is one, and what was rejected of the item's page; of ITEM_FETCHED the outcome."),
		field.UUID("item_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(hidden()),
	}
}

// Edges of an event.
func (JobEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("job", Job.Type).Ref("events").Unique().Required().Immutable().Field("job_id").
			Comment("The job it happened to."),
		edge.To("item", JobItem.Type).Unique().Immutable().Field("item_id").
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The item it is about, if it is about one."),
	}
}

// Indexes of an event.
func (JobEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("job_id", "seq").Unique(), index.Fields("item_id")}
}

// Annotations of an event.
func (JobEvent) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(),
		schema.Comment("One thing that happened to a job."),
	}
}
