package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/report"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Draft is a report that is ready to be stored.
type Draft struct {
	doc  *Document
	in   schema.ReportParams
	hash string // of the input
	said string // hash of the facts that there were
	body string
	data json.RawMessage

	tally schema.Tally
}

// Author writes reports.
type Author struct {
	Store  *store.Store
	Chat   *llm.Chat // writes prose; nil: there is none
	Tokens int       // that it may take; 0: no bound, negative: none
	Log    *slog.Logger
}

// Write composes a report and puts it into its format. Nothing is stored. It fails
// with INVALID or NOT_FOUND as [Compare] does; what a model does wrong is told by the
// report and its tally.
func (a Author) Write(ctx context.Context, in schema.ReportParams, inputHash string) (*Draft, error) {
	said, err := FactsHash(ctx, a.Store, in.Companies) // first: what changes meanwhile makes the report an old one
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	doc, tally, err := a.compose(ctx, in, schema.Now())
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := doc.Render(&body, formatOf(in.Format)); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return &Draft{doc: doc, in: in, hash: inputHash, said: said, body: body.String(), data: data, tally: tally}, nil
}

// Facts is how many facts the report cites.
func (d *Draft) Facts() int { return len(d.doc.Citations) }

// Tally is what prose came to.
func (d *Draft) Tally() schema.Tally { return d.tally }

// Save stores the report with its edges to the facts that it cites. One that was
// stored before, by the same job, stays as it is.
func (d *Draft) Save(ctx context.Context, tx *store.Tx, job uuid.UUID) error {
	known, err := tx.Ent.Report.Query().Where(report.ID(d.in.ID)).Exist(ctx)
	if err != nil || known {
		return err
	}
	ids := make([]uuid.UUID, len(d.doc.Citations))
	for i, c := range d.doc.Citations {
		ids[i] = c.Fact
	}
	var there []uuid.UUID // a fact may have gone since it was read
	for chunk := range slices.Chunk(ids, maxBulk) {
		found, err := tx.Ent.Fact.Query().Where(fact.IDIn(chunk...)).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find cited facts: %w", err)
		}
		there = append(there, found...)
	}
	if len(there) < len(ids) {
		return fault.New(fault.Unavailable, "facts went away while the report was written")
	}
	create := tx.Ent.Report.Create().SetID(d.in.ID).SetType(d.in.Type).SetTitle(d.doc.Title).SetCompanies(d.in.Companies).SetCategories(d.in.Categories).
		SetFormat(d.in.Format).SetBody(d.body).SetData(d.data).SetJobID(job).SetInputHash(d.hash).SetFactsHash(d.said).SetCreatedAt(d.doc.Created)
	if d.in.Previous != nil {
		previous, err := tx.Ent.Report.Query().Where(report.ID(*d.in.Previous)).Select(report.FieldVersion).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("read the report before: %w", err)
		}
		if previous != nil {
			create.SetPreviousID(previous.ID).SetVersion(previous.Version + 1)
		}
	}
	row, err := create.Save(ctx)
	if err != nil {
		return fmt.Errorf("store report: %w", err)
	}
	for chunk := range slices.Chunk(there, maxBulk) {
		if err := tx.Ent.Report.UpdateOne(row).AddFactIDs(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("store citations: %w", err)
		}
	}
	return nil
}

// ErrNotFound says that there is no such report.
var ErrNotFound = fault.New(fault.NotFound, "no such report")

// Reports are the stored ones.
type Reports struct {
	store *store.Store
	bus   Publisher
}

// Publisher announces that something changed.
type Publisher interface{ Publish(topics ...string) }

// New returns the reports kept in s.
func New(s *store.Store, bus Publisher) *Reports { return &Reports{s, bus} }

// Document reads what a report says. NOT_FOUND.
func (r *Reports) Document(ctx context.Context, id uuid.UUID) (*Document, error) {
	row, err := r.store.Ent.Report.Query().Where(report.ID(id)).Select(report.FieldData).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var d Document
	if err := json.Unmarshal(row.Data, &d); err != nil {
		return nil, fmt.Errorf("read report %s: %w", id, err)
	}
	return &d, nil
}

// Delete deletes a report. NOT_FOUND.
func (r *Reports) Delete(ctx context.Context, id uuid.UUID) error {
	return r.store.Tx(ctx, func(tx *store.Tx) error {
		err := tx.Ent.Report.DeleteOneID(id).Exec(ctx)
		if ent.IsNotFound(err) {
			return ErrNotFound
		}
		return err
	})
}

// lookBatch is how many reports one statement of a look for stale ones finds.
const lookBatch = 200

// Look marks reports as stale of which a cited fact has changed since they were
// written: it is stated no more, has gone, or is worded in another way. It tells how many
// reports it has marked.
func (r *Reports) Look(ctx context.Context) (int, error) {
	marked, after := 0, uuid.Nil
	for {
		ids, err := r.suspects(ctx, after)
		if err != nil || len(ids) == 0 {
			return marked, err
		}
		after = ids[len(ids)-1]
		for _, id := range ids {
			reason, err := r.changed(ctx, id)
			if err != nil {
				return marked, err
			}
			if reason == "" {
				continue
			}
			if err := r.mark(ctx, id, reason); err != nil {
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

// suspects are reports, of those after an id, of which some cited fact was written
// since: which need not mean that it says something else.
func (r *Reports) suspects(ctx context.Context, after uuid.UUID) (ids []uuid.UUID, err error) {
	rows, err := r.store.Rows(ctx, `select r.id from reports r where r.id > ? and r.stale = ? and (
  exists (select 1 from report_facts c join facts f on f.id = c.fact_id where c.report_id = r.id and (f.status <> 'ACTIVE' or f.last_seen_at > r.created_at))
  or not exists (select 1 from report_facts c where c.report_id = r.id)) order by r.id limit ?`, after, false, lookBatch)
	if err != nil {
		return nil, fmt.Errorf("look for stale reports: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for stale reports: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// changed says what of the facts that a report cites is not as it was; empty if
// all is.
func (r *Reports) changed(ctx context.Context, id uuid.UUID) (string, error) {
	d, err := r.Document(ctx, id)
	if err != nil {
		return "", err
	}
	facts, err := r.store.Ent.Fact.Query().Where(fact.HasReportsWith(report.ID(id))).
		Select(fact.FieldID, fact.FieldStatus, fact.FieldQuote, fact.FieldCompany).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read cited facts: %w", err)
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
			why = "is stated no more"
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
