package document

import (
	"slices"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// The bounds of a diff.
const (
	maxEdits    = 1_000 // beyond them what differs is taken as a whole
	diffContext = 3     // unchanged lines around a change
	maxHunks    = 500
	maxDiffLine = 2_000 // bytes of a line that are shown
)

// Changes is what differs in two texts.
type Changes struct {
	Added, Removed int // lines
	Hunks          []*schema.DiffHunk
	Truncated      bool // not all hunks are there, or not all of a line
}

// Diff compares two texts line by line. It finds the fewest changes (Myers,
// "An O(ND) Difference Algorithm", 1986) as long as they are not more than a
// thousand; of texts that differ by more it takes all that lies between their
// equal beginnings and ends as removed and added.
func Diff(from, to string) Changes {
	a, b := strings.Split(from, "\n"), strings.Split(to, "\n")
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	edits := make([]schema.DiffLineKind, 0, len(a))
	for range start {
		edits = append(edits, schema.DiffKept)
	}
	edits = append(edits, script(a[start:len(a)-end], b[start:len(b)-end])...)
	for range end {
		edits = append(edits, schema.DiffKept)
	}
	return hunks(a, b, edits)
}

// script says line by line how a becomes b.
func script(a, b []string) []schema.DiffLineKind {
	most := min(len(a)+len(b), maxEdits)
	// reach[k+most] is how far in a the best path on the diagonal k has come.
	reach := make([]int32, 2*most+2)
	var trace [][]int32
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int32(nil), reach[most-d:most+d+2]...))
		for k := -d; k <= d; k += 2 {
			x := int(reach[max(0, most+k-1)]) + 1
			if k == -d || k != d && reach[most+k-1] < reach[most+k+1] {
				x = int(reach[most+k+1])
			}
			for x < len(a) && x-k >= 0 && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			reach[most+k] = int32(x) //nolint:gosec // a line of a page
			if x >= len(a) && x-k >= len(b) {
				return walk(trace, len(a), len(b))
			}
		}
	}
	edits := make([]schema.DiffLineKind, 0, len(a)+len(b))
	for range a {
		edits = append(edits, schema.DiffRemoved)
	}
	for range b {
		edits = append(edits, schema.DiffAdded)
	}
	return edits
}

// walk follows the best path back from its end.
func walk(trace [][]int32, x, y int) []schema.DiffLineKind {
	var back []schema.DiffLineKind
	for d, before := range slices.Backward(trace) {
		reach := func(k int) int { return int(before[k+d]) } // before step d
		k := x - y
		from := k - 1
		if k == -d || k != d && reach(k-1) < reach(k+1) {
			from = k + 1
		}
		fromX, fromY := 0, 0
		if d > 0 {
			fromX = reach(from)
			fromY = fromX - from
		}
		for x > fromX && y > fromY {
			back, x, y = append(back, schema.DiffKept), x-1, y-1
		}
		if d == 0 {
			break
		}
		if x == fromX {
			back = append(back, schema.DiffAdded)
		} else {
			back = append(back, schema.DiffRemoved)
		}
		x, y = fromX, fromY
	}
	slices.Reverse(back)
	return back
}

// hunks gathers changes that are near each other.
func hunks(a, b []string, edits []schema.DiffLineKind) (c Changes) {
	var hunk *schema.DiffHunk
	x, y, last := 0, 0, -1 // last is the index of the last change
	line := func(kind schema.DiffLineKind, text string) {
		if len(text) > maxDiffLine {
			text, c.Truncated = cut(text, maxDiffLine), true
		}
		hunk.Lines = append(hunk.Lines, &schema.DiffLine{Kind: kind, Text: text})
	}
	for i, e := range edits {
		if e != schema.DiffKept {
			if hunk == nil || i-last > 2*diffContext+1 {
				before := min(diffContext, x, y)
				if last >= 0 {
					before = min(before, i-last-1)
				}
				hunk = &schema.DiffHunk{FromLine: x - before + 1, ToLine: y - before + 1}
				if len(c.Hunks) < maxHunks {
					c.Hunks = append(c.Hunks, hunk)
				} else {
					c.Truncated = true
				}
				for k := range before {
					line(schema.DiffKept, a[x-before+k])
				}
			} else {
				for k := last + 1 + diffContext; k < i; k++ { // those between, the first of which are there
					line(schema.DiffKept, a[x-(i-k)])
				}
			}
			last = i
		} else if hunk != nil && i-last <= diffContext {
			line(e, a[x])
		}
		switch e {
		case schema.DiffAdded:
			line(e, b[y])
			c.Added++
			y++
		case schema.DiffRemoved:
			line(e, a[x])
			c.Removed++
			x++
		case schema.DiffKept:
			x, y = x+1, y+1
		}
	}
	return c
}
