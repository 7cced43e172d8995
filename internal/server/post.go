package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/internal/fault"
)

// post answers one query or mutation by the GraphQL-over-HTTP specification.
func (a *api) post(w http.ResponseWriter, r *http.Request) {
	if v := a.key.judgeHeader(r.Header); v != right {
		refuseKey(w, r, v)
		return
	}
	media := negotiate(r.Header.Values("Accept"))
	if media == "" {
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid, "the answer can be %s or %s", mediaGraphQL, mediaJSON))
		return
	}
	params, status, refusal := a.params(w, r)
	if refusal != nil {
		refuse(w, r, status, refusal)
		return
	}
	ctx, op, errs := a.engine.prepare(r.Context(), params)
	if len(errs) > 0 {
		status := http.StatusOK // for clients that take any other for a broken proxy
		if media == mediaGraphQL {
			status = http.StatusBadRequest
		}
		respond(w, status, media, encodeErrors(errs))
		return
	}
	if op.Operation.Operation == ast.Subscription {
		refuse(w, r, http.StatusNotAcceptable, fault.New(fault.Invalid,
			"subscriptions need a websocket with the subprotocol %s", subprotocol))
		return
	}
	for resp := range a.engine.results(ctx, op) {
		respond(w, http.StatusOK, media, encode(resp))
	}
}

// params reads the request, or says with which status to refuse it and why.
func (a *api) params(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	media, attrs, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch charset, given := attrs["charset"]; {
	case err != nil || media != mediaJSON:
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the content type must be %s", mediaJSON)
	case given && !strings.EqualFold(charset, "utf-8"):
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the charset must be utf-8")
	case r.Header.Get("Content-Encoding") != "":
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "the body must not be encoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.engine.limits.Body))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, http.StatusRequestEntityTooLarge,
				fault.New(fault.Invalid, "the body is too large: the limit is %d bytes", a.engine.limits.Body)
		}
		return nil, http.StatusBadRequest, fault.Wrap(fault.Invalid, err, "the body ended too early")
	}
	params, refusal := decodeParams(body)
	if refusal != nil {
		return nil, http.StatusBadRequest, refusal
	}
	params.Headers = r.Header
	return params, 0, nil
}

// decodeParams reads a GraphQL request from JSON.
func decodeParams(b []byte) (*graphql.RawParams, *fault.Error) {
	if !utf8.Valid(b) {
		return nil, fault.New(fault.Invalid, "the request is not valid UTF-8")
	}
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("[")) {
		return nil, fault.New(fault.Invalid, "batches are not supported: send one operation per request")
	}
	// No database keeps NUL in text, so nothing that has it can be meant. In a
	// document within JSON the escape ends the same.
	if bytes.Contains(b, []byte(`\u0000`)) {
		return nil, fault.New(fault.Invalid, "the request has a NUL character (\\u0000)")
	}
	var in struct {
		Query         *string        `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
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
	if in.Query == nil || *in.Query == "" {
		return nil, fault.InvalidField("query", "must be there")
	}
	now := graphql.Now()
	return &graphql.RawParams{
		Query: *in.Query, OperationName: in.OperationName, Variables: in.Variables, Extensions: in.Extensions,
		ReadTime: graphql.TraceTiming{Start: now, End: now},
	}, nil
}

// preference is how much a client likes a media type, and by which of its
// words: a more exact one overrules a wider one.
type preference struct {
	exact int // 3 the type itself, 2 application/*, 1 */*
	q     float64
	place int
}

func (p preference) before(o preference) bool {
	if p.q != o.q {
		return p.q > o.q
	}
	if p.exact != o.exact {
		return p.exact > o.exact
	}
	return p.place < o.place
}

// negotiate picks the media type of the answer by the Accept headers. Who has
// none gets the one of the specification; who takes neither gets "".
func negotiate(accept []string) string {
	if len(accept) == 0 {
		return mediaGraphQL
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	best, likes := "", preference{}
	for _, media := range []string{mediaGraphQL, mediaJSON} {
		if p := prefer(ranges, media); p.q > 0 && (best == "" || p.before(likes)) {
			best, likes = media, p
		}
	}
	return best
}

func prefer(ranges []string, media string) (best preference) {
	for i, s := range ranges {
		name, attrs, err := mime.ParseMediaType(s)
		if err != nil || attrs["charset"] != "" && !strings.EqualFold(attrs["charset"], "utf-8") {
			continue
		}
		p := preference{q: 1, place: i}
		switch name {
		case media:
			p.exact = 3
		case "application/*":
			p.exact = 2
		case "*/*":
			p.exact = 1
		default:
			continue
		}
		if q, ok := attrs["q"]; ok {
			if p.q, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if p.exact > best.exact {
			best = p
		}
	}
	return best
}
