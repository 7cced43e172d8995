package worker

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/boilerplate"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// samplePages is how many pages of a domain are compared. More are judged by a
// sample: those whose texts have the lowest hashes, which is a fair one, and the
// same one however the pages were found.
const samplePages = 100

// sampled finds what repeats on the pages of a domain, as they are stored. There
// are no counters to keep right: pages that change, or are gone, count as they are.
func sampled(ctx context.Context, client *ent.Client, domain string) (document.Boilerplate, error) {
	pages, err := client.Page.Query().Where(page.Domain(domain), page.StatusEQ(schema.PageActive), page.BlocksNotNil()).
		Order(ent.Asc(page.FieldContentHash)).Limit(samplePages).Select(page.FieldContentHash, page.FieldBlocks).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("sample pages of %s: %w", domain, err)
	}
	var marks [][]byte
	for i, p := range pages {
		if i == 0 || p.ContentHash != pages[i-1].ContentHash { // a page under two URLs repeats nothing
			marks = append(marks, p.Blocks)
		}
	}
	return document.Repeated(marks), nil
}

// noted is the boilerplate of a domain of which no fact is active.
func noted(ctx context.Context, client *ent.Client, domain string) (document.Boilerplate, error) {
	row, err := client.Boilerplate.Get(ctx, domain)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read boilerplate of %s: %w", domain, err)
	}
	return document.UnpackMarks(row.Blocks), nil
}

// settleBoilerplate makes sure, until the transaction ends, that what it gives
// is the boilerplate of a domain. If it has changed, what other pages state in
// new boilerplate is removed, and counted.
//
// Who extracts holds the domain's row shared, who changes it alone; it is locked
// before any page. So no fact slips in between, and nobody waits for each other.
func settleBoilerplate(ctx context.Context, tx *store.Tx, job uuid.UUID, domain string, changed bool) (now document.Boilerplate, removed int, err error) {
	row, err := lockBoilerplate(ctx, tx, domain, changed)
	if err != nil {
		return nil, 0, err
	}
	before := document.Boilerplate(document.UnpackMarks(row.Blocks))
	if !changed {
		return before, 0, nil
	}
	if now, err = sampled(ctx, tx.Ent, domain); err != nil {
		return nil, 0, err
	}
	packed := document.PackMarks(now)
	if bytes.Equal(packed, row.Blocks) {
		return now, 0, nil
	}
	if err := tx.Ent.Boilerplate.UpdateOneID(domain).SetBlocks(packed).Exec(ctx); err != nil {
		return nil, 0, fmt.Errorf("keep boilerplate of %s: %w", domain, err)
	}
	removed, err = sweep(ctx, tx, job, domain, now.Without(before))
	return now, removed, err
}

func lockBoilerplate(ctx context.Context, tx *store.Tx, domain string, alone bool) (*ent.Boilerplate, error) {
	query := tx.Ent.Boilerplate.Query().Where(boilerplate.ID(domain))
	if tx.Postgres() && alone {
		query.ForUpdate()
	} else if tx.Postgres() {
		query.ForShare()
	}
	row, err := query.Only(ctx)
	if !ent.IsNotFound(err) {
		return row, err
	}
	err = tx.Ent.Boilerplate.Create().SetID(domain).OnConflictColumns(boilerplate.FieldID).DoNothing().Exec(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) { // no row comes back if it was there
		return nil, fmt.Errorf("make boilerplate of %s: %w", domain, err)
	}
	return query.Only(ctx)
}

// sweep removes the facts of a domain that stand in new boilerplate.
func sweep(ctx context.Context, tx *store.Tx, job uuid.UUID, domain string, fresh document.Boilerplate) (removed int, err error) {
	for chunk := range slices.Chunk(fresh, maxBulk) {
		facts, err := tx.Ent.Fact.Query().
			Where(fact.BlockIn(chunk...), fact.StatusEQ(schema.FactActive), fact.HasPageWith(page.Domain(domain))).
			Select(fact.FieldID, fact.FieldPageID).All(ctx)
		if err != nil {
			return removed, fmt.Errorf("find facts in boilerplate: %w", err)
		}
		for part := range slices.Chunk(facts, maxBulk) {
			var ids, pages []uuid.UUID
			for _, f := range part {
				ids, pages = append(ids, f.ID), append(pages, f.PageID)
			}
			// Facts are locked after their page, as everywhere.
			lock := tx.Ent.Page.Query().Where(page.IDIn(pages...)).Order(ent.Asc(page.FieldID))
			if tx.Postgres() {
				lock.ForUpdate()
			}
			if _, err := lock.IDs(ctx); err != nil {
				return removed, fmt.Errorf("lock pages: %w", err)
			}
			n, err := change.Remove(ctx, tx, job, ids, schema.Now())
			if err != nil {
				return removed, err
			}
			removed += n
		}
	}
	return removed, nil
}

// own drops the facts that stand in boilerplate.
func own(found []extract.Fact, marks document.Marks, b document.Boilerplate) []extract.Fact {
	return slices.DeleteFunc(slices.Clone(found), func(f extract.Fact) bool { return b.Has(marks.At(f.Span.ByteStart)) })
}
