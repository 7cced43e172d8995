package extract

import (
	"slices"
	"strings"
)

// weighed is how surely a text speaks of every category and signal, and by which
// words of which category.
type weighed struct {
	of    []float64
	signs []sign
}

// sign is a term that speaks of a category.
type sign struct {
	category int
	term     int32
	enough   bool // without another: it surely speaks of it
}

func newWeighed(categories int) weighed { return weighed{of: make([]float64, categories+kinds)} }

func (w *weighed) clear() {
	clear(w.of)
	w.signs = w.signs[:0]
}

// sure makes it surer by a weight that a text speaks of a category, for a reason
// that needs no other.
func (w *weighed) sure(category int, weight float64) {
	w.of[category] += (1 - w.of[category]) * weight
	w.signs = append(w.signs, sign{category: category, term: -1, enough: true})
}

// speaks reports whether a sentence with what stands above and beside it has
// signs enough of a category: one term that surely is of it, or two that likely
// are. Alone such a word means too many things.
func (s *scorer) speaks(category int) bool {
	first := int32(-1)
	for _, w := range []*weighed{&s.found, &s.beside, &s.above} {
		for _, sign := range w.signs {
			switch {
			case sign.category != category || sign.term == first && !sign.enough:
			case sign.enough || first >= 0:
				return true
			default:
				first = sign.term
			}
		}
	}
	return false
}

// note takes the terms of a category that were found last into the signs. Of those
// that share a word it takes one.
func (s *scorer) note(to *weighed) {
	sure, _ := weightOf("sure")
	for i, h := range s.hits {
		k, enough := s.kinds[h.term], s.known.terms[h.term].weight >= sure
		if k < 0 || !enough && slices.ContainsFunc(s.hits[:i], func(o hit) bool { return s.kinds[o.term] == k && o.end > h.first }) {
			continue
		}
		to.signs = append(to.signs, sign{k, h.term, enough})
	}
}

// isVersionOfPath reports the part of a path that names a version: "v2".
func isVersionOfPath(w string) bool {
	return len(w) > 1 && (w[0] == 'v' || w[0] == 'V') && digitsEnd(w, 1) == len(w)
}

// hasAPIPath reports text that names a path or an address of an API: "/v3/watch",
// "https://api.acme.com".
func hasAPIPath(text string) bool {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '/')
		if i < 0 {
			return false
		}
		from += i + 1
		segment, _, more := strings.Cut(text[from:], "/")
		if before := text[:from-1]; before == "" || strings.ContainsRune(" `(\"", rune(before[len(before)-1])) {
			if more && segment == "api" || isVersionOfPath(segment) {
				return true
			}
		} else if host, path, _ := strings.Cut(text[from:], "/"); strings.HasSuffix(before, ":/") && (strings.HasPrefix(host, "api.") || strings.HasPrefix(host, "rest.") || strings.HasPrefix(path, "api") || strings.HasPrefix(path, "v") && isVersionOfPath(path[:wordEnd(path, 0)])) {
			return true
		}
	}
}

// boundsVersion reports text that says from which version on something is right:
// "gnutls >= 3.3", "Ruby ≥ 3.0".
func boundsVersion(text string) bool {
	for _, sign := range []string{">=", "≥"} {
		before, after, _ := strings.Cut(text, sign)
		before, after = strings.TrimRight(before, " `"), strings.TrimLeft(after, " v")
		if before != "" && isLetter(before[len(before)-1]) && digitsEnd(after, 0) > 0 {
			return true
		}
	}
	return false
}

// places are the categories of a profile that signs other than words tell, by
// their index; -1 for one that it has not.
type places struct {
	endpoints    int
	limits       int // what plans allow
	features     int // what there is
	rates        int // how often one may ask
	requirements int
	prices       int
	figures      int // where figures belong of which no word tells
}

func placesIn(categories []string) places {
	p := places{-1, -1, -1, -1, -1, -1, -1}
	for i, c := range categories {
		key := categoryKey(c)
		if p.endpoints < 0 && strings.Contains(key, "endpoint") {
			p.endpoints = i
		}
		switch key {
		case "limits":
			p.limits, p.figures = i, i
		case "features":
			p.features = i
		case "rate_limits":
			p.rates = i
		case "requirements":
			p.requirements = i
		case "pricing":
			p.prices = i
		case "specs", "technical":
			p.figures = i
		}
	}
	return p
}
