package resolvers

import (
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/lab"
	"techfacts.dev/techfacts/schema"
)

// trial is what the lab is to try.
func trial(in graph.TestProfileInput) lab.Input {
	t := lab.Input{PageID: in.PageID, Text: in.Text, URL: in.URL, Profile: in.Profile, Method: deref(in.Method)}
	if d := in.Draft; d != nil {
		t.Draft = &extract.Draft{Categories: d.Categories, Focus: &d.Focus, Depth: &d.Depth, Instructions: &d.Instructions, Method: d.Method}
	}
	return t
}

// tested is what came of a trial, as the API tells it.
func tested(r lab.Result) *graph.TestProfilePayload {
	payload := &graph.TestProfilePayload{
		Method: r.Method, Text: r.Text, Facts: []*schema.TestedFact{}, Rejected: []*schema.RejectedFact{}, RejectedCounts: []*schema.RejectedCount{},
		Usage: &r.Tally.Usage, WithoutModel: set(r.Gap),
	}
	for _, f := range r.Facts {
		headings := f.Headings
		if headings == nil {
			headings = []string{}
		}
		payload.Facts = append(payload.Facts, &schema.TestedFact{
			Category: f.Category, Statement: f.Statement, Quote: f.Quote, Span: f.Span, Headings: headings, Attribute: f.Attribute, Subject: f.Subject,
			Measure: f.Value, Limits: f.Qualifiers, Confidence: f.Confidence, Method: f.Method,
		})
	}
	for i := range r.Rejected {
		payload.Rejected = append(payload.Rejected, &r.Rejected[i])
	}
	for i := range r.Tally.Rejected {
		payload.RejectedCounts = append(payload.RejectedCounts, &r.Tally.Rejected[i])
	}
	return payload
}
