package worker

import (
	"context"
	"fmt"
	"slices"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// extract finds the facts of the page of an item. A fact is found by its
// fingerprint, so doing it again gives the same facts with the same ids.
func (s Steps) extract(ctx context.Context, t task) (job.Save, error) {
	if t.PageID == nil {
		return nil, fault.New(fault.NotFound, "the page was deleted")
	}
	p, err := within(ctx, s.Ent.Page.Query().Where(page.ID(*t.PageID)).WithSnapshot().Only)
	if ent.IsNotFound(err) || err == nil && p.Edges.Snapshot == nil {
		return nil, fault.New(fault.NotFound, "the page was deleted")
	}
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	var name string
	var outcome schema.Outcome // of fetching, which stays
	if scrape := t.job.Params.Scrape; scrape != nil {
		name = scrape.Profile
	} else {
		name, outcome = t.job.Params.Extract.Profile, schema.Extracted
	}
	prof, err := within(ctx, s.Ent.Profile.Query().Where(profile.Name(name)).Only)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "the profile %q was deleted", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	known, err := within(ctx, func(ctx context.Context) (document.Boilerplate, error) { return noted(ctx, s.Ent, p.Domain) })
	if err != nil {
		return nil, err
	}
	repeated, err := within(ctx, func(ctx context.Context) (document.Boilerplate, error) {
		return s.samples.sampled(ctx, s.Ent, p.Domain)
	})
	if err != nil {
		return nil, err
	}
	text := p.Edges.Snapshot.Text
	leave, err := s.Documents.Hold(ctx, text)
	if err != nil {
		return nil, err
	}
	defer leave()
	marks := document.MarksOf(text)
	found := extract.Rules(extract.Page{Text: text, Title: p.Title, Company: p.Company, Boilerplate: marks.Within(repeated)}, extract.Profile{
		Name: prof.Name, Focus: prof.Focus, Categories: prof.Categories, Depth: prof.Depth,
	}, s.MinConfidence)
	return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
		repeated, swept, err := settleBoilerplate(ctx, tx, t.JobID, p.Domain, !slices.Equal(known, repeated))
		if err != nil {
			return job.Result{}, err
		}
		r := reconciliation{tx: tx, page: p, marks: marks, profile: prof.ID, now: schema.Now(), job: t.JobID}
		found := own(found, marks, repeated)
		result := job.Result{Outcome: outcome, PageID: &p.ID, Facts: len(found)}
		result.FactsAdded, result.FactsRemoved, err = r.run(ctx, found)
		result.FactsRemoved += swept
		return result, err
	}, nil
}
