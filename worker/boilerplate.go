package worker

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
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
	return (&sample{}).of(ctx, client, domain)
}

// samples remembers the marks of domains, so that only those of pages which were
// not in the sample before need be read. Which pages are in it is asked each time.
type samples struct{ domains *lru.Cache[string, *sample] }

// maxSamples is how many domains are remembered, at most 400 KB each.
const maxSamples = 16

func newSamples() (*samples, error) {
	domains, err := lru.New[string, *sample](maxSamples)
	return &samples{domains}, err
}

// sampled is what the function is.
func (s *samples) sampled(ctx context.Context, client *ent.Client, domain string) (document.Boilerplate, error) {
	if s == nil {
		return sampled(ctx, client, domain)
	}
	known, ok := s.domains.Get(domain)
	if !ok {
		known = &sample{}
		s.domains.Add(domain, known)
	}
	return known.of(ctx, client, domain)
}

// sample is what was last read of a domain.
type sample struct {
	mu   sync.Mutex
	last markedPages
}

// markedPages are the pages of a sample.
type markedPages struct {
	hashes   []string          // of the texts, in order, each once: a page under two URLs repeats nothing
	marks    map[string][]byte // by hash; they are made of the text alone
	repeated document.Boilerplate
}

func (s *sample) of(ctx context.Context, client *ent.Client, domain string) (document.Boilerplate, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	pages := client.Page.Query().Where(page.Domain(domain), page.StatusEQ(schema.PageActive), page.BlocksNotNil())
	hashes, err := pages.Clone().Order(ent.Asc(page.FieldContentHash)).Limit(samplePages).Select(page.FieldContentHash).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("sample pages of %s: %w", domain, err)
	}
	hashes = slices.Compact(hashes)
	if last.marks != nil && slices.Equal(hashes, last.hashes) {
		return last.repeated, nil
	}
	marks, unread := map[string][]byte{}, []string(nil)
	for _, h := range hashes {
		if m, ok := last.marks[h]; ok {
			marks[h] = m
		} else {
			unread = append(unread, h)
		}
	}
	if len(unread) > 0 {
		rows, err := pages.Where(page.ContentHashIn(unread...)).Select(page.FieldContentHash, page.FieldBlocks).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("sample pages of %s: %w", domain, err)
		}
		for _, p := range rows {
			marks[p.ContentHash] = p.Blocks
		}
	}
	hashes = slices.DeleteFunc(hashes, func(h string) bool { _, ok := marks[h]; return !ok }) // gone meanwhile
	last = markedPages{hashes, marks, document.Repeated(slices.Collect(maps.Values(marks)))}
	s.mu.Lock()
	s.last = last
	s.mu.Unlock()
	return last.repeated, nil
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
