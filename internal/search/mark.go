package search

// Marks are the terms of a query, to be found again in the texts of its hits.
type Marks struct {
	terms map[string]bool
}

func marks(terms []weighted, phrases [][]string) Marks {
	m := Marks{terms: make(map[string]bool, len(terms))}
	for _, t := range terms {
		if !stopWords[t.term] && !isPair(t.term) { // its words are there, too
			m.terms[t.term] = true
		}
	}
	for _, p := range phrases {
		for _, w := range p {
			m.terms[w] = true
		}
	}
	return m
}

// Fragment is a piece of a text: all of them, one after the other, are the text.
type Fragment struct {
	Text  string
	Match bool
}

// Highlight cuts text into what matches and what does not. It gives nil if
// nothing does.
func (m Marks) Highlight(text string) []Fragment {
	type span struct{ start, end int }
	var found []span
	if len(m.terms) == 0 {
		return nil
	}
	tokenize(text, func(t token) {
		if !m.terms[t.term] {
			return
		}
		for len(found) > 0 && found[len(found)-1].end > t.start { // a joined form covers its words
			last := found[len(found)-1]
			t.start, t.end = min(t.start, last.start), max(t.end, last.end)
			found = found[:len(found)-1]
		}
		found = append(found, span{t.start, t.end})
	})
	if len(found) == 0 {
		return nil
	}
	var fragments []Fragment
	at := 0
	for _, s := range found {
		if s.start > at {
			fragments = append(fragments, Fragment{Text: text[at:s.start]})
		}
		fragments = append(fragments, Fragment{Text: text[s.start:s.end], Match: true})
		at = s.end
	}
	if at < len(text) {
		fragments = append(fragments, Fragment{Text: text[at:]})
	}
	return fragments
}

// Terms lists which of the marks a text has, in order and once each.
func (m Marks) Terms(text string) []string {
	var terms []string
	seen := map[string]bool{}
	tokenize(text, func(t token) {
		if m.terms[t.term] && !seen[t.term] {
			seen[t.term] = true
			terms = append(terms, t.term)
		}
	})
	return terms
}
