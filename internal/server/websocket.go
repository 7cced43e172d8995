package server

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// The subprotocols. The package graphql-ws speaks the first; what speaks the
// second is the older package subscriptions-transport-ws.
const (
	subprotocol       = "graphql-transport-ws"
	legacySubprotocol = "graphql-ws"
)

// socketRead is the size of the buffer that a socket has for itself. Clients
// say little; what is written goes through buffers that all sockets share.
const socketRead = 1 << 10

// protocolOf is what the client wants to speak; nil if it is neither. Of both
// it gets the newer, which tells it more of what is wrong.
func protocolOf(r *http.Request) (protocol, string) {
	offered := websocket.Subprotocols(r)
	switch {
	case slices.Contains(offered, subprotocol):
		return modern{}, subprotocol
	case slices.Contains(offered, legacySubprotocol):
		return legacy{}, legacySubprotocol
	default:
		return nil, ""
	}
}

// upgrade makes a websocket of a request, which is served until it is closed.
// What can be refused is refused before: with a status that tells why.
func (a *api) upgrade(w http.ResponseWriter, r *http.Request) {
	caller, err := a.caller(r) // a browser cannot set it, and says it in connection_init
	speaks, name := protocolOf(r)
	switch {
	case err != nil && !errors.Is(err, access.ErrMissing):
		a.refuseCaller(w, r, err)
		return
	case !a.origins.admit(r):
		refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "pages of this origin may not open a websocket"))
		return
	case speaks == nil:
		refuse(w, r, http.StatusBadRequest, fault.New(fault.Invalid, "the subprotocol must be %s or %s", subprotocol, legacySubprotocol))
		return
	}
	leave, ok := a.admit(w, r)
	if !ok {
		return
	}
	s := newSocket(a.engine, speaks, caller, err == nil)
	up := websocket.Upgrader{
		HandshakeTimeout: a.engine.limits.Write,
		Subprotocols:     []string{name},
		ReadBufferSize:   socketRead,
		WriteBufferPool:  &a.buffers,
		CheckOrigin:      func(*http.Request) bool { return true }, // has been
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			w.Header().Set("Sec-WebSocket-Version", "13")
			refuse(w, r, status, fault.New(fault.Invalid, "%s", reason.Error()))
		},
	}
	conn, err := up.Upgrade(patientWriter{w}, r, http.Header{headerRequestID: {RequestID(r.Context())}})
	if err != nil {
		leave()
		return // it has been answered
	}
	s.open(context.WithoutCancel(r.Context()), conn, leave)
}
