package app_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/redistest"
)

// distributed runs an API and a worker as two processes would be: they share a
// PostgreSQL and the Redis at url. Watchers look when they get a hint, and
// never else.
func distributed(t *testing.T, url string) *service {
	t.Helper()
	c := settings(t, "PostgreSQL")
	c.RedisURL, c.Tick = app.Secret(url), 24*time.Hour
	run(t, c, app.Role{Worker: true})
	return run(t, c, app.Role{API: true})
}

func TestWatchersOfOneProcessSeeTheWorkOfAnotherByHints(t *testing.T) {
	t.Parallel()
	s := distributed(t, redistest.URL(t))
	w := newSite(t)
	asked, release := make(chan struct{}), make(chan struct{})
	w.HandleFunc("/a", slow(asked, release))
	live := s.subscribe(`subscription { factAdded(where: {company: "Acme"}) { `+factFields+` } }`, nil)
	live.wake("Acme")
	id := s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs"}).ID
	<-asked
	k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status factCount } }`, map[string]any{"id": id})
	var m struct{ Job jobState }
	k.next(&m) // it watches, and nothing is left but the hints
	close(release)
	for k.next(&m) {
	}
	if m.Job.Status != "COMPLETED" || m.Job.FactCount == 0 {
		t.Fatalf("job = %+v", m.Job)
	}
	for range m.Job.FactCount {
		var fact struct{ FactAdded factState }
		if !live.next(&fact) || fact.FactAdded.Company != "Acme" {
			t.Errorf("fact = %+v", fact.FactAdded)
		}
	}
}

func TestTheAPITellsWorkersOfWorkAndOfCancellation(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL
	bus, err := event.OpenRedis(t.Context(), url, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	c := settings(t, "PostgreSQL")
	c.RedisURL = app.Secret(url)
	s := run(t, c, app.Role{API: true})
	work, stop := bus.Subscribe(event.Queue)
	defer stop()
	<-work
	cancelled, stop := bus.Subscribe(event.Cancel)
	defer stop()
	<-cancelled
	job := s.scrape(map[string]any{"urls": []string{"https://acme.example/"}, "company": "Acme"})
	<-work
	var out struct{ CancelJob struct{ Job jobState } }
	s.ask(`mutation ($id: ID!) { cancelJob(input: {id: $id}) { job { status } } }`, map[string]any{"id": job.ID}, &out)
	<-cancelled
}

func TestAWatcherEndsWithTheTruthAfterRedisWasAway(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := distributed(t, redis.URL)
	w := newSite(t)
	asked, release := make(chan struct{}), make(chan struct{})
	w.HandleFunc("/a", slow(asked, release))
	job := s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"})
	k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": job.ID})
	var m struct{ Job jobState }
	k.next(&m)
	<-asked
	redis.Stop()
	close(release)
	direct := s.subscribe(`subscription ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": job.ID}) // without Redis
	direct.next(&m)
	redis.Start()
	redis.Flush()
	for k.next(&m) {
	}
	if m.Job.Status != "COMPLETED" {
		t.Errorf("the subscription ended with %s", m.Job.Status)
	}
	for direct.next(&m) {
	}
	if m.Job.Status != "COMPLETED" {
		t.Errorf("the other one ended with %s", m.Job.Status)
	}
}

func TestRedisIsNotReadAsAPage(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	c := settings(t, "SQLite")
	c.RedisURL = app.Secret(redis.URL)
	s := start(t, c)
	for _, url := range []string{"http://" + redis.Addr + "/", "http://" + strings.Replace(redis.Addr, "127.0.0.1", "localhost", 1) + "/"} {
		job := s.wait(s.scrape(map[string]any{"urls": []string{url}, "company": "Acme"}).ID)
		if got := job.Items.Edges[0].Node.Outcome; got != "FETCH_BLOCKED" {
			t.Errorf("%s: %s", url, got)
		}
	}
	// Another port of the same host may be read.
	w := newSite(t)
	w.page("/a", "Limits", limits)
	if job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID); job.Status != "COMPLETED" {
		t.Errorf("job = %+v", job)
	}
}

func TestTheServiceStartsAndWorksWithoutItsRedis(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, url := range []string{"redis://127.0.0.1:1", "redis://" + l.Addr().String()} {
		c := settings(t, "SQLite")
		c.RedisURL = app.Secret(url)
		s := start(t, c)
		w := newSite(t)
		w.page("/a", "Limits", limits)
		if job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID); job.Status != "COMPLETED" {
			t.Errorf("job = %+v", job)
		}
	}
}

func TestReadyNamesWhatIsDegraded(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	c := settings(t, "SQLite")
	c.RedisURL = app.Secret(redis.URL)
	s := start(t, c)
	until := func(want string) {
		t.Helper()
		for t.Context().Err() == nil {
			r, err := http.Get("http://" + s.addr + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err != nil || r.StatusCode != http.StatusOK {
				t.Fatalf("%s %s %v", r.Status, body, err)
			}
			if strings.Contains(string(body), want) {
				return
			}
		}
		t.Errorf("never said %s", want)
	}
	until(`{"status":"ok"}`)
	redis.Stop()
	until(`"status":"degraded","degraded":["redis: not connected since `)
	redis.Start()
	until(`{"status":"ok"}`)
}

// slow serves a page when it is released, and tells when it is asked for.
func slow(asked chan<- struct{}, release <-chan struct{}) func(http.ResponseWriter, *http.Request) {
	var once sync.Once
	return func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { close(asked) })
		<-release
		writePage(w, "Limits", limits)
	}
}

func redisURL(t *testing.T) string { t.Helper(); return redistest.Start(t).URL }

// connected waits until these processes hear of one another.
func connected(all ...*service) {
	for _, s := range all {
		s.Helper()
		for s.Context().Err() == nil {
			r, err := http.Get("http://" + s.addr + "/readyz")
			if err != nil {
				s.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err == nil && strings.Contains(string(body), `"ok"`) {
				break
			}
		}
	}
}

func TestProcessesLimitAKeyTogetherAndKnowEachOthersQueries(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	c := settings(t, "PostgreSQL")
	c.RedisURL, c.APIKey, c.PointsPerMinute = app.Secret(redis.URL), master, 60
	here, there := run(t, c, app.Role{API: true}), run(t, c, app.Role{API: true})
	const hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
	persisted := func(s *service, query string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+"/graphql",
			strings.NewReader(`{`+query+`"extensions":{"persistedQuery":{"version":1,"sha256Hash":"`+hash+`"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-API-Key", master)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := persisted(there, ""); !strings.Contains(got, "PersistedQueryNotFound") {
		t.Errorf("before: %s", got)
	}
	persisted(here, `"query":"{__typename}",`)
	if got := persisted(there, ""); got != `{"data":{"__typename":"Query"}}` {
		t.Errorf("the other process: %s", got)
	}
	if code := (as{here, master}).ask("{ jobs(first: 50) { totalCount } }", nil, nil); code != "" {
		t.Fatal(code)
	}
	resp := as{there, master}.send("{ jobs(first: 50) { totalCount } }", nil)
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the other process: %s %v", resp.Status, resp.Header)
	}
	redis.Stop()
	for _, s := range []*service{here, there} { // each for itself
		if code := (as{s, master}).ask("{ jobs(first: 50) { totalCount } }", nil, nil); code != "" {
			t.Errorf("without Redis: %s", code)
		}
		if code := (as{s, master}).ask("{ jobs(first: 50) { totalCount } }", nil, nil); code != "LIMITED" {
			t.Errorf("without Redis, too much: %q", code)
		}
	}
}
