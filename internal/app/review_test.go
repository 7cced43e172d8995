package app_test

import (
	"maps"
	"strings"
	"testing"
)

// review reviews a fact, and gives the code with which that is refused.
func (s *service) review(id, verdict string, more map[string]any) string {
	s.Helper()
	input := map[string]any{"id": id, "verdict": verdict}
	maps.Copy(input, more)
	return s.refused(`mutation ($i: ReviewFactInput!) { reviewFact(input: $i) { fact { id } } }`, map[string]any{"i": input})
}

// finds counts the facts of a company that a search finds.
func (s *service) finds(company, query string) int {
	s.Helper()
	var out struct {
		SearchFacts struct {
			Edges []struct{ Node struct{ ID string } }
		}
	}
	s.ask(`query ($q: String!, $c: [String!]) { searchFacts(query: $q, where: {companyIn: $c}) { edges { node { id } } } }`, map[string]any{"q": query, "c": []string{company}}, &out)
	return len(out.SearchFacts.Edges)
}

func TestARejectedFactStaysOutUntilThatIsTakenBack(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred, token))
		p.write("/b", para(sixHundred, "The second page says hello."))
		p.read("/a", "/b")
		facts := s.facts(map[string]any{"company": "Acme", "quote": sixHundred})
		if len(facts) != 2 {
			s.Fatalf("%d facts", len(facts))
		}
		id := facts[0].ID
		if code := s.review(id, "REJECTED", map[string]any{"reason": "It is the limit of the sandbox."}); code != "" {
			s.Fatal(code)
		}
		p.write("/c", para(sixHundred, "The third page says hello, too."))
		p.write("/a", para("Another opening.", sixHundred, token))
		p.read("/a", "/b", "/c")
		p.read("/a", "/b", "/c")
		rejected := s.facts(map[string]any{"company": "Acme", "quote": sixHundred, "status": "REJECTED"})
		if len(rejected) != 3 || rejected[0].ID != id {
			s.Errorf("after reading again %d of 3 facts are rejected", len(rejected))
		}
		p.expect("ADDED "+sixHundred, "ADDED "+token, "REMOVED "+sixHundred)
		for s.finds("Acme", "key API") != 0 { // until the index has heard of it
		}
		var out struct {
			Fact struct {
				Review *struct{ Verdict, Reason, Who, Statement string }
			}
			Profile struct {
				Precision struct {
					Confirmed, Rejected, Edited int
					Value                       *float64
				}
			}
		}
		const query = `query ($id: ID!) { fact(id: $id) { review { verdict reason who statement } } profile(name: "api_docs") { precision { confirmed rejected edited value } } }`
		s.ask(query, map[string]any{"id": id}, &out)
		if r := out.Fact.Review; r == nil || r.Verdict != "REJECTED" || !strings.Contains(r.Reason, "sandbox") || r.Who == "" {
			s.Errorf("review: %+v", r)
		}
		other := s.facts(map[string]any{"company": "Acme", "quote": token})[0].ID
		s.review(other, "CONFIRMED", nil)
		s.ask(query, map[string]any{"id": id}, &out)
		if got := out.Profile.Precision; got.Confirmed != 1 || got.Rejected != 1 || got.Edited != 0 || got.Value == nil || *got.Value != 0.5 {
			s.Errorf("precision: %+v", got)
		}
		p.write("/b", para("The second page says nothing else now.", "Nothing at all is limited on this page, ever."))
		p.read("/b")
		s.ask(`mutation ($id: ID!) { withdrawReview(input: {id: $id}) { fact { id status } } }`, map[string]any{"id": id}, &struct{}{})
		if n := len(s.facts(map[string]any{"company": "Acme", "quote": sixHundred, "status": "ACTIVE"})); n != 2 {
			s.Errorf("taken back: %d of the 2 facts that are stated hold", n)
		}
		if code := s.refused(`mutation ($id: ID!) { withdrawReview(input: {id: $id}) { fact { id } } }`, map[string]any{"id": id}); code != "CONFLICT" {
			s.Errorf("taken back twice: %q", code)
		}
		all, _ := p.changes(nil)
		last := all[len(all)-1]
		for _, c := range all {
			if c.Company == "Acme" && c.Reviewed {
				last = c
			}
		}
		if last.Kind != "REAPPEARED" || !last.Reviewed || last.Job != nil {
			s.Errorf("last change by a review: %+v", last)
		}
		for s.finds("Acme", "key API") != 2 {
		}
	})
}

func TestAnEditedFactKeepsItsEvidenceAndSaysNothingUnproven(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred))
		p.read("/a")
		fact := s.facts(map[string]any{"company": "Acme"})[0]
		for field, input := range map[string]map[string]any{
			"a number":       {"statement": "The API allows 700 requests per minute."},
			"a negation":     {"statement": "The API does not allow 600 requests per minute."},
			"a unit":         {"statement": "The API allows 600 requests per second per key."},
			"a currency":     {"statement": "The API allows 600 euros per minute per key."},
			"a number word":  {"statement": "The API allows 600 requests per minute and ten more per key."},
			"a bound":        {"statement": "The API allows more than 600 requests per minute per key."},
			"the contrary":   {"statement": "The API disallows 600 requests per minute per key."},
			"no words":       {"statement": ""},
			"a category":     {"category": "pricing"},
			"nothing":        {},
			"much of reason": {"category": "endpoints", "reason": strings.Repeat("x", 1001)},
		} {
			if code := s.review(fact.ID, "EDITED", input); code != "INVALID" {
				s.Errorf("edited with %s: %q", field, code)
			}
		}
		if code := s.review(fact.ID, "CONFIRMED", map[string]any{"statement": "It is so."}); code != "INVALID" {
			s.Errorf("confirmed with a statement: %q", code)
		}
		if code := s.review(p.company, "CONFIRMED", nil); code == "" {
			s.Error("reviewed what is no fact")
		}
		const words = "Each key may send 600 requests a minute, says the zebra."
		if code := s.review(fact.ID, "EDITED", map[string]any{"statement": words, "category": "endpoints"}); code != "" {
			s.Fatal(code)
		}
		p.write("/a", para("Another opening.", sixHundred))
		p.read("/a")
		now := s.facts(map[string]any{"company": "Acme", "status": "ACTIVE"})
		if len(now) != 1 || now[0].ID != fact.ID || now[0].Statement != words || now[0].Category != "endpoints" || now[0].Quote != fact.Quote {
			s.Fatalf("edited: %+v", now)
		}
		s.proven(now[0])
		for s.finds("Acme", "zebra") != 1 { // until the index has heard of it
		}
		s.ask(`mutation ($id: ID!) { withdrawReview(input: {id: $id}) { fact { id } } }`, map[string]any{"id": fact.ID}, &struct{}{})
		if now = s.facts(map[string]any{"company": "Acme"}); now[0].Statement != fact.Statement || now[0].Category != fact.Category {
			s.Errorf("taken back: %+v", now[0])
		}
	})
}

func TestAnEditedFactIsHeldAgainstEveryNewQuote(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		table := func(burst string) string {
			return "<table><tr><th>Plan</th><th>Requests per minute</th><th>Burst of requests</th></tr><tr><td>Team</td><td>600</td><td>" + burst + "</td></tr><tr><td>Free</td><td>7</td><td>8</td></tr></table>"
		}
		p.write("/a", table("50"))
		p.read("/a")
		find := func() factState {
			for _, f := range s.facts(map[string]any{"company": "Acme", "status": "ACTIVE", "quoteContains": "Team"}) {
				if strings.Contains(f.Statement, "600") {
					return f
				}
			}
			s.Fatal("no fact of the 600 requests")
			return factState{}
		}
		found := find()
		const words = "The Team plan allows 600 requests per minute, 50 of them in a burst."
		if code := s.review(found.ID, "EDITED", map[string]any{"statement": words}); code != "" {
			s.Fatal(code)
		}
		p.write("/a", table("70"))
		p.read("/a")
		now := find()
		s.proven(now)
		if now.ID != found.ID || now.Statement != found.Statement {
			s.Errorf("not proven any more: %+v, want %q", now, found.Statement)
		}
		p.write("/a", para("Another opening.")+table("50"))
		p.read("/a")
		if now := find(); now.Statement != words {
			s.Errorf("proven again: %q", now.Statement)
		}
	})
}

func TestAReviewHoldsForAPageThatComesToItsCompany(t *testing.T) {
	eachService(t, func(s *service) {
		p, other := newPad(s, "Acme"), newPad(s, "Globex")
		p.write("/a", para(sixHundred))
		p.read("/a")
		s.review(s.facts(map[string]any{"company": "Acme"})[0].ID, "REJECTED", nil)
		other.write("/a", para(sixHundred))
		other.read("/a")
		if n := len(s.facts(map[string]any{"company": "Globex", "status": "ACTIVE"})); n != 1 {
			s.Fatalf("%d facts of another company", n)
		}
		other.company = "Acme"
		other.read("/a")
		all := s.facts(map[string]any{"company": "Acme"})
		if len(all) != 2 {
			s.Errorf("%d facts", len(all))
		}
		for _, f := range all {
			if f.Status != "REJECTED" {
				s.Errorf("%s is %s", f.URL, f.Status)
			}
		}
		other.company = "Globex"
		other.read("/a")
		if n := len(s.facts(map[string]any{"company": "Globex", "status": "ACTIVE"})); n != 1 {
			s.Errorf("given back: %d facts hold", n)
		}
	})
}

func TestComparisonsFollowReviews(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred))
		p.read("/a")
		fact := s.facts(map[string]any{"company": "Acme"})[0]
		rows := func() string {
			var out struct {
				Comparison struct{ Rows []struct{ Key string } }
			}
			s.ask(`{ comparison(input: {companies: ["Acme"]}) { rows { key } } }`, nil, &out)
			var keys []string
			for _, r := range out.Comparison.Rows {
				keys = append(keys, r.Key)
			}
			return strings.Join(keys, " ")
		}
		withdraw := func() {
			s.ask(`mutation ($id: ID!) { withdrawReview(input: {id: $id}) { fact { id } } }`, map[string]any{"id": fact.ID}, &struct{}{})
		}
		const found, other = "request_rate limit_scope", "webhooks"
		if got := rows(); got != found {
			s.Fatalf("before: %q", got)
		}
		s.review(fact.ID, "EDITED", map[string]any{"statement": "Webhooks are sent 600 times per minute."})
		if got := rows(); got != other {
			s.Errorf("edited: %q", got)
		}
		withdraw()
		if got := rows(); got != found {
			s.Errorf("taken back: %q", got)
		}
		s.review(fact.ID, "REJECTED", nil)
		p.write("/a", para("Another opening.", sixHundred))
		p.read("/a")
		if got := rows(); got != "" {
			s.Errorf("rejected: %q", got)
		}
		withdraw()
		if got := rows(); got != found {
			s.Errorf("not rejected any more: %q", got)
		}
	})
}

func TestEvidenceIsVerifiedAgainstTheNewestText(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred, token))
		p.write("/b", para("Request bodies may be at most 10 MiB."))
		p.read("/a", "/b")
		verify := func() map[string]string {
			facts := s.facts(map[string]any{"company": "Acme"})
			var ids []string
			for _, f := range facts {
				ids = append(ids, f.ID)
			}
			var out struct {
				VerifyEvidence []struct {
					Fact     struct{ ID, Quote string }
					State    string
					Text     *string
					Span     *struct{ ByteStart, ByteEnd int }
					Snapshot *struct{ Text string }
				}
			}
			s.ask(`query ($ids: [ID!]!) { verifyEvidence(input: {factIds: $ids}) { fact { id quote } state text span { byteStart byteEnd } snapshot { text } } }`,
				map[string]any{"ids": ids}, &out)
			states := map[string]string{}
			for i, e := range out.VerifyEvidence {
				if e.Fact.ID != ids[i] {
					s.Errorf("the answer for %s is about %s", ids[i], e.Fact.ID)
				}
				states[e.Fact.Quote] = e.State
				if e.Text != nil && e.Snapshot.Text[e.Span.ByteStart:e.Span.ByteEnd] != *e.Text {
					s.Errorf("%q does not stand where it is said", *e.Text)
				}
				if (e.Text == nil) != (e.State == "GONE") {
					s.Errorf("%s with text %v", e.State, e.Text)
				}
			}
			return states
		}
		for quote, state := range verify() {
			if state != "INTACT" {
				s.Errorf("%s: %s", quote, state)
			}
		}
		p.write("/a", para("Something else comes first now.", nineHundred, token))
		p.write("/b", "")
		p.read("/a", "/b")
		for quote, want := range map[string]string{
			sixHundred: "ALTERED", nineHundred: "INTACT", token: "INTACT", "Request bodies may be at most 10 MiB.": "GONE",
		} {
			if got := verify()[quote]; got != want {
				s.Errorf("%s: %s, want %s", quote, got, want)
			}
		}
		if code := s.refused(`{ verifyEvidence(input: {factIds: []}) { state } }`, nil); code != "INVALID" {
			s.Errorf("nothing to verify: %q", code)
		}
		if code := s.refused(`{ verifyEvidence(input: {factIds: ["01a20b94-0647-8080-8003-10965f8b5264"]}) { state } }`, nil); code != "NOT_FOUND" {
			s.Errorf("an unknown fact: %q", code)
		}
	})
}
