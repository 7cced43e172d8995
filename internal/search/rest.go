package search

import (
	"context"
	"sync"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// restFor is how long what did not answer is left alone. Then one asks it again,
// while the others still go without.
const restFor = 5 * time.Second

// rest spares everybody the wait for what does not answer.
type rest struct {
	mu    sync.Mutex
	until time.Time
	err   error // why; nil: it answers
}

// unless does something, or fails as the last did if that was UNAVAILABLE and
// not long ago. Whoever goes away proves nothing.
func (r *rest) unless(ctx context.Context, do func() error) error {
	if err := r.resting(); err != nil {
		return err
	}
	err := do()
	if ctx.Err() != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err = nil; fault.Is(err, fault.Unavailable) {
		r.err, r.until = err, time.Now().Add(restFor)
	}
	return err
}

// resting gives the error of what is left alone. Who gets none although there is
// one is the one to ask again.
func (r *rest) resting() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil || time.Now().Before(r.until) {
		return r.err
	}
	r.until = time.Now().Add(restFor) // for the others
	return nil
}
