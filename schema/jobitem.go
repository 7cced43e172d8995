package schema

import (
	"slices"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Step is the work that an item waits for or is in.
type Step string

// The steps, in the order an item meets them.
const (
	StepDiscover Step = "DISCOVER"
	StepFetch    Step = "FETCH"
	StepExtract  Step = "EXTRACT"
	StepReport   Step = "REPORT"
)

// Values lists the steps.
func (Step) Values() []string { return []string{"DISCOVER", "FETCH", "EXTRACT", "REPORT"} }

// ItemState is where an item is in the queue.
type ItemState string

// The states of an item.
const (
	ItemReady   ItemState = "READY"
	ItemWaiting ItemState = "WAITING"
	ItemRunning ItemState = "RUNNING"
	ItemEnded   ItemState = "ENDED"
)

// Values lists the states of an item.
func (ItemState) Values() []string { return []string{"READY", "WAITING", "RUNNING", "ENDED"} }

// Outcome is how an item ended.
type Outcome string

// The outcomes.
const (
	Stored           Outcome = "STORED"
	Unchanged        Outcome = "UNCHANGED"
	Extracted        Outcome = "EXTRACTED"
	Written          Outcome = "WRITTEN"
	Duplicate        Outcome = "DUPLICATE"
	RobotsBlocked    Outcome = "ROBOTS_BLOCKED"
	FetchBlocked     Outcome = "FETCH_BLOCKED"
	RateLimited      Outcome = "RATE_LIMITED"
	HTTPError        Outcome = "HTTP_ERROR"
	Timeout          Outcome = "TIMEOUT"
	TooLarge         Outcome = "TOO_LARGE"
	EmptyContent     Outcome = "EMPTY_CONTENT"
	UnsupportedType  Outcome = "UNSUPPORTED_TYPE"
	LanguageFiltered Outcome = "LANGUAGE_FILTERED"
	OutOfScope       Outcome = "OUT_OF_SCOPE"
	BudgetExhausted  Outcome = "BUDGET_EXHAUSTED"
	Cancelled        Outcome = "CANCELLED"
	Failed           Outcome = "FAILED"
)

// Values lists the outcomes.
func (Outcome) Values() []string {
	return []string{
		"STORED", "UNCHANGED", "EXTRACTED", "DUPLICATE", "ROBOTS_BLOCKED", "FETCH_BLOCKED", "RATE_LIMITED", "HTTP_ERROR",
		"TIMEOUT", "TOO_LARGE", "EMPTY_CONTENT", "UNSUPPORTED_TYPE", "LANGUAGE_FILTERED", "OUT_OF_SCOPE", "BUDGET_EXHAUSTED",
		"CANCELLED", "FAILED", "WRITTEN",
	}
}

// Good reports whether the item ended as was wanted.
func (e Outcome) Good() bool { return e == Stored || e == Unchanged || e == Extracted || e == Written }

// Retryable reports whether trying again might end better.
func (e Outcome) Retryable() bool {
	return !e.Good() && e != Duplicate && e != OutOfScope && e != LanguageFiltered
}

// ByChoice reports whether e leaves out on purpose what a crawl came across.
// For a URL that was asked for by name only a duplicate, a used-up budget or
// another language than was wanted is no failure.
func (e Outcome) ByChoice(asked bool) bool {
	if asked {
		return slices.Contains([]Outcome{Duplicate, BudgetExhausted, Cancelled, LanguageFiltered}, e)
	}
	return slices.Contains([]Outcome{
		Duplicate, BudgetExhausted, Cancelled, LanguageFiltered, RobotsBlocked, FetchBlocked, OutOfScope, UnsupportedType, EmptyContent,
	}, e)
}

// JobItem is one URL's life in one job, and the row of the queue that moves it.
type JobItem struct{ ent.Schema }

// Fields of an item.
func (JobItem) Fields() []ent.Field {
	return []ent.Field{
		idField(KindJobItem),
		field.UUID("job_id", uuid.UUID{}).Immutable().Annotations(hidden()),
		field.String("url").Immutable().Annotations(order("URL")).
			Comment("The canonical URL."),
		field.Enum("step").GoType(Step("")).
			Comment("The work it waits for, is in, or ended with."),
		field.Enum("state").GoType(ItemState("")).Default(string(ItemReady)).Annotations(order("STATE")).
			Comment("Where it is in the queue."),
		field.Enum("outcome").GoType(Outcome("")).Optional().Nillable().
			Comment("How it ended, or for a page on its way to extraction how fetching ended."),
		field.String("reason").Optional().Annotations(unfiltered()).
			Comment("Why it ended so, in words."),
		field.Int("http_status").Optional().Nillable().
			Comment("The last HTTP status of its server."),
		field.Int("depth").Default(0).Annotations(order("DEPTH")).
			Comment("The fewest links known between a given URL and this one; 0 for those given, 1 for those of a sitemap."),
		field.Int("score").Default(0).Annotations(order("SCORE"), unfiltered()).
			Comment("How much its URL and the text of links to it speak of the profile; within a job, larger scores of a domain are read first."),
		field.Int("attempts").Default(0).Annotations(unfiltered()).
			Comment("How often the present step was begun and did not end."),
		field.Int("fact_count").Default(0).Annotations(order("FACT_COUNT"), unfiltered()).
			Comment("Facts found on its page."),
		field.Int("facts_added").Default(0).Annotations(hidden()),
		field.Int("facts_removed").Default(0).Annotations(hidden()),
		field.Int64("bytes").Default(0).Annotations(unfiltered()).
			Comment("Bytes received for it."),
		field.Int("duration_ms").Default(0).Annotations(order("DURATION_MS"), unfiltered()).
			Comment("Milliseconds of work on it, without waiting."),
		field.String("location").Optional().Annotations(hidden()),
		field.Int("redirects").Default(0).Annotations(hidden()),
		field.String("canonical_of").Optional().Annotations(hidden()),
		field.String("pattern").Default("").Annotations(hidden()),
		field.String("fetcher").Default("").Annotations(hidden()),
		field.Strings("sitemaps").Optional().Annotations(hidden()),
		field.UUID("page_id", uuid.UUID{}).Optional().Nillable().Annotations(hidden()),
		// What follows is the queue's: see internal/queue.
		field.String("lane").Default("").Annotations(hidden()),
		field.Int("rank").Default(1).Immutable().Annotations(hidden()),
		field.Int64("turn").Default(0).Annotations(hidden()),
		field.Time("run_at").Default(Now).Annotations(hidden()),
		field.Int64("lease").Default(0).Annotations(hidden()),
		field.String("worker").Optional().Nillable().Annotations(hidden()),
		field.Time("created_at").Default(Now).Immutable().Annotations(unfiltered()).
			Comment("When it became part of the job."),
		field.Time("started_at").Optional().Nillable().Annotations(unfiltered()).
			Comment("When work on it first began."),
		field.Time("finished_at").Optional().Nillable().Annotations(order("FINISHED_AT"), unfiltered()).
			Comment("When it ended."),
	}
}

// Edges of an item.
func (JobItem) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("job", Job.Type).Ref("items").Unique().Required().Immutable().Field("job_id").
			Comment("The job it belongs to."),
		edge.To("page", Page.Type).Unique().Field("page_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("The page that was stored or read for it; of a DUPLICATE the page that it is the same as."),
	}
}

// Indexes of an item. The partial ones, on which the queue runs, are written by
// hand in internal/store/migrations (their names begin with x_): ent would
// compare their conditions with how PostgreSQL spells them, and find them changed.
func (JobItem) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("job_id", "url").Unique(),
		index.Fields("page_id"),
	}
}

// Annotations of an item.
func (JobItem) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.MultiOrder(),
		schema.Comment("One URL or page of a job, with its own outcome and reason."),
	}
}
