package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestTheAuditLogTellsWhoAskedForWhatAndWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			c := settings(t, database)
			c.APIKey = master
			s := start(t, c)
			admin := as{s, master}
			_, secret := admin.create("writer", schema.ScopeWrite, nil)
			writer := as{s, secret}
			const create = `mutation { createProfile(input: {name: "mine", categories: ["a"], instructions: "see https://u:hunter2@x"}) { profile { id } } }`
			for _, a := range []struct{ query, id string }{
				{create, "one"},
				{create, "two"},
				{`mutation { setRateLimit(input: {domain: "x", delayMs: 1}) { rateLimit { id } } }`, "three"},
				{`mutation { a: cancelJob(input: {id: "` + uuid.NewString() + `"}) { job { id } } }`, "four"},
				{`{ profiles { totalCount } }`, "five"},
				{`mutation { nothing }`, "six"},
			} {
				_, _ = io.ReadAll(writer.send(a.query, nil, "X-Request-Id", a.id).Body)
			}
			var out struct {
				AuditLog struct {
					TotalCount int
					Edges      []struct {
						Node struct{ At, Who, Mutation, Input, Request, Outcome string }
					}
				}
			}
			const fields = `totalCount edges { node { at who mutation input request outcome } }`
			if code := admin.ask(`{ auditLog(orderBy: [{field: AT}]) { `+fields+` } }`, nil, &out); code != "" {
				t.Fatal(code)
			}
			var got []string
			for _, e := range out.AuditLog.Edges[1:] {
				n := e.Node
				got = append(got, n.Who+" "+n.Mutation+" "+n.Request+" "+n.Outcome)
			}
			want := "writer createProfile one OK; writer createProfile two CONFLICT; writer setRateLimit three FORBIDDEN; writer cancelJob four NOT_FOUND"
			if strings.Join(got, "; ") != want {
				t.Errorf("got %s\nwant %s", strings.Join(got, "; "), want)
			}
			first := out.AuditLog.Edges[0].Node
			if first.Who != "API_KEY" || first.Mutation != "createApiKey" || first.Input != `{"name":"writer","scope":"WRITE"}` && first.Input != `{"expiresAt":null,"name":"writer","scope":"WRITE"}` {
				t.Errorf("the first is %+v", first)
			}
			all, err := json.Marshal(out)
			if err != nil || strings.Contains(string(all), "hunter2") || strings.Contains(string(all), secret) || strings.Contains(string(all), master) {
				t.Errorf("there is a secret in %s, %v", all, err)
			}
			admin.ask(`{ auditLog(where: {outcome: "FORBIDDEN", who: "writer"}) { `+fields+` } }`, nil, &out)
			if out.AuditLog.TotalCount != 1 || out.AuditLog.Edges[0].Node.Mutation != "setRateLimit" {
				t.Errorf("filtered: %+v", out.AuditLog)
			}
		})
	}
}

func TestAnAuditLogThatCannotBeWrittenToKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	c := settings(t, "PostgreSQL")
	c.APIKey, c.MutationTimeout = master, app.Seconds(5*time.Second)
	s := start(t, c)
	admin := as{s, master}
	_, secret := admin.create("reader", schema.ScopeRead, nil)
	db, err := pgx.Connect(t.Context(), string(c.DatabaseURL))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	if _, err := db.Exec(t.Context(), `begin; lock table audit_entries in access exclusive mode`); err != nil { // until the connection ends
		t.Fatal(err)
	}
	const delay = `mutation { setRateLimit(input: {domain: "x", delayMs: 1}) { rateLimit { id } } }`
	if code := admin.ask(delay, nil, nil); code != "UNAVAILABLE" {
		t.Errorf("a mutation: %q", code)
	}
	if code := (as{s, secret}).ask(delay, nil, nil); code != "FORBIDDEN" {
		t.Errorf("one that is refused: %q", code)
	}
	if code := admin.ask(`{ rateLimits { totalCount } }`, nil, nil); code != "" {
		t.Errorf("a query: %q", code)
	}
}

func TestTheAuditLogIsKeptForAsLongAsTheSettingSays(t *testing.T) {
	t.Parallel()
	c := settings(t, "PostgreSQL")
	c.APIKey = master
	count := func(s *service) (n int) {
		var out struct{ AuditLog struct{ TotalCount int } }
		as{s, master}.ask(`{ auditLog { totalCount } }`, nil, &out)
		return out.AuditLog.TotalCount
	}
	s := start(t, c)
	as{s, master}.create("a", schema.ScopeRead, nil)
	if n := count(s); n != 1 {
		t.Fatalf("%d entries", n)
	}
	s.stop()
	c.AuditRetention = app.Seconds(time.Nanosecond)
	for s = start(t, c); count(s) != 0; { // until it was pruned
	}
}

func TestNoKeyIsEverLogged(t *testing.T) {
	t.Parallel()
	var logs record
	log := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := settings(t, "SQLite")
	c.APIKey = master
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, c, app.Role{API: true}, log, func(addr string) { ready <- addr }) }()
	s := &service{TB: t, addr: <-ready}
	id, secret := as{s, master}.create("ci", schema.ScopeRead, nil)
	wrong := "tf_" + strings.Repeat("w", 52)
	as{s, wrong}.ask("{ __typename }", nil, nil)
	as{s, secret}.ask(`mutation { setRateLimit(input: {domain: "`+secret+`"}) { rateLimit { id } } }`, nil, nil)
	all := as{s, secret}.open()
	as{s, master}.revoke(id)
	dismissed(t, all)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, key := range []string{secret, wrong, master} {
		if strings.Contains(logs.String(), key) {
			t.Errorf("%s is in the log:\n%s", key, logs.String())
		}
	}
	if !strings.Contains(logs.String(), "msg=started") {
		t.Errorf("nothing is logged: %s", logs.String())
	}
}

// record keeps what is written to it.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}
