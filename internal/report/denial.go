package report

import (
	"regexp"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// denies reports whether s says, where it mentions an attribute, that there is no such
// thing. Of a row of a table the column decides that the mention is in, or the first: what
// stands in it must begin with the no.
func (s Statement) denies(m mention, columns columns) bool {
	if m.isOneOfSeveral(s.Text, columns) {
		return false
	}
	c := columns.at(m.start)
	if c != nil && m.start < c.start {
		return !c.asks() && (refuses(s.Text[c.start:c.end]) || !m.ofVersions() && absentCell.MatchString(s.Text[c.start:c.end]))
	}
	start, end := clause(s.Text, m.start, m.end, c == nil)
	nowhere, partly := s.hosted(m)
	switch {
	case m.isCertificate() && s.uncertified(m, start), nowhere, deniedAbroad(s.Text[start:end], m.start-start):
		return true
	case partly, m.placed(s.Text[start:m.start]), lacksOther.MatchString(s.Text[m.end:end]):
		return false
	}
	return denied(s.Text, start, end, m.start) || !m.ofVersions() && m.ended(s.Text[start:m.start], s.Text[m.end:end])
}

// placed reports that the mention is of where something else is not: before it stands "not available on the".
func (m mention) placed(before string) bool {
	return m.of != nil && m.of.isPlace() && onPlace.MatchString(before) && !forIt.MatchString(before)
}

// isPlace tells whether the attribute is a plan or an edition, which has or has not other things.
func (a *attribute) isPlace() bool {
	return a.section.key == "tiers" || a.key == "price" || a.key == selfHosting || a.key == "sandbox"
}

var (
	onPlace = regexp.MustCompile(`(?i) (?:on|in|for|with|under|during) (?:(?:the|our|your|a|any) )?$`)
	forIt   = regexp.MustCompile(`(?i)\b(?:support|plans?|option|charge|provision|need) for (?:(?:the|our|your|a|any) )?$`)
)

// ofVersions tells whether the attribute is about what ends.
func (m mention) ofVersions() bool { return m.of != nil && m.of.section.key == "versioning" }

// ended reports whether a clause says, before or after what it mentions, that there is such a thing no
// more, or not yet.
func (m mention) ended(before, after string) bool {
	return lacking.MatchString(before) || pending.MatchString(after) ||
		(gone.MatchString(after) || m.isCertificate() && lapsed.MatchString(after)) && !never.MatchString(after)
}

// lacksOther are words behind a mention by which it has not something else: batch calls "do not support attachments".
var lacksOther = regexp.MustCompile(`(?i)^[^?]*?\b(?:(?:do|does|did|can|will|may) not|(?:do|does|did|wo)n['’]t|cannot|can't) (?:\p{L}+ly |yet )?(?:support|offer|provide|include|have|allow|accept|use|handle|contain) \p{L}`)

// Words of what there is not now.
var (
	lacking = regexp.MustCompile(`(?i)\b(?:(?:lack(?:s|ed|ing)?|dropped|discontinued|retired|withdrawn|withdrew)\s+(?:(?:the|our|its|all|any|native)\s+)?(?:support\s+(?:for|of)\s+(?:the\s+)?)?|` +
		`(?:removed|ended)\s+(?:(?:the|our|its|all|any|native)\s+)?support\s+(?:for|of)\s+(?:the\s+)?)$`)
	gone = regexp.MustCompile(`(?i)\b(?:(?:was|were|been|is|are)\s+(?:\w+ly\s+)?(?:dropped|discontinued|retired|withdrawn|cancelled|canceled|abandoned|phased out|shut down)|(?:was|were|been)\s+(?:\w+ly\s+)?(?:removed|ended)|` +
		`no longer (?:be )?(?:supported|available|offered|provided|included|maintained|sold|possible|exists?|held|valid|certified|compliant|authori[sz]ed))\b`)
	pending = regexp.MustCompile(`(?i)\b(?:(?:is|are|currently|only|still)\s+planned|planned (?:for|in)|on (?:the|our) (?:\w+ )?roadmap|coming soon|(?:is|are|still|currently) (?:in|under) (?:active )?development)\b|` +
		`\bnot (?:at the moment|at present|currently|yet|now)\W*$`)
	lapsed     = regexp.MustCompile(`(?i)^[^?]*\b(?:expired|lapsed)\b`)
	never      = regexp.MustCompile(`(?i)\b(?:not|never)\b|n't\b`)
	absentCell = regexp.MustCompile(`(?i)^(?:discontinued|retired|removed|dropped|withdrawn|expired|lapsed|planned|on (?:the|our) roadmap|coming soon|in development|no longer)\b`)
)

// deniesAll reports whether s says that there is not what it is about: in its main
// clause, by a word of having or offering.
func (s Statement) deniesAll(columns columns) bool {
	if len(columns) > 0 {
		c := columns[0]
		if s.Value.Kind == schema.ValueFlag {
			return !s.Value.Yes && !columns.asks(s.Text, s.Value.Original)
		}
		return !c.asks() && refuses(s.Text[c.start:c.end])
	}
	text := s.Text
	if _, after, ok := strings.Cut(text, " — "); ok {
		text = after
	}
	_, end := clause(text, 0, 0, true)
	return denied(text, 0, end, -1) || s.Value.Kind == schema.ValueFlag && !s.Value.Yes && strings.Contains(text[:end], s.Value.Original)
}

// refuses reports whether what stands in a cell of a table is a no: it begins with one,
// and is short.
func refuses(cell string) bool {
	_, end := clause(cell, 0, 0, true)
	words := wordsOf(cell[:end])
	if len(words) == 0 || len(words) > 6 {
		return false
	}
	return extract.IsNegation(words[0].stem) && !words[0].number || denied(cell, 0, end, 0)
}

//nolint:gochecknoglobals // a fixed list
var (
	offers = []string{
		"support", "supported", "offer", "offered", "provide", "provided", "available", "included", "include", "exist", "have", "implemented", "possible", "allowed", "permitted", "authorized",
		"authorised", "certified", "compliant",
	}
	having = []string{"is", "are", "has", "have", "ha", "offer", "provide", "support", "include", "with"}
)

// clause is the part of a sentence around [start:end] that one denial is about.
// A colon ends it, too, where it is no sign of a table.
func clause(text string, start, end int, colon bool) (from, to int) {
	from, to = 0, len(text)
	for _, border := range clauseBorders {
		if border == ": " && !colon {
			continue
		}
		if i := strings.LastIndex(text[:start], border); i >= 0 {
			from = max(from, i+len(border))
		}
		if i := strings.Index(text[end:], border); i >= 0 {
			to = min(to, end+i)
		}
	}
	return from, to
}

//nolint:gochecknoglobals // a fixed list
var clauseBorders = []string{"; ", ", ", ": ", " but ", " and ", " which ", " – ", ". ", " when ", " unless ", " until ", " without "}

// denied reports whether text[start:end] denies what it speaks of. That something
// does not expire, or is needed by nothing, denies no feature: the verb or the noun that
// is denied must be one of having, offering and being. What has a "no" before it is
// denied, and what has one as the last word: mention is where it stands. If that is -1, the text is about
// nothing in particular: then the verb must be one of offering, or stand before the "no".
func denied(text string, start, end, mention int) bool {
	words := wordsOf(text[start:end])
	if affirmed.MatchString(text[start:end]) {
		return false
	}
	verbs := denials
	if mention < 0 {
		verbs = offers
	}
	stem := func(i int) string {
		if i < 0 || i >= len(words) {
			return ""
		}
		return words[i].stem
	}
	for i, w := range words {
		switch {
		case w.stem == "unsupported" || w.stem == "unavailable":
			return true
		case extract.IsNegation(w.stem) && onlyWords[stem(i+1)]: // it is more than that
		case w.stem == "t" && strings.HasSuffix(stem(i-1), "n"), w.stem == "not", w.stem == "never", w.stem == "cannot": // doesn't
			if slices.Contains(verbs, stem(i+1)) || slices.Contains(verbs, stem(i+2)) {
				return true
			}
		case w.stem == "without" || w.stem == "ohne" || w.stem == "sans" || !extract.IsNegation(w.stem): // says how it is, not that it is not
		case mention < 0:
			if w.stem == "no" && slices.Contains(having, stem(i-1)) {
				return true
			}
		case start+w.start < mention || i == len(words)-1 && w.stem == "no":
			return true
		}
	}
	return false
}

//nolint:gochecknoglobals // a fixed table
var onlyWords = map[string]bool{"only": true, "just": true, "merely": true, "nur": true, "seulement": true}

// affirmed are words that deny a denial, or that something costs more.
var affirmed = regexp.MustCompile(`(?i)\bnot true that\b|\b(?:no|keine?n?|ohne|sans|aucune?s?) (?:\p{L}+ )?(?:charges?|costs?|fees?|surcharges?|Aufpreis|Mehrkosten|Kosten|Gebühr(?:en)?|frais|suppléments?|coûts?) (?:for|to|für|pour)\b|\b(?:no|none|never|not)\b.*\b(?:denied|refused|turned away|excluded)\b`)

//nolint:gochecknoglobals // a fixed list
var denials = []string{
	"support", "supported", "hold", "have", "offer", "offered", "provide", "provided", "run", "charge", "available", "included", "include", "authorized", "authorised",
	"certified", "compliant", "covered", "possible", "allowed", "permitted", "sign", "official", "exist", "encrypted", "use", "comply", "implemented", "rotated", "kept", "expire", "planned", "pursued", "apply",
	"bought", "purchased", "sold",
}
