package report

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// Assessment is companies held against a requirement set.
type Assessment struct {
	Set       *ent.RequirementSet
	Labels    []string // of the rules
	Winner    string   // empty: none
	Companies []Assessed
	WouldWin  []Swing
}

// Assessed is one company, held against a requirement set.
type Assessed struct {
	Company  string
	Rank     int
	Findings []Finding // rule by rule
	Score
}

// Assess holds companies against a requirement set. It fails with NOT_FOUND for a set or a
// company that does not exist, and with INVALID for no companies, too many or one twice. What comes of it depends on
// what is stored alone.
func (r *Requirements) Assess(ctx context.Context, set uuid.UUID, companies []string) (*Assessment, error) {
	if len(companies) == 0 || len(companies) > MaxCompanies {
		return nil, fault.InvalidField("companies", "must be 1 to %d companies", MaxCompanies)
	}
	row, err := r.read(ctx, set)
	if err != nil {
		return nil, err
	}
	read := reader{store: r.store, names: companies}
	if _, err := read.companies(ctx, Question{Companies: companies}); err != nil {
		return nil, ofArgument(err)
	}
	a := &assessing{reader: read, rules: row.Rules}
	if err := a.run(ctx); err != nil {
		return nil, err
	}
	return a.assessment(row), nil
}

// ofArgument names the argument where the input of a comparison is at fault.
func ofArgument(err error) error {
	f := fault.Of(err)
	field, ok := strings.CutPrefix(f.Field, "input.")
	if !ok {
		return err
	}
	return fault.New(f.Code, "%s", strings.TrimPrefix(f.Message, "input.")).With(field)
}

// assessing is an assessment in the making.
type assessing struct {
	reader   reader
	rules    []schema.Requirement
	demands  []demand
	findings [][]Finding // by company, then rule
}

func (a *assessing) run(ctx context.Context) error {
	var keys []string
	for _, rule := range a.rules {
		d, wrong := demandOf(rule)
		if wrong != nil { // the table of rows has changed since
			d.broken = wrong.why
		}
		if d.attribute != nil && !slices.Contains(keys, d.attribute.key) {
			keys = append(keys, d.attribute.key)
		}
		a.demands = append(a.demands, d)
	}
	present, err := a.reader.present(ctx)
	if err != nil {
		return err
	}
	looked, err := a.reader.covered(ctx)
	if err != nil {
		return err
	}
	for p := range present {
		if named := attributes().byKey[p.key]; named != nil {
			looked[place{p.company, named.section.key}] = true
		}
	}
	n := a.perCell(len(keys))
	said, err := a.reader.said(ctx, keys, n)
	if err != nil {
		return err
	}
	a.findings = make([][]Finding, len(a.reader.names))
	for _, d := range a.demands {
		var words map[int][]Said
		var more map[int]bool
		if d.attribute == nil && d.broken == "" {
			if words, more, err = a.reader.found(ctx, d.words); err != nil {
				return err
			}
		}
		for i, name := range a.reader.names {
			entries, cut, silent := words[i], more[i], NotDocumented
			if d.attribute != nil {
				entries = said[place{i, d.attribute.key}]
				switch cut = len(entries) == n; {
				case !looked[place{i, d.attribute.section.key}]:
					silent = NotRead
				case present[place{i, nearKey + d.attribute.key}]:
					silent = NothingAlike
				}
			}
			a.findings[i] = append(a.findings[i], d.hold(cellOf(name, d.attribute, entries, silent), cut))
		}
	}
	return nil
}

// perCell is how many entries of one company and rule are looked at: more than a
// comparison does, as one that is not seen may be the one that meets the rule.
func (a *assessing) perCell(keys int) int {
	return max(60, min(300, 100_000/max(1, keys*len(a.reader.names))))
}

// assessment puts what was found in order.
func (a *assessing) assessment(row *ent.RequirementSet) *Assessment {
	answer := &Assessment{Set: row}
	for _, d := range a.demands {
		answer.Labels = append(answer.Labels, d.label())
	}
	outcomes := make([][]Outcome, len(a.findings))
	for i, findings := range a.findings {
		for _, f := range findings {
			outcomes[i] = append(outcomes[i], f.Outcome)
		}
	}
	order, ranks, winner := rankCompanies(a.rules, outcomes)
	for _, i := range order {
		answer.Companies = append(answer.Companies, Assessed{a.reader.names[i], ranks[i], a.findings[i], scoreOf(a.rules, outcomes[i])})
	}
	if winner >= 0 {
		answer.Winner = a.reader.names[winner]
	}
	for _, s := range swings(a.rules, outcomes) {
		s.Company = a.reader.names[s.company]
		for k := range s.Flips {
			s.Flips[k].Company = a.reader.names[s.Flips[k].company]
		}
		answer.WouldWin = append(answer.WouldWin, s)
	}
	return answer
}
