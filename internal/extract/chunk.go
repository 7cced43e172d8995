package extract

import (
	"slices"
	"strings"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// chunk is a piece of a page as a model is given it: of text without what is
// boilerplate, with what it needs to be understood alone.
type chunk struct {
	start, end int      // in the text of the page
	text       string   // what is given
	headings   []string // above its beginning
	columns    []string // the heads of the table that it begins in the middle of
}

// overlap is how many characters a chunk repeats of the one before, if the cut is
// not at a heading.
const overlap = 500

// piece is a block with what belongs to it, such as the fence of code: the text
// from the end of the piece before.
type piece struct {
	document.Range
	block  document.Block
	size   int // characters
	inside bool
}

// chunks cuts a page into chunks of at most size characters: at headings where
// that leaves chunks of a good length, else between blocks, and within a block
// only if it is longer than that.
func chunks(p Page, size int) (list []chunk) {
	var open []piece
	length := 0
	emit := func(n int) {
		if slices.ContainsFunc(open[:n], func(o piece) bool { return o.block.Kind != document.Heading }) {
			list = append(list, newChunk(p, open[:n]))
		}
	}
	set := func(rest []piece) {
		open, length = slices.Clone(rest), 0
		for _, o := range open {
			length += o.size
		}
	}
	for _, next := range pieces(p, size) {
		for len(open) > 0 && length+next.size > size {
			cut, keep := cutAt(open, next, size)
			emit(cut)
			rest := open[keep:]
			if set(rest); keep < cut && length+next.size > size {
				set(nil) // no room to repeat anything
			}
		}
		open, length = append(open, next), length+next.size
	}
	if len(open) > 0 {
		emit(len(open))
	}
	return list
}

// cutAt says how many of the open pieces become a chunk, and from which on the
// next one has them.
func cutAt(open []piece, next piece, size int) (cut, keep int) {
	if next.block.Kind == document.Heading {
		return len(open), len(open)
	}
	before := 0
	last, lastBefore := 0, 0
	for i, o := range open {
		if i > 0 && o.block.Kind == document.Heading {
			last, lastBefore = i, before
		}
		before += o.size
	}
	if last > 0 && lastBefore >= size/3 {
		return last, last
	}
	keep = len(open)
	for repeated := 0; keep > 1 && repeated+open[keep-1].size <= min(overlap, size/4); keep-- {
		repeated += open[keep-1].size
	}
	return len(open), keep
}

func newChunk(p Page, of []piece) chunk {
	c := chunk{start: of[0].Start, end: of[len(of)-1].End, headings: of[0].block.Headings}
	if of[0].inside {
		c.columns = of[0].block.Header
	}
	var b strings.Builder
	for _, o := range of {
		b.WriteString(o.Of(p.Text))
	}
	c.text = b.String()
	return c
}

// pieces cuts a page between its blocks, and blocks that are longer than size at
// the ends of lines or words. Boilerplate is left out.
func pieces(p Page, size int) (list []piece) {
	at := 0
	var above []string // the heads of the row before
	for _, b := range document.Blocks(p.Text) {
		end := endOfBlock(p.Text, b)
		r := document.Range{Start: at, End: max(end, at)}
		at = r.End
		inside := b.Kind == document.TableRow && len(b.Header) > 0 && len(above) > 0 && &above[0] == &b.Header[0]
		above = b.Header
		if p.common(b.Start) {
			continue
		}
		for r.Start < r.End {
			part := document.Range{Start: r.Start, End: endWithin(p.Text, r, size)}
			list = append(list, piece{part, b, utf8.RuneCountInString(part.Of(p.Text)), inside})
			r.Start, inside = part.End, inside || b.Kind == document.TableRow
		}
	}
	return list
}

// endOfBlock is the end of the line in which a block ends, or of the fence that
// closes it.
func endOfBlock(text string, b document.Block) int {
	end := lineEndAfter(text, b.End)
	if b.Kind == document.Code && end < len(text) {
		next := lineEndAfter(text, end)
		if line := strings.TrimLeft(text[end:next], " >\t"); strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			end = next
		}
	}
	return end
}

func lineEndAfter(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

// endWithin is where a piece of at most size characters ends that begins with r:
// with r, else with a line, a word or a character.
func endWithin(text string, r document.Range, size int) int {
	end, count := r.Start, 0
	for end < r.End && count < size {
		_, n := utf8.DecodeRuneInString(text[end:])
		end, count = end+n, count+1
	}
	if end == r.End {
		return end
	}
	for _, sep := range []byte{'\n', ' '} {
		if i := strings.LastIndexByte(text[r.Start:end], sep); i > 0 {
			return r.Start + i + 1
		}
	}
	return end
}
