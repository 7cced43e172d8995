package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// lead is the place of the value that stands for a cell, -1 if there is none: the
// best of several if the attribute has a direction and they have one unit, else that of the
// surest entry. What is free of charge is not the price of a plan, and what holds by default is
// not the most there can be.
func lead(a *attribute, said []Said) int {
	if a != nil && len(a.kinds) == 0 { // words are compared: a yes or no that is less sure than they says little
		if said[0].Value.Kind == "" {
			return -1
		}
		return 0
	}
	k := -1
	for i, s := range said {
		switch {
		case s.Value.Kind == "":
		case k < 0:
			k = i
		case a == nil || a.better == neither:
		case said[k].ofPart(a) && !s.ofPart(a) && s.Value.Numeric():
			k = i
		case s.ofPart(a) && !said[k].ofPart(a) && said[k].Value.Numeric():
		case said[k].byDefault() && !s.byDefault():
			k = i
		case s.byDefault() && !said[k].byDefault():
		case free(said[k].Value) && s.Value.Kind == schema.ValueMoney && !free(s.Value),
			a.measure(s.Value) == a.measure(said[k].Value) && better(a, s.Value, said[k].Value) && !free(s.Value):
			k = i
		}
	}
	return k
}

func free(v schema.Value) bool { return v.Kind == schema.ValueMoney && v.Number == 0 }

// better reports whether x is better than y, values of one kind and unit.
func better(a *attribute, x, y schema.Value) bool {
	n := cmp.Compare(rankOf(a.one(x)), rankOf(a.one(y)))
	if x.Kind == schema.ValueVersion {
		n = compareVersions(x.From, y.From)
	}
	if a.better == lower {
		n = -n
	}
	return n > 0
}

// rankOf is the number by which values of a unit are compared.
func rankOf(v schema.Value) float64 {
	if v.Kind == schema.ValueUnlimited {
		return math.Inf(1)
	}
	return v.Number
}

// compareVersions compares dotted numbers; 1.2 is 1.2.0.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for len(x) < len(y) {
		x = append(x, "0")
	}
	for len(y) < len(x) {
		y = append(y, "0")
	}
	for i := range x {
		if n := cmp.Or(cmp.Compare(len(strings.TrimLeft(x[i], "0")), len(strings.TrimLeft(y[i], "0"))), strings.Compare(strings.TrimLeft(x[i], "0"), strings.TrimLeft(y[i], "0"))); n != 0 {
			return n
		}
	}
	return 0
}

// ofPart reports values that are for a part of what the row is about, of which others are for all.
func (s Said) ofPart(a *attribute) bool {
	return len(a.plain) > 0 && (s.Apart().Row != "" || s.Apart().Column != "" && !s.byDefault())
}

// byDefault reports values that hold unless something else is asked for.
func (s Said) byDefault() bool { return strings.EqualFold(s.Limits["column"], byDefault) }

// measure is what values of the row must share to be compared: the kind, and the unit, of which
// nouns that count the same in the row are one. A number of nothing in particular has no noun.
func (a *attribute) measure(v schema.Value) string {
	if v.Kind == schema.ValueCount || v.Kind == schema.ValueRate {
		n := noun(v)
		if slices.Contains(a.same, n) {
			n = a.same[0]
		}
		return string(v.Kind) + " " + n
	}
	return unitOf(a.one(v))
}

// one is an amount of money for one of what it is paid for, where that counts the same as others in the row: €0.40
// per 1,000 requests is €0.0004 each.
func (a *attribute) one(v schema.Value) schema.Value {
	v = each(v)
	if a != nil && v.Kind == schema.ValueMoney && slices.Contains(a.same, v.Per) {
		v = paidFor(v, "")
	}
	return v
}

// isNone reports the value of what there is none of, where that is the best there is.
func isNone(v schema.Value) bool { return v.Original == nothing && v.Numeric() && v.Number == 0 }

// basis is what values of a row must share to be compared.
type basis struct {
	measure string
	scope   string // what they are for each of, such as a node; empty if nothing says so
	of      Apart  // what they are for, but for the plan
}

func (c Cell) basis(a *attribute) basis {
	b := basis{measure: a.measure(c.Value), scope: c.scope()}
	if len(c.Entries) > 0 {
		b.of = c.of(a, c.Entries[0])
	}
	return b
}

// of is what a value of the cell is for: all that tells it apart but the plan, what it is for each of, and heads that
// say that it holds by default, that it is the least that will do, or of whom it is. Versions are of what the row is about.
func (c Cell) of(a *attribute, s Said) Apart {
	if a.least {
		return Apart{}
	}
	of := s.Apart()
	of.Plan = ""
	if s.byDefault() || slices.Contains(leastHeads, of.Column) {
		of.Column = ""
	}
	if strings.HasPrefix(of.Condition, "per ") {
		of.Condition = ""
	}
	for _, head := range []*string{&of.Row, &of.Column} {
		if strings.Contains(*head, strings.ToLower(c.Company)) {
			*head = ""
		}
	}
	return of
}

// Heads of columns of what is the least that will do, and of what is better.
//
//nolint:gochecknoglobals // fixed lists
var (
	leastHeads  = []string{"minimum", "min", "at least", "required", "least"}
	betterHeads = []string{"recommended", "better", "optimal", "suggested", "ideal"}
)

// rankCells marks the best and the worst of a row, and notes why a value is compared to no other.
// Compared are those of the basis that most have; none if no basis is that of
// most. What contradicts itself is neither.
func rankCells(a *attribute, cells []Cell) {
	if a == nil || a.better == neither {
		return
	}
	bases := make([]basis, len(cells))
	for i, c := range cells {
		bases[i] = c.basis(a)
	}
	common, why, several := commonBasis(a, cells, bases)
	if !several {
		return
	}
	var best, worst []int
	n := 0
	for i := range cells {
		c := &cells[i]
		if c.Unranked = c.unranked(a, bases[i], common, why); c.Unranked != "" || c.Value.Kind == "" || c.State == NotDocumented || c.State == NotRead || c.State == StatedNo {
			continue
		}
		n++
		place := func(list []int, wins func(x, y schema.Value) bool) []int {
			switch {
			case len(list) == 0 || wins(c.Value, cells[list[0]].Value):
				return []int{i}
			case wins(cells[list[0]].Value, c.Value):
				return list
			}
			return append(list, i)
		}
		best = place(best, func(x, y schema.Value) bool { return better(a, x, y) })
		worst = place(worst, func(x, y schema.Value) bool { return better(a, y, x) })
	}
	if n == 1 && len(cells) > 1 && isNone(cells[best[0]].Value) { // than which no amount in any currency is better
		cells[best[0]].Best = true
		return
	}
	if n < 2 || len(best) == n {
		return
	}
	for _, i := range best {
		cells[i].Best = !contested(a, cells, i, better)
	}
	for _, i := range worst {
		cells[i].Worst = !cells[i].saysBetter(a) && !contested(a, cells, i, func(a *attribute, x, y schema.Value) bool { return better(a, y, x) })
	}
}

// contested reports that a cell which contradicts itself, or says values of other or of several things, says one that does
// not lose to that of cell k: which of the two is first nobody knows.
func contested(a *attribute, cells []Cell, k int, wins func(a *attribute, x, y schema.Value) bool) bool {
	mine := cells[k].Value
	return slices.ContainsFunc(cells, func(c Cell) bool {
		return (c.State == Conflict || c.Unranked == forElse || c.ofSeveral(a)) && slices.ContainsFunc(c.Entries, func(s Said) bool {
			return s.Value.Kind == mine.Kind && a.measure(s.Value) == a.measure(mine) && !wins(a, mine, s.Value)
		})
	})
}

// forElse is why a value is compared to none that is for all.
const forElse = "it is for something else"

// unranked is why the value of c is compared to no other, empty if it is, or if it has none: why, if none is.
func (c Cell) unranked(a *attribute, b, common basis, why string) string {
	switch {
	case c.State == Conflict:
		return "its pages contradict each other"
	case c.State != Stated || c.Value.Kind == "" || c.Value.Kind == schema.ValueUnlimited || isNone(c.Value):
		return ""
	case c.Value.Kind == schema.ValueFlag:
		return "it says no value"
	case c.ofSeveral(a):
		return "it says values of several things"
	case b == common:
		return ""
	case why != "":
		return why
	case (b.measure == common.measure || strings.HasPrefix(common.measure, string(c.Value.Kind)) && bare(c.Value)) && b.scope != common.scope:
		if b.scope == "" {
			return "it is not said to be per " + common.scope
		}
		return "it is per " + b.scope
	case strings.HasPrefix(common.measure, string(c.Value.Kind)) && bare(c.Value):
		return ""
	case b.measure == common.measure:
		return forElse
	case c.Value.Kind == schema.ValueMoney:
		return "it is in " + c.Value.Unit
	case noun(c.Value) != "":
		return "it counts something else: " + noun(c.Value)
	}
	return "it is measured as something else"
}

// ofSeveral reports values of several things that are no plans: of geocoding, and of directions.
func (c Cell) ofSeveral(a *attribute) bool {
	if len(c.Entries) == 0 {
		return false
	}
	first := c.Entries[0]
	return slices.ContainsFunc(c.Entries[1:], func(s Said) bool {
		return s.Value.Numeric() && !sameValue(s.Value, first.Value) && !slices.Contains(betterHeads, s.Apart().Column) && !s.byDefault() && c.of(a, s) != c.of(a, first)
	})
}

// bare reports numbers of nothing in particular.
func bare(v schema.Value) bool {
	return (v.Kind == schema.ValueCount || v.Kind == schema.ValueRate) && noun(v) == ""
}

// commonBasis is the basis that most values of a row have; if two are had by as many, it is why none is. several tells
// whether there are two values at all.
func commonBasis(a *attribute, cells []Cell, bases []basis) (most basis, why string, several bool) {
	count := map[basis]int{}
	values := 0
	for i, c := range cells {
		if c.State != Stated && c.State != Conflict || c.Value.Kind == "" {
			continue
		}
		if values++; c.State == Stated && c.Value.Kind != schema.ValueUnlimited && c.Value.Kind != schema.ValueFlag && !isNone(c.Value) && !c.ofSeveral(a) {
			count[bases[i]]++
		}
	}
	named := maps.Clone(count) // a number of nothing in particular joins one of its kind
	maps.DeleteFunc(named, func(b basis, _ int) bool { return strings.HasSuffix(b.measure, " ") })
	if len(named) > 0 {
		count = named
	}
	measures := map[string]bool{}
	var tied basis
	for b, n := range count {
		measures[b.measure] = true
		switch {
		case n > count[most]:
			most = b
		case n == count[most]:
			tied = b
		}
	}
	switch {
	case tied == basis{} || tied == most || count[tied] < count[most]:
		return most, "", values > 1
	case len(measures) == 1:
		return basis{}, "the values of the row are not per the same", values > 1
	}
	return basis{}, "the values of the row have no unit in common", values > 1
}

// saysBetter reports that the words of the value that stands for c have a better one:
// at most 50, or 100 on request.
func (c Cell) saysBetter(a *attribute) bool {
	return a.alone(c.Entries[0].Statement) && slices.ContainsFunc(extract.Measures(c.Entries[0].Statement), func(m extract.Measure) bool {
		return a.measure(m.Value) == a.measure(c.Value) && better(a, m.Value, c.Value)
	})
}

// alone tells whether a statement speaks of the attribute and of no other that takes such values: of two
// shares of latency each has its own.
func (a *attribute) alone(statement string) bool {
	list := columnsOf(statement)
	return !slices.ContainsFunc(attributes().mentions(wordsOf(statement), len(list) == 0), func(m mention) bool {
		return m.of != a && slices.ContainsFunc(m.of.kinds, func(k schema.ValueKind) bool { return slices.Contains(a.kinds, k) })
	})
}

func unitOf(v schema.Value) string { return string(v.Kind) + " " + v.Unit }
