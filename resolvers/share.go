package resolvers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// keptShares is how many answers are kept for those who have not come for them
// yet.
const keptShares = 256

// shares are what was written of values that are sent to many watchers: a value
// is marshalled once for all who ask the same of it. That holds because nobody
// changes a value that was sent, and because what an operation may ask is
// decided before it runs: what it is given does not depend on who asks.
type shares struct{ kept *lru.Cache[question, *share] }

// question is what is asked of a value. It holds the value, so that no other
// can come to have its address.
type question struct {
	value     any // a pointer
	operation *ast.OperationDefinition
	variables string
}

// share is the answer to a question, empty until somebody has given it.
type share struct {
	mu     sync.Mutex
	answer []byte
}

func newShares() *shares {
	kept, err := lru.New[question, *share](keptShares)
	if err != nil {
		panic(err) // cannot happen: the size is positive
	}
	return &shares{kept}
}

// Share gives a function that marshals a value of the subscription of ctx, or
// takes what was marshalled of it for another. Only who marshals sees errors:
// an answer with errors is not shared.
func (r *Resolver) Share(ctx context.Context) func(ctx context.Context, value any, marshal func() graphql.Marshaler) graphql.Marshaler {
	op := graphql.GetOperationContext(ctx)
	variables, err := json.Marshal(op.Variables)
	if err != nil {
		return func(_ context.Context, _ any, marshal func() graphql.Marshaler) graphql.Marshaler { return marshal() }
	}
	asked := question{operation: op.Operation, variables: string(variables)}
	return func(ctx context.Context, value any, marshal func() graphql.Marshaler) graphql.Marshaler {
		asked.value = value
		return written(r.shares.answer(ctx, asked, marshal))
	}
}

// written is what was marshalled before.
type written []byte

// MarshalGQL writes it.
func (b written) MarshalGQL(w io.Writer) { _, _ = w.Write(b) } // to memory, which does not fail

func (s *shares) answer(ctx context.Context, q question, marshal func() graphql.Marshaler) []byte {
	one := &share{}
	if other, ok, _ := s.kept.PeekOrAdd(q, one); ok {
		one = other
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.answer != nil {
		return one.answer
	}
	var b bytes.Buffer
	marshal().MarshalGQL(&b)
	if ctx.Err() == nil && len(graphql.GetErrors(ctx)) == 0 {
		one.answer = b.Bytes()
	}
	return b.Bytes()
}
