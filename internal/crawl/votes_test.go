package crawl

import (
	"math/rand/v2"
	"testing"
)

func TestVotesAreThoseOfEachNumber(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 254, 255, 256, 1000, 1020} {
		var v votes
		var counts [64]int
		for range n {
			number := random.Uint64() | random.Uint64()&0xFF // some bits more often than others
			v.add(number)
			for i := range counts {
				counts[i] += int(number>>i&1)*2 - 1
			}
		}
		var want int64
		for i, c := range counts {
			if c > 0 {
				want |= 1 << i
			}
		}
		if got := v.most(); got != want {
			t.Errorf("of %d numbers: %x, want %x", n, got, want)
		}
	}
}
