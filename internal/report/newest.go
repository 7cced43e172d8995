package report

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/internal/store"
)

// Newest is the last of the reports that took the place of one another, from the one
// of this id on. NOT_FOUND.
func Newest(ctx context.Context, s *store.Store, id uuid.UUID) (uuid.UUID, error) {
	return newest(ctx, s, id)
}

// LockNewest is Newest in a transaction: until it ends no other takes the place of
// that report in one that asks here, too.
func LockNewest(ctx context.Context, tx *store.Tx, id uuid.UUID) (*ent.Report, error) {
	for {
		last, err := newest(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		query := tx.Ent.Report.Query().Where(report.ID(last))
		query.Select(report.FieldVersion)
		if tx.Postgres() {
			query.ForUpdate()
		}
		row, err := query.Only(ctx)
		if ent.IsNotFound(err) {
			continue // deleted in between
		}
		if err != nil {
			return nil, fmt.Errorf("lock report: %w", err)
		}
		again, err := newest(ctx, tx, last)
		if err != nil {
			return nil, err
		}
		if again == last {
			return row, nil
		}
	}
}

// newest finds it by what reads rows. Of several that took the place of one, as there
// once could be, it goes by the last.
func newest(ctx context.Context, by interface {
	Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, id uuid.UUID,
) (last uuid.UUID, err error) {
	rows, err := by.Rows(ctx, `with recursive line(id, version) as (
  select id, version from reports where id = ?
  union select r.id, r.version from reports r join line on r.previous_id = line.id)
select id from line order by version desc, id desc limit 1`, id)
	if err != nil {
		return last, fmt.Errorf("find the newest report: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&last); err != nil {
			return last, fmt.Errorf("find the newest report: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return last, fmt.Errorf("find the newest report: %w", err)
	}
	if last == uuid.Nil {
		return last, ErrNotFound
	}
	return last, nil
}
