package worker

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
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
// fingerprint, so doing it again gives the same facts with the same ids; what a
// model answered is known when it is done again.
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
	known, err := within(ctx, func(ctx context.Context) (document.Boilerplate, error) {
		return extract.BoilerplateOf(ctx, s.Ent, p.Domain)
	})
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
	options, err := s.options(ctx, t, p.ID, prof)
	if err != nil {
		return nil, err
	}
	leave, err := s.Documents.Hold(ctx, text)
	if err != nil {
		return nil, err
	}
	marks := document.MarksOf(text)
	leave() // a model may take its time
	page := extract.Page{Text: text, Title: p.Title, Company: p.Company, Boilerplate: marks.Within(repeated)}
	found, err := extract.Find(ctx, page, extract.ProfileOf(prof), options)
	if err != nil {
		return nil, err
	}
	if options.Method == schema.ExtractByModel && found.Gap != "" && !found.Gap.Partial() {
		return unheard(found), nil
	}
	return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
		repeated, swept, err := settleBoilerplate(ctx, tx, t.JobID, p.Domain, !slices.Equal(known, repeated))
		if err != nil {
			return job.Result{}, err
		}
		r := reconciliation{tx: tx, page: p, marks: marks, profile: prof.ID, now: schema.Now(), job: t.JobID}
		facts := own(found.Facts, marks, repeated)
		result := job.Result{Outcome: outcome, Reason: found.Gap.Words(), PageID: &p.ID, Facts: len(facts), Tally: found.Tally}
		result.FactsAdded, result.FactsRemoved, err = r.run(ctx, facts)
		result.FactsRemoved += swept
		return result, err
	}, nil
}

// options say how the facts of a page are looked for: as the job asks, else as
// the profile does.
func (s Steps) options(ctx context.Context, t task, pageID uuid.UUID, prof *ent.Profile) (o extract.Options, err error) {
	o = extract.Options{Model: s.Model, MinConfidence: s.MinConfidence, Room: s.Documents}
	var asked, profiled schema.ExtractionMethod
	if scrape := t.job.Params.Scrape; scrape != nil {
		asked = scrape.Method
	} else {
		asked, o.Force = t.job.Params.Extract.Method, t.job.Params.Extract.Force
	}
	if prof.Method != nil {
		profiled = *prof.Method
	}
	o.Method = extract.MethodOf(s.Model != nil, asked, profiled)
	if o.Method.Model() {
		o.Tokens, err = within(ctx, func(ctx context.Context) (int, error) { return s.Jobs.TokensLeft(ctx, t.job.Job) })
		if err != nil {
			return o, err
		}
	}
	o.Known, err = within(ctx, func(ctx context.Context) ([]extract.Fact, error) { return known(ctx, s.Ent, pageID, prof.ID) })
	return o, err
}

// known gives the active facts of a page: those that are not looked for, or only
// by a method that is not heard, may stay.
func known(ctx context.Context, client *ent.Client, pageID, profileID uuid.UUID) ([]extract.Fact, error) {
	rows, err := client.Fact.Query().Where(fact.PageID(pageID), fact.ProfileID(profileID), fact.StatusEQ(schema.FactActive)).
		Order(ent.Asc(fact.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	facts := make([]extract.Fact, len(rows))
	for i, f := range rows {
		facts[i] = extract.Fact{
			Category: f.Category, Statement: f.Statement, Quote: f.Quote, Span: f.Span, Headings: f.Headings, Attribute: f.Attribute, Subject: f.Subject,
			Value: f.Measure, Qualifiers: f.Qualifiers, Confidence: f.Confidence, Fingerprint: f.Fingerprint, Method: f.Method, Model: f.Model,
		}
	}
	return facts, nil
}

// unheard is the save of a page for which only a model was to be asked, and was
// not heard in full. Its facts stay. What the model did answer is not paid again.
func unheard(found extract.Found) job.Save {
	result := job.Failed(found.Err)
	result.Reason, result.Tally = found.Gap.Words(), schema.Tally{Usage: found.Tally.Usage}
	switch found.Gap {
	case schema.GapBudget:
		result.Outcome, result.Temporary = schema.BudgetExhausted, false
	case schema.GapNotSet, schema.GapPaused, schema.GapFailed, schema.GapUnreadable:
		result.Temporary = true
	case schema.GapRefused, schema.GapTooLong, schema.GapPartial:
	}
	return func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return result, nil }
}
