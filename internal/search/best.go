package search

import (
	"bytes"
	"cmp"
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
	return cmp.Or(cmp.Compare(b.score, a.score), bytes.Compare(a.id[:], b.id[:]))
}

// best keeps the first n of what it is given, as a heap with the last on top.
type best struct {
	n    int
	heap []ranked
}

func (b *best) add(r ranked) {
	if len(b.heap) < b.n {
		b.heap = append(b.heap, r)
		for i := len(b.heap) - 1; i > 0; {
			parent := (i - 1) / 2
			if before(b.heap[i], b.heap[parent]) <= 0 {
				break
			}
			b.heap[i], b.heap[parent] = b.heap[parent], b.heap[i]
			i = parent
		}
		return
	}
	if b.n == 0 || r.score < b.heap[0].score || before(r, b.heap[0]) >= 0 {
		return
	}
	b.heap[0] = r
	for i := 0; ; {
		last := 2*i + 1
		if last >= len(b.heap) {
			return
		}
		if last+1 < len(b.heap) && before(b.heap[last+1], b.heap[last]) > 0 {
			last++
		}
		if before(b.heap[last], b.heap[i]) <= 0 {
			return
		}
		b.heap[i], b.heap[last] = b.heap[last], b.heap[i]
		i = last
	}
}

// sorted gives what was kept, in order.
func (b *best) sorted() []ranked {
	slices.SortFunc(b.heap, before)
	return b.heap
}

// even rounds a score to what two implementations agree on, so that documents
// that are alike rank by id in both.
func even(score float32) float64 { return math.Round(float64(score)*1000) / 1000 }
