package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
	_ "github.com/jackc/pgx/v5/stdlib"
	"techfacts.dev/techfacts/internal/pgtest"
)

// fetched gives the status and the body of a page of the program's own.
func fetched(t *testing.T, addr, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (p *process) signal(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestAWorkerTellsOperatorsHowItIs(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	env := polite("DATABASE_URL="+database, "OPS_ADDR=127.0.0.1:0")
	api, w := launch(t, env, "api"), launch(t, env, "worker")
	for path, want := range map[string]string{"/livez": `{"status":"ok"}`, "/readyz": `{"status":"ok"}`, "/metrics": "techfacts_workers 1\n"} {
		if status, body := fetched(t, w.ops, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := fetched(t, w.ops, "/graphql?query={__typename}"); status != http.StatusNotFound {
		t.Errorf("the API is served, too: %d", status)
	}
	if out, stderr, code := output(t, []string{"OPS_ADDR=" + strings.Replace(w.ops, "127.0.0.1", "0.0.0.0", 1)}, "health"); code != 0 || !strings.Contains(out, "ok") {
		t.Errorf("health: %d %s%s", code, out, stderr)
	}
	// Its addresses are no pages, whatever FETCH_ALLOW_CIDRS opens.
	c := client{addr: api.addr}
	j, err := c.startScrape(t.Context(), map[string]any{"urls": []string{"http://" + w.ops + "/metrics"}, "company": "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	if j, err = c.follow(t.Context(), j.ID, "Reading"); err != nil || j.Status != "FAILED" {
		t.Errorf("reading its own address: %s %v", j.Status, err)
	}

	// A database of another version is none to work with.
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []struct{ statement, want string }{
		{`insert into goose_db_version (version_id, is_applied) values (99999999999999, true)`, "newer than this program"},
		{`delete from goose_db_version where version_id = 99999999999999`, `{"status":"ok"}`},
		{`delete from goose_db_version where version_id = (select max(version_id) from goose_db_version)`, "older than this program"},
	} {
		if _, err := db.ExecContext(t.Context(), change.statement); err != nil {
			t.Fatal(err)
		}
		for _, addr := range []string{w.ops, api.ops, api.addr} {
			status, body := fetched(t, addr, "/readyz")
			if !strings.Contains(body, change.want) || (status == http.StatusOK) != strings.Contains(change.want, "ok") {
				t.Errorf("after %s: %d %s", change.statement, status, body)
			}
		}
	}
	if status, _ := fetched(t, w.ops, "/livez"); status != http.StatusOK {
		t.Errorf("it is not alive: %d", status)
	}
	if _, stderr, code := output(t, []string{"LISTEN_ADDR=" + api.addr}, "health"); code != exitFailed || !strings.Contains(stderr, "older than this program") {
		t.Errorf("health: %d %s", code, stderr)
	}
}

// items gives state and attempts of each item of a job.
func (c client) items(ctx context.Context, id string) (states []string, attempts []int, err error) {
	var out struct {
		Job struct {
			Items struct {
				Edges []struct {
					Node struct {
						State    string
						Attempts int
					}
				}
			}
		}
	}
	err = c.do(ctx, `query ($id: ID!) { job(id: $id) { items(first: 100) { edges { node { state attempts } } } } }`, map[string]any{"id": id}, &out)
	for _, e := range out.Job.Items.Edges {
		states, attempts = append(states, e.Node.State), append(attempts, e.Node.Attempts)
	}
	return states, attempts, err
}

func TestAStoppingServiceIsNotReadyAnswersOnAndGivesItsWorkBackAtOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t, 20)
	p := launch(t, polite("DATA_DIR="+t.TempDir(), "WORKER_FETCHES=8", "SHUTDOWN_DELAY=10m"), "serve")
	c := client{addr: p.addr}
	j, err := c.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	<-b.full // workers are at pages that do not come
	if status, _ := fetched(t, p.addr, "/readyz"); status != http.StatusOK {
		t.Errorf("before it is told to stop: %d", status)
	}
	p.signal(t)
	for ready := true; ready; {
		status, body := fetched(t, p.addr, "/readyz")
		ready = status == http.StatusOK
		if status == 0 || !ready && !strings.Contains(body, "shutting down") {
			t.Fatalf("while it stops: %d %s", status, body)
		}
	}
	for leased := true; leased; {
		states, attempts, err := c.items(t.Context(), j.ID) // it answers still
		if err != nil {
			t.Fatal(err)
		}
		leased = slices.Contains(states, "RUNNING")
		for i, state := range states {
			if state == "READY" && attempts[i] > 0 {
				t.Fatalf("an item that was given back has spent %d attempts", attempts[i])
			}
		}
	}
	if status, _ := fetched(t, p.addr, "/livez"); status != http.StatusOK {
		t.Errorf("it is not alive: %d", status)
	}
	p.signal(t) // the second: now
	<-p.ended
	if status, ok := p.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", p.ProcessState)
	}
}

func TestSocketsAreClosedAsGoingAwayWhenTheTimeToTakeNoteIsOver(t *testing.T) {
	t.Parallel()
	p := launch(t, []string{"DATA_DIR=" + t.TempDir(), "SHUTDOWN_DELAY=0.1"}, "serve")
	ws, r, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(t.Context(), "ws://"+p.addr+"/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	defer ws.Close()
	p.signal(t)
	_, _, err = ws.ReadMessage()
	if e, ok := errors.AsType[*websocket.CloseError](err); !ok || e.Code != websocket.CloseGoingAway {
		t.Errorf("the socket ended with %v", err)
	}
	<-p.ended
	if code := p.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
