package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/snapshot"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// keep stores the page, and its text if it is new.
func (v *visit) keep(ctx context.Context, tx *store.Tx, doc document.Document, sign crawl.Print, marks document.Marks, links []string) (*ent.Page, schema.Outcome, error) {
	p, err := v.page(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	now := schema.Now()
	update := tx.Ent.Page.UpdateOneID(p.ID).SetTitle(doc.Title).SetLanguage(doc.Language).SetStatus(schema.PageActive).
		SetEtag(v.response.ETag).SetLastModified(v.response.LastModified).SetLinks(links).SetBlocks(marks.Pack()).SetFetchedAt(now).
		SetSimhash(sign.SimHash).SetNumbers(sign.Numbers)
	outcome := schema.Unchanged
	if sign.Hash != p.ContentHash {
		id, err := v.snapshot(ctx, tx, p.ID, doc, sign.Hash)
		if err != nil {
			return nil, "", err
		}
		update.SetContentHash(sign.Hash).SetSnapshotID(id).SetChangedAt(now)
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
