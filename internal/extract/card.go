package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// plansOf tells in which plan each block stands: below a heading that is called
// like one, or in a card of a page of prices. The name of a card may be no
// heading; the blocks of such a card get it as one. What follows the list of the
// last card is no part of it: its headings are those above the cards.
func plansOf(text string, blocks []document.Block) []string {
	plans := make([]string, len(blocks))
	for i, b := range blocks {
		if n := len(b.Headings); n > 0 && isPlan(b.Headings[n-1]) {
			plans[i] = b.Headings[n-1]
		}
	}
	for _, c := range cardsOf(text, blocks) {
		for i := c.start; i < c.end; i++ {
			plans[i] = c.name
			if c.label {
				blocks[i].Headings = slices.Concat(c.above, []string{c.name})
			}
		}
		for i := c.end; i < c.left; i++ {
			plans[i], blocks[i].Headings = "", c.above
		}
	}
	return plans
}

// card is a part of a page that tells of one plan: what it is called, what it
// costs, and what one gets for it.
type card struct {
	name       string
	label      bool // its name is no heading
	above      []string
	start, end int // its blocks, without its name
	left       int // of the last one, the blocks from end to here do not belong to it though they stand below its heading
}

// cardsOf finds the cards of a page, in order: two or more side by side.
func cardsOf(text string, blocks []document.Block) (cards []card) {
	var row []card
	flush := func() {
		if len(row) > 1 {
			last := &row[len(row)-1]
			last.close(text, blocks, slices.ContainsFunc(row, func(c card) bool { return c.lists(blocks) }))
			cards = append(cards, row...)
		}
		row = nil
	}
	headed := headedCards(text, blocks)
	for i := range blocks {
		c, ok := headed[i]
		_, above := headed[i-1]
		_, top := headed[i-2]
		if !ok && !above && !top { // the lines above a price are no names
			c, ok = labelledCard(text, blocks, i)
		}
		if !ok {
			continue
		}
		if n := len(row); n > 0 && row[n-1].start == i { // a line above a card is none
			if row = row[:n-1]; n > 1 {
				row[n-2].end = i
			}
		}
		if n := len(row); n > 0 {
			p := &row[n-1]
			if c.label && len(c.above) == len(p.above)+1 && c.above[len(p.above)] == p.name {
				c.above = p.above // the name of this one is no heading, that of the one before is
			}
			if p.end < i || !slices.Equal(p.above, c.above) {
				flush()
			} else {
				p.end = i
			}
		}
		row = append(row, c)
	}
	flush()
	return cards
}

// lists reports a card that has a list.
func (c *card) lists(blocks []document.Block) bool {
	return slices.ContainsFunc(blocks[c.start:c.end], func(b document.Block) bool { return b.Kind == document.ListItem })
}

// close ends the last card of a row: before what follows its list, or a table; if
// it has none though others have, before its first sentence.
func (c *card) close(text string, blocks []document.Block, lists bool) {
	c.left = c.end
	listed := false
	for i := c.start; i < c.left; i++ {
		b := blocks[i]
		if b.Kind == document.ListItem {
			listed = true
			continue
		}
		if listed || b.Kind == document.TableRow || b.Kind == document.Definition || lists && !isFragment(text[b.Start:b.End]) {
			c.end = i
			return
		}
	}
}

// headedCards gives the cards whose names are headings, by the block of that: below
// the same heading there are two or more, called like plans or with a price.
func headedCards(text string, blocks []document.Block) map[int]card {
	beside := map[string][]int{}
	cards := map[int]card{}
	for i, b := range blocks {
		if b.Kind != document.Heading || i+1 == len(blocks) || blocks[i+1].Kind == document.Heading {
			continue
		}
		own := blocks[i+1].Headings
		name := own[len(own)-1]
		if called := isPlan(name) && planName(name) != ""; len(name) > 60 || !called && !isPrice(text, blocks, i+1) {
			continue
		}
		above := own[:len(own)-1]
		cards[i] = card{name: name, above: above, start: i + 1, end: endOf(blocks, i+1)}
		key := strings.Join(above, "\n")
		beside[key] = append(beside[key], i)
	}
	for _, of := range beside {
		if len(of) == 1 {
			delete(cards, of[0])
		}
	}
	return cards
}

// labelledCard is the card whose name is a paragraph, with the price below.
func labelledCard(text string, blocks []document.Block, i int) (c card, ok bool) {
	b := blocks[i]
	if b.Kind != document.Paragraph || b.End-b.Start > 60 || i+1 == len(blocks) {
		return c, false
	}
	name := document.Plain(text[b.Start:b.End])
	if !isCardName(name) || !isPrice(text, blocks, i+1) {
		return c, false
	}
	return card{name: name, label: true, above: b.Headings, start: i + 1, end: endOf(blocks, i+1)}, true
}

// endOf is the block after the last one before the next heading.
func endOf(blocks []document.Block, i int) int {
	for i < len(blocks) && blocks[i].Kind != document.Heading {
		i++
	}
	return i
}

// isCardName reports a few words that begin like a name and are no sentence.
func isCardName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) && !strings.HasPrefix(s, "For ") && strings.Count(s, " ") < 3 && !strings.ContainsAny(s, ".:!?,;|") && !strings.ContainsFunc(s, unicode.IsDigit)
}

// isPrice reports that one of the next three paragraphs is a price and hardly more.
func isPrice(text string, blocks []document.Block, i int) bool {
	for _, b := range blocks[i:min(len(blocks), i+3)] {
		if b.Kind != document.Paragraph || b.End-b.Start > 120 {
			return false
		}
		s := document.Plain(text[b.Start:b.End])
		switch strings.ToLower(s) {
		case "free", "custom", "custom pricing", "contact us", "contact sales", "on request", "kostenlos", "auf anfrage", "gratuit", "sur devis":
			return true
		}
		if len(s) <= 60 && isFragment(s) && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) && strings.ContainsFunc(s, unicode.IsDigit) {
			return true
		}
	}
	return false
}
