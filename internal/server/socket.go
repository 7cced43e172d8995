package server

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/access"
)

const (
	linger    = time.Second // for the other side to take note of a close
	maxReason = 123         // bytes, of the reason in a close
)

// closeError is why a socket is closed, with the code that the client sees.
type closeError struct {
	code   int
	reason string
}

// Error gives the reason.
func (c closeError) Error() string { return c.reason }

// Why a socket is closed, by the protocol.
var (
	errGoingAway    = closeError{websocket.CloseGoingAway, "the server is shutting down"}
	errTooLarge     = closeError{websocket.CloseMessageTooBig, "the message is too large"}
	errUnauthorized = closeError{4401, "Unauthorized"}
	errForbidden    = closeError{4403, "Forbidden"}
	errSlow         = closeError{websocket.CloseTryAgainLater, "the client does not read"}
	errSilent       = closeError{websocket.CloseTryAgainLater, "the client answers no ping"}
	errUnchecked    = closeError{websocket.CloseTryAgainLater, "the key cannot be checked now"}
	errTooLate      = closeError{4408, "Connection initialisation timeout"}
	errSecondInit   = closeError{4429, "Too many initialisation requests"}
	errTooBusy      = closeError{4429, "Too many operations"}
	errPanic        = closeError{websocket.CloseInternalServerErr, internalError}
)

func invalidMessage(why string) error { return closeError{4400, "Invalid message: " + why} }

// socket is one client that speaks one of the protocols.
//
// It does not use gqlgen's transport, which closes with 1002 whatever was wrong,
// has no limit of operations, lets a second one take the id of one that runs,
// validates where it reads, and writes from whatever goroutine has something to
// say, under one lock and without a deadline. To make that exact from outside
// is more code than this, and has to read every message twice.
// Here one goroutine reads, one writes, and each operation has its own, which
// waits while the client is slow: a subscription is then asked for less.
type socket struct {
	engine *engine
	speaks protocol
	conn   *websocket.Conn
	out    chan message
	cancel context.CancelCauseFunc

	// Of the reader.
	caller  access.Caller
	release func() // of the caller, once it is held
	trusted bool   // has brought a key in the handshake, or need not
	greeted bool
	ready   bool        // has been acknowledged
	init    *time.Timer // until it must have greeted
	slots   chan struct{}

	acknowledged atomic.Bool // the client knows that it is ready

	operations sync.WaitGroup

	mu      sync.Mutex
	streams map[string]*stream
}

// stream is one operation of a socket.
type stream struct {
	id      string
	stop    context.CancelFunc
	dropped atomic.Bool // the client wants no more of it
}

// message is what goes out. If it belongs to a stream it is not sent once that
// is dropped.
type message struct {
	stream *stream
	data   []byte
}

func newSocket(e *engine, speaks protocol, caller access.Caller, trusted bool) *socket {
	return &socket{
		engine: e, speaks: speaks, caller: caller, trusted: trusted, release: func() {},
		out:     make(chan message),
		slots:   make(chan struct{}, 2*e.limits.Operations), // some may still be ending
		streams: map[string]*stream{},
	}
}

// open serves the socket beside the request that it was, which may end: what
// HTTP keeps for a request is more than all that a socket needs. The
// connections of ctx wait for it, and left is called when it has ended.
func (s *socket) open(ctx context.Context, conn *websocket.Conn, left func()) {
	ctx, s.cancel = context.WithCancelCause(ctx)
	s.conn = conn
	if c, ok := conn.NetConn().(*patientConn); ok {
		c.stuck = func() { s.close(errSlow) }
	}
	remove, ok := connectionsOf(ctx).add(s.close)
	if !ok {
		remove = func() {}
		s.close(errGoingAway)
	}
	go func() {
		defer remove()
		defer left()
		defer func() {
			if p := recover(); p != nil {
				_ = s.engine.panicked(ctx, p) // logged; the client is gone
			}
		}()
		s.serve(ctx)
	}()
}

// serve returns when the socket is closed and all its operations have ended.
func (s *socket) serve(ctx context.Context) {
	defer s.engine.observer.Connected("websocket")()
	written, read := make(chan struct{}), make(chan struct{})
	go func() { defer close(written); s.write(ctx, read) }()
	defer func() {
		s.close(errPanic) // the first reason counts: usually there has been another
		close(read)
		s.operations.Wait()
		<-written
	}()
	s.init = time.AfterFunc(s.engine.limits.Init, func() { s.close(errTooLate) })
	defer s.init.Stop()
	defer func() { s.release() }()
	s.close(s.read(ctx))
	s.discard(ctx)
}

// close ends everything, for the first reason that is given. It does not wait.
func (s *socket) close(why error) {
	s.cancel(why)
	_ = s.conn.NetConn().SetWriteDeadline(time.Now().Add(linger)) // what hangs in a write need not say goodbye
}

// read takes messages until there is a reason to stop.
func (s *socket) read(ctx context.Context) error {
	l := s.engine.limits
	s.conn.SetReadLimit(l.Message)
	alive := func() error { return s.conn.SetReadDeadline(time.Now().Add(l.Ping + l.Write)) }
	s.conn.SetPongHandler(func(string) error { return alive() })
	for ctx.Err() == nil {
		if err := alive(); err != nil {
			return err
		}
		kind, data, err := s.conn.ReadMessage()
		switch {
		case errors.Is(err, websocket.ErrReadLimit):
			return errTooLarge
		case timedOut(err):
			return errSilent
		case err != nil:
			return err
		case kind != websocket.TextMessage:
			return invalidMessage("it is not text")
		}
		if err := s.speaks.receive(ctx, s, data); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// timedOut knows what gorilla makes of a deadline.
func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// discard reads on until the other side has taken note of the close. If there
// were something unread when the connection is closed, it might not.
func (s *socket) discard(ctx context.Context) {
	if errors.Is(context.Cause(ctx), errTooLarge) { // gorilla reads no further
		_ = s.conn.NetConn().SetReadDeadline(time.Now().Add(linger))
		_, _ = io.Copy(io.Discard, s.conn.NetConn())
		return
	}
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

// write sends what there is to send until ctx ends, and then says why it does.
// It gives up on a client that takes nothing.
func (s *socket) write(ctx context.Context, read <-chan struct{}) {
	defer s.conn.Close()
	ping := time.NewTicker(s.engine.limits.Ping)
	defer ping.Stop()
	var alive <-chan time.Time // never, unless the protocol has words for it
	if s.speaks.alive() != nil {
		ticker := time.NewTicker(s.engine.limits.KeepAlive)
		defer ticker.Stop()
		alive = ticker.C
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			s.sayGoodbye(ctx, read)
			return
		case m := <-s.out:
			if ctx.Err() != nil || m.stream != nil && m.stream.dropped.Load() {
				continue
			}
			_ = s.conn.SetWriteDeadline(time.Now().Add(s.engine.limits.Write)) // never fails
			err = s.conn.WriteMessage(websocket.TextMessage, m.data)
		case <-alive:
			if s.acknowledged.Load() {
				_ = s.conn.SetWriteDeadline(time.Now().Add(s.engine.limits.Write))
				err = s.conn.WriteMessage(websocket.TextMessage, s.speaks.alive())
			}
		case <-ping.C:
			err = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.engine.limits.Write))
		}
		if err != nil {
			s.close(err)
			return
		}
	}
}

func (s *socket) sayGoodbye(ctx context.Context, read <-chan struct{}) {
	why, ok := errors.AsType[closeError](context.Cause(ctx))
	if !ok {
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			return // the other side has left, or is not there
		}
		why = errGoingAway
	}
	if last := s.speaks.farewell(why); last != nil {
		_ = s.conn.SetWriteDeadline(time.Now().Add(linger))
		_ = s.conn.WriteMessage(websocket.TextMessage, last) // the close fails if this has
	}
	reason := strings.ToValidUTF8(why.reason[:min(len(why.reason), maxReason)], "")
	err := s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(why.code, reason), time.Now().Add(linger))
	if err != nil && !errors.Is(err, websocket.ErrCloseSent) || s.flush(why) != nil {
		return
	}
	select {
	case <-read:
	case <-time.After(linger):
	}
}

// flush sends what a client that did not read has left, and the close after it.
// Who begins to read again is told why there is no more.
func (s *socket) flush(why closeError) error {
	c, ok := s.conn.NetConn().(*patientConn)
	switch {
	case !ok:
		return nil
	case why == errSlow:
		return c.flush(s.engine.limits.Write)
	default:
		return c.flush(linger)
	}
}

// send hands m to the writer, and waits while the client is slow. It tells
// whether it was taken before ctx ended.
func (s *socket) send(ctx context.Context, m message) bool {
	select {
	case s.out <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// start runs an operation beside the others.
func (s *socket) start(ctx context.Context, id string, p *graphql.RawParams) error {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, stop := context.WithCancel(access.With(ctx, s.caller))
	st := &stream{id: id, stop: stop}
	s.mu.Lock()
	s.streams[id] = st
	s.mu.Unlock()
	s.operations.Go(func() {
		defer func() { <-s.slots }()
		defer stop()
		last := s.run(ctx, st, p)
		s.forget(st) // before the client is told, who may then use the id again
		s.send(ctx, message{stream: st, data: last})
	})
	return nil
}

// run sends the results of an operation, and returns what is to be said last.
func (s *socket) run(ctx context.Context, st *stream, p *graphql.RawParams) (last []byte) {
	defer func() {
		if p := recover(); p != nil {
			last = s.speaks.failed(st.id, s.engine.panicked(ctx, p))
		}
	}()
	ctx, op, errs := s.engine.prepare(ctx, p)
	if len(errs) > 0 {
		return s.speaks.failed(st.id, errs)
	}
	for resp := range s.engine.results(ctx, op) {
		if !s.send(ctx, message{stream: st, data: s.speaks.result(st.id, encode(resp))}) {
			break
		}
	}
	return frame("complete", st.id, nil)
}

// forget makes the id of st free, unless it has been and is another's.
func (s *socket) forget(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[st.id] == st {
		delete(s.streams, st.id)
	}
}
