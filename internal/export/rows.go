package export

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// batch is how many rows are read at a time.
const batch = 1000

//nolint:gochecknoglobals // fixed tables
var (
	valueColumns    = []column{{"value", 24}, {"valueKind", 12}, {"number", 14}, {"max", 14}, {"unit", 18}}
	evidenceColumns = []column{{"statement", 60}, {"quote", 60}, {"url", 40}, {"deepLink", 40}, {"headings", 30}}
	datedColumns    = []column{{"firstSeenAt", 20}, {"lastSeenAt", 20}, {"beganAt", 20}, {"endedAt", 20}}
)

// Facts is the facts for which all conditions hold.
func Facts(s *store.Store, where ...predicate.Fact) *Table {
	t := &Table{Name: "facts"}
	t.columns = append(t.columns, column{"id", 38}, column{"company", 18}, column{"category", 18}, column{"attribute", 18}, column{"subject", 24})
	t.columns = append(t.columns, evidenceColumns...)
	t.columns = append(t.columns, valueColumns...)
	t.columns = append(t.columns, column{"qualifiers", 24}, column{"confidence", 12}, column{"status", 12}, column{"method", 10}, column{"model", 16}, column{"profile", 14})
	t.columns = append(t.columns, datedColumns...)
	t.columns = append(t.columns, column{"pageId", 38}, column{"snapshotId", 38}, column{"profileId", 38})
	t.read = func(ctx context.Context, row func([]any) error) error {
		last, err := s.Ent.Fact.Query().Order(ent.Desc(fact.FieldID)).FirstID(ctx)
		if err != nil {
			return none(err)
		}
		names := map[uuid.UUID]string{}
		cells := make([]any, 0, len(t.columns))
		return eachBatch(last, func(after uuid.UUID) (ids []uuid.UUID, err error) {
			facts, err := s.Ent.Fact.Query().Where(where...).Where(fact.IDGT(after), fact.IDLTE(last)).Order(ent.Asc(fact.FieldID)).Limit(batch).All(ctx)
			if err != nil {
				return nil, fmt.Errorf("read facts: %w", err)
			}
			for _, f := range facts {
				name, known := names[f.ProfileID]
				if !known {
					if name, err = profileName(ctx, s, f.ProfileID); err != nil {
						return nil, err
					}
					names[f.ProfileID] = name
				}
				cells = append(cells[:0], f.ID.String(), f.Company, f.Category, f.Attribute, f.Subject)
				cells = append(cells, evidence(f)...)
				cells = append(cells, figures(f.Measure)...)
				cells = append(cells, f.Qualifiers, f.Confidence, string(f.Status), string(f.Method), f.Model, name,
					f.FirstSeenAt, f.LastSeenAt, moment(f.BeganAt), since(f.EndedAt), f.PageID.String(), f.SnapshotID.String(), f.ProfileID.String())
				if err := row(cells); err != nil {
					return nil, err
				}
				ids = append(ids, f.ID)
			}
			return ids, nil
		})
	}
	return t
}

// Pages is the pages for which all conditions hold.
func Pages(s *store.Store, where ...predicate.Page) *Table {
	t := &Table{Name: "pages", columns: []column{
		{"id", 38},
		{"company", 18},
		{"domain", 24},
		{"url", 50},
		{"title", 40},
		{"status", 10},
		{"language", 10},
		{"contentHash", 40},
		{"createdAt", 20},
		{"fetchedAt", 20},
		{"changedAt", 20},
		{"snapshotId", 38},
	}}
	t.read = func(ctx context.Context, row func([]any) error) error {
		last, err := s.Ent.Page.Query().Order(ent.Desc(page.FieldID)).FirstID(ctx)
		if err != nil {
			return none(err)
		}
		cells := make([]any, 0, len(t.columns))
		return eachBatch(last, func(after uuid.UUID) (ids []uuid.UUID, err error) {
			pages, err := s.Ent.Page.Query().Where(where...).Where(page.IDGT(after), page.IDLTE(last)).Order(ent.Asc(page.FieldID)).Limit(batch).
				Select(page.FieldCompany, page.FieldDomain, page.FieldURL, page.FieldTitle, page.FieldStatus, page.FieldLanguage, page.FieldContentHash,
					page.FieldCreatedAt, page.FieldFetchedAt, page.FieldChangedAt, page.FieldSnapshotID).All(ctx)
			if err != nil {
				return nil, fmt.Errorf("read pages: %w", err)
			}
			for _, p := range pages {
				var snapshot any
				if p.SnapshotID != nil {
					snapshot = p.SnapshotID.String()
				}
				cells = append(cells[:0], p.ID.String(), p.Company, p.Domain, p.URL, p.Title, string(p.Status), p.Language, p.ContentHash,
					p.CreatedAt, p.FetchedAt, p.ChangedAt, snapshot)
				if err := row(cells); err != nil {
					return nil, err
				}
				ids = append(ids, p.ID)
			}
			return ids, nil
		})
	}
	return t
}

// eachBatch has read read what comes after an id, until that is the last one or
// there is no more.
func eachBatch(last uuid.UUID, read func(after uuid.UUID) ([]uuid.UUID, error)) error {
	for after := uuid.Nil; after != last; {
		ids, err := read(after)
		if err != nil || len(ids) < batch {
			return err
		}
		after = ids[len(ids)-1]
	}
	return nil
}

// none is no error if it says that there is nothing at all.
func none(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("find the last row: %w", err)
}

// profileName is the name of a profile; empty if it has been deleted just now.
func profileName(ctx context.Context, s *store.Store, id uuid.UUID) (string, error) {
	row, err := s.Ent.Profile.Query().Where(profile.ID(id)).Select(profile.FieldName).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read profile: %w", err)
	}
	return row.Name, nil
}

// evidence is the cells of evidenceColumns.
func evidence(f *ent.Fact) []any {
	return []any{f.Statement, f.Quote, f.URL, document.DeepLink(f.URL, f.Anchor, f.Quote), f.Headings}
}

// figures is the cells of valueColumns.
func figures(v schema.Value) []any {
	cells := []any{nil, nil, nil, nil, nil}
	if v.Kind == "" {
		return cells
	}
	cells[0], cells[1] = v.Original, string(v.Kind)
	if v.Numeric() {
		cells[2] = v.Number
		if v.Max != 0 {
			cells[3] = v.Max
		}
	}
	if v.Unit != "" {
		cells[4] = v.Unit
	}
	return cells
}

// moment is a time that may not be set.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func since(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}
