package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

const key = "0123456789abcdef0123456789abcdef"

// onlyKey are keys of which there is one, as of API_KEY.
func onlyKey(key string) *access.Keys { return access.NewKeys(nil, nil, access.Options{Fixed: key}) }

func TestTheKeyIsAskedForWhereThereIsOne(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	for _, test := range []struct {
		header, value string
		want          bool
	}{
		{"Authorization", "Bearer " + key, true},
		{"authorization", "bearer  " + key, true},
		{"X-API-Key", key, true},
		{"X-Other", "", false},
		{"Authorization", key, false},
		{"Authorization", "Basic " + key, false},
		{"Authorization", "Bearer " + key + "0", false},
		{"Authorization", "Bearer " + key[1:], false},
		{"Authorization", "Bearer ", false},
		{"X-API-Key", strings.ToUpper(key), false},
	} {
		a := f.query(t, "{hello}", nil, test.header, test.value)
		if test.want && a.status != 200 {
			t.Errorf("%s: %s: got %d %s", test.header, test.value, a.status, a.body)
		}
		if !test.want && (a.status != 401 || a.code() != "UNAUTHENTICATED" || a.header.Get("WWW-Authenticate") != "Bearer") {
			t.Errorf("%s: %s: got %d %v %s", test.header, test.value, a.status, a.header, a.body)
		}
	}
	if a := f.query(t, "{hello}", nil, "Authorization", "Basic eDp5", "X-API-Key", key); a.status != 200 {
		t.Errorf("a proxy's own authorization: got %d %s", a.status, a.body)
	}
	if a := f.query(t, "{hello}", nil, "X-API-Key", key, "Host", "api.example"); a.status != 200 {
		t.Errorf("with a key, any name: got %d %s", a.status, a.body)
	}
}

func TestWithoutAKeyOnlyLoopbackNamesAreServed(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1": 200, "127.8.9.1:80": 200, "[::1]:8080": 200, "[::1]": 200, "[::ffff:127.0.0.1]": 200,
		"evil.example": 403, "evil.example:8080": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403,
		"10.0.0.1": 403, "[::2]:80": 403, "0.0.0.0": 403,
	} {
		a := f.query(t, "{hello}", nil, "Host", host)
		if a.status != want || want == 403 && a.code() != "FORBIDDEN" {
			t.Errorf("%s: got %d %s", host, a.status, a.body)
		}
		if a := f.request(t, "GET", "/livez", "", "Host", host); a.status != 200 {
			t.Errorf("%s: livez is %d", host, a.status)
		}
	}
	_, resp, err := f.tryDial(t, []string{subprotocol}, "Host", "evil.example")
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a websocket through another name: %v %v", resp, err)
	}
}

func TestOnlyKnownOriginsMayReadAnswers(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Origins: []string{"https://App.example:8443", "http://localhost:5173/"}})
	for origin, known := range map[string]bool{
		"https://app.example:8443": true, "http://localhost:5173": true,
		"https://app.example": false, "http://app.example:8443": false, "https://app.example:8443.evil.example": false, "null": false, "*": false,
	} {
		a := f.query(t, "{hello}", nil, "Origin", origin)
		if a.status != 200 || (a.header.Get("Access-Control-Allow-Origin") == origin) != known || a.header.Get("Vary") != "Origin" {
			t.Errorf("%s: got %d %v", origin, a.status, a.header)
		}
		a = f.request(t, "OPTIONS", "/graphql", "", "Origin", origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,authorization")
		h := a.header
		if a.status != 204 || (h.Get("Access-Control-Allow-Origin") == origin) != known || (h.Get("Access-Control-Allow-Methods") == "GET, POST") != known ||
			strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization, Content-Type, X-API-Key") != known ||
			h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Vary") != "Origin" {
			t.Errorf("preflight from %s: got %d %v", origin, a.status, h)
		}
	}
	if a := start(t, Config{}).query(t, "{hello}", nil, "Origin", "https://app.example"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("no origins, and yet: %v", a.header)
	}
	secured := start(t, Config{Keys: onlyKey(key), Origins: []string{"https://app.example"}})
	if a := secured.query(t, "{hello}", nil, "Origin", "https://app.example"); a.status != 401 || a.header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a page must see that its key is missing: got %d %v", a.status, a.header)
	}
	if a := f.request(t, "OPTIONS", "/graphql", ""); a.status != 405 {
		t.Errorf("OPTIONS that is no preflight: %d", a.status)
	}
}

func TestAnOriginIsOneAndHasAName(t *testing.T) {
	t.Parallel()
	o := newOrigins([]string{"https://app.example", ""})
	for _, test := range []struct {
		host   string
		origin []string
		want   bool
	}{
		{"localhost", nil, true},
		{"localhost", []string{"http://LOCALHOST"}, true},
		{"localhost", []string{"https://app.example"}, true},
		{"localhost", []string{"https://app.example", "https://evil.example"}, false},
		{"localhost", []string{"http://localhost", "http://localhost"}, false},
		{"localhost", []string{""}, false},
		{"", []string{"null"}, false},
		{"localhost", []string{"http://%zz"}, false},
	} {
		if got := o.admit(&http.Request{Host: test.host, Header: http.Header{"Origin": test.origin}}); got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
	}
}

func TestEveryAnswerHasAnIDAndSafeHeaders(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	for _, path := range []string{"/", "/graphql", "/livez", "/readyz", "/nothing"} {
		h := f.request(t, "GET", path, "").header
		if len(h.Get("X-Request-Id")) < 16 || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for id, kept := range map[string]bool{
		"a-B_9.z": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "a b": false, "a\"b": false, "é": false,
	} {
		a := f.post(t, "", "X-Request-Id", id)
		if got := a.header.Get("X-Request-Id"); (got == id) != kept || a.Errors[0].Extensions.RequestID != got {
			t.Errorf("%q: got %q and %s", id, got, a.body)
		}
	}
}

func TestReadyIsNotAlive(t *testing.T) {
	t.Parallel()
	var ready error
	f := startReady(t, Config{Keys: onlyKey(key)}, func(ctx context.Context) error {
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > readyWithin {
			t.Error("it may take for ever")
		}
		return ready
	})
	for _, test := range []struct {
		err    error
		status int
		want   string
	}{
		{nil, 200, `{"status":"ok"}`},
		{errors.New("postgres://user:hunter2@db"), 503, `{"status":"unavailable","reason":"internal error"}`},
		{fault.Wrap(fault.Unavailable, errors.New("hunter2"), "the database does not answer"), 503, `{"status":"unavailable","reason":"the database does not answer"}`},
	} {
		ready = test.err
		if a := f.request(t, "GET", "/readyz", ""); a.status != test.status || a.body != test.want {
			t.Errorf("got %d %s, want %s", a.status, a.body, test.want)
		}
		if a := f.request(t, "GET", "/livez", ""); a.status != 200 || a.body != `{"status":"ok"}` {
			t.Errorf("livez: got %d %s", a.status, a.body)
		}
	}
	if !strings.Contains(f.logs.String(), "user:hunter2@db") {
		t.Error("the operator does not see why")
	}
}

func TestAPanicInFrontOfTheSchemaIsAnAnswer(t *testing.T) {
	t.Parallel()
	f := startReady(t, Config{}, func(context.Context) error { panic("hunter2") })
	a := f.request(t, http.MethodGet, "/readyz", "")
	if a.status != 500 || a.code() != "INTERNAL" || strings.Contains(a.body, "hunter2") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if logs := f.logs.String(); !strings.Contains(logs, "hunter2") || !strings.Contains(logs, "access_test.go") {
		t.Errorf("logged %s", logs)
	}
}
