package report

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// Statement is what entries are made of: the part of a fact that says something.
type Statement struct {
	Category   string
	Text       string
	Value      schema.Value
	Qualifiers map[string]string
}

// Entry is what a statement says of one row. Rows without a name gather what is
// left of a category, to be laid side by side by how alike it is.
type Entry struct {
	Attribute string
	Apart     Apart
	Denies    bool // it says that there is no such thing
	Value     schema.Value
}

// rest is the key of the rows without a name of a category.
func rest(category string) string { return "~" + category }

// Entries reads a statement: what it says of each attribute that it speaks of, or
// else one entry of the rest of its category. It depends on nothing but the
// statement, so whoever has the fact can make them again.
func Entries(s Statement) (entries []Entry) {
	columns := columnsOf(s.Text)
	for _, m := range s.mentions(columns) {
		if list := s.byPlan(m); len(list) > 0 {
			entries = append(entries, list...)
		} else if e, ok := s.entry(m, columns); ok {
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		entries = append(entries, Entry{Attribute: rest(s.Category), Apart: s.apart("", ""), Value: s.Value, Denies: s.deniesAll(columns)})
	}
	return entries
}

// entry is what s says where it mentions an attribute; none if it says neither a
// value of the attribute's kinds nor that there is no such thing.
func (s Statement) entry(m mention, columns columns) (e Entry, ok bool) {
	e = Entry{Attribute: m.of.key, Apart: s.apart("", columns.head(m.start, m.of))}
	flag := s.Value.Kind == schema.ValueFlag
	if flag && !s.Value.Yes && columns.asks(s.Text, s.Value.Original) {
		return e, false
	}
	if flag && !s.Value.Yes && len(columns) == 0 && (lacksOther.MatchString(s.Text[m.end:]) || m.of.section.key == "tiers" && m.placed(s.Text[:m.start])) {
		return e, len(m.of.kinds) == 0 // there is what lacks it, and where it is lacking
	}
	if flag && !s.Value.Yes && m.isOneOfSeveral(s.Text, columns) {
		return e, true
	}
	denies := s.denies(m, columns)
	if (denies || flag && !s.Value.Yes) && len(columns) == 0 {
		behind := s.Text[m.end:]
		plan, from, rest := someOf(behind)
		but := excepted.FindStringSubmatchIndex(behind)
		switch {
		case but != nil && (plan == "" || but[2] < from): // and for whom there is
			e.Apart = s.on(planOf(behind[but[2]:but[3]])).apart("", "")
			return e, len(m.of.kinds) == 0
		case isNamed(plan): // there is such a thing, if not for all
			return s.partial(m, plan, rest), len(m.of.kinds) == 0
		}
	}
	if len(m.of.kinds) > 0 {
		return s.figure(e, m, columns, denies)
	}
	if flag && !s.Value.Yes || !flag && denies || outstanding(s.Qualifiers["condition"], s.Text) {
		e.Denies = true
	} else if s.elsewhere(m) {
		e.Apart.Plan = ""
	}
	if flag {
		e.Value = s.Value
	}
	return e, true
}

// figure is the entry e of an attribute that has values.
func (s Statement) figure(e Entry, m mention, columns columns, denies bool) (Entry, bool) {
	flag := s.Value.Kind == schema.ValueFlag
	if v, at, ok := s.limitless(m, columns); ok {
		row := columns.row(s.Text, m.of)
		if heading, _, ok := strings.Cut(s.Text, " — "); ok && len(columns) == 0 && len(heading) < at && tells(heading, m.of) {
			row = heading // for which there is none
		}
		e.Value, e.Apart = v, s.to(at, columns).apart(row, columns.head(m.start, m.of))
		return e, true
	}
	if v, at, found := s.measure(m); found {
		if denies && v.Kind == schema.ValueVersion { // of one version that there is not
			return e, false
		}
		row, of := columns.row(s.Text, m.of), s.to(at, columns)
		head := s.about(v, at, columns, m.of)
		v = s.whole(v, at, columns)
		if len(columns) == 0 {
			row = cmp.Or(subject(&v, s.Text[:at]), s.heading(m.of), m.subject(v, s.Text[:m.start]), m.of.narrowed(s.Text[:at]))
		}
		e.Value, e.Apart = v, of.apart(row, head)
		return e, true
	}
	switch {
	case s.Value.Kind == schema.ValueUnlimited:
		e.Value = s.Value
		return e, true
	case denies && (!flag || len(columns) == 0 || !s.Value.Yes):
		if e.Denies = true; m.of.none {
			e.Denies, e.Value = false, schema.Value{Kind: m.of.kinds[0], Original: nothing}
		}
		return e, true
	}
	return e, m.of.byName() && !denies && (!flag || s.Value.Yes)
}

// nothing is how a value is worded that is none, where none is the best there is.
const nothing = "none"

// byName tells whether there is such a thing though no value of it is said: a version of what runs.
func (a *attribute) byName() bool {
	return len(a.kinds) == 1 && a.kinds[0] == schema.ValueVersion && a.better == neither
}

// someOf is for whom alone words behind a mention deny it, where that stands, and what follows; empty if it is for all.
func someOf(behind string) (name string, from int, rest string) {
	for _, words := range []*regexp.Regexp{partly, partlyAbroad} {
		if m := words.FindStringSubmatchIndex(behind); m != nil {
			return behind[m[2]:m[3]], m[2], behind[m[3]:]
		}
	}
	return "", 0, ""
}

var (
	partly       = regexp.MustCompile(`^[^.,;]*? (?:for|on|in|with) (?:the |our )?(\p{L}[\p{L}\d]+) (?:clusters?|plans?|accounts?|projects?|tiers?|editions?|customers?|workspaces?)\b`)
	partlyAbroad = regexp.MustCompile(`^[^.,;]*? (?:im|in|mit|für|dans|sur|avec|pour) (?:den |dem |le |la |l['’])?(?:Tarif|Paket|Plan|Abo|forfait|offre|plan|formule) (\p{Lu}[\p{L}\d]+)`)
)

// isNamed reports the name of one of several: of a plan, or with a capital.
func isNamed(word string) bool {
	return isUpper(word) || extract.IsPlan(word)
}

func isUpper(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

// forOthers are words that say that the rest has it.
var forOthers = regexp.MustCompile(`(?i)\b(?:(?:all|any|every) (?:the )?other|other (?:plans?|tiers?)|but (?:it )?(?:is|are) (?:available|included|supported))\b`)

// partial is the entry of what is denied for some only: a yes if the others are said to have it, else
// a no that limits nobody else.
func (s Statement) partial(m mention, plan, behind string) Entry {
	if forOthers.MatchString(behind) {
		return Entry{Attribute: m.of.key, Apart: s.apart("", "")}
	}
	limited := s.on(strings.ToUpper(plan[:1]) + plan[1:])
	return Entry{Attribute: m.of.key, Apart: limited.apart("", ""), Value: schema.Value{Kind: schema.ValueFlag, Original: "not"}}
}

// on is the statement, limited to a plan if there is one.
func (s Statement) on(plan string) Statement {
	if plan == "" {
		return s
	}
	s.Qualifiers = maps.Clone(s.Qualifiers)
	if s.Qualifiers == nil {
		s.Qualifiers = map[string]string{}
	}
	s.Qualifiers["plan"] = plan
	return s
}

// excepted are words behind a denial that say for whom it is none.
var excepted = regexp.MustCompile(`^[^.;]*?,? (?:unless|except|other than|apart from)\b([^.;]*)`)

// planOf is the first name of a plan in a text; empty if there is none.
func planOf(text string) string {
	for _, m := range wordAt.FindAllString(text, -1) {
		if isUpper(m) && extract.IsPlan(m) {
			return m
		}
	}
	return ""
}

var wordAt = regexp.MustCompile(`\p{L}[\p{L}\d-]*`)

// elsewhere reports that the plan which s names is that of another place than the one where the mention
// is: "supported by Acme Server, and by Acme Cloud on the Enterprise plan".
func (s Statement) elsewhere(m mention) bool {
	plan, first := s.Qualifiers["plan"], also.FindStringSubmatchIndex(s.Text)
	if plan == "" || first == nil || s.Text[first[2]:first[3]] != s.Text[first[4]:first[5]] {
		return false
	}
	return m.end <= first[0] && strings.Contains(s.Text[first[1]:], plan) && !strings.Contains(s.Text[:first[1]], plan)
}

// also are two places, the second of which has conditions of its own.
var also = regexp.MustCompile(`\b(by|on|in|for|with) [^,;.]+, and (by|on|in|for|with)\b`)

// to is the statement, limited to the plan whose clusters, teams or the like are what the value at a place of it
// is said of, as in "Growth teams may burst to 25".
func (s Statement) to(at int, columns columns) Statement {
	if len(columns) > 0 || s.Qualifiers["plan"] != "" {
		return s
	}
	plan := ""
	for _, m := range ofPlan.FindAllStringSubmatch(s.Text[:at], -1) {
		if extract.IsPlan(m[1]) {
			plan = m[1]
		}
	}
	return s.on(plan)
}

var ofPlan = regexp.MustCompile(`\b(\p{Lu}[\p{L}\d-]+) (?:accounts?|clusters?|customers|instances?|members|organi[sz]ations?|projects?|servers|sites?|subscri(?:bers|ptions?)|support|teams?|users|workspaces?|plans?|tier|edition|is priced|starts? at)\b`)

// outstanding reports conditions of what there is not now, or not yet.
func outstanding(condition, text string) bool {
	return condition == "in progress" || condition == "planned" || condition == "former" && !strings.Contains(text, "valid ")
}

// byDefault is what stands for the head of the column of values that hold unless
// something else is asked for.
const byDefault = "default"

// about is what tells a value at a place of s apart from others of the attribute: that
// it holds by default, or the head of its column.
func (s Statement) about(v schema.Value, at int, columns columns, a *attribute) string {
	before, after := strings.ToLower(s.Text[:at]), strings.ToLower(s.Text[min(at+len(v.Original), len(s.Text)):])
	if strings.HasSuffix(strings.TrimRight(before, " (:"), byDefault) || defaultOf.MatchString(before) && !strings.Contains(before, "by "+byDefault) || strings.HasPrefix(after, " by "+byDefault) || strings.HasPrefix(after, " ("+byDefault+")") {
		return byDefault
	}
	return columns.head(at, a)
}

// defaultOf is what stands before a value in "the default page size is 50".
var defaultOf = regexp.MustCompile(`\bdefault(?: [\p{L}\d-]+){1,5} $`)

// measure is the value, of the attribute's kinds, that stands nearest to where
// the attribute is spoken of, and where it stands; what follows is nearer than what comes before.
func (s Statement) measure(m mention) (best schema.Value, at int, ok bool) {
	nearest, several, others := 0, 0, false
	all := extract.Measures(s.Text)
	for _, q := range all {
		switch {
		case !slices.Contains(m.of.kinds, q.Value.Kind):
			continue
		case s.ofOther(q, m), !s.holds(q.Start, m.of), m.of.follows(s.Text[:q.Start]):
			others = true
			continue
		}
		several++
		distance := 0 // the words are part of it: requests per minute
		switch {
		case q.Start >= m.end:
			distance = q.Start - m.end
			distance += apartBy(s.Text[m.end:q.Start])
		case q.End <= m.start && !slices.Contains(links, strings.TrimSpace(s.Text[q.End:m.start])):
			distance = 2*(m.start-q.End) + apartBy(s.Text[q.End:m.start])
		}
		if !ok || distance < nearest {
			best, at, nearest, ok = q.Value, q.Start, distance, true
		}
	}
	if ok && m.of.better == higher {
		best, at = s.bound(all, best, at)
	}
	if slices.Contains(m.of.kinds, s.Value.Kind) && (!others && several <= 1 || ok && best.Original == s.Value.Original) {
		return s.Value, max(0, strings.Index(s.Text, s.Value.Original)), true // it may have the unit that stands in the head of its column
	}
	if !ok && slices.Contains(m.of.kinds, schema.ValueVersion) {
		best, at, ok = s.version(m)
	}
	if !ok && slices.Contains(m.of.kinds, schema.ValueDuration) {
		best, at, ok = s.interval(m)
	}
	return best, at, ok
}

// ofOther reports values that are said to be of something else: the 16 GB of "16 GB of memory and a
// disk" are not those of the disk.
func (s Statement) ofOther(q extract.Measure, m mention) bool {
	return altogether.MatchString(s.Text[q.End:]) || strings.HasPrefix(s.Text[q.End:], " of ") && m.start > q.End+len(" of ")+near
}

// altogether are words behind a value that is the sum of several.
var altogether = regexp.MustCompile(`^ (?:\p{L}+ )?(?:in total|altogether|overall|combined)\b`)

// near is how far behind an "of" the words that it is about may stand.
const near = 12

// onPlan are words after a value that say on which plan it holds.
var onPlan = regexp.MustCompile(`^((?:\s+[a-z]+){0,3}?)\s+(?:on|for|with|in)\s+(?:the\s+)?(\p{Lu}[\p{L}\d-]*)(\s+plan)?`)

// byPlan are the entries of a statement that says a value of the attribute for each of several plans:
// 99.9% on the Pro plan and 99.95% on the Enterprise plan; none if it does not.
func (s Statement) byPlan(m mention) (entries []Entry) {
	planned := false
	for _, q := range extract.Measures(s.Text) {
		if !slices.Contains(m.of.kinds, q.Value.Kind) || !s.holds(q.Start, m.of) {
			continue
		}
		on := onPlan.FindStringSubmatch(s.Text[q.End:])
		if on == nil || apartBy(on[1]+" ") > 0 || len(entries) > 0 && unitOf(q.Value) != unitOf(entries[0].Value) {
			return nil
		}
		planned = planned || on[3] != "" || extract.IsPlan(on[2])
		subject(&q.Value, s.Text[:q.Start])
		entries = append(entries, Entry{Attribute: m.of.key, Apart: s.on(on[2]).apart("", ""), Value: q.Value})
	}
	if len(entries) < 2 || !planned {
		return nil
	}
	return entries
}

// bound is what the words say is the most there can be, of the unit of v or of the one of
// the two that has a unit; else v, which is what holds by default: "25 hits, at most 500 hits".
func (s Statement) bound(all []extract.Measure, v schema.Value, at int) (schema.Value, int) {
	for _, q := range all {
		before, after := strings.ToLower(strings.TrimRight(s.Text[:q.Start], " ")), strings.ToLower(s.Text[q.End:])
		if !altogether.MatchString(after) && q.Value.Kind == v.Kind && (q.Value.Unit == v.Unit || q.Value.Unit == "" || v.Unit == "") && q.Value.Number > v.Number &&
			slices.ContainsFunc(bounds, func(w string) bool { return strings.HasSuffix(before, w) || strings.HasPrefix(after, " at most") }) {
			v, at = q.Value, q.Start
		}
	}
	return v, at
}

//nolint:gochecknoglobals // a fixed list
var bounds = []string{"at most", "up to", "maximum", "maximum of", "no more than"}

// farther is how much farther a value is with an "and" or a comma between.
const farther = 40

func apartBy(between string) int {
	if strings.Contains(between, " and ") || strings.Contains(between, ", ") || strings.Contains(between, "; ") {
		return farther
	}
	return 0
}

// links are what stands between a value and what it is about: 45 ms at p95.
//
//nolint:gochecknoglobals // a fixed list
var links = []string{"at", "for", "of", "as"}

// whole words a value at a place of s with what it is of: what an amount of money is for, if that
// stands before it or is so many at once, what a number is for each of, and the unit in the head of its column, as in "Memory (GB)".
func (s Statement) whole(v schema.Value, at int, columns columns) schema.Value {
	rest := s.Text[min(at+len(v.Original), len(s.Text)):]
	if v.Kind == schema.ValueMoney && !strings.Contains(strings.ToLower(v.Original), strings.ToLower(v.Per[strings.LastIndexByte(v.Per, ' ')+1:])) {
		v.Original += " per " + v.Per // which stands elsewhere in the sentence
	}
	v, n := perMany(v, rest)
	v = ofNoun(v, rest[n:])
	if v.Kind == schema.ValueMoney && strings.HasSuffix(strings.ToLower(s.Text[:at]), "from ") {
		v.Original = "from " + v.Original
	}
	if c := columns.at(at); c != nil && v.Unit != "" && strings.Trim(v.Original, "0123456789.,\u00a0\u202f ") == "" {
		v.Original += c.unit()
	}
	if v.Max > 0 && strings.HasSuffix(s.Text[:at], "between ") {
		v.Original = "between " + v.Original
	}
	if otherwise := unlessSo.FindString(rest); otherwise != "" {
		v.Original += otherwise
	} else if s.Qualifiers["plan"] == "" && s.Qualifiers["region"] == "" && v.Kind != schema.ValueMoney && v.Kind != schema.ValueVersion {
		v.Original += strings.TrimRight(s.restriction(rest), ",;. ")
	}
	if len(columns) == 0 && counts(v) && v.Per == "" {
		_, end := clause(rest, 0, 0, true)
		for _, per := range []*regexp.Regexp{perWhat, perSoMany} {
			if m := per.FindStringSubmatch(rest[:end]); m != nil && v.Per == "" && (per == perSoMany || scopeOf(m[1]) != "") {
				v.Per = m[1]
				v.Original += " per " + v.Per
			}
		}
	}
	return v
}

var (
	unlessSo     = regexp.MustCompile(`^[^.;]{1,40}, (?:otherwise|else) [^.;,]{1,40}`)
	restrictions = regexp.MustCompile(`^ (?:for|on|in|with|during|without) [^,;:.()]{3,40}(?:[,;.]|$)`)
	year         = regexp.MustCompile(`\b(?:19|20)\d\d\b`)
)

// restriction is what the words behind a value limit it to: "99.9% on paid plans".
func (s Statement) restriction(behind string) string {
	found := restrictions.FindString(behind)
	if len(strings.Fields(found)) > 6 || strings.Contains(found, byDefault) || len(extract.Measures(found)) > 0 || year.MatchString(found) {
		return ""
	}
	return found
}

// heading is what stands before the dash of a sentence, if it tells more than the attribute does.
func (s Statement) heading(a *attribute) string {
	head, _, ok := strings.Cut(s.Text, " — ")
	if !ok || strings.HasSuffix(head, "?") {
		return ""
	}
	return rowHead(head, a)
}

// asWorded is a word in lower case as the text has it.
func asWorded(text, word string) string {
	if word == "" {
		return ""
	}
	lower := strings.ToLower(text)
	if i := strings.Index(lower, word); i >= 0 && len(lower) == len(text) {
		return text[i : i+len(word)]
	}
	return word
}
