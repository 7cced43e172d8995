package extract

// Relevance tells how much a few words, such as the text of a link, speak of
// what a profile looks for. It may be used by many at a time.
type Relevance struct{ scorer *scorer }

// NewRelevance prepares for a profile and the pages of a company, the words of
// whose name tell nothing.
func NewRelevance(prof Profile, company string) *Relevance {
	return &Relevance{newScorer(Page{Company: company}, prof)}
}

// Of is from 0, nothing, to 1. It is how surely the words belong to the category
// of the profile that they speak of most, made surer by words of its focus.
func (r *Relevance) Of(words string) float64 {
	s := *r.scorer
	s.words, s.hits = nil, nil // the rest is only read
	w := newWeighed(len(s.found.of) - kinds)
	s.weigh(&w, words, 1)
	found := w.of
	n := len(found) - kinds
	most := 0.0
	for _, f := range found[:n] {
		most = max(most, f)
	}
	return most + (1-most)*0.5*found[n-kindFocus-1]
}
