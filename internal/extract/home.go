package extract

import (
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// What a page that speaks of little else than its profile makes of what no word
// tells to be of it.
const (
	enoughSure = 0.4  // of its pieces are surely of the profile
	surely     = 0.6  // confident
	implied    = 0.65 // how surely what says how much, or that something is not, is of it
	told       = 0.6  // and a claim
	wellTold   = 0.8  // a sentence that surely is of a category
	heard      = 0.35 // is at least that much of a claim
)

// isHome reports a page that speaks of little else than the profile.
func (s *scorer) isHome(pieces []judged) bool {
	sure, all := 0, 0
	for _, p := range pieces {
		if p.malformed {
			continue
		}
		if all++; p.category >= 0 && Confidence(schema.MethodRules, TierExact, p.structure, s.fits(p)) >= surely {
			sure++
		}
	}
	return all >= enoughPieces && float64(sure) >= enoughSure*float64(all)
}

// imply takes the words less strictly on a page that speaks of little else than
// the profile: what states a figure or a lack is of it though no word tells so.
func (s *scorer) imply(text string, pieces []judged) {
	if !s.isHome(pieces) {
		return
	}
	usual := s.usualCategory(pieces)
	for i, p := range pieces {
		quote := text[p.start:p.end]
		switch {
		case p.malformed:
			continue
		case p.topic >= wellTold:
			if !opensWithPronoun(quote) {
				pieces[i].claim = max(p.claim, heard)
			}
			continue
		case p.topic >= implied:
			continue
		}
		tells, figure := s.tells(quote, p)
		if !tells {
			continue
		}
		if p.category < 0 {
			s.beforeAt = -1
			category := usual
			if figure && s.in.figures >= 0 {
				category = s.in.figures
			}
			p.judgement = s.judgeAs(text, p.candidate, category)
		}
		p.topic, p.claim = implied, max(p.claim, told)
		pieces[i] = p
	}
}

// usualCategory is that of most pieces of a page.
func (s *scorer) usualCategory(pieces []judged) int {
	of := make([]float64, len(s.found.of)-kinds)
	for _, p := range pieces {
		if p.category >= 0 && !p.malformed {
			of[p.category] += p.topic
		}
	}
	return most(of)
}

// most is the index of the greatest, the first of those; -1 if none is positive.
func most(of []float64) int {
	best := -1
	for k, v := range of {
		if v > 0 && (best < 0 || v > of[best]) {
			best = k
		}
	}
	return best
}

// tells reports a piece that says something by itself: a row of a table, how much,
// or that something is not. A price is nothing to a profile that looks for none.
func (s *scorer) tells(quote string, p judged) (tells, figure bool) {
	plain := document.Plain(quote)
	found := quantities(plain, s.comma)
	if s.in.prices < 0 && slices.ContainsFunc(found, func(q quantity) bool { return q.value.Kind == schema.ValueMoney }) {
		return false, false
	}
	if slices.ContainsFunc(found, func(q quantity) bool {
		return q.value.Kind != schema.ValueFlag && (q.value.Kind != schema.ValueCount || q.value.Unit != "")
	}) {
		return true, true
	}
	return p.structure == StructureRow || negations(plain) > 0 && strings.HasSuffix(plain, ".") && !opensWithPronoun(plain) && strings.Count(plain, " ") > 3, false
}
