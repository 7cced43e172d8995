package resolvers

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/schema"
)

func deref[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// bound is a bound that is given, which must be at least 1: negative, which is
// refused, if it is not.
func bound(n *int) int {
	if n != nil && *n < 1 {
		return -1
	}
	return deref(n)
}

func scrapeParams(in graph.StartScrapeInput) schema.ScrapeParams {
	p := schema.ScrapeParams{URLs: in.Urls, Company: in.Company, Profile: in.Profile, Force: in.Force, Languages: in.Languages, Choice: in.Fetcher, Method: deref(in.Method), Tokens: bound(in.ModelTokens), ReadOnly: !in.Extract}
	if c := in.Crawl; c != nil {
		p.Crawl = &schema.CrawlParams{
			MaxDepth: c.MaxDepth, MaxPages: c.MaxPages, Include: c.Include, Exclude: c.Exclude, Subdomains: c.Subdomains,
			PathPrefix: c.PathPrefix, NoSitemaps: !c.Sitemaps,
		}
	}
	return p
}

// documents are what was handed in, decoded.
func documents(in []*graph.ImportedDocument) ([]job.Document, error) {
	docs := make([]job.Document, len(in))
	for i, d := range in {
		body, err := base64.StdEncoding.DecodeString(d.Content)
		if err != nil {
			return nil, fault.InvalidField(fmt.Sprintf("input.documents[%d].content", i), "is not base64")
		}
		docs[i] = job.Document{URL: d.URL, ContentType: d.ContentType, Title: d.Title, Body: body}
	}
	return docs, nil
}

func extractionInput(in graph.StartExtractionInput) job.ExtractionInput {
	return job.ExtractionInput{
		IDs: in.PageIds, Where: in.Where, Profile: in.Profile, Method: deref(in.Method), Tokens: bound(in.ModelTokens), Force: in.Force,
	}
}

// listed makes INVALID of what ent says to a filter that holds an empty one.
func listed[T any](list T, err error) (T, error) {
	for _, empty := range []error{
		ent.ErrEmptyFactWhereInput, ent.ErrEmptyJobEventWhereInput, ent.ErrEmptyJobItemWhereInput, ent.ErrEmptyJobWhereInput,
		ent.ErrEmptyPageWhereInput, ent.ErrEmptyProfileWhereInput, ent.ErrEmptyRateLimitWhereInput, ent.ErrEmptyReportWhereInput,
		ent.ErrEmptySnapshotWhereInput, ent.ErrEmptyApiKeyWhereInput, ent.ErrEmptyAuditEntryWhereInput,
		ent.ErrEmptyFactChangeWhereInput, ent.ErrEmptyRequirementSetWhereInput,
	} {
		if errors.Is(err, empty) {
			return list, fault.Wrap(fault.Invalid, err, "where: a condition within must not be empty").With("where")
		}
	}
	return list, err
}

// fits refuses cursors of lists that were ordered by more or fewer fields.
func fits(fields int, after, before *entgql.Cursor[uuid.UUID]) error {
	for name, c := range map[string]*entgql.Cursor[uuid.UUID]{"after": after, "before": before} {
		if c == nil {
			continue
		}
		values, _ := c.Value.([]any)
		if len(values) != fields || c.Value != nil && values == nil {
			return fault.InvalidField(name, "is not a cursor of a list in this order")
		}
	}
	return nil
}

func (r *Resolver) job(ctx context.Context, id uuid.UUID) (*ent.Job, error) {
	q, err := r.Ent.Job.Query().Where(entjob.ID(id)).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	row, err := q.Only(ctx)
	return row, missing(err, "no such job")
}

func (r *Resolver) page(ctx context.Context, where predicate.Page) (*ent.Page, error) {
	q, err := r.Ent.Page.Query().Where(where).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	row, err := q.Only(ctx)
	return row, missing(err, "no such page")
}
