package extract

import (
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/document"
)

// theme is what a page is about, as far as a profile goes. That of a page which
// was not read is empty.
type theme struct {
	titled   bool    // its title says that it is about what the profile is called
	few      bool    // the page has not pieces enough to tell
	share    float64 // of the page's pieces that have signs of a category
	category int     // of most of them
	sections map[section]int
}

// section is what stands below the same headings.
type section struct {
	first *string
	depth int
}

func sectionOf(b document.Block) section {
	if len(b.Headings) == 0 {
		return section{}
	}
	return section{&b.Headings[0], len(b.Headings)}
}

// What the share makes of a page, if it has pieces enough to tell.
const (
	isAbout      = 0.4
	isNotAbout   = 0.2
	enoughPieces = 8
)

// judged is a candidate with what is thought of it.
type judged struct {
	candidate
	judgement
	malformed bool // listed if it is rejected, but no fact
}

// themeOf reads the theme off the pieces of a page.
func themeOf(pieces []judged, categories int) theme {
	t := theme{category: -1, sections: map[section]int{}}
	counts := map[section][]int{}
	total := make([]int, categories)
	told, all := 0, 0
	for _, p := range pieces {
		if p.malformed {
			continue
		}
		all++
		if p.category < 0 {
			continue
		}
		told++
		of := sectionOf(p.block)
		if counts[of] == nil {
			counts[of] = make([]int, categories)
		}
		counts[of][p.category]++
		total[p.category]++
	}
	if t.few = all < enoughPieces; t.few || told == 0 {
		return t
	}
	for of, count := range counts {
		t.sections[of] = most(count)
	}
	t.category, t.share = most(total), float64(told)/float64(all)
	return t
}

func most(count []int) int { return slices.Index(count, slices.Max(count)) }

// lenient reports a page that is about what the profile looks for, or too short to
// tell: a word that means many things counts there.
func (t theme) lenient() bool { return t.few || t.about() }

func (t theme) about() bool { return t.titled || t.share >= isAbout }

// implied is the category of a claim that hardly has signs of any, on a page that
// is about them: the one of a word that likely is of it, that of most of its
// section, of the nearest heading that has a sign, or of most of the page. Names in a list that
// nothing introduces are no claims; prices are of no category that is not about them.
func (s *scorer) implied(c candidate, topic float64, category int) (float64, int) {
	k, ok := s.theme.sections[sectionOf(c.block)]
	switch {
	case category >= 0 && (!ok || topic >= likelyTopic):
		return impliedTopic, category
	case c.fragment && c.block.Lead == "" && !hasFigure(c.statement),
		category < 0 && slices.ContainsFunc(s.words, func(w word) bool { return w.kind == currencyWord }):
		return 0, -1
	case ok:
		return impliedTopic, k
	}
	category, most := s.theme.category, 0.0
	for k := range len(s.found.of) - kinds {
		if around := s.above.of[k] + (1-s.above.of[k])*s.beside.of[k]; around > most {
			most, category = around, k
		}
	}
	return impliedTopic, category
}

// How much the theme of a page is worth.
const (
	likelyTopic  = 0.5  // how surely one is of the category that a likely word of it tells
	impliedTopic = 0.55 // how surely a claim is of the category that it is implied to be of
	athome       = 0.1  // how much surer a page that is about them makes the category
	stated       = 0.15 // and the claim
	astray       = 0.75 // what a page that hardly speaks of them leaves of the score
)

// isTitled reports a page whose first heading, else its title, has a word of the
// name of the profile.
func isTitled(p Page, pieces []judged, profile string) bool {
	title := p.Title
	if len(pieces) > 0 && len(pieces[0].block.Headings) > 0 {
		title = pieces[0].block.Headings[0]
	}
	words := wordSet(title)
	for _, w := range strings.FieldsFunc(strings.ToLower(profile), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 2 && profile != DefaultProfile && words[stemOf(w)] {
			return true
		}
	}
	return false
}

// fits is how well a piece fits the profile, in its page: better on one that is
// about it, less on one that hardly speaks of it, unless a heading does.
func (s *scorer) fits(p judged) float64 {
	switch {
	case s.theme.about():
		p.claim += (1 - p.claim) * stated
		p.topic += (1 - p.topic) * athome
	case s.theme.share < isNotAbout && !s.theme.few && !p.headed:
		return p.score() * astray
	}
	return p.score()
}
