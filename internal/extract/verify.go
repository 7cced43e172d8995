package extract

import (
	"strings"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// Standing is what has become of a quote in another text.
type Standing int

// The standings, best first.
const (
	Intact  Standing = iota // where it was
	Moved                   // elsewhere, but for white space, punctuation and markup
	Altered                 // something like it, in other words or with other figures
	Gone
)

// likeness is the share of words, in their order, that what stands in place of a
// quote has in common with it at least.
const likeness = 0.6

// Verify looks for a quote, and where it stood, in another text of its page. It
// tells where it stands now, or the sentence, item or row that is most like it;
// of a quote that is gone there is no span.
func Verify(text, quote string, was schema.Span) (Standing, schema.Span) {
	if was.ByteStart >= 0 && was.ByteStart < was.ByteEnd && was.ByteEnd <= len(text) && text[was.ByteStart:was.ByteEnd] == quote {
		return Intact, was
	}
	found := func(s Standing, r document.Range) (Standing, schema.Span) {
		return s, document.NewSpans(text).Of(r.Start, r.End)
	}
	if r, ok := verbatim(text, quote, was.ByteStart); ok {
		return found(Moved, r)
	}
	wanted, have := tokens(quote), tokens(text)
	if r, ok := sequence(have, wanted, was.ByteStart); ok {
		return found(Moved, r)
	}
	best, like := document.Range{}, 0.0
	consider := func(r document.Range) {
		if l := alike(wanted, tokens(r.Of(text))); l > like {
			best, like = r, l
		}
	}
	for _, b := range document.Blocks(text) {
		switch b.Kind {
		case document.TableRow, document.Heading, document.Code:
			consider(document.Range{Start: b.Start, End: b.End})
		default:
			for _, r := range document.Sentences(text, b) {
				consider(r)
			}
		}
	}
	if like < likeness {
		return Gone, schema.Span{}
	}
	return found(Altered, best)
}

// verbatim finds a quote to the byte, of several places the nearest to one.
func verbatim(text, quote string, near int) (r document.Range, ok bool) {
	for from := 0; quote != ""; {
		i := strings.Index(text[from:], quote)
		if i < 0 {
			break
		}
		if i += from; !ok || distance(i, near) < distance(r.Start, near) {
			r, ok = document.Range{Start: i, End: i + len(quote)}, true
		}
		from = i + len(quote)
	}
	return r, ok
}

// sequence finds words in a text, of several places the nearest to one.
func sequence(have, wanted []token, near int) (r document.Range, ok bool) {
	if len(wanted) == 0 {
		return r, false
	}
	for i := 0; i+len(wanted) <= len(have); i++ {
		same := true
		for k := range wanted {
			if same = have[i+k].word == wanted[k].word; !same {
				break
			}
		}
		if same && (!ok || distance(have[i].start, near) < distance(r.Start, near)) {
			r, ok = document.Range{Start: have[i].start, End: have[i+len(wanted)-1].end}, true
		}
	}
	return r, ok
}

func distance(a, b int) int { return max(a-b, b-a) }

// alike is the share of words that two texts have in common in the same order.
func alike(a, b []token) float64 {
	if len(a) == 0 || len(b) == 0 || 2*min(len(a), len(b)) < int(likeness*float64(len(a)+len(b))) {
		return 0
	}
	_, _, same := align(a, b)
	return 2 * float64(same) / float64(len(a)+len(b))
}
