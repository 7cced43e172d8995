package server

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// importPath is where requests may be as large as the documents in them. It
// answers one mutation, and a few requests at a time.
const (
	importPath     = "/graphql/import"
	importMutation = "importDocuments"
	importsAtATime = 2
	importRead     = 2 * time.Minute // to send one in
)

// enterImport lets a caller send a large request, until leave is called. Who may
// not import is refused before that is read.
func (a *api) enterImport(w http.ResponseWriter, r *http.Request, c access.Caller) (leave func(), refusal *fault.Error) {
	if err := c.May(schema.ScopeWrite, importMutation); err != nil {
		return nil, fault.Of(err)
	}
	select {
	case a.imports <- struct{}{}:
	case <-r.Context().Done():
		return nil, fault.Wrap(fault.Unavailable, context.Cause(r.Context()), "the client has gone")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(importRead)) // not every reader has one
	return func() { <-a.imports }, nil
}

// refuseOther refuses whatever is no import where only imports are answered, and
// tells whether it has.
func refuseOther(w http.ResponseWriter, r *http.Request, op *graphql.OperationContext) bool {
	if r.URL.Path != importPath {
		return false
	}
	for _, f := range roots(op) {
		if f.Name != importMutation {
			refuse(w, r, http.StatusBadRequest, fault.New(fault.Invalid, "only %s is answered here, not %s", importMutation, f.Name))
			return true
		}
	}
	return false
}
