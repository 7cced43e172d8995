package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/entry"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// maxBulk is how many rows one statement writes.
const maxBulk = 1000

// KeepOfPage makes the entries of the active facts of a page, under one profile,
// those that they should be. It is called by whoever has written these facts, in
// the same transaction.
func KeepOfPage(ctx context.Context, tx *store.Tx, page, profile uuid.UUID) error {
	return keep(ctx, tx, fact.PageID(page), fact.ProfileID(profile), fact.StatusEQ(schema.FactActive))
}

// MoveOfPage gives the entries of a page to the company that its facts belong to
// now, in the transaction that gives them to it.
func MoveOfPage(ctx context.Context, tx *store.Tx, page uuid.UUID, company string) error {
	if err := tx.Ent.Entry.Update().Where(entry.HasFactWith(fact.PageID(page))).SetCompany(company).Exec(ctx); err != nil {
		return fmt.Errorf("move entries: %w", err)
	}
	return nil
}

// keep makes the entries of facts anew. Those that are as they should be stay.
func keep(ctx context.Context, tx *store.Tx, where ...predicate.Fact) error {
	facts, err := tx.Ent.Fact.Query().Where(where...).
		Select(fact.FieldCompany, fact.FieldCategory, fact.FieldAttribute, fact.FieldStatement, fact.FieldMeasure, fact.FieldQualifiers, fact.FieldConfidence).All(ctx)
	if err != nil {
		return fmt.Errorf("read facts for entries: %w", err)
	}
	for chunk := range slices.Chunk(facts, maxBulk) {
		if err := keepFacts(ctx, tx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func keepFacts(ctx context.Context, tx *store.Tx, facts []*ent.Fact) error {
	ids := make([]uuid.UUID, len(facts))
	for i, f := range facts {
		ids[i] = f.ID
	}
	rows, err := tx.Ent.Entry.Query().Where(entry.FactIDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	known := map[uuid.UUID][]*ent.Entry{}
	for _, row := range rows {
		known[row.FactID] = append(known[row.FactID], row)
	}
	var fresh []*ent.EntryCreate
	var old []int64
	for _, f := range facts {
		entries := Entries(Statement{f.Category, f.Statement, f.Measure, f.Qualifiers})
		entries = append(entries, nearby(f.Attribute, entries)...)
		if as(known[f.ID], entries, f) {
			continue
		}
		for _, row := range known[f.ID] {
			old = append(old, row.ID)
		}
		for _, e := range entries {
			create := tx.Ent.Entry.Create().SetFactID(f.ID).SetCompany(f.Company).SetAttribute(e.Attribute).SetApart(e.Apart.text()).
				SetDenies(e.Denies).SetConfidence(f.Confidence).SetVersion(Version)
			if e.Value.Kind != "" {
				create.SetValue(e.Value)
			}
			fresh = append(fresh, create)
		}
	}
	if len(old) > 0 {
		if _, err := tx.Ent.Entry.Delete().Where(entry.IDIn(old...)).Exec(ctx); err != nil {
			return fmt.Errorf("drop entries: %w", err)
		}
	}
	for chunk := range slices.Chunk(fresh, maxBulk) {
		if err := tx.Ent.Entry.CreateBulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("write entries: %w", err)
		}
	}
	return nil
}

// as reports whether rows are the entries of f.
func as(rows []*ent.Entry, entries []Entry, f *ent.Fact) bool {
	if len(rows) != len(entries) {
		return false
	}
	for _, e := range entries {
		if !slices.ContainsFunc(rows, func(r *ent.Entry) bool {
			return r.Version == Version && r.Company == f.Company && r.Confidence == f.Confidence && r.Attribute == e.Attribute &&
				r.Apart == e.Apart.text() && r.Denies == e.Denies && r.Value == e.Value
		}) {
			return false
		}
	}
	return true
}

// catchUpBatch is how many facts one transaction of CatchUp is about.
const catchUpBatch = 500

// CatchUp makes the entries of facts that have none, or those of another version:
// after an update of techfacts, and of facts that are older than entries. Facts that
// hold no more have theirs, too, for comparisons of the past. It goes through all facts
// once, some at a time, and may be stopped at any point.
func CatchUp(ctx context.Context, s *store.Store) (made int, err error) {
	after := uuid.Nil
	for {
		ids, err := s.Ent.Fact.Query().Where(fact.IDGT(after), fact.StatusNEQ(schema.FactRejected), fact.Not(hasEntries())).
			Order(ent.Asc(fact.FieldID)).Limit(catchUpBatch).IDs(ctx)
		if err != nil {
			return made, fmt.Errorf("find facts without entries: %w", err)
		}
		if len(ids) == 0 {
			return made, nil
		}
		after = ids[len(ids)-1]
		err = s.Tx(ctx, func(tx *store.Tx) error { return keep(ctx, tx, fact.IDIn(ids...)) })
		if err != nil {
			return made, err
		}
		made += len(ids)
	}
}
