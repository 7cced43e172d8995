// Package metric counts and times what the service does, for Prometheus to
// read. It holds every instrument there is, in a registry of its own; whoever
// does the work calls a function and knows nothing of Prometheus. Each label has
// few values, known beforehand: none is a URL, a name that a client chose, or an id.
package metric

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"techfacts.dev/techfacts/schema"
)

// Metrics are the instruments of one process. As an http.Handler it answers a
// scrape, and goes on with what it has when a part of it cannot be read.
type Metrics struct {
	http.Handler

	registry *prometheus.Registry

	requests      *prometheus.CounterVec
	operations    *prometheus.HistogramVec
	failures      *prometheus.CounterVec
	connections   *prometheus.GaugeVec
	subscriptions *prometheus.GaugeVec
	messages      *prometheus.CounterVec

	items  *prometheus.CounterVec
	steps  *prometheus.HistogramVec
	waits  *prometheus.HistogramVec
	fetchs *prometheus.HistogramVec
	bytes  prometheus.Counter
	ended  *prometheus.CounterVec
	facts  *prometheus.CounterVec
	asked  *prometheus.HistogramVec
	tokens *prometheus.CounterVec
}

// Buckets in seconds: of what answers a person, and of what works in peace.
//
//nolint:gochecknoglobals // fixed tables
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	slow  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}
	long  = []float64{.01, .1, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
)

// New makes the instruments of a program of that version.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.Handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, EnableOpenMetrics: true,
	})
	m.requests = m.counter("http_requests_total", "HTTP requests by route and status; a websocket counts when it opens.", "route", "status")
	m.operations = m.histogram("graphql_operation_duration_seconds", "Time to answer a query or mutation, by its type and root field (several: more than one).", quick, "type", "field")
	m.failures = m.counter("graphql_errors_total", "Errors that clients of the API were shown, by code.", "code")
	m.connections = m.gauge("connections", "Connections that stay open: websockets and event streams.", "kind")
	m.subscriptions = m.gauge("subscriptions", "Subscriptions that are open, by field.", "field")
	m.messages = m.counter("subscription_messages_total", "Results of subscriptions given to connections, by field.", "field")
	m.items = m.counter("items_total", "Items that a step was done with, by outcome; MOVED: on to another domain, and RETRIED: put back for another try.", "step", "outcome")
	m.steps = m.histogram("step_duration_seconds", "Time of the slow half of a step: for FETCH asking and converting, for EXTRACT extraction.", slow, "step")
	m.waits = m.histogram("queue_wait_seconds", "Time from when an item could be taken, or its turn at its domain was still to come, until it was taken.", long, "step")
	m.fetchs = m.histogram("fetch_duration_seconds", "Time to ask a web server for a page, robots.txt and redirects included, by outcome.", slow, "outcome")
	m.bytes = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "fetch_bytes_total", Help: "Bytes received for pages."})
	m.registry.MustRegister(m.bytes)
	m.ended = m.counter("jobs_ended_total", "Jobs that this process brought to an end, by type and status.", "type", "status")
	m.facts = m.counter("facts_total", "Facts that this process added to the store, or marked as no longer stated.", "change")
	m.asked = m.histogram("model_request_duration_seconds", "Time of one request to the model that finds facts, by outcome: OK, BUSY, FAILED, TIMEOUT, REFUSED or STOPPED.", slow, "outcome")
	m.tokens = m.counter("model_tokens_total", "Tokens that the model which finds facts was given (prompt) and gave (completion).", "kind")
	m.known()
	m.build(version)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// namespace is what the name of every metric begins with.
const namespace = "techfacts"

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(g)
	return g
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// known makes the series whose rate is watched begin at 0 rather than with
// their first event, which a rate would not see.
func (m *Metrics) known() {
	for _, kind := range []string{"websocket", "event_stream"} {
		m.connections.WithLabelValues(kind)
	}
	for _, code := range []string{"INTERNAL", "UNAVAILABLE", "LIMITED"} {
		m.failures.WithLabelValues(code)
	}
	for _, step := range schema.Step("").Values() {
		m.steps.WithLabelValues(step)
		m.waits.WithLabelValues(step)
		m.items.WithLabelValues(step, string(schema.Failed))
	}
	for _, status := range schema.JobStatus("").Values() {
		for _, kind := range schema.JobType("").Values() {
			if schema.JobStatus(status).Ended() {
				m.ended.WithLabelValues(kind, status)
			}
		}
	}
	for _, kind := range []string{"prompt", "completion"} {
		m.tokens.WithLabelValues(kind)
	}
	for _, change := range []string{"added", "removed"} {
		m.facts.WithLabelValues(change)
	}
}

func (m *Metrics) build(version string) {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	build := m.gauge("build_info", "1, with what was built in its labels.", "version", "revision", "goversion")
	build.WithLabelValues(version, revision, runtime.Version()).Set(1)
}

// Request counts a request whose status has been decided.
func (m *Metrics) Request(route string, status int) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
}

// Connected counts a connection that stays open, until closed is called.
func (m *Metrics) Connected(kind string) (closed func()) {
	g := m.connections.WithLabelValues(kind)
	g.Inc()
	return g.Dec
}

// Operation times a query or a mutation.
func (m *Metrics) Operation(kind, field string, took time.Duration) {
	m.operations.WithLabelValues(kind, field).Observe(took.Seconds())
}

// Failure counts an error that a client is shown.
func (m *Metrics) Failure(code string) { m.failures.WithLabelValues(code).Inc() }

// Subscribed counts a subscription until closed is called; sent is to be called
// with each of its results.
func (m *Metrics) Subscribed(field string) (sent, closed func()) {
	g := m.subscriptions.WithLabelValues(field)
	g.Inc()
	return m.messages.WithLabelValues(field).Inc, g.Dec
}

// Taken times how long an item has waited for a step.
func (m *Metrics) Taken(step schema.Step, waited time.Duration) {
	m.waits.WithLabelValues(string(step)).Observe(waited.Seconds())
}

// Step times the slow half of a step.
func (m *Metrics) Step(step schema.Step, took time.Duration) {
	m.steps.WithLabelValues(string(step)).Observe(took.Seconds())
}

// Item counts an item that a step was done with.
func (m *Metrics) Item(step schema.Step, outcome string, factsAdded, factsRemoved int) {
	m.items.WithLabelValues(string(step), outcome).Inc()
	m.facts.WithLabelValues("added").Add(float64(factsAdded))
	m.facts.WithLabelValues("removed").Add(float64(factsRemoved))
}

// Fetched times a request for a page.
func (m *Metrics) Fetched(outcome string, took time.Duration, bytes int64) {
	m.fetchs.WithLabelValues(outcome).Observe(took.Seconds())
	m.bytes.Add(float64(bytes))
}

// Asked times a request to the model that finds facts, and counts its tokens.
func (m *Metrics) Asked(outcome string, took time.Duration, prompt, completion int) {
	m.asked.WithLabelValues(outcome).Observe(took.Seconds())
	m.tokens.WithLabelValues("prompt").Add(float64(prompt))
	m.tokens.WithLabelValues("completion").Add(float64(completion))
}

// Ended counts a job that has ended.
func (m *Metrics) Ended(kind schema.JobType, status schema.JobStatus) {
	m.ended.WithLabelValues(string(kind), string(status)).Inc()
}
