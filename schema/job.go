package schema

import (
	"cmp"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// JobType is what a job does.
type JobType string

// The types of jobs.
const (
	JobScrape  JobType = "SCRAPE"
	JobExtract JobType = "EXTRACT"
	JobReport  JobType = "REPORT"
	JobImport  JobType = "IMPORT"
)

// Values lists the types of jobs.
func (JobType) Values() []string { return []string{"SCRAPE", "EXTRACT", "REPORT", "IMPORT"} }

// JobStatus is where a job is in its life.
type JobStatus string

// The statuses of a job. The last four are final.
const (
	JobQueued    JobStatus = "QUEUED"
	JobRunning   JobStatus = "RUNNING"
	JobCompleted JobStatus = "COMPLETED"
	JobPartial   JobStatus = "PARTIAL"
	JobFailed    JobStatus = "FAILED"
	JobCancelled JobStatus = "CANCELLED"
)

// Values lists the statuses of a job.
func (JobStatus) Values() []string {
	return []string{"QUEUED", "RUNNING", "COMPLETED", "PARTIAL", "FAILED", "CANCELLED"}
}

// Ended reports whether e is final.
func (e JobStatus) Ended() bool { return e != JobQueued && e != JobRunning }

// Priority decides whose items are taken first.
type Priority string

// The priorities, the first before the others.
const (
	PriorityHigh   Priority = "HIGH"
	PriorityNormal Priority = "NORMAL"
	PriorityLow    Priority = "LOW"
)

// Values lists the priorities.
func (Priority) Values() []string { return []string{"HIGH", "NORMAL", "LOW"} }

// Rank is the order in which the queue takes items: lower first.
func (e Priority) Rank() int {
	switch e {
	case PriorityHigh:
		return 0
	case PriorityLow:
		return 2
	case PriorityNormal:
	}
	return 1
}

// Params is what a job was asked to do: exactly one of Scrape, Extract and Report
// is set. It only ever gains optional fields.
type Params struct {
	Scrape  *ScrapeParams     `json:"scrape,omitempty"`
	Extract *ExtractionParams `json:"extract,omitempty"`
	Report  *ReportParams     `json:"report,omitempty"`
	Trace   string            `json:"trace,omitempty"` // of the request that asked, if it was traced: a traceparent
}

// JobParams is Scrape, Extract or Report of [Params], whichever is set.
type JobParams interface{ IsJobParams() }

// IsJobParams marks the parameters of a SCRAPE job.
func (*ScrapeParams) IsJobParams() {}

// IsJobParams marks the parameters of an EXTRACT job.
func (*ExtractionParams) IsJobParams() {}

// IsJobParams marks the parameters of a REPORT job.
func (*ReportParams) IsJobParams() {}

// ScrapeParams are the parameters of a SCRAPE job.
type ScrapeParams struct {
	URLs    []string     `json:"urls"`
	Company string       `json:"company"`
	Profile string       `json:"profile"`
	Crawl   *CrawlParams `json:"crawl,omitempty"`
	Force   bool         `json:"force,omitempty"`
	// Languages are the primary subtags of those wanted; none means all.
	Languages []string `json:"languages,omitempty"`
	// Choice is how pages are to be got; empty is AUTO.
	Choice FetcherChoice    `json:"fetcher,omitempty"`
	Method ExtractionMethod `json:"method,omitempty"` // empty: that of the profile
	Tokens int              `json:"tokens,omitempty"` // that a model may take; 0: no bound of the job's own
	// ReadOnly leaves pages without a look for facts.
	ReadOnly bool     `json:"readOnly,omitempty"`
	Roots    []string `json:"roots,omitempty"` // of a retry: where URLs were redirected to in the job that it retries
}

// Fetcher is how pages are to be got.
func (p *ScrapeParams) Fetcher() FetcherChoice { return cmp.Or(p.Choice, ChoiceAuto) }

// Extract reports whether facts are looked for on the pages.
func (p *ScrapeParams) Extract() bool { return !p.ReadOnly }

// FetcherChoice is how the pages of a job are to be got.
type FetcherChoice string

// The choices.
const (
	ChoiceAuto      FetcherChoice = "AUTO"
	ChoiceHTTP      FetcherChoice = "HTTP"
	ChoiceBrowser   FetcherChoice = "BROWSER"
	ChoiceFirecrawl FetcherChoice = "FIRECRAWL"
)

// Values lists the choices.
func (FetcherChoice) Values() []string { return []string{"AUTO", "HTTP", "BROWSER", "FIRECRAWL"} }

// CrawlParams say how far a SCRAPE job follows links.
type CrawlParams struct {
	MaxDepth   int      `json:"maxDepth"`
	MaxPages   int      `json:"maxPages"`
	Include    []string `json:"include,omitempty"`
	Exclude    []string `json:"exclude,omitempty"`
	Subdomains bool     `json:"subdomains,omitempty"`
	PathPrefix string   `json:"pathPrefix,omitempty"`
	NoSitemaps bool     `json:"noSitemaps,omitempty"` // do not read them
}

// Sitemaps reports whether sitemaps are read.
func (p *CrawlParams) Sitemaps() bool { return !p.NoSitemaps }

// ExtractionParams are the parameters of an EXTRACT job. The pages are its items.
type ExtractionParams struct {
	Profile string           `json:"profile"`
	Pages   int              `json:"pages"`
	Force   bool             `json:"force,omitempty"`  // ask a model again though its answer is known
	Method  ExtractionMethod `json:"method,omitempty"` // empty: that of the profile
	Tokens  int              `json:"tokens,omitempty"` // that a model may take; 0: no bound of the job's own
}

// JobResult sums up what a job has done; it is set when the job ends.
type JobResult struct {
	Outcomes     []OutcomeCount `json:"outcomes"`
	FactsAdded   int            `json:"factsAdded"`
	FactsRemoved int            `json:"factsRemoved"`
	Bytes        int64          `json:"bytes"`
	Tally
}

// OutcomeCount is how many items of a job ended in one way.
type OutcomeCount struct {
	Outcome Outcome `json:"outcome"`
	Count   int     `json:"count"`
}

// Job is one request: a scrape, an extraction or a report. It ends exactly once.
type Job struct{ ent.Schema }

// Fields of a job.
func (Job) Fields() []ent.Field {
	return []ent.Field{
		idField(KindJob),
		field.Enum("type").GoType(JobType("")).Immutable().Annotations(order("TYPE")).
			Comment("What the job does."),
		field.Enum("status").GoType(JobStatus("")).Default(string(JobQueued)).Annotations(order("STATUS")).
			Comment("Where the job is in its life; COMPLETED, PARTIAL, FAILED and CANCELLED are final."),
		field.Enum("priority").GoType(Priority("")).Default(string(PriorityNormal)).Immutable().
			Comment("HIGH goes before NORMAL, NORMAL before LOW; within one, jobs take turns."),
		field.String("company").Optional().Immutable().
			Comment("The company whose documentation a SCRAPE or IMPORT job reads."),
		field.JSON("params", Params{}).Immutable().Annotations(hidden()),
		field.JSON("result", &JobResult{}).Optional().Annotations(hidden()),
		field.JSON("tally", Tally{}).Optional().Annotations(hidden()),
		field.Int("total").Default(0).Annotations(unfiltered()).
			Comment("Items known so far; grows while links are found. total = done + failed + skipped once the job has ended."),
		field.Int("done").Default(0).Annotations(unfiltered()).
			Comment("Items that ended as wanted: stored, unchanged or extracted."),
		field.Int("failed").Default(0).Annotations(unfiltered()).
			Comment("Items that did not: each has an outcome and a reason."),
		field.Int("skipped").Default(0).Annotations(unfiltered()).
			Comment("Items left out on purpose, such as links outside the budget: each has an outcome and a reason."),
		field.Int("stored").Default(0).Annotations(unfiltered()).
			Comment("Pages read by this job, new, changed or unchanged; this is what the page budget counts."),
		field.Int("fact_count").Default(0).Annotations(order("FACT_COUNT"), unfiltered()).
			Comment("Facts found on the pages of this job, new ones and known ones."),
		field.Int64("seq").Default(0).Annotations(hidden()),
		field.String("error_code").Optional().Annotations(hidden()),
		field.String("error_message").Optional().Annotations(hidden()),
		field.String("idempotency_key").Optional().Nillable().Immutable().MaxRuneLen(200).Annotations(hidden()),
		field.String("input_hash").Optional().Immutable().Annotations(hidden()),
		field.UUID("parent_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(hidden()),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT")).
			Comment("When the job was asked for."),
		field.Time("started_at").Optional().Nillable().Annotations(order("STARTED_AT")).
			Comment("When a worker took its first item."),
		field.Time("finished_at").Optional().Nillable().Annotations(order("FINISHED_AT")).
			Comment("When it ended."),
	}
}

// Edges of a job.
func (Job) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("items", JobItem.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.RelayConnection()).
			Comment("The URLs or pages of this job, each with its own outcome."),
		edge.To("events", JobEvent.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.RelayConnection()).
			Comment("What happened to this job, in order."),
		edge.To("uploads", Upload.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.Skip(entgql.SkipAll)),
		edge.To("patterns", Pattern.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entgql.Skip(entgql.SkipAll)),
		edge.To("reports", Report.Type).
			Annotations(entsql.OnDelete(entsql.SetNull), entgql.Skip(entgql.SkipAll)),
		edge.To("retries", Job.Type).
			Comment("The jobs that try this one again.").
			From("parent").Unique().Immutable().Field("parent_id").
			Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("The job that this one tries again."),
	}
}

// Indexes of a job.
func (Job) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("idempotency_key").Unique(),
		index.Fields("status", "created_at"),
		index.Fields("created_at"),
		index.Fields("parent_id"),
	}
}

// Annotations of a job.
func (Job) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Jobs, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("One request to read, extract or report. It has items, events and progress, and ends exactly once."),
	}
}
