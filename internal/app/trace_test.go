package app_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"techfacts.dev/techfacts/internal/app"
)

// receiver takes spans as an OpenTelemetry collector does, by OTLP over HTTP.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*otlp.Span
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	c := &receiver{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, &request) != nil {
			t.Errorf("%s %s %v is not OTLP", r.URL, r.Header, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(c.Close)
	return c
}

// trace gives the spans of one trace by name.
func (c *receiver) trace(id []byte) map[string][]*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := map[string][]*otlp.Span{}
	for _, s := range c.spans {
		if bytes.Equal(s.TraceId, id) {
			spans[s.Name] = append(spans[s.Name], s)
		}
	}
	return spans
}

// find gives the only span of that name in any trace.
func (c *receiver) find(t *testing.T, name string) *otlp.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*otlp.Span
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans %s", len(found), name)
	}
	return found[0]
}

func attribute(s *otlp.Span, key string) string {
	i := slices.IndexFunc(s.Attributes, func(a *common.KeyValue) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return s.Attributes[i].Value.GetStringValue()
}

func TestOneTraceLeadsFromTheRequestThroughTheQueueToTheSteps(t *testing.T) {
	t.Parallel()
	c := settings(t, "PostgreSQL")
	otel := newReceiver(t)
	c.TraceEndpoint = otel.URL
	worker, api := run(t, c, app.Role{Worker: true}), run(t, c, app.Role{API: true})
	w := newSite(t)
	w.page("/a", "A", "<p>The plan A allows 100 requests per minute per key.</p>")
	j := api.wait(api.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs"}).ID)
	api.stop() // both send what they have
	worker.stop()

	request := otel.find(t, "mutation startScrape")
	if attribute(request, "request_id") == "" {
		t.Error("the request has no id")
	}
	spans := otel.trace(request.TraceId)
	for _, name := range []string{"step FETCH", "step EXTRACT", "queue wait"} {
		for _, s := range spans[name] {
			if !bytes.Equal(s.ParentSpanId, request.SpanId) {
				t.Errorf("%s does not come from the request", name)
			}
		}
	}
	if len(spans["step FETCH"]) != 1 || len(spans["step EXTRACT"]) != 1 || len(spans["queue wait"]) != 2 || len(spans["fetch"]) != 1 || len(spans["save"]) != 2 {
		t.Fatalf("the trace has %d, %d, %d, %d, %d spans", len(spans["step FETCH"]), len(spans["step EXTRACT"]), len(spans["queue wait"]), len(spans["fetch"]), len(spans["save"]))
	}
	step, fetch := spans["step FETCH"][0], spans["fetch"][0]
	if attribute(step, "job_id") == "" || attribute(step, "url") != w.URL+"/a" || attribute(fetch, "outcome") != "OK" {
		t.Errorf("attributes: %v, %v; job %s", step.Attributes, fetch.Attributes, j.ID)
	}
	if !bytes.Equal(fetch.ParentSpanId, step.SpanId) {
		t.Error("the fetch is not part of the step")
	}
	if len(spans["SQL insert"]) == 0 || strings.Contains(attribute(spans["SQL insert"][0], "db.query.text"), "Acme") {
		t.Errorf("%d inserts", len(spans["SQL insert"]))
	}
}

func TestTracesGoOnFromTheClientsAndStandInTheLog(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	otel := newReceiver(t)
	c.TraceEndpoint = otel.URL
	log := &lines{}
	s := runLogging(t, c, app.Role{API: true, Worker: true}, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	// The collector is no page, whatever FETCH_ALLOW_CIDRS opens.
	if j := s.wait(s.scrape(map[string]any{"urls": []string{otel.URL + "/"}, "company": "Acme"}).ID); j.Status != "FAILED" {
		t.Errorf("reading the collector: %s", j.Status)
	}
	s.get(`{serverInfo:__typename}`, "Traceparent", "00-"+trace+"-"+parent+"-01")
	s.stop()
	span := otel.find(t, "query __typename")
	if hex.EncodeToString(span.TraceId) != trace || hex.EncodeToString(span.ParentSpanId) != parent {
		t.Errorf("trace %x, parent %x", span.TraceId, span.ParentSpanId)
	}
	line := log.find("operation", "field", "__typename")
	if line["trace_id"] != trace || line["field"] != "__typename" || line["type"] != "query" || line["level"] != "DEBUG" || line["request_id"] != attribute(span, "request_id") {
		t.Errorf("logged %v", line)
	}
}

// A collector that is away is told of once, and costs nothing else.
func TestACollectorThatIsAwayIsNoReasonToStop(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	otel := newReceiver(t)
	otel.Close()
	c.TraceEndpoint = otel.URL
	log := &lines{}
	s := runLogging(t, c, app.Role{API: true, Worker: true}, slog.New(slog.NewJSONHandler(log, nil)))
	s.get(`{__typename}`)
	s.stop()
	if log.find("traces cannot be sent")["level"] != "WARN" {
		t.Errorf("logged:\n%s", log)
	}
}

// lines is a log in JSON.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to the log.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// String is the whole log.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// find gives the first line with that message, and with those keys and values.
func (l *lines) find(message string, fields ...string) map[string]any {
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		found := json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message
		for i := 0; i < len(fields); i += 2 {
			found = found && line[fields[i]] == fields[i+1]
		}
		if found {
			return line
		}
	}
	return nil
}

func TestTheLogTellsOfJobsThatEndAndOfSlowOperations(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.SlowOperation = 1 // a nanosecond
	log := &lines{}
	s := runLogging(t, c, app.Role{API: true, Worker: true}, slog.New(slog.NewJSONHandler(log, nil)))
	w := newSite(t)
	w.page("/a", "A", "<p>The plan A allows 100 requests per minute per key.</p>")
	j := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a", w.URL + "/none"}, "company": "Acme", "profile": "api_docs"}).ID)
	s.stop()
	ended := log.find("job ended")
	for key, want := range map[string]any{
		"level": "INFO", "type": "SCRAPE", "status": "PARTIAL", "total": 2.0, "done": 1.0, "failed": 1.0, "skipped": 0.0, "facts": float64(j.FactCount),
	} {
		if ended[key] != want {
			t.Errorf("%s = %v, want %v", key, ended[key], want)
		}
	}
	if ended["job_id"] == nil || ended["took_ms"] == nil {
		t.Errorf("logged %v", ended)
	}
	if slow := log.find("slow operation"); slow["level"] != "WARN" || slow["field"] != "startScrape" || slow["request_id"] == "" {
		t.Errorf("logged %v", slow)
	}
	if line := log.find("operation"); line != nil {
		t.Errorf("at info: %v", line)
	}
}
