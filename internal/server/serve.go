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

const (
	headerWithin = 5 * time.Second
	readWithin   = 15 * time.Second
	idleFor      = 60 * time.Second
	maxHeader    = 16 << 10
	stopWithin   = 10 * time.Second // for what is being answered
)

// Serve answers with h on l until ctx ends. Then it takes no more requests,
// closes websockets as going away, and gives what is being answered some
// seconds to be done. It returns when nothing of h runs any more, or those
// seconds are over; with an error only if l fails.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx)) // requests outlive ctx for those seconds
	defer cut()
	open := &sockets{all: map[*socket]struct{}{}}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(base, socketsKey{}, open) },
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
		log.WarnContext(base, "websockets were cut off")
	}
	return err
}

// sockets are the websockets of one Serve. The http.Server forgets a
// connection when it becomes one.
type sockets struct {
	mu     sync.Mutex
	all    map[*socket]struct{}
	closed bool
	done   sync.WaitGroup
}

type socketsKey struct{}

// socketsOf finds those of the Serve that ctx comes from; another server has
// none, and closes none.
func socketsOf(ctx context.Context) *sockets {
	if s, ok := ctx.Value(socketsKey{}).(*sockets); ok {
		return s
	}
	return &sockets{all: map[*socket]struct{}{}}
}

// add tells whether one more may be opened. Who has added must remove.
func (s *sockets) add(one *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.all[one] = struct{}{}
	s.done.Add(1)
	return true
}

func (s *sockets) remove(one *socket) {
	s.mu.Lock()
	delete(s.all, one)
	s.mu.Unlock()
	s.done.Done()
}

// close says goodbye to all, and lets no more in.
func (s *sockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for one := range s.all {
		one.close(errGoingAway)
	}
}

// wait tells whether all are gone before ctx ends.
func (s *sockets) wait(ctx context.Context) bool {
	gone := make(chan struct{})
	go func() { s.done.Wait(); close(gone) }()
	select {
	case <-gone:
		return true
	case <-ctx.Done():
		return false
	}
}
