package report

import (
	"slices"
	"strings"

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

// Holds tells how many rows of a draft all companies state, how many facts its first section lists, and its text.
func (d *Draft) Holds() (full, listed int, body string) {
	for _, s := range d.doc.Table {
		for _, r := range s.Rows {
			if !slices.ContainsFunc(r.Cells, TableCell.Silent) {
				full++
			}
		}
	}
	for _, s := range d.doc.Sections[:min(1, len(d.doc.Sections))] {
		listed = len(s.Facts)
	}
	return full, listed, d.body
}

// String writes what tells an entry apart down, for tests.
func (a Apart) String() string {
	var list []string
	for _, q := range []struct{ name, value string }{{"condition", a.Condition}, {"environment", a.Environment}, {"plan", a.Plan}, {"region", a.Region}, {"version", a.Version}, {"row", a.Row}, {"column", a.Column}} {
		if q.value != "" {
			list = append(list, q.name+"="+q.value)
		}
	}
	return strings.Join(list, "; ")
}
