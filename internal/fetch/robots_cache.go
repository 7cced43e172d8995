package fetch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"techfacts.dev/techfacts/schema"
)

// How robots.txt files are read and kept.
const (
	maxRobots      = 500 << 10        // what is read of one
	robotsTimeout  = 30 * time.Second // for reading one, redirects included
	robotsLifetime = 24 * time.Hour   // how long one counts
	robotsRetry    = 15 * time.Second // how long one that could not be read is not asked for again
	robotsOrigins  = 4096             // how many are kept
	robotsBytes    = 16 << 20         // how much of them is kept
)

// robotsCache keeps what robots.txt files say, the most recently used.
type robotsCache struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[string, *robotsEntry]
	bytes int
}

// robotsEntry is what is known of one origin. Whoever holds turn reads and
// writes it; all others wait, so that robots.txt is read once for many.
type robotsEntry struct {
	turn    chan struct{}
	rules   *Robots  // nil if it could not be read
	failure *Failure // why it could not be read
	until   time.Time
	size    int // guarded by the cache
}

func newRobotsCache() *robotsCache {
	c := &robotsCache{}
	lru, err := simplelru.NewLRU(robotsOrigins, func(_ string, e *robotsEntry) { c.bytes -= e.size })
	if err != nil {
		panic(err) // only if the size were not positive
	}
	c.lru = lru
	return c
}

func (c *robotsCache) entry(origin string) *robotsEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.lru.Get(origin); ok {
		return e
	}
	e := &robotsEntry{turn: make(chan struct{}, 1)}
	c.lru.Add(origin, e)
	return e
}

// weigh notes that the entry of origin now takes size bytes, and makes room.
func (c *robotsCache) weigh(origin string, e *robotsEntry, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.lru.Peek(origin); !ok || kept != e {
		return // was dropped in the meantime
	}
	c.bytes += size - e.size
	e.size = size
	for c.bytes > robotsBytes && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

// rules gives what the robots.txt of u's origin says, at most a day old. The
// error is a [Failure], or the cause of ctx.
func (w *Web) rules(ctx context.Context, u URL) (*Robots, error) {
	e := w.robots.entry(u.Origin())
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	now := w.http.now()
	if now.Before(e.until) {
		if e.failure == nil {
			return e.rules, nil
		}
		f := *e.failure
		if f.Temporary {
			f.RetryAfter = e.until.Sub(now)
		}
		return nil, &f
	}
	rules, size, failure := w.readRobots(ctx, u)
	if ctx.Err() != nil { // says nothing of the server
		return nil, context.Cause(ctx)
	}
	now = w.http.now()
	switch {
	case failure == nil:
		e.rules, e.failure, e.until = rules, nil, now.Add(robotsLifetime)
		w.robots.weigh(u.Origin(), e, size)
		return rules, nil
	case failure.Status == 0 && e.rules != nil:
		// RFC 9309 lets us go by the old rules while the server is out of reach.
		w.http.log.LogAttrs(ctx, slog.LevelWarn, "robots.txt is out of reach, old rules stay in force",
			slog.String("origin", u.Origin()), slog.String("error", failure.Error()))
		e.failure, e.until = nil, now.Add(robotsRetry)
		return e.rules, nil
	case failure.Outcome == schema.FetchBlocked: // cost nothing, and may be over soon
		return nil, failure
	}
	wait := max(robotsRetry, failure.RetryAfter)
	if failure.Temporary {
		failure.RetryAfter = wait
	}
	e.rules, e.failure, e.until = nil, failure, now.Add(wait)
	return nil, failure
}

// readRobots reads the robots.txt of u's origin. If there is none everything is
// allowed; if the server cannot say, nothing is.
func (w *Web) readRobots(ctx context.Context, u URL) (*Robots, int, *Failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, robotsTimeout, errNoEnd)
	defer cancel()
	at, err := u.Resolve("/robots.txt")
	if err != nil {
		panic("a URL without a robots.txt: " + u.String()) // its origin is admitted, and short
	}
	for range maxRedirects + 1 {
		resp, err := w.http.get(ctx, at, "", "")
		if err != nil {
			return nil, 0, w.noRobots(err, at.Origin() == u.Origin())
		}
		switch status := resp.StatusCode; {
		case redirects(resp):
			drain(resp)
			if at, err = at.Resolve(resp.Header.Get("Location")); err != nil {
				return nil, 0, unreadable(err, "it redirects to an address that is not admitted").with(status)
			}
			continue
		case status >= 200 && status < 300:
			defer resp.Body.Close()
			body, err := robotsBody(resp)
			if err != nil {
				return nil, 0, unreadable(err, "the connection broke off")
			}
			return ParseRobots(body), len(body), nil
		case status == http.StatusTooManyRequests || status >= 500:
			drain(resp)
			f := unreadable(nil, badStatus(status, resp.Header, w.http.now()).Reason).with(status)
			f.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), w.http.now())
			return nil, 0, f
		default: // there is none
			drain(resp)
			return &Robots{}, 0, nil
		}
	}
	return &Robots{}, 0, nil // redirected for too long: there is none
}

// noRobots says what it means that the request for a robots.txt had no answer.
// The first request to an origin is where one learns that it cannot be reached.
func (w *Web) noRobots(err error, own bool) *Failure {
	switch {
	case own && notReached(err):
		return failed(schema.FetchBlocked, err, unreachable)
	case own && badTLS(err):
		return brokenRequest(err)
	case timedOut(err):
		return unreadable(err, "no answer in time")
	default:
		return unreadable(err, "no valid answer")
	}
}

func unreadable(cause error, why string) *Failure {
	return failed(schema.RobotsBlocked, cause, "robots.txt could not be read: %s", why).temporary()
}

// robotsBody reads as much of a robots.txt as counts, whole lines only.
func robotsBody(resp *http.Response) ([]byte, error) {
	r, _, err := decoded(resp, maxRobots+1)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, maxRobots+1))
	if err != nil && !errors.Is(err, errTooLarge) {
		return nil, err
	}
	if len(body) <= maxRobots {
		return body, nil
	}
	for i := maxRobots; i > 0; i-- {
		if body[i-1] == '\n' || body[i-1] == '\r' {
			return body[:i], nil
		}
	}
	return body[:maxRobots], nil
}
