package extract

import (
	"strings"
	"unicode"
)

// theme is what a page is about, as far as a profile goes. That of a page which
// was not read is empty.
type theme struct {
	titled bool    // its title says that it is about what the profile is called
	few    bool    // the page has not pieces enough to tell
	share  float64 // of the page's pieces that have signs of a category
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
func themeOf(pieces []judged) (t theme) {
	told, all := 0, 0
	for _, p := range pieces {
		if p.malformed {
			continue
		}
		if all++; p.category >= 0 {
			told++
		}
	}
	if t.few = all < enoughPieces; !t.few {
		t.share = float64(told) / float64(all)
	}
	return t
}

// lenient reports a page that is about what the profile looks for, or too short to
// tell: a word that means many things counts there.
func (t theme) lenient() bool { return t.few || t.about() }

func (t theme) about() bool { return t.titled || t.share >= isAbout }

// How much the theme of a page is worth.
const (
	unsure = 0.55 // of what category a piece is: it is judged again on a page that is about them
	athome = 0.1  // how much surer a page that is about them makes the category
	stated = 0.15 // and the claim
	astray = 0.75 // what a page that hardly speaks of them leaves of the score
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
