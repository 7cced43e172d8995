package llm

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
	"techfacts.dev/techfacts/internal/fault"
)

// How long to wait before a model is asked again, unless it says itself; no
// longer than the longest, whatever it says.
const (
	shortestWait = 2 * time.Second
	longestWait  = time.Minute
)

// maxBody is how many bytes of a response are read.
const maxBody = 4 << 20

// Care is how a model is treated that many ask at a time.
type Care struct {
	Concurrent int           // questions at a time; the others wait
	Failures   int           // questions in a row that fail for a pause to begin
	Pause      time.Duration // for which nothing is asked then

	// Asked, if not nil, is called before each request; what it returns, after it,
	// with how it ended: OK, BUSY, FAILED, TIMEOUT, REFUSED or STOPPED.
	Asked func(ctx context.Context) (context.Context, func(outcome string, a Answer, err error))
}

// Question is what a model is asked.
type Question struct {
	System, User string
	Schema       map[string]any // of the JSON that is wanted
	MaxTokens    int            // of the answer
	Seed         int            // another one may bring another answer
}

// Answer is what a model says. Nothing is known of its text but that it is no
// longer than 4 MiB.
type Answer struct {
	Text                           string
	Cut                            bool // it was not finished: it has MaxTokens
	PromptTokens, CompletionTokens int  // estimated if the endpoint does not tell
}

// Chat asks one language model. It may be used by many at a time.
type Chat struct {
	client openai.ChatCompletionService
	e      Endpoint
	care   Care
	slots  chan struct{}
	pause  breaker
	form   atomic.Int32 // the strictest way to ask for JSON that the endpoint takes
}

// NewChat does not ask the endpoint anything yet.
func NewChat(e Endpoint, c Care) *Chat {
	options := []option.RequestOption{
		option.WithBaseURL(e.URL), option.WithMaxRetries(0), option.WithHTTPClient(&http.Client{Transport: bounded{}}),
	}
	if e.Key != "" {
		options = append(options, option.WithAPIKey(e.Key))
	}
	return &Chat{
		client: openai.NewChatCompletionService(options...), e: e, care: c,
		slots: make(chan struct{}, max(c.Concurrent, 1)), pause: breaker{limit: max(c.Failures, 1), pause: c.Pause},
	}
}

// Model is the name of the model.
func (c *Chat) Model() string { return c.e.Model }

// Ask asks, again if the endpoint is busy, broken or silent. It fails with
// INVALID if the endpoint will never take the question, with the cause of ctx if
// that ends, else with UNAVAILABLE: in a pause at once, with ErrPaused.
func (c *Chat) Ask(ctx context.Context, q Question) (Answer, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
	if err := c.pause.enter(time.Now()); err != nil {
		return Answer{}, err
	}
	answer, err := c.insist(ctx, q)
	switch {
	case err == nil, fault.Is(err, fault.Invalid):
		c.pause.worked()
	case ctx.Err() != nil:
		c.pause.stopped()
	default:
		c.pause.failed(time.Now())
	}
	return answer, err
}

// Paused tells until when nothing is asked, if that is so.
func (c *Chat) Paused() (until time.Time, paused bool) { return c.pause.open(time.Now()) }

// insist asks until there is an answer, or it makes no sense any more.
func (c *Chat) insist(ctx context.Context, q Question) (Answer, error) {
	for try := 0; ; try++ {
		answer, again, err := c.request(ctx, q)
		if err == nil || again < 0 || try >= c.e.Retries {
			return answer, err
		}
		if again == 0 {
			again = backoff(try)
		}
		timer := time.NewTimer(min(again, longestWait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Answer{}, context.Cause(ctx)
		}
	}
}

// backoff doubles from the shortest wait to the longest, less up to a half so
// that not all come back at once.
func backoff(try int) time.Duration {
	ceiling := min(shortestWait<<min(try, 10), longestWait)
	return max(shortestWait, ceiling/2+rand.N(ceiling/2)) //nolint:gosec // spread, not secrecy
}

// request asks once, in the strictest form that the endpoint takes. If it fails,
// again is when to ask again: 0 if nobody said, negative for never.
func (c *Chat) request(ctx context.Context, q Question) (a Answer, again time.Duration, err error) {
	for form := c.form.Load(); ; form++ {
		a, again, err = c.send(ctx, q, form)
		if fault.Is(err, fault.Invalid) && form < plainForm {
			continue
		}
		if err == nil {
			c.form.Store(form)
		}
		return a, again, err
	}
}

// The ways to ask for JSON. Not every endpoint takes the first ones.
const (
	schemaForm int32 = iota
	objectForm
	plainForm
)

func (c *Chat) params(q Question, form int32) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{
		Model:       c.e.Model,
		Messages:    []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(q.System), openai.UserMessage(q.User)},
		Temperature: openai.Float(0), MaxTokens: openai.Int(int64(q.MaxTokens)),
	}
	switch form {
	case schemaForm:
		p.Seed = openai.Int(int64(q.Seed))
		p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Strict: openai.Bool(true), Schema: q.Schema},
		}
	case objectForm:
		p.Seed = openai.Int(int64(q.Seed))
		p.ResponseFormat.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	}
	return p
}

// send makes one request and lets the observer know.
func (c *Chat) send(ctx context.Context, q Question, form int32) (a Answer, again time.Duration, err error) {
	observed, done := ctx, func(string, Answer, error) {}
	if c.care.Asked != nil {
		observed, done = c.care.Asked(ctx)
	}
	limited, cancel := context.WithTimeout(observed, c.e.Timeout)
	defer cancel()
	r, err := c.client.New(limited, c.params(q, form))
	var outcome string
	switch {
	case err == nil && len(r.Choices) > 0:
		outcome, a = "OK", answerOf(q, r)
	case err == nil:
		outcome, err = "FAILED", fault.New(fault.Unavailable, "the model's endpoint gave no answer")
	case ctx.Err() != nil:
		outcome, again, err = "STOPPED", -1, context.Cause(ctx)
	case limited.Err() != nil:
		outcome, err = "TIMEOUT", fault.Wrap(fault.Unavailable, err, "the model did not answer in time")
	default:
		outcome, again, err = failure(err)
	}
	done(outcome, a, err)
	return a, again, err
}

// answerOf reads a response that has one.
func answerOf(q Question, r *openai.ChatCompletion) Answer {
	a := Answer{
		Text: r.Choices[0].Message.Content, Cut: r.Choices[0].FinishReason == "length",
		PromptTokens: int(r.Usage.PromptTokens), CompletionTokens: int(r.Usage.CompletionTokens),
	}
	if a.PromptTokens <= 0 && a.CompletionTokens <= 0 { // four bytes a token, as English has
		a.PromptTokens, a.CompletionTokens = (len(q.System)+len(q.User))/4, len(a.Text)/4
	}
	a.PromptTokens, a.CompletionTokens = max(a.PromptTokens, 0), max(a.CompletionTokens, 0)
	return a
}

// failure makes an error of what went wrong, and says when to ask again.
func failure(err error) (outcome string, again time.Duration, _ error) {
	refusal, ok := errors.AsType[*openai.Error](err)
	if !ok {
		return "FAILED", 0, fault.Wrap(fault.Unavailable, err, "the model's endpoint does not answer")
	}
	switch refusal.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return "REFUSED", -1, fault.Wrap(fault.Invalid, err, "the model's endpoint does not take the question")
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return "REFUSED", -1, fault.Wrap(fault.Unavailable, err, "the model's endpoint refuses: check its address, key and model")
	case http.StatusTooManyRequests:
		return "BUSY", retryAfter(refusal.Response), fault.Wrap(fault.Unavailable, err, "the model's endpoint is busy")
	}
	return "FAILED", retryAfter(refusal.Response), fault.Wrap(fault.Unavailable, err, "the model's endpoint does not answer")
}

// retryAfter is when a response asks to come back; 0 if it does not say.
func retryAfter(r *http.Response) time.Duration {
	if r == nil {
		return 0
	}
	if ms, err := strconv.ParseFloat(r.Header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(min(ms, 1e6) * float64(time.Millisecond))
	}
	value := r.Header.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
		return time.Duration(min(s, 1e6) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// bounded reads no more of a response than makes sense.
type bounded struct{}

// RoundTrip makes one request.
func (bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxBody), response.Body}
	return response, nil
}
