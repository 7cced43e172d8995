package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/schema"
)

// summary picks the most telling facts, and what can be had.
func (c *composing) summary() {
	var all []*ent.Fact
	for _, s := range c.Sections {
		all = append(all, s.facts...)
	}
	slices.SortStableFunc(all, func(a, b *ent.Fact) int { return cmp.Compare(telling(b), telling(a)) })
	used := map[string]int{} // by company and category, so that five facts are about more than one thing
	most := tellingOnes * len(c.in.Companies)
	for _, f := range all {
		key := f.Company + "/" + f.Category
		if used[key] > 0 || used[f.Company] == tellingOnes || len(c.Highlights) == most {
			continue
		}
		used[key]++
		used[f.Company]++
		text := f.Statement
		if len(c.in.Companies) > 1 && !strings.Contains(text, f.Company) {
			text = f.Company + ": " + text
		}
		c.Highlights = append(c.Highlights, Point{text, []int{c.cite(f)}})
	}
	c.Sections = nil
	for i, company := range c.in.Companies {
		s := Section{Title: "Capabilities of " + company, Key: "capabilities"}
		for _, r := range c.table.Rows {
			cell := r.Cells[i]
			if !r.Named || cell.State != Stated {
				continue
			}
			if facts := cell.Facts(); len(facts) > 0 {
				if n := c.cite(c.facts[facts[0]]); n > 0 {
					s.Facts = append(s.Facts, Point{capability(r, cell), []int{n}})
				}
			}
		}
		c.Sections = append(c.Sections, s)
	}
}

// telling is how much a fact tells: a figure more than words, and what is sure
// more than what is not.
func telling(f *ent.Fact) float64 {
	n := f.Confidence
	switch f.Measure.Kind {
	case schema.ValueMoney, schema.ValueRate, schema.ValuePercent:
		n += 0.3
	case schema.ValueSize, schema.ValueDuration, schema.ValueUnlimited:
		n += 0.2
	case schema.ValueCount, schema.ValueVersion, schema.ValueFlag:
		n += 0.1
	}
	if len(f.Statement) > maxText {
		n -= 0.2
	}
	return n
}

// capability words a row of a company in a few words.
func capability(r Row, cell Cell) string {
	if cell.Value.Kind != "" && cell.Value.Kind != schema.ValueFlag {
		return r.Label + ": " + cell.Value.Original
	}
	return r.Label
}

// abridge cuts a summary to its words, and says so: the longest list gives way
// first. Of what it cites only that is kept which is still cited.
func (c *composing) abridge() {
	full := map[*[]string]int{}
	lists := func() (all []*[]string) {
		for i := range c.Gaps {
			all = append(all, &c.Gaps[i].NotDocumented, &c.Gaps[i].NotRead, &c.Gaps[i].Denied)
		}
		return all
	}
	for _, l := range lists() {
		full[l] = len(*l)
	}
	notes := c.Notes
	for {
		c.Notes = slices.Clone(notes)
		for _, s := range c.Sections {
			if s.Left > 0 {
				c.Notes = append(c.Notes, fmt.Sprintf("%s: %d more.", s.Title, s.Left))
			}
		}
		cut := 0
		for _, l := range lists() {
			cut += full[l] - len(*l)
		}
		if cut > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("Gaps: %d more, as a summary has at most %d words.", cut, maxWords))
		}
		if c.words() <= maxWords || !c.shrink(lists()) {
			break
		}
	}
	if c.Prose != nil && c.words() > maxWords {
		c.Prose = nil
		c.Notes = append(c.Notes, "There is no room for prose.")
	}
	c.renumber()
}

// words counts those of the document as Markdown.
func (c *composing) words() int {
	var b strings.Builder
	sources, citations := c.Sources, c.Citations
	c.sources()
	_ = c.Markdown(&b) // a builder takes everything
	c.Sources, c.Citations = sources, citations
	return words(b.String())
}

// shrink takes one entry from the longest list; false if there is none to take.
func (c *composing) shrink(gaps []*[]string) bool {
	longest, most := -1, 1
	for i, s := range c.Sections {
		if len(s.Facts) > most {
			longest, most = i, len(s.Facts)
		}
	}
	var gap *[]string
	for _, l := range gaps {
		if len(*l) > most {
			gap, most = l, len(*l)
		}
	}
	switch {
	case gap != nil:
		*gap = (*gap)[:len(*gap)-1]
	case longest >= 0:
		s := &c.Sections[longest]
		s.Facts = s.Facts[:len(s.Facts)-1]
		s.Left++
	default:
		return false
	}
	return true
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

func words(s string) int { return len(strings.Fields(s)) }
