package server

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/trace"
)

const (
	headerRequestID  = "X-Request-Id"
	headerRetryAfter = "Retry-After"
)

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to, for logs; empty
// outside of one. A websocket is one request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// identify gives a request its id, its answer the headers that every answer
// has, and makes an answer of a panic.
func (a *api) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = &counted{ResponseWriter: w, observer: a.observer, route: routeOf(r)}
		id := r.Header.Get(headerRequestID)
		if !plainID(id) {
			id = rand.Text()
		}
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		if a.tracer != nil {
			ctx = trace.Remote(ctx, r.Header.Get("Traceparent"))
		}
		r = r.WithContext(ctx)
		h := w.Header()
		h.Set(headerRequestID, id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		defer a.recover(w, r)
		next.ServeHTTP(w, r)
	})
}

// recover answers a request that has panicked.
func (a *api) recover(w http.ResponseWriter, r *http.Request) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		a.log.ErrorContext(r.Context(), "request panicked", slog.String("request_id", RequestID(r.Context())),
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		refuse(w, r, http.StatusInternalServerError, fault.New(fault.Internal, internalError))
	}
}

// plainID tells whether a client's id can go into logs and headers as it is.
func plainID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return id != "" && len(id) <= 64 && strings.Trim(id, letters+"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
