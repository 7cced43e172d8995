package resolvers_test

import (
	"testing"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/resolvers"
)

func TestFiltersInJSONAreReadAsThoseOfTheAPI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		n     int // conditions
		field string
	}{
		{``, 0, ""},
		{` {} `, 0, ""},
		{`{"company": "Acme", "statusIn": ["ACTIVE", "REMOVED"], "confidenceGTE": 1, "not": {"unit": "s"}}`, 1, ""},
		{`{"statusIn": "ACTIVE"}`, 1, ""}, // one value is a list of it
		{`{"lastSeenAtGTE": "2026-11-01T00:00:00Z", "hasPageWith": [{"domain": "a.example"}]}`, 1, ""},
		{`{"firm": "Acme"}`, 0, "where.firm"},
		{`{"statusIn": ["ACTIVE", "DEAD"]}`, 0, "where.statusIn[1]"},
		{`{"confidenceGTE": "much"}`, 0, "where.confidenceGTE"},
		{`{"not": {}}`, 0, "where"},
		{`{"id": "x"}`, 0, "where"},
		{`{"lastSeenAtGTE": "soon"}`, 0, "where"},
		{`[]`, 0, "where"},
		{`null`, 0, "where"},
		{`{"company": "Acme"} and more`, 0, "where"},
	} {
		p, err := resolvers.FactsWhere(c.text)
		if f := fault.Of(err); c.field != "" && (err == nil || f.Code != fault.Invalid || f.Field != c.field) || c.field == "" && (err != nil || len(p) != c.n) {
			t.Errorf("%s: %d conditions, %v at %q; want %d, %q", c.text, len(p), err, f.Field, c.n, c.field)
		}
	}
	if p, err := resolvers.PagesWhere(`{"company": "Acme"}`); err != nil || len(p) != 1 {
		t.Error(p, err)
	}
	if p, err := resolvers.PagesWhere(`{}`); err != nil || len(p) != 0 {
		t.Error(p, err)
	}
	if _, err := resolvers.PagesWhere(`{"quote": "x"}`); fault.Of(err).Field != "where.quote" {
		t.Error(err)
	}
	q, err := resolvers.ComparisonOf("")
	if err != nil || !q.All || q.First != 500 {
		t.Error(q, err)
	}
	q, err = resolvers.ComparisonOf(`{"companies": ["A", "B"], "categories": ["pricing"], "attributes": ["price"], "profile": "general", "first": 7}`)
	if err != nil || q.All || len(q.Companies) != 2 || q.Categories[0] != "pricing" || q.Attributes[0] != "price" || q.Profile != "general" || q.First != 7 {
		t.Error(q, err)
	}
	if _, err := resolvers.ComparisonOf(`{"company": "A"}`); fault.Of(err).Field != "where.company" {
		t.Error(err)
	}
}
