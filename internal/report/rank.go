package report

import (
	"cmp"
	"slices"

	"techfacts.dev/techfacts/schema"
)

// Qualification is whether a company meets what it must.
type Qualification string

// The qualifications.
const (
	Qualified    Qualification = "QUALIFIED"
	Open         Qualification = "OPEN"
	Disqualified Qualification = "DISQUALIFIED"
)

// Score is how far a company meets a requirement set, as shares of its weights. If
// what is unknown were all failed it would be Min, if all passed Max.
type Score struct {
	Qualification Qualification
	Known         *float64 // of the weights of what is known; nil: nothing is
	Min, Max      float64
	Unknown       float64
}

// standing is where a company stands: companies are ordered by these, one after
// the other.
type standing struct {
	class    int // 2: it passes every MUST, 1: some are unknown, 0: it fails one
	sure     int // weight of what it passes
	possible int // and of what is unknown
}

func (s standing) compare(o standing) int {
	return cmp.Or(cmp.Compare(s.class, o.class), cmp.Compare(s.sure, o.sure), cmp.Compare(s.possible, o.possible))
}

func standingOf(rules []schema.Requirement, outcomes []Outcome) standing {
	s := standing{class: 2}
	for i, r := range rules {
		must := r.Level == schema.Must
		switch outcomes[i] {
		case Pass:
			s.sure += r.Weight
			s.possible += r.Weight
		case Unknown:
			s.possible += r.Weight
			if must {
				s.class = min(s.class, 1)
			}
		case Fail:
			if must {
				s.class = 0
			}
		}
	}
	return s
}

func scoreOf(rules []schema.Requirement, outcomes []Outcome) Score {
	at := standingOf(rules, outcomes)
	total := 0
	for _, r := range rules {
		total += r.Weight
	}
	s := Score{Qualification: []Qualification{Disqualified, Open, Qualified}[at.class]}
	s.Min, s.Max = share(at.sure, total), share(at.possible, total)
	s.Unknown = share(at.possible-at.sure, total)
	if known := total - (at.possible - at.sure); known > 0 {
		k := share(at.sure, known)
		s.Known = &k
	}
	return s
}

func share(part, of int) float64 { return float64(part) / float64(of) }

// rankCompanies orders companies, the best first; those that stand alike keep
// their order and have one rank. The winner is the one that alone is first and fails no MUST; -1 if
// there is none.
func rankCompanies(rules []schema.Requirement, outcomes [][]Outcome) (order, ranks []int, winner int) {
	at := make([]standing, len(outcomes))
	for i := range outcomes {
		at[i] = standingOf(rules, outcomes[i])
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return at[b].compare(at[a]) })
	ranks = make([]int, len(outcomes))
	for place, i := range order {
		ranks[i] = place + 1
		if place > 0 && at[i] == at[order[place-1]] {
			ranks[i] = ranks[order[place-1]]
		}
	}
	if at[order[0]].class == 0 || len(order) > 1 && at[order[0]] == at[order[1]] {
		return order, ranks, -1
	}
	return order, ranks, order[0]
}

// Swing is what would have to be different for a company to come first alone.
type Swing struct {
	Company string
	Flips   []Flip
	company int
}

// Flip is an outcome that would have to be different.
type Flip struct {
	Company  string
	Rule     int
	From, To Outcome
	company  int
}

// swings finds, for each company that does not win but could, a smallest set of
// outcomes that would have it win: what is unknown may turn out either way, and what is failed may
// be mended, but what is passed stays. It is exact, as no flip of one company moves
// another: of so many flips of its own those are best that lift it highest, and each other one is brought
// below that by itself. Of several sets as small, one with the fewest failures to mend is taken, then
// one with the most flips of its own.
func swings(rules []schema.Requirement, outcomes [][]Outcome) (list []Swing) {
	_, _, winner := rankCompanies(rules, outcomes)
	for i := range outcomes {
		if i == winner {
			continue
		}
		if flips := swing(rules, outcomes, i); flips != nil {
			list = append(list, Swing{company: i, Flips: flips})
		}
	}
	slices.SortStableFunc(list, func(a, b Swing) int {
		return cmp.Or(cmp.Compare(len(a.Flips), len(b.Flips)), cmp.Compare(a.mended(), b.mended()))
	})
	return list
}

// mended is how many failures would have to be mended.
func (s Swing) mended() (n int) {
	for _, f := range s.Flips {
		if f.From == Fail {
			n++
		}
	}
	return n
}

// swing is that of one company; nil if nothing makes it win.
func swing(rules []schema.Requirement, outcomes [][]Outcome, company int) (best []Flip) {
	failed, open := climbOf(rules, outcomes[company], Fail), climbOf(rules, outcomes[company], Unknown)
	for f := len(failed.musts); f <= len(failed.all); f++ {
		for u := len(open.all); u >= 0; u-- {
			if best != nil && f+u >= len(best) {
				continue
			}
			lifted := slices.Clone(outcomes[company])
			var flips []Flip
			for _, i := range append(failed.first(f), open.first(u)...) {
				flips = append(flips, Flip{Rule: i, From: lifted[i], To: Pass, company: company})
				lifted[i] = Pass
			}
			at := standingOf(rules, lifted)
			for other := range outcomes {
				if other == company {
					continue
				}
				down, possible := below(rules, outcomes[other], at)
				if !possible {
					flips = nil
					break
				}
				for _, i := range down {
					flips = append(flips, Flip{Rule: i, From: Unknown, To: Fail, company: other})
				}
			}
			if flips != nil && (best == nil || len(flips) < len(best)) {
				best = flips
			}
		}
	}
	return best
}

// climb is the rules of one outcome by which a company can rise, the heaviest first.
type climb struct{ all, musts []int }

func climbOf(rules []schema.Requirement, outcomes []Outcome, o Outcome) (c climb) {
	for i, r := range rules {
		if outcomes[i] != o {
			continue
		}
		c.all = append(c.all, i)
		if r.Level == schema.Must {
			c.musts = append(c.musts, i)
		}
	}
	slices.SortStableFunc(c.all, func(a, b int) int { return cmp.Compare(rules[b].Weight, rules[a].Weight) })
	return c
}

// first are the n rules that lift a company most: every MUST if there is room, as
// that decides before all weights, then the heaviest.
func (c climb) first(n int) (list []int) {
	if n >= len(c.musts) {
		list = slices.Clone(c.musts)
	}
	for _, i := range c.all {
		if len(list) < n && !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	return list
}

// below finds the fewest unknown rules that bring a company below a standing if they are
// failed.
func below(rules []schema.Requirement, outcomes []Outcome, limit standing) (flips []int, possible bool) {
	at := standingOf(rules, outcomes)
	if at.compare(limit) < 0 {
		return nil, true
	}
	open := climbOf(rules, outcomes, Unknown)
	if len(open.musts) > 0 { // failing one is enough, as who fails none is better
		return open.musts[:1], limit.class > 0
	}
	if at.class > limit.class || at.sure > limit.sure {
		return nil, false
	}
	for _, i := range open.all {
		at.possible -= rules[i].Weight
		if flips = append(flips, i); at.compare(limit) < 0 {
			return flips, true
		}
	}
	return nil, false
}
