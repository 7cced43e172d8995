package server

import (
	"net/http"
	"slices"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/fault"
)

// subprotocol is the only one there is; its older namesake is not spoken.
const subprotocol = "graphql-transport-ws"

// upgrade makes a websocket of a request and serves it until it is closed.
// What can be refused is refused before: with a status that tells why.
func (a *api) upgrade(w http.ResponseWriter, r *http.Request) {
	v := a.key.judgeHeader(r.Header) // a browser cannot set it, and says it in connection_init
	switch {
	case v == wrong:
		refuseKey(w, r, v)
		return
	case !a.origins.admit(r):
		refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "pages of this origin may not open a websocket"))
		return
	case !slices.Contains(websocket.Subprotocols(r), subprotocol):
		refuse(w, r, http.StatusBadRequest, fault.New(fault.Invalid, "the subprotocol must be %s", subprotocol))
		return
	}
	s := newSocket(a.engine, a.key, v == right)
	up := websocket.Upgrader{
		HandshakeTimeout: a.engine.limits.Write,
		Subprotocols:     []string{subprotocol},
		CheckOrigin:      func(*http.Request) bool { return true }, // has been
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			w.Header().Set("Sec-WebSocket-Version", "13")
			refuse(w, r, status, fault.New(fault.Invalid, "%s", reason.Error()))
		},
	}
	conn, err := up.Upgrade(w, r, http.Header{headerRequestID: {RequestID(r.Context())}})
	if err != nil {
		return // it has been answered
	}
	s.serve(r.Context(), conn)
}
