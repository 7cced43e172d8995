package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// stopWithin is how long what is being answered may take after the end.
const stopWithin = 10 * time.Second

// Serve answers with h on l until ctx ends. Then it takes no more requests,
// closes websockets as going away, ends event streams, and gives what is being answered some
// seconds to be done. It returns when nothing of h runs any more, or those
// seconds are over; with an error only if l fails.
func Serve(ctx context.Context, l net.Listener, h http.Handler, limits Limits, log *slog.Logger) error {
	limits = limits.orDefault()
	base, cut := context.WithCancel(context.WithoutCancel(ctx)) // requests outlive ctx for those seconds
	defer cut()
	open := &connections{}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: limits.Header,
		ReadTimeout:       limits.Read,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    limits.HeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(base, connectionsKey{}, open) },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	open.close()
	grace, cancel := context.WithTimeout(base, stopWithin)
	defer cancel()
	if srv.Shutdown(grace) != nil {
		log.WarnContext(base, "requests were cut off")
		cut()
		_ = srv.Close() // nothing is left to be done about it
	}
	if !open.wait(grace) {
		log.WarnContext(base, "connections were cut off")
	}
	return err
}

// connections are the websockets and event streams of one Serve. They do not
// end by themselves, and the http.Server forgets those that become websockets.
type connections struct {
	mu     sync.Mutex
	last   int
	all    map[int]func(error) // how to close each
	closed bool
	done   sync.WaitGroup
}

type connectionsKey struct{}

// connectionsOf finds those of the Serve that ctx comes from; another server
// has none, and closes none.
func connectionsOf(ctx context.Context) *connections {
	if c, ok := ctx.Value(connectionsKey{}).(*connections); ok {
		return c
	}
	return &connections{}
}

// add tells whether one more may be opened, which goodbye closes without
// waiting. If so, remove must be called when it has ended.
func (c *connections) add(goodbye func(error)) (remove func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	if c.all == nil {
		c.all = map[int]func(error){}
	}
	c.last++
	n := c.last
	c.all[n] = goodbye
	c.done.Add(1)
	return func() {
		c.mu.Lock()
		delete(c.all, n)
		c.mu.Unlock()
		c.done.Done()
	}, true
}

// close says goodbye to all, and lets no more in.
func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, goodbye := range c.all {
		goodbye(errGoingAway)
	}
}

// wait tells whether all are gone before ctx ends.
func (c *connections) wait(ctx context.Context) bool {
	gone := make(chan struct{})
	go func() { c.done.Wait(); close(gone) }()
	select {
	case <-gone:
		return true
	case <-ctx.Done():
		return false
	}
}
