package report_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/schema"
)

// fewest finds, by trying everything that may turn out otherwise, the fewest flips by
// which each company wins. They are more than any if there are none.
func fewest(rules []schema.Requirement, outcomes [][]report.Outcome) []int {
	const never = 1 << 20
	best := make([]int, len(outcomes))
	for i := range best {
		best[i] = never
	}
	cells := len(outcomes) * len(rules)
	var try func(cell, flips int)
	try = func(cell, flips int) {
		if cell == cells {
			if w := report.WinnerOf(rules, outcomes); w >= 0 {
				best[w] = min(best[w], flips)
			}
			return
		}
		company, rule := cell/len(rules), cell%len(rules)
		was := outcomes[company][rule]
		for _, o := range map[report.Outcome][]report.Outcome{
			report.Pass: {report.Pass}, report.Fail: {report.Fail, report.Pass}, report.Unknown: {report.Unknown, report.Pass, report.Fail},
		}[was] {
			outcomes[company][rule] = o
			more := 0
			if o != was {
				more = 1
			}
			try(cell+1, flips+more)
		}
		outcomes[company][rule] = was
	}
	try(0, 0)
	return best
}

func TestWhatWouldChangeTheWinnerDoesAndNothingSmallerWould(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7)) // the same each time
	swung := 0
	for n := range 400 {
		rules := make([]schema.Requirement, 1+random.IntN(4))
		for i := range rules {
			rules[i] = schema.Requirement{Weight: 1 + random.IntN(4), Level: schema.Should}
			if random.IntN(3) == 0 {
				rules[i].Level = schema.Must
			}
		}
		outcomes := make([][]report.Outcome, 1+random.IntN(3))
		if len(outcomes) == 3 {
			rules = rules[:min(3, len(rules))]
		}
		for i := range outcomes {
			for range rules {
				outcomes[i] = append(outcomes[i], []report.Outcome{report.Pass, report.Fail, report.Unknown, report.Unknown}[random.IntN(4)])
			}
		}
		what := fmt.Sprintf("%d: %v %v", n, rules, outcomes)
		winner, swings := report.WinnerOf(rules, outcomes), report.SwingsOf(rules, outcomes)
		for company, least := range fewest(rules, outcomes) {
			flips, can := swings[company]
			if company == winner {
				if can {
					t.Errorf("%s: the winner %d is said to win if %v", what, company, flips)
				}
				continue
			}
			if can != (least <= len(outcomes)*len(rules)) || can && len(flips) != least {
				t.Errorf("%s: %d would win by %v, want %d changes", what, company, flips, least)
			}
			if !can {
				continue
			}
			swung++
			for _, f := range flips {
				if outcomes[f.Of()][f.Rule] != f.From || f.From == report.Pass || f.From == f.To {
					t.Errorf("%s: %v is no change", what, f)
				}
				outcomes[f.Of()][f.Rule] = f.To
			}
			if got := report.WinnerOf(rules, outcomes); got != company {
				t.Errorf("%s: with %v %d wins, not %d", what, flips, got, company)
			}
			for _, f := range flips {
				outcomes[f.Of()][f.Rule] = f.From
			}
		}
	}
	if swung < 300 {
		t.Errorf("only %d winners were changed", swung)
	}
}

func TestAWinnerIsAloneAndFailsNoMust(t *testing.T) {
	t.Parallel()
	must, should := schema.Requirement{Weight: 1, Level: schema.Must}, schema.Requirement{Weight: 10, Level: schema.Should}
	const p, f, u = report.Pass, report.Fail, report.Unknown
	for name, c := range map[string]struct {
		outcomes [][]report.Outcome
		winner   int
	}{
		"a MUST that is passed before any weight":     {[][]report.Outcome{{f, p}, {p, f}}, 1},
		"a MUST that is passed before an unknown one": {[][]report.Outcome{{u, p}, {p, f}}, 1},
		"an unknown MUST before a failed one":         {[][]report.Outcome{{f, p}, {u, f}}, 1},
		"what is sure":                                {[][]report.Outcome{{p, u}, {p, p}}, 1},
		"what is possible, if nothing else decides":   {[][]report.Outcome{{p, f}, {p, u}}, 1},
		"nobody, if two stand alike":                  {[][]report.Outcome{{p, u}, {p, u}}, -1},
		"nobody, if all fail a MUST":                  {[][]report.Outcome{{f, p}, {f, f}}, -1},
	} {
		if got := report.WinnerOf([]schema.Requirement{must, should}, c.outcomes); got != c.winner {
			t.Errorf("%s: %d wins, want %d", name, got, c.winner)
		}
	}
}
