package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/pgtest"
)

// databases are settings that name one of each kind.
func databases(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"SQLite": "DATA_DIR=" + t.TempDir(), "PostgreSQL": "DATABASE_URL=" + pgtest.URL(t)}
}

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	t.Parallel()
	for name, setting := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := func(args ...string) (stdout, stderr string, code int) {
				t.Helper()
				return output(t, []string{setting}, append([]string{"keys"}, args...)...)
			}
			secret, said, code := keys("create", "ci", "--scope", "write", "--expires", "2099-01-31")
			if !regexp.MustCompile(`^tf_[a-z2-7]{52}\n$`).MatchString(secret) || !strings.Contains(said, "2099-01-31") || code != 0 {
				t.Fatalf("create: %q %q %d", secret, said, code)
			}
			if _, _, code := keys("create", "other", "--scope", "READ"); code != 0 {
				t.Errorf("create: %d", code)
			}
			list, _, code := keys("list")
			row := regexp.MustCompile(`(?m)^ci +write +\S+ \S+ +2099-01-31 00:00 +never +no +(\S+)$`).FindStringSubmatch(list)
			if row == nil || !regexp.MustCompile(`(?m)^other +read +\S+ \S+ +never +never +no `).MatchString(list) || code != 0 || strings.Contains(list, strings.TrimSpace(secret)) {
				t.Fatalf("list: %d\n%s", code, list)
			}
			if said, stderr, code := keys("revoke", "other"); !strings.HasPrefix(said, "other is revoked since 20") || code != 0 {
				t.Errorf("revoke by name: %q %q %d", said, stderr, code)
			}
			if said, stderr, code := keys("revoke", row[1]); !strings.HasPrefix(said, "ci is revoked since 20") || code != 0 {
				t.Errorf("revoke by id: %q %q %d", said, stderr, code)
			}
			if list, _, _ = keys("list"); strings.Contains(list, " no ") {
				t.Errorf("list:\n%s", list)
			}
			for what, args := range map[string][]string{
				"no such API key":                              {"revoke", "nobody"},
				"there is or was an API key":                   {"create", "ci", "--scope", "read"},
				"must be in the future":                        {"create", "old", "--scope", "read", "--expires", "2001-01-31"},
				"must be one of \"read\"":                      {"create", "new", "--scope", "owner"},
				"missing flags: --scope":                       {"create", "new"},
				"neither a duration":                           {"create", "new", "--scope", "read", "--expires", "soon"},
				"techfacts: name: must be 1 to 64 lower case ": {"create", "API_KEY", "--scope", "read"},
			} {
				if stdout, stderr, code := keys(args...); code == 0 || stdout != "" || !strings.Contains(stderr, what) || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%v: %q %q %d", args, stdout, stderr, code)
				}
			}
		})
	}
}

// knock asks the API of p something with a key, and gives the status.
func (p *process) knock(t *testing.T, key string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.addr+"/graphql?query={__typename}", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestARunningAPIKnowsKeysOfTheCommandLine(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + pgtest.URL(t), "API_KEY=" + strings.Repeat("k", 32)}
	api := launch(t, env, "api")
	out, _, _ := output(t, env, "keys", "create", "ci", "--scope", "read")
	secret := strings.TrimSpace(out)
	if got := api.knock(t, secret); got != http.StatusOK {
		t.Fatalf("a new key: %d", got)
	}
	ws, resp, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(t.Context(), "ws://"+api.addr+"/graphql", http.Header{"X-Api-Key": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	defer ws.Close()
	var m struct{ Type string }
	if err := errors.Join(ws.WriteJSON(map[string]string{"type": "connection_init"}), ws.ReadJSON(&m)); err != nil || m.Type != "connection_ack" {
		t.Fatal(m, err)
	}
	if _, stderr, code := output(t, env, "keys", "revoke", "ci"); code != 0 {
		t.Fatal(stderr)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4401) {
		t.Errorf("the socket: %v", err)
	}
	if got := api.knock(t, secret); got != http.StatusUnauthorized {
		t.Errorf("a revoked key: %d", got)
	}
	if list, _, _ := output(t, env, "keys", "list"); !regexp.MustCompile(`(?m)^ci +read +\S+ \S+ +never +20\S+ \S+ +20`).MatchString(list) {
		t.Errorf("when it was used is not in the list:\n%s", list)
	}
}

func TestKeysOfAnEmbeddedDatabaseInUseAreManagedThroughTheAPI(t *testing.T) {
	t.Parallel()
	env := []string{"DATA_DIR=" + t.TempDir()}
	serve := launch(t, env, "serve")
	for _, args := range [][]string{{"create", "ci", "--scope", "read"}, {"list"}, {"revoke", "ci"}} {
		_, stderr, code := output(t, env, append([]string{"keys"}, args...)...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "createApiKey") {
			t.Errorf("%v: %d %s", args, code, stderr)
		}
	}
	resp, err := http.Post("http://"+serve.addr+"/graphql", "application/json",
		strings.NewReader(`{"query":"mutation { createApiKey(input: {name: \"ci\", scope: ADMIN}) { secret } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct {
		Data struct {
			CreateAPIKey struct{ Secret string } `json:"createApiKey"`
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	if got := serve.knock(t, made.Data.CreateAPIKey.Secret); got != http.StatusOK {
		t.Errorf("its key: %d", got)
	}
	if got := serve.knock(t, ""); got != http.StatusUnauthorized {
		t.Errorf("no key: %d", got)
	}
}

func TestWithAKeyMoreThanLoopbackIsServed(t *testing.T) {
	t.Parallel()
	for name, setting := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := []string{setting, "LISTEN_ADDR=0.0.0.0:0"}
			if _, stderr, code := output(t, env, "serve"); code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "techfacts keys create") {
				t.Errorf("without a key: %d %s", code, stderr)
			}
			out, stderr, code := output(t, env, "keys", "create", "ci", "--scope", "read")
			if code != 0 {
				t.Fatal(stderr)
			}
			if _, stderr, code := output(t, env, "keys", "revoke", "ci"); code != 0 {
				t.Fatal(stderr)
			}
			serve := launch(t, env, "serve")
			serve.addr = strings.Replace(serve.addr, "[::]", "127.0.0.1", 1)
			for _, key := range []string{"", strings.TrimSpace(out)} {
				if got := serve.knock(t, key); got != http.StatusUnauthorized {
					t.Errorf("none, or one that was revoked: %d", got)
				}
			}
		})
	}
}

func TestScrapeNeedsNoKeyOfTheDatabase(t *testing.T) {
	t.Parallel()
	b := newBooks(t, 100)
	env := []string{"DATA_DIR=" + t.TempDir(), "FETCH_ALLOW_CIDRS=127.0.0.0/8"}
	if _, stderr, code := output(t, env, "keys", "create", "ci", "--scope", "read"); code != 0 {
		t.Fatal(stderr)
	}
	if stdout, stderr, code := output(t, env, "scrape", b.URL+"/1"); code != 0 {
		t.Errorf("%d %s %s", code, stdout, stderr)
	}
}

func TestAnExpiryIsADurationOrADate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, want := range map[string]string{
		"90d": "2026-05-04T04:05:06Z", "12h": "2026-02-03T16:05:06Z", "1m30s": "2026-02-03T04:06:36Z",
		"2027-01-31": "2027-01-31T00:00:00Z", "2027-01-31T10:00:00+02:00": "2027-01-31T08:00:00Z",
		"": "", "0d": "", "-1h": "", "0": "", "d": "", "31.1.2027": "", "99999d": "",
	} {
		var e expiry
		got := ""
		if err := e.UnmarshalText([]byte(text)); err == nil {
			got = e.at(now).UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if at := (expiry{}).at(now); at != nil {
		t.Errorf("none: %s", at)
	}
}
