package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	stored "techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

// CheckCompanies says with NOT_FOUND of which of companies no page is stored, and which it may be that is meant.
func CheckCompanies(ctx context.Context, s *store.Store, companies []string) error {
	known, err := s.Ent.Page.Query().Where(stored.CompanyIn(companies...)).Unique(true).Select(stored.FieldCompany).Strings(ctx)
	if err != nil {
		return fmt.Errorf("find companies: %w", err)
	}
	for i, name := range companies {
		if !slices.Contains(known, name) {
			return stranger(ctx, s, i, name, "")
		}
	}
	return nil
}

// maxStrangers is among how many companies the one is looked for that may be meant.
const maxStrangers = 10_000

// stranger is the error of a company of which no page is stored, the i-th of those that were named; then says of when.
func stranger(ctx context.Context, s *store.Store, i int, name, then string) error {
	known, err := s.Ent.Page.Query().Unique(true).Limit(maxStrangers).Select(stored.FieldCompany).Strings(ctx)
	if err != nil {
		return fmt.Errorf("find companies: %w", err)
	}
	hint := ""
	if meant := nearest(name, known); meant != "" && meant != name {
		hint = fmt.Sprintf(": did you mean %q?", meant)
	}
	return fault.New(fault.NotFound, "no page of a company %q is stored%s%s", name, then, hint).With(fmt.Sprintf("input.companies[%d]", i))
}

// nearest is the one of known that is spelt most like name; empty if none is like it.
func nearest(name string, known []string) (best string) {
	slices.Sort(known)
	plain := plainName(name)
	least := 2*min(2, len(plain)/3) + 1 // letters may differ, the more the longer it is
	for _, other := range known {
		o := plainName(other)
		n := 2 * distance(plain, o)
		switch {
		case len(plain) > 2 && strings.HasPrefix(o, plain):
			n = min(n, 1)
		case len(o) > 2 && strings.HasPrefix(plain, o):
			n = min(n, 2)
		}
		if n < least {
			best, least = other, n
		}
	}
	return best
}

// plainName is a name without case, spaces and signs.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// distance is how many letters must be put in, taken out or replaced to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		corner := row[0]
		row[0] = i + 1
		for j := range y {
			replaced := corner
			if x[i] != y[j] {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j]+1, corner+1)
		}
	}
	return row[len(y)]
}
