package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/internal/fault"
)

const sdl = `
scalar UUID
input In { in: In list: [Int!] n: Int }
enum Scope { READ WRITE ADMIN }
directive @scope(needs: Scope!) on FIELD_DEFINITION
type Query {
	hello: String! @scope(needs: READ)
	echo(text: String number: Int in: In): String @scope(needs: READ)
	item(id: UUID!): Item @scope(needs: READ)
	nodes(ids: [ID!]!): [Item] @scope(needs: READ)
	items(first: Int last: Int after: String): ItemConnection @scope(needs: READ)
	slow: String @scope(needs: READ)
	deaf: String @scope(needs: READ)
	boom: String @scope(needs: READ)
	leak: String @scope(needs: READ)
	fail(code: String!): String @scope(needs: READ)
	many(n: Int!): [Item] @scope(needs: READ)
}
type Item { name: String broken: String item: Item items(first: Int last: Int): ItemConnection }
type ItemConnection { asked: Int edges: [ItemEdge] totalCount: Int }
type ItemEdge { node: Item }
type Mutation {
	touch(text: String!): String @scope(needs: WRITE)
	slow: String @scope(needs: WRITE)
}
type Subscription {
	count(to: Int!): Int @scope(needs: READ)
	silent: Int @scope(needs: READ)
	forbidden: Int @scope(needs: READ)
	dies: Int @scope(needs: READ)
	flood: String @scope(needs: READ)
	item: Item @scope(needs: READ)
}
`

// fake is a schema as gqlgen would generate it: what it does with contexts and
// errors is what generated code does.
type fake struct {
	schema  *ast.Schema
	began   chan string   // the name of each operation that waits, as it begins to
	ended   chan string   // the same, when its context has ended
	release chan struct{} // lets deaf go
	flooded chan struct{} // a flood was taken
}

func newFake() *fake {
	return &fake{
		schema: gqlparser.MustLoadSchema(&ast.Source{Input: sdl}),
		began:  make(chan string, 100), ended: make(chan string, 100), release: make(chan struct{}), flooded: make(chan struct{}, 1),
	}
}

func (s *fake) Schema() *ast.Schema { return s.schema }

func (s *fake) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s *fake) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}[op.Operation.Operation]
	if root != "Subscription" {
		done := false
		return func(ctx context.Context) *graphql.Response {
			if done {
				return nil
			}
			done = true
			return &graphql.Response{Data: s.object(ctx, root, op.Operation.SelectionSet)}
		}
	}
	f := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: root, Field: f, Args: f.ArgumentMap(op.Variables)})
	values, err := s.subscribe(ctx, f)
	if err != nil {
		op.Error(ctx, err)
		return nil
	}
	return func(ctx context.Context) *graphql.Response {
		select {
		case v, ok := <-values:
			if !ok {
				return nil
			}
			ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: root, Field: f})
			return &graphql.Response{Data: encodeMap(map[string]any{f.Alias: s.complete(ctx, f.Definition.Type, f.Selections, v)})}
		case <-ctx.Done():
			return nil
		}
	}
}

func encodeMap(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (s *fake) object(ctx context.Context, typ string, set ast.SelectionSet) json.RawMessage {
	out := map[string]any{}
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), set, []string{typ}) {
		out[f.Alias] = s.field(ctx, typ, f)
	}
	return encodeMap(out)
}

func (s *fake) field(ctx context.Context, typ string, f graphql.CollectedField) (v any) {
	op := graphql.GetOperationContext(ctx)
	if f.Name == "__schema" {
		return map[bool]any{false: "the schema"}[op.DisableIntrospection]
	}
	fc := &graphql.FieldContext{Object: typ, Field: f}
	ctx = graphql.WithFieldContext(ctx, fc)
	defer func() {
		if r := recover(); r != nil {
			op.Error(ctx, op.Recover(ctx, r))
			v = nil
		}
	}()
	args := f.ArgumentMap(op.Variables)
	if id, ok := args["id"].(string); ok {
		if _, err := uuid.Parse(id); err != nil {
			op.Error(ctx, graphql.ErrorOnPath(graphql.WithPathContext(ctx, graphql.NewPathWithField("id")), err))
			return nil
		}
	}
	fc.Args = args
	v, err := s.resolve(ctx, typ+"."+f.Name, args)
	if err != nil {
		op.Error(ctx, graphql.AddFieldLocationToError(ctx, err))
		return nil
	}
	return s.complete(ctx, f.Definition.Type, f.Selections, v)
}

func (s *fake) complete(ctx context.Context, typ *ast.Type, set ast.SelectionSet, v any) any {
	if list, ok := v.([]any); ok {
		out := []any{}
		for i, v := range list {
			ctx := graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &i, Result: &v})
			out = append(out, s.complete(ctx, typ.Elem, set, v))
		}
		return out
	}
	if v != nil && s.schema.Types[typ.Name()].Kind == ast.Object && len(set) > 0 {
		return s.object(context.WithValue(ctx, parentKey{}, v), typ.Name(), set)
	}
	return v
}

type parentKey struct{}

func (s *fake) resolve(ctx context.Context, name string, args map[string]any) (any, error) {
	switch _, field, _ := strings.Cut(name, "."); field {
	case "hello", "name", "__typename":
		return field, nil
	case "echo":
		if args["number"] != nil {
			return fmt.Sprint(args["number"]), nil
		}
		return args["text"], nil
	case "touch":
		return args["text"], nil
	case "item":
		return "an item", nil
	case "items":
		if args["last"] != nil {
			return args["last"], nil
		}
		return args["first"], nil
	case "asked", "totalCount":
		return ctx.Value(parentKey{}), nil
	case "edges":
		return []any{"an edge"}, nil
	case "node":
		return "an item", nil
	case "nodes":
		return []any{}, nil
	case "many":
		n, _ := integer(args["n"])
		return make2(int(n)), nil
	case "broken", "leak":
		return nil, errors.New("password=hunter2")
	case "boom":
		panic("password=hunter2")
	case "fail":
		return nil, fault.Wrap(fault.Code(args["code"].(string)), errors.New("password=hunter2"), "words for strangers").
			With("input.url").After(1500 * time.Millisecond)
	case "slow":
		s.began <- name
		<-ctx.Done()
		s.ended <- name
		return nil, ctx.Err()
	case "deaf":
		s.began <- name
		<-s.release
		return "late", nil
	default:
		return nil, errors.New("no resolver for " + name)
	}
}

func make2(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = "an item"
	}
	return list
}

func (s *fake) subscribe(ctx context.Context, f graphql.CollectedField) (<-chan any, error) {
	out := make(chan any)
	go func() {
		defer close(out)
		defer func() { s.ended <- f.Name }()
		s.began <- f.Name
		to, _ := integer(graphql.GetFieldContext(ctx).Args["to"])
		for i := 0; f.Name != "count" || i < int(to); i++ {
			var v any = i
			switch f.Name {
			case "silent":
				<-ctx.Done()
				return
			case "dies":
				graphql.AddError(ctx, fault.New(fault.NotFound, "it is gone"))
				return
			case "flood":
				v = strings.Repeat("x", 1<<20)
			}
			select {
			case out <- v:
				select {
				case s.flooded <- struct{}{}:
				default:
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	if f.Name == "forbidden" {
		return nil, fault.New(fault.Forbidden, "not for you")
	}
	return out, nil
}
