package resolvers

import (
	"context"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/schema"
)

// requirements are rules as they are stored; nil if none are given.
func requirements(in []*graph.RequirementInput) []schema.Requirement {
	if in == nil {
		return nil
	}
	rules := make([]schema.Requirement, len(in))
	for i, r := range in {
		rules[i] = schema.Requirement{
			Attribute: deref(r.Attribute), Text: deref(r.Text), Operator: r.Operator, Value: deref(r.Value), Level: r.Level, Weight: r.Weight,
		}
	}
	return rules
}

// requirementAttributes lists what requirements can be about.
func requirementAttributes() (list []*graph.RequirementAttribute) {
	for _, a := range report.Attributes() {
		list = append(list, &graph.RequirementAttribute{Key: a.Key, Label: a.Label, Category: a.Category, Kinds: append([]schema.ValueKind{}, a.Kinds...), Better: better(a.Better)})
	}
	return list
}

// better is which value is better, as the API tells it.
func better(n int) *graph.Better {
	switch n {
	case 1:
		return set(graph.BetterHigher)
	case -1:
		return set(graph.BetterLower)
	}
	return nil
}

// assess answers an assessment; facts are read, at once, if some are asked for.
func (r *Resolver) assess(ctx context.Context, id uuid.UUID, companies []string) (*graph.Assessment, error) {
	a, err := r.Requirements.Assess(ctx, id, companies)
	if err != nil {
		return nil, err
	}
	asked := below(ctx, "companies", "rules", "evidence", "fact")
	facts := map[uuid.UUID]*ent.Fact{}
	if len(asked) > 0 {
		var ids []uuid.UUID
		for _, c := range a.Companies {
			for _, f := range c.Findings {
				for _, s := range f.Entries {
					ids = append(ids, s.Fact)
				}
			}
		}
		if facts, err = r.readFacts(ctx, asked, ids); err != nil {
			return nil, err
		}
	}
	answer := &graph.Assessment{RequirementSet: a.Set, Winner: set(a.Winner), WouldWin: []*graph.WouldWin{}}
	for _, c := range a.Companies {
		company := &graph.AssessedCompany{
			Company: c.Company, Rank: c.Rank, Qualification: graph.Qualification(c.Qualification), Score: c.Known, ScoreMin: c.Min, ScoreMax: c.Max, Unknown: c.Unknown,
		}
		for i, f := range c.Findings {
			rule := &graph.AssessedRule{
				Index: i, Rule: &a.Set.Rules[i], Label: a.Labels[i], Outcome: graph.RuleOutcome(f.Outcome), Reason: f.Reason, State: graph.CellState(f.State),
				Plans: append([]string{}, f.Plans...), Evidence: []*graph.CellEntry{},
			}
			for _, s := range f.Entries {
				if fact := facts[s.Fact]; fact != nil || len(asked) == 0 { // one that is gone since takes its entry with it
					rule.Evidence = append(rule.Evidence, &graph.CellEntry{Text: s.Text, Qualifiers: qualifiers(s.Limits), Value: factValue(s.Value), Denies: s.Denies, Fact: fact})
				}
			}
			company.Rules = append(company.Rules, rule)
		}
		answer.Companies = append(answer.Companies, company)
	}
	for _, w := range a.WouldWin {
		would := &graph.WouldWin{Company: w.Company}
		for _, f := range w.Flips {
			would.Changes = append(would.Changes, &graph.OutcomeChange{Company: f.Company, Index: f.Rule, Label: a.Labels[f.Rule], From: graph.RuleOutcome(f.From), To: graph.RuleOutcome(f.To)})
		}
		answer.WouldWin = append(answer.WouldWin, would)
	}
	return answer, nil
}
