package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	entreport "techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// What a report may be at most.
const (
	maxCompanies       = 50
	maxCategories      = 50
	maxReportTitle     = 200 // characters
	maxInstructions    = 1_000
	maxFactsPerSection = 200
	maxFacts           = 2_000
	reportFresh        = 24 * time.Hour // how long a report is given to whoever asks for the same
)

// StartReport starts a job that writes a report, or gives the one that wrote what
// in asks for within the last day if no fact of its companies has changed. It
// fails with INVALID for input that makes no report, with UNAVAILABLE for instructions
// without a model, and with NOT_FOUND for a profile or a company of which nothing is stored.
func (j *Jobs) StartReport(ctx context.Context, in schema.ReportParams, c Common) (*ent.Job, error) {
	if err := j.checkReport(ctx, &in); err != nil {
		return nil, err
	}
	if c.IdempotencyKey == "" {
		if known, err := j.written(ctx, in); known != nil || err != nil {
			return known, err
		}
	}
	return j.start(ctx, j.reportDraft(in, c))
}

// checkReport is CheckReport with what it depends on here: the model, and what there is.
func (j *Jobs) checkReport(ctx context.Context, in *schema.ReportParams) error {
	if err := CheckReport(in); err != nil {
		return err
	}
	if in.Instructions != "" && !j.policy.Model {
		return fault.New(fault.Unavailable, "instructions are for a language model, and none is set up").With("input.instructions")
	}
	return report.CheckCategories(ctx, j.store, in.Categories)
}

// reportDraft is a job that writes a report.
func (j *Jobs) reportDraft(in schema.ReportParams, c Common) draft {
	in.ID = uuid.Nil
	identity := in
	in.ID = schema.NewID(schema.KindReport)
	return draft{
		kind: schema.JobReport, params: schema.Params{Report: &in}, common: c, identity: identity,
		prepare: func(ctx context.Context) error { return j.reportable(ctx, in) },
		items: func(context.Context, *store.Tx) ([]queue.New, error) {
			return []queue.New{{URL: "/reports/" + in.ID.String(), Step: schema.StepReport}}, nil
		},
	}
}

// CheckReport says with INVALID what is wrong with the parameters of a report, and
// brings them into their canonical form.
func CheckReport(in *schema.ReportParams) error {
	in.Title, in.Instructions = strings.TrimSpace(in.Title), strings.TrimSpace(in.Instructions)
	n := len(in.Companies)
	for _, check := range []struct {
		wrong bool
		field string
		what  string
	}{
		{n == 0 || n > maxCompanies, "companies", fmt.Sprintf("must be 1 to %d companies", maxCompanies)},
		{hasTwice(in.Companies), "companies", "must each stand there once"},
		{in.Type == schema.ReportSingle && n > 1, "companies", "must be one company: a report of type SINGLE is about one"},
		{in.Type == schema.ReportComparison && n == 1, "companies", "must be two or more: a comparison of one company compares nothing"},
		{in.Type == schema.ReportTopic && len(in.Categories) != 1, "categories", "must be one category: a report of type TOPIC is about one"},
		{len(in.Categories) > maxCategories, "categories", fmt.Sprintf("must be at most %d categories", maxCategories)},
		{utf8.RuneCountInString(in.Title) > maxReportTitle, "title", fmt.Sprintf("must have at most %d characters", maxReportTitle)},
		{utf8.RuneCountInString(in.Instructions) > maxInstructions, "instructions", fmt.Sprintf("must have at most %d characters", maxInstructions)},
		{in.Instructions != "" && in.Plain, "instructions", "must not be given without prose: they are for whoever writes it"},
		{in.MaxFactsPerSection < 1 || in.MaxFactsPerSection > maxFactsPerSection, "maxFactsPerSection", fmt.Sprintf("must be from 1 to %d", maxFactsPerSection)},
		{in.MaxFacts < 1 || in.MaxFacts > maxFacts, "maxFacts", fmt.Sprintf("must be from 1 to %d", maxFacts)},
	} {
		if check.wrong {
			return fault.InvalidField("input."+check.field, "%s", check.what)
		}
	}
	return nil
}

func hasTwice(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}

// reportable says what keeps a report from being written.
func (j *Jobs) reportable(ctx context.Context, in schema.ReportParams) error {
	if err := report.CheckCompanies(ctx, j.store, in.Companies); err != nil {
		return err
	}
	if in.Profile == "" {
		return nil
	}
	return j.checkProfile(ctx, in.Profile, schema.ExtractByRules) // nothing is looked for
}

// ReportHash tells the inputs of reports apart.
func ReportHash(in schema.ReportParams) string {
	in.ID, in.Previous = uuid.Nil, nil
	b, err := json.Marshal(in)
	if err != nil {
		panic(err) // cannot happen: it is strings and numbers
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// written finds the job that wrote the same report, if it is still as it would be
// written now: it is not stale, and the facts of its companies are those they were.
func (j *Jobs) written(ctx context.Context, in schema.ReportParams) (*ent.Job, error) {
	row, err := j.store.Ent.Report.Query().
		Where(entreport.InputHash(ReportHash(in)), entreport.CreatedAtGT(schema.Now().Add(-reportFresh)), entreport.Stale(false), entreport.JobIDNotNil()).
		Order(ent.Desc(entreport.FieldCreatedAt)).Select(entreport.FieldID, entreport.FieldJobID, entreport.FieldFactsHash).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // nothing of the kind
	}
	if err != nil {
		return nil, fmt.Errorf("find report: %w", err)
	}
	return j.unchanged(ctx, row, in.Companies)
}

// unchanged is the job that wrote a report, if the facts of its companies are those
// they were; nil if they are not, or if the job was deleted.
func (j *Jobs) unchanged(ctx context.Context, row *ent.Report, companies []string) (*ent.Job, error) {
	said, err := report.FactsHash(ctx, j.store, companies)
	if err != nil {
		return nil, fmt.Errorf("look for changed facts: %w", err)
	}
	if said != row.FactsHash {
		return nil, nil //nolint:nilnil // it would be another one
	}
	known, err := j.store.Ent.Job.Query().Where(entjob.ID(*row.JobID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // deleted in between
	}
	return known, err
}
