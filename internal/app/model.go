package app

import (
	"context"
	"log/slog"
	"time"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/internal/metric"
	"techfacts.dev/techfacts/internal/trace"
)

// checkModel says what is wrong with the settings of the model that finds facts.
func (c Config) checkModel() error {
	for _, check := range []struct {
		wrong bool
		what  string
	}{
		{c.LLMModel != "" && c.OpenAIBaseURL == "", "OPENAI_BASE_URL must be set for LLM_MODEL to be asked"},
		{c.LLMConcurrent < 1 || c.LLMConcurrent > 100, "LLM_MAX_CONCURRENT must be from 1 to 100"},
		{c.LLMJobTokens < 0, "LLM_JOB_TOKENS must not be negative"},
		{c.LLMBreakerFailures < 1 || c.LLMBreakerFailures > 1000, "LLM_BREAKER_FAILURES must be from 1 to 1000"},
		{c.LLMBreakerPause < Seconds(time.Second) || c.LLMBreakerPause > Seconds(time.Hour), "LLM_BREAKER_PAUSE must be from 1s to 1h"},
		{c.ChunkSize < 1000 || c.ChunkSize > 200_000, "EXTRACTION_CHUNK_SIZE must be from 1000 to 200000"},
	} {
		if check.wrong {
			return fault.New(fault.Invalid, "%s", check.what)
		}
	}
	return nil
}

// model is what finds facts by asking, or nil if no model is set. Its requests are
// timed and traced; metrics may be nil.
func (c Config) model(answers *extract.Answers, metrics *metric.Metrics, log *slog.Logger) *extract.Model {
	if c.LLMModel == "" {
		return nil
	}
	asked := func(ctx context.Context) (context.Context, func(string, llm.Answer, error)) {
		began := time.Now()
		ctx, span := trace.Start(ctx, "model", slog.String("model", c.LLMModel))
		return ctx, func(outcome string, a llm.Answer, err error) {
			span.Set(slog.String("outcome", outcome), slog.Int("prompt_tokens", a.PromptTokens), slog.Int("completion_tokens", a.CompletionTokens))
			span.End(err)
			if metrics != nil {
				metrics.Asked(outcome, time.Since(began), a.PromptTokens, a.CompletionTokens)
			}
		}
	}
	return &extract.Model{
		Chat: llm.NewChat(llm.Endpoint{
			URL: c.OpenAIBaseURL, Key: string(c.OpenAIKey), Model: c.LLMModel, Timeout: time.Duration(c.LLMTimeout), Retries: c.LLMRetries,
		}, llm.Care{Concurrent: c.LLMConcurrent, Failures: c.LLMBreakerFailures, Pause: time.Duration(c.LLMBreakerPause), Asked: asked}),
		Answers: answers, Chunk: c.ChunkSize, Log: log,
	}
}

// extracts is how many pages are extracted from at a time. Those that wait for a
// model need no processor, so they are beside those that do.
func (c Config) extracts() int {
	if c.LLMModel == "" {
		return c.WorkerExtracts
	}
	return c.WorkerExtracts + c.LLMConcurrent
}
