package server

import (
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// answer answers one operation by the GraphQL-over-HTTP specification, POST or
// GET; by GET only a query: whatever changes something must not be a link.
func (a *api) answer(w http.ResponseWriter, r *http.Request) {
	caller, err := a.caller(r)
	if err != nil {
		a.refuseCaller(w, r, err)
		return
	}
	r = r.WithContext(access.With(r.Context(), caller))
	if r.URL.Path == importPath {
		leave, refusal := a.enterImport(w, r, caller)
		if refusal != nil {
			refuse(w, r, statusOf(gqlerror.List{a.engine.present(r.Context(), refusal)}), refusal) //nolint:contextcheck // it is that of the request
			return
		}
		defer leave()
	}
	media := negotiate(r.Header.Values("Accept"))
	if media == "" || media == mediaStream && r.URL.Path == importPath {
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
			status = statusOf(errs)
		}
		sayWhen(w, errs)
		respond(w, status, media, encodeErrors(errs))
		return
	case refuseChange(w, r, op), refuseOther(w, r, op):
		return
	case op.Operation.Operation == ast.Subscription:
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid,
			"subscriptions need %s as the first in Accept, or a websocket with the subprotocol %s", mediaStream, subprotocol))
		return
	}
	for resp := range a.engine.results(ctx, op) { //nolint:contextcheck // what came of a mutation is written down although its client has gone
		respond(w, http.StatusOK, media, encode(resp))
	}
}

// statusOf is that of a request that was not run.
func statusOf(errs gqlerror.List) int {
	switch errs[0].Extensions["code"] {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// sayWhen tells those who come too soon when to come again.
func sayWhen(w http.ResponseWriter, errs gqlerror.List) {
	if wait := retryAfter(errs); wait > 0 {
		w.Header().Set(headerRetryAfter, strconv.Itoa(int(wait.Seconds())))
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
