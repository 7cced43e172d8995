package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/fault"
)

const (
	internalError = "internal error"
	maxErrors     = 20   // in one answer, and in the log for one answer
	maxMessage    = 1000 // bytes
)

// panicError is a panic that was caught while a field was resolved.
type panicError struct {
	value any
	stack []byte
}

// Error tells what the panic was about.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func caught(_ context.Context, value any) error {
	return &panicError{value: value, stack: debug.Stack()}
}

// panicked logs what an operation has panicked with, and gives what its client
// may see of that.
func (e *engine) panicked(ctx context.Context, value any) gqlerror.List {
	e.log.ErrorContext(ctx, "operation panicked", slog.String("request_id", RequestID(ctx)),
		slog.Any("panic", value), slog.String("stack", string(debug.Stack())))
	e.observer.Failure(string(fault.Internal))
	return gqlerror.List{public(ctx, fault.New(fault.Internal, internalError))}
}

// present makes of an error what a client may see of it, and logs the rest.
func (e *engine) present(ctx context.Context, err error) *gqlerror.Error {
	f := classify(ctx, err)
	e.observer.Failure(string(f.Code))
	out := public(ctx, f)
	out.Path = graphql.GetPath(ctx)
	if g, ok := errors.AsType[*gqlerror.Error](err); ok {
		out.Locations = g.Locations
		if g.Path != nil {
			out.Path = g.Path
		}
	}
	if fc := graphql.GetFieldContext(ctx); fc != nil && len(out.Path) > len(fc.Path()) && badArgument(fc) {
		if f.Field == "" {
			field := out.Path[len(fc.Path()):].String()
			out.Extensions["field"] = field
			out.Message = field + ": " + out.Message
		}
		out.Path = fc.Path()
	}
	if f.Code == fault.Internal && e.mayLog(ctx) {
		attrs := []slog.Attr{
			slog.String("request_id", RequestID(ctx)), slog.String("path", out.Path.String()), slog.String("error", err.Error()),
		}
		if p, ok := errors.AsType[*panicError](err); ok {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
		e.log.LogAttrs(ctx, slog.LevelError, "a field failed", attrs...)
	}
	return out
}

func (e *engine) presentAll(ctx context.Context, errs gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, len(errs))
	for _, err := range errs {
		out = append(out, e.present(ctx, err))
	}
	return out
}

// mayLog keeps one answer with a thousand errors from filling the log.
func (e *engine) mayLog(ctx context.Context) bool {
	r, ok := ctx.Value(runKey{}).(*run)
	return !ok || r.logged.Add(1) <= maxErrors
}

// public is what a client sees of f.
func public(ctx context.Context, f *fault.Error) *gqlerror.Error {
	ext := map[string]any{"code": f.Code}
	if id := RequestID(ctx); id != "" {
		ext["requestId"] = id
	}
	if f.Field != "" {
		ext["field"] = f.Field
	}
	if f.RetryAfter > 0 {
		ext["retryAfter"] = int(math.Ceil(f.RetryAfter.Seconds())) // whoever comes back then is not too early
	}
	return &gqlerror.Error{Message: clip(f.Message, maxMessage), Extensions: ext}
}

// clip cuts what is longer than n bytes: some messages repeat what the client
// has sent.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// classify finds the code of an error and the words for it: those it carries,
// or those of the time that is up, or those that the client's own document or
// arguments are to blame with, or none.
func classify(ctx context.Context, err error) *fault.Error {
	if _, ok := errors.AsType[*panicError](err); ok {
		return &fault.Error{Code: fault.Internal, Message: internalError}
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code != fault.Internal {
		return f
	}
	if g, ok := errors.AsType[*gqlerror.Error](err); ok && g.Err == nil {
		switch g.Extensions["code"] {
		case errcode.ParseFailed, errcode.ValidationFailed, "INVALID_PAGINATION":
			return fault.New(fault.Invalid, "%s", g.Message)
		}
	}
	if fc := graphql.GetFieldContext(ctx); fc != nil && badArgument(fc) {
		return fault.New(fault.Invalid, "%s", innermost(err).Error())
	}
	if f, ok := errors.AsType[*fault.Error](context.Cause(ctx)); ok {
		return f
	}
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return fault.New(fault.Unavailable, "the request was cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "something that is needed took too long")
	default:
		return &fault.Error{Code: fault.Internal, Message: internalError}
	}
}

// badArgument tells whether an error at fc is about what its arguments are:
// gqlgen has not come as far as to have them.
func badArgument(fc *graphql.FieldContext) bool {
	return fc.Args == nil && fc.Field.Field != nil && fc.Field.Definition != nil && len(fc.Field.Definition.Arguments) > 0
}

// innermost is the error at the end of err's chain.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	if g, ok := err.(*gqlerror.Error); ok { //nolint:errorlint // it is the last of the chain
		return errors.New(g.Message)
	}
	return err
}

// invalid marks what parser and validator say as the client's to mend.
func invalid(err error) *gqlerror.Error {
	g, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		g = gqlerror.Wrap(err)
	}
	errcode.Set(g, errcode.ValidationFailed)
	return g
}
