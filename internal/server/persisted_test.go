package server

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// hashed is the extensions of a request for a persisted query.
func hashed(query string) string {
	sum := sha256.Sum256([]byte(query))
	return `{"persistedQuery":{"version":1,"sha256Hash":"` + hex.EncodeToString(sum[:]) + `"}}`
}

// asks is a request with the hash of one query and the text of another.
func asks(of, query string) string {
	if query == "" {
		return `{"extensions":` + hashed(of) + `}`
	}
	return `{"query":` + string(encodeMap(query)) + `,"extensions":` + hashed(of) + `}`
}

const (
	notFound = `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"`
	greeting = `{"data":{"hello":"hello"}}`
)

func TestAQueryIsSentOnceAndThenItsHash(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	if a := f.post(t, asks("{hello}", ""), "Accept", mediaJSON); a.status != 200 || !strings.HasPrefix(a.body, notFound) {
		t.Errorf("before: got %d %s", a.status, a.body)
	}
	if a := f.post(t, asks("{hello}", "{hello}")); a.body != greeting {
		t.Errorf("with the query: got %s", a.body)
	}
	if a := f.post(t, asks("{hello}", "")); a.body != greeting {
		t.Errorf("by POST: got %s", a.body)
	}
	if a := f.request(t, http.MethodGet, link("extensions", hashed("{hello}")), ""); a.body != greeting {
		t.Errorf("by GET: got %s", a.body)
	}
	e := f.listen(t, http.MethodGet, link("extensions", hashed("{hello}")), "")
	e.expect(next(greeting))
	c := f.connect(t)
	c.send(`{"type":"subscribe","id":"1","payload":` + asks("{hello}", "") + `}`)
	if m := c.expect("next", "1"); string(m.Payload) != greeting {
		t.Errorf("by websocket: got %s", m.Payload)
	}
	change := `mutation{touch(text:"a")}`
	f.post(t, asks(change, change))
	if a := f.request(t, http.MethodGet, link("extensions", hashed(change)), ""); a.status != 405 {
		t.Errorf("a mutation by GET: got %d %s", a.status, a.body)
	}
}

func TestOnlyWhatWouldBeRunIsKept(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, query := range []string{
		"{", "{nothing}", "{item" + id + "{" + nested(20, "name") + "}}", "query a{hello} query b{hello}",
		"{hello}" + strings.Repeat(" ", keptDocumentMax),
	} {
		f.post(t, asks(query, query))
		if a := f.post(t, asks(query, "")); !strings.HasPrefix(a.body, notFound) {
			t.Errorf("%.30s: got %s", query, a.body)
		}
	}
}

func TestAPersistedQueryMustBeAskedForProperly(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for body, want := range map[string]string{
		asks("{hello}", "{a:hello}"):                                       "sha256Hash: is not that of the query",
		`{"extensions":{"persistedQuery":7}}`:                              "persistedQuery: must be an object",
		`{"extensions":{"persistedQuery":{}}}`:                             "persistedQuery.version: must be 1",
		`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`: "sha256Hash: must be a SHA-256",
		strings.Replace(asks("{hello}", ""), `:1,`, `:2,`, 1):              "version: must be 1",
		`{"extensions":{"persistedQuery":null}}`:                           "query: must be there",
	} {
		if a := f.post(t, body); a.status != 400 || a.code() != "INVALID" || !strings.Contains(a.body, want) {
			t.Errorf("%s: got %d %s", body, a.status, a.body)
		}
	}
}

func TestTheOldestPersistedQueryMakesWay(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Persisted: 2}})
	for _, query := range []string{"{a:hello}", "{b:hello}", "{c:hello}"} {
		f.post(t, asks(query, query))
	}
	if a := f.post(t, asks("{a:hello}", "")); !strings.HasPrefix(a.body, notFound) {
		t.Errorf("the first: got %s", a.body)
	}
	if a := f.post(t, asks("{b:hello}", "")); a.body != `{"data":{"b":"hello"}}` {
		t.Errorf("the second: got %s", a.body)
	}
}

func TestPersistedQueriesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Persisted: -1}})
	for _, query := range []string{"", "{hello}"} {
		a := f.post(t, asks("{hello}", query))
		if a.code() != "PERSISTED_QUERY_NOT_SUPPORTED" || a.Errors[0].Message != "PersistedQueryNotSupported" {
			t.Errorf("got %s", a.body)
		}
	}
	if a := f.query(t, "{hello}", nil); a.body != greeting {
		t.Errorf("got %s", a.body)
	}
}
