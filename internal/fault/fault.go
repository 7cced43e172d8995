// Package fault gives errors a code that a client may act on, and keeps apart
// what a stranger may read of an error from what belongs in the log.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code is what a client sees in extensions.code. Clients switch on it; the
// words beside it may change.
type Code string

// The codes. A new one needs an ADR.
const (
	Invalid         Code = "INVALID"         // the request is wrong; sending it again will not help
	Unauthenticated Code = "UNAUTHENTICATED" // no key, or an unknown one
	Forbidden       Code = "FORBIDDEN"       // known, but not allowed
	NotFound        Code = "NOT_FOUND"       // nothing by that id or name
	Conflict        Code = "CONFLICT"        // the state it finds does not permit it
	Limited         Code = "LIMITED"         // too much or too soon; RetryAfter may say when
	Unavailable     Code = "UNAVAILABLE"     // something it needs does not answer; try again
	Internal        Code = "INTERNAL"        // a mistake of ours; its cause is only in the log
)

// Error is an error with a code. Its Message is fit for a stranger, its cause
// is for the log.
type Error struct {
	Code       Code
	Message    string
	Field      string        // the input field at fault, as in "input.crawl.maxDepth"; often empty
	RetryAfter time.Duration // when it makes sense to come back; zero if unknown
	cause      error
}

// New makes an error, often a package's sentinel, that carries a code.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives cause a code and a message fit for a client.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), cause: cause}
}

// InvalidField says that one field of the input is wrong, and how.
func InvalidField(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Message: field + ": " + fmt.Sprintf(format, args...), Field: field}
}

// After is a copy of e that says when to come back.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error gives the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Of finds the outermost coded error in err's chain. An error that carries no
// code is Internal, and says no more than that.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Internal, Message: "internal error", cause: err}
}

// Is reports whether err carries code.
func Is(err error, code Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// With is a copy of e that names the input field at fault.
func (e *Error) With(field string) *Error {
	c := *e
	c.Field = field
	return &c
}
