package extract

import "techfacts.dev/techfacts/schema"

// Tier is how exactly a quote was found in its text.
type Tier int

// The tiers, best first.
const (
	TierExact      Tier = iota // to the byte
	TierNormalised             // but for white space and the shapes of quotes and dashes
	TierStripped               // but for markup
	TierFuzzy                  // nearly
)

// Structure is what a fact was read from.
type Structure int

// The structures, from the one that says most about itself.
const (
	StructureRow        Structure = iota // a row of a table with heads
	StructureEndpoint                    // a method and a path
	StructureDefinition                  // a term and its meaning
	StructureItem                        // an item of a list
	StructureSentence
)

// Confidence is how likely a fact is one, from 0 to 1:
//
//	method × tier × (0.3 × structure + 0.7 × score)
//
// method is 1 for rules and 0.9 for a model; tier is 1 exact, 0.97 normalised,
// 0.92 stripped, 0.8 fuzzy; structure is 1 for a row, 0.95 for an endpoint, 0.85
// for a definition, 0.75 for an item, 0.65 for a sentence; score, from 0 to 1, is
// how well the words fit the profile; of what a model proposes it is 0.6 and the
// rest by the words. What a model says of itself is not asked.
func Confidence(method schema.Method, tier Tier, structure Structure, score float64) float64 {
	m := 1.0
	if method == schema.MethodModel {
		m = 0.9
	}
	t := 0.8
	switch tier {
	case TierExact:
		t = 1
	case TierNormalised:
		t = 0.97
	case TierStripped:
		t = 0.92
	case TierFuzzy:
	}
	s := 0.65
	switch structure {
	case StructureRow:
		s = 1
	case StructureEndpoint:
		s = 0.95
	case StructureDefinition:
		s = 0.85
	case StructureItem:
		s = 0.75
	case StructureSentence:
	}
	return m * t * (0.3*s + 0.7*min(max(score, 0), 1))
}

// proposedScore is the score of what a model proposes, if nothing else speaks for
// it: it was chosen for the profile, and its quote and words were verified.
const proposedScore = 0.6
