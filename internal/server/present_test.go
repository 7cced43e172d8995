package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/fault"
)

func TestACodedErrorIsShownWithoutItsCause(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, code := range []fault.Code{
		fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Limited, fault.Unavailable,
	} {
		a := f.query(t, "query($c:String!){x:fail(code:$c)}", map[string]any{"c": code}, "X-Request-Id", "abc")
		if a.status != http.StatusOK || a.code() != string(code) {
			t.Fatalf("%s: got %d %s", code, a.status, a.body)
		}
		e := a.Errors[0]
		if e.Message != "words for strangers" || e.Extensions.Field != "input.url" || e.Extensions.RetryAfter != 2 ||
			e.Extensions.RequestID != "abc" || !reflect.DeepEqual(e.Path, []any{"x"}) || len(e.Locations) != 1 {
			t.Errorf("%s: got %s", code, a.body)
		}
	}
	if logs := f.logs.String(); logs != "" {
		t.Errorf("what the client can mend is in the log: %s", logs)
	}
}

func TestAnErrorWithoutACodeIsLoggedOnceAndNotShown(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"{leak}", "{boom}", `{fail(code:"INTERNAL")}`, "{item" + id + "{broken}}"} {
		f := start(t, Config{})
		a := f.query(t, query, nil, "X-Request-Id", "abc")
		if a.code() != "INTERNAL" || a.Errors[0].Message != "internal error" || strings.Contains(a.body, "hunter2") ||
			a.Errors[0].Extensions.RequestID != "abc" {
			t.Errorf("%s: got %s", query, a.body)
		}
		logs := f.logs.String()
		if strings.Count(logs, "hunter2") != 1 || !strings.Contains(logs, `"request_id":"abc"`) {
			t.Errorf("%s: logged %s", query, logs)
		}
		if stack := strings.Contains(logs, "schema_test.go"); stack != (query == "{boom}") {
			t.Errorf("%s: stack in the log: %t", query, stack)
		}
	}
}

func TestAnArgumentThatCannotBeReadIsTheClientsFault(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	a := f.query(t, `{x:item(id:"nonsense"){name}}`, nil)
	if a.code() != "INVALID" || a.Errors[0].Extensions.Field != "id" || !reflect.DeepEqual(a.Errors[0].Path, []any{"x"}) ||
		!strings.HasPrefix(a.Errors[0].Message, "id: invalid UUID") {
		t.Errorf("got %s", a.body)
	}
	a = f.query(t, "query($in:In){echo(in:$in)}", map[string]any{"in": map[string]any{"list": []any{1, "x"}}})
	if a.code() != "INVALID" || a.Errors[0].Extensions.Field != "variables.in.list[1]" {
		t.Errorf("got %s", a.body)
	}
	if a = f.query(t, "{echo(number:99999999999999999999)}", nil); a.code() != "INVALID" {
		t.Errorf("got %s", a.body)
	}
	if logs := f.logs.String(); logs != "" {
		t.Errorf("logged %s", logs)
	}
}

func TestAnAnswerHasAtMostTwentyErrors(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	a := f.query(t, "{many(n:50){broken}}", nil)
	if len(a.Errors) != 20 || a.Extensions["errorsOmitted"] != 30.0 || a.Data["many"] == nil {
		t.Errorf("got %d errors, %v", len(a.Errors), a.Extensions)
	}
	if n := strings.Count(f.logs.String(), "hunter2"); n != 20 {
		t.Errorf("logged %d errors", n)
	}
	a = f.query(t, "{"+numbered(9, "a%d b%[1]d c%[1]d")+"}", nil)
	if a.status != 400 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	a = f.query(t, "{item"+id+"{"+numbered(27, "x%d")+"}}", nil)
	if len(a.Errors) != 20 || a.Extensions["errorsOmitted"] != 7.0 {
		t.Errorf("got %s", a.body)
	}
}

func TestALongMessageIsCut(t *testing.T) {
	t.Parallel()
	a := start(t, Config{}).query(t, `{echo(number:"`+strings.Repeat("é", 10_000)+`")}`, nil)
	if a.code() != "INVALID" || len(a.Errors[0].Message) > maxMessage+len("…") || !strings.HasSuffix(a.Errors[0].Message, "é…") {
		t.Errorf("got %s", a.body)
	}
}

func TestQueriesAndMutationsHaveATimeToBeAnsweredIn(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Query: 30 * time.Millisecond, Mutation: 40 * time.Millisecond}})
	for query, want := range map[string]string{
		"{slow}": "the query took longer than 30ms", "mutation{slow}": "the mutation took longer than 40ms",
	} {
		a := f.query(t, query, nil)
		if a.status != http.StatusOK || a.code() != "UNAVAILABLE" || a.Errors[0].Message != want {
			t.Errorf("%s: got %d %s", query, a.status, a.body)
		}
		within(t, f.ended, "the resolver's context to end")
	}
	if logs := f.logs.String(); logs != "" {
		t.Errorf("logged %s", logs)
	}
}

func TestAClientThatLeavesEndsItsQuery(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.addr+"/graphql", strings.NewReader(`{"query":"{slow}"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	left := make(chan error, 1)
	go func() { _, err := http.DefaultClient.Do(r); left <- err }()
	within(t, f.began, "the query")
	leave()
	within(t, f.ended, "the end of the query")
	if err := within(t, left, "the end of the request"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWhatCarriesNoCodeIsClassified(t *testing.T) {
	t.Parallel()
	late, cancel := context.WithTimeoutCause(t.Context(), 0, fault.New(fault.Unavailable, "too late"))
	defer cancel()
	<-late.Done()
	left, leave := context.WithCancel(t.Context())
	leave()
	pagination := gqlerror.Errorf("no such page")
	errcode.Set(pagination, "INVALID_PAGINATION")
	for _, test := range []struct {
		ctx  context.Context //nolint:containedctx // of a table
		err  error
		code fault.Code
		want string
	}{
		{t.Context(), errors.New("x"), fault.Internal, internalError},
		{t.Context(), gqlerror.Errorf("x"), fault.Internal, internalError},
		{t.Context(), pagination, fault.Invalid, "no such page"},
		{t.Context(), fmt.Errorf("ask: %w", context.DeadlineExceeded), fault.Unavailable, "something that is needed took too long"},
		{t.Context(), context.Canceled, fault.Internal, internalError},
		{left, fmt.Errorf("ask: %w", context.Canceled), fault.Unavailable, "the request was cancelled"},
		{late, errors.New("interrupted"), fault.Unavailable, "too late"},
		{late, fault.New(fault.Conflict, "x"), fault.Conflict, "x"},
		{late, &panicError{value: "x"}, fault.Internal, internalError},
		{t.Context(), &panicError{value: fault.New(fault.Invalid, "x")}, fault.Internal, internalError},
	} {
		if f := classify(test.ctx, test.err); f.Code != test.code || f.Message != test.want {
			t.Errorf("%v: got %s %s", test.err, f.Code, f.Message)
		}
	}
}

func TestInnermostFindsWhatWasWrong(t *testing.T) {
	t.Parallel()
	err := errors.New("x")
	if got := innermost(fmt.Errorf("a: %w", fmt.Errorf("b: %w", err))); got != err { //nolint:errorlint // exactly that one
		t.Errorf("got %v", got)
	}
}
