package server

import (
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/internal/fault"
)

// answer answers one operation by the GraphQL-over-HTTP specification, POST or
// GET; by GET only a query: whatever changes something must not be a link.
func (a *api) answer(w http.ResponseWriter, r *http.Request) {
	if v := a.key.judgeHeader(r.Header); v != right {
		refuseKey(w, r, v)
		return
	}
	media := negotiate(r.Header.Values("Accept"))
	if media == "" {
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid, "the answer can be %s or %s", mediaGraphQL, mediaJSON))
		return
	}
	params, status, refusal := a.params(w, r)
	if refusal != nil {
		refuse(w, r, status, refusal)
		return
	}
	ctx, op, errs := a.engine.prepare(r.Context(), params)
	switch {
	case len(errs) > 0:
		status := http.StatusOK // for clients that take any other for a broken proxy
		if media == mediaGraphQL {
			status = http.StatusBadRequest
		}
		respond(w, status, media, encodeErrors(errs))
		return
	case op.Operation.Operation == ast.Mutation && r.Method == http.MethodGet:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "mutations must be sent by POST"))
		return
	case op.Operation.Operation == ast.Subscription:
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid,
			"subscriptions need a websocket with the subprotocol %s", subprotocol))
		return
	}
	for resp := range a.engine.results(ctx, op) {
		respond(w, http.StatusOK, media, encode(resp))
	}
}
