package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// maxEntries is how many entries of a cell its text words.
const maxEntries = 4

// worded is the cell with what it says in words: Parts, Lead, More and Text. Of what contradicts
// itself the two that do so are the first part.
func (c Cell) worded(a *attribute) Cell {
	said := c.Entries
	if c.State == Conflict {
		c.Parts = []string{said[0].Text + " ≠ " + said[1].Text}
		said = said[2:]
	}
	if len(said) > 0 {
		list, worded := parts(a, said, c.State)
		c.Parts = append(c.Parts, list...)
		c.More = len(said) - worded
	}
	if c.State != Conflict {
		c.Lead = max(0, slices.IndexFunc(c.Parts, func(p string) bool {
			return p == c.Entries[0].Text || slices.ContainsFunc(c.Entries, func(s Said) bool { return p == s.Text && s.Value.Numeric() && sameValue(s.Value, c.Value) })
		}))
	}
	if c.More > 0 {
		c.Parts = append(c.Parts, fmt.Sprintf("+%d more", c.More))
	}
	c.Text = strings.Join(c.Parts, " · ")
	return c
}

// parts say what entries of a cell of that state say, at most maxEntries of them, and how
// many entries that words; of sentences one, or two if they are no longer together than one may be and say
// what there is. A value that stands there with what limits it does not stand there again without.
func parts(a *attribute, said []Said, state State) (list []string, worded int) {
	shown := places(said)
	list = flags(shown)
	for _, s := range shown {
		if s.isFlag() {
			worded++
		}
	}
	told := len(list) > 0 && (state != Stated || strings.HasPrefix(list[0], haveIt))
	sentences, wordy := 0, !told && state != Conflict // plans that have it not do not tell that others have it
	for _, s := range inOrder(shown) {
		if s.isFlag() {
			continue
		}
		sentence := s.Value.Kind == "" && !s.noneOfPlan(a) || s.Value.Kind == schema.ValueFlag || s.Value.Kind == schema.ValueVersion
		if sentence {
			if sentences += utf8.RuneCountInString(s.Text); state == Conflict || len(list) > 0 && (len(list) > 1 || sentences > maxText || !wordy || state == StatedNo) {
				continue // the evidence has them
			}
		}
		worded++
		wordy = wordy && sentence
		if !s.repeats(shown) && !slices.Contains(list, s.Text) {
			list = append(list, s.Text)
		}
	}
	return list, worded
}

// repeats reports that another of the entries says the value of s, too, with what limits it; of two
// that are not limited the first stays.
func (s Said) repeats(said []Said) bool {
	if !s.Value.Numeric() || len(s.limits("")) > 0 {
		return false
	}
	for _, o := range said {
		if o.Fact == s.Fact && o.Apart == s.Apart {
			return slices.ContainsFunc(said, func(o Said) bool { return len(o.limits("")) > 0 && sameValue(o.Value, s.Value) })
		}
		if sameValue(o.Value, s.Value) {
			return true
		}
	}
	return false
}

// places are the entries that the text of a cell words: the first few, of which a
// yes or no for each plan is one.
func places(entries []Said) (shown []Said) {
	places, flagged := 0, false
	for _, s := range entries {
		if s.isFlag() && flagged {
			shown = append(shown, s)
			continue
		}
		if places == maxEntries {
			continue
		}
		places++
		flagged = flagged || s.isFlag()
		shown = append(shown, s)
	}
	return shown
}

// inOrder puts values that have numbers of one unit first and in their order, as plans stand
// in a table; what else there is stays in its order.
func inOrder(said []Said) []Said {
	sorted := slices.Clone(said)
	var first *schema.Value
	for i := range said {
		switch v := &said[i].Value; {
		case !v.Numeric() && v.Kind != schema.ValueUnlimited:
		case first == nil:
			first = v
		case v.Kind != first.Kind && v.Kind != schema.ValueUnlimited, v.Unit != first.Unit && v.Number != 0 && first.Number != 0:
			return sorted
		}
	}
	slices.SortStableFunc(sorted, func(a, b Said) int { return cmp.Compare(placeOf(a.Value), placeOf(b.Value)) })
	return sorted
}

// placeOf is where a value stands among others of a cell.
func placeOf(v schema.Value) float64 {
	if !v.Numeric() && v.Kind != schema.ValueUnlimited {
		return math.Inf(1)
	}
	return rankOf(v)
}

// isFlag tells whether the entry is a yes or a no for a plan.
func (s Said) isFlag() bool {
	return s.Value.Kind == schema.ValueFlag && s.Limits["plan"] != "" && strings.Contains(s.Statement, " — ")
}

// What stands before the plans that have something, and those that have not.
const (
	haveIt  = "Yes: "
	haveNot = "No: "
)

// flags words the plans that have it, then those that have not, each in the order of
// their names: facts come by confidence, which says nothing of plans.
func flags(said []Said) (parts []string) {
	for _, is := range []bool{true, false} {
		var columns []string
		for _, s := range said {
			if c := s.Limits["plan"]; s.isFlag() && s.Value.Yes == is && !slices.Contains(columns, c) {
				columns = append(columns, c)
			}
		}
		if slices.Sort(columns); len(columns) > 0 {
			parts = append(parts, map[bool]string{true: haveIt, false: haveNot}[is]+strings.Join(columns, ", "))
		}
	}
	return parts
}

// wordEntry says what one entry of a row says: its value with what limits it, or else the
// statement, as always where the row has no name to tell what the value is of.
func wordEntry(s Said, a *attribute) string {
	v := s.Value.Original
	switch kind := s.Value.Kind; {
	case s.noneOfPlan(a) && len(columnsOf(s.Statement)) == 1:
		c := columnsOf(s.Statement)[0]
		v = s.Statement[c.start:c.end]
	case v == "", a == nil && !s.isFlag(), kind == schema.ValueVersion, kind == schema.ValueFlag && !s.isFlag():
		return shorten(strings.TrimSuffix(s.Statement, "."), maxText)
	}
	limits := s.limits(v)
	if len(limits) == 0 {
		return v
	}
	return strings.Join(limits, ", ") + ": " + v
}

// limits are what limits an entry whose value is worded as v, which may say it, too.
func (s Said) limits(v string) (limits []string) {
	for _, name := range []string{"plan", "region", "version", "condition", "column"} {
		if q := s.Limits[name]; q != "" && !strings.Contains(v, q) && !slices.Contains(limits, q) {
			limits = append(limits, q)
		}
	}
	return limits
}

// noneOfPlan reports that a row of a table says that on one plan there is no such value.
func (s Said) noneOfPlan(a *attribute) bool {
	return s.Denies && s.Limits["plan"] != "" && a != nil && len(a.kinds) > 0
}

// shorten cuts a text to n characters, at a word.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	cut := string(runes[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.") + "…"
}
