package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	entreport "techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// errOvertaken says that another refresh of the same report has begun or ended
// meanwhile.
var errOvertaken = errors.New("another refresh was first")

// RefreshReport starts a job that writes anew the report of this id or, if others
// have taken its place, the last of them. It gives the job that does so already, and the one that
// wrote that report if it would be the same: as for [Jobs.StartReport], and none of its prose is missing.
// NOT_FOUND.
func (j *Jobs) RefreshReport(ctx context.Context, id uuid.UUID, perSection, facts int) (*ent.Job, error) {
	for {
		row, err := j.newestReport(ctx, id)
		if err != nil {
			return nil, err
		}
		if known, err := j.fresh(ctx, row); known != nil || err != nil {
			return known, err
		}
		in := schema.ReportParams{
			Type: row.Type, Companies: row.Companies, Categories: row.Categories, Title: row.Title, Format: row.Format,
			MaxFactsPerSection: perSection, MaxFacts: facts,
		}
		if job := row.Edges.Job; job != nil && job.Params.Report != nil { // else it was deleted, and the rest is as it is by default
			in = *job.Params.Report
		}
		in.Previous = &row.ID
		started, err := j.refresh(ctx, in)
		if !errors.Is(err, errOvertaken) {
			return started, err
		}
	}
}

// newestReport reads the last report in the place of one, without what it says.
func (j *Jobs) newestReport(ctx context.Context, id uuid.UUID) (*ent.Report, error) {
	last, err := report.Newest(ctx, j.store, id)
	if err != nil {
		return nil, err
	}
	query := j.store.Ent.Report.Query().Where(entreport.ID(last)).WithJob()
	query.Select(entreport.FieldType, entreport.FieldCompanies, entreport.FieldCategories, entreport.FieldTitle, entreport.FieldFormat,
		entreport.FieldStale, entreport.FieldFactsHash, entreport.FieldJobID, entreport.FieldCreatedAt)
	row, err := query.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, report.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return row, nil
}

// fresh is the job that wrote a report, if it would write the same now.
func (j *Jobs) fresh(ctx context.Context, row *ent.Report) (*ent.Job, error) {
	job := row.Edges.Job
	if row.Stale || job == nil || job.Params.Report == nil || schema.Now().Sub(row.CreatedAt) > reportFresh {
		return nil, nil //nolint:nilnil // it is not
	}
	if asked := job.Tally.Usage.Requests > 0 && len(job.Tally.WithoutModel) == 0; j.policy.Model && job.Params.Report.Prose() && !asked {
		return nil, nil //nolint:nilnil // the model may have more to say now
	}
	return j.unchanged(ctx, row, row.Companies)
}

// refresh starts the job, or gives the one that is at it. Of those that start at the
// same time one is first, as each locks the report that it is to take the place of.
func (j *Jobs) refresh(ctx context.Context, in schema.ReportParams) (*ent.Job, error) {
	if err := j.checkReport(ctx, &in); err != nil {
		return nil, err
	}
	d := j.reportDraft(in, Common{Priority: schema.PriorityNormal})
	hash, err := d.hash()
	if err != nil {
		return nil, err
	}
	underWay := func(c *ent.Client) *ent.JobQuery {
		return c.Job.Query().Where(entjob.TypeEQ(schema.JobReport), entjob.StatusIn(schema.JobQueued, schema.JobRunning), entjob.InputHash(hash))
	}
	if known, err := underWay(j.store.Ent).First(ctx); !ent.IsNotFound(err) {
		return known, err
	}
	d.also = func(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
		last, err := report.LockNewest(ctx, tx, *in.Previous)
		if err != nil {
			return err
		}
		another, err := underWay(tx.Ent).Where(entjob.IDNEQ(id)).Exist(ctx)
		if err == nil && (another || last.ID != *in.Previous) {
			return errOvertaken
		}
		return err
	}
	return j.start(ctx, d)
}
