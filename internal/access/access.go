// Package access says who may use the API: it makes, finds and revokes keys,
// and keeps the audit log. It is the only writer of both. A key is stored as
// its hash only; what is revoked or has expired is noticed within seconds, in
// every process.
package access

import (
	"context"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// Names of callers who have no key that was made. No such key can have them.
const (
	fixedName = "API_KEY"
	nobody    = "anonymous"
)

// Caller is who sends a request.
type Caller struct {
	Name  string // of the key, unique among all there ever were
	Scope schema.Scope

	key uuid.UUID // zero unless the key was made by [Keys.Create]
}

// Anonymous tells whether the caller was asked for no key.
func (c Caller) Anonymous() bool { return c.Name == nobody }

// May fails with FORBIDDEN if what needs a scope is not for the caller.
func (c Caller) May(needs schema.Scope, what string) error {
	if c.Scope.Includes(needs) {
		return nil
	}
	return fault.New(fault.Forbidden, "%s needs a key of scope %s, and this one has %s", what, needs, c.Scope)
}

// Errors a client can act on.
var (
	ErrMissing = fault.New(fault.Unauthenticated, "an API key is needed: Authorization: Bearer, or X-API-Key")
	ErrWrong   = fault.New(fault.Unauthenticated, "this is not an API key")
	ErrEnded   = fault.New(fault.Unauthenticated, "the API key was revoked or has expired")
	ErrNoKey   = fault.New(fault.NotFound, "no such API key")
	ErrTaken   = fault.New(fault.Conflict, "there is or was an API key of this name").With("input.name")
)

type callerKey struct{}

// With is ctx with who sends the request that it belongs to.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From tells who sends the request that ctx belongs to. Outside of one it is a
// caller who may do nothing.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
