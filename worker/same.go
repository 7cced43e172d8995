package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/alias"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// ignored is the mark of an item whose canonical link does not count.
const ignored = "-"

// sameURL says why an item is a duplicate.
const sameURL = "another URL of the job leads to the same page"

// find gives the page that is stored for u, or that u was another URL of when
// that was last seen; nil if there is none.
func (v *visit) find(ctx context.Context, u fetch.URL) (*ent.Page, error) {
	heard, err := within(ctx, func(ctx context.Context) (bool, error) { return v.heardOf(ctx, u) })
	if !heard {
		return nil, err
	}
	p, err := within(ctx, v.Ent.Page.Query().Where(page.URL(u.String()), page.SnapshotIDNotNil()).Only)
	if err == nil {
		return p, nil
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("find page: %w", err)
	}
	if v.job.Params.Scrape.Force {
		return nil, nil //nolint:nilnil // whether it still is, is to be seen
	}
	of, err := within(ctx, v.Ent.Alias.Query().Where(alias.ID(u.String()), alias.SeenAtGT(time.Now().Add(-v.Jobs.Freshness()))).WithPage().Only)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // as the contract says
	}
	if err != nil {
		return nil, fmt.Errorf("find page: %w", err)
	}
	if p = of.Edges.Page; p == nil || p.SnapshotID == nil || !v.isFresh(p) {
		return nil, nil //nolint:nilnil // the page itself is asked for in its own turn
	}
	return p, nil
}

// heardOf reports whether there is a page or an alias of u, which in a first crawl
// is seldom so.
func (v *visit) heardOf(ctx context.Context, u fetch.URL) (heard bool, err error) {
	rows, err := v.Store.Rows(ctx, `select exists (select 1 from pages where url = ?) or exists (select 1 from aliases where url = ?)`, u.String(), u.String())
	if err != nil {
		return false, fmt.Errorf("find page: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&heard); err != nil {
			return false, fmt.Errorf("find page: %w", err)
		}
	}
	return heard, rows.Err()
}

// taken reports whether another item of the job has the known page already.
func (v *visit) taken(ctx context.Context) (bool, error) {
	if v.known == nil {
		return false, nil
	}
	taken, err := within(ctx, v.Ent.JobItem.Query().Where(jobitem.JobID(v.JobID), jobitem.PageID(v.known.ID), jobitem.IDNEQ(v.ID)).Exist)
	if err != nil {
		return false, fmt.Errorf("find twin: %w", err)
	}
	return taken, nil
}

// twin ends the item as a duplicate of the item that has the page.
func (v *visit) twin(p *ent.Page) job.Save {
	return func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
		return job.Result{Outcome: schema.Duplicate, Reason: sameURL, PageID: &p.ID}, v.alias(ctx, tx, p.ID, p.URL)
	}
}

// onward lets the item go on, unless another item of the job has led to the same
// page.
func (v *visit) onward(ctx context.Context, tx *store.Tx, pageID uuid.UUID, o schema.Outcome, found []job.Link) (job.Result, error) {
	taken, err := tx.Ent.JobItem.Query().Where(jobitem.JobID(v.JobID), jobitem.PageID(pageID), jobitem.IDNEQ(v.ID)).Exist(ctx)
	if err != nil {
		return job.Result{}, fmt.Errorf("find twin: %w", err)
	}
	if taken {
		return job.Result{Outcome: schema.Duplicate, Reason: sameURL, PageID: &pageID}, nil
	}
	return v.goesOn(pageID, o, found), nil
}

// goesOn sends the item to extraction, if the job wants that.
func (v *visit) goesOn(pageID uuid.UUID, o schema.Outcome, found []job.Link) job.Result {
	r := job.Result{Outcome: o, PageID: &pageID, Found: found, Follow: v.followAt}
	if v.job.Params.Scrape.Extract() {
		r.Next = schema.StepExtract
	}
	return r
}

// alias notes that the URL of the item is another one of a page. If a page that
// was kept under that URL has moved there for good, it states nothing any more.
func (v *visit) alias(ctx context.Context, tx *store.Tx, pageID uuid.UUID, of string) error {
	if v.URL == of {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into aliases (url, page_id, seen_at) values (?, ?, ?)
		on conflict (url) do update set page_id = excluded.page_id, seen_at = excluded.seen_at`, v.URL, pageID, schema.Now())
	if err != nil {
		return fmt.Errorf("note alias: %w", err)
	}
	query := tx.Ent.Page.Query().Where(page.URL(v.URL), page.IDNEQ(pageID), page.StatusEQ(schema.PageGone))
	if tx.Postgres() {
		query.ForUpdate()
	}
	old, err := query.OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the page that has moved: %w", err)
	}
	return v.silence(ctx, tx, old)
}

// place finds the place of what was read: a page of its own, or one that says
// the same already.
func (v *visit) place(ctx context.Context, tx *store.Tx, r reading, found []job.Link) (job.Result, error) {
	twin, exact, err := v.like(ctx, tx, r.sign)
	if err != nil {
		return job.Result{}, err
	}
	if twin != nil {
		reason := "its text is that of " + twin.URL
		if !exact {
			reason = "its text is nearly that of " + twin.URL + ", with the same numbers"
		}
		return job.Result{Outcome: schema.Duplicate, Reason: reason, PageID: &twin.ID}, v.alias(ctx, tx, twin.ID, twin.URL)
	}
	before, aliased, err := v.before(ctx, tx, r.sign)
	if err != nil {
		return job.Result{}, err
	}
	if p := before; p != nil {
		err := errors.Join(v.alias(ctx, tx, p.ID, p.URL), v.belongs(ctx, tx, p),
			tx.Ent.Page.Update().Where(page.ID(p.ID)).SetFetchedAt(schema.Now()).SetStatus(schema.PageActive).Exec(ctx))
		if err != nil {
			return job.Result{}, err
		}
		return v.onward(ctx, tx, p.ID, schema.Unchanged, found)
	}
	stored, fresh, outcome, err := v.keep(ctx, tx, r)
	if err != nil {
		return job.Result{}, err
	}
	if err := v.alias(ctx, tx, stored.ID, stored.URL); err != nil {
		return job.Result{}, err
	}
	if aliased { // it is a page of its own now
		if _, err := tx.Ent.Alias.Delete().Where(alias.ID(stored.URL)).Exec(ctx); err != nil {
			return job.Result{}, fmt.Errorf("forget alias: %w", err)
		}
	}
	if fresh { // so no other item has it
		return v.goesOn(stored.ID, outcome, found), nil
	}
	return v.onward(ctx, tx, stored.ID, outcome, found)
}

// like gives the first page of a crawl or an import, on the same site, whose text is that of
// sign or nearly so; nil if there is none. Texts that are nearly alike have one
// of the four parts of their SimHash in common, by which they are found.
func (v *visit) like(ctx context.Context, tx *store.Tx, sign crawl.Print) (p *ent.Page, exact bool, err error) {
	if v.job.Params.Scrape.Crawl == nil && v.job.Type != schema.JobImport {
		return nil, false, nil
	}
	rows, err := tx.Rows(ctx, `select p.id, p.url, p.content_hash, p.simhash, p.numbers from pages p
		where p.numbers = ? and p.simhash <> 0 and (p.simhash & 65535 = ? or (p.simhash >> 16) & 65535 = ? or (p.simhash >> 32) & 65535 = ? or (p.simhash >> 48) & 65535 = ?)
		and exists (select 1 from job_items i where i.page_id = p.id and i.job_id = ? and i.id <> ? and i.outcome in ('STORED', 'UNCHANGED'))
		order by p.id`, sign.Numbers, sign.SimHash&65535, sign.SimHash>>16&65535, sign.SimHash>>32&65535, sign.SimHash>>48&65535, v.JobID, v.ID)
	if err != nil {
		return nil, false, fmt.Errorf("find like pages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row ent.Page
		if err := rows.Scan(&row.ID, &row.URL, &row.ContentHash, &row.Simhash, &row.Numbers); err != nil {
			return nil, false, fmt.Errorf("find like pages: %w", err)
		}
		at, err := fetch.ParseURL(row.URL)
		if err != nil || row.URL == v.response.URL.String() || !v.site(at) {
			continue
		}
		if sign.Same(printOf(&row)) && !exact {
			p, exact = &row, row.ContentHash == sign.Hash
		}
	}
	return p, exact, rows.Err()
}

// site reports whether u is on the site of what was read.
func (v *visit) site(u fetch.URL) bool {
	if v.job.Params.Scrape.Crawl != nil {
		if ok, _ := v.scope.Allows(u); ok {
			return true
		}
	}
	return u.SameSite(v.response.URL)
}

// before gives the page that the URL was an alias of and that still says the
// same, so that it does not matter which of two URLs comes first; nil if there
// is none. Aliased tells whether the URL is an alias at all.
func (v *visit) before(ctx context.Context, tx *store.Tx, sign crawl.Print) (p *ent.Page, aliased bool, err error) {
	err = tx.Row(ctx, `select exists (select 1 from aliases where url = ?)`, v.response.URL.String()).Scan(&aliased)
	if err == nil && !aliased { // as most
		return nil, false, nil
	}
	var of *ent.Alias
	if err == nil {
		of, err = tx.Ent.Alias.Query().Where(alias.ID(v.response.URL.String())).WithPage().Only(ctx)
	}
	if ent.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find alias: %w", err)
	}
	if p = of.Edges.Page; p == nil || p.SnapshotID == nil || !sign.Same(printOf(p)) {
		return nil, true, nil
	}
	return p, true, nil
}

func printOf(p *ent.Page) crawl.Print {
	return crawl.Print{Hash: p.ContentHash, SimHash: p.Simhash, Numbers: p.Numbers}
}

// canonical reports whether the visit is to what the page of the item calls its
// canonical URL.
func (v *visit) canonical() bool { return v.CanonicalOf != "" && v.CanonicalOf != ignored }

// back sends the item back to its own URL, whose canonical link does not count.
func (v *visit) back() job.Result {
	return job.Result{Next: schema.StepFetch, Lane: v.own.Domain(), Location: v.own.String(), CanonicalOf: ignored}
}

// elsewhere decides what becomes of a page that names a canonical URL, and of
// one that is visited because it was named; nil if it is to be kept. That two
// URLs are one page is believed only when both say the same: a canonical link may
// be wrong, and many are.
func (v *visit) elsewhere(ctx context.Context, doc document.Document, sign crawl.Print) (job.Save, error) {
	if v.canonical() {
		if !sign.Same(crawl.ParsePrint(v.CanonicalOf)) {
			return settled(v.back()), nil
		}
		return nil, nil //nolint:nilnil // as the contract says
	}
	to, ok := v.named(doc)
	if !ok {
		return nil, nil //nolint:nilnil // as the contract says
	}
	p, err := patiently(ctx, v.Ent.Page.Query().Where(page.URL(to.String()), page.SnapshotIDNotNil()).Only)
	switch {
	case err != nil && !ent.IsNotFound(err):
		return nil, fmt.Errorf("find canonical page: %w", err)
	case err == nil && v.isFresh(p) && !sign.Same(printOf(p)):
		return nil, nil //nolint:nilnil // as the contract says
	}
	return settled(job.Result{Next: schema.StepFetch, Lane: to.Domain(), Location: to.String(), CanonicalOf: sign.String()}), nil
}

// named gives the canonical URL that a page names, if it is another one of the
// same site that the job may read.
func (v *visit) named(doc document.Document) (to fetch.URL, ok bool) {
	if doc.Canonical == "" || v.CanonicalOf == ignored || v.Redirects >= maxRedirects {
		return to, false
	}
	to, err := crawl.Base(doc, v.response.URL).Resolve(doc.Canonical)
	if err != nil || to == v.response.URL || !to.SameSite(v.response.URL) {
		return to, false
	}
	ok, _ = v.allows(to)
	return to, ok
}
