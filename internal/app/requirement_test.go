package app_test

import (
	"fmt"
	"strings"
	"testing"
)

// heldAgainst is what the tests ask of an assessment.
type heldAgainst struct {
	RequirementSet struct{ Name string }
	Winner         *string
	Companies      []struct {
		Company, Qualification      string
		Rank                        int
		Score                       *float64
		ScoreMin, ScoreMax, Unknown float64
		Rules                       []struct {
			Index                         int
			Label, Outcome, State, Reason string
			Rule                          struct{ Attribute, Text, Operator, Value, Level string }
			Plans                         []string
			Evidence                      []struct {
				Text string
				Fact struct{ Quote, DeepLink string }
			}
		}
	}
	WouldWin []struct {
		Company string
		Changes []struct {
			Company, Label, From, To string
			Index                    int
		}
	}
}

const setFields = `id name description version rules { attribute text operator value level weight }`

type requirementSet struct {
	ID, Name, Description string
	Version               int
	Rules                 []struct {
		Attribute, Text, Operator, Value, Level string
		Weight                                  int
	}
}

func TestCompaniesAreHeldAgainstRequirements(t *testing.T) {
	eachService(t, func(s *service) {
		twoVendors(s)
		var made struct {
			CreateRequirementSet struct{ RequirementSet requirementSet }
		}
		s.ask(`mutation ($in: CreateRequirementSetInput!) { createRequirementSet(input: $in) { requirementSet { `+setFields+` } } }`, map[string]any{"in": map[string]any{
			"name": "Search", "description": "for the shop", "rules": []map[string]any{
				{"attribute": "request_rate", "operator": "AT_LEAST", "value": "3,000 per minute", "weight": 3},
				{"attribute": "oauth2", "operator": "EXISTS", "level": "MUST"},
				{"text": "webhooks", "operator": "EXISTS", "weight": 2},
			},
		}}, &made)
		set := made.CreateRequirementSet.RequirementSet
		if fmt.Sprintf("%s, %s: %d %v", set.Name, set.Description, set.Version, set.Rules) != `Search, for the shop: 1 [{request_rate  AT_LEAST 3,000 per minute SHOULD 3} {oauth2  EXISTS  MUST 1} { webhooks EXISTS  SHOULD 2}]` {
			s.Errorf("the set is %+v", set)
		}
		var out struct{ Assess heldAgainst }
		s.ask(`query ($id: ID!) { assess(requirementSetId: $id, companies: ["Bolt", "Acme"]) { requirementSet { name } winner
			companies { company rank qualification score scoreMin scoreMax unknown rules { index label outcome state reason plans rule { attribute text operator value level } evidence { text fact { quote deepLink } } } }
			wouldWin { company changes { company index label from to } } } }`, map[string]any{"id": set.ID}, &out)
		a := out.Assess
		if a.RequirementSet.Name != "Search" || a.Winner == nil || *a.Winner != "Acme" || len(a.Companies) != 2 || len(a.WouldWin) != 1 {
			s.Fatalf("the assessment is %+v", a)
		}
		acme, bolt := a.Companies[0], a.Companies[1]
		if acme.Company != "Acme" || acme.Rank != 1 || acme.Qualification != "QUALIFIED" || acme.Score == nil || *acme.Score != 4.0/6 || acme.Unknown != 0 {
			s.Errorf("Acme is %+v", acme)
		}
		if bolt.Rank != 2 || bolt.Qualification != "OPEN" || *bolt.Score != 2.0/5 || bolt.ScoreMin != 2.0/6 || bolt.ScoreMax != 3.0/6 || bolt.Unknown != 1.0/6 {
			s.Errorf("Bolt is %+v", bolt)
		}
		if r := acme.Rules[0]; r.Label != "Request rate ≥ 3,000 per minute" || r.Outcome != "PASS" || r.State != "STATED" || r.Rule.Value != "3,000 per minute" ||
			r.Evidence[0].Fact.Quote != "Acme allows 100 requests per second." || r.Evidence[0].Fact.DeepLink == "" {
			s.Errorf("the first rule of Acme is %+v", r)
		}
		if r := bolt.Rules[1]; r.Index != 1 || r.Outcome != "UNKNOWN" || r.State != "NOT_READ" || len(r.Evidence) != 0 {
			s.Errorf("the second rule of Bolt is %+v", r)
		}
		if r := bolt.Rules[2]; r.Outcome != "PASS" || acme.Rules[2].Outcome != "FAIL" || !strings.Contains(acme.Rules[2].Reason, "does not support webhooks") {
			s.Errorf("the third rule is %+v and %+v", r, acme.Rules[2])
		}
		// Bolt needs the rate, which gives it 5 of 6, and OAuth, as one MUST that is open comes after one that is not.
		if w := a.WouldWin[0]; w.Company != "Bolt" || fmt.Sprint(w.Changes) != `[{Bolt Request rate ≥ 3,000 per minute FAIL PASS 0} {Bolt OAuth 2 UNKNOWN PASS 1}]` {
			s.Errorf("Bolt would win by %+v", w)
		}
		s.changeAndDelete(set)
	})
}

func (s *service) changeAndDelete(set requirementSet) {
	s.Helper()
	var changed struct {
		UpdateRequirementSet struct{ RequirementSet requirementSet }
	}
	s.ask(`mutation ($id: ID!) { updateRequirementSet(input: {id: $id, name: "Find", rules: [{attribute: "saml", operator: EXISTS}]}) { requirementSet { `+setFields+` } } }`, map[string]any{"id": set.ID}, &changed)
	if c := changed.UpdateRequirementSet.RequirementSet; c.Name != "Find" || c.Description != set.Description || c.Version != 2 || len(c.Rules) != 1 {
		s.Errorf("the set is now %+v", c)
	}
	var found struct {
		ByID, ByName    requirementSet
		RequirementSets struct {
			TotalCount int
			Edges      []struct{ Node requirementSet }
		}
		RequirementAttributes []struct {
			Key, Label, Category, Better string
			Kinds                        []string
		}
		Node requirementSet
	}
	s.ask(`query ($id: ID!) { byId: requirementSet(id: $id) { `+setFields+` } byName: requirementSet(name: "Find") { `+setFields+` }
		requirementSets(where: {nameContainsFold: "FIN"}) { totalCount edges { node { `+setFields+` } } }
		requirementAttributes { key label category better kinds } node(id: $id) { ... on RequirementSet { `+setFields+` } } }`, map[string]any{"id": set.ID}, &found)
	want := fmt.Sprint(changed.UpdateRequirementSet.RequirementSet)
	if fmt.Sprint(found.ByID) != want || fmt.Sprint(found.ByName) != want || fmt.Sprint(found.Node) != want || found.RequirementSets.TotalCount != 1 || fmt.Sprint(found.RequirementSets.Edges[0].Node) != want {
		s.Errorf("found %+v, want %s", found, want)
	}
	if a := found.RequirementAttributes[0]; fmt.Sprint(a) != `{request_rate Request rate rate_limits HIGHER [RATE]}` {
		s.Errorf("the first attribute is %+v", a)
	}
	s.ask(`mutation ($id: ID!) { deleteRequirementSet(input: {id: $id}) { deletedId } }`, map[string]any{"id": set.ID}, new(any))
	for _, q := range []string{`query ($id: ID!) { requirementSet(id: $id) { id } }`, `query ($id: ID!) { assess(requirementSetId: $id, companies: ["Acme"]) { winner } }`} {
		if code := s.refused(q, map[string]any{"id": set.ID}); code != "NOT_FOUND" {
			s.Errorf("%s of a set that is deleted: %s", q, code)
		}
	}
	if code := s.refused(`{ requirementSet { id } }`, nil); code != "INVALID" {
		s.Errorf("a set that is not named is %s", code)
	}
	if code := s.refused(`mutation { createRequirementSet(input: {name: "x", rules: [{attribute: "flux", operator: EXISTS}]}) { requirementSet { id } } }`, nil); code != "INVALID" {
		s.Errorf("a rule about nothing that is known is %s", code)
	}
}
