package extract

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Errors a client can act on.
var (
	ErrNoProfile = fault.New(fault.NotFound, "no such profile")
	ErrBuiltin   = fault.New(fault.Forbidden, "a built-in profile cannot be changed or deleted; clone it")
	ErrNameTaken = fault.New(fault.Conflict, "there is a profile of this name already").With("input.name")
)

var (
	profileName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	categoryName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

const maxCategories = 30

// Profiles keeps what to look for. It is the only writer of profiles.
type Profiles struct{ store *store.Store }

// NewProfiles returns the profiles kept in s.
func NewProfiles(s *store.Store) *Profiles { return &Profiles{s} }

// Seed brings the built-in profiles up to date. A profile that somebody made
// under the name of a built-in one is left alone.
func (p *Profiles) Seed(ctx context.Context) error {
	return p.store.Tx(ctx, func(tx *store.Tx) error {
		for _, b := range Builtin() {
			err := tx.Ent.Profile.Create().SetName(b.Name).SetDescription(b.Description).SetCategories(b.Categories).
				SetFocus(b.Focus).SetDepth(b.Depth).SetInstructions(b.Instructions).SetBuiltin(true).
				OnConflictColumns(profile.FieldName).DoNothing().Exec(ctx)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("seed profile %s: %w", b.Name, err)
			}
			row, err := tx.Ent.Profile.Query().Where(profile.Name(b.Name)).Only(ctx)
			if err != nil {
				return fmt.Errorf("seed profile %s: %w", b.Name, err)
			}
			if !row.Builtin || row.Description == b.Description && slices.Equal(row.Categories, b.Categories) &&
				row.Focus == b.Focus && row.Depth == b.Depth && row.Instructions == b.Instructions {
				continue
			}
			err = row.Update().SetDescription(b.Description).SetCategories(b.Categories).SetFocus(b.Focus).
				SetDepth(b.Depth).SetInstructions(b.Instructions).AddVersion(1).SetUpdatedAt(schema.Now()).Exec(ctx)
			if err != nil {
				return fmt.Errorf("seed profile %s: %w", b.Name, err)
			}
		}
		return nil
	})
}

// Draft is what a profile says. Nil leaves a thing as it is, or at its default. An
// empty method, in Update, is the default.
type Draft struct {
	Description  *string
	Categories   []string
	Focus        *string
	Depth        *schema.Depth
	Instructions *string
	Method       *schema.ExtractionMethod
}

// Create makes a profile. INVALID for input out of bounds, CONFLICT for a name
// that is taken.
func (p *Profiles) Create(ctx context.Context, name string, d Draft) (*ent.Profile, error) {
	if !profileName.MatchString(name) {
		return nil, fault.InvalidField("input.name", "must be 1 to 64 lower case letters, digits and underscores, a letter first")
	}
	if d.Categories == nil {
		d.Categories = []string{}
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	return p.write(ctx, func(tx *store.Tx) (uuid.UUID, error) {
		row, err := tx.Ent.Profile.Create().SetName(name).SetCategories(d.Categories).SetNillableDescription(d.Description).
			SetNillableFocus(d.Focus).SetNillableDepth(d.Depth).SetNillableInstructions(d.Instructions).SetNillableMethod(d.Method).Save(ctx)
		if ent.IsConstraintError(err) {
			return uuid.Nil, ErrNameTaken
		}
		if err != nil {
			return uuid.Nil, fmt.Errorf("make profile: %w", err)
		}
		return row.ID, nil
	})
}

// Update changes a profile that somebody made.
func (p *Profiles) Update(ctx context.Context, id uuid.UUID, d Draft) (*ent.Profile, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	return p.write(ctx, func(tx *store.Tx) (uuid.UUID, error) {
		if err := custom(ctx, tx, id); err != nil {
			return uuid.Nil, err
		}
		update := tx.Ent.Profile.UpdateOneID(id).SetNillableDescription(d.Description).SetNillableFocus(d.Focus).
			SetNillableDepth(d.Depth).SetNillableInstructions(d.Instructions).AddVersion(1).SetUpdatedAt(schema.Now())
		if d.Categories != nil {
			update.SetCategories(d.Categories)
		}
		switch {
		case d.Method == nil:
		case *d.Method == "":
			update.ClearMethod()
		default:
			update.SetMethod(*d.Method)
		}
		if err := update.Exec(ctx); err != nil {
			return uuid.Nil, fmt.Errorf("change profile: %w", err)
		}
		return id, nil
	})
}

// Clone copies a profile, built in or not, to a new name.
func (p *Profiles) Clone(ctx context.Context, id uuid.UUID, name string) (*ent.Profile, error) {
	old, err := p.store.Ent.Profile.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, ErrNoProfile
	}
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return p.Create(ctx, name, Draft{
		Description: &old.Description, Categories: old.Categories, Focus: &old.Focus, Depth: &old.Depth, Instructions: &old.Instructions, Method: old.Method,
	})
}

// Delete deletes a profile that somebody made, with its facts.
func (p *Profiles) Delete(ctx context.Context, id uuid.UUID) error {
	return p.store.Tx(ctx, func(tx *store.Tx) error {
		if err := custom(ctx, tx, id); err != nil {
			return err
		}
		if err := tx.Ent.Profile.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete profile: %w", err)
		}
		return nil
	})
}

// write runs f in a transaction and reads the profile that it names.
func (p *Profiles) write(ctx context.Context, f func(*store.Tx) (uuid.UUID, error)) (*ent.Profile, error) {
	var id uuid.UUID
	err := p.store.Tx(ctx, func(tx *store.Tx) (err error) {
		id, err = f(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.store.Ent.Profile.Get(ctx, id)
}

// custom fails unless the profile is there and somebody made it.
func custom(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
	row, err := tx.Ent.Profile.Get(ctx, id)
	switch {
	case ent.IsNotFound(err):
		return ErrNoProfile
	case err != nil:
		return fmt.Errorf("read profile: %w", err)
	case row.Builtin:
		return ErrBuiltin
	}
	return nil
}

// Check says with INVALID what is wrong with a draft.
func (d Draft) Check() error {
	if d.Categories != nil {
		if len(d.Categories) == 0 || len(d.Categories) > maxCategories {
			return fault.InvalidField("input.categories", "must be 1 to %d categories", maxCategories)
		}
		for i, c := range d.Categories {
			if !categoryName.MatchString(c) || slices.Contains(d.Categories[:i], c) {
				return fault.InvalidField(fmt.Sprintf("input.categories[%d]", i), "must be lower case letters, digits and underscores, each category once")
			}
		}
	}
	for _, text := range []struct {
		field string
		value *string
		most  int
	}{
		{"input.description", d.Description, 1000},
		{"input.focus", d.Focus, 2000},
		{"input.instructions", d.Instructions, 4000},
	} {
		if text.value != nil && utf8.RuneCountInString(*text.value) > text.most {
			return fault.InvalidField(text.field, "must have at most %d characters", text.most)
		}
	}
	return nil
}
