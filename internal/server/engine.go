package server

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/trace"
)

const (
	keptDocuments   = 256
	keptDocumentMax = 16 << 10 // bytes; a longer one is parsed each time
	maxVariableNest = 50       // lists and objects in one another, in variables
)

// engine runs GraphQL requests, whatever they came over. It parses, checks and
// validates a document once, and keeps it for the next request that has it.
type engine struct {
	schema        *ast.Schema
	exec          *executor.Executor
	rules         *rules.Rules
	documents     *lru.Cache[string, *ast.QueryDocument]
	persisted     *persistedQueries
	limits        Limits
	introspection bool
	keys          *access.Keys
	scopes        scopes
	audit         *access.Audit // nil: mutations are not written down
	spend         Spend         // nil: nobody is limited
	observer      Observer
	tracer        *trace.Tracer
	slow          time.Duration
	log           *slog.Logger
}

func newEngine(schema graphql.ExecutableSchema, c Config, log *slog.Logger) *engine {
	l := c.Limits.orDefault()
	needs, err := scopesOf(schema.Schema())
	if err != nil {
		panic(err) // a mistake in the schema: every start would show it
	}
	documents, err := lru.New[string, *ast.QueryDocument](keptDocuments)
	if err != nil {
		panic(err) // cannot happen: the size is positive
	}
	e := &engine{
		schema: schema.Schema(), exec: executor.New(lastWords{schema}), rules: validation(c.Introspection),
		documents: documents, persisted: newPersistedQueries(l.Persisted, c.Queries), limits: l, introspection: c.Introspection,
		keys: c.Keys, scopes: needs, audit: c.Audit, spend: c.Spend, observer: c.Observer, tracer: c.Tracer, slow: c.Slow, log: log,
	}
	e.exec.SetQueryCache(checked{})
	e.exec.SetErrorPresenter(e.present)
	e.exec.SetRecoverFunc(caught)
	return e
}

// validation is the rules of the specification. To a client who may not read
// the schema they give no hints of what it has.
func validation(hints bool) *rules.Rules {
	r := rules.NewDefaultRules()
	if hints {
		return r
	}
	for _, rule := range []validator.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions,
	} {
		r.RemoveRule(strings.TrimSuffix(rule.Name, "WithoutSuggestions"))
		r.AddRule(rule.Name, rule.RuleFunc)
	}
	return r
}

// run is what one request has of its own while it runs.
type run struct {
	document *ast.QueryDocument
	part     persisted
	points   int          // what it costs
	logged   atomic.Int32 // errors in the log
}

type runKey struct{}

// checked is the query cache of gqlgen's executor, which takes what it finds
// there as valid. It always finds the document that prepare has checked.
type checked struct{}

func (checked) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		return r.document, true
	}
	return nil, false
}

func (checked) Add(context.Context, string, *ast.QueryDocument) {}

// operation makes of a request an operation that can be run with the context it
// returns, or says what is wrong with it.
func (e *engine) operation(ctx context.Context, p *graphql.RawParams) (context.Context, *graphql.OperationContext, gqlerror.List) {
	part, err := e.persisted.find(ctx, p)
	if err != nil {
		return ctx, nil, gqlerror.List{e.present(ctx, err)}
	}
	doc, errs := e.document(p.Query)
	if len(errs) > 0 {
		return ctx, nil, e.presentAll(ctx, errs)
	}
	if err := firstOf(named(doc, p.OperationName), shallow(p.Variables, maxVariableNest)); err != nil {
		return ctx, nil, gqlerror.List{e.present(ctx, err)}
	}
	r := &run{document: doc, part: part}
	ctx = context.WithValue(graphql.StartOperationTrace(ctx), runKey{}, r)
	op, errs := e.exec.CreateOperationContext(ctx, p)
	if len(errs) > 0 {
		return ctx, nil, gqlerror.List{e.present(ctx, badVariable(errs[0]))}
	}
	op.DisableIntrospection = !e.introspection
	nodes, err := e.limits.count(op)
	if err := firstOf(err, single(op)); err != nil {
		return ctx, nil, gqlerror.List{e.present(ctx, err)}
	}
	r.points = costOf(op, nodes)
	return ctx, op, nil
}

// firstOf is the first of errs that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// document parses and checks a query. The guard comes first: validation takes
// minutes for some documents of a kilobyte.
func (e *engine) document(query string) (*ast.QueryDocument, gqlerror.List) {
	if doc, ok := e.documents.Get(query); ok {
		return doc, nil
	}
	source := &ast.Source{Input: query}
	if err := e.limits.guardNames(source); err != nil {
		return nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	doc, err := parser.ParseQueryWithTokenLimit(source, e.limits.Tokens)
	if err != nil {
		return nil, gqlerror.List{invalid(err)}
	}
	if err := e.limits.guard(doc, e.introspection); err != nil {
		return nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	if errs := validator.ValidateWithRules(e.schema, doc, e.rules); len(errs) > 0 {
		for i, err := range errs {
			errs[i] = invalid(err)
		}
		return nil, errs
	}
	e.limits.paginate(doc)
	if len(query) <= keptDocumentMax {
		e.documents.Add(query, doc)
	}
	return doc, nil
}

// named tells whether doc has the one operation that is asked for.
func named(doc *ast.QueryDocument, name string) error {
	switch {
	case doc.Operations.ForName(name) != nil:
		return nil
	case name == "":
		return fault.New(fault.Invalid, "operationName is missing: the document has %d operations", len(doc.Operations))
	default:
		return fault.New(fault.Invalid, "the document has no operation %q", name)
	}
}

// badVariable names the variable that err is about.
func badVariable(err *gqlerror.Error) error {
	if len(err.Path) > 1 && err.Path[0] == ast.PathName("variable") {
		return fault.InvalidField("variables."+err.Path[1:].String(), "%s", err.Message)
	}
	return invalid(err)
}

// shallow refuses values that nest more than levels deep.
func shallow(v any, levels int) error {
	if levels < 0 {
		return fault.New(fault.Invalid, "the variables are more than %d levels deep", maxVariableNest)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			if err := shallow(child, levels-1); err != nil {
				return err
			}
		}
	case []any:
		for _, child := range v {
			if err := shallow(child, levels-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// single refuses a subscription whose only field is skipped, or is not alone
// once @include has had its say.
func single(op *graphql.OperationContext) error {
	if op.Operation.Operation == ast.Subscription && len(graphql.CollectFields(op, op.Operation.SelectionSet, nil)) != 1 {
		return fault.New(fault.Invalid, "a subscription must have exactly one field")
	}
	return nil
}

// results runs an operation. A query and a mutation have one result, and a
// time to give it in; a subscription has many, until it or ctx ends. A result
// holds until the next is asked for.
func (e *engine) results(ctx context.Context, op *graphql.OperationContext) iter.Seq[*graphql.Response] {
	if op.Operation.Operation == ast.Subscription {
		return e.watched(ctx, op)
	}
	return e.timed(ctx, op)
}

// dispatch has the executor run an operation.
func (e *engine) dispatch(ctx context.Context, op *graphql.OperationContext) iter.Seq[*graphql.Response] {
	switch op.Operation.Operation {
	case ast.Subscription:
		return func(yield func(*graphql.Response) bool) {
			next, ctx := e.exec.DispatchOperation(ctx, op)
			for resp := next(ctx); resp != nil && yield(resp); resp = next(ctx) {
				if r, ok := ctx.Value(runKey{}).(*run); ok {
					r.logged.Store(0)
				}
			}
		}
	case ast.Mutation:
		return e.within(ctx, op, e.limits.Mutation, e.audited)
	default:
		return e.within(ctx, op, e.limits.Query, e.answer)
	}
}

// within gives run, and all that belongs to it, a time to answer in.
func (e *engine) within(ctx context.Context, op *graphql.OperationContext, limit time.Duration, run func(context.Context, *graphql.OperationContext) *graphql.Response) iter.Seq[*graphql.Response] {
	return func(yield func(*graphql.Response) bool) {
		ctx, cancel := context.WithTimeoutCause(ctx, limit,
			fault.New(fault.Unavailable, "the %s took longer than %s", op.Operation.Operation, limit))
		defer cancel()
		yield(run(ctx, op))
	}
}

// answer runs a query or a mutation.
func (e *engine) answer(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	next, ctx := e.exec.DispatchOperation(ctx, op)
	if resp := next(ctx); resp != nil {
		return resp
	}
	// ctx had ended before anything was run
	return &graphql.Response{Errors: gqlerror.List{e.present(ctx, context.Cause(ctx))}}
}

// lastWords gives the error that ends a subscription to the client: what a
// resolver adds after the stream has begun is dropped by gqlgen.
type lastWords struct{ graphql.ExecutableSchema }

// Exec is that of the schema, with one more response if there is such an error.
func (s lastWords) Exec(ctx context.Context) graphql.ResponseHandler {
	next := s.ExecutableSchema.Exec(ctx)
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next
	}
	ended := false
	return func(event context.Context) *graphql.Response {
		if ended {
			return nil
		}
		if resp := next(event); resp != nil {
			return resp
		}
		ended = true
		if errs := graphql.GetErrors(ctx); len(errs) > 0 {
			return &graphql.Response{Errors: errs}
		}
		return nil
	}
}
