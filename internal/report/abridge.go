package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// part is the words in Markdown of one entry that a summary may have.
type part struct{ words int }

// pile is the parts of one list, the best first.
type pile struct {
	heading int // words that the first part brings along
	parts   []part
	taken   []bool
	count   int // of those taken
}

func newPile(heading int, parts []part) *pile {
	return &pile{heading: heading, parts: parts, taken: make([]bool, len(parts))}
}

func left(piles []*pile) (n int) {
	for _, p := range piles {
		n += len(p.parts) - p.count
	}
	return n
}

// taken is what was taken of a list.
func taken[T any](p *pile, list []T) []T {
	kept := make([]T, 0, p.count)
	for i, v := range list {
		if p.taken[i] {
			kept = append(kept, v)
		}
	}
	return kept
}

// ration is the words that a summary has left.
type ration struct{ left int }

func (r *ration) cost(p *pile, i int) int {
	if p.count == 0 {
		return p.parts[i].words + p.heading
	}
	return p.parts[i].words
}

func (r *ration) take(p *pile, i int) {
	r.left -= r.cost(p, i)
	p.taken[i] = true
	p.count++
}

// first takes one part of each pile: the best that is within an equal share of what
// is left, else the shortest. It returns how many piles have parts and got none.
func (r *ration) first(piles []*pile) (without int) {
	for n, p := range piles {
		if len(p.parts) == 0 {
			continue
		}
		share := r.left / (len(piles) - n)
		best := slices.IndexFunc(p.parts, func(x part) bool { return x.words+p.heading <= share })
		if best < 0 {
			best = r.cheapest(p)
		}
		if r.cost(p, best) > r.left {
			without++
			continue
		}
		r.take(p, best)
	}
	return without
}

// cheapest is the part of a pile that costs least.
func (r *ration) cheapest(p *pile) (best int) {
	for i := range p.parts {
		if r.cost(p, i) < r.cost(p, best) {
			best = i
		}
	}
	return best
}

// even tells how many words it takes at least to begin all piles of which nothing was
// taken, and whether there are so many, with floor words left.
func (r *ration) even(piles []*pile, floor int) (n int, ok bool) {
	for _, p := range piles {
		if p.count == 0 && len(p.parts) > 0 {
			n += r.cost(p, r.cheapest(p))
		}
	}
	return n, n <= r.left-floor
}

// deal takes from the piles by turns what has a place with floor words left. No pile
// is ahead of another by more than one part, and none begins if not all can: no
// company stands there better than another.
func (r *ration) deal(piles []*pile, floor int) {
	if _, ok := r.even(piles, floor); !ok {
		return
	}
	for k, p := range piles {
		if p.count > 0 || len(p.parts) == 0 {
			continue
		}
		later, _ := r.even(piles[k+1:], 0)
		share := min((r.left-floor)/(len(piles)-k), r.left-floor-later)
		i := slices.IndexFunc(p.parts, func(x part) bool { return x.words+p.heading <= share })
		if i < 0 {
			i = r.cheapest(p)
		}
		r.take(p, i)
	}
	next := make([]int, len(piles))
	for more := true; more; {
		more = false
		least := least(piles)
		for k, p := range piles {
			for i := next[k]; i < len(p.parts) && p.count == least; i++ {
				next[k] = i + 1
				if !p.taken[i] && r.cost(p, i) <= r.left-floor {
					r.take(p, i)
					more = true
				}
			}
		}
	}
}

// least is the fewest that were taken of a pile that has more.
func least(piles []*pile) int {
	n := math.MaxInt
	for _, p := range piles {
		if p.count < len(p.parts) {
			n = min(n, p.count)
		}
	}
	return n
}

// abridge cuts a summary to its words, and says so. They are those of its Markdown, as they stand
// between white space, up to the citations: what proves it is beside it. What always stands is counted
// once, as is each part: one telling fact for each company comes first, then more of
// them, what can be had, and gaps. Of what it cites only that is kept which is still
// cited.
func (c *composing) abridge() {
	telling, capabilities, gaps := c.piles()
	sections, lists, prose := c.Sections, c.Gaps, c.Prose
	c.Sections, c.Gaps, c.Prose = nil, nil, nil
	r := &ration{}
	reserved := words("## " + highlightsTitle(c.Type) + " ## Gaps ## What was left out")
	for _, note := range append(leftOut(left(telling), left(capabilities), unbegun(gaps, lists), len(telling)), noProse) {
		reserved += words("- " + note)
	}
	r.left = maxWords - reserved - c.words()
	c.Sections, c.Gaps = sections, lists
	c.placeProse(r, prose)
	without := r.first(telling)
	if without == 0 {
		r.deal(telling, r.left/4)
		r.deal(capabilities, r.left/3)
		r.deal(r.kinds(gaps), 0)
		r.deal(capabilities, 0)
		r.deal(telling, 0)
	}
	c.Notes = append(c.Notes, leftOut(left(telling), left(capabilities), unbegun(gaps, lists), without)...)
	for i := range c.telling {
		c.Highlights = append(c.Highlights, taken(telling[i], c.telling[i])...)
		s, g := &c.Sections[i], &c.Gaps[i]
		s.Left = len(s.Facts) - capabilities[i].count
		s.Facts = taken(capabilities[i], s.Facts)
		for k, list := range g.lists() {
			list.keep(gaps[3*i+k])
		}
	}
	c.renumber()
}

// keep names what was taken of a list, and counts the rest; without any it is not begun.
func (l gapList) keep(p *pile) {
	if p.count == 0 {
		*l.labels, *l.counted = nil, 0
		return
	}
	all := *l.labels
	*l.labels = taken(p, l.named())
	for i, label := range all {
		if i >= len(p.taken) || !p.taken[i] {
			*l.labels = append(*l.labels, label)
		}
	}
	*l.counted = len(all) - p.count
}

// unbegun counts the gaps of lists of which nothing was taken.
func unbegun(gaps []*pile, lists []Gap) (n int) {
	for i := range lists {
		for k, list := range lists[i].lists() {
			if gaps[3*i+k].count == 0 {
				n += len(*list.labels)
			}
		}
	}
	return n
}

// piles are what a summary can pick from, by company: gaps in three lists each.
func (c *composing) piles() (telling, capabilities, gaps []*pile) {
	points := func(list []Point) (parts []part) {
		for _, p := range list {
			parts = append(parts, part{words(mdPoint(p))})
		}
		return parts
	}
	for i := range c.in.Companies {
		telling = append(telling, newPile(0, points(c.telling[i])))
		capabilities = append(capabilities, newPile(words("## "+md(c.Sections[i].Title)), points(c.Sections[i].Facts)))
		for _, list := range c.Gaps[i].lists() {
			var parts []part
			for _, label := range list.named() {
				parts = append(parts, part{max(1, words(md(label)))})
			}
			gaps = append(gaps, newPile(words(mdGap(c.Gaps[i].Company, list.words, c.gapText([]string{"name"}, 1)))-1, parts))
		}
	}
	return telling, capabilities, gaps
}

// kinds are the lists of gaps of those kinds that every company can begin.
func (r *ration) kinds(gaps []*pile) (piles []*pile) {
	for k := range 3 {
		more := slices.Clone(piles)
		for i := k; i < len(gaps); i += 3 {
			more = append(more, gaps[i])
		}
		if _, ok := r.even(more, 0); ok {
			piles = more
		}
	}
	return piles
}

const noProse = "There is no room for prose."

// placeProse gives prose its place if half of what is left suffices for it.
func (c *composing) placeProse(r *ration, prose *Prose) {
	if prose == nil {
		return
	}
	var b strings.Builder
	c.Prose = prose
	c.mdProse(&writer{w: &b})
	if n := words(b.String()); n <= r.left/2 {
		r.left -= n
		return
	}
	c.Prose = nil
	c.Notes = append(c.Notes, noProse)
}

// leftOut says what a summary has no place for.
func leftOut(telling, capabilities, gaps, companies int) (notes []string) {
	if companies > 0 {
		notes = append(notes, fmt.Sprintf("Companies of which no fact has a place: %d. A comparison has them all.", companies))
	}
	for _, list := range []struct {
		n     int
		words string
	}{{telling, "Telling facts"}, {capabilities, "Capabilities"}, {gaps, "Gaps"}} {
		if list.n > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d more, as a summary has at most %d words.", list.words, list.n, maxWords))
		}
	}
	return notes
}

// words counts those of the document as Markdown, up to its citations.
func (c *composing) words() int {
	var b strings.Builder
	c.mdText(&writer{w: &b})
	return words(b.String())
}

// renumber keeps the citations that something still cites.
func (c *composing) renumber() {
	place := map[int]int{}
	var kept []Citation
	use := func(cites []int) {
		for i, n := range cites {
			if place[n] == 0 {
				citation := c.Citations[n-1]
				citation.N = len(kept) + 1
				kept = append(kept, citation)
				place[n] = citation.N
			}
			cites[i] = place[n]
		}
	}
	for _, p := range c.Highlights {
		use(p.Cites)
	}
	if c.Prose != nil {
		for _, s := range c.Prose.Sections {
			for _, p := range s.Sentences {
				use(p.Cites)
			}
		}
	}
	for _, s := range c.Sections {
		for _, p := range s.Facts {
			use(p.Cites)
		}
	}
	c.Citations = kept
}

// words counts those of a text as they stand between white space.
func words(s string) int { return len(strings.Fields(s)) }
