package app_test

import (
	"fmt"
	"testing"
)

const figures = `<h1>Limits</h1><table><tr><th>Plan</th><th>Requests per minute</th><th>Request size</th></tr>
<tr><td>Free</td><td>60</td><td>1 MB</td></tr><tr><td>Team</td><td>12,000</td><td>5 MB</td></tr><tr><td>Scale</td><td>600 per second</td><td>10 MiB</td></tr>
<tr><td>Enterprise</td><td>unlimited</td><td>25 MB</td></tr></table>
<p>Every API key of the Team plan may open 10 concurrent connections.</p><p>SDKs for the mainframe are not supported.</p><p>The Python SDK needs Python 3.9 or later.</p>`

// measured is a page of a list of facts with their values.
type measured struct {
	TotalCount int
	PageInfo   struct {
		HasNextPage bool
		EndCursor   string
	}
	Edges []struct {
		Node struct {
			Statement, Subject, Attribute string
			Value                         map[string]any
			Qualifiers                    []struct{ Name, Value string }
		}
	}
}

func TestFactsAreFoundAndOrderedByTheirNumbers(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/limits", "Limits", figures)
		s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/limits"}, "company": "Acme", "profile": "api_docs"}).ID)
		const fields = `totalCount pageInfo { hasNextPage endCursor } edges { node { statement subject attribute qualifiers { name value } value { __typename
			... on NumberValue { original kind number unit } ... on RateValue { original number unit amount period }
			... on UnlimitedValue { original unit } ... on VersionValue { original from to } ... on FlagValue { original yes } ... on MoneyValue { currency } } } }`
		var out struct{ Fast, Sizes, Flags, Versions, None measured }
		s.ask(`{
			fast: facts(where: {unit: "request/s", numberGTE: 100}, orderBy: [{field: NUMBER, direction: DESC}]) { `+fields+` }
			sizes: facts(where: {valueKind: SIZE}, orderBy: [{field: NUMBER}]) { `+fields+` }
			flags: facts(where: {valueKind: FLAG}) { `+fields+` }
			versions: facts(where: {valueKind: VERSION, numberIsNil: true}) { `+fields+` }
			none: facts(where: {attribute: "rate_limit", subject: "Free plan", numberGT: 1}) { `+fields+` }
		}`, nil, &out)
		var fast []string
		for _, e := range out.Fast.Edges {
			fast = append(fast, fmt.Sprintf("%v %v %v", e.Node.Value["original"], e.Node.Value["number"], e.Node.Qualifiers))
		}
		if got, want := fmt.Sprint(fast), "[unlimited <nil> [{plan Enterprise}] 600 per second 600 [{plan Scale}] 12,000 200 [{plan Team}]]"; got != want {
			s.Errorf("from 100 requests per second: %s, want %s", got, want)
		}
		var sizes []string
		for _, e := range out.Sizes.Edges {
			sizes = append(sizes, fmt.Sprintf("%v %v %.0f %v", e.Node.Value["__typename"], e.Node.Value["kind"], e.Node.Value["number"], e.Node.Value["unit"]))
		}
		if got, want := fmt.Sprint(sizes), "[NumberValue SIZE 1000000 byte NumberValue SIZE 5000000 byte NumberValue SIZE 10485760 byte NumberValue SIZE 25000000 byte]"; got != want {
			s.Errorf("sizes: %s, want %s", got, want)
		}
		if len(out.Flags.Edges) != 1 || out.Flags.Edges[0].Node.Value["yes"] != false || out.Flags.Edges[0].Node.Value["original"] != "not supported" {
			s.Errorf("flags: %+v", out.Flags)
		}
		if len(out.Versions.Edges) != 1 || out.Versions.Edges[0].Node.Value["from"] != "3.9" || out.Versions.Edges[0].Node.Value["to"] != nil {
			s.Errorf("versions: %+v", out.Versions)
		}
		if out.None.TotalCount != 0 {
			s.Errorf("more than one a second of a plan that has one: %+v", out.None)
		}
		readToTheEnd(s, fields)
	})
}

// readToTheEnd checks that a list in the order of numbers can be read page by page.
func readToTheEnd(s *service, fields string) {
	s.Helper()
	seen, after := map[string]bool{}, any(nil)
	for range 20 {
		var page struct{ Facts measured }
		s.ask(`query ($after: Cursor) { facts(first: 2, after: $after, orderBy: [{field: NUMBER}]) { `+fields+` } }`, map[string]any{"after": after}, &page)
		for _, e := range page.Facts.Edges {
			seen[e.Node.Statement] = true
		}
		if after = page.Facts.PageInfo.EndCursor; !page.Facts.PageInfo.HasNextPage {
			if len(seen) != page.Facts.TotalCount || len(seen) < 8 {
				s.Errorf("%d of %d facts were seen: %v", len(seen), page.Facts.TotalCount, seen)
			}
			return
		}
	}
	s.Error("the list has no end")
}
