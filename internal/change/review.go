package change

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/embedding"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/review"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	maxReason    = 1000 // characters
	maxStatement = 1000
)

// Errors a client can act on.
var (
	ErrNoFact   = fault.New(fault.NotFound, "no such fact")
	ErrNoReview = fault.New(fault.Conflict, "nobody has reviewed this fact")
)

// Reviews keeps what people think of facts. It is the only writer of reviews.
type Reviews struct {
	store *store.Store
	bus   Bus
}

// NewReviews returns the reviews kept in s.
func NewReviews(s *store.Store, bus Bus) *Reviews { return &Reviews{s, bus} }

// Opinion is what somebody thinks of a fact. Statement and Category are for
// EDITED; nil leaves them as they are.
type Opinion struct {
	Verdict   schema.Verdict
	Reason    string
	Statement *string
	Category  *string
	Who       string
}

// Review keeps an opinion of a fact, in place of the one there may be. It holds
// for all facts of the company and the profile that say the same in the same
// words, whichever page they stand on, and for those that are found later.
// NOT_FOUND, or INVALID: a statement may not say a number, a unit or a bound, or
// deny something, that its quote does not.
func (r *Reviews) Review(ctx context.Context, id uuid.UUID, o Opinion) (*ent.Fact, error) {
	return r.change(ctx, id, func(tx *store.Tx, row *ent.Fact) error {
		if err := lock(ctx, tx, "pg_advisory_xact_lock", row.ProfileID); err != nil {
			return err
		}
		if err := o.check(ctx, tx, row); err != nil {
			return err
		}
		facts, err := alike(ctx, tx, row)
		if err != nil {
			return err
		}
		before, err := claimsOf(ctx, tx, facts)
		if err != nil {
			return err
		}
		kept, err := o.keep(ctx, tx, row)
		if err != nil {
			return err
		}
		for _, f := range facts {
			if err := set(ctx, tx, f, kept); err != nil {
				return err
			}
		}
		return r.tell(ctx, tx, facts, before)
	})
}

// Withdraw takes back what was said of a fact. NOT_FOUND, or CONFLICT if nothing
// was.
func (r *Reviews) Withdraw(ctx context.Context, id uuid.UUID) (*ent.Fact, error) {
	return r.change(ctx, id, func(tx *store.Tx, row *ent.Fact) error {
		if row.ReviewID == nil {
			return ErrNoReview
		}
		facts, err := tx.Ent.Fact.Query().Where(fact.ReviewID(*row.ReviewID)).All(ctx)
		if err != nil {
			return fmt.Errorf("find facts: %w", err)
		}
		before, err := claimsOf(ctx, tx, facts)
		if err != nil {
			return err
		}
		old, err := tx.Ent.Review.Get(ctx, *row.ReviewID)
		if err != nil {
			return fmt.Errorf("read review: %w", err)
		}
		for _, f := range facts {
			if err := unset(ctx, tx, f, old); err != nil {
				return err
			}
		}
		if err := tx.Ent.Review.DeleteOne(old).Exec(ctx); err != nil {
			return fmt.Errorf("delete review: %w", err)
		}
		return r.tell(ctx, tx, facts, before)
	})
}

// change runs do over a fact, and gives it as it is then.
func (r *Reviews) change(ctx context.Context, id uuid.UUID, do func(*store.Tx, *ent.Fact) error) (*ent.Fact, error) {
	err := r.store.Tx(ctx, func(tx *store.Tx) error {
		row, err := tx.Ent.Fact.Get(ctx, id)
		if ent.IsNotFound(err) {
			return ErrNoFact
		}
		if err != nil {
			return fmt.Errorf("read fact: %w", err)
		}
		tx.AfterCommit(func() { r.bus.Publish(event.Facts, event.Changes) })
		return do(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return r.store.Ent.Fact.Get(ctx, id)
}

// check refuses what cannot be said of a fact.
func (o Opinion) check(ctx context.Context, tx *store.Tx, row *ent.Fact) error {
	if utf8.RuneCountInString(o.Reason) > maxReason {
		return fault.InvalidField("input.reason", "must have at most %d characters", maxReason)
	}
	if o.Verdict != schema.VerdictEdited {
		if o.Statement != nil || o.Category != nil {
			return fault.InvalidField("input.verdict", "only EDITED comes with another statement or category")
		}
		return nil
	}
	if o.Statement == nil && o.Category == nil {
		return fault.InvalidField("input.verdict", "EDITED needs another statement or category")
	}
	if o.Statement != nil {
		if n := utf8.RuneCountInString(*o.Statement); n == 0 || n > maxStatement {
			return fault.InvalidField("input.statement", "must have 1 to %d characters", maxStatement)
		}
		found, err := foundWords(ctx, tx, row)
		if err != nil {
			return err
		}
		if err := extract.Reworded(*o.Statement, row.Quote, found); err != nil {
			return fault.InvalidField("input.statement", "%s", fault.Of(err).Message)
		}
	}
	if o.Category != nil {
		profile, err := tx.Ent.Profile.Get(ctx, row.ProfileID)
		if err != nil {
			return fmt.Errorf("read profile: %w", err)
		}
		if !slices.Contains(profile.Categories, *o.Category) {
			return fault.InvalidField("input.category", "must be one of the profile's")
		}
	}
	return nil
}

// foundWords are those in which a fact was found, whatever it says now.
func foundWords(ctx context.Context, tx *store.Tx, row *ent.Fact) (string, error) {
	if row.ReviewID == nil {
		return row.Statement, nil
	}
	r, err := tx.Ent.Review.Get(ctx, *row.ReviewID)
	if err != nil {
		return "", fmt.Errorf("read review: %w", err)
	}
	return r.Statement, nil
}

// Lock holds back reviews of facts of a profile until the transaction ends, so that
// what it writes heeds all there are. It comes before the locks of pages.
func Lock(ctx context.Context, tx *store.Tx, profile uuid.UUID) error {
	return lock(ctx, tx, "pg_advisory_xact_lock_shared", profile)
}

// lock takes the lock of the reviews of a profile. SQLite has one writer at a time
// anyway.
func lock(ctx context.Context, tx *store.Tx, how string, profile uuid.UUID) error {
	if !tx.Postgres() {
		return nil
	}
	if _, err := tx.Exec(ctx, "select "+how+"(hashtextextended(?, 0))", "reviews "+profile.String()); err != nil {
		return fmt.Errorf("lock reviews: %w", err)
	}
	return nil
}

// alike locks and gives the facts that the review of row is about.
func alike(ctx context.Context, tx *store.Tx, row *ent.Fact) ([]*ent.Fact, error) {
	query := tx.Ent.Fact.Query().Where(fact.Company(row.Company), fact.ProfileID(row.ProfileID), fact.Fingerprint(row.Fingerprint)).Order(ent.Asc(fact.FieldID))
	if tx.Postgres() {
		query.ForUpdate()
	}
	facts, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find facts: %w", err)
	}
	return facts, nil
}

// keep writes the opinion down. What was found stays with it, to be put back.
func (o Opinion) keep(ctx context.Context, tx *store.Tx, row *ent.Fact) (*ent.Review, error) {
	statement, category := row.Statement, row.Category
	old, err := tx.Ent.Review.Query().Where(review.ProfileID(row.ProfileID), review.Company(row.Company), review.Fingerprint(row.Fingerprint)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read review: %w", err)
	}
	if old != nil {
		kept, err := tx.Ent.Review.UpdateOne(old).SetVerdict(o.Verdict).SetReason(o.Reason).SetWho(o.Who).SetAt(schema.Now()).
			ClearEditedStatement().ClearEditedCategory().SetNillableEditedStatement(o.Statement).SetNillableEditedCategory(o.Category).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("change review: %w", err)
		}
		return kept, nil
	}
	kept, err := tx.Ent.Review.Create().SetProfileID(row.ProfileID).SetCompany(row.Company).SetFingerprint(row.Fingerprint).
		SetVerdict(o.Verdict).SetReason(o.Reason).SetWho(o.Who).SetAt(schema.Now()).SetStatement(statement).SetCategory(category).
		SetNillableEditedStatement(o.Statement).SetNillableEditedCategory(o.Category).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep review: %w", err)
	}
	return kept, nil
}

// ReviewsOf gives the reviews of statements of a company, by fingerprint.
func ReviewsOf(ctx context.Context, tx *store.Tx, profile uuid.UUID, company string, fingerprints []string) (map[string]*ent.Review, error) {
	rows, err := tx.Ent.Review.Query().Where(review.ProfileID(profile), review.Company(company), review.FingerprintIn(fingerprints...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read reviews: %w", err)
	}
	by := make(map[string]*ent.Review, len(rows))
	for _, row := range rows {
		by[row.Fingerprint] = row
	}
	return by, nil
}

// Apply makes a fact that is being written, with its quote and the words in which
// it was found, what a review says of it. Other words are taken only if its own
// quote proves them.
func Apply(r *ent.Review, m *ent.FactMutation) {
	m.SetReviewID(r.ID)
	switch r.Verdict {
	case schema.VerdictRejected:
		m.SetStatus(schema.FactRejected)
	case schema.VerdictEdited:
		quote, _ := m.Quote()
		if found, ok := m.Statement(); ok && r.EditedStatement != nil && extract.Reworded(*r.EditedStatement, quote, found) == nil {
			m.SetStatement(*r.EditedStatement)
		}
		if r.EditedCategory != nil {
			m.SetCategory(*r.EditedCategory)
		}
	case schema.VerdictConfirmed:
	}
}

// Follow makes the facts of a page what the reviews of the company say that it
// belongs to now.
func Follow(ctx context.Context, tx *store.Tx, pageID uuid.UUID) error {
	facts, err := tx.Ent.Fact.Query().Where(fact.PageID(pageID)).WithReview().Order(ent.Asc(fact.FieldID)).All(ctx)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	fingerprints := make([]string, len(facts))
	for i, f := range facts {
		fingerprints[i] = f.Fingerprint
	}
	reviews := map[uuid.UUID]map[string]*ent.Review{}
	for _, row := range facts {
		if reviews[row.ProfileID] == nil {
			if reviews[row.ProfileID], err = ReviewsOf(ctx, tx, row.ProfileID, row.Company, fingerprints); err != nil {
				return err
			}
		}
		switch r, old := reviews[row.ProfileID][row.Fingerprint], row.Edges.Review; {
		case r != nil && (old == nil || old.ID != r.ID):
			err = set(ctx, tx, row, r)
		case r == nil && old != nil:
			err = unset(ctx, tx, row, old)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set makes a stored fact what a review says of it, whatever one said before.
func set(ctx context.Context, tx *store.Tx, row *ent.Fact, r *ent.Review) error {
	update := tx.Ent.Fact.UpdateOneID(row.ID).SetQuote(row.Quote).SetStatement(r.Statement).SetCategory(r.Category)
	if row.Status == schema.FactRejected {
		update.SetStatus(unrejected(row))
	}
	if row.Status == schema.FactActive || r.Verdict != schema.VerdictRejected {
		Apply(r, update.Mutation())
	} else {
		update.SetReviewID(r.ID) // it does not hold anyway
		if row.Status == schema.FactRejected {
			update.SetStatus(schema.FactRejected)
		}
	}
	return write(ctx, tx, row, update)
}

// unset makes a stored fact what it was before a review.
func unset(ctx context.Context, tx *store.Tx, row *ent.Fact, r *ent.Review) error {
	update := tx.Ent.Fact.UpdateOneID(row.ID).SetStatement(r.Statement).SetCategory(r.Category).ClearReviewID()
	if row.Status == schema.FactRejected {
		update.SetStatus(unrejected(row))
	}
	return write(ctx, tx, row, update)
}

// unrejected is the status of a fact that was rejected and is not any more.
func unrejected(row *ent.Fact) schema.FactStatus {
	if row.EndedAt != nil {
		return schema.FactRemoved
	}
	return schema.FactActive
}

// write changes a fact, and what comparisons know of its page.
func write(ctx context.Context, tx *store.Tx, row *ent.Fact, update *ent.FactUpdateOne) error {
	statement, _ := update.Mutation().Statement()
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("change fact: %w", err)
	}
	if err := report.KeepOfPage(ctx, tx, row.PageID, row.ProfileID); err != nil {
		return err
	}
	return Reworded(ctx, tx, row, statement)
}

// Reworded forgets what was made of the words of a fact if it has others now.
func Reworded(ctx context.Context, tx *store.Tx, row *ent.Fact, statement string) error {
	if statement == row.Statement {
		return nil
	}
	if _, err := tx.Ent.Embedding.Delete().Where(embedding.FactID(row.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("forget vectors: %w", err)
	}
	return nil
}

// claimsOf tells which claims of facts are made now.
func claimsOf(ctx context.Context, tx *store.Tx, facts []*ent.Fact) (map[claim]bool, error) {
	made := map[claim]bool{}
	for _, f := range facts {
		if f.Claim == nil {
			continue
		}
		ok, err := tx.Ent.Fact.Query().Where(fact.Company(f.Company), fact.ProfileID(f.ProfileID), fact.Claim(*f.Claim), fact.StatusEQ(schema.FactActive)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("find claims: %w", err)
		}
		made[claimOf(f)] = ok
	}
	return made, nil
}

// tell writes down which claims are not made any more, or are again.
func (r *Reviews) tell(ctx context.Context, tx *store.Tx, facts []*ent.Fact, before map[claim]bool) error {
	after, err := claimsOf(ctx, tx, facts)
	if err != nil {
		return err
	}
	now := schema.Now()
	for _, f := range facts {
		if f.Claim == nil || before[claimOf(f)] == after[claimOf(f)] {
			continue
		}
		kind := schema.ChangeRemoved
		if after[claimOf(f)] {
			kind = schema.ChangeReappeared
		}
		before[claimOf(f)] = after[claimOf(f)] // once
		err := tx.Ent.FactChange.Create().SetKind(kind).SetAt(now).SetCompany(f.Company).SetCategory(f.Category).SetFactID(f.ID).
			SetProfileID(f.ProfileID).SetReviewed(true).Exec(ctx)
		if err != nil {
			return fmt.Errorf("write changes: %w", err)
		}
	}
	return nil
}
