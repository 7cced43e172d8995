package event

import (
	"context"
	"log/slog"
	"time"
)

// MaxWaiting is how many topics may wait for Redis.
const MaxWaiting = maxWaiting

// OpenHasty is OpenRedis for tests of what goes wrong: it finds out soon.
func OpenHasty(ctx context.Context, url string, log *slog.Logger) (*Redis, error) {
	return openRedis(ctx, url, log, pace{
		beat: 50 * time.Millisecond, silence: time.Second, patience: time.Second,
		retryMin: time.Millisecond, retryMax: 20 * time.Millisecond,
	})
}

// Waiting is how many topics wait for Redis.
func (r *Redis) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}
