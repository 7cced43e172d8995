package extract

import "techfacts.dev/techfacts/schema"

// Measure is a value that a text says, and where it stands in it.
type Measure struct {
	Start, End int // bytes
	Value      schema.Value
}

// Measures gives the values of a text in order, read as those of facts are.
func Measures(text string) []Measure {
	found := quantities(text, decimalComma(text))
	measures := make([]Measure, len(found))
	for i, q := range found {
		measures[i] = Measure{q.start, q.end, q.value}
	}
	return measures
}

// Denies reports whether a text has a word that denies.
func Denies(text string) bool { return negations(text) > 0 }

// IsNegation reports whether a word, in lower case, denies.
func IsNegation(word string) bool { return isNegation(word) }

// IsPlan reports names that vendors give to what they sell: "Free", "pro plan".
func IsPlan(name string) bool { return isPlan(name) }
