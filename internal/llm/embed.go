// Package llm speaks to language models behind OpenAI's protocol, which vLLM,
// Ollama and most gateways have, too. It promises that a wrong answer is an
// error: it never gives fewer texts, or other dimensions, than were asked for.
package llm

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"techfacts.dev/techfacts/internal/fault"
)

// batch is how many texts one request brings: what every endpoint takes.
const batch = 25

// Endpoint is where a model is, and how patient to be with it.
type Endpoint struct {
	URL     string // as https://api.openai.com/v1
	Key     string // may be empty
	Model   string
	Timeout time.Duration // for one request
	Retries int           // after 429, 5xx and broken connections, with growing pauses
}

// Embeddings are the vectors that one model gives texts.
type Embeddings struct {
	client    openai.EmbeddingService
	model     string
	dimension atomic.Int64 // 0 until the first answer
}

// NewEmbeddings does not ask the endpoint anything yet.
func NewEmbeddings(e Endpoint) *Embeddings {
	options := []option.RequestOption{
		option.WithBaseURL(e.URL), option.WithMaxRetries(e.Retries), option.WithRequestTimeout(e.Timeout),
		option.WithHTTPClient(&http.Client{}), option.WithMaxRetryDelay(time.Minute),
	}
	if e.Key != "" {
		options = append(options, option.WithAPIKey(e.Key))
	}
	return &Embeddings{client: openai.NewEmbeddingService(options...), model: e.Model}
}

// Embed gives each text a vector, in order. The first answer decides how many
// dimensions there are. It fails with INVALID if the endpoint will never take
// these texts, else with UNAVAILABLE.
func (e *Embeddings) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		n := min(batch, len(texts))
		list, err := e.request(ctx, texts[:n])
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, list...)
		texts = texts[n:]
	}
	return vectors, nil
}

func (e *Embeddings) request(ctx context.Context, texts []string) ([][]float32, error) {
	r, err := e.client.New(ctx, openai.EmbeddingNewParams{
		Model: e.model, Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: texts},
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if failure, ok := errors.AsType[*openai.Error](err); ok {
			switch failure.StatusCode {
			case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
				return nil, fault.Wrap(fault.Invalid, err, "the embedding endpoint does not take the text")
			case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				return nil, fault.Wrap(fault.Unavailable, err, "the embedding endpoint refuses: check its address, key and model")
			}
		}
		return nil, fault.Wrap(fault.Unavailable, err, "the embedding endpoint does not answer")
	}
	if len(r.Data) != len(texts) {
		return nil, fault.New(fault.Unavailable, "the embedding endpoint gave %d vectors for %d texts", len(r.Data), len(texts))
	}
	vectors := make([][]float32, len(texts))
	for _, d := range r.Data {
		if d.Index < 0 || d.Index >= int64(len(vectors)) || vectors[d.Index] != nil {
			return nil, fault.New(fault.Unavailable, "the embedding endpoint numbered its vectors wrongly")
		}
		if err := e.check(len(d.Embedding)); err != nil {
			return nil, err
		}
		v := make([]float32, len(d.Embedding))
		for i, x := range d.Embedding {
			v[i] = float32(x)
		}
		vectors[d.Index] = v
	}
	return vectors, nil
}

// check holds all vectors to the dimension of the first.
func (e *Embeddings) check(dimension int) error {
	if dimension == 0 {
		return fault.New(fault.Unavailable, "the embedding endpoint gave an empty vector")
	}
	e.dimension.CompareAndSwap(0, int64(dimension))
	if want := e.dimension.Load(); want != int64(dimension) {
		return fault.New(fault.Unavailable, "the embedding endpoint gave %d dimensions, and %d before; restart to go on with another model", dimension, want)
	}
	return nil
}
