package report

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// lookBatch is how many reports one statement of a look for stale ones finds.
const lookBatch = 200

// Look marks reports as stale of which a cited fact has changed since they were
// written: it is stated no more, has gone, or is worded in another way. It tells how many
// reports it has marked. A report is read again only if its facts were written since the
// look before; looks take turns.
func (r *Reports) Look(ctx context.Context) (int, error) {
	r.looking.Lock()
	defer r.looking.Unlock()
	seen, marked, after := map[uuid.UUID]string{}, 0, uuid.Nil
	for {
		found, err := r.suspects(ctx, after)
		if err != nil {
			return marked, err
		}
		if len(found) == 0 {
			r.seen = seen
			return marked, nil
		}
		after = found[len(found)-1].id
		for _, s := range found {
			if r.seen[s.id] == s.facts {
				seen[s.id] = s.facts
				continue
			}
			reason, err := r.changed(ctx, s.id)
			if err != nil {
				return marked, err
			}
			if reason == "" {
				seen[s.id] = s.facts
				continue
			}
			if err := r.mark(ctx, s.id, reason); err != nil {
				return marked, err
			}
			marked++
		}
	}
}

func (r *Reports) mark(ctx context.Context, id uuid.UUID, reason string) error {
	err := r.store.Tx(ctx, func(tx *store.Tx) error {
		tx.AfterCommit(func() { r.bus.Publish(event.Reports) })
		return tx.Ent.Report.Update().Where(report.ID(id), report.Stale(false)).SetStale(true).SetStaleReason(reason).SetStaleAt(schema.Now()).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("mark report: %w", err)
	}
	return nil
}

// suspect is a report of which some cited fact was written since: which need not
// mean that it says something else.
type suspect struct {
	id    uuid.UUID
	facts string // which there are, as far as can be told without what they say
}

// suspects are those, in the order of their ids, after an id. Of their facts it is
// told how many of which company and status were found last at which time: whatever is
// written of a fact, there are others then.
func (r *Reports) suspects(ctx context.Context, after uuid.UUID) (found []suspect, err error) {
	rows, err := r.store.Rows(ctx, `with suspect as (select r.id from reports r where r.id > ? and r.stale = ? and (
  exists (select 1 from report_facts c join facts f on f.id = c.fact_id where c.report_id = r.id and (f.status <> 'ACTIVE' or f.last_seen_at > r.created_at))
  or not exists (select 1 from report_facts c where c.report_id = r.id)) order by r.id limit ?)
select s.id, coalesce(f.company, ''), coalesce(f.status, ''), f.last_seen_at, count(f.id)
from suspect s left join report_facts c on c.report_id = s.id left join facts f on f.id = c.fact_id
group by s.id, f.company, f.status, f.last_seen_at order by s.id, f.company, f.status, f.last_seen_at`, after, false, lookBatch)
	if err != nil {
		return nil, fmt.Errorf("look for stale reports: %w", err)
	}
	defer rows.Close()
	h := sha256.New() // writing to it never fails
	for rows.Next() {
		var (
			id              uuid.UUID
			company, status string
			last            sql.NullTime
			n               int
		)
		if err := rows.Scan(&id, &company, &status, &last, &n); err != nil {
			return nil, fmt.Errorf("look for stale reports: %w", err)
		}
		if len(found) == 0 || found[len(found)-1].id != id {
			found = append(found, suspect{id: id})
			h.Reset()
		}
		_, _ = fmt.Fprintf(h, "%q %s %d %d\n", company, status, last.Time.UnixNano(), n)
		found[len(found)-1].facts = string(h.Sum(nil))
	}
	return found, rows.Err()
}

// changed says what of the facts that a report cites is not as it was; empty if
// all is.
func (r *Reports) changed(ctx context.Context, id uuid.UUID) (string, error) {
	d, err := r.Document(ctx, id)
	if err != nil {
		return "", err
	}
	facts, err := r.store.Ent.Fact.Query().Where(fact.HasReportsWith(report.ID(id))).
		Select(fact.FieldID, fact.FieldStatus, fact.FieldQuote, fact.FieldCompany, fact.FieldMeasure, fact.FieldSupersededByID).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read cited facts: %w", err)
	}
	next, err := r.successors(ctx, facts)
	if err != nil {
		return "", err
	}
	now := map[uuid.UUID]*ent.Fact{}
	for _, f := range facts {
		now[f.ID] = f
	}
	first, n := "", 0
	for _, c := range d.Citations {
		f := now[c.Fact]
		var why string
		switch {
		case f == nil:
			why = "is stored no more"
		case f.Status != schema.FactActive:
			why = fate(f.Measure, next[f.ID])
		case f.Quote != c.Quote:
			why = "is worded in another way"
		case f.Company != c.Company:
			why = "is of " + f.Company + " now"
		default:
			continue
		}
		if n++; n == 1 {
			first = fmt.Sprintf("[%d] %s: “%s” %s", c.N, c.Company, shorten(c.Statement, maxText), why)
		}
	}
	switch n {
	case 0, 1:
		return first, nil
	}
	return fmt.Sprintf("%s; and %d more", first, n-1), nil
}
