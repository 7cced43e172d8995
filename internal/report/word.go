package report

import (
	"cmp"
	"fmt"
	"maps"
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
		c.Parts = []string{c.opposed[0].Text + " ≠ " + c.opposed[1].Text}
		said = c.beside
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
// what there is. A value that stands there with what limits it does not stand there again without. What there
// is in beta or in one region only is not left out.
func parts(a *attribute, said []Said, state State) (list []string, worded int) {
	shown := places(said)
	list, flagged := flags(shown)
	told := len(list) > 0 && (state != Stated || strings.HasPrefix(list[0], haveIt))
	lacking := told && strings.HasPrefix(list[len(list)-1], haveNot)
	sentences, wordy := 0, !told && state != Conflict // plans that have it not do not tell that others have it
	var left []Said
	for _, s := range inOrder(shown) {
		if slices.ContainsFunc(flagged, s.is) {
			continue
		}
		if s.isSentence(a) {
			sentences += utf8.RuneCountInString(s.Text)
			switch {
			case lacking && s.holdsForAll() && sentences <= maxText: // who has it beside these plans
				lacking = false
			case state == Conflict || len(list) > 0 && (len(list) > 1 || sentences > maxText || !wordy || state == StatedNo):
				left = append(left, s)
				continue // the evidence has them
			}
		}
		worded++
		wordy = wordy && s.isSentence(a)
		if !s.repeats(shown) && !slices.Contains(list, s.Text) {
			list = append(list, s.Text)
		}
	}
	worded += len(flagged)
	for _, s := range said {
		if !slices.ContainsFunc(shown, s.is) {
			left = append(left, s)
		}
	}
	for _, s := range left {
		if state != Conflict && s.warns(list) {
			list, worded = append(list, s.Text), worded+1
		}
	}
	return list, worded
}

// isSentence tells whether an entry is worded by its statement.
func (s Said) isSentence(a *attribute) bool {
	return s.Value.Kind == "" && !s.noneOfPlan(a) && !s.ofPlan() || s.Value.Kind == schema.ValueFlag || s.Value.Kind == schema.ValueVersion
}

// holdsForAll tells whether a sentence says that there is such a thing, and limits it to no plan.
func (s Said) holdsForAll() bool {
	return s.Value.Kind == schema.ValueFlag && s.Value.Yes && s.Limits["plan"] == "" && len(columnsOf(s.Statement)) == 0
}

// is tells whether two entries are the same.
func (s Said) is(o Said) bool { return s.Fact == o.Fact && s.apart == o.apart && s.Denies == o.Denies }

// warns reports an entry that there is such a thing with a caveat that no part tells.
func (s Said) warns(parts []string) bool {
	return !s.Denies && slices.ContainsFunc(s.caveats(), func(c string) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(strings.ToLower(p), strings.ToLower(c)) })
	})
}

// caveats are the limits of an entry that whoever relies on it must know.
func (s Said) caveats() (list []string) {
	if c := s.Limits["condition"]; slices.Contains([]string{"beta", "preview", "experimental", "early access"}, c) {
		list = append(list, c)
	}
	if r := s.Limits["region"]; r != "" {
		list = append(list, r)
	}
	return list
}

// repeats reports that another of the entries says the value of s, too, with what limits it; of two
// that are not limited the first stays.
func (s Said) repeats(said []Said) bool {
	if !s.Value.Numeric() || len(s.limits("")) > 0 {
		return false
	}
	for _, o := range said {
		if o.Fact == s.Fact && o.apart == s.apart {
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
	grouped := slices.ContainsFunc(said, func(s Said) bool { // one row says several values
		return s.Apart().Row != "" && slices.ContainsFunc(said, func(o Said) bool { return o.Apart().Row == s.Apart().Row && !o.is(s) })
	})
	slices.SortStableFunc(sorted, func(a, b Said) int {
		if byRow := strings.Compare(a.Apart().Row, b.Apart().Row); grouped && byRow != 0 {
			return byRow
		}
		return cmp.Compare(placeOf(a.Value), placeOf(b.Value))
	})
	return sorted
}

// placeOf is where a value stands among others of a cell.
func placeOf(v schema.Value) float64 {
	if !v.Numeric() && v.Kind != schema.ValueUnlimited {
		return math.Inf(1)
	}
	return rankOf(v)
}

// isFlag tells whether the entry is a yes or a no for a plan, of a table.
func (s Said) isFlag() bool { return s.flagsPlan() && strings.Contains(s.Statement, " — ") }

// flagsPlan tells whether the entry is a yes or a no for plans.
func (s Said) flagsPlan() bool { return s.Value.Kind == schema.ValueFlag && s.Limits["plan"] != "" }

// What stands before the plans that have something, and those that have not.
const (
	haveIt  = "Yes"
	haveNot = "No: "
)

// flags words the plans of a table that have it, by the caveats under which they do, then those that have not, each in the order of
// their names: facts come by confidence, which says nothing of plans. flagged are the entries that this words: sentences
// that say yes or no for plans, too, and those that have a caveat for plans that have it.
func flags(said []Said) (parts []string, flagged []Said) {
	if !slices.ContainsFunc(said, Said.isFlag) {
		return nil, nil
	}
	caveats, without := map[string][]string{}, []string{}
	for _, s := range said {
		if !s.flagsPlan() {
			continue
		}
		flagged = append(flagged, s)
		for p := range strings.SplitSeq(s.Limits["plan"], ", ") {
			if s.Value.Yes {
				caveats[p] = append(caveats[p], s.caveats()...)
			} else if !slices.Contains(without, p) {
				without = append(without, p)
			}
		}
	}
	for _, s := range said {
		plans := strings.Split(s.Limits["plan"], ", ")
		if s.flagsPlan() || s.Denies || len(s.caveats()) == 0 || slices.ContainsFunc(plans, func(p string) bool { _, has := caveats[p]; return !has }) {
			continue
		}
		flagged = append(flagged, s)
		for _, p := range plans {
			caveats[p] = append(caveats[p], s.caveats()...)
		}
	}
	groups := map[string][]string{}
	for _, p := range slices.Sorted(maps.Keys(caveats)) {
		var list []string
		for _, c := range caveats[p] {
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
		under := haveIt
		if len(list) > 0 {
			under += " (" + strings.Join(list, ", ") + ")"
		}
		groups[under] = append(groups[under], p)
	}
	for _, under := range slices.Sorted(maps.Keys(groups)) {
		parts = append(parts, under+": "+strings.Join(groups[under], ", "))
	}
	if slices.Sort(without); len(without) > 0 {
		parts = append(parts, haveNot+strings.Join(without, ", "))
	}
	return parts, flagged
}

// wordEntry says what one entry of a row says: its value with what limits it, or else the
// statement, as always where the row has no name to tell what the value is of.
func wordEntry(s Said, a *attribute) string {
	v := s.Value.Original
	switch kind := s.Value.Kind; {
	case (s.noneOfPlan(a) || a != nil && s.ofPlan()) && len(columnsOf(s.Statement)) == 1:
		c := columnsOf(s.Statement)[0]
		v = s.Statement[c.start:c.end]
	case v == "", a == nil && !s.isFlag(), kind == schema.ValueVersion, kind == schema.ValueFlag && !s.isFlag(),
		kind == schema.ValueUnlimited && len(columnsOf(s.Statement)) == 0:
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
	for _, name := range []string{"row", "plan", "region", "version", "condition", "column"} {
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

// ofPlan reports that a row of a table says something else than a value for one plan: an add-on, 10 endpoints.
func (s Said) ofPlan() bool {
	if s.Value.Kind != "" || s.Denies || s.Limits["plan"] == "" {
		return false
	}
	list := columnsOf(s.Statement)
	return len(list) == 1 && strings.EqualFold(list[0].head, s.Limits["plan"])
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
