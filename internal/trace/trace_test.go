package trace_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/trace"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestWithoutATracerNothingIsDoneAndNothingIsPaid(t *testing.T) { // not parallel: it counts allocations
	ctx := t.Context()
	var none *trace.Tracer
	paid := testing.AllocsPerRun(100, func() {
		begun, span := none.Begin(ctx, trace.Server, "query", slog.String("request_id", "x"), slog.Int("attempt", 1))
		none.Past(ctx, "queue wait", time.Time{}, time.Time{})
		under, inner := trace.Start(begun, "fetch", slog.String("url", "x"))
		inner.Set(slog.Int("status", 200))
		inner.End(nil)
		span.End(nil)
		if begun != ctx || under != ctx || trace.Recording(ctx) {
			t.Error("something was begun")
		}
	})
	if paid != 0 {
		t.Errorf("%v allocations", paid)
	}
	if got := trace.Parent(ctx); got != "" {
		t.Errorf("a parent from nowhere: %s", got)
	}
	if err := none.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestAParentThatNamesNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "nonsense", strings.Replace(parent, "00-", "ff-", 1), strings.Repeat("0", 500)} {
		if got := trace.Parent(trace.Remote(t.Context(), s)); got != "" {
			t.Errorf("%q: %q", s, got)
		}
	}
	if got := trace.Parent(trace.Remote(t.Context(), parent)); got != parent {
		t.Errorf("got %q", got)
	}
}

func TestTheLogHasTheTraceWithAttributesAndGroups(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(trace.Handler(slog.NewTextHandler(&b, nil)))
	ctx := trace.Remote(t.Context(), parent)
	log.With(slog.Int("n", 1)).InfoContext(ctx, "a")
	log.WithGroup("g").InfoContext(ctx, "b")
	log.InfoContext(t.Context(), "c")
	if got := b.String(); strings.Count(got, "trace_id=0af7651916cd43dd8448eb211c80319c") != 2 || !strings.Contains(got, "n=1 ") {
		t.Errorf("logged\n%s", got)
	}
}

func TestACollectorThatRefusesIsAWarningAndNoError(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{http.StatusOK: 0, http.StatusBadRequest: 1} { // which is not tried again
		collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		defer collector.Close()
		var b bytes.Buffer
		tracer, err := trace.Open(t.Context(), collector.URL+"/", "test", slog.New(slog.NewTextHandler(&b, nil)))
		if err != nil {
			t.Fatal(err)
		}
		_, span := tracer.Begin(t.Context(), trace.Consumer, "step")
		span.End(nil)
		if err := tracer.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if n := strings.Count(b.String(), "level=WARN msg=\"traces cannot be sent\""); n != want {
			t.Errorf("after %d: %d warnings: %s", status, n, b.String())
		}
	}
}
