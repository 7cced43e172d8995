package server

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
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
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid, "the answer can be %s, %s or %s", mediaGraphQL, mediaJSON, mediaStream))
		return
	}
	params, status, refusal := a.params(w, r)
	if refusal != nil {
		refuse(w, r, status, refusal)
		return
	}
	if media == mediaStream {
		a.stream(w, r, params)
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
	case refuseChange(w, r, op):
		return
	case op.Operation.Operation == ast.Subscription:
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid,
			"subscriptions need %s as the first in Accept, or a websocket with the subprotocol %s", mediaStream, subprotocol))
		return
	}
	for resp := range a.engine.results(ctx, op) {
		respond(w, http.StatusOK, media, encode(resp))
	}
}

// refuseChange refuses a mutation by GET, and tells whether it has.
func refuseChange(w http.ResponseWriter, r *http.Request, op *graphql.OperationContext) bool {
	if op.Operation.Operation != ast.Mutation || r.Method != http.MethodGet {
		return false
	}
	w.Header().Set("Allow", http.MethodPost)
	refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "mutations must be sent by POST"))
	return true
}
