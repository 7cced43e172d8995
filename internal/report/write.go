package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/report"
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
// stored before, by the same job, stays as it is. If another has taken the place of the
// one that it was to follow, it follows that.
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
		previous, err := LockNewest(ctx, tx, *d.in.Previous)
		if err != nil && !errors.Is(err, ErrNotFound) {
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

	looking sync.Mutex
	seen    map[uuid.UUID]string // what the last look saw of the facts of suspects that are as they were
}

// Publisher announces that something changed.
type Publisher interface{ Publish(topics ...string) }

// New returns the reports kept in s.
func New(s *store.Store, bus Publisher) *Reports { return &Reports{store: s, bus: bus} }

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
