package search

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// From exactly on, vectors are first compared by one bit for each dimension,
// and only the nearest by that in full.
const (
	exactly = 20_000
	rescore = 3 // times as many as are asked for
	atLeast = 2_000
)

// vectors are the meanings of documents, by slot.
type vectors struct {
	full    [][]float32
	lengths []uint16 // of full
	codes   []uint64 // width words for each slot
	width   int      // 0 until there is a vector
	turn    rotation
	count   int
}

// add gives the next slot a vector, which may be nil.
func (v *vectors) add(vector []float32) {
	v.full = append(v.full, vector)
	v.lengths = append(v.lengths, uint16(len(vector))) //nolint:gosec // models have some thousand dimensions
	if vector == nil {
		v.codes = append(v.codes, make([]uint64, v.width)...)
		return
	}
	v.count++
	if v.width == 0 {
		v.turn = newRotation(len(vector))
		v.width = len(v.turn.signs) / 64
		v.codes = make([]uint64, (len(v.full)-1)*v.width, len(v.full)*v.width)
	}
	v.codes = v.turn.code(v.codes, vector)
}

func (v *vectors) remove(slot uint32) {
	if v.full[slot] != nil {
		v.full[slot], v.lengths[slot] = nil, 0
		v.count--
	}
}

func (v *vectors) compact(live []bool) {
	n := 0
	for i, alive := range live {
		if alive {
			copy(v.codes[n*v.width:(n+1)*v.width], v.codes[i*v.width:(i+1)*v.width])
			n++
		}
	}
	v.full, v.lengths, v.codes = kept(v.full, live), kept(v.lengths, live), v.codes[:n*v.width]
}

// nearest calls found with the slots nearest to q: at least n of those that
// match, if there are as many. Vectors of another dimension match nothing.
func (v *vectors) nearest(q []float32, n int, match func(uint32) bool, found func(uint32, float32)) {
	if v.count <= exactly {
		for i, x := range v.full {
			if slot := uint32(i); len(x) == len(q) && match(slot) {
				found(slot, dot(q, x))
			}
		}
		return
	}
	for _, slot := range v.byCode(q, max(atLeast, rescore*n), match) {
		found(slot, dot(q, v.full[slot]))
	}
}

// byCode gives the n slots whose codes differ least from that of q, and those
// that differ no more than the last of them.
func (v *vectors) byCode(q []float32, n int, match func(uint32) bool) []uint32 {
	code := v.turn.code(nil, q)
	distances := make([]uint16, len(v.full))
	counts := make([]int, 64*v.width+1)
	const never = math.MaxUint16
	for i, length := range v.lengths {
		distances[i] = never
		if int(length) == len(q) && match(uint32(i)) {
			d := differ(code, v.codes[i*v.width:(i+1)*v.width])
			distances[i] = uint16(d) //nolint:gosec // as the lengths
			counts[d]++
		}
	}
	furthest, total := 0, 0
	for furthest < len(counts) && total < n {
		total += counts[furthest]
		furthest++
	}
	slots := make([]uint32, 0, total)
	for i, d := range distances {
		if int(d) < furthest {
			slots = append(slots, uint32(i))
		}
	}
	return slots
}

// differ counts the bits that are not the same in codes of one length.
func differ(a, b []uint64) (n int) {
	for len(a) >= 4 && len(b) >= 4 {
		n += bits.OnesCount64(a[0]^b[0]) + bits.OnesCount64(a[1]^b[1]) + bits.OnesCount64(a[2]^b[2]) + bits.OnesCount64(a[3]^b[3])
		a, b = a[4:], b[4:]
	}
	for i := range min(len(a), len(b)) {
		n += bits.OnesCount64(a[i] ^ b[i])
	}
	return n
}

// dot is the inner product of vectors of one length.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0]*b[0] + a[4]*b[4]
		s1 += a[1]*b[1] + a[5]*b[5]
		s2 += a[2]*b[2] + a[6]*b[6]
		s3 += a[3]*b[3] + a[7]*b[7]
		a, b = a[8:], b[8:]
	}
	for i := range min(len(a), len(b)) {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// unit makes a vector one of length 1; it reports false if it has no direction.
func normalize(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return false
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return true
}

// rotation turns vectors so that no dimension says more than another: signs are
// flipped at random, and mixed by Walsh-Hadamard transforms. Then one bit of
// each dimension tells directions apart.
type rotation struct {
	signs []float32 // as many as the power of two that the dimension fits into
	again []float32
}

func newRotation(dimension int) rotation {
	n := 64
	for n < dimension {
		n *= 2
	}
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // fixed on purpose: equal vectors, equal codes
	r := rotation{signs: make([]float32, n), again: make([]float32, n)}
	for i := range n {
		r.signs[i] = float32(1 - 2*random.IntN(2))
		r.again[i] = float32(1 - 2*random.IntN(2))
	}
	return r
}

// code appends the signs of the turned vector, as bits.
func (r rotation) code(to []uint64, v []float32) []uint64 {
	x := make([]float32, len(r.signs))
	for i, f := range v[:min(len(v), len(x))] {
		x[i] = f * r.signs[i]
	}
	hadamard(x)
	for i := range x {
		x[i] *= r.again[i]
	}
	hadamard(x)
	for i := 0; i < len(x); i += 64 {
		var word uint64
		for j, f := range x[i : i+64] {
			if f > 0 {
				word |= 1 << j
			}
		}
		to = append(to, word)
	}
	return to
}

func hadamard(x []float32) {
	for h := 1; h < len(x); h *= 2 {
		for i := 0; i < len(x); i += 2 * h {
			for j := i; j < i+h; j++ {
				x[j], x[j+h] = x[j]+x[j+h], x[j]-x[j+h]
			}
		}
	}
}
