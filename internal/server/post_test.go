package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestPostAnswersByTheSpecification(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	const graphQL, plain = mediaGraphQL + "; charset=utf-8", mediaJSON + "; charset=utf-8"
	for name, test := range map[string]struct {
		accept, body string
		status       int
		media, want  string
	}{
		"data":                           {mediaGraphQL, `{"query":"{hello}"}`, 200, graphQL, `{"data":{"hello":"hello"}}`},
		"data as plain JSON":             {mediaJSON, `{"query":"{hello}"}`, 200, plain, `{"data":{"hello":"hello"}}`},
		"no Accept":                      {"", `{"query":"{hello}"}`, 200, plain, ""},
		"anything":                       {"*/*", `{"query":"{hello}"}`, 200, plain, ""},
		"any application":                {"text/html, application/*;q=0.5", `{"query":"{hello}"}`, 200, plain, ""},
		"the better of two":              {mediaJSON + ";q=0.9, " + mediaGraphQL, `{"query":"{hello}"}`, 200, graphQL, ""},
		"the first of two":               {mediaJSON + ", " + mediaGraphQL, `{"query":"{hello}"}`, 200, plain, ""},
		"one is refused":                 {"*/*, " + mediaGraphQL + ";q=0", `{"query":"{hello}"}`, 200, plain, ""},
		"neither":                        {"text/html", `{"query":"{hello}"}`, 406, plain, "the answer can be"},
		"another charset":                {mediaGraphQL + "; charset=latin1", `{"query":"{hello}"}`, 406, plain, "the answer can be"},
		"an error of a field":            {mediaGraphQL, `{"query":"{hello leak}"}`, 200, graphQL, `"data":{"hello":"hello","leak":null}`},
		"a document that does not parse": {mediaGraphQL, `{"query":"{"}`, 400, graphQL, "Expected Name"},
		"the same as plain JSON":         {mediaJSON, `{"query":"{"}`, 200, plain, "Expected Name"},
		"an unknown field":               {mediaGraphQL, `{"query":"{nothing}"}`, 400, graphQL, "Cannot query field"},
		"an unknown field, plain":        {mediaJSON, `{"query":"{nothing}"}`, 200, plain, "Cannot query field"},
		"a variable that is missing":     {mediaGraphQL, `{"query":"query($n:Int!){many(n:$n){name}}"}`, 400, graphQL, `"variables.n: must be defined"`},
		"no such operation":              {mediaGraphQL, `{"query":"query a{hello}","operationName":"b"}`, 400, graphQL, `no operation \"b\"`},
		"which operation":                {mediaGraphQL, `{"query":"query a{hello} query b{hello}"}`, 400, graphQL, "operationName is missing"},
		"the operation that is named":    {mediaGraphQL, `{"query":"query a{hello} query b{x:hello}","operationName":"b"}`, 200, graphQL, `{"data":{"x":"hello"}}`},
		"a large number":                 {mediaGraphQL, `{"query":"query($n:Int){echo(number:$n)}","variables":{"n":9007199254740993}}`, 200, graphQL, `"9007199254740993"`},
		"nulls":                          {mediaGraphQL, `{"query":"{hello}","operationName":null,"variables":null,"extensions":null}`, 200, graphQL, ""},
		"a key of the future":            {mediaGraphQL, `{"query":"{hello}","other":1}`, 200, graphQL, ""},
		"a mutation":                     {mediaGraphQL, `{"query":"mutation{touch(text:\"a\")}"}`, 200, graphQL, `{"data":{"touch":"a"}}`},
		"no JSON":                        {mediaJSON, `nonsense`, 400, plain, "not a JSON object"},
		"half of it":                     {mediaJSON, `{"query":`, 400, plain, "not a JSON object"},
		"nothing":                        {mediaJSON, ``, 400, plain, "not a JSON object"},
		"more of it":                     {mediaJSON, `{"query":"{hello}"}{}`, 400, plain, "follows"},
		"null":                           {mediaJSON, `null`, 400, plain, "query: must be there"},
		"no query":                       {mediaJSON, `{"qeury":"{hello}"}`, 400, plain, "query: must be there"},
		"a query that is none":           {mediaJSON, `{"query":["{hello}"]}`, 400, plain, "query: must not be a JSON array"},
		"variables that are none":        {mediaJSON, `{"query":"{hello}","variables":[7]}`, 400, plain, "variables: must not be a JSON array"},
		"extensions that are none":       {mediaJSON, `{"query":"{hello}","extensions":"x"}`, 400, plain, "extensions: must not be a JSON string"},
		"a name that is none":            {mediaJSON, `{"query":"{hello}","operationName":7}`, 400, plain, "operationName: must not be a JSON number"},
		"a batch":                        {mediaJSON, ` [{"query":"{hello}"}]`, 400, plain, "batches are not supported"},
		"not UTF-8":                      {mediaJSON, "{\"query\":\"{hello} #\xff\"}", 400, plain, "not valid UTF-8"},
		"a subscription":                 {mediaGraphQL, `{"query":"subscription{silent}"}`, 406, plain, "subprotocol graphql-transport-ws"},
		"variables that are too deep":    {mediaGraphQL, `{"query":"{hello}","variables":{"a":` + strings.Repeat(`[{"a":`, 30) + "1" + strings.Repeat("}]", 30) + `}}`, 400, graphQL, "50 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := f.post(t, test.body, "Accept", test.accept)
			if a.status != test.status || a.header.Get("Content-Type") != test.media || !strings.Contains(a.body, test.want) {
				t.Errorf("got %d %s %s", a.status, a.header.Get("Content-Type"), a.body)
			}
			a.checkRefusal(t)
		})
	}
}

// checkRefusal finds fault with an answer that has errors and no data, but is
// not as a request error must be.
func (a answer) checkRefusal(t *testing.T) {
	t.Helper()
	if len(a.Errors) > 0 && a.Data == nil && (strings.Contains(a.body, `"data"`) || a.code() != "INVALID") {
		t.Errorf("this is no request error: %s", a.body)
	}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for header, status := range map[string]int{
		"application/json":                   200,
		"application/json; charset=utf-8":    200,
		`Application/JSON; charset="UTF-8"`:  200,
		"application/json; charset=utf-16":   415,
		"application/graphql":                415,
		"application/x-www-form-urlencoded":  415,
		"multipart/form-data; boundary=x":    415,
		"text/plain":                         415,
		"":                                   415,
		"application/json-patch+json; a=b=c": 415,
	} {
		if a := f.request(t, http.MethodPost, "/graphql", `{"query":"{hello}"}`, "Content-Type", header); a.status != status {
			t.Errorf("%q: got %d %s", header, a.status, a.body)
		}
	}
	if a := f.post(t, `{"query":"{hello}"}`, "Content-Encoding", "gzip"); a.status != 415 {
		t.Errorf("gzip: got %d %s", a.status, a.body)
	}
}

func TestALargeBodyIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, body := range []string{params("{hello}", map[string]any{"x": strings.Repeat("x", 256<<10)}), strings.Repeat("x", 10<<20)} {
		a := f.post(t, body)
		if a.status != http.StatusRequestEntityTooLarge || a.code() != "INVALID" || !strings.Contains(a.body, "262144 bytes") {
			t.Errorf("%d bytes: got %d %s", len(body), a.status, a.body)
		}
	}
	fits := params("{hello}", nil)
	fits += strings.Repeat(" ", 256<<10-len(fits))
	if a := f.post(t, fits); a.status != 200 {
		t.Errorf("256 KiB: got %d %s", a.status, a.body)
	}
	if a := start(t, Config{Limits: Limits{Body: 10}}).post(t, `{"query":"{hello}"}`); a.status != 413 || !strings.Contains(a.body, "10 bytes") {
		t.Errorf("a limit of 10: got %d %s", a.status, a.body)
	}
}

func TestOtherMethodsAndPathsAreRefusedAsJSON(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, test := range []struct {
		method, path string
		status       int
		allow, code  string
	}{
		{"PUT", "/graphql?query={hello}", 405, "GET, POST", "INVALID"},
		{"HEAD", "/graphql?query={hello}", 405, "GET, POST", ""},
		{"POST", "/livez", 405, "GET, HEAD", "INVALID"},
		{"DELETE", "/", 405, "GET, HEAD", "INVALID"},
		{"GET", "/graphql/", 404, "", "NOT_FOUND"},
		{"POST", "/nothing", 404, "", "NOT_FOUND"},
	} {
		a := f.request(t, test.method, test.path, "")
		if a.status != test.status || a.header.Get("Allow") != test.allow || test.code != "" && a.code() != test.code {
			t.Errorf("%s %s: got %d %v %s", test.method, test.path, a.status, a.header, a.body)
		}
	}
	if a := f.request(t, "GET", "/", ""); a.status != 200 || !strings.Contains(a.body, "/graphql") {
		t.Errorf("/: got %d %s", a.status, a.body)
	}
	if a := f.request(t, "HEAD", "/", ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD /: got %d %q", a.status, a.body)
	}
}
