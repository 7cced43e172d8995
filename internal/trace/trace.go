// Package trace follows a request on its way: through the API, and through the
// queue and the steps of the job that it starts, over processes. The spans are
// those of OpenTelemetry, sent by OTLP. Nothing here is global: a span is begun
// from the one in the context, and without one nothing is done and nothing is
// paid. The names of attributes are those of the log.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
)

const scope = "techfacts.dev/techfacts"

// Tracer begins traces. A nil Tracer begins none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
}

// Open returns a Tracer that sends spans to the collector at endpoint, as
// http://collector:4318, in the background. It does not wait for the collector,
// and a collector that is away costs spans and nothing else. What else OpenTelemetry's
// standard variables say (headers, sampler, service name), its SDK reads itself.
func Open(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracer, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	source, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "techfacts"), attribute.String("service.version", version)),
		resource.WithHost(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(&reporter{SpanExporter: exporter, log: log}), sdk.WithResource(source))
	return &Tracer{provider: provider, tracer: provider.Tracer(scope, otel.WithInstrumentationVersion(version))}, nil
}

// Close sends what has not been sent yet.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// reporter warns, once per outage, of spans that cannot be sent. The SDK would
// write every failure to standard error, by way of a global.
type reporter struct {
	sdk.SpanExporter
	log    *slog.Logger
	warned atomic.Bool
}

// ExportSpans sends spans, or loses them.
func (r *reporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := r.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err == nil:
		r.warned.Store(false)
	case !r.warned.Swap(true):
		r.log.WarnContext(ctx, "traces cannot be sent", slog.Any("error", err))
	}
	return nil
}

// Kind is what a span that begins a process's part in a trace is about.
type Kind otel.SpanKind

// The kinds of such spans.
const (
	Server   = Kind(otel.SpanKindServer)   // a request from outside
	Consumer = Kind(otel.SpanKindConsumer) // work from the queue
)

// Begin begins a span of its own trace, or of the one that ctx came from by
// [Remote]. The span must be ended.
func (t *Tracer) Begin(ctx context.Context, kind Kind, name string, attrs ...slog.Attr) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name, otel.WithSpanKind(otel.SpanKind(kind)), otel.WithAttributes(convert(attrs)...))
	return ctx, Span{span}
}

// Past notes what has been going on between two times, in the trace of ctx.
func (t *Tracer) Past(ctx context.Context, name string, from, to time.Time, attrs ...slog.Attr) {
	if t == nil {
		return
	}
	_, span := t.tracer.Start(ctx, name, otel.WithTimestamp(from), otel.WithAttributes(convert(attrs)...))
	span.End(otel.WithTimestamp(to))
}

// Start begins a span under the one in ctx, and none if there is none or it is
// not recorded. The span must be ended.
func Start(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, Span) {
	parent := otel.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, otel.WithSpanKind(otel.SpanKindClient), otel.WithAttributes(convert(attrs)...))
	return ctx, Span{span}
}

// Recording tells whether Start would begin a span.
func Recording(ctx context.Context) bool { return otel.SpanFromContext(ctx).IsRecording() }

// Span is a part of a trace. The zero value is none.
type Span struct{ span otel.Span }

// Set adds attributes.
func (s Span) Set(attrs ...slog.Attr) {
	if s.span != nil {
		s.span.SetAttributes(convert(attrs)...)
	}
}

// End ends the span; as failed if err is not nil.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, err.Error())
	}
	s.span.End()
}

// Parent names the span in ctx, so that it can be kept with work that others go
// on with: a traceparent by W3C Trace Context, or nothing.
func Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Remote makes the span that a traceparent names the parent of those that are
// begun with the context it returns. One that names nothing is passed over.
func Remote(ctx context.Context, traceparent string) context.Context {
	if traceparent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// convert makes attributes of a span of those of the log.
func convert(attrs []slog.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		switch v := a.Value.Resolve(); v.Kind() {
		case slog.KindInt64:
			out[i] = attribute.Int64(a.Key, v.Int64())
		case slog.KindBool:
			out[i] = attribute.Bool(a.Key, v.Bool())
		default:
			out[i] = attribute.String(a.Key, v.String())
		}
	}
	return out
}

// Handler adds the trace_id of the span in the context to what h logs.
func Handler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle logs a record.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if span := otel.SpanContextFromContext(ctx); span.HasTraceID() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is as slog.Handler says.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup is as slog.Handler says.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
