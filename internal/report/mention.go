package report

import (
	"regexp"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// mentions are where s speaks of attributes of its vendor. What stands in the heading of a
// sentence, before its dash, is spoken of only if nothing else is.
func (s Statement) mentions(columns columns) (list []mention) {
	words := wordsOf(s.Text)
	heading := 0 // where it ends
	if head, _, ok := strings.Cut(s.Text, " — "); ok && len(columns) == 0 {
		heading = len(head)
	}
	body := words
	for len(body) > 0 && body[0].start < heading {
		body = body[1:]
	}
	inBody := attributes().mentions(body, len(columns) == 0)
	for _, m := range attributes().mentions(words, len(columns) == 0) {
		if m.end <= heading {
			if k := slices.IndexFunc(inBody, func(b mention) bool { return b.of == m.of }); k >= 0 {
				m = inBody[k]
			} else if !s.headed(m, heading, len(inBody) > 0) {
				continue
			}
		}
		start, end := clause(s.Text, m.start, m.end, len(columns) == 0)
		if m.of.key == "free_tier" && !s.freePlan(m, columns) {
			continue
		}
		if !m.of.crowded(wordsOf(s.Text[start:end])) && !ofOthers.MatchString(s.Text[start:m.start]) {
			list = append(list, m)
		}
	}
	return list
}

// headed reports whether a sentence is about what its heading mentions: a figure needs one, or a plain no, and other
// words may not speak of something else.
func (s Statement) headed(m mention, heading int, other bool) bool {
	switch {
	case strings.HasSuffix(s.Text[:heading], "?"):
		return true
	case len(m.of.kinds) == 0 || m.of.byName():
		return !other
	}
	_, _, ok := s.measure(m)
	return ok || s.Value.Kind == schema.ValueUnlimited || refuses(s.Text[heading+len(" — "):])
}

// freePlan reports whether what s says is free is a plan: one that it names, or that has a price of nothing. What is
// said of customers that have one is not said of it.
func (s Statement) freePlan(m mention, columns columns) bool {
	start, end := clause(s.Text, m.start, m.end, len(columns) == 0)
	if ofItsUsers.MatchString(s.Text[:m.start]) {
		return false
	}
	if !freeOfCharge.MatchString(s.Text[m.start:m.end]) || allowance.MatchString(s.Text[:m.start]) {
		return true
	}
	if c := columns.at(m.start); c != nil && m.start >= c.start {
		start = 0 // the head of its row says what it is
	}
	return !freeOther.MatchString(s.Text[start:m.start]) && (aPlan.MatchString(s.Text[start:end]) || s.Qualifiers["plan"] != "" || planOf(s.Text[:m.start]) != "")
}

var (
	ofItsUsers   = regexp.MustCompile(`(?i)\b(?:including|includes?|even|also) (?:(?:to|for|on|in|of|with|those|all|the|our|on) )*$`)
	freeOfCharge = regexp.MustCompile(`(?i)^(?:free of charge|at no cost)$`)
	allowance    = regexp.MustCompile(`(?i)\b(?:each|every|an?) (?:\p{L}+ )?(?:account|project|organi[sz]ation|workspace|cluster|team) (?:gets|has|receives|includes)\b`)
	freeOther    = regexp.MustCompile(`(?i)\b(?:calls?|requests?|operations?|senders?|traffic|messages?|updates?|upgrades?|egress|ingress|transfers?|migrations?|exports?|imports?|support|setup|onboarding)\b`)
	aPlan        = regexp.MustCompile(`(?i)\b(?:plans?|tiers?|editions?|accounts?|projects?|organi[sz]ations?|clusters?|forever)\b`)
)

// isOneOfSeveral tells whether the mention is of one thing of those that the row lists by their names, without which
// there are others.
func (m mention) isOneOfSeveral(text string, columns columns) bool {
	named := func(words string) bool {
		return slices.ContainsFunc(attributes().mentions(wordsOf(words), false), func(o mention) bool { return o.of == m.of && !at(wordsOf(words[o.start:]), 0, m.of.first) })
	}
	if m.of == nil || !m.of.names {
		return false
	}
	c := columns.at(m.start)
	return named(text[m.start:m.end]) || c != nil && named(c.head)
}

// leavesOut are words by which a name is said not to be one of a list.
var leavesOut = regexp.MustCompile(`(?i)\b(?:not?|never|cannot|unsupported|nicht|keine?|pas)\b|n['’]t\b`)

// crowded reports a clause that has words which the attribute must not stand beside, without being told by
// its first phrase.
func (a *attribute) crowded(clause []word) bool {
	return len(a.beside) > 0 && anywhere(clause, a.beside) && !anywhere(clause, [][]string{a.first})
}

// Words of what is another's, and of what was or will be.
var (
	ofOthers = regexp.MustCompile(`(?i)^(?:our |the |some |most |all |many )*(?:competitors?|rivals?|other (?:vendors?|providers?|services?|tools?))\b`)
	others   = regexp.MustCompile(`(?i)\b(?:competitors?|competing|rivals?|other (?:vendors?|providers?)|(?:most|many) (?:vendors|providers)|industry average)\b`)
	bygone   = regexp.MustCompile(`(?i)\b(?:until (?:the end of )?(?:\p{L}+ )?(?:19|20)\d\d|before (?:\p{L}+ )?(?:19|20)\d\d|used to|previously|formerly|originally|in the past|at that time|any ?more|no longer)\b`)
	wasFrom  = regexp.MustCompile(`(?i)\b(?:was|were|been|went|we(?: have)?) (?:\p{L}+ly )?(?:raised|increased|lowered|reduced|changed|cut|extended|shortened|up|down)\b[^;.]*\bfrom $`)
	willBe   = regexp.MustCompile(`(?i)\b(?:will|shall|going to|plan to|planned to) (?:be )?(?:raised?|increased?|lower(?:ed)?|reduced?|changed?|cut|doubled?|extend(?:ed)?|shorten(?:ed)?|rise|fall|grow|drop)\b[^;.]*\b(?:to|at|by) $`)
	wasThen  = regexp.MustCompile(`(?i)\b(?:was|were)(?: [\p{L}-]+){0,2} $`)
	wasMade  = regexp.MustCompile(`(?i)\b(?:was|were) (?:[\p{L}-]+ )?(?:raised|increased|lowered|reduced|changed|cut|set|extended|shortened|limited|capped)\b`)
)

// holds reports whether a value at a place of s is the vendor's, and of now: not of a competitor, not
// what was, and not what will be. Measurements are told of the past.
func (s Statement) holds(at int, a *attribute) bool {
	start, end := 0, len(s.Text)
	for _, border := range []string{"; ", ". ", " but ", " while ", " whereas ", ", and now ", ", now "} {
		if i := strings.LastIndex(s.Text[:at], border); i >= 0 {
			start = max(start, i+len(border))
		}
		if i := strings.Index(s.Text[at:], border); i >= 0 {
			end = min(end, at+i)
		}
	}
	part, before := s.Text[start:end], s.Text[start:at]
	measured := strings.HasPrefix(a.key, "latency_") || a.key == "indexing_throughput"
	switch {
	case others.MatchString(part), bygone.MatchString(part), wasFrom.MatchString(before), willBe.MatchString(before):
		return false
	}
	return measured || !wasThen.MatchString(before) || wasMade.MatchString(before)
}

// noLimit are words that say that there is no limit.
var noLimit = regexp.MustCompile(`(?i)\b(?:no|without(?: any)?) (?:[\p{L}-]+ ){0,2}?(?:limits?|cap)\b|\b(?:unmetered|unlimited)\b|\b(?:not|never) (?:rate[- ])?limited\b`)

// limitless is the value of a limit of which s says, where it mentions it, that there is none, and where it says so.
func (s Statement) limitless(m mention, columns columns) (v schema.Value, at int, ok bool) {
	if m.of.better != higher || m.of.section.key != "rate_limits" {
		return v, 0, false
	}
	start, end := clause(s.Text, m.start, m.end, len(columns) == 0)
	if c := columns.at(m.start); c != nil {
		start, end = c.start, c.end
	}
	found := noLimit.FindStringIndex(s.Text[start:end])
	if found == nil || strings.HasPrefix(s.Text[start+found[1]:], " to ") || strings.HasSuffix(s.Text[:start+found[0]], "not ") {
		return v, 0, false
	}
	if slices.ContainsFunc(extract.Measures(s.Text[start:end]), func(q extract.Measure) bool { return slices.Contains(m.of.kinds, q.Value.Kind) }) {
		return v, 0, false
	}
	v = schema.Value{Kind: schema.ValueUnlimited, Original: s.Text[start+found[0] : start+found[1]]}
	if len(m.of.same) > 0 {
		v.Unit = m.of.same[0]
	}
	return v, start + found[0], true
}
