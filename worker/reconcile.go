package worker

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// maxBulk is how many rows one statement writes: PostgreSQL takes 65,535
// parameters, SQLite 32,766.
const maxBulk = 500

// reconciliation makes the stored facts of a page, under one profile, equal to
// those that were found in its text.
type reconciliation struct {
	tx      *store.Tx
	page    *ent.Page // with the snapshot that was read
	marks   document.Marks
	profile uuid.UUID
	now     time.Time
	job     uuid.UUID
	company string                 // of the page as it is now
	reviews map[string]*ent.Review // of what was found, by fingerprint
}

// run keeps the ids of what is known, adds what is new, and ends what is gone:
// it is removed, or superseded by what has taken its place. It fails, to be tried
// again, if the page has changed since it was read.
func (r *reconciliation) run(ctx context.Context, found []extract.Fact) (added, removed int, err error) {
	if err := change.Lock(ctx, r.tx, r.profile); err != nil {
		return 0, 0, err
	}
	if err := r.lock(ctx); err != nil {
		return 0, 0, err
	}
	rows, err := r.tx.Ent.Fact.Query().Where(fact.PageID(r.page.ID), fact.ProfileID(r.profile)).All(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read facts: %w", err)
	}
	if r.reviews, err = change.ReviewsOf(ctx, r.tx, r.profile, r.company, fingerprints(found)); err != nil {
		return 0, 0, err
	}
	known := make(map[string]*ent.Fact, len(rows))
	for _, row := range rows {
		known[row.Fingerprint] = row
	}
	var fresh []*ent.FactCreate
	var same []uuid.UUID
	var arrived []came
	var refused []change.Shift // by a review of the company that the page belongs to now
	for _, f := range found {
		row, ok := known[f.Fingerprint]
		delete(known, f.Fingerprint)
		switch {
		case !ok:
			id := schema.NewID(schema.KindFact)
			fresh = append(fresh, r.create(f).SetID(id))
			if !r.rejected(f) {
				arrived = append(arrived, came{id: id, found: f})
			}
		case r.same(row, f):
			same = append(same, row.ID)
		default:
			if ended(row) {
				added++
			}
			if row.Status != schema.FactActive && !r.rejected(f) {
				arrived = append(arrived, came{id: row.ID, found: f, known: row})
			}
			if row.Status == schema.FactActive && r.rejected(f) {
				refused = append(refused, change.Shift{Fact: row.ID})
			}
			if err := r.update(ctx, row, f); err != nil {
				return 0, 0, err
			}
		}
	}
	if err := r.write(ctx, fresh, same); err != nil {
		return 0, 0, err
	}
	var went []*ent.Fact
	for _, row := range rows {
		if known[row.Fingerprint] != nil && !ended(row) {
			went = append(went, row)
		}
	}
	if err := r.replace(ctx, went, arrived, rows); err != nil {
		return 0, 0, err
	}
	if err := change.Note(ctx, r.tx, r.job, refused); err != nil {
		return 0, 0, err
	}
	return added + len(fresh), len(went), report.KeepOfPage(ctx, r.tx, r.page.ID, r.profile)
}

// write adds facts, and touches those that are as they were.
func (r *reconciliation) write(ctx context.Context, fresh []*ent.FactCreate, same []uuid.UUID) error {
	for chunk := range slices.Chunk(fresh, maxBulk) {
		if err := r.tx.Ent.Fact.CreateBulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("add facts: %w", err)
		}
	}
	if len(same) == 0 {
		return nil
	}
	if err := r.tx.Ent.Fact.Update().Where(fact.IDIn(same...)).SetLastSeenAt(r.now).Exec(ctx); err != nil {
		return fmt.Errorf("touch facts: %w", err)
	}
	return nil
}

// ended reports whether a page has ceased to state a fact.
func ended(row *ent.Fact) bool {
	return row.Status == schema.FactRemoved || row.Status == schema.FactSuperseded || row.EndedAt != nil
}

func fingerprints(found []extract.Fact) []string {
	list := make([]string, len(found))
	for i, f := range found {
		list[i] = f.Fingerprint
	}
	return list
}

// rejected reports whether somebody has said that a statement is wrong.
func (r *reconciliation) rejected(f extract.Fact) bool {
	review := r.reviews[f.Fingerprint]
	return review != nil && review.Verdict == schema.VerdictRejected
}

// lock makes sure that the page still says what was read, until the
// transaction ends.
func (r *reconciliation) lock(ctx context.Context) error {
	query := r.tx.Ent.Page.Query().Where(page.ID(r.page.ID))
	if r.tx.Postgres() {
		query.ForUpdate()
	}
	p, err := query.Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "the page was deleted")
	}
	if err != nil {
		return fmt.Errorf("lock page: %w", err)
	}
	if p.SnapshotID == nil || *p.SnapshotID != r.page.Edges.Snapshot.ID {
		return fault.New(fault.Unavailable, "the page changed while it was read")
	}
	r.company = p.Company // which may have changed, unlike the text
	return nil
}

// same reports whether row says all that f does.
func (r *reconciliation) same(row *ent.Fact, f extract.Fact) bool {
	said := f.Stated()
	review := r.reviews[f.Fingerprint]
	if (review == nil) != (row.ReviewID == nil) || review != nil && *row.ReviewID != review.ID {
		return false
	}
	return !ended(row) && row.Claim != nil && *row.Claim == said.Claim() && row.Topic == said.Topic() && row.SnapshotID == r.page.Edges.Snapshot.ID && row.Span == f.Span && row.Confidence == f.Confidence &&
		row.Anchor == r.anchor(f) && row.Block == r.marks.At(f.Span.ByteStart) &&
		row.Attribute == f.Attribute && row.Subject == f.Subject && row.Measure == f.Value && maps.Equal(row.Qualifiers, f.Qualifiers) && slices.Equal(row.Headings, f.Headings)
}

func kind(v schema.Value) *schema.ValueKind {
	if v.Kind == "" {
		return nil
	}
	return &v.Kind
}

// number is what facts are compared by; no limit is more than any.
func number(v schema.Value) *float64 {
	if v.Kind == schema.ValueUnlimited {
		v.Number = math.Inf(1)
	} else if !v.Numeric() {
		return nil
	}
	return &v.Number
}

// anchor is where on its page a fact stands.
func (r *reconciliation) anchor(f extract.Fact) string {
	return document.AnchorAt(r.page.Edges.Snapshot.Anchors, f.Span.ByteStart)
}

// model is the one that proposed f; nil for none.
func model(f extract.Fact) *string {
	if f.Model == "" {
		return nil
	}
	return &f.Model
}

func (r *reconciliation) create(f extract.Fact) *ent.FactCreate {
	said := f.Stated()
	create := r.tx.Ent.Fact.Create().SetPageID(r.page.ID).SetSnapshotID(r.page.Edges.Snapshot.ID).SetProfileID(r.profile).
		SetCompany(r.company).SetURL(r.page.URL).SetCategory(f.Category).SetStatement(f.Statement).SetQuote(f.Quote).
		SetSpan(f.Span).SetHeadings(f.Headings).SetAnchor(r.anchor(f)).SetBlock(r.marks.At(f.Span.ByteStart)).
		SetAttribute(f.Attribute).SetSubject(f.Subject).
		SetValue(f.Value.Original).SetMeasure(f.Value).SetNillableValueKind(kind(f.Value)).SetNillableNumber(number(f.Value)).SetUnit(f.Value.Unit).
		SetQualifiers(f.Qualifiers).SetConfidence(f.Confidence).SetMethod(f.Method).SetNillableModel(model(f)).SetFingerprint(f.Fingerprint).SetFirstSeenAt(r.now).SetLastSeenAt(r.now).
		SetTopic(said.Topic()).SetClaim(said.Claim()).SetBeganAt(r.now)
	if review := r.reviews[f.Fingerprint]; review != nil {
		change.Apply(review, create.Mutation())
	}
	return create
}

// update makes row say what f does, and what a review says of that: other words
// are held against the quote as it is now. Of one that comes back the time for
// which it held is kept.
func (r *reconciliation) update(ctx context.Context, row *ent.Fact, f extract.Fact) error {
	said := f.Stated()
	update := r.tx.Ent.Fact.UpdateOneID(row.ID).SetSnapshotID(r.page.Edges.Snapshot.ID).SetStatement(f.Statement).SetCategory(f.Category).SetQuote(f.Quote).SetSpan(f.Span).
		SetHeadings(f.Headings).SetAnchor(r.anchor(f)).SetBlock(r.marks.At(f.Span.ByteStart)).SetAttribute(f.Attribute).SetSubject(f.Subject).
		SetValue(f.Value.Original).SetMeasure(f.Value).SetUnit(f.Value.Unit).
		SetQualifiers(f.Qualifiers).SetConfidence(f.Confidence).SetLastSeenAt(r.now).SetTopic(said.Topic()).SetClaim(said.Claim())
	if ended(row) {
		if row.EndedAt != nil {
			if err := r.tx.Ent.Interval.Create().SetFactID(row.ID).SetBeganAt(row.BeganAt).SetEndedAt(*row.EndedAt).Exec(ctx); err != nil {
				return fmt.Errorf("keep interval: %w", err)
			}
		}
		update.SetBeganAt(r.now).ClearEndedAt().ClearSupersededByID()
	}
	update.SetStatus(schema.FactActive)
	if review := r.reviews[f.Fingerprint]; review != nil {
		change.Apply(review, update.Mutation())
	} else {
		update.ClearReviewID()
	}
	if k := kind(f.Value); k != nil {
		update.SetValueKind(*k)
	} else {
		update.ClearValueKind()
	}
	if n := number(f.Value); n != nil {
		update.SetNumber(*n)
	} else {
		update.ClearNumber()
	}
	statement, _ := update.Mutation().Statement()
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("update fact: %w", err)
	}
	return change.Reworded(ctx, r.tx, row, statement)
}
