package fetch

import (
	"context"
	"io"
	"sync"
	"time"
)

// What bodies may take of the memory of a process.
const (
	smallBody   = 256 << 10 // a body up to here needs no leave
	largeBodies = 1         // how many larger ones are held at a time
)

// room is where large bodies have to fit in, so that many at once do not take
// all memory.
type room chan struct{}

func newRoom() room { return make(room, largeBodies) }

// longestPause is how long the clock of a visit may be stopped: longer than any
// number of large bodies takes that come to their end.
const longestPause = 10 * time.Minute

// clock is the time that a visit has.
type clock struct {
	mu     sync.Mutex
	timer  *time.Timer
	ends   time.Time
	left   time.Duration // while it is stopped
	paused int           // by so many
}

// startClock calls expired when the time is over.
func startClock(d time.Duration, expired func()) *clock {
	return &clock{timer: time.AfterFunc(d, expired), ends: time.Now().Add(d)}
}

// pause stops the clock until resume is called by all who have stopped it, or for
// longestPause: whoever waits for what does not end has to end, too.
func (c *clock) pause() (resume func()) {
	if c == nil {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused++
	if c.paused == 1 && c.timer.Stop() {
		c.left = time.Until(c.ends)
		c.timer.Reset(c.left + longestPause)
	}
	return c.resume
}

func (c *clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused--
	if c.paused == 0 && c.timer.Stop() {
		c.ends = time.Now().Add(c.left)
		c.timer.Reset(c.left)
	}
}

func (c *clock) stop() { c.timer.Stop() }

// enter waits for a place, which the caller gives back by release. Waiting does
// not count as time that the server takes.
func (room room) enter(ctx context.Context, c *clock) (release func(), err error) {
	defer c.pause()()
	select {
	case room <- struct{}{}:
		return sync.OnceFunc(func() { <-room }), nil
	case <-ctx.Done():
		return func() {}, context.Cause(ctx)
	}
}

// readAll reads r to its end. A large body waits for a place, which the caller
// gives back by release, whatever the error.
func (room room) readAll(ctx context.Context, c *clock, r io.Reader) (body []byte, release func(), err error) {
	release = func() {}
	buffer := make([]byte, 0, 16<<10)
	for {
		if len(buffer) == cap(buffer) {
			if len(buffer) >= smallBody && len(buffer) < 2*smallBody {
				if release, err = room.enter(ctx, c); err != nil {
					return nil, release, err
				}
			}
			grown := make([]byte, len(buffer), 2*len(buffer))
			copy(grown, buffer)
			buffer = grown
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF {
			return buffer, release, nil
		}
		if err != nil {
			return nil, release, err
		}
	}
}
