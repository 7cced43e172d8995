package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// maxAhead is how far ahead of ours the clock of who asks may be.
const maxAhead = time.Minute

// CheckPast says with INVALID, of a field, that a time is still to come: nobody knows what will be documented then.
func CheckPast(field string, at time.Time) error {
	if at.After(schema.Now().Add(maxAhead)) {
		return fault.InvalidField(field, "is still to come: nobody knows what will be documented then")
	}
	return nil
}

// CheckCategories says with INVALID which of categories stands there twice, or is
// none: no section has that key, no profile that category, and no fact is of it.
func CheckCategories(ctx context.Context, s *store.Store, categories []string) error {
	field, err := misplaced(ctx, s, categories)
	if err != nil || field < 0 {
		return err
	}
	at := fmt.Sprintf("input.categories[%d]", field)
	if slices.Contains(categories[:field], categories[field]) {
		return fault.InvalidField(at, "%q stands there twice", categories[field])
	}
	return fault.InvalidField(at, "there is no category %q: no profile has it, and no fact is of it", categories[field])
}

// misplaced is the first of categories that stands there twice or is none; -1 if
// all are well.
func misplaced(ctx context.Context, s *store.Store, categories []string) (int, error) {
	var strange []string // those that attributes.txt does not know
	for i, c := range categories {
		if slices.Contains(categories[:i], c) {
			return i, nil
		}
		if t := attributes(); t.byCategory[c] == nil && !slices.ContainsFunc(t.sections, func(s *section) bool { return s.key == c }) {
			strange = append(strange, c)
		}
	}
	if len(strange) == 0 {
		return -1, nil
	}
	known, err := s.Ent.Fact.Query().Where(fact.CategoryIn(strange...)).Unique(true).Select(fact.FieldCategory).Strings(ctx)
	if err != nil {
		return -1, fmt.Errorf("find categories: %w", err)
	}
	profiles, err := s.Ent.Profile.Query().All(ctx)
	if err != nil {
		return -1, fmt.Errorf("find categories: %w", err)
	}
	for _, p := range profiles {
		known = append(known, p.Categories...)
	}
	return slices.IndexFunc(categories, func(c string) bool { return slices.Contains(strange, c) && !slices.Contains(known, c) }), nil
}

// checkAttributes says with INVALID which of keys stands there twice, or is that of
// no row. Of rows without a name the category is looked at: whether there is one depends
// on what is documented.
func checkAttributes(ctx context.Context, s *store.Store, keys []string) error {
	var categories []string
	for i, key := range keys {
		if slices.Contains(keys[:i], key) {
			return fault.InvalidField(attributeAt(i), "%q stands there twice", key)
		}
		if category, ok := categoryOfRow(key); ok && !slices.Contains(categories, category) {
			categories = append(categories, category)
		}
	}
	wrong, err := misplaced(ctx, s, categories)
	if err != nil {
		return err
	}
	for i, key := range keys {
		category, unnamed := categoryOfRow(key)
		if attributes().byKey[key] == nil && (!unnamed || wrong >= 0 && category == categories[wrong]) {
			return fault.InvalidField(attributeAt(i), "there is no row %q", key)
		}
	}
	return nil
}

func attributeAt(i int) string { return fmt.Sprintf("input.attributes[%d]", i) }

// categoryOfRow is the category that is in the key of a row without a name: see
// comparing.align.
func categoryOfRow(key string) (category string, ok bool) {
	category, hash, ok := strings.Cut(key, "/")
	category, unnamed := strings.CutPrefix(category, rest(""))
	return category, ok && unnamed && hash != ""
}
