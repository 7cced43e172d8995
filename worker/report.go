package worker

import (
	"context"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// report writes the report of a job. Its id is a parameter of the job, so doing it
// again gives no second one.
func (s Steps) report(ctx context.Context, t task) (job.Save, error) {
	params := *t.job.Params.Report
	draft, err := report.Write(ctx, s.Store, params, job.ReportHash(params))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
		return job.Result{Outcome: schema.Written, Facts: draft.Facts()}, draft.Save(ctx, tx, t.job.ID)
	}, nil
}
