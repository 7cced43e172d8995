package extract

import (
	"cmp"
	"slices"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// Profile is what the rules need to know of a profile.
type Profile struct {
	Name, Focus string
	Categories  []string
	Depth       schema.Depth
}

// Page is what the rules need to know of a page. Title is what its text is about
// where no heading says so; the words of Company tell nothing. In Boilerplate, in
// the order of the text, there are no facts.
type Page struct {
	Text, Title, Company string
	Boilerplate          []document.Range
}

// Fact is one statement found in a page, with the words that prove it: Quote is
// Text[Span.ByteStart:Span.ByteEnd].
type Fact struct {
	Category    string
	Statement   string
	Quote       string
	Span        schema.Span
	Headings    []string
	Attribute   string // the key under which it can be compared; may be empty
	Value       string // the first quantity of the quote, as written; may be empty
	Confidence  float64
	Fingerprint string
}

// DefaultConfidence is the least confidence of facts that are kept.
const DefaultConfidence = 0.5

// maxFacts is how many facts of one page a depth allows.
func maxFacts(d schema.Depth) int {
	switch d {
	case schema.DepthSummary:
		return 10
	case schema.DepthComprehensive:
		return 100
	case schema.DepthDetailed:
	}
	return 30
}

// Rules finds the facts of a page that a profile looks for and that are at least
// as confident as asked, the most confident first and those alike in the order of
// the page; at most as many as the profile's depth allows. Every fact is grounded
// (see Ground) and no two have the same fingerprint.
func Rules(p Page, prof Profile, minConfidence float64) []Fact {
	if len(prof.Categories) == 0 {
		return nil
	}
	s := newScorer(p, prof)
	var found []Fact
	common := p.Boilerplate
	candidates(p.Text, func(c candidate) {
		for len(common) > 0 && common[0].End <= c.start {
			common = common[1:]
		}
		if len(common) > 0 && common[0].Start <= c.start {
			return
		}
		j := s.judge(p.Text, c)
		if j.category < 0 {
			return
		}
		f := Fact{
			Category: prof.Categories[j.category], Statement: c.statement, Quote: p.Text[c.start:c.end],
			Span: schema.Span{ByteStart: c.start, ByteEnd: c.end}, Headings: c.block.Headings,
			Attribute: j.attribute, Value: j.value,
			Confidence: Confidence(schema.MethodRules, TierExact, c.structure, j.score),
		}
		if f.Confidence < minConfidence || Ground(p.Text, Claim{f.Statement, f.Quote, c.start, c.end}) != nil {
			return
		}
		found = append(found, f)
	})
	slices.SortStableFunc(found, func(a, b Fact) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return finish(p.Text, prof, found)
}

// finish drops what is said twice and what is beyond the depth, and completes
// the rest.
func finish(text string, prof Profile, found []Fact) []Fact {
	spans := document.NewSpans(text)
	seen := make(map[string]bool, len(found))
	facts := make([]Fact, 0, min(len(found), maxFacts(prof.Depth)))
	for _, f := range found {
		if len(facts) == maxFacts(prof.Depth) {
			break
		}
		f.Fingerprint = Fingerprint(prof.Name, f.Category, f.Statement)
		if seen[f.Fingerprint] {
			continue
		}
		seen[f.Fingerprint] = true
		f.Span = spans.Of(f.Span.ByteStart, f.Span.ByteEnd)
		f.Headings = slices.Clone(f.Headings)
		facts = append(facts, f)
	}
	return facts
}
