package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/redistest"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	if database := os.Getenv("BENCH_PLAIN"); database != "" { // see launchPlain
		panic(servePlain(database))
	}
	dir, err := os.MkdirTemp("", "techfacts-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "techfacts")
	build := exec.Command("go", "build", "-ldflags", "-X main.version=v1.2.3-test", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	if _, err := os.Stat(binary); err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	pgtest.Main(m)
}

// process is a running techfacts.
type process struct {
	*exec.Cmd
	addr  string // of its API, if it has one
	ops   string // of what operators watch, if it has one
	ended chan struct{}
}

// launch starts the program and waits until it says that it has started.
func launch(tb testing.TB, env []string, args ...string) *process {
	tb.Helper()
	p := &process{Cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + tb.TempDir(), "LOG_FORMAT=json", "LISTEN_ADDR=127.0.0.1:0"}, env...)
	stderr, err := p.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.kill)
	started := make(chan struct{})
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var line struct {
				Msg, Addr, Level string
				OpsAddr          string `json:"ops_addr"`
			}
			if json.Unmarshal(lines.Bytes(), &line) != nil || line.Level == "ERROR" {
				fmt.Fprintf(tb.Output(), "%v: %s\n", args, lines.Text())
			}
			if line.Msg == "started" {
				p.addr, p.ops = line.Addr, line.OpsAddr
				close(started)
			}
		}
		_ = p.Wait()
	}()
	select {
	case <-started:
	case <-p.ended:
		tb.Fatalf("%v did not start", args)
	}
	return p
}

// kill is kill -9, and waits until the process is gone.
func (p *process) kill() {
	_ = p.Process.Kill()
	<-p.ended
}

// books is a site of numbered pages that knows what was asked of it, and can
// hold its answers back.
type books struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
	gate  chan struct{} // closed to let the answers go
	hold  int           // answers given at once; those after wait for gate
	full  chan struct{} // closed when somebody waits

	every     int // if set, each so manyth page first says so on milestone
	milestone chan struct{}
}

func newBooks(t *testing.T, hold int) *books {
	t.Helper()
	b := &books{asked: map[string]int{}, gate: make(chan struct{}), milestone: make(chan struct{}), full: make(chan struct{}), hold: hold}
	waiting := 0
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		b.mu.Lock()
		b.asked[r.URL.Path]++
		n := len(b.asked)
		if n > b.hold {
			if waiting++; waiting == 6 {
				close(b.full)
			}
		}
		b.mu.Unlock()
		if b.every > 0 && n%b.every == 0 {
			select {
			case b.milestone <- struct{}{}:
			case <-r.Context().Done():
				return
			}
		}
		if n > b.hold {
			select {
			case <-b.gate:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<html><title>Plan %[1]s</title><main><h1>Plan %[1]s</h1><p>The plan %[1]s allows 100 requests per minute per key.</p><p>The plan %[1]s costs $20 per month.</p></main>`, r.URL.Path)
	}))
	t.Cleanup(func() { b.Close() })
	return b
}

func (b *books) urls(n int) (urls []string) {
	for i := range n {
		urls = append(urls, fmt.Sprintf("%s/%02d", b.URL, i))
	}
	return urls
}

// polite are settings by which a test need not wait.
func polite(env ...string) []string {
	return append([]string{
		"SCRAPE_DELAY_MIN=0", "SCRAPE_DELAY_MAX=0", "FETCH_ALLOW_CIDRS=127.0.0.0/8",
		"SCRAPE_MAX_CONCURRENT_PER_DOMAIN=8", "WORKER_FETCHES=4",
	}, env...)
}

const pages = 60

// settled checks that a job over so many pages has left each once, and every
// fact once.
func settled(t *testing.T, api client, j job, pages int) {
	t.Helper()
	if j.Status != "COMPLETED" || j.Done != pages || j.Total != pages || j.Failed+j.Skipped != 0 {
		t.Errorf("job = %+v", j)
	}
	var out struct {
		Pages, Facts struct{ TotalCount int }
		Job          struct {
			Items  struct{ TotalCount int }
			Events struct {
				TotalCount int
				Edges      []struct {
					Node struct {
						Seq           int
						Kind, Message string
					}
				}
			}
		}
	}
	err := api.do(t.Context(), `query ($id: ID!) { pages { totalCount } facts { totalCount }
		job(id: $id) { items(where: {state: ENDED, outcomeIn: [STORED, UNCHANGED]}) { totalCount } events(last: 1) { totalCount edges { node { seq kind message } } } } }`,
		map[string]any{"id": j.ID}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if out.Pages.TotalCount != pages || out.Job.Items.TotalCount != pages || out.Facts.TotalCount != j.FactCount {
		t.Errorf("%d pages, %d items, %d facts; the job counts %d facts", out.Pages.TotalCount, out.Job.Items.TotalCount, out.Facts.TotalCount, j.FactCount)
	}
	if e := out.Job.Events; len(e.Edges) != 1 || e.Edges[0].Node.Seq != e.TotalCount || e.Edges[0].Node.Kind != "ENDED" || e.Edges[0].Node.Message != "COMPLETED" {
		t.Errorf("the last event is not that of the end, or there is a gap: %+v", e)
	}
	statements(t, api, pages)
	searched(t, api, out.Facts.TotalCount)
}

// searched checks that search has heard of every fact, whoever died meanwhile.
func searched(t *testing.T, api client, facts int) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		var out struct {
			SearchFacts struct {
				Total struct{ Count int }
				Meta  struct{ Degraded bool }
			}
		}
		if err := api.do(t.Context(), `{ searchFacts { total { count } meta { degraded } } }`, nil, &out); err != nil {
			t.Fatal(err)
		}
		if out.SearchFacts.Total.Count == facts && !out.SearchFacts.Meta.Degraded {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			t.Errorf("search has %+v, and there are %d facts", out.SearchFacts, facts)
			return
		}
	}
}

// statements checks that there is what the books say, and nothing twice: two
// facts of each page.
func statements(t *testing.T, api client, pages int) {
	t.Helper()
	seen, perPage := map[string]bool{}, map[string]int{}
	after := ""
	for more := true; more; {
		var out struct {
			Facts struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Edges []struct {
					Node struct{ URL, Statement string }
				}
			}
		}
		variables := map[string]any{}
		if after != "" {
			variables["after"] = after
		}
		if err := api.do(t.Context(), `query ($after: Cursor) { facts(first: 100, after: $after) { pageInfo { hasNextPage endCursor } edges { node { url statement } } } }`, variables, &out); err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Facts.Edges {
			key := e.Node.URL + " " + e.Node.Statement
			if seen[key] {
				t.Errorf("twice: %s", key)
			}
			seen[key] = true
			perPage[e.Node.URL]++
		}
		more, after = out.Facts.PageInfo.HasNextPage, out.Facts.PageInfo.EndCursor
	}
	if len(seen) != 2*pages || len(perPage) != pages {
		t.Errorf("%d facts of %d pages, want two of each of %d", len(seen), len(perPage), pages)
	}
}

func TestKilledWorkerIsReplacedByAnother(t *testing.T) {
	t.Parallel()
	b := newBooks(t, 20)
	env := polite("DATABASE_URL=" + pgtest.URL(t))
	api := client{addr: launch(t, env, "api").addr}
	victim := launch(t, env, "worker")
	launch(t, env, "worker")
	j, err := api.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	<-b.full // more answers wait than one worker asks for at a time: both are at it
	victim.kill()
	began := time.Now()
	close(b.gate)
	j, err = api.follow(t.Context(), j.ID, "Reading")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("settled %v after the kill", time.Since(began).Round(time.Millisecond))
	settled(t, api, j, pages)
}

// TestTwentyKillsLoseNothing is the drill of a bad day: over PostgreSQL and
// Redis three workers read 400 pages, and twenty times one of them is killed.
func TestTwentyKillsLoseNothing(t *testing.T) {
	t.Parallel()
	const pages, kills = 400, 20
	b := newBooks(t, pages)
	b.every = pages / (kills + 1)
	env := polite("DATABASE_URL="+pgtest.URL(t), "REDIS_URL="+redistest.URL(t))
	api := client{addr: launch(t, env, "api").addr}
	var workers []*process
	for range 3 {
		workers = append(workers, launch(t, env, "worker"))
	}
	j, err := api.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(20, 400))
	for range kills {
		<-b.milestone
		i := random.IntN(len(workers))
		workers[i].kill()
		workers[i] = launch(t, env, "worker")
	}
	began := time.Now()
	go func() { // the last ones
		for {
			select {
			case <-b.milestone:
			case <-t.Context().Done():
				return
			}
		}
	}()
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("settled %v after the last kill", took.Round(time.Millisecond))
	if took > time.Minute {
		t.Errorf("it took %v to settle, want less than a minute", took)
	}
	settled(t, api, j, pages)
}

func TestKilledSingleBinaryGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := newBooks(t, 20)
	env := polite("DATA_DIR="+t.TempDir(), "WORKER_FETCHES=8")
	first := launch(t, env, "serve")
	j, err := client{addr: first.addr}.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	<-b.full
	first.kill()
	close(b.gate)
	api := client{addr: launch(t, env, "serve").addr}
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	settled(t, api, j, pages)
	b.mu.Lock()
	defer b.mu.Unlock()
	again := 0
	for _, n := range b.asked {
		if n > 1 {
			again++
		}
	}
	if again > 8 {
		t.Errorf("%d pages were asked for again, want at most those under way", again)
	}
}

func TestStoppedServiceGivesItsWorkBack(t *testing.T) {
	t.Parallel()
	b := newBooks(t, 20)
	env := polite("DATA_DIR="+t.TempDir(), "WORKER_FETCHES=8")
	first := launch(t, env, "serve")
	j, err := client{addr: first.addr}.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	<-b.full
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	if code := first.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d after a signal", code)
	}
	close(b.gate)
	api := client{addr: launch(t, env, "serve").addr}
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil {
		t.Fatal(err)
	}
	settled(t, api, j, pages)
}

// output runs the program to its end.
func output(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LISTEN_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir()}, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestScrapePrintsFactsWithTheirQuotes(t *testing.T) {
	t.Parallel()
	b := newBooks(t, pages)
	stdout, stderr, code := output(t, polite(), "scrape", b.URL+"/a", b.URL+"/b", "--company", "Acme", "--profile", "api_docs", "--facts", "3")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"Acme · rate_limits", "“The plan /a allows 100 requests per minute per key.”", b.URL + "/a", "3 of "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "COMPLETED, pages done: 2, failed: 0") {
		t.Errorf("stderr = %s", stderr)
	}
}

func TestScrapeKeepsPagesWithoutFactsIfThatIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBooks(t, pages)
	stdout, stderr, code := output(t, polite(), "scrape", b.URL+"/a", "--profile", "api_docs", "--no-extract")
	if code != 0 || stdout != "" || !strings.Contains(stderr, "COMPLETED, pages done: 1, failed: 0") || !strings.Contains(stderr, "facts: 0") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestScrapeTellsWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	b := newBooks(t, pages)
	_, stderr, code := output(t, polite(), "scrape", b.URL+"/a", b.URL+"/robots.txt/../nope.pdf?x", "http://10.1.2.3/")
	if code != exitPartial || !strings.Contains(stderr, "FETCH_BLOCKED  http://10.1.2.3/") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
	_, stderr, code = output(t, nil, "scrape", "http://10.1.2.3/")
	if code != exitFailed || !strings.Contains(stderr, "nothing was done: 1 FETCH_BLOCKED") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestScrapePrintsTheFactsOfItsOwnPagesOnly(t *testing.T) {
	t.Parallel()
	b := newBooks(t, pages)
	env := polite("DATA_DIR=" + t.TempDir())
	output(t, env, "scrape", b.URL+"/old", "--company", "Acme", "--profile", "api_docs")
	stdout, _, _ := output(t, env, "scrape", b.URL+"/new", "--company", "Acme", "--profile", "api_docs")
	if strings.Contains(stdout, "/old") || !strings.Contains(stdout, "/new") {
		t.Errorf("printed:\n%s", stdout)
	}
	stdout, stderr, code := output(t, env, "scrape", "http://10.1.2.3/", "--company", "Acme", "--profile", "api_docs")
	if stdout != "" || code != exitFailed {
		t.Errorf("of a job that read nothing: %d\n%s\n%s", code, stdout, stderr)
	}
	if _, stderr, code = output(t, env, "scrape", b.URL+"/new", "--depth", "3"); code == 0 || !strings.Contains(stderr, "--crawl") {
		t.Errorf("--depth without --crawl: %d %s", code, stderr)
	}
}

func TestDemoEndsWithFactsOnTheScreen(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := output(t, nil, "demo", "--once")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"pricing", "rate_limits", "certifications", "“", "/graphql"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in:\n%s", want, stdout)
		}
	}
	if n := strings.Count(stderr, "COMPLETED") + strings.Count(stderr, "PARTIAL"); n != 6 {
		t.Errorf("%d jobs ended well, want 6:\n%s", n, stderr)
	}
	if !slices.ContainsFunc([]string{"ROBOTS_BLOCKED", "HTTP_ERROR"}, func(o string) bool { return strings.Contains(stderr, o) }) {
		t.Errorf("nothing tells of the forbidden and the missing page:\n%s", stderr)
	}
}

func TestEmbeddedDatabaseIsNotShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	launch(t, []string{"DATA_DIR=" + dir}, "serve")
	_, stderr, code := output(t, []string{"DATA_DIR=" + dir}, "serve")
	if code == 0 || !strings.Contains(stderr, "in use by another process") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
