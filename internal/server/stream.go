package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// What goes over an event stream beside results.
const (
	comment  = ":\n\n" // means nothing, and shows that somebody is there
	complete = "event: complete\ndata:\n\n"
)

// stream answers one operation by server-sent events, in the distinct
// connections mode of the graphql-sse protocol. What is wrong with the
// operation is said in the stream: an EventSource sees nothing of any other
// answer than 200.
func (a *api) stream(w http.ResponseWriter, r *http.Request, p *graphql.RawParams) {
	if !a.origins.admit(r) { // as with websockets: any page can have a browser open one
		refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "pages of this origin may not open an event stream"))
		return
	}
	ctx, op, errs := a.engine.prepare(r.Context(), p)
	if len(errs) == 0 && refuseChange(w, r, op) {
		return
	}
	leave, ok := a.admit(w, r)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(context.Canceled)
	e := &eventStream{w: w, to: http.NewResponseController(w), limits: a.engine.limits}
	remove, ok := connectionsOf(ctx).add(func(why error) { cancel(why); e.hurry() })
	if !ok {
		refuse(w, r, http.StatusServiceUnavailable, fault.New(fault.Unavailable, "%s", errGoingAway.reason))
		return
	}
	defer remove()
	defer a.observer.Connected("event_stream")()
	release := a.engine.keys.Hold(access.From(ctx), func(why error) { cancel(why); e.hurry() })
	defer release()
	if len(errs) > 0 {
		sayWhen(w, errs)
		if e.open(ctx) == nil && e.send(ctx, event(encodeErrors(errs))) == nil {
			_ = e.send(ctx, complete) // whoever does not read it is gone
		}
		return
	}
	results := make(chan string)
	go a.engine.produce(ctx, op, results)
	err := e.open(ctx)
	if err == nil {
		err = e.copy(ctx, results)
	}
	cancel(err)
	if fault.Is(err, fault.Unauthenticated) { // with a complete, so that its client does not come again
		_ = e.last(event(encodeErrors(gqlerror.List{a.engine.present(ctx, err)})) + complete)
	}
	for range results { // until nothing of the operation runs any more
	}
}

// produce runs an operation and sends its results as events, and closes the
// channel when it has ended. While nobody takes a result it makes no other.
func (e *engine) produce(ctx context.Context, op *graphql.OperationContext, out chan<- string) {
	defer close(out)
	send := func(event string) bool {
		select {
		case out <- event:
			return true
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if p := recover(); p != nil && send(event(encodeErrors(e.panicked(ctx, p)))) {
			send(complete)
		}
	}()
	for resp := range e.results(ctx, op) {
		if !send(event(encode(resp))) {
			return
		}
	}
	send(complete)
}

// event is a result as it goes over the stream: on one line. JSON has line
// breaks only where white space may be.
func event(result []byte) string {
	result = bytes.ReplaceAll(result, []byte("\n"), []byte(" "))
	result = bytes.ReplaceAll(result, []byte("\r"), []byte(" "))
	return "event: next\ndata: " + string(result) + "\n\n"
}

// eventStream is an answer that is sent piece by piece.
type eventStream struct {
	w      http.ResponseWriter
	to     *http.ResponseController
	limits Limits
}

// open sends the header, and something after it, so that the client sees that
// it is let in.
func (e *eventStream) open(ctx context.Context) error {
	h := e.w.Header()
	h.Set("Content-Type", mediaStream+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // for a proxy that would wait for more
	e.w.WriteHeader(http.StatusOK)
	return e.send(ctx, comment)
}

// copy sends what comes until there is no more, and comments while nothing
// does.
func (e *eventStream) copy(ctx context.Context, results <-chan string) error {
	quiet := time.NewTicker(e.limits.KeepAlive)
	defer quiet.Stop()
	for {
		piece := comment
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case result, more := <-results:
			if !more {
				return context.Cause(ctx) // nil, unless that is why there is no more
			}
			piece = result
			quiet.Reset(e.limits.KeepAlive)
		case <-quiet.C:
		}
		if err := e.send(ctx, piece); err != nil {
			return err
		}
	}
}

// send waits while the client is slow, but not for ever.
func (e *eventStream) send(ctx context.Context, piece string) error {
	// Only then look whether ctx has ended: hurry may come in between, and has
	// the last word.
	err := e.to.SetWriteDeadline(time.Now().Add(e.limits.Write))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, writeErr := e.w.Write([]byte(piece)); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	return e.to.Flush()
}

// last sends what is said after the end, if the client takes it soon.
func (e *eventStream) last(piece string) error {
	if _, err := e.w.Write([]byte(piece)); err != nil {
		return err
	}
	return e.to.Flush()
}

// hurry gives up soon on a client that takes nothing.
func (e *eventStream) hurry() {
	_ = e.to.SetWriteDeadline(time.Now().Add(linger)) // send has tried it, and it could
}
