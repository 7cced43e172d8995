// Package shared is what API processes have in common for a while: the points
// that callers have spent, and persisted queries. Redis keeps both. Nothing
// depends on it: without one, and while it is away, each process counts for
// itself, and clients send a query once more.
package shared

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"techfacts.dev/techfacts/internal/event"
)

const (
	prefix   = "techfacts:"
	patience = 250 * time.Millisecond // for one exchange: a request waits for it
	pause    = time.Second            // after an exchange that failed, in which there is no other
	sayEvery = time.Minute            // how often the log is told
)

// Redis is a server that others use, too. A nil one is always away.
type Redis struct {
	client *redis.Client
	log    *slog.Logger

	mu    sync.Mutex
	until time.Time // the end of the pause
	said  time.Time // when the log was told
}

// Open uses the Redis at url. It does not wait for it: it fails only if there
// cannot be such a Redis.
func Open(url string, log *slog.Logger) (*Redis, error) {
	if _, err := event.RedisAddr(url); err != nil {
		return nil, err
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("open Redis: %w", err) // it was good a moment ago
	}
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = patience, patience, patience
	o.Protocol, o.DisableIdentity = 2, true // nothing but what every server and proxy understands
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{client: redis.NewClient(o), log: log}, nil
}

// Close closes the connections.
func (r *Redis) Close() error {
	if r == nil {
		return nil
	}
	return r.client.Close()
}

// try exchanges something with Redis, and tells whether it could. After a
// failure it does not try for a while, so that an outage does not keep every
// request waiting.
func (r *Redis) try(ctx context.Context, exchange func(context.Context, *redis.Client) error) bool {
	if r == nil || r.paused() {
		return false
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := exchange(within, r.client)
	if err == nil || errors.Is(err, redis.Nil) {
		return true
	}
	if ctx.Err() == nil && r.failed() {
		r.log.WarnContext(ctx, "Redis cannot be asked: this process limits callers and keeps queries for itself", slog.Any("error", err))
	}
	return false
}

func (r *Redis) paused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.until)
}

// failed begins a pause, and tells whether it is time to say so.
func (r *Redis) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.until = now.Add(pause)
	if now.Sub(r.said) < sayEvery {
		return false
	}
	r.said = now
	return true
}
