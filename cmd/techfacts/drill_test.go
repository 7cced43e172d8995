package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/proxytest"
	"techfacts.dev/techfacts/internal/redistest"
)

// drill is a bad day: an API and three workers as processes, over PostgreSQL
// and Redis, that read a site while things break.
type drill struct {
	*testing.T
	api     client // by the proxy
	clients *proxytest.Proxy
	books   *books
	job     job
	env     []string
	server  *process // the API

	watchers sync.WaitGroup
	journals [][]happened

	mu   sync.Mutex
	drop []context.CancelFunc // of the connections so far
}

// happened is an event as a client sees it.
type happened struct {
	Cursor, Kind, Message string
	Seq                   int
	Item                  *struct{ URL string }
}

const watchers = 50

// begin starts everything and a job over so many pages, and has it watched. An
// item has one try only: an outage must cost it none.
func begin(t *testing.T, pages int, env ...string) *drill {
	t.Helper()
	d := &drill{T: t, books: newBooks(t, pages)}
	d.books.every = 1
	d.env = polite(append(env, "SCRAPE_MAX_RETRIES=0", "WEBSOCKET_PING=1s", "WEBSOCKET_WRITE_TIMEOUT=2s")...)
	d.server = launch(t, d.env, "api")
	d.clients = proxytest.New(t, d.server.addr)
	d.api = client{addr: d.clients.Addr}
	for range 3 {
		launch(t, d.env, "worker")
	}
	var err error
	if d.job, err = d.api.startScrape(t.Context(), map[string]any{"urls": d.books.urls(pages), "company": "Acme", "profile": "api_docs"}); err != nil {
		t.Fatal(err)
	}
	d.journals = make([][]happened, watchers)
	for i := range watchers {
		d.watchers.Go(func() { d.follow(i) })
	}
	for range 5 {
		d.watchers.Go(d.state)
	}
	return d
}

// connection is a context for one connection of a client: it ends when all must
// come again.
func (d *drill) connection() context.Context {
	ctx, drop := context.WithCancel(d.Context())
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop = append(d.drop, drop)
	return ctx
}

// again has all clients come again, as those do that notice a dead connection.
func (d *drill) again() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, drop := range d.drop {
		drop()
	}
}

var errDropped = errors.New("dropped on purpose")

// follow keeps a journal of the events of the job over as many connections as
// it takes, some of which it drops itself.
func (d *drill) follow(i int) {
	pace := time.Tick(20 * time.Millisecond)
	for n := 1; d.Context().Err() == nil; n++ {
		<-pace
		variables := map[string]any{"id": d.job.ID}
		if have := d.journals[i]; len(have) > 0 {
			variables["after"] = have[len(have)-1].Cursor
		}
		left := 20*i + 10*n
		err := d.api.subscribe(d.connection(), `subscription ($id: ID!, $after: Cursor) { jobEvents(id: $id, after: $after) { cursor seq kind message item { url } } }`, variables, func(r response) error {
			var m struct{ JobEvents happened }
			if err := r.into(&m); err != nil {
				return err
			}
			d.journals[i] = append(d.journals[i], m.JobEvents)
			if left--; left == 0 {
				return errDropped
			}
			return nil
		})
		if err == nil {
			return
		}
	}
}

// state watches the job until it has ended.
func (d *drill) state() {
	for pace := time.Tick(20 * time.Millisecond); d.Context().Err() == nil; <-pace {
		var m struct{ Job job }
		err := d.api.subscribe(d.connection(), `subscription ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": d.job.ID},
			func(r response) error { return r.into(&m) })
		if err == nil {
			if m.Job.Status != "COMPLETED" {
				d.Errorf("a subscription ended with %s", m.Job.Status)
			}
			return
		}
	}
}

// ends waits until the job has ended and everybody knows, and checks that
// nothing was lost or done twice.
func (d *drill) ends(pages int) {
	d.Helper()
	go func() { // the rest of the site
		for {
			select {
			case <-d.books.milestone:
			case <-d.Context().Done():
				return
			}
		}
	}()
	d.watchers.Wait()
	direct := client{addr: d.server.addr} // the connections by the proxy may be half-open
	last, err := direct.follow(d.Context(), d.job.ID, "Reading")
	if err != nil {
		d.Fatal(err)
	}
	settled(d.T, direct, last, pages)
	urls := map[string]int{}
	for _, e := range d.journals[0] {
		if e.Kind == "ITEM_ENDED" {
			urls[e.Item.URL]++
		}
		if e.Kind == "ITEM_RETRY" {
			d.Errorf("the outage has cost a try: %+v", e)
		}
	}
	for _, url := range d.books.urls(pages) {
		if urls[url] != 1 {
			d.Errorf("%s ended %d times", url, urls[url])
		}
	}
	for i, journal := range d.journals {
		if !slices.EqualFunc(journal, d.journals[0], func(a, b happened) bool { return a.Seq == b.Seq && a.Kind == b.Kind && a.Cursor == b.Cursor }) {
			d.Errorf("the journal of client %d has %d events, that of the first %d", i, len(journal), len(d.journals[0]))
		}
		for n, e := range journal {
			if e.Seq != n+1 {
				d.Fatalf("client %d: event %d has number %d", i, n+1, e.Seq)
			}
		}
		if e := journal[len(journal)-1]; e.Kind != "ENDED" || e.Message != "COMPLETED" {
			d.Errorf("client %d ended with %+v", i, e)
		}
	}
}

// reads lets so many pages be read.
func (d *drill) reads(pages int) {
	d.Helper()
	for range pages {
		select {
		case <-d.books.milestone:
		case <-d.Context().Done():
			return
		}
	}
}

// health asks one of the two paths.
func (d *drill) health(path string) (status int, body string) {
	d.Helper()
	r, err := http.Get("http://" + d.server.addr + path)
	if err != nil {
		d.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		d.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// ready waits until /readyz says so. /livez must say 200 all the time.
func (d *drill) ready(status int, words string) {
	d.Helper()
	for pace := time.Tick(20 * time.Millisecond); d.Context().Err() == nil; <-pace {
		if live, body := d.health("/livez"); live != http.StatusOK {
			d.Fatalf("/livez: %d %s", live, body)
		}
		if got, body := d.health("/readyz"); got == status && strings.Contains(body, words) {
			return
		}
	}
}

func TestPostgresAwayForTenSecondsCostsNothingButTime(t *testing.T) {
	t.Parallel()
	const pages = 120
	pg := pgtest.NewServer(t)
	d := begin(t, pages, "DATABASE_URL="+pg.URL, "REDIS_URL="+redistest.URL(t))
	all := d.newFacts()
	d.reads(pages / 2)
	pg.Stop()
	d.ready(http.StatusServiceUnavailable, `"reason":"the database does not answer"`)
	var refused struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(d.ask(`{ jobs { totalCount } }`)), &refused); err != nil || len(refused.Errors) != 1 || refused.Errors[0].Extensions.Code != "UNAVAILABLE" {
		t.Errorf("a query meanwhile: %+v, %v", refused, err)
	}
	for over := time.After(10 * time.Second); over != nil; {
		d.ready(http.StatusServiceUnavailable, "")
		select {
		case <-over:
			over = nil
		case <-d.books.milestone: // pages whose text nobody can keep yet
		default:
		}
	}
	pg.Start()
	d.ready(http.StatusOK, `{"status":"ok"}`)
	d.ends(pages)
	all()
	for path, n := range d.books.asked {
		if n > 1 {
			t.Errorf("%s was asked for %d times: what was read before the outage is not kept", path, n)
		}
	}
}

// newFacts follows the facts that are added, over one connection, and returns
// when that has begun. All waits until every fact that was not there by then
// has come, and checks that each came once.
func (d *drill) newFacts() (all func()) {
	d.Helper()
	direct := client{addr: d.server.addr}
	arrived := make(chan string, 1000)
	go func() {
		defer close(arrived)
		err := direct.subscribe(d.Context(), `subscription { factAdded(where: {company: "Acme"}) { id page { url } } }`, nil, func(r response) error {
			var m struct{ FactAdded struct{ ID string } }
			err := r.into(&m)
			arrived <- m.FactAdded.ID
			return err
		})
		if d.Context().Err() == nil {
			d.Errorf("the stream of facts ended: %v", err)
		}
	}()
	came := map[string]int{}
	for pages := 1; len(came) == 0; pages++ {
		d.reads(1)
		for len(d.factIDs(direct)) < 2*pages {
		}
		select {
		case id := <-arrived:
			came[id]++
		default:
		}
	}
	before := map[string]bool{}
	for _, id := range d.factIDs(direct) {
		before[id] = true
	}
	return func() {
		d.Helper()
		missing := slices.DeleteFunc(d.factIDs(direct), func(id string) bool { return before[id] })
		for len(missing) > 0 {
			id, ok := <-arrived
			if !ok {
				d.Fatalf("%d facts never came", len(missing))
			}
			came[id]++
			missing = slices.DeleteFunc(missing, func(want string) bool { return want == id })
		}
		for id, n := range came {
			if n != 1 {
				d.Errorf("fact %s came %d times", id, n)
			}
		}
	}
}

func (d *drill) factIDs(api client) (ids []string) {
	d.Helper()
	variables := map[string]any{}
	for {
		var out struct {
			Facts struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Edges []struct{ Node struct{ ID string } }
			}
		}
		if err := api.do(d.Context(), `query ($after: Cursor) { facts(first: 100, after: $after) { pageInfo { hasNextPage endCursor } edges { node { id } } } }`, variables, &out); err != nil {
			d.Fatal(err)
		}
		for _, e := range out.Facts.Edges {
			ids = append(ids, e.Node.ID)
		}
		if !out.Facts.PageInfo.HasNextPage {
			return ids
		}
		variables["after"] = out.Facts.PageInfo.EndCursor
	}
}

// ask posts a query and gives the answer as it comes.
func (d *drill) ask(query string) string {
	d.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		d.Fatal(err)
	}
	r, err := http.Post("http://"+d.server.addr+"/graphql", "application/json", strings.NewReader(string(body)))
	if err != nil {
		d.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		d.Fatal(err)
	}
	return string(b)
}

func TestRedisRestartedAndHalfOpenConnectionsLoseNothing(t *testing.T) {
	t.Parallel()
	const pages = 120
	redis := redistest.Start(t)
	wire := proxytest.New(t, redis.Addr)
	d := begin(t, pages, "DATABASE_URL="+pgtest.URL(t), "REDIS_URL=redis://"+wire.Addr)
	d.ready(http.StatusOK, `{"status":"ok"}`)
	d.reads(pages / 4)
	redis.Stop()
	d.ready(http.StatusOK, `"status":"degraded","degraded":["redis: not connected since`)
	d.reads(pages / 4)
	redis.Start()
	redis.Flush()
	d.ready(http.StatusOK, `{"status":"ok"}`)

	wire.Silence() // between the processes and Redis
	d.ready(http.StatusOK, `"status":"degraded"`)
	d.ready(http.StatusOK, `{"status":"ok"}`)

	d.clients.Silence() // between clients and the API, which notices by itself
	d.reads(pages / 4)
	for range 10 {
		<-d.clients.Left()
	}
	d.again()
	d.ends(pages)
}

func TestClientsGoOnFromTheirCursorAfterTheAPIHasRestarted(t *testing.T) {
	t.Parallel()
	const pages = 60
	d := begin(t, pages, "DATABASE_URL="+pgtest.URL(t), "REDIS_URL="+redistest.URL(t))
	for _, end := range []os.Signal{os.Kill, os.Interrupt} {
		d.reads(pages / 3)
		if err := d.server.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		<-d.server.ended
		d.server = launch(t, d.env, "api")
		d.clients.Lead(d.server.addr)
	}
	d.ends(pages)
}
