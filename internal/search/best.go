package search

import (
	"bytes"
	"math"
	"slices"

	"github.com/google/uuid"
)

// ranked is a document by its place in a memory index.
type ranked struct {
	score float64
	slot  uint32
	id    *uuid.UUID
}

// before orders by score, the highest first, then by id.
func before(a, b ranked) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return bytes.Compare(a.id[:], b.id[:])
}

// best keeps the first n of what it is given, and up to n others that it throws
// away when there is no more room: sorting all would take longer.
type best struct {
	n    int
	kept []ranked
	last ranked // nothing after it is wanted; without an id: not known yet
}

func (b *best) add(r ranked) {
	if b.n == 0 || b.last.id != nil && (r.score < b.last.score || before(r, b.last) > 0) {
		return
	}
	b.kept = append(b.kept, r)
	if len(b.kept) >= 2*b.n {
		b.cut()
	}
}

// cut throws away what is not among the first n.
func (b *best) cut() {
	if len(b.kept) < b.n {
		return
	}
	partition(b.kept, b.n-1)
	b.kept = b.kept[:b.n]
	b.last = b.kept[b.n-1]
}

// partition puts what has place n in order there, and what is before it before it.
func partition(list []ranked, n int) {
	for from, to := 0, len(list)-1; from < to; {
		pivot := list[(from+to)/2]
		i, j := from, to
		for i <= j {
			for before(list[i], pivot) < 0 {
				i++
			}
			for before(pivot, list[j]) < 0 {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			to = j
		case n >= i:
			from = i
		default:
			return
		}
	}
}

// sorted gives what was kept, in order.
func (b *best) sorted() []ranked {
	if b.n > 0 {
		b.cut()
	}
	slices.SortFunc(b.kept, before)
	return b.kept
}

// even rounds a score to what two implementations agree on, so that documents
// that are alike rank by id in both.
func even(score float32) float64 { return math.Round(float64(score)*1000) / 1000 }
