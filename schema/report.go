package schema

import (
	"encoding/json"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
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
)

// Values lists the formats of a body.
func (ReportFormat) Values() []string { return []string{"MARKDOWN", "HTML"} }

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
		edge.To("facts", Fact.Type).Annotations(entgql.RelayConnection()).
			Comment("The facts it cites."),
	}
}

// Indexes of a report.
func (Report) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at"), index.Fields("job_id")}
}

// Annotations of a report.
func (Report) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Reports, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("A document made of facts."),
	}
}
