package worker

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// reading is what was read of a page.
type reading struct {
	doc   document.Document
	sign  crawl.Print
	marks document.Marks
	links []fetch.URL
}

// keep stores the page, and its text if it is new. A page that was not stored
// before is fresh.
func (v *visit) keep(ctx context.Context, tx *store.Tx, r reading) (p *ent.Page, fresh bool, o schema.Outcome, err error) {
	now := schema.Now()
	if p, err = v.make(ctx, tx, r, now); err != nil {
		return nil, false, "", err
	}
	if fresh = p != nil; fresh {
		id, err := v.write(ctx, tx, p.ID, r)
		if err == nil {
			_, err = tx.Exec(ctx, `update pages set snapshot_id = ? where id = ?`, id, p.ID)
		}
		if err != nil {
			return nil, false, "", fmt.Errorf("keep text: %w", err)
		}
		return p, true, schema.Stored, nil
	}
	if p, err = v.page(ctx, tx); err != nil {
		return nil, false, "", err
	}
	update := tx.Ent.Page.Update().Where(page.ID(p.ID))
	v.describe(update.Mutation(), r, now)
	o = schema.Unchanged
	if r.sign.Hash != p.ContentHash {
		id, err := v.snapshot(ctx, tx, p.ID, r)
		if err != nil {
			return nil, false, "", err
		}
		update.SetSnapshotID(id).SetChangedAt(now)
		o = schema.Stored
	}
	if err := update.Exec(ctx); err != nil {
		return nil, false, "", fmt.Errorf("update page: %w", err)
	}
	return p, false, o, v.belongs(ctx, tx, p)
}

// describe sets what was read of a page.
func (v *visit) describe(m *ent.PageMutation, r reading, now time.Time) {
	m.SetTitle(r.doc.Title)
	m.SetLanguage(r.doc.Language)
	m.SetStatus(schema.PageActive)
	m.SetEtag(v.response.ETag)
	m.SetLastModified(v.response.LastModified)
	links := make([]string, len(r.links))
	for i, u := range r.links {
		links[i] = u.String()
	}
	m.SetLinks(links)
	m.SetBlocks(r.marks.Pack())
	m.SetFetchedAt(now)
	m.SetContentHash(r.sign.Hash)
	m.SetSimhash(r.sign.SimHash)
	m.SetNumbers(r.sign.Numbers)
}

// make makes the row of the page that was read; nil if there is one.
func (v *visit) make(ctx context.Context, tx *store.Tx, r reading, now time.Time) (*ent.Page, error) {
	p := &ent.Page{ID: schema.NewID(schema.KindPage), URL: v.response.URL.String(), Company: v.job.Company}
	create := tx.Ent.Page.Create().SetID(p.ID).SetURL(p.URL).SetDomain(v.response.URL.Domain()).SetCompany(p.Company).SetChangedAt(now)
	v.describe(create.Mutation(), r, now)
	err := create.OnConflictColumns(page.FieldURL).DoNothing().Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) { // no row comes back if it was there
		return nil, nil //nolint:nilnil // as the contract says
	}
	if err != nil {
		return nil, fmt.Errorf("make page: %w", err)
	}
	return p, nil
}

// page reads the row of the page that was read, and locks it.
func (v *visit) page(ctx context.Context, tx *store.Tx) (*ent.Page, error) {
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
func (v *visit) snapshot(ctx context.Context, tx *store.Tx, pageID uuid.UUID, r reading) (uuid.UUID, error) {
	id, err := tx.Ent.Snapshot.Query().Where(snapshot.PageID(pageID), snapshot.Hash(r.sign.Hash)).OnlyID(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return id, err
	}
	return v.write(ctx, tx, pageID, r)
}

// write makes the row of a text.
func (v *visit) write(ctx context.Context, tx *store.Tx, pageID uuid.UUID, r reading) (uuid.UUID, error) {
	s, err := tx.Ent.Snapshot.Create().SetPageID(pageID).SetText(r.doc.Text).SetAnchors(r.doc.Anchors).SetHash(r.sign.Hash).SetHTTPStatus(v.response.Status).
		SetFetcher(cmp.Or(v.response.Fetcher, schema.FetcherHTTP)).Save(ctx)
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
	if err == nil && moved > 0 {
		err = report.MoveOfPage(ctx, tx, p.ID, v.job.Company)
	}
	if err == nil && moved > 0 {
		err = change.Follow(ctx, tx, p.ID)
	}
	if err != nil {
		return fmt.Errorf("move page to %s: %w", v.job.Company, err)
	}
	return nil
}
