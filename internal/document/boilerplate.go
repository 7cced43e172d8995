package document

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A block repeats if it stands on so many percent of so many pages or more; a
// shorter one never does.
const (
	repeatShare  = 70
	repeatPages  = 5
	repeatLength = 50 // characters
)

// maxMarks is how many blocks of one page are marked, half of them from its
// beginning and half from its end, which is where boilerplate stands.
const maxMarks = 512

// Marks tell the blocks of one text that are long enough to be boilerplate. The
// same words have the same mark, however they are marked up.
type Marks struct {
	ranges []Range // in the order of the text
	marks  []int64 // of each; never 0
}

// MarksOf marks a text.
func MarksOf(text string) Marks {
	var m Marks
	eachBlock(text, func(b Block) bool {
		if mark, ok := markOf(text[b.Start:b.End]); ok {
			m.ranges = append(m.ranges, Range{b.Start, b.End})
			m.marks = append(m.marks, mark)
		}
		return true
	})
	if n := len(m.marks); n > maxMarks {
		m.ranges = slices.Delete(m.ranges, maxMarks/2, n-maxMarks/2)
		m.marks = slices.Delete(m.marks, maxMarks/2, n-maxMarks/2)
	}
	return m
}

// markOf hashes (FNV-1a) the letters, digits and signs of a block, without case
// and markup.
func markOf(s string) (mark int64, ok bool) {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	length, space := 0, false
	add := func(r rune) {
		for ; r > 0; r >>= 8 {
			h = (h ^ uint64(r&0xFF)) * prime
		}
		length++
	}
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), r == '|', r == '>':
			space = length > 0
		case r == '`', r == '\\':
		default:
			if space {
				add(' ')
				space = false
			}
			add(unicode.ToLower(r))
		}
	}
	return int64(h | 1), length >= repeatLength //nolint:gosec // the bits count, not the number
}

// At is the mark of the block that a byte stands in; 0 if it has none.
func (m Marks) At(offset int) int64 {
	i := sort.Search(len(m.ranges), func(i int) bool { return m.ranges[i].End > offset })
	if i == len(m.ranges) || offset < m.ranges[i].Start {
		return 0
	}
	return m.marks[i]
}

// Within lists the blocks that are boilerplate.
func (m Marks) Within(b Boilerplate) []Range {
	var all []Range
	for i, mark := range m.marks {
		if b.Has(mark) {
			all = append(all, m.ranges[i])
		}
	}
	return all
}

// All is the most of the text that could be boilerplate.
func (m Marks) All() Boilerplate {
	all := slices.Clone(m.marks)
	slices.Sort(all)
	return slices.Compact(all)
}

// Boilerplate is a set of marks, in order.
type Boilerplate []int64

// Has reports whether a block is boilerplate.
func (b Boilerplate) Has(mark int64) bool {
	_, ok := slices.BinarySearch(b, mark)
	return ok
}

// Without is what b has and another has not.
func (b Boilerplate) Without(other Boilerplate) Boilerplate {
	return slices.DeleteFunc(slices.Clone(b), other.Has)
}

// Repeated finds the boilerplate of a domain, given the stored marks of its
// pages.
func Repeated(pages [][]byte) Boilerplate {
	if len(pages) < repeatPages {
		return nil
	}
	var all []int64
	for _, p := range pages {
		all = append(all, UnpackMarks(p)...)
	}
	slices.Sort(all)
	var found Boilerplate
	for i := 0; i < len(all); {
		n := i + 1
		for n < len(all) && all[n] == all[i] {
			n++
		}
		if (n-i)*100 >= len(pages)*repeatShare {
			found = append(found, all[i])
		}
		i = n
	}
	return found
}

// Pack gives the marks of a text as they are stored: each once, in order.
func (m Marks) Pack() []byte {
	return PackMarks(m.All())
}

// PackMarks gives marks as they are stored.
func PackMarks(marks []int64) []byte {
	b := make([]byte, 0, 8*len(marks))
	for _, m := range marks {
		b = binary.BigEndian.AppendUint64(b, uint64(m)) //nolint:gosec // bits
	}
	return b
}

// UnpackMarks reads what PackMarks gave.
func UnpackMarks(b []byte) []int64 {
	marks := make([]int64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		marks = append(marks, int64(binary.BigEndian.Uint64(b))) //nolint:gosec // bits
	}
	return marks
}

// leastOwn is how many characters a text must have of its own to say anything.
const leastOwn = 20

// Says reports whether a text says anything of its own: enough that neither
// stands in boilerplate nor, in a short text, asks for consent to cookies.
func Says(text string, m Marks, b Boilerplate) bool {
	common := m.Within(b)
	own, dropped := 0, false
	eachBlock(text, func(block Block) bool {
		for len(common) > 0 && common[0].End <= block.Start {
			common = common[1:]
		}
		said := text[block.Start:block.End]
		switch {
		case len(common) > 0 && common[0].Start <= block.Start, len(text) < maxConsent && isConsent(said):
			dropped = true
		case block.Kind != Heading:
			own += utf8.RuneCountInString(said)
		}
		return own < leastOwn
	})
	if !dropped {
		own = utf8.RuneCountInString(text)
	}
	return own >= leastOwn
}

// maxConsent is how long a text may be that does nothing but ask for consent.
const maxConsent = 1000

// isConsent reports what banners say that ask for consent to cookies.
func isConsent(s string) bool {
	s = strings.ToLower(s)
	if !strings.Contains(s, "cookie") {
		return false
	}
	for _, word := range []string{
		"accept", "consent", "agree", "we use", "this site uses", "this website uses", "reject", "preferences", "akzept", "zustimm", "utilis", "utiliza",
	} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
