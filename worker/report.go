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
// again gives no second one; a model that was asked is asked again.
func (s Steps) report(ctx context.Context, t task) (job.Save, error) {
	params := *t.job.Params.Report
	author := report.Author{Store: s.Store}
	if s.Model != nil && params.Prose() {
		tokens, err := within(ctx, func(ctx context.Context) (int, error) { return s.Jobs.TokensLeft(ctx, t.job.Job) })
		if err != nil {
			return nil, err
		}
		author.Chat, author.Tokens, author.Log = s.Model.Chat, tokens, s.Model.Log
	}
	draft, err := author.Write(ctx, params, job.ReportHash(params))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
		return job.Result{Outcome: schema.Written, Facts: draft.Facts(), Tally: draft.Tally()}, draft.Save(ctx, tx, t.job.ID)
	}, nil
}
