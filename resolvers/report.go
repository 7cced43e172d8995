package resolvers

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entreport "techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/schema"
)

// startReport starts a report, or finds the one that is there.
func (r *Resolver) startReport(ctx context.Context, in graph.StartReportInput) (*graph.StartReportPayload, error) {
	params := schema.ReportParams{
		Type: in.Type, Companies: in.Companies, Categories: in.Categories, Title: deref(in.Title), Profile: deref(in.Profile), Format: in.Format,
		MaxFactsPerSection: r.FactsPerSection, MaxFacts: r.FactsPerReport,
		Instructions: deref(in.Instructions), Plain: !in.Prose,
	}
	if in.MaxFactsPerSection != nil {
		params.MaxFactsPerSection = *in.MaxFactsPerSection
	}
	if in.MaxFacts != nil {
		params.MaxFacts = *in.MaxFacts
	}
	row, err := r.Jobs.StartReport(ctx, params, job.Common{Priority: in.Priority, IdempotencyKey: deref(in.IdempotencyKey)})
	if err != nil {
		return nil, err
	}
	known, err := r.writtenBy(ctx, row)
	if err != nil {
		return nil, err
	}
	return &graph.StartReportPayload{Job: row, Report: known}, nil
}

// refreshReport starts the job that writes a report anew, or finds what is there.
func (r *Resolver) refreshReport(ctx context.Context, id uuid.UUID) (*graph.RefreshReportPayload, error) {
	row, err := r.Jobs.RefreshReport(ctx, id, r.FactsPerSection, r.FactsPerReport)
	if err != nil {
		return nil, err
	}
	known, err := r.writtenBy(ctx, row)
	if err != nil {
		return nil, err
	}
	return &graph.RefreshReportPayload{Job: row, Report: known}, nil
}

// writtenBy is the report of a job; nil if it is not written yet.
func (r *Resolver) writtenBy(ctx context.Context, row *ent.Job) (*ent.Report, error) {
	known, err := r.Ent.Report.Query().Where(entreport.ID(row.Params.Report.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // as the contract says
	}
	return known, err
}

// reportFiles lists where a report can be fetched.
func (r *Resolver) reportFiles(id uuid.UUID) (files []*graph.ReportFile) {
	for _, f := range r.ReportFormats {
		files = append(files, &graph.ReportFile{Format: string(f), Path: "/reports/" + id.String() + "." + string(f)})
	}
	return files
}

// reportChanges are what is different from the report before.
func (r *Resolver) reportChanges(ctx context.Context, id uuid.UUID) ([]*graph.ReportChange, error) {
	changes, err := r.Reports.Changes(ctx, id)
	list := make([]*graph.ReportChange, len(changes))
	for i, c := range changes {
		list[i] = &graph.ReportChange{Kind: graph.ReportChangeKind(c.Kind), Company: c.Company, About: c.About, Before: c.Before, After: c.After}
	}
	return list, err
}

// watchStale sends every report that becomes stale from now on. Rows say when they
// did; a look goes back a while, as not all clocks agree, and what was sent is left out.
func (r *Resolver) watchStale(ctx context.Context) (<-chan *ent.Report, error) {
	hints, cancel := r.Bus.Subscribe(event.Reports)
	sent := map[uuid.UUID]bool{}
	var rows []*ent.Report // those that became stale
	look := func(ctx context.Context) error {
		all, err := r.Ent.Report.Query().Where(entreport.StaleAtGT(schema.Now().Add(-farOverlap))).Order(ent.Asc(entreport.FieldStaleAt)).All(ctx)
		rows = nil
		for _, row := range all {
			if !sent[row.ID] {
				rows = append(rows, row)
			}
			sent[row.ID] = true
		}
		return err
	}
	if err := limited(ctx, look); err != nil { // what is there is not news
		cancel()
		return nil, err
	}
	out := make(chan *ent.Report)
	go func() {
		defer close(out)
		defer cancel()
		tick := time.NewTicker(r.tick())
		defer tick.Stop()
		for {
			select {
			case <-hints:
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if !pause(ctx, lookPause) {
				return
			}
			err := insist(ctx, look)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				graphql.AddError(ctx, err)
				return
			}
			for _, row := range rows {
				if !send(ctx, out, row) {
					return
				}
			}
		}
	}()
	return out, nil
}
