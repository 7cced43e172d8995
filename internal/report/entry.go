package report

import (
	"maps"
	"slices"
	"strings"

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
	Apart     string
	Denies    bool // it says that there is no such thing
	Value     schema.Value
}

// rest is the key of the rows without a name of a category.
func rest(category string) string { return "~" + category }

// Entries reads a statement: what it says of each attribute that it speaks of, or
// else one entry of the rest of its category. It depends on nothing but the
// statement, so whoever has the fact can make them again.
func Entries(s Statement) (entries []Entry) {
	words := wordsOf(s.Text)
	for _, m := range attributes().mentions(words) {
		if e, ok := s.entry(m); ok {
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		e := Entry{Attribute: rest(s.Category), Apart: s.apart(""), Value: s.Value}
		if denied(s.Text, 0, len(s.Text), len(s.Text)) || s.Value.Kind == schema.ValueFlag && !s.Value.Yes {
			e.Denies = true
		}
		entries = append(entries, e)
	}
	return entries
}

// entry is what s says where it mentions an attribute; none if it says neither a
// value of the attribute's kinds nor that there is no such thing.
func (s Statement) entry(m mention) (e Entry, ok bool) {
	e = Entry{Attribute: m.of.key, Apart: s.apart(s.label())}
	start, end := clause(s.Text, m.start, m.end, s.label() == "")
	denies := denied(s.Text, start, end, m.start)
	flag := s.Value.Kind == schema.ValueFlag
	if len(m.of.kinds) == 0 {
		if flag && !s.Value.Yes || !flag && denies || outstanding(s.Qualifiers["condition"]) {
			e.Denies = true
		}
		if flag {
			e.Value = s.Value
		}
		return e, true
	}
	if v, found := s.measure(m); found {
		e.Value = v
		return e, true
	}
	if s.Value.Kind == schema.ValueUnlimited {
		e.Value = s.Value
		return e, true
	}
	if denies && (!flag || s.label() == "") {
		e.Denies = true
		return e, true
	}
	return e, false
}

// outstanding reports conditions of what there is not now, or not yet.
func outstanding(condition string) bool {
	return condition == "in progress" || condition == "planned" || condition == "former"
}

// measure is the value, of the attribute's kinds, that stands nearest to where
// the attribute is spoken of; what follows is nearer than what comes before.
func (s Statement) measure(m mention) (best schema.Value, ok bool) {
	nearest, several := 0, 0
	all := extract.Measures(s.Text)
	for _, q := range all {
		if !slices.Contains(m.of.kinds, q.Value.Kind) {
			continue
		}
		several++
		distance := 0 // the words are part of it: requests per minute
		switch {
		case q.Start >= m.end:
			distance = q.Start - m.end
			if between := s.Text[m.end:q.Start]; strings.Contains(between, " and ") || strings.Contains(between, ", ") {
				distance += farther
			}
		case q.End <= m.start && !slices.Contains(links, strings.TrimSpace(s.Text[q.End:m.start])):
			distance = 2 * (m.start - q.End)
		}
		if !ok || distance < nearest {
			best, nearest, ok = q.Value, distance, true
		}
	}
	if ok && m.of.better == higher {
		best = s.bound(all, best)
	}
	if slices.Contains(m.of.kinds, s.Value.Kind) && (several <= 1 || best.Original == s.Value.Original) {
		return s.Value, true // it may have the unit that stands in the head of its column
	}
	if !ok && slices.Contains(m.of.kinds, schema.ValueVersion) {
		return versionIn(s.Text, m)
	}
	return best, ok
}

// bound is what the words say is the most there can be, of the unit of v; else v,
// which is what holds by default: "25 hits, at most 500 hits".
func (s Statement) bound(all []extract.Measure, v schema.Value) schema.Value {
	for _, q := range all {
		before := strings.ToLower(strings.TrimRight(s.Text[:q.Start], " "))
		if unitOf(q.Value) == unitOf(v) && q.Value.Number > v.Number && slices.ContainsFunc(bounds, func(w string) bool { return strings.HasSuffix(before, w) }) {
			v = q.Value
		}
	}
	return v
}

//nolint:gochecknoglobals // a fixed list
var bounds = []string{"at most", "up to", "maximum", "maximum of", "no more than"}

// farther is how much farther a value is that comes after an "and" or a comma.
const farther = 40

// links are what stands between a value and what it is about: 45 ms at p95.
//
//nolint:gochecknoglobals // a fixed list
var links = []string{"at", "for", "of", "as"}

// versionIn is the number with which the words of a mention end: TLS 1.3.
func versionIn(text string, m mention) (v schema.Value, ok bool) {
	start := m.end
	for start > m.start && text[start-1] >= '0' && text[start-1] <= '9' {
		start--
	}
	end := m.end
	for start < m.end && end < len(text)-1 && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' && text[end+1] >= '0' && text[end+1] <= '9') {
		end++
	}
	number := text[start:end]
	return schema.Value{Kind: schema.ValueVersion, Original: number, From: number, To: number}, number != ""
}

// apart tells entries of one cell apart: by what limits the statement, and by what
// its column is about unless that is a plan, which is a qualifier then.
func (s Statement) apart(label string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Qualifiers)) {
		if name == "endpoint" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name + "=" + strings.ToLower(s.Qualifiers[name]))
	}
	if label != "" && !strings.EqualFold(label, s.Qualifiers["plan"]) {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString("column=" + strings.ToLower(label))
	}
	return b.String()
}

// label is the head of the column of a statement that was made of a row: "Memory
// — Minimum: 8 GiB".
func (s Statement) label() string {
	_, after, ok := strings.Cut(s.Text, " — ")
	if !ok {
		return ""
	}
	label, _, ok := strings.Cut(after, ": ")
	if !ok || len(label) > 40 {
		return ""
	}
	return label
}

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
var clauseBorders = []string{"; ", ", ", ": ", " but ", " and ", " which ", " – ", ". ", " when ", " unless ", " without "}

// denied reports whether text[start:end] denies what it speaks of. That something
// does not expire, or is needed by nothing, denies no feature: the verb or the noun that
// is denied must be one of having, offering and being. What has a "no" before it is
// denied, and what has one as the last word: mention is where it stands.
func denied(text string, start, end, mention int) bool {
	words := wordsOf(text[start:end])
	for i, w := range words {
		if w.stem == "unsupported" || w.stem == "unavailable" {
			return true
		}
		short := w.stem == "t" && i > 0 && strings.HasSuffix(words[i-1].stem, "n") // doesn't
		if !short && !extract.IsNegation(w.stem) {
			continue
		}
		next := ""
		if i+1 < len(words) {
			next = words[i+1].stem
		}
		switch w.stem {
		case "without", "ohne", "sans": // says how it is, not that it is not
		case "not", "never", "cannot", "t":
			if slices.Contains(denials, next) || i+2 < len(words) && slices.Contains(denials, words[i+2].stem) {
				return true
			}
		default:
			if start+w.start < mention || i == len(words)-1 && w.stem == "no" {
				return true
			}
		}
	}
	return false
}

//nolint:gochecknoglobals // a fixed list
var denials = []string{
	"support", "supported", "hold", "have", "offer", "offered", "provide", "provided", "run", "charge", "available", "included", "include", "authorized", "authorised",
	"certified", "compliant", "covered", "possible", "allowed", "permitted", "sign", "official", "exist", "encrypted", "use", "comply", "implemented", "rotated", "kept", "expire",
}
