package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// demand is a rule that can be held against what companies say.
type demand struct {
	rule      schema.Requirement
	attribute *attribute   // nil: it is about what words say
	words     []sought     // of the text, without common ones
	wanted    schema.Value // of AT_LEAST, AT_MOST and EQUALS; FLAG is yes or no
	each      bool         // an amount of money for one of whatever it is paid for
	phrase    []string     // of CONTAINS
	broken    string       // why it cannot be held against anything, if it is one that was stored and makes sense no more
}

// wrong is what is wrong with which field of a rule.
type wrong struct{ field, why string }

const (
	maxRuleText  = 200 // characters
	maxRuleWords = 8
)

// demandOf reads a rule.
func demandOf(r schema.Requirement) (demand, *wrong) {
	d := demand{rule: r}
	switch {
	case (r.Attribute == "") == (r.Text == ""):
		return d, &wrong{"attribute", "give either an attribute or a text"}
	case utf8.RuneCountInString(r.Text) > maxRuleText:
		return d, &wrong{"text", fmt.Sprintf("must have at most %d characters", maxRuleText)}
	case utf8.RuneCountInString(r.Value) > maxRuleText:
		return d, &wrong{"value", fmt.Sprintf("must have at most %d characters", maxRuleText)}
	case r.Attribute != "":
		if d.attribute = attributes().byKey[r.Attribute]; d.attribute == nil {
			return d, &wrong{"attribute", fmt.Sprintf("there is no row %q; those that are not named can be found by a text", r.Attribute)}
		}
	default:
		for _, w := range wordsOf(r.Text) {
			if s := soughtIn(r.Text, w); !commonWords[w.stem] && !slices.Contains(d.words, s) {
				d.words = append(d.words, s)
			}
		}
		if len(d.words) == 0 || len(d.words) > maxRuleWords {
			return d, &wrong{"text", fmt.Sprintf("must have 1 to %d words that say something", maxRuleWords)}
		}
	}
	if why := readValue(&d, strings.TrimSpace(r.Value)); why != "" {
		return d, &wrong{"value", why}
	}
	return d, nil
}

// readValue reads the value that d asks for, and says what is wrong with it.
func readValue(d *demand, text string) string {
	switch {
	case d.rule.Operator == schema.Exists:
		if text != "" {
			return "EXISTS takes none"
		}
		return ""
	case text == "":
		return fmt.Sprintf("%s needs one", d.rule.Operator)
	case d.rule.Operator == schema.Contains:
		for _, w := range typed(wordsOf(text)) {
			d.phrase = append(d.phrase, w.stem)
		}
		if len(d.phrase) == 0 {
			return "has no word in it"
		}
		return ""
	case d.rule.Operator == schema.Equals:
		switch strings.ToLower(text) {
		case "yes", "no":
			d.wanted = schema.Value{Kind: schema.ValueFlag, Original: text, Yes: strings.EqualFold(text, "yes")}
			return ""
		case "unlimited":
			d.wanted = schema.Value{Kind: schema.ValueUnlimited, Original: text}
			return ""
		}
	}
	v, ok := d.figure(text)
	if !ok {
		return fmt.Sprintf("%q is no single value with its unit, such as 100 requests per minute, 8 GiB, $50 per month or 99.9%%", text)
	}
	if d.attribute != nil && slices.Equal(d.attribute.kinds, []schema.ValueKind{schema.ValuePercent}) && v.Kind == schema.ValueCount && v.Unit == "" && v.Per == "" {
		v.Kind, v.Unit = schema.ValuePercent, "%"
	}
	d.wanted, d.each = d.attribute.one(v), each(v).Per == ""
	if d.attribute != nil && len(d.attribute.kinds) > 0 && !slices.Contains(d.attribute.kinds, v.Kind) {
		return fmt.Sprintf("%q is %s, and %s is told as %s", text, kindNames[v.Kind], d.attribute.key, kindList(d.attribute.kinds))
	}
	return ""
}

// kindNames are what kinds of values are called.
//
//nolint:gochecknoglobals // a fixed table
var kindNames = map[schema.ValueKind]string{
	schema.ValueCount: "a number", schema.ValueRate: "a rate", schema.ValueSize: "a size", schema.ValueDuration: "a length of time", schema.ValuePercent: "a percentage",
	schema.ValueMoney: "an amount of money", schema.ValueVersion: "a version", schema.ValueUnlimited: "no limit", schema.ValueFlag: "a yes or no",
}

func kindList(kinds []schema.ValueKind) string {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = kindNames[k]
	}
	return strings.Join(list, " or ")
}

var dotted = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)$`)

// figure reads a text that is a value and nothing else.
func (d demand) figure(text string) (v schema.Value, ok bool) {
	if m := dotted.FindStringSubmatch(text); m != nil && d.attribute != nil && slices.Contains(d.attribute.kinds, schema.ValueVersion) {
		return schema.Value{Kind: schema.ValueVersion, Original: text, From: m[1], To: m[1]}, true
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && dotted.MatchString(text) {
		return schema.Value{Kind: schema.ValueCount, Original: text, Number: n}, true
	}
	found := extract.Measures(text)
	if len(found) == 0 || found[0].Start != 0 {
		return v, false
	}
	v, behind := perMany(found[0].Value, text[found[0].End:])
	if found[0].End+behind != len(text) || len(found) > 1 && behind == 0 {
		return v, false
	}
	one := v.Numeric() && v.Max == 0 || v.Kind == schema.ValueVersion && v.From == v.To
	return v, one
}

// label words the rule.
func (d demand) label() string {
	about := "“" + d.rule.Text + "”"
	if d.attribute != nil {
		about = d.attribute.label
	} else if d.rule.Attribute != "" {
		about = d.rule.Attribute
	}
	switch d.rule.Operator {
	case schema.AtLeast:
		return about + " ≥ " + d.rule.Value
	case schema.AtMost:
		return about + " ≤ " + d.rule.Value
	case schema.Equals:
		return about + " = " + d.rule.Value
	case schema.Contains:
		return about + " contains “" + d.rule.Value + "”"
	case schema.Exists:
	}
	return about
}

// Outcome is what came of a rule.
type Outcome string

// The outcomes.
const (
	Pass    Outcome = "PASS"
	Fail    Outcome = "FAIL"
	Unknown Outcome = "UNKNOWN"
)

// Finding is what came of one rule for one company.
type Finding struct {
	Outcome Outcome
	Reason  string
	State   State
	Plans   []string // of Pass, if it holds on these only
	Entries []Said   // that decide it
}

// maxEvidence is how many entries a finding shows.
const maxEvidence = 5

// hold holds a company to the rule by what it says: c. more says that not all of
// what it says was looked at.
func (d demand) hold(c Cell, more bool) Finding {
	f := Finding{Outcome: Unknown, State: c.State}
	switch {
	case d.broken != "":
		f.Reason = "the rule cannot be read any more: " + d.broken
	case c.State == NotRead:
		f.Reason = "nothing was found on it"
	case c.State == NotDocumented && d.attribute == nil:
		f.Reason = "no fact has these words"
		if slices.ContainsFunc(d.words, func(w sought) bool { return w.exact != "" }) {
			f.Reason += ", with these capitals"
		}
	case c.State == NothingAlike:
		f.Reason = "something is said of it, in words that could not be compared"
	case c.State == NotDocumented:
		f.Reason = "pages of that kind were read, and none says it"
	case c.State == Conflict:
		// What holds for other plans is not in doubt.
		if f.Entries = d.passing(c.beside); len(f.Entries) > 0 {
			f.Outcome, f.Reason, f.Plans = Pass, "stated: "+firstTexts(f.Entries), plansOf(f.Entries, nil)
			break
		}
		f.Reason, f.Entries = "its pages contradict each other: "+firstTexts(c.opposed[:1])+" ≠ "+firstTexts(c.opposed[1:]), c.opposed
	case c.State == StatedNo:
		f.Outcome, f.Reason = d.denied()
		f.Entries = c.Entries
		if f.Reason += ": " + firstTexts(c.Entries); more && f.Outcome == Fail {
			f.Outcome, f.Reason = Unknown, "not all that is stated was looked at; "+f.Reason
		}
	default:
		d.weigh(&f, c, more)
	}
	f.Entries = f.Entries[:min(len(f.Entries), maxEvidence)]
	return f
}

// passing are the entries that meet the rule.
func (d demand) passing(said []Said) (list []Said) {
	for _, s := range said {
		if o, _ := d.judge(s); o == Pass {
			list = append(list, s)
		}
	}
	return list
}

// denied is what becomes of the rule where it is stated that there is no such thing.
// Of a value that should be high none is too little, except of limits, of which none may be meant to be
// the best; of one that should be low nobody can tell.
func (d demand) denied() (Outcome, string) {
	const no = "it is stated that there is no such thing"
	switch d.rule.Operator {
	case schema.Exists, schema.Contains:
		return Fail, no
	case schema.Equals:
		if d.wanted.Kind == schema.ValueFlag && !d.wanted.Yes {
			return Pass, no
		}
		if d.wanted.Kind != schema.ValueUnlimited {
			return Fail, no
		}
	case schema.AtLeast:
		if d.attribute != nil && d.attribute.better == higher && d.attribute.section.key != "rate_limits" {
			return Fail, no
		}
	case schema.AtMost:
		if d.attribute != nil && d.attribute.section.key == "rate_limits" {
			return Fail, "it is stated that there is no limit"
		}
	}
	if d.wanted.Kind == schema.ValueVersion && d.attribute != nil && d.attribute.byName() {
		return Fail, no // in no version
	}
	return Unknown, no + ", which may be better or worse than any value"
}

// weigh decides where something is stated: Pass if any of it meets the rule, else
// Unknown if any cannot be judged, else Fail.
func (d demand) weigh(f *Finding, c Cell, more bool) {
	by := map[Outcome][]Said{}
	why := ""
	for _, s := range d.telling(c.Entries) {
		o, cannot := d.judge(s)
		by[o] = append(by[o], s)
		if why == "" {
			why = cannot
		}
	}
	switch {
	case len(by[Pass]) > 0:
		f.Outcome, f.Entries, f.Reason = Pass, by[Pass], "stated: "+firstTexts(by[Pass])
		f.Plans = plansOf(by[Pass], by[Fail])
	case len(by[Unknown]) > 0:
		f.Entries, f.Reason = by[Unknown], why+": "+firstTexts(by[Unknown])
	case more:
		f.Entries, f.Reason = by[Fail], "not all that is stated was looked at; none of this meets it: "+firstTexts(by[Fail])
	default:
		f.Outcome, f.Entries = Fail, by[Fail]
		f.Reason = map[schema.RequirementOperator]string{
			schema.AtLeast: "all that was found is less", schema.AtMost: "all that was found is more", schema.Equals: "something else is stated",
			schema.Contains: "what was found does not say it", schema.Exists: "it is stated that there is no such thing",
		}[d.rule.Operator] + ": " + firstTexts(by[Fail])
	}
}

// telling are the entries without those that name what the others say versions of, where versions are asked for.
func (d demand) telling(said []Said) []Said {
	versioned := func(s Said) bool { return s.Value.Kind == schema.ValueVersion }
	if d.attribute == nil || !d.attribute.byName() || d.wanted.Kind != schema.ValueVersion || !slices.ContainsFunc(said, versioned) {
		return said
	}
	return slices.DeleteFunc(slices.Clone(said), func(s Said) bool { return s.Value.Kind == "" && !s.Denies })
}

// plansOf are the plans to which what meets a rule is limited; none if one is limited to
// none, and nothing says that a plan has it not.
func plansOf(met, not []Said) (plans []string) {
	limited := slices.ContainsFunc(not, func(s Said) bool { return s.Denies && s.Limits["plan"] != "" })
	for _, s := range met {
		switch {
		case s.Limits["plan"] != "":
		case limited || s.Limits["row"] != "": // such as a sentence that names several
			continue
		default:
			return nil
		}
		for p := range strings.SplitSeq(s.Limits["plan"], ", ") {
			if !slices.Contains(plans, p) {
				plans = append(plans, p)
			}
		}
	}
	slices.Sort(plans)
	return plans
}

// firstTexts words the first entries: as cells do, but for what there is none of.
func firstTexts(said []Said) string {
	var list []string
	for _, s := range said {
		if isNone(s.Value) {
			s.Text = shorten(strings.TrimSuffix(s.Statement, "."), maxText)
		}
		if !slices.Contains(list, s.Text) && !s.repeats(said) && len(list) < 3 {
			list = append(list, s.Text)
		}
	}
	return strings.Join(list, " · ")
}

// judge decides by one entry, or says why it cannot.
func (d demand) judge(s Said) (o Outcome, why string) {
	met := func(ok bool) (Outcome, string) {
		if ok {
			return Pass, ""
		}
		return Fail, ""
	}
	flag := d.wanted.Kind == schema.ValueFlag
	switch {
	case isNone(s.Value) && (flag || d.rule.Operator == schema.Exists):
		if flag {
			return met(!d.wanted.Yes)
		}
		return Unknown, "it is stated that there is none, which is the best there is: ask for a value"
	case d.rule.Operator == schema.Exists || flag && d.wanted.Yes:
		if s.deniesSome() {
			return Unknown, "it is stated that some have no such thing, and not who has"
		}
		if s.negated {
			return Unknown, "what has these words denies something"
		}
		return met(!s.Denies)
	case flag: // where something is stated, a no holds on some plan only
		return Fail, ""
	case s.Denies:
		if o, why := d.denied(); o != Fail {
			return o, why
		}
		return Fail, ""
	case d.rule.Operator == schema.Contains:
		return met(d.isSaid(s.Statement))
	}
	values := d.values(s)
	if len(values) == 0 {
		return Unknown, "it says nothing in such figures"
	}
	for _, v := range values {
		next, cannot := compareTo(d.rule.Operator, d.wanted, v)
		switch {
		case o == "":
			o, why = next, cannot
		case o != next:
			return Unknown, severalValues
		}
	}
	if o == Fail && d.meantElsewhere(s) {
		return Unknown, severalValues
	}
	return o, why
}

// isSaid tells whether a text has the words of CONTAINS, somewhere else than where it says what is not.
func (d demand) isSaid(text string) bool {
	words := typed(wordsOf(text))
	for i := range words {
		if !at(words, i, d.phrase) {
			continue
		}
		start, _ := clause(text, words[i].start, words[i].end, len(columnsOf(text)) == 0)
		if !negated.MatchString(strings.ReplaceAll(text[start:words[i].start], "not only", "")) {
			return true
		}
	}
	return false
}

// negated are words after which stands what is not.
var negated = regexp.MustCompile(`(?i)(?:\b(?:never|cannot|no|without|except|outside|not)\b|n't\b)`)

// deniesSome reports an entry that says no for some, and nothing of the others.
func (s Said) deniesSome() bool { return !s.Denies && s.Value.Kind == schema.ValueFlag && !s.Value.Yes }

const severalValues = "it says several values"

// meantElsewhere reports that the words of an entry have another value than the one
// that was taken, which meets the rule and is of no other attribute: at most 50, or 100 on request. What a
// number without a unit is of, nobody knows.
func (d demand) meantElsewhere(s Said) bool {
	meets := func(v schema.Value) bool {
		o, _ := compareTo(d.rule.Operator, d.wanted, v)
		return v.Kind == s.Value.Kind && o == Pass
	}
	return slices.ContainsFunc(s.bareNumbers(), meets) || (d.attribute == nil || d.attribute.alone(s.Statement)) &&
		slices.ContainsFunc(extract.Measures(s.Statement), func(m extract.Measure) bool {
			return !strings.HasPrefix(s.Value.Original, m.Value.Original) && meets(d.attribute.one(m.Value))
		})
}

// bareNumbers are the numbers of a sentence that may be of what its value is of, left out there: 25
// requests per second, and Business teams to 100.
func (s Said) bareNumbers() (list []schema.Value) {
	own, err := strconv.ParseFloat(strings.ReplaceAll(leading.FindString(s.Value.Original), ",", ""), 64)
	if err != nil || own == 0 || !s.Value.Numeric() || len(columnsOf(s.Statement)) > 0 {
		return nil
	}
	for _, m := range elliptic.FindAllStringSubmatch(s.Statement, -1) {
		n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
		if err != nil {
			continue
		}
		v := s.Value
		v.Original, v.Number, v.Max = m[1], v.Number*n/own, 0
		list = append(list, v)
	}
	return list
}

var (
	leading  = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?`)
	elliptic = regexp.MustCompile(`\b(?:to|is|are|and|or|gets?|have|has) (\d[\d,]*(?:\.\d+)?)(?:[.;,)]?$|[.;,)] | (?:on|for|in|if|when|and|or)\b)`)
)

// values are what an entry says that the rule may be about: of an attribute with
// values its own, else all of the statement.
func (d demand) values(s Said) (list []schema.Value) {
	if d.attribute == nil || len(d.attribute.kinds) == 0 {
		for _, m := range extract.Measures(s.Statement) {
			if v := d.attribute.one(m.Value); unlike(d.wanted, v) == "" {
				list = append(list, v)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	if s.Value.Numeric() || s.Value.Kind == schema.ValueVersion || s.Value.Kind == schema.ValueUnlimited {
		list = append(list, s.Value)
	}
	for i, v := range list {
		if list[i] = d.attribute.one(v); d.each && each(v).Number != v.Number {
			list[i] = paidFor(list[i], "")
		}
	}
	return list
}
