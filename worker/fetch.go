package worker

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	maxRedirects = 5     // to other domains; those within one are the fetcher's
	maxLinks     = 2_000 // kept of one page
)

// fetch reads the page of an item. A page is found by its URL and a snapshot by
// its text, so doing it again changes nothing.
func (s Steps) fetch(ctx context.Context, t task) (job.Save, error) {
	v, err := s.visit(ctx, t)
	if err != nil {
		return nil, err
	}
	if v.known != nil && !t.job.Params.Scrape.Force && time.Since(v.known.FetchedAt) < s.Jobs.Freshness() && v.known.Status == schema.PageActive {
		return v.unchanged(0, "read "+v.known.FetchedAt.Format(time.RFC3339)+", still fresh"), nil
	}
	if t.Lane != v.target.Domain() {
		return settled(job.Result{Next: schema.StepFetch, Lane: v.target.Domain()}), nil // its turn at its domain comes first
	}
	request := fetch.Request{URL: v.target, Redirects: t.Redirects}
	if v.known != nil {
		request.ETag, request.LastModified = v.known.Etag, v.known.LastModified
	}
	response, err := s.Fetcher.Fetch(ctx, request)
	if failure, ok := errors.AsType[*fetch.Failure](err); ok {
		return v.failed(failure), nil
	}
	if err != nil {
		return nil, err
	}
	v.response = response
	switch {
	case response.Redirect != (fetch.URL{}):
		return v.redirected(), nil
	case response.NotModified && v.known != nil:
		return v.unchanged(http.StatusNotModified, "not modified"), nil
	}
	return v.read(ctx)
}

// visit is one item's way to its page.
type visit struct {
	Steps
	task
	target   fetch.URL // what is asked for
	known    *ent.Page // the page stored for target, with its snapshot; nil if there is none
	scope    fetch.Scope
	response fetch.Response
}

func (s Steps) visit(ctx context.Context, t task) (*visit, error) {
	v := &visit{Steps: s, task: t}
	address := t.URL
	if t.Location != "" {
		address = t.Location
	}
	var err error
	if v.target, err = fetch.ParseURL(address); err != nil {
		return nil, err
	}
	v.known, err = s.Ent.Page.Query().Where(page.URL(v.target.String()), page.SnapshotIDNotNil()).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("find page: %w", err)
	}
	crawl := t.job.Params.Scrape.Crawl
	if crawl == nil {
		return v, nil
	}
	// Where a given URL was redirected to is part of the site.
	roots, err := s.Jobs.Roots(ctx, t.job)
	if err != nil {
		return nil, err
	}
	var seeds []fetch.URL
	for _, raw := range append(roots, t.job.Params.Scrape.URLs...) {
		u, err := fetch.ParseURL(raw)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, u)
	}
	v.scope, err = fetch.NewScope(seeds, crawl.Subdomains, crawl.Include, crawl.Exclude)
	return v, err
}

// settled is a save that writes nothing of its own.
func settled(r job.Result) job.Save {
	return func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return r, nil }
}

// observed lets the limiter know how the domain took the request, then saves.
func (v *visit) observed(o fetch.Observation, save job.Save) job.Save {
	return func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if err := v.Limiter.Observe(ctx, tx, v.target.Domain(), o); err != nil {
			return job.Result{}, err
		}
		return save(ctx, tx, row)
	}
}

func (v *visit) failed(f *fetch.Failure) job.Save {
	result := job.Result{
		Outcome: f.Outcome, Reason: f.Reason, HTTPStatus: f.Status, Temporary: f.Temporary, RetryAfter: f.RetryAfter,
	}
	return v.observed(fetch.Observation{Status: f.Status, RetryAfter: f.RetryAfter, CrawlDelay: f.CrawlDelay},
		func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
			if v.known != nil && (f.Status == http.StatusNotFound || f.Status == http.StatusGone) {
				if err := v.gone(ctx, tx); err != nil {
					return job.Result{}, err
				}
			}
			return result, nil
		})
}

// gone marks the page, and what it stated. Both come back if it does.
func (v *visit) gone(ctx context.Context, tx *store.Tx) error {
	err := errors.Join(
		tx.Ent.Page.UpdateOneID(v.known.ID).SetStatus(schema.PageGone).Exec(ctx),
		tx.Ent.Fact.Update().Where(fact.PageID(v.known.ID), fact.StatusEQ(schema.FactActive)).SetStatus(schema.FactRemoved).Exec(ctx),
	)
	if err != nil {
		return fmt.Errorf("mark page as gone: %w", err)
	}
	return nil
}

// redirected sends the item to the lane of the domain it was led to.
func (v *visit) redirected() job.Save {
	to := v.response.Redirect
	result := job.Result{Next: schema.StepFetch, Lane: to.Domain(), Location: to.String(), HTTPStatus: v.response.Status, Bytes: v.response.Bytes}
	if v.Redirects >= maxRedirects {
		result = job.Result{Outcome: schema.HTTPError, Reason: "too many redirects", HTTPStatus: v.response.Status}
	} else if ok, why := v.allows(to); !ok {
		result = job.Result{Outcome: schema.OutOfScope, Reason: "redirected to " + to.String() + ": " + why, HTTPStatus: v.response.Status}
	}
	return v.observed(fetch.Observation{Status: v.response.Status, CrawlDelay: v.response.CrawlDelay}, settled(result))
}

// allows says whether the job may read u. What was given by name it may follow
// wherever it leads.
func (v *visit) allows(u fetch.URL) (ok bool, why string) {
	if v.Depth == 0 || v.job.Params.Scrape.Crawl == nil {
		return true, ""
	}
	return v.scope.Allows(u)
}

// wants reports whether the job keeps pages in a language. One that is not known
// is kept.
func (v *visit) wants(language string) bool {
	wanted := v.job.Params.Scrape.Languages
	return len(wanted) == 0 || language == "" || slices.Contains(wanted, language)
}

// unchanged goes on with the page that is stored. Status is 0 if its server was
// not asked.
func (v *visit) unchanged(status int, reason string) job.Save {
	save := func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if !v.wants(v.known.Language) {
			return job.Result{Outcome: schema.LanguageFiltered, Reason: "its language is " + v.known.Language}, nil
		}
		if exhausted(row) {
			return noBudget(row), nil
		}
		if status != 0 {
			if err := tx.Ent.Page.UpdateOneID(v.known.ID).SetFetchedAt(schema.Now()).SetStatus(schema.PageActive).Exec(ctx); err != nil {
				return job.Result{}, fmt.Errorf("update page: %w", err)
			}
		}
		if err := v.belongs(ctx, tx, v.known); err != nil {
			return job.Result{}, err
		}
		result, err := v.onward(ctx, tx, v.known.ID, schema.Unchanged, v.follow(v.known.Links))
		result.Reason, result.HTTPStatus, result.Bytes = reason, status, v.response.Bytes
		return result, err
	}
	if status == 0 {
		return save
	}
	return v.observed(fetch.Observation{Status: status, CrawlDelay: v.response.CrawlDelay}, save)
}

// read makes a document of the response, and a save that keeps it.
func (v *visit) read(ctx context.Context) (job.Save, error) {
	r := v.response
	observation := fetch.Observation{Status: r.Status, CrawlDelay: r.CrawlDelay}
	base := job.Result{HTTPStatus: r.Status, Bytes: r.Bytes}
	if ok, why := v.allows(r.URL); !ok {
		base.Outcome, base.Reason = schema.OutOfScope, "redirected to "+r.URL.String()+": "+why
		return v.observed(observation, settled(base)), nil
	}
	doc, err := v.Documents.Read(ctx, r.ContentType, r.Body)
	if fault.Is(err, fault.Invalid) {
		base.Outcome, base.Reason = schema.UnsupportedType, fault.Of(err).Message
		return v.observed(observation, settled(base)), nil
	}
	if err != nil {
		return nil, err
	}
	if !v.wants(doc.Language) {
		base.Outcome, base.Reason = schema.LanguageFiltered, "its language is "+doc.Language
		return v.observed(observation, settled(base)), nil
	}
	marks := document.MarksOf(doc.Text)
	common, err := noted(ctx, v.Ent, r.URL.Domain())
	if err != nil {
		return nil, err
	}
	if !document.Says(doc.Text, marks, common) {
		base.Outcome, base.Reason = schema.EmptyContent, "there is no text of its own on the page"
		return v.observed(observation, settled(base)), nil
	}
	links := resolve(doc, r.URL)
	return v.observed(observation, func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if exhausted(row) {
			return noBudget(row), nil
		}
		stored, outcome, err := v.keep(ctx, tx, doc, marks, links)
		if err != nil {
			return job.Result{}, err
		}
		result, err := v.onward(ctx, tx, stored.ID, outcome, v.follow(links))
		result.HTTPStatus, result.Bytes = r.Status, r.Bytes
		return result, err
	}), nil
}

func exhausted(row *ent.Job) bool {
	crawl := row.Params.Scrape.Crawl
	return crawl != nil && row.Stored >= crawl.MaxPages
}

func noBudget(row *ent.Job) job.Result {
	return job.Result{Outcome: schema.BudgetExhausted, Reason: fmt.Sprintf("the job had its %d pages", row.Params.Scrape.Crawl.MaxPages)}
}

// onward sends the item to extraction, unless another item of the job has led
// to the same page.
func (v *visit) onward(ctx context.Context, tx *store.Tx, pageID uuid.UUID, o schema.Outcome, found []job.Link) (job.Result, error) {
	twin, err := tx.Ent.JobItem.Query().Where(jobitem.JobID(v.JobID), jobitem.PageID(pageID), jobitem.IDNEQ(v.ID)).Exist(ctx)
	if err != nil {
		return job.Result{}, fmt.Errorf("find twin: %w", err)
	}
	if twin {
		return job.Result{Outcome: schema.Duplicate, Reason: "another URL of the job leads to the same page"}, nil
	}
	return job.Result{Next: schema.StepExtract, Outcome: o, PageID: &pageID, Found: found}, nil
}

// keep stores the page, and its text if it is new.
func (v *visit) keep(ctx context.Context, tx *store.Tx, doc document.Document, marks document.Marks, links []string) (*ent.Page, schema.Outcome, error) {
	p, err := v.page(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	now := schema.Now()
	update := tx.Ent.Page.UpdateOneID(p.ID).SetTitle(doc.Title).SetLanguage(doc.Language).SetStatus(schema.PageActive).
		SetEtag(v.response.ETag).SetLastModified(v.response.LastModified).SetLinks(links).SetBlocks(marks.Pack()).SetFetchedAt(now)
	outcome := schema.Unchanged
	sum := sha256.Sum256([]byte(doc.Text))
	if hash := hex.EncodeToString(sum[:]); hash != p.ContentHash {
		id, err := v.snapshot(ctx, tx, p.ID, doc, hash)
		if err != nil {
			return nil, "", err
		}
		update.SetContentHash(hash).SetSnapshotID(id).SetChangedAt(now)
		outcome = schema.Stored
	}
	if err := update.Exec(ctx); err != nil {
		return nil, "", fmt.Errorf("update page: %w", err)
	}
	return p, outcome, v.belongs(ctx, tx, p)
}

// page finds or makes the row of the page that was read, and locks it.
func (v *visit) page(ctx context.Context, tx *store.Tx) (*ent.Page, error) {
	err := tx.Ent.Page.Create().SetURL(v.response.URL.String()).SetDomain(v.response.URL.Domain()).SetCompany(v.job.Company).
		OnConflictColumns(page.FieldURL).DoNothing().Exec(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) { // no row comes back if it was there
		return nil, fmt.Errorf("make page: %w", err)
	}
	query := tx.Ent.Page.Query().Where(page.URL(v.response.URL.String()))
	if tx.Postgres() {
		query.ForUpdate()
	}
	p, err := query.Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	return p, nil
}

// snapshot makes the row of a text, or finds it: a page may go back to what it
// said before.
func (v *visit) snapshot(ctx context.Context, tx *store.Tx, pageID uuid.UUID, doc document.Document, hash string) (uuid.UUID, error) {
	id, err := tx.Ent.Snapshot.Query().Where(snapshot.PageID(pageID), snapshot.Hash(hash)).OnlyID(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return id, err
	}
	s, err := tx.Ent.Snapshot.Create().SetPageID(pageID).SetText(doc.Text).SetAnchors(doc.Anchors).SetHash(hash).SetHTTPStatus(v.response.Status).Save(ctx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("make snapshot: %w", err)
	}
	return s.ID, nil
}

// belongs gives the page, and its facts, to the company that the job names.
func (v *visit) belongs(ctx context.Context, tx *store.Tx, p *ent.Page) error {
	moved, err := tx.Ent.Page.Update().Where(page.ID(p.ID), page.CompanyNEQ(v.job.Company)).SetCompany(v.job.Company).Save(ctx)
	if err == nil && moved > 0 {
		err = tx.Ent.Fact.Update().Where(fact.PageID(p.ID)).SetCompany(v.job.Company).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("move page to %s: %w", v.job.Company, err)
	}
	return nil
}

// resolve lists where the links of a page lead, in canonical form and without
// doubles. Those that may not be followed are left out.
func resolve(doc document.Document, at fetch.URL) []string {
	if doc.Base != "" {
		if base, err := at.Resolve(doc.Base); err == nil {
			at = base
		}
	}
	var links []string
	if doc.NoFollow {
		return links
	}
	seen := map[string]bool{at.String(): true}
	for _, l := range doc.Links {
		u, err := at.Resolve(l.Href)
		if err != nil || l.NoFollow || seen[u.String()] {
			continue
		}
		seen[u.String()] = true
		if links = append(links, u.String()); len(links) == maxLinks {
			break
		}
	}
	return links
}

// follow chooses the links that become items.
func (v *visit) follow(links []string) []job.Link {
	crawl := v.job.Params.Scrape.Crawl
	if crawl == nil || v.Depth >= crawl.MaxDepth {
		return nil
	}
	var found []job.Link
	for _, raw := range links {
		u, err := fetch.ParseURL(raw)
		if err != nil {
			continue // stored under older rules
		}
		if ok, _ := v.scope.Allows(u); ok {
			found = append(found, job.Link{URL: u, Depth: v.Depth + 1})
		}
	}
	return found
}
