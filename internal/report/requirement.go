package report

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/requirementset"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Errors a client can act on.
var (
	ErrNoRequirements    = fault.New(fault.NotFound, "no such requirement set")
	ErrRequirementsTaken = fault.New(fault.Conflict, "there is a requirement set of this name already").With("input.name")
)

// MaxRules is how many rules a requirement set has at most.
const MaxRules = 50

const (
	maxSetName     = 200
	maxDescription = 1000
	maxWeight      = 100
)

// Requirements keeps what companies are held against. It is the only writer of
// requirement sets.
type Requirements struct{ store *store.Store }

// NewRequirements returns the requirement sets kept in s.
func NewRequirements(s *store.Store) *Requirements { return &Requirements{s} }

// RequirementDraft is what a requirement set says. Nil leaves a thing as it is, or
// at its default.
type RequirementDraft struct {
	Name, Description *string
	Rules             []schema.Requirement
}

// Create makes a requirement set. INVALID, with the path of what is wrong, for input that makes no
// sense; CONFLICT for a name that is taken.
func (r *Requirements) Create(ctx context.Context, d RequirementDraft) (*ent.RequirementSet, error) {
	if d.Name == nil {
		d.Name = new(string)
	}
	if d.Rules == nil {
		d.Rules = []schema.Requirement{}
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return r.write(ctx, func(tx *store.Tx) (*ent.RequirementSet, error) {
		return tx.Ent.RequirementSet.Create().SetName(*d.Name).SetNillableDescription(d.Description).SetRules(d.Rules).Save(ctx)
	})
}

// Update changes a requirement set. NOT_FOUND, and as Create.
func (r *Requirements) Update(ctx context.Context, id uuid.UUID, d RequirementDraft) (*ent.RequirementSet, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return r.write(ctx, func(tx *store.Tx) (*ent.RequirementSet, error) {
		update := tx.Ent.RequirementSet.UpdateOneID(id).SetNillableName(d.Name).SetNillableDescription(d.Description).AddVersion(1).SetUpdatedAt(schema.Now())
		if d.Rules != nil {
			update.SetRules(d.Rules)
		}
		return update.Save(ctx)
	})
}

// Delete deletes a requirement set. NOT_FOUND.
func (r *Requirements) Delete(ctx context.Context, id uuid.UUID) error {
	_, err := r.write(ctx, func(tx *store.Tx) (*ent.RequirementSet, error) {
		return nil, tx.Ent.RequirementSet.DeleteOneID(id).Exec(ctx)
	})
	return err
}

// write runs f in a transaction, and says what a client can do about its error.
func (r *Requirements) write(ctx context.Context, f func(*store.Tx) (*ent.RequirementSet, error)) (row *ent.RequirementSet, err error) {
	err = r.store.Tx(ctx, func(tx *store.Tx) error {
		row, err = f(tx)
		switch {
		case ent.IsNotFound(err):
			return ErrNoRequirements
		case ent.IsConstraintError(err):
			return ErrRequirementsTaken
		case err != nil:
			return fmt.Errorf("write requirement set: %w", err)
		}
		return nil
	})
	return row, err
}

// read finds a requirement set by its id.
func (r *Requirements) read(ctx context.Context, id uuid.UUID) (*ent.RequirementSet, error) {
	row, err := r.store.Ent.RequirementSet.Query().Where(requirementset.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNoRequirements.With("requirementSetId")
	}
	if err != nil {
		return nil, fmt.Errorf("read requirement set: %w", err)
	}
	return row, nil
}

// check says with INVALID what is wrong with a draft.
func (d RequirementDraft) check() error {
	if d.Name != nil {
		if n := utf8.RuneCountInString(*d.Name); n < 1 || n > maxSetName || strings.TrimSpace(*d.Name) != *d.Name {
			return fault.InvalidField("input.name", "must be 1 to %d characters, without space around them", maxSetName)
		}
	}
	if d.Description != nil && utf8.RuneCountInString(*d.Description) > maxDescription {
		return fault.InvalidField("input.description", "must have at most %d characters", maxDescription)
	}
	if d.Rules != nil && (len(d.Rules) == 0 || len(d.Rules) > MaxRules) {
		return fault.InvalidField("input.rules", "must be 1 to %d rules", MaxRules)
	}
	for i, rule := range d.Rules {
		if rule.Weight < 1 || rule.Weight > maxWeight {
			return fault.InvalidField(fmt.Sprintf("input.rules[%d].weight", i), "must be 1 to %d", maxWeight)
		}
		if _, wrong := demandOf(rule); wrong != nil {
			return fault.InvalidField(fmt.Sprintf("input.rules[%d].%s", i, wrong.field), "%s", wrong.why)
		}
	}
	return nil
}

// Attribute is a row of comparisons that has a name.
type Attribute struct {
	Key, Label, Category string
	Kinds                []schema.ValueKind // of its values; none if it is said in words
	Better               int                // as of a Row
}

// Attributes lists the rows that have a name, section by section.
func Attributes() []Attribute {
	list := make([]Attribute, 0, len(attributes().attributes))
	for _, a := range attributes().attributes {
		list = append(list, Attribute{a.key, a.label, a.section.key, a.kinds, map[direction]int{higher: 1, lower: -1}[a.better]})
	}
	return list
}
