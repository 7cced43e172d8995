package schema

import (
	"encoding/json"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ReportType is what a report shows.
type ReportType string

// The types of reports.
const (
	ReportSingle     ReportType = "SINGLE"
	ReportComparison ReportType = "COMPARISON"
	ReportTopic      ReportType = "TOPIC"
	ReportSummary    ReportType = "SUMMARY"
)

// Values lists the types of reports.
func (ReportType) Values() []string { return []string{"SINGLE", "COMPARISON", "TOPIC", "SUMMARY"} }

// ReportFormat is what a report's body is written in.
type ReportFormat string

// The formats of a body.
const (
	FormatMarkdown ReportFormat = "MARKDOWN"
	FormatHTML     ReportFormat = "HTML"
	FormatJSON     ReportFormat = "JSON"
	FormatCSV      ReportFormat = "CSV"
)

// Values lists the formats of a body.
func (ReportFormat) Values() []string { return []string{"MARKDOWN", "HTML", "JSON", "CSV"} }

// ReportParams are the parameters of a REPORT job. They only ever gain optional
// fields.
type ReportParams struct {
	ID         uuid.UUID    `json:"id"` // of the report that is written
	Type       ReportType   `json:"type"`
	Companies  []string     `json:"companies"`
	Categories []string     `json:"categories,omitempty"` // none: all
	Title      string       `json:"title,omitempty"`      // empty: made of the rest
	Profile    string       `json:"profile,omitempty"`    // of facts; empty: any
	Format     ReportFormat `json:"format"`
	// MaxFactsPerSection and MaxFacts bound what the report cites.
	MaxFactsPerSection int        `json:"maxFactsPerSection"`
	MaxFacts           int        `json:"maxFacts"`
	Instructions       string     `json:"instructions,omitempty"` // for a model
	Plain              bool       `json:"plain,omitempty"`        // without the prose of a model
	Previous           *uuid.UUID `json:"previous,omitempty"`     // the report that this one takes the place of
}

// Prose reports whether a model, if there is one, is to write prose.
func (p *ReportParams) Prose() bool { return !p.Plain }

// Report is a document made of facts.
type Report struct{ ent.Schema }

// Fields of a report.
func (Report) Fields() []ent.Field {
	return []ent.Field{
		idField(KindReport),
		field.Enum("type").GoType(ReportType("")).Immutable().
			Comment("What it shows."),
		field.String("title").Annotations(order("TITLE")).
			Comment("Its title."),
		field.Strings("companies").Annotations(unfiltered()).
			Comment("The companies it is about."),
		field.Strings("categories").Optional().Annotations(unfiltered()).
			Comment("The categories it is limited to; none means all."),
		field.Enum("format").GoType(ReportFormat("")).Default(string(FormatMarkdown)).
			Comment("What its body is written in."),
		field.Text("body").Annotations(unfiltered()).
			Comment("The document."),
		field.JSON("data", json.RawMessage{}).Optional().Annotations(hidden()),
		field.Bool("stale").Default(false).
			Comment("Whether a fact that it cites has changed since."),
		field.String("stale_reason").Default("").Annotations(unfiltered()).
			Comment("What has changed, in words; empty if it is not stale."),
		field.Time("stale_at").Optional().Nillable().
			Comment("When that was noticed."),
		field.Int("version").Default(1).Immutable().Annotations(unfiltered()).
			Comment("Counts the reports that each took the place of the one before, from 1."),
		field.String("input_hash").Default("").Immutable().Annotations(hidden()),
		field.String("facts_hash").Default("").Immutable().Annotations(hidden()),
		field.UUID("previous_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(hidden()),
		field.UUID("job_id", uuid.UUID{}).Optional().Nillable().Annotations(hidden()),
		field.Time("created_at").Default(Now).Immutable().Annotations(order("CREATED_AT")).
			Comment("When it was made."),
	}
}

// Edges of a report.
func (Report) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("job", Job.Type).Ref("reports").Unique().Field("job_id").
			Comment("The job that made it; null once that is deleted."),
		edge.To("refreshed", Report.Type).Annotations(entgql.Skip(entgql.SkipAll)).
			From("previous").Unique().Immutable().Field("previous_id").Annotations(entsql.OnDelete(entsql.SetNull)).
			Comment("The report that it took the place of."),
		edge.To("facts", Fact.Type).Annotations(entgql.RelayConnection()).
			Comment("The facts it cites."),
	}
}

// Indexes of a report.
func (Report) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at"), index.Fields("job_id"), index.Fields("input_hash", "created_at"), index.Fields("previous_id")}
}

// Annotations of a report.
func (Report) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Reports, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("A document made of facts."),
	}
}
