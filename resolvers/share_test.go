package resolvers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/ent"
)

// asks is the context of one response to a subscription.
func asks(t *testing.T, op *ast.OperationDefinition, variables map[string]any) context.Context {
	t.Helper()
	ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: op, Variables: variables})
	return graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover)
}

func text(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

func TestAValueIsMarshalledOnceForAllWhoAskTheSame(t *testing.T) {
	t.Parallel()
	r := &Resolver{shares: newShares()}
	op, job := &ast.OperationDefinition{}, &ent.Job{}
	var times atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			ctx := asks(t, op, map[string]any{"b": 1, "a": "x"})
			got := text(r.Share(ctx)(ctx, job, func() graphql.Marshaler {
				times.Add(1)
				return graphql.MarshalString("once")
			}))
			if got != `"once"` {
				t.Errorf("got %s", got)
			}
		})
	}
	group.Wait()
	if n := times.Load(); n != 1 {
		t.Errorf("marshalled %d times", n)
	}
}

func TestWhatIsAskedOtherwiseIsMarshalledAnew(t *testing.T) {
	t.Parallel()
	r := &Resolver{shares: newShares()}
	op, job := &ast.OperationDefinition{}, &ent.Job{}
	for i, q := range []struct {
		op        *ast.OperationDefinition
		variables map[string]any
		value     any
	}{
		{op, map[string]any{"more": true}, job},
		{op, map[string]any{"more": false}, job},
		{&ast.OperationDefinition{}, map[string]any{"more": true}, job},
		{op, map[string]any{"more": true}, &ent.Job{}},
	} {
		ctx, asked := asks(t, q.op, q.variables), false
		r.Share(ctx)(ctx, q.value, func() graphql.Marshaler { asked = true; return graphql.Null })
		if !asked {
			t.Errorf("%d: got the answer to another question", i)
		}
	}
}

func TestAnAnswerWithErrorsIsNotShared(t *testing.T) {
	t.Parallel()
	r := &Resolver{shares: newShares()}
	op, job := &ast.OperationDefinition{}, &ent.Job{}
	for range 2 {
		ctx := asks(t, op, nil)
		r.Share(ctx)(ctx, job, func() graphql.Marshaler {
			return graphql.WriterFunc(func(w io.Writer) {
				graphql.AddError(ctx, errors.New("the database is away"))
				graphql.Null.MarshalGQL(w)
			})
		})
		if errs := graphql.GetErrors(ctx); len(errs) != 1 {
			t.Errorf("the client sees %v", errs)
		}
	}
	ctx := asks(t, op, nil)
	if got := text(r.Share(ctx)(ctx, job, func() graphql.Marshaler { return graphql.MarshalString("back") })); got != `"back"` {
		t.Errorf("got %s after the errors", got)
	}
}

// What is not shared is as fast as before; what is costs no more than writing.
func BenchmarkShare(b *testing.B) {
	r := &Resolver{shares: newShares()}
	ctx := graphql.WithOperationContext(b.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{}})
	ctx = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover)
	share, job := r.Share(ctx), &ent.Job{}
	b.ReportAllocs()
	for b.Loop() {
		share(ctx, job, func() graphql.Marshaler { return graphql.Null }).MarshalGQL(io.Discard)
	}
}
