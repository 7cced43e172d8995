package change

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/factchange"
	"techfacts.dev/techfacts/ent/shift"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	lookEvery = 2 * time.Second        // without a hint
	lookPause = 100 * time.Millisecond // the least time between two looks
	maxShifts = 300                    // that one transaction begins with
)

// Bus carries hints.
type Bus interface {
	Publish(topics ...string)
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// Log makes changes of the shifts of jobs that have ended. It is the only writer
// of changes, and may run in many processes.
type Log struct {
	store *store.Store
	bus   Bus
	log   *slog.Logger
}

// NewLog returns the log of changes kept in s.
func NewLog(s *store.Store, bus Bus, log *slog.Logger) *Log { return &Log{s, bus, log} }

// Run keeps the log until ctx ends. Before that it fills in what facts of older
// versions of the program lack.
func (l *Log) Run(ctx context.Context) error {
	hints, cancel := l.bus.Subscribe(event.Jobs)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	filled := false
	for {
		var err error
		if !filled {
			if err = l.fill(ctx); err == nil {
				filled = true
			}
		}
		if err == nil {
			err = l.Settle(ctx)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrAway) {
			l.log.ErrorContext(ctx, "cannot write the log of changes", slog.Any("error", err))
		}
		pause := time.NewTimer(lookPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
		select {
		case <-hints:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// fill gives facts that have none of this version their topic and claim.
func (l *Log) fill(ctx context.Context) error {
	for {
		rows, err := l.store.Ent.Fact.Query().Where(fact.Or(fact.ClaimIsNil(), fact.Not(fact.ClaimHasPrefix(extract.KeyPrefix())))).Limit(maxBulk).All(ctx)
		if err != nil {
			return fmt.Errorf("find facts without a claim: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		err = l.store.Tx(ctx, func(tx *store.Tx) error {
			for _, row := range rows {
				said := Of(row)
				if err := tx.Ent.Fact.UpdateOneID(row.ID).SetTopic(said.Topic()).SetClaim(said.Claim()).Exec(ctx); err != nil && !ent.IsNotFound(err) {
					return fmt.Errorf("fill in a claim: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// Of is what a stored fact says.
func Of(row *ent.Fact) extract.Stated {
	return extract.Stated{Attribute: row.Attribute, Subject: row.Subject, Statement: row.Statement, Qualifiers: row.Qualifiers, Value: row.Measure}
}

// Settle makes changes of the shifts of all jobs that have ended.
func (l *Log) Settle(ctx context.Context) error {
	for last := (uuid.UUID{}); ; {
		// Each job once, by the index; those that have shifts are few.
		next, err := l.store.Ent.Shift.Query().Where(shift.JobIDGT(last)).Order(ent.Asc(shift.FieldJobID)).Select(shift.FieldJobID).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find shifts: %w", err)
		}
		last = next.JobID
		switch row, err := l.store.Ent.Job.Get(ctx, last); {
		case ent.IsNotFound(err): // deleted: it had ended
			if err := l.settle(ctx, last, nil); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("read job: %w", err)
		case row.Status.Ended():
			if err := l.settle(ctx, last, &last); err != nil {
				return err
			}
		}
	}
}

// settle makes changes of the shifts of a job. What began comes first: then it
// is known of what ceased whether something has taken its place.
func (l *Log) settle(ctx context.Context, job uuid.UUID, named *uuid.UUID) error {
	changed := false
	for _, began := range []bool{true, false} {
		for {
			s := settlement{job: job, named: named}
			err := l.store.Tx(ctx, func(tx *store.Tx) error {
				s = settlement{tx: tx, job: job, named: named, now: schema.Now()}
				return s.run(ctx, began)
			})
			if err != nil {
				if errors.Is(err, errTaken) {
					return nil
				}
				return err
			}
			changed = changed || s.changes > 0
			if s.done {
				break
			}
		}
	}
	if changed {
		l.bus.Publish(event.Changes)
	}
	return nil
}

// errTaken says that another process settles the same job.
var errTaken = errors.New("another process settles this job")

// settlement makes changes of some shifts of a job.
type settlement struct {
	tx    *store.Tx
	job   uuid.UUID
	named *uuid.UUID // the job, if it is still there
	now   time.Time

	done    bool // there was nothing left
	changes int
}

// claim is what a company says, as found under one profile.
type claim struct {
	company string
	profile uuid.UUID
	claim   string
}

// group are the facts that make one claim, and what befell them in the job.
type group struct {
	facts       []*ent.Fact
	shifts      []*ent.Shift             // in order
	first, last map[uuid.UUID]*ent.Shift // of each fact
	since       map[uuid.UUID]*ent.Shift // what befell each first in another job that is not settled
}

func (s *settlement) run(ctx context.Context, began bool) error {
	first, err := s.tx.Ent.Shift.Query().Where(shift.JobID(s.job), shift.Began(began)).Order(ent.Asc(shift.FieldID)).Limit(maxShifts).All(ctx)
	if err != nil {
		return fmt.Errorf("read shifts: %w", err)
	}
	if s.done = len(first) == 0; s.done {
		return nil
	}
	groups, err := s.groups(ctx, first)
	if err != nil {
		return err
	}
	taken := map[int64]bool{}
	for _, one := range first {
		taken[one.ID] = true // of facts that were deleted, too
	}
	for _, g := range groups {
		for _, one := range g.shifts {
			taken[one.ID] = true
		}
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(taken)), maxBulk) {
		n, err := s.tx.Ent.Shift.Delete().Where(shift.IDIn(chunk...)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete shifts: %w", err)
		}
		if n != len(chunk) {
			return errTaken
		}
	}
	return s.write(ctx, groups)
}

// groups gives all facts of the claims of some shifts, and all that befell them.
// Groups come in the order of their first shifts.
func (s *settlement) groups(ctx context.Context, first []*ent.Shift) ([]*group, error) {
	ids := make([]uuid.UUID, len(first))
	for i, one := range first {
		ids[i] = one.FactID
	}
	rows, err := s.tx.Ent.Fact.Query().Where(fact.IDIn(ids...), fact.ClaimNotNil()).Select(fact.FieldCompany, fact.FieldProfileID, fact.FieldClaim).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	by := map[claim]*group{}
	var claims []string
	for _, row := range rows {
		if key := claimOf(row); by[key] == nil {
			by[key] = &group{first: map[uuid.UUID]*ent.Shift{}, last: map[uuid.UUID]*ent.Shift{}, since: map[uuid.UUID]*ent.Shift{}}
			claims = append(claims, key.claim)
		}
	}
	rows, err = s.tx.Ent.Fact.Query().Where(fact.ClaimIn(claims...)).Order(ent.Asc(fact.FieldID)).
		Select(fact.FieldCompany, fact.FieldProfileID, fact.FieldClaim, fact.FieldStatus, fact.FieldCategory, fact.FieldMeasure).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read facts of claims: %w", err)
	}
	of := map[uuid.UUID]*group{}
	for _, row := range rows {
		if g := by[claimOf(row)]; g != nil {
			g.facts = append(g.facts, row)
			of[row.ID] = g
		}
	}
	return s.befell(ctx, of)
}

func claimOf(row *ent.Fact) claim { return claim{row.Company, row.ProfileID, *row.Claim} }

// befell adds to the groups of facts what befell these in the job, and what has
// befallen them since. What had befallen a fact before, in another job that goes
// on, is told with it: the story of a fact has one order.
func (s *settlement) befell(ctx context.Context, of map[uuid.UUID]*group) (groups []*group, err error) {
	ids := make([]uuid.UUID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	var all []*ent.Shift
	for chunk := range slices.Chunk(ids, maxBulk) {
		shifts, err := s.tx.Ent.Shift.Query().Where(shift.FactIDIn(chunk...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read shifts of facts: %w", err)
		}
		all = append(all, shifts...)
	}
	slices.SortFunc(all, func(a, b *ent.Shift) int { return cmp.Compare(a.ID, b.ID) })
	last := map[uuid.UUID]int64{} // of each fact in the job
	for _, one := range all {
		if one.JobID == s.job {
			last[one.FactID] = one.ID
		}
	}
	for _, one := range all {
		g := of[one.FactID]
		if one.ID > last[one.FactID] {
			if g.since[one.FactID] == nil {
				g.since[one.FactID] = one
			}
			continue
		}
		if len(g.shifts) == 0 {
			groups = append(groups, g)
		}
		g.shifts = append(g.shifts, one)
		if g.first[one.FactID] == nil {
			g.first[one.FactID] = one
		}
		g.last[one.FactID] = one
	}
	return groups, nil
}

// stood tells whether the claim was made before the job, and whether it was at
// its end. What has befallen facts since is told by the job that saw it.
func (g *group) stood() (before, after bool) {
	for _, row := range g.facts {
		first, since := g.first[row.ID], g.since[row.ID]
		switch {
		case first != nil:
			before, after = before || !first.Began, after || g.last[row.ID].Began
		case since != nil:
			before, after = before || !since.Began, after || !since.Began
		default:
			active := row.Status == schema.FactActive
			before, after = before || active, after || active
		}
	}
	return before, after
}

// teller gives the fact that tells of the change: the first of those that befell
// something and held in the end, or did not.
func (g *group) teller(held bool) *ent.Fact {
	for _, one := range g.shifts {
		if g.last[one.FactID].Began == held {
			return g.facts[slices.IndexFunc(g.facts, func(row *ent.Fact) bool { return row.ID == one.FactID })]
		}
	}
	return g.facts[0] // cannot be: else it would not have changed
}

// known reports whether the claim was made once, before the job.
func (g *group) known() bool {
	return slices.ContainsFunc(g.facts, func(row *ent.Fact) bool {
		first, since := g.first[row.ID], g.since[row.ID]
		switch {
		case first != nil:
			return first.Known
		case since != nil:
			return since.Known
		}
		return row.Status == schema.FactRemoved || row.Status == schema.FactSuperseded
	})
}

// other is the fact whose place the claim has taken, or the one that has taken
// its place; nil if there is none.
func (g *group) other() *uuid.UUID {
	for _, one := range g.shifts {
		if one.OtherID != nil {
			return one.OtherID
		}
	}
	return nil
}

// write writes the changes of groups.
func (s *settlement) write(ctx context.Context, groups []*group) error {
	told, values, err := s.related(ctx, groups)
	if err != nil {
		return err
	}
	var rows []*ent.FactChangeCreate
	for _, g := range groups {
		before, after := g.stood()
		if before == after {
			continue
		}
		f, other := g.teller(after), g.other()
		if other != nil && values[*other].SameValue(extract.Stated{Value: f.Measure}) {
			continue // the same in other words
		}
		switch {
		case after && other != nil:
			rows = append(rows, s.change(schema.ChangeChanged, f).SetPreviousID(*other))
		case after && g.known():
			rows = append(rows, s.change(schema.ChangeReappeared, f))
		case after:
			rows = append(rows, s.change(schema.ChangeAdded, f))
		case !slices.ContainsFunc(g.shifts, func(one *ent.Shift) bool { return told[one.FactID] }): // with what has taken its place
			rows = append(rows, s.change(schema.ChangeRemoved, f))
		}
	}
	s.changes = len(rows)
	for chunk := range slices.Chunk(rows, maxBulk) {
		if err := s.tx.Ent.FactChange.CreateBulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("write changes: %w", err)
		}
	}
	return nil
}

func (s *settlement) change(kind schema.ChangeKind, f *ent.Fact) *ent.FactChangeCreate {
	return s.tx.Ent.FactChange.Create().SetKind(kind).SetAt(s.now).SetCompany(f.Company).SetCategory(f.Category).SetFactID(f.ID).
		SetProfileID(f.ProfileID).SetNillableJobID(s.named)
}

// related finds what is to be known besides: which facts of groups the job has
// told of as what was before, and the values of those whose place they have taken
// or who have taken theirs.
func (s *settlement) related(ctx context.Context, groups []*group) (told map[uuid.UUID]bool, values map[uuid.UUID]extract.Stated, err error) {
	var befallen, others []uuid.UUID
	for _, g := range groups {
		for _, one := range g.shifts {
			befallen = append(befallen, one.FactID)
			if one.OtherID != nil {
				others = append(others, *one.OtherID)
			}
		}
	}
	told, values = map[uuid.UUID]bool{}, map[uuid.UUID]extract.Stated{}
	for chunk := range slices.Chunk(unique(others), maxBulk) {
		rows, err := s.tx.Ent.Fact.Query().Where(fact.IDIn(chunk...)).Select(fact.FieldMeasure).All(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("read values: %w", err)
		}
		for _, row := range rows {
			values[row.ID] = extract.Stated{Value: row.Measure}
		}
	}
	ofJob := factchange.JobIDIsNil()
	if s.named != nil {
		ofJob = factchange.JobID(*s.named)
	}
	for chunk := range slices.Chunk(unique(befallen), maxBulk) {
		rows, err := s.tx.Ent.FactChange.Query().Where(ofJob, factchange.PreviousIDIn(chunk...)).Select(factchange.FieldPreviousID).All(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("read changes: %w", err)
		}
		for _, row := range rows {
			told[*row.PreviousID] = true
		}
	}
	return told, values, nil
}

func unique(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
