package store

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"techfacts.dev/techfacts/internal/trace"
)

// traced makes a span of each statement that is run as part of a trace. It has
// the text of the statement, whose values are not in it. It counts all.
type traced struct{ ran *atomic.Int64 }

type statementKey struct{}

// TraceQueryStart begins a span.
func (t traced) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t.ran.Add(1)
	if !trace.Recording(ctx) {
		return ctx
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(data.SQL), " ")
	ctx, span := trace.Start(ctx, "SQL "+strings.ToLower(verb),
		slog.String("db.system.name", "postgresql"), slog.String("db.query.text", data.SQL)) //nolint:sloglint // keys are those of OpenTelemetry
	return context.WithValue(ctx, statementKey{}, span)
}

// TraceQueryEnd ends it.
func (traced) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if span, ok := ctx.Value(statementKey{}).(trace.Span); ok {
		span.End(data.Err)
	}
}
