package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

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

// Topic identifies what a fact is about: its attribute, its subject and what
// limits it, without regard to case, number, order of words, and words that the
// others say already. It is empty for a fact without an attribute. The company is
// not part of it.
func (s Stated) Topic() string {
	if s.Attribute == "" {
		return ""
	}
	return digest("topic", s.Attribute, strings.Join(s.subject(), " "), s.limits())
}

// Claim identifies what a fact says: its topic, its value and the words beside
// the value, in whatever order, so that a row of one table is the column of
// another. What has no topic, or no value that can be compared, is identified by
// its statement.
func (s Stated) Claim() string {
	topic := s.Topic()
	if topic == "" || !telltale(s.Value) {
		return digest("statement", normalise(s.Statement))
	}
	return digest("claim", topic, canonical(s.Value), strings.Join(s.beside(), " "))
}

// SameValue reports whether two facts give the same value.
func (s Stated) SameValue(o Stated) bool {
	return telltale(s.Value) && canonical(s.Value) == canonical(o.Value)
}

// Slots are what tells a fact apart from others that may be changed at the same
// time, from the narrowest to the widest; a fact that went and one that came are
// one fact whose value was changed if they alone share a slot. A fact without a
// topic or a value has none.
func (s Stated) Slots() []string {
	topic := s.Topic()
	if topic == "" || !telltale(s.Value) {
		return nil
	}
	words := strings.Join(s.beside(), " ")
	slots := []string{digest("words in unit", topic, s.unit(), words), digest("words", topic, words)}
	if isBroad(s.Attribute) || s.Value.Kind == schema.ValueFlag {
		return slots
	}
	return append(slots, digest("unit", topic, s.unit()), digest("kind", topic, string(s.Value.Kind)))
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
// contradict each other about; empty if there may well be several. The attribute
// is not part of it: profiles give the same sentence different ones.
func (s Stated) disputable() string {
	words := s.beside()
	if s.Attribute == "" || !telltale(s.Value) || len(words) == 0 {
		return ""
	}
	return digest("dispute", s.limits(), s.unit(), strings.Join(words, " "))
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

// subject gives the words of the subject that neither the attribute nor the
// qualifiers say. The row of a plan is about what the head of the column says.
func (s Stated) subject() []string {
	said := s.limiting()
	words := bag(s.Subject, said)
	if len(words) == 0 && len(said) > 0 {
		words = s.beside()
	}
	return slices.DeleteFunc(words, func(w string) bool {
		return slices.ContainsFunc(strings.Split(s.Attribute, "_"), func(a string) bool { return singular(a) == w })
	})
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

// isBroad reports attributes that many different things have, so that two values
// of one need not be about the same.
func isBroad(attribute string) bool { return !namedAttributes()[attribute] }

// namedAttributes are those that vocabulary.txt has sure words for and that say
// more than the name of their category.
//
//nolint:gochecknoglobals // a fixed table, made when first needed
var namedAttributes = sync.OnceValue(func() map[string]bool {
	named := map[string]bool{}
	sure, _ := weightOf("sure")
	for _, t := range builtinVocabulary().terms {
		if t.weight == sure && t.attribute != "-" && (strings.Contains(t.attribute, "_") || singular(t.category) != t.attribute) {
			named[t.attribute] = true
		}
	}
	return named
})

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00\x00")))
	return hex.EncodeToString(sum[:12])
}
