package search

import (
	"sync"
	"time"
)

// The vectors of the last queries are kept for so long: whoever turns the page
// asks the same again.
const (
	keepAsked = 5 * time.Minute
	mostAsked = 1000
)

// recent are the vectors of queries that were asked not long ago.
type recent struct {
	mu      sync.Mutex
	vectors map[string][]float32
	since   time.Time // of the oldest
}

// vector gives the vector of a query; nil if it is not known.
func (r *recent) vector(query string) []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.since) > keepAsked {
		return nil
	}
	return r.vectors[query]
}

// add keeps a vector. All are forgotten when the oldest is too old, or they are
// too many.
func (r *recent) add(query string, vector []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.vectors == nil || time.Since(r.since) > keepAsked || len(r.vectors) >= mostAsked {
		r.vectors, r.since = map[string][]float32{}, time.Now()
	}
	r.vectors[query] = vector
}
