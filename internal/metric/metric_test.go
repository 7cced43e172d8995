package metric

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// scrape reads the metrics as Prometheus does, and gives each series by its
// name and labels.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v: %s", w.Code, err, body)
	}
	series := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			series[name] = value
		}
	}
	return series
}

func expect(t *testing.T, got map[string]string, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
}

func TestWhatIsObservedIsExported(t *testing.T) {
	t.Parallel()
	m := New("v1.2.3")
	m.Request("/graphql", 200)
	closed := m.Connected("websocket")
	m.Connected("websocket")
	closed()
	m.Operation("query", "jobs", 3*time.Millisecond)
	m.Failure("INVALID")
	sent, ended := m.Subscribed("job")
	sent()
	m.Subscribed("job")
	ended()
	m.Taken(schema.StepFetch, 2*time.Second)
	m.Step(schema.StepExtract, time.Second)
	m.Item(schema.StepExtract, "EXTRACTED", 7, 2)
	m.Fetched("OK", time.Second, 1000)
	m.Ended(schema.JobScrape, schema.JobPartial)
	expect(t, scrape(t, m), map[string]string{
		`techfacts_http_requests_total{route="/graphql",status="200"}`:                              "1",
		`techfacts_connections{kind="websocket"}`:                                                   "1",
		`techfacts_connections{kind="event_stream"}`:                                                "0",
		`techfacts_graphql_operation_duration_seconds_count{field="jobs",type="query"}`:             "1",
		`techfacts_graphql_operation_duration_seconds_bucket{field="jobs",type="query",le="0.005"}`: "1",
		`techfacts_graphql_errors_total{code="INVALID"}`:                                            "1",
		`techfacts_subscriptions{field="job"}`:                                                      "1",
		`techfacts_subscription_messages_total{field="job"}`:                                        "1",
		`techfacts_queue_wait_seconds_sum{step="FETCH"}`:                                            "2",
		`techfacts_step_duration_seconds_sum{step="EXTRACT"}`:                                       "1",
		`techfacts_items_total{outcome="EXTRACTED",step="EXTRACT"}`:                                 "1",
		`techfacts_items_total{outcome="FAILED",step="FETCH"}`:                                      "0",
		`techfacts_facts_total{change="added"}`:                                                     "7",
		`techfacts_facts_total{change="removed"}`:                                                   "2",
		`techfacts_fetch_duration_seconds_count{outcome="OK"}`:                                      "1",
		`techfacts_fetch_bytes_total`:                                                               "1000",
		`techfacts_jobs_ended_total{status="PARTIAL",type="SCRAPE"}`:                                "1",
		`techfacts_jobs_ended_total{status="FAILED",type="SCRAPE"}`:                                 "0",
	})
}

// full has every instrument there is.
func full(t *testing.T, s *store.Store) *Metrics {
	t.Helper()
	m := New("test")
	m.Database(s)
	m.Bus(func() event.State { return event.State{Connected: true, Connects: 2, Sent: 5, Received: 7} })
	m.Mirror(func() time.Duration { return time.Second })
	return m
}

func TestTheQueueAndTheJobsAreReadFromTheDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, err := queue.Open(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		now := schema.Now()
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			row, err := tx.Ent.Job.Create().SetType(schema.JobExtract).SetParams(schema.Params{}).Save(t.Context())
			if err != nil {
				return err
			}
			if _, err := queue.Put(t.Context(), tx, row.ID, schema.PriorityNormal, []queue.New{{URL: "https://a.example/", Step: schema.StepExtract}}); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), `update job_items set run_at = ?`, now.Add(-time.Hour)); err != nil {
				return err
			}
			if err := tx.Ent.RateLimit.Create().SetDomain("a.example").SetBackoffUntil(now.Add(time.Hour)).Exec(t.Context()); err != nil {
				return err
			}
			return tx.Ent.RateLimit.Create().SetDomain("b.example").SetStatus(schema.RateLimitExhausted).SetNextAllowedAt(now.Add(time.Hour)).Exec(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		m, d := New("test"), newDatabase(s)
		d.now = func() time.Time { return now }
		m.registry.MustRegister(d)
		want := map[string]string{
			`techfacts_database_up`:                                    "1",
			`techfacts_jobs{status="QUEUED"}`:                          "1",
			`techfacts_jobs{status="FAILED"}`:                          "0",
			`techfacts_queue_items{state="READY",step="EXTRACT"}`:      "1",
			`techfacts_queue_items{state="WAITING",step="EXTRACT"}`:    "0",
			`techfacts_queue_leases{step="EXTRACT"}`:                   "0",
			`techfacts_queue_oldest_ready_age_seconds{step="EXTRACT"}`: "3600",
			`techfacts_queue_overdue_seconds{step="EXTRACT"}`:          "3600",
			`techfacts_queue_overdue_seconds{step="FETCH"}`:            "0",
			`techfacts_workers`:                                        "1",
			`techfacts_domains{status="BACKING_OFF"}`:                  "1",
			`techfacts_domains{status="EXHAUSTED"}`:                    "1",
		}
		expect(t, scrape(t, m), want)

		if err := s.Tx(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(t.Context(), `delete from jobs`); return err }); err != nil {
			t.Fatal(err)
		}
		expect(t, scrape(t, m), want) // a second scrape costs the database nothing
		now = now.Add(readEvery)
		want[`techfacts_jobs{status="QUEUED"}`], want[`techfacts_queue_items{state="READY",step="EXTRACT"}`] = "0", "0"
		want[`techfacts_queue_oldest_ready_age_seconds{step="EXTRACT"}`], want[`techfacts_queue_overdue_seconds{step="EXTRACT"}`] = "0", "0"
		expect(t, scrape(t, m), want)
	})
}

func TestADatabaseThatIsAwayLeavesTheOtherMetrics(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, t.TempDir()+"/t.db")
	m := full(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	series := scrape(t, m)
	expect(t, series, map[string]string{
		`techfacts_database_up`: "0", `techfacts_workers`: "", `techfacts_jobs{status="QUEUED"}`: "",
		`techfacts_bus_connected`: "1", `techfacts_bus_connects_total`: "2", `techfacts_bus_hints_sent_total`: "5", `techfacts_bus_hints_received_total`: "7",
		`techfacts_database_connections_max{pool="write"}`: "1",
	})
	if series["go_goroutines"] == "" || series["process_resident_memory_bytes"] == "" {
		t.Error("nothing of the process")
	}
}

// names lists every metric that a process may export, but for those of Go and
// of the process.
func names(t *testing.T) []string {
	t.Helper()
	m := full(t, storetest.Open(t, pgtest.URL(t)))
	descs := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(descs); close(descs) }()
	found := map[string]bool{}
	name := regexp.MustCompile(`fqName: "(techfacts_[a-z_]+)"`)
	for desc := range descs {
		if match := name.FindStringSubmatch(desc.String()); match != nil {
			found[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryMetricIsDocumentedAndNoOther(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, match := range regexp.MustCompile("(?m)^\\| `(techfacts_[a-z_]+)` \\|").FindAllStringSubmatch(string(doc), -1) {
		documented[match[1]] = true
	}
	if got, want := slices.Sorted(maps.Keys(documented)), names(t); !slices.Equal(got, want) {
		t.Errorf("docs/operations.md has\n%q\nthe program\n%q", got, want)
	}
}

func TestNamesAndHelpsAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(full(t, storetest.Open(t, pgtest.URL(t))).registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
