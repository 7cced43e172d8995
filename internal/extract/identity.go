package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// Stated is what a fact says, without where it says so: all that decides
// whether two facts of a company are about the same, and whether they say the
// same. Nothing here goes by similarity; see docs/adr/0016-change.md.
type Stated struct {
	Attribute, Subject, Statement string
	Qualifiers                    map[string]string
	Value                         schema.Value
}

// Stated is what f says.
func (f Fact) Stated() Stated {
	return Stated{f.Attribute, f.Subject, f.Statement, f.Qualifiers, f.Value}
}

// keyVersion begins every topic and claim. Those of older versions are made anew
// when a worker starts; see [KeyPrefix].
const keyVersion = "2-"

// KeyPrefix is what the topics and claims of this version begin with.
func KeyPrefix() string { return keyVersion }

// Topic identifies what a fact is about, whatever its value: what limits it and
// the words beside the value, in whatever order, so that a row of one table is the
// column of another, without regard to case and number. The heading above it
// counts only if those words name nothing. It is empty for what has no attribute
// or no value that can be compared. The company is not part of it.
func (s Stated) Topic() string {
	if s.Attribute == "" || !telltale(s.Value) {
		return ""
	}
	return digest("topic", s.key())
}

// Claim identifies what a fact says: its topic and its value. What has no value
// that can be compared is identified by its statement.
func (s Stated) Claim() string {
	if s.Attribute == "" || !telltale(s.Value) {
		return digest("statement", normalise(s.Statement))
	}
	return digest("claim", s.key(), canonical(s.Value))
}

// key writes down what a fact is about.
func (s Stated) key() string {
	words := s.beside()
	parts := []string{s.limits(), strings.Join(words, " ")}
	if !s.named(words) {
		parts = append(parts, s.Attribute, strings.Join(bag(s.Subject, s.limiting()), " "))
	}
	return strings.Join(parts, "\x00\x00")
}

// named reports whether a statement says itself what it is about.
func (s Stated) named(words []string) bool {
	if s.Qualifiers["plan"] != "" || s.Qualifiers["endpoint"] != "" {
		return true
	}
	return !opensWithPronoun(s.Statement) && slices.ContainsFunc(words, func(w string) bool { return !isGeneric(w) })
}

// isGeneric reports words that many different things are called by.
func isGeneric(w string) bool {
	switch w {
	case "limit", "limited", "maximum", "minimum", "max", "min", "default", "value", "number", "size", "rate", "time", "price", "cost", "amount", "quota", "total", "allow", "allowed",
		"can", "may", "must", "up", "at", "least", "most", "more", "than", "not", "no", "only", "support", "supported", "available", "included", "include", "set", "by", "after", "within",
		"request", "service", "product", "feature", "option", "setting", "parameter", "there", "one", "all", "use", "used", "using", "from", "or", "if":
		return true
	}
	return false
}

// SameValue reports whether two facts give the same value.
func (s Stated) SameValue(o Stated) bool {
	return telltale(s.Value) && canonical(s.Value) == canonical(o.Value)
}

// Slots are what tells a fact apart from others that may be changed at the same
// time, the narrower first: its topic in its unit, and its topic. A fact that went
// and one that came are one fact whose value was changed if they alone share a
// slot. A fact without a topic has none.
func (s Stated) Slots() []string {
	topic := s.Topic()
	if topic == "" {
		return nil
	}
	return []string{digest("in unit", topic, s.unit()), topic}
}

// Conflicts finds the facts of one company that contradict each other: they are
// about the same, in the same words and the same unit, and give different
// numbers on different pages. Each group has all facts that are about that, in
// the order in which they were given; state tells of each what it says, and
// which page says so.
func Conflicts[F any](facts []F, state func(F) (s Stated, page string)) [][]F {
	type said struct{ values, pages map[string]bool }
	groups := map[string][]F{}
	all := map[string]*said{}
	var order []string
	for _, f := range facts {
		s, page := state(f)
		slot := s.disputable()
		if slot == "" {
			continue
		}
		if all[slot] == nil {
			all[slot] = &said{map[string]bool{}, map[string]bool{}}
			order = append(order, slot)
		}
		groups[slot] = append(groups[slot], f)
		all[slot].values[canonical(s.Value)], all[slot].pages[page] = true, true
	}
	var found [][]F
	for _, slot := range order {
		if len(all[slot].values) > 1 && len(all[slot].pages) > 1 {
			found = append(found, groups[slot])
		}
	}
	return found
}

// disputable is what two facts of a company with different values would
// contradict each other about; empty if there may well be several.
func (s Stated) disputable() string {
	topic := s.Topic()
	if topic == "" || len(s.beside()) == 0 {
		return ""
	}
	return digest("dispute", topic, s.unit())
}

// telltale reports whether a value says what it is a value of.
func telltale(v schema.Value) bool {
	if v.Kind == schema.ValueCount || v.Kind == schema.ValueUnlimited {
		return v.Unit != ""
	}
	return v.Kind != ""
}

// canonical writes a value as one that is equal is written. The same in minutes
// and in seconds is equal, though computed in another way.
func canonical(v schema.Value) string {
	number := func(n float64) string { return strconv.FormatFloat(n, 'g', 9, 64) }
	switch v.Kind {
	case schema.ValueVersion:
		return "version " + v.From + " " + v.To
	case schema.ValueFlag:
		return "flag " + strconv.FormatBool(v.Yes)
	case schema.ValueUnlimited:
		return "unlimited " + v.Unit
	case schema.ValueCount, schema.ValueRate, schema.ValueSize, schema.ValueDuration, schema.ValuePercent, schema.ValueMoney:
	}
	return strings.Join([]string{string(v.Kind), number(v.Number), number(v.Max), v.Unit, v.Per}, " ")
}

// unit writes down what the value is counted in.
func (s Stated) unit() string { return string(s.Value.Kind) + " " + s.Value.Unit + " " + s.Value.Per }

// limits writes down the qualifiers.
func (s Stated) limits() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Qualifiers)) {
		b.WriteString(name + "=" + strings.Join(bag(s.Qualifiers[name], nil), " ") + "\x00")
	}
	return b.String()
}

// beside gives the words of the statement beside its value and qualifiers.
func (s Stated) beside() []string {
	statement := s.Statement
	if v := s.Value.Original; v != "" {
		statement = strings.Replace(statement, v, " ", 1)
	}
	return bag(statement, s.limiting())
}

// limiting are the words of the qualifiers.
func (s Stated) limiting() map[string]bool {
	said := map[string]bool{}
	for _, value := range s.Qualifiers {
		for _, w := range bag(value, nil) {
			said[w] = true
		}
	}
	return said
}

// bag gives the words of a text that tell something and were not said, in the
// singular, in order, each once.
func bag(text string, said map[string]bool) []string {
	var words []string
	for w := range strings.FieldsSeq(normalise(text)) {
		if w = singular(w); !said[w] && !isEmpty(w) && !isPadding(w) {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// isPadding reports words that make no difference to which claim it is.
func isPadding(w string) bool {
	switch w {
	case "and", "by", "with", "now", "currently", "plan", "tier", "edition":
		return true
	}
	return false
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00\x00")))
	return keyVersion + hex.EncodeToString(sum[:12])
}
