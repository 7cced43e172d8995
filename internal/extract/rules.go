package extract

import (
	"cmp"
	"slices"
	"sort"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// Profile is what needs to be known of a profile to find facts by it.
type Profile struct {
	Name, Focus  string
	Categories   []string
	Depth        schema.Depth
	Instructions string // for a model
}

// ProfileOf is a stored profile as it is used here.
func ProfileOf(row *ent.Profile) Profile {
	return Profile{Name: row.Name, Focus: row.Focus, Categories: row.Categories, Depth: row.Depth, Instructions: row.Instructions}
}

// Page is what needs to be known of a page. Title is what its text is about
// where no heading says so; the words of Company tell nothing. In Boilerplate, in
// the order of the text, there are no facts.
type Page struct {
	Text, Title, Company string
	Boilerplate          []document.Range
}

// common tells whether a place is in the boilerplate.
func (p Page) common(at int) bool {
	i := sort.Search(len(p.Boilerplate), func(i int) bool { return p.Boilerplate[i].End > at })
	return i < len(p.Boilerplate) && p.Boilerplate[i].Start <= at
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
	Subject     string // what it is about: a plan, a product, the heading; may be empty
	Value       schema.Value
	Qualifiers  map[string]string
	Confidence  float64
	Fingerprint string

	Method schema.Method `json:"-"`
	Model  string        `json:"-"` // of MODEL
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
	return s.finish(p.Text, best(prof, s.rules(p, prof, minConfidence, nil), nil))
}

// rules gives what the rules find, not yet chosen by depth. A page is read as a
// whole before anything of it is taken for a fact.
func (s *scorer) rules(p Page, prof Profile, minConfidence float64, rejected *rejections) (all []finding) {
	pieces := s.pieces(p, rejected != nil)
	s.theme = themeOf(pieces)
	s.theme.titled = isTitled(p, pieces, prof.Name)
	for i, u := range pieces {
		if u.topic < unsure && s.theme.lenient() {
			s.beforeAt = -1
			pieces[i].judgement = s.judge(p.Text, u.candidate)
		}
	}
	s.imply(p.Text, pieces)
	for _, u := range pieces {
		if u.category < 0 {
			continue
		}
		c := u.candidate
		f := finding{candidate: c, fact: Fact{
			Category: prof.Categories[u.category], Statement: c.statement, Quote: p.Text[c.start:c.end],
			Span: schema.Span{ByteStart: c.start, ByteEnd: c.end}, Headings: c.block.Headings, Attribute: u.attribute, Subject: c.subject,
			Confidence: Confidence(schema.MethodRules, TierExact, c.structure, s.fits(u)), Method: schema.MethodRules,
		}}
		if f.fact.Confidence < minConfidence {
			if f.fact.Confidence >= minConfidence/2 {
				rejected.of(f, schema.RejectedConfidence)
			}
			continue
		}
		if u.malformed {
			rejected.of(f, schema.RejectedForm)
			continue
		}
		if err := Ground(p.Text, Claim{c.statement, f.fact.Quote, c.start, c.end}); err != nil {
			rejected.of(f, reasonOf(err))
			continue
		}
		all = append(all, s.split(prof, f)...)
	}
	return all
}

// pieces judges the candidates of a page by themselves; those that are malformed
// are among them if they are to be listed.
func (s *scorer) pieces(p Page, listed bool) (all []judged) {
	candidates(p.Text, func(c candidate) {
		if p.common(c.start) {
			return
		}
		malformed := refused(p.Text[c.start:c.end], c)
		if malformed && (!listed || c.end-c.start > maxQuote || c.start == c.end) {
			return
		}
		all = append(all, judged{c, s.judge(p.Text, c), malformed})
	})
	return all
}

// finding is a fact in the making, with what it is made of.
type finding struct {
	candidate candidate
	fact      Fact
	value     schema.Value // if it is compared with others
	before    int          // how many surer ones its quote has given
}

// split makes a finding of each certification that one names.
func (s *scorer) split(prof Profile, f finding) []finding {
	switch categoryKey(f.fact.Category) {
	case "certifications", "compliance":
	default:
		return s.divided(prof, f)
	}
	parts := s.certified(f.fact.Statement)
	if parts == nil {
		return s.divided(prof, f)
	}
	found := make([]finding, 0, len(parts))
	for _, part := range parts {
		g := f
		g.candidate.part = part.statement
		g.fact.Statement, g.fact.Attribute = part.statement, part.attribute
		for _, c := range prof.Categories {
			if categoryKey(c) == part.category {
				g.fact.Category = c
			}
		}
		found = append(found, g)
	}
	return found
}

// divided makes a finding of each claim of a sentence. A clause has the category
// that its own words tell, else that of its sentence.
func (s *scorer) divided(prof Profile, f finding) []finding {
	c := f.candidate
	if c.structure != StructureSentence && c.structure != StructureItem || c.question {
		return []finding{f}
	}
	parts := labelled(c.statement)
	if parts == nil && c.fragment {
		return []finding{f}
	}
	if parts == nil {
		parts = s.clauses(c.statement)
	}
	if parts == nil {
		parts = []string{c.statement}
	}
	for i, part := range slices.Backward(slices.Clone(parts)) {
		if listed := s.listed(part); listed != nil {
			parts = slices.Replace(parts, i, i+1, listed...)
		}
	}
	if len(parts) < 2 {
		return []finding{f}
	}
	found := make([]finding, 0, len(parts))
	for _, part := range parts {
		g := f
		g.candidate.part, g.candidate.statement, g.fact.Statement = part, part, part
		clause := g.candidate
		clause.about = part
		s.beforeAt = -1
		if j := s.judge(f.fact.Quote, at(clause, f)); j.category >= 0 {
			g.fact.Category, g.fact.Attribute = prof.Categories[j.category], j.attribute
		}
		found = append(found, g)
	}
	return found
}

// at moves a candidate into the text of the quote of a finding.
func at(c candidate, f finding) candidate {
	c.start, c.end = 0, len(f.fact.Quote)
	return c
}

// equallySure is by how much the confidence of facts may differ that are equally sure.
const equallySure = 0.12

// best chooses as many findings as the depth allows, the most confident first. Of
// those that are equally sure, a second one of a quote comes after the others, and
// a third after that.
func best(prof Profile, all []finding, rejected *rejections) []finding {
	slices.SortStableFunc(all, surer)
	seen := make(map[string]bool, len(all))
	quoted := make(map[int]int, len(all))
	chosen := make([]finding, 0, len(all))
	for _, f := range all {
		f.fact.Fingerprint = Fingerprint(prof.Name, f.fact.Category, f.fact.Statement)
		if seen[f.fact.Fingerprint] {
			rejected.of(f, schema.RejectedDuplicate)
			continue
		}
		start := f.fact.Span.ByteStart
		f.before = quoted[start]
		seen[f.fact.Fingerprint] = true
		quoted[start]++
		chosen = append(chosen, f)
	}
	slices.SortStableFunc(chosen, func(a, b finding) int { return cmp.Compare(b.turn(), a.turn()) })
	room := min(len(chosen), maxFacts(prof.Depth))
	for _, f := range chosen[room:] {
		rejected.of(f, schema.RejectedDepth)
	}
	chosen = chosen[:room]
	slices.SortStableFunc(chosen, func(a, b finding) int {
		return cmp.Or(surer(a, b), cmp.Compare(a.fact.Span.ByteStart, b.fact.Span.ByteStart))
	})
	return chosen
}

// turn is by what findings are chosen.
func (f finding) turn() float64 { return f.fact.Confidence - float64(f.before)*equallySure }

func surer(a, b finding) int { return cmp.Compare(b.fact.Confidence, a.fact.Confidence) }

// finish completes what was chosen.
func (s *scorer) finish(text string, chosen []finding) []Fact {
	spans := document.NewSpans(text)
	facts := make([]Fact, 0, len(chosen))
	for _, c := range chosen {
		f := c.fact
		f.Span = spans.Of(f.Span.ByteStart, f.Span.ByteEnd)
		f.Headings = slices.Clone(f.Headings)
		f.Value = s.value(text, c.candidate, f.Category)
		f.Qualifiers = qualifiers(text, c.candidate, f.Value, f.Category)
		if f.Subject == "" {
			f.Subject = s.title
		}
		facts = append(facts, f)
	}
	return facts
}
