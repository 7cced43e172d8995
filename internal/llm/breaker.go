package llm

import (
	"errors"
	"sync"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// ErrPaused says that an endpoint failed again and again, and is left alone for a
// while.
var ErrPaused = errors.New("paused after failures")

// breaker keeps questions away from an endpoint that does not answer: after some
// failures in a row for a time, then all but one until that has an answer.
type breaker struct {
	limit int
	pause time.Duration

	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // of the pause, once there are limit failures
	probing  bool      // one is on its way after the pause
}

// enter lets a question through, which must end in worked, failed or stopped, or
// refuses it.
func (b *breaker) enter(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < b.limit {
		return nil
	}
	if wait := b.until.Sub(now); wait > 0 || b.probing {
		return fault.Wrap(fault.Unavailable, ErrPaused, "the model failed %d times in a row and is not asked for a while", b.failures).After(max(wait, time.Second))
	}
	b.probing = true
	return nil
}

func (b *breaker) worked() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.probing = 0, false
}

func (b *breaker) failed(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	b.probing = false
	b.until = now.Add(b.pause)
}

// stopped is the end of a question that nobody waited for.
func (b *breaker) stopped() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// open tells until when nothing is let through.
func (b *breaker) open(now time.Time) (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until, b.failures >= b.limit && now.Before(b.until)
}
