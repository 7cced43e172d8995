package extract

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// Options say how the facts of a page are looked for.
type Options struct {
	Method        schema.ExtractionMethod
	Model         *Model // nil: there is none
	MinConfidence float64
	Force         bool             // ask the model again though its answer is known
	Tokens        int              // that the model may take; 0: no bound, negative: none
	Patience      time.Duration    // for the model, with the whole page; 0: half an hour
	Room          *document.Reader // where there is room for large pages; nil: anywhere
	Known         []Fact           // those that the page had, with the texts of their quotes
}

// Found is what was found.
type Found struct {
	Facts    []Fact
	Rejected []schema.RejectedFact // what was taken for a fact and is none; the first 200
	Tally    schema.Tally
	Gap      schema.ModelGap // why the model was not heard in full; empty if it was
	Err      error           // of the gap, if it is one that may pass or that somebody can mend
}

// MethodOf is who looks for facts: the first that was asked for, else rules, and a
// model if there is one.
func MethodOf(model bool, asked ...schema.ExtractionMethod) schema.ExtractionMethod {
	fallback := schema.ExtractByRules
	if model {
		fallback = schema.ExtractByBoth
	}
	return cmp.Or(append(asked, fallback)...)
}

// Find finds the facts of a page: grounded, at least as confident as asked, each
// once whoever found it, as many as the depth of the profile allows, the surest
// first. A method that is not asked, or not heard in full, says nothing of what it
// found before: such facts of Known stay, behind the others, while their quotes
// stand in the text; so do facts of Known that are found again but not among as
// many. It fails only with the cause of ctx; what a model does wrong
// is told by what is found.
func Find(ctx context.Context, p Page, prof Profile, o Options) (found Found, err error) {
	var rejected rejections
	var h hearing
	if o.Method.Model() {
		switch {
		case o.Model == nil:
			h.gap, h.err = schema.GapNotSet, fault.New(fault.Unavailable, "this worker has no model: set LLM_MODEL")
		case o.Tokens < 0:
			h.gap, h.err = schema.GapBudget, errSpent
		default:
			if h, err = o.Model.hear(ctx, p, prof, o); err != nil {
				return found, err
			}
		}
	}
	if o.Room != nil {
		leave, err := o.Room.Hold(ctx, p.Text)
		if err != nil {
			return found, err
		}
		defer leave()
	}
	s := newScorer(p, prof)
	var all []finding
	if o.Method.Rules() {
		all = s.rules(p, prof, o.MinConfidence, &rejected)
	}
	if h.chunks != nil {
		all = s.join(all, p, prof, o, o.Model.Chat.Model(), h, &rejected)
	}
	found.Facts = s.finish(p.Text, best(prof, all, &rejected))
	found.Facts = append(found.Facts, s.kept(p.Text, prof, all, o.Known, found.Facts)...)
	found.Facts = append(found.Facts, carried(p, prof, o, h, found.Facts)...)
	found.Rejected, found.Gap, found.Err = rejected.list, h.gap, h.err
	found.Tally = schema.Tally{Usage: h.usage, Rejected: schema.CountRejected(rejected.counts)}
	if h.gap != "" {
		found.Tally.WithoutModel = []schema.WithoutModel{{Reason: h.gap, Count: 1}}
	}
	return found, nil
}

// join adds what a model proposes and what is proven of it to what rules have
// found. What both say is the rules'.
func (s *scorer) join(all []finding, p Page, prof Profile, o Options, model string, h hearing, rejected *rejections) []finding {
	if len(prof.Categories) == 0 {
		return all
	}
	c := newClaims(p, prof, s, model, o.MinConfidence)
	worded := make(map[string]bool, len(all))
	key := func(f finding) string { return f.fact.Category + "\x00" + normalise(f.fact.Statement) }
	for i, f := range all {
		all[i].value = s.value(p.Text, f.candidate, f.fact.Category)
		worded[key(f)] = true
	}
	for i, r := range h.readings {
		rejected.count(schema.RejectedUnreadable, r.unreadable)
		at := h.chunks[i]
		part := &haystack{text: p.Text[at.start:at.end]}
		for _, proposed := range r.proposals {
			f, reason := c.judge(at.start, part, proposed)
			if reason == "" {
				f.value = s.value(p.Text, f.candidate, f.fact.Category)
				if worded[key(f)] || slices.ContainsFunc(all, func(o finding) bool { return o.says(f) }) {
					reason = schema.RejectedDuplicate
				}
				worded[key(f)] = true
			}
			if reason != "" {
				rejected.add(schema.MethodModel, proposed.Category, proposed.Statement, proposed.Quote, reason)
				continue
			}
			all = append(all, f)
		}
	}
	return all
}

// says reports whether f says what o does: of the same place the same value, or
// most of the words if one has no value.
func (f finding) says(o finding) bool {
	a, b := f.fact.Span, o.fact.Span
	if a.ByteStart >= b.ByteEnd || b.ByteStart >= a.ByteEnd {
		return false
	}
	if f.value.Kind != "" && o.value.Kind != "" {
		x, y := f.value, o.value
		x.Original, y.Original = "", ""
		if x != y || x.Kind != schema.ValueFlag {
			return x == y
		}
	}
	words, common, all := wordSet(f.fact.Statement), 0, 0
	for w := range wordSet(o.fact.Statement) {
		if isEmpty(w) {
			continue
		}
		all++
		if words[w] {
			common++
		}
	}
	return float64(common) >= leastWorded*float64(all)
}

// kept gives the facts that the page had and that were found again, but beyond
// what the depth allows: what was told once holds while the page states it.
func (s *scorer) kept(text string, prof Profile, all []finding, had, found []Fact) []Fact {
	if len(had) == 0 || len(all) <= maxFacts(prof.Depth) {
		return nil
	}
	missing := make(map[string]bool, len(had))
	for _, f := range had {
		missing[f.Fingerprint] = true
	}
	for _, f := range found {
		delete(missing, f.Fingerprint)
	}
	var more []finding
	for _, f := range all {
		f.fact.Fingerprint = Fingerprint(prof.Name, f.fact.Category, f.fact.Statement)
		if missing[f.fact.Fingerprint] {
			delete(missing, f.fact.Fingerprint)
			more = append(more, f)
		}
	}
	return s.finish(text, more)
}

// carried gives the facts of methods that were not heard that still stand in the
// page, and that were not found again.
func carried(p Page, prof Profile, o Options, h hearing, found []Fact) (facts []Fact) {
	have := make(map[string]bool, len(found))
	for _, f := range found {
		have[f.Fingerprint] = true
	}
	var spans *document.Spans
	for _, f := range o.Known {
		silent := f.Method == schema.MethodRules && !o.Method.Rules() || f.Method == schema.MethodModel && (!o.Method.Model() || h.gap != "")
		if !silent || have[f.Fingerprint] || !slices.Contains(prof.Categories, f.Category) {
			continue
		}
		start := f.Span.ByteStart
		if end := start + len(f.Quote); end > len(p.Text) || p.Text[start:end] != f.Quote {
			start = strings.Index(p.Text, f.Quote)
		}
		if start < 0 || !uncut(p.Text, start, start+len(f.Quote)) || Ground(p.Text, Claim{f.Statement, f.Quote, start, start + len(f.Quote)}) != nil {
			continue
		}
		if spans == nil {
			spans = document.NewSpans(p.Text)
		}
		f.Span = spans.Of(start, start+len(f.Quote))
		facts = append(facts, f)
	}
	return facts
}

// rejections remembers what was taken for a fact and is none. A nil one does not.
type rejections struct {
	list   []schema.RejectedFact
	counts map[schema.RejectionReason]int
}

// maxRejected is how many rejections are remembered with their words.
const maxRejected = 200

func (r *rejections) add(by schema.Method, category, statement, quote string, reason schema.RejectionReason) {
	if r == nil {
		return
	}
	r.count(reason, 1)
	if len(r.list) < maxRejected {
		r.list = append(r.list, schema.RejectedFact{Category: category, Statement: statement, Quote: quote, Reason: reason, Method: by})
	}
}

func (r *rejections) count(reason schema.RejectionReason, n int) {
	if r == nil || n == 0 {
		return
	}
	if r.counts == nil {
		r.counts = map[schema.RejectionReason]int{}
	}
	r.counts[reason] += n
}

// of remembers a finding.
func (r *rejections) of(f finding, reason schema.RejectionReason) {
	r.add(f.fact.Method, f.fact.Category, f.fact.Statement, f.fact.Quote, reason)
}
