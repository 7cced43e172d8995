package server

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// mutationPoints are what one mutation costs: it writes, and it is written down.
const mutationPoints = 10

// scopes are what the fields of Query, Mutation and Subscription need. The
// schema says it with @scope.
type scopes map[*ast.FieldDefinition]schema.Scope

// scopesOf fails if any of these fields says nothing.
func scopesOf(s *ast.Schema) (scopes, error) {
	needs := scopes{}
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			d := f.Directives.ForName("scope")
			if d == nil || !schema.ScopeAdmin.Includes(schema.Scope(d.Arguments.ForName("needs").Value.Raw)) {
				return nil, fmt.Errorf("%s.%s does not say who may use it: it needs @scope", root.Name, f.Name)
			}
			needs[f] = schema.Scope(d.Arguments.ForName("needs").Value.Raw)
		}
	}
	return needs, nil
}

// allow refuses an operation with a field that is not for the caller.
func (s scopes) allow(c access.Caller, op *graphql.OperationContext) error {
	for _, f := range roots(op) {
		if err := c.May(s[f.Definition], f.Name); err != nil {
			return err
		}
	}
	return nil
}

// roots are the fields of op itself that are asked for, without __typename and
// its like.
func roots(op *graphql.OperationContext) (fields []graphql.CollectedField) {
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, nil) {
		if !strings.HasPrefix(f.Name, "__") {
			fields = append(fields, f)
		}
	}
	return fields
}

// prepare makes of a request an operation that can be run with the context it
// returns, or says why it will not be. Nothing has been run then. Whatever
// comes of it, the caller has paid for it.
func (e *engine) prepare(ctx context.Context, p *graphql.RawParams) (context.Context, *graphql.OperationContext, gqlerror.List) {
	caller := access.From(ctx)
	if err := e.keys.Recheck(caller); err != nil {
		return ctx, nil, gqlerror.List{e.present(ctx, err)}
	}
	runCtx, op, errs := e.operation(ctx, p)
	points := 1
	if len(errs) == 0 {
		points = runOf(runCtx).points
	}
	if e.spend != nil {
		if wait := e.spend(ctx, caller, points); wait > 0 {
			return ctx, nil, gqlerror.List{e.present(ctx, fault.New(fault.Limited, "too much for one minute: the operation costs %d points", points).After(wait))}
		}
	}
	if len(errs) > 0 {
		return ctx, nil, errs
	}
	if err := e.scopes.allow(caller, op); err != nil {
		if e.audit != nil && op.Operation.Operation == ast.Mutation {
			e.audit.Refused(ctx, RequestID(ctx), calls(op), fault.Forbidden)
		}
		return ctx, nil, gqlerror.List{e.present(ctx, err)}
	}
	e.persisted.keep(ctx, runOf(runCtx).part, p.Query)
	return runCtx, op, nil
}

// runOf finds what operation has put into ctx.
func runOf(ctx context.Context) *run { return ctx.Value(runKey{}).(*run) } //nolint:forcetypeassert // it has

// cost is what an operation of so many nodes costs.
func costOf(op *graphql.OperationContext, nodes int) int {
	if op.Operation.Operation == ast.Mutation {
		return 1 + nodes + mutationPoints*len(roots(op))
	}
	return 1 + nodes
}

// calls are the mutations of op.
func calls(op *graphql.OperationContext) (list []access.Call) {
	for _, f := range roots(op) {
		list = append(list, access.Call{Mutation: f.Name, Input: f.ArgumentMap(op.Variables)["input"]})
	}
	return list
}

// audited runs a mutation. It writes down that before, and what came of it
// after.
func (e *engine) audited(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	if e.audit == nil {
		return e.answer(ctx, op)
	}
	end, err := e.audit.Begin(ctx, RequestID(ctx), calls(op))
	if err != nil {
		err = cmp.Or(context.Cause(ctx), err) // that the time is up is the reason
		return &graphql.Response{Errors: gqlerror.List{e.present(ctx, err)}}
	}
	resp := e.answer(ctx, op)
	end(ctx, codes(op, resp))
	return resp
}

// codes are those of the mutations of op, empty where there was no error. One
// that says not where it was is that of all that have given nothing.
func codes(op *graphql.OperationContext, resp *graphql.Response) (list []fault.Code) {
	var given map[string]any
	if len(resp.Errors) > 0 {
		_ = json.Unmarshal(resp.Data, &given) // none if there is nothing
	}
	for _, f := range roots(op) {
		var code fault.Code
		for _, err := range resp.Errors {
			if len(err.Path) == 0 && given[f.Alias] == nil || len(err.Path) > 0 && err.Path[0] == ast.PathName(f.Alias) {
				code, _ = err.Extensions["code"].(fault.Code)
				break
			}
		}
		list = append(list, code)
	}
	return list
}

// retryAfter is when those who were refused with errs may come again; 0 if
// nothing says so.
func retryAfter(errs gqlerror.List) time.Duration {
	for _, err := range errs {
		if s, ok := err.Extensions["retryAfter"].(int); ok {
			return time.Duration(s) * time.Second
		}
	}
	return 0
}
