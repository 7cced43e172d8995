package extract

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// claims judges what a model proposes for one page. Nothing of it is believed:
// the model says only where to look.
type claims struct {
	page  Page
	prof  Profile
	s     *scorer
	units []candidate // what rules would quote, in the order of the text
	model string
	least float64 // confidence

	categories map[string]int // by key
}

func newClaims(p Page, prof Profile, s *scorer, model string, least float64) *claims {
	c := &claims{page: p, prof: prof, s: s, model: model, least: least, categories: make(map[string]int, len(prof.Categories))}
	for i, name := range prof.Categories {
		c.categories[categoryKey(name)] = i
	}
	candidates(p.Text, func(u candidate) { c.units = append(c.units, u) })
	slices.SortStableFunc(c.units, func(a, b candidate) int { return a.start - b.start })
	return c
}

// judge makes a finding of a proposal about a part of the page that begins at
// from, or says why it is none.
func (c *claims) judge(from int, part *haystack, proposed schema.Proposal) (f finding, reason schema.RejectionReason) {
	category, ok := c.categories[categoryKey(proposed.Category)]
	if !ok {
		return f, schema.RejectedCategory
	}
	start, end, tier, ok := part.locate(proposed.Quote)
	if !ok {
		return f, schema.RejectedQuote
	}
	start, end = from+start, from+end
	said := c.page.Text[start:end] // by which the model would prove it
	u, whole := c.unit(start, end, proposed.Statement)
	if u.end == 0 {
		return f, schema.RejectedForm
	}
	own := u
	if !whole {
		own.statement = ""
	}
	u.statement, u.proposed = oneLine(proposed.Statement), true
	quote := c.page.Text[u.start:u.end]
	switch {
	case c.page.common(u.start):
		return f, schema.RejectedCommon
	case commands(quote) || commands(u.statement):
		return f, schema.RejectedCommand
	case refused(quote, u):
		return f, schema.RejectedForm
	case !numbersWithin(u.statement, said) || !c.s.measured(u.statement, quote):
		return f, schema.RejectedNumber
	}
	switch w := c.wording(u, quote, whole); {
	case w.reason != "" && (!w.near || !selfContained(own)):
		return f, w.reason
	case w.reason != "": // told in the words of the page
		u = own
	}
	if err := Ground(c.page.Text, Claim{u.statement, quote, u.start, u.end}); err != nil {
		return f, reasonOf(err)
	}
	j := c.s.judge(c.page.Text, u)
	confidence := Confidence(schema.MethodModel, tier, u.structure, proposedScore+(1-proposedScore)*j.score())
	f = finding{candidate: u, fact: Fact{
		Category: c.prof.Categories[category], Statement: u.statement, Quote: quote, Span: schema.Span{ByteStart: u.start, ByteEnd: u.end},
		Headings: u.block.Headings, Attribute: c.s.attribute(category), Subject: u.subject,
		Confidence: confidence, Method: schema.MethodModel, Model: c.model,
	}}
	if confidence < c.least {
		return f, schema.RejectedConfidence
	}
	return f, ""
}

// unit is what rules would quote around a place: its sentence, item, definition or
// row, so that nothing that limits or denies it is left out; whole says that it is
// one of them, as rules would word it. It is empty if the place is in code or in a
// heading, or if it is too long.
func (c *claims) unit(start, end int, statement string) (u candidate, whole bool) {
	words := wordSet(statement)
	most := -1
	from, to := len(c.page.Text), 0
	for _, o := range c.units {
		if o.end <= start || o.start >= end {
			continue
		}
		from, to = min(from, o.start), max(to, o.end)
		common := 0
		for w := range wordSet(o.statement) {
			if words[w] {
				common++
			}
		}
		if common > most { // of the cells of a row, the one it tells
			u, most = o, common
		}
	}
	if most < 0 || to-from > maxQuote {
		return candidate{}, false
	}
	if whole = u.start == from && u.end == to; !whole {
		u.structure, u.cell, u.fragment, u.about = StructureSentence, 0, false, ""
	}
	u.start, u.end = from, to
	return u, whole
}

// denies reports whether the words that are to prove a claim deny; of a row, those
// of the cell that it tells.
func (c *claims) denies(u candidate, quote string) bool {
	if u.cell > 0 && u.cell < len(u.block.Cells) {
		cell := document.Plain(u.block.Cells[u.cell].Of(c.page.Text))
		yes, flag := flagOf(cell)
		return negations(cell) > 0 || flag && !yes || negations(document.Plain(u.block.Cells[0].Of(c.page.Text))) > 0
	}
	return negations(quote) > 0
}

// wording holds a statement against its quote and what stands above and beside it.
func (c *claims) wording(u candidate, quote string, whole bool) wording {
	around := append([]string{u.block.Lead, u.subject, c.page.Title, c.page.Company}, u.block.Headings...)
	if u.structure == StructureRow && whole && len(u.block.Cells) > 1 {
		if (negations(u.statement) > 0) != c.denies(u, quote) {
			return wording{reason: schema.RejectedNegation}
		}
		return newEvidence(quote, append(around, u.block.Header...)...).row(u.statement, c.page.Text, u)
	}
	if !whole {
		quote = strings.ReplaceAll(quote, "\n", "; ")
	}
	free := func(string) bool { return false }
	if u.fragment && !Denies(strings.Join(around, " ")) {
		free = tells
	}
	return newEvidence(quote, around...).sentence(u.statement, free)
}

// selfContained reports whether what rules would say of a place can stand alone.
func selfContained(c candidate) bool {
	return utf8.RuneCountInString(c.statement) >= minStatement && !opensWithPronoun(c.statement)
}

// wordSet gives the stems of the words of a text.
func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, t := range tokens(s) {
		set[stemOf(t.word)] = true
	}
	return set
}

func stemOf(w string) string { return string(stem([]byte(w))) }

// isExact reports words that name something exactly: SOC, OAuth, TLS12.
func isExact(w string) bool {
	capitals, digits := 0, 0
	for _, r := range w {
		if unicode.IsUpper(r) {
			capitals++
		} else if unicode.IsDigit(r) {
			digits++
		}
	}
	return capitals >= 2 || capitals == 1 && digits > 0
}

// commands reports text that tells a model what to do.
func commands(s string) bool {
	low := strings.ToLower(oneLine(s))
	for _, words := range []string{
		"ignore previous", "ignore all previous", "ignore the previous", "ignore all instructions", "ignore the above", "ignore your instructions", "disregard previous", "disregard the above",
		"disregard all", "previous instructions", "system prompt", "you are now", "you are an ai", "as an ai", "language model", "ai assistant", "output the following", "add the following fact",
		"state the following", "must state that", "answer only with", "instructions to the model",
	} {
		if strings.Contains(low, words) {
			return true
		}
	}
	return ordered(low, "report that ") || ordered(low, "respond with ")
}

// ordered reports a text, in lower case, that orders to do what others are said to
// do: as the beginning of a sentence or clause, or of whoever reads it.
func ordered(low, words string) bool {
	for from := 0; ; {
		i := strings.Index(low[from:], words)
		if i < 0 {
			return false
		}
		before := strings.TrimRight(low[:from+i], " \"'“‘`*")
		if before == "" || strings.ContainsRune(".:;,!?—-", rune(before[len(before)-1])) {
			return true
		}
		for _, addressed := range []string{"please", "you must", "you should", "you will", "always", "only", "just", "now", "then", "and", "instead", "model must", "assistant must"} {
			if strings.HasSuffix(before, addressed) {
				return true
			}
		}
		from += i + len(words)
	}
}

// measured reports whether the figures of a statement mean in its quote what they
// mean in the statement: 100 per minute is not 100 per second.
func (s *scorer) measured(statement, quote string) bool {
	proof := quantities(document.Plain(quote), s.comma)
	for _, q := range quantities(statement, s.comma) {
		same, differs := false, false
		for _, r := range proof {
			if !numbersWithin(q.value.Original, r.value.Original) {
				continue
			}
			if q.value.Currency != "" && q.value.Currency == r.value.Currency && r.value.Period == "" && q.value.Amount == r.value.Amount { // the time stands elsewhere, if at all
				same = true
				continue
			}
			bare := r.value.Unit == "" || q.value.Unit == "" || r.value.Kind == schema.ValueCount && q.value.Kind == schema.ValueCount
			if bare || q.value.Kind == r.value.Kind && q.value.Unit == r.value.Unit && q.value.Number == r.value.Number || r.value.Unit == "1/s" && q.value.Number == r.value.Number {
				same = true
			} else {
				differs = true
			}
		}
		if differs && !same {
			return false
		}
	}
	return true
}

// says reports whether a candidate's statement, if a model worded it, tells a
// value that its quote has.
func (c candidate) says(v schema.Value) bool {
	if !c.proposed || v.Kind == schema.ValueFlag {
		return true
	}
	if strings.IndexFunc(v.Original, unicode.IsDigit) < 0 {
		return strings.Contains(strings.ToLower(c.statement), strings.ToLower(v.Original))
	}
	return numbersWithin(v.Original, c.statement)
}

// reasonOf is why a claim is not grounded.
func reasonOf(err error) schema.RejectionReason {
	switch {
	case errors.Is(err, ErrNoNumber):
		return schema.RejectedNumber
	case errors.Is(err, ErrNegation):
		return schema.RejectedNegation
	}
	return schema.RejectedQuote
}
