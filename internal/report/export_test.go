package report

import (
	"slices"

	"techfacts.dev/techfacts/schema"
)

// WinnerOf and SwingsOf are the pure part of an assessment; companies are numbers.
func WinnerOf(rules []schema.Requirement, outcomes [][]Outcome) int {
	_, _, winner := rankCompanies(rules, outcomes)
	return winner
}

// SwingsOf gives, by company, what would have it win.
func SwingsOf(rules []schema.Requirement, outcomes [][]Outcome) map[int][]Flip {
	all := map[int][]Flip{}
	for _, s := range swings(rules, outcomes) {
		all[s.company] = s.Flips
	}
	return all
}

// Of is the company that a flip is about.
func (f Flip) Of() int { return f.company }

// AskedWithoutRow are what buyers ask for first that no row is.
func AskedWithoutRow() []string {
	return slices.DeleteFunc(slices.Clone(asked), func(key string) bool { return attributes().byKey[key] != nil })
}
