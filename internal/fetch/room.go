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

// clock is the time that a visit has.
type clock struct {
	timer *time.Timer
	ends  time.Time
}

// startClock calls expired when the time is over.
func startClock(d time.Duration, expired func()) *clock {
	return &clock{time.AfterFunc(d, expired), time.Now().Add(d)}
}

// pause stops the clock until resume is called.
func (c *clock) pause() (resume func()) {
	if c == nil || !c.timer.Stop() {
		return func() {}
	}
	left := time.Until(c.ends)
	return func() {
		c.ends = time.Now().Add(left)
		c.timer.Reset(left)
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
