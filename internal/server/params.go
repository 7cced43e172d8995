package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"techfacts.dev/techfacts/internal/fault"
)

// params reads the request, or says with which status to refuse it and why.
func (a *api) params(w http.ResponseWriter, r *http.Request) (p *graphql.RawParams, status int, refusal *fault.Error) {
	if r.Method == http.MethodGet {
		p, status, refusal = a.paramsOfURL(r)
	} else {
		p, status, refusal = a.paramsOfBody(w, r)
	}
	if refusal != nil {
		return nil, status, refusal
	}
	p.Headers = r.Header
	// What was to be read has been: from here on the answer may take its time.
	// Not every reader has a deadline to be lifted.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return p, 0, nil
}

// paramsOfURL reads a GET. Variables and extensions are JSON in it; what is
// empty is as if it were not there.
func (a *api) paramsOfURL(r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	if limit := a.engine.limits.URL; len(r.RequestURI) > limit {
		return nil, http.StatusRequestURITooLong, fault.New(fault.Invalid, "the URL is too long: the limit is %d bytes", limit)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, http.StatusBadRequest, fault.Wrap(fault.Invalid, err, "the query string of the URL is not well-formed")
	}
	var in request
	for name, field := range map[string]any{"query": &in.Query, "operationName": &in.OperationName, "variables": &in.Variables, "extensions": &in.Extensions} {
		given := values[name]
		switch {
		case len(given) > 1:
			return nil, http.StatusBadRequest, fault.InvalidField(name, "must not be there twice")
		case len(given) == 0 || given[0] == "":
			continue
		case !utf8.ValidString(given[0]):
			return nil, http.StatusBadRequest, fault.InvalidField(name, "is not valid UTF-8")
		case hasNUL([]byte(given[0])):
			return nil, http.StatusBadRequest, errNUL.With(name)
		}
		if text, ok := field.(*string); ok {
			*text = given[0]
		} else if !decodeOne([]byte(given[0]), field) {
			return nil, http.StatusBadRequest, fault.InvalidField(name, "must be a JSON object")
		}
	}
	p, refusal := in.params()
	return p, http.StatusBadRequest, refusal
}

func (a *api) paramsOfBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	media, attrs, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch charset, given := attrs["charset"]; {
	case err != nil || media != mediaJSON:
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the content type must be %s", mediaJSON)
	case given && !strings.EqualFold(charset, "utf-8"):
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the charset must be utf-8")
	case r.Header.Get("Content-Encoding") != "":
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the body must not be encoded")
	}
	limit := a.engine.limits.Body
	if r.URL.Path == importPath {
		limit = a.engine.limits.Import
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, http.StatusRequestEntityTooLarge,
				fault.New(fault.Invalid, "the body is too large: the limit is %d bytes", limit)
		}
		return nil, http.StatusBadRequest, fault.Wrap(fault.Invalid, err, "the body ended too early")
	}
	p, refusal := decodeParams(body)
	return p, http.StatusBadRequest, refusal
}

// errNUL is for text that no database keeps, so that nothing can be meant by it.
var errNUL = fault.New(fault.Invalid, `the request has a NUL character (\u0000)`)

// hasNUL reports whether there is a NUL in b, as it is or escaped. The escape
// ends the same in a GraphQL document within JSON.
func hasNUL(b []byte) bool { return bytes.IndexByte(b, 0) >= 0 || bytes.Contains(b, []byte(`\u0000`)) }

// request is what a client sends, wherever it stands.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// params are those of in, unless there is neither a query nor what stands for
// one.
func (in request) params() (*graphql.RawParams, *fault.Error) {
	if in.Query == "" && in.Extensions["persistedQuery"] == nil {
		return nil, fault.InvalidField("query", "must be there")
	}
	now := graphql.Now()
	return &graphql.RawParams{
		Query: in.Query, OperationName: in.OperationName, Variables: in.Variables, Extensions: in.Extensions,
		ReadTime: graphql.TraceTiming{Start: now, End: now},
	}, nil
}

// decodeParams reads a GraphQL request from JSON.
func decodeParams(b []byte) (*graphql.RawParams, *fault.Error) {
	if !utf8.Valid(b) {
		return nil, fault.New(fault.Invalid, "the request is not valid UTF-8")
	}
	if hasNUL(b) {
		return nil, errNUL
	}
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("[")) {
		return nil, fault.New(fault.Invalid, "batches are not supported: send one operation per request")
	}
	var in request
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // a large integer must not become a float
	if err := d.Decode(&in); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return nil, fault.InvalidField(wrong.Field, "must not be a JSON %s", wrong.Value)
		}
		return nil, fault.New(fault.Invalid, "the request is not a JSON object with a query")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "something follows the JSON object")
	}
	return in.params()
}

// decodeOne reads what b is as a whole, and tells whether it is that.
func decodeOne(b []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(into) != nil {
		return false
	}
	_, err := d.Token()
	return errors.Is(err, io.EOF)
}
