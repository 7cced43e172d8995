package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/redistest"
)

// metrics reads /metrics, and gives each series by its name and labels.
func (s *service) metrics(key string) (series map[string]string, status int) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/metrics", nil)
	if err != nil {
		s.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	series = map[string]string{}
	for line := range strings.Lines(string(body)) {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			series[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return series, resp.StatusCode
}

func TestMetricsTellWhatAJobHasDone(t *testing.T) {
	t.Parallel()
	c := settings(t, "PostgreSQL")
	c.RedisURL = app.Secret(redistest.URL(t))
	s := start(t, c)
	w := newSite(t)
	w.page("/a", "A", "<p>The plan A allows 100 requests per minute per key.</p>")
	w.page("/b", "B", "<p>The plan B allows 200 requests per minute per key.</p>")
	asked, release := make(chan struct{}), make(chan struct{})
	w.HandleFunc("/slow", slow(asked, release))
	j := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a", w.URL + "/b", w.URL + "/none"}, "company": "Acme", "profile": "api_docs"}).ID)
	if j.FactCount == 0 {
		t.Fatal("no facts")
	}
	if code := s.refused(`{ job(id: "nonsense") { id } }`, nil); code == "" {
		t.Error("an id that is none was taken")
	}
	running := s.scrape(map[string]any{"urls": []string{w.URL + "/slow"}, "company": "Acme"})
	<-asked
	k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": running.ID})
	var m struct{ Job jobState }
	k.next(&m)

	got, status := s.metrics("")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	for name, want := range map[string]string{
		`techfacts_build_info{goversion=`:                                                         "1",
		`techfacts_jobs_ended_total{status="PARTIAL",type="SCRAPE"}`:                              "1",
		`techfacts_jobs{status="PARTIAL"}`:                                                        "1",
		`techfacts_jobs{status="RUNNING"}`:                                                        "1",
		`techfacts_items_total{outcome="STORED",step="FETCH"}`:                                    "2",
		`techfacts_items_total{outcome="HTTP_ERROR",step="FETCH"}`:                                "1",
		`techfacts_items_total{outcome="EXTRACTED",step="EXTRACT"}`:                               "2",
		`techfacts_fetch_duration_seconds_count{outcome="OK"}`:                                    "2",
		`techfacts_fetch_duration_seconds_count{outcome="HTTP_ERROR"}`:                            "1",
		`techfacts_step_duration_seconds_count{step="EXTRACT"}`:                                   "2",
		`techfacts_queue_wait_seconds_count{step="EXTRACT"}`:                                      "2",
		`techfacts_queue_leases{step="FETCH"}`:                                                    "1",
		`techfacts_workers`:                                                                       "1",
		`techfacts_graphql_operation_duration_seconds_count{field="startScrape",type="mutation"}`: "2",
		`techfacts_graphql_errors_total{code="INVALID"}`:                                          "1",
		`techfacts_http_requests_total{route="websocket",status="101"}`:                           "2",
		`techfacts_connections{kind="websocket"}`:                                                 "2",
		`techfacts_subscriptions{field="job"}`:                                                    "1",
		`techfacts_database_up`:                                                                   "1",
		`techfacts_database_connections_max{pool="shared"}`:                                       "16",
		`techfacts_bus_connected`:                                                                 "1",
		`techfacts_bus_connects_total`:                                                            "1",
	} {
		found := ""
		for series, value := range got {
			if strings.HasPrefix(series, name) {
				found = value
			}
		}
		if found != want {
			t.Errorf("%s = %q, want %q", name, found, want)
		}
	}
	if got["techfacts_fetch_bytes_total"] == "0" || got[`techfacts_facts_total{change="added"}`] == "0" || got["techfacts_bus_hints_sent_total"] == "0" ||
		got[`techfacts_subscription_messages_total{field="job"}`] == "" || got["techfacts_search_mirror_lag_seconds"] == "" {
		t.Error("no bytes, facts, hints or messages were counted")
	}
	close(release)
	s.wait(running.ID)
}

func TestMetricsOfTheAPIWantTheKey(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.APIKey = "0123456789abcdef0123456789abcdef"
	s := start(t, c)
	for key, want := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, string(c.APIKey): http.StatusOK} {
		if got, status := s.metrics(key); status != want || (got["techfacts_database_up"] == "1") != (want == http.StatusOK) {
			t.Errorf("with the key %q: %d", key, status)
		}
	}
}
