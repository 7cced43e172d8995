package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// link is the URL of a GET; pairs go name, value.
func link(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return "/graphql?" + v.Encode()
}

func TestGetAnswersByTheSpecification(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	const graphQL, plain = mediaGraphQL + "; charset=utf-8", mediaJSON + "; charset=utf-8"
	for name, test := range map[string]struct {
		accept, path string
		status       int
		media, want  string
	}{
		"data":                           {mediaGraphQL, link("query", "{hello}"), 200, graphQL, `{"data":{"hello":"hello"}}`},
		"data as plain JSON":             {mediaJSON, link("query", "{hello}"), 200, plain, `{"data":{"hello":"hello"}}`},
		"no Accept":                      {"", link("query", "{hello}"), 200, plain, ""},
		"neither":                        {"text/html", link("query", "{hello}"), 406, plain, "the answer can be"},
		"variables":                      {"", link("query", "query($n:Int){echo(number:$n)}", "variables", `{"n":9007199254740993}`), 200, plain, `"9007199254740993"`},
		"the operation that is named":    {"", link("query", "query a{hello} query b{x:hello}", "operationName", "b"), 200, plain, `{"data":{"x":"hello"}}`},
		"a query beside a mutation":      {"", link("query", `query a{hello} mutation b{touch(text:"a")}`, "operationName", "a"), 200, plain, `{"data":{"hello":"hello"}}`},
		"nulls":                          {"", link("query", "{hello}", "variables", "null", "extensions", "null"), 200, plain, ""},
		"what is empty":                  {"", link("query", "{hello}", "variables", "", "extensions", "", "operationName", ""), 200, plain, ""},
		"a key of the future":            {"", link("query", "{hello}", "other", "1"), 200, plain, ""},
		"a document that does not parse": {mediaGraphQL, link("query", "{"), 400, graphQL, "Expected Name"},
		"the same as plain JSON":         {mediaJSON, link("query", "{"), 200, plain, "Expected Name"},
		"too deep":                       {mediaGraphQL, link("query", "{item"+id+"{"+nested(20, "name")+"}}"), 400, graphQL, "limit is 15 levels"},
		"no query":                       {"", "/graphql", 400, plain, "query: must be there"},
		"an empty query":                 {"", link("query", ""), 400, plain, "query: must be there"},
		"two queries":                    {"", link("query", "{hello}", "query", "{hello}"), 400, plain, "query: must not be there twice"},
		"variables that are none":        {"", link("query", "{hello}", "variables", "[7]"), 400, plain, "variables: must be a JSON object"},
		"variables and more":             {"", link("query", "{hello}", "variables", "{}{}"), 400, plain, "variables: must be a JSON object"},
		"extensions that are none":       {"", link("query", "{hello}", "extensions", "x"), 400, plain, "extensions: must be a JSON object"},
		"not UTF-8":                      {"", "/graphql?query=%7Bhello%7D%20%23%ff", 400, plain, "query: is not valid UTF-8"},
		"not well-formed":                {"", "/graphql?query=%zz", 400, plain, "not well-formed"},
		"a mutation":                     {"", link("query", `mutation{touch(text:"a")}`), 405, plain, "by POST"},
		"a subscription":                 {"", link("query", "subscription{silent}"), 406, plain, "subprotocol graphql-transport-ws"},
		"a long URL":                     {"", link("query", "{hello}"+strings.Repeat(" ", 8<<10)), 414, plain, "the limit is 8192 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := f.request(t, http.MethodGet, test.path, "", "Accept", test.accept)
			if a.status != test.status || a.header.Get("Content-Type") != test.media || !strings.Contains(a.body, test.want) {
				t.Errorf("got %d %s %s", a.status, a.header.Get("Content-Type"), a.body)
			}
			if (a.header.Get("Allow") == "POST") != (a.status == 405) {
				t.Errorf("got Allow: %s", a.header.Get("Allow"))
			}
			a.checkRefusal(t)
		})
	}
}

func TestGetNeedsTheKeyToo(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	if a := f.request(t, http.MethodGet, link("query", "{hello}"), ""); a.status != 401 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := f.request(t, http.MethodGet, link("query", "{hello}"), "", "X-API-Key", key); a.body != `{"data":{"hello":"hello"}}` {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

// net/http ends a request when its time to be read is over, even if it has
// been read.
func TestAnAnswerMayTakeLongerThanItsRequest(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := Handler(f, Config{Limits: Limits{Query: 300 * time.Millisecond}}, Health{}, nil)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ReadTimeout = 50 * time.Millisecond
	srv.Start()
	defer srv.Close()
	fix := &fixture{fake: f, addr: srv.Listener.Addr().String()}
	if a := fix.query(t, "{slow}", nil); !strings.Contains(a.body, "the query took longer than 300ms") {
		t.Errorf("POST: got %s", a.body)
	}
	if a := fix.request(t, http.MethodGet, link("query", "{slow}"), ""); !strings.Contains(a.body, "the query took longer than 300ms") {
		t.Errorf("GET: got %s", a.body)
	}
}
