package extract

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/schema"
)

// DefaultChunk is how many characters of a page a model is given at a time.
const DefaultChunk = 10_000

// The bounds of what a model is asked about one page.
const (
	maxChunks = 40
	pageTime  = 30 * time.Minute
	atOnce    = 4 // chunks of a page
)

// Model finds facts by asking a language model. It may be used by many at a time.
type Model struct {
	Chat    *llm.Chat
	Answers *Answers // nil: every answer is paid
	Chunk   int      // characters of a page at a time; 0: DefaultChunk
	Log     *slog.Logger
}

// hearing is what a model proposed for a page.
type hearing struct {
	chunks   []chunk
	readings []reading // of each chunk; not whole if it was not heard
	usage    schema.ModelUsage
	gap      schema.ModelGap // the first reason why it was not heard in full
	err      error           // of the gap
}

// errSpent says that a job has had its tokens.
var errSpent = errors.New("the tokens are spent")

// hear asks about every chunk of a page. What goes wrong with one keeps the
// others. It fails only with the cause of ctx.
func (m *Model) hear(ctx context.Context, p Page, prof Profile, o Options) (h hearing, err error) {
	size := cmp.Or(m.Chunk, DefaultChunk)
	if most := utf8.UTFMax * (maxChunks + 1) * size; len(p.Text) > most { // which is too many chunks, whatever it says
		p.Text = strings.ToValidUTF8(p.Text[:most], "")
	}
	h.chunks = chunks(p, size)
	if len(h.chunks) > maxChunks {
		h.chunks, h.gap = h.chunks[:maxChunks], schema.GapTooLong
	}
	h.readings = make([]reading, len(h.chunks))
	usages, failures := make([]schema.ModelUsage, len(h.chunks)), make([]error, len(h.chunks))
	var spent atomic.Int64
	limited, cancel := context.WithTimeout(ctx, cmp.Or(o.Patience, pageTime))
	defer cancel()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, c := range h.chunks {
		group.Go(func() error {
			paid := func(a llm.Answer) bool {
				return o.Tokens == 0 || spent.Add(int64(a.PromptTokens+a.CompletionTokens)) < int64(o.Tokens)
			}
			h.readings[i], usages[i], failures[i] = m.ask(limited, p, prof, c, o.Force, paid)
			return nil
		})
	}
	_ = group.Wait() // none fails
	if ctx.Err() != nil {
		return h, context.Cause(ctx)
	}
	for i, err := range failures {
		h.usage = h.usage.Plus(usages[i])
		if err != nil && (h.err == nil) {
			h.gap, h.err = gapOf(err), err
		}
	}
	if h.err != nil && m.Log != nil && !errors.Is(h.err, errSpent) {
		m.Log.InfoContext(ctx, "a model was not heard in full", slog.String("reason", string(h.gap)), slog.Any("error", h.err))
	}
	return h, nil
}

// ask asks about one chunk, once more if the answer cannot be read. What is read of
// an answer that is not whole is given with errPartial, and not kept.
func (m *Model) ask(ctx context.Context, p Page, prof Profile, c chunk, force bool, paid func(llm.Answer) bool) (r reading, used schema.ModelUsage, err error) {
	q, key := question(m.Chat.Model(), p, prof, c)
	if !force {
		if known, ok := m.Answers.find(ctx, key); ok {
			return known, schema.ModelUsage{Cached: 1}, nil
		}
	}
	if !paid(llm.Answer{}) {
		return r, used, errSpent
	}
	first, used, err := m.once(ctx, q, paid)
	if err != nil {
		return r, used, err
	}
	if !first.whole && !first.cut && paid(llm.Answer{}) {
		second, more, err := m.once(ctx, again(q), paid)
		used = used.Plus(more)
		if err == nil && (second.whole || len(second.proposals) > 0) {
			first = second
		}
	}
	switch {
	case !first.whole && len(first.proposals) == 0:
		return r, used, errUnreadable
	case !first.whole:
		return first, used, errPartial
	}
	m.Answers.put(ctx, key, first)
	return first, used, nil
}

var (
	errUnreadable = errors.New("neither answer was the JSON that was asked for")
	errPartial    = errors.New("the answer was cut short, or broken twice")
)

// once asks once. An answer that was cut short is not asked for again: it would be
// as long.
func (m *Model) once(ctx context.Context, q llm.Question, paid func(llm.Answer) bool) (reading, schema.ModelUsage, error) {
	a, err := m.Chat.Ask(ctx, q)
	if err != nil {
		return reading{}, schema.ModelUsage{}, err
	}
	paid(a)
	r := readAnswer(a.Text)
	r.cut = a.Cut && len(r.proposals) > 0
	r.whole = r.whole && !a.Cut
	return r, schema.ModelUsage{Requests: 1, PromptTokens: a.PromptTokens, CompletionTokens: a.CompletionTokens}, nil
}

func gapOf(err error) schema.ModelGap {
	switch {
	case errors.Is(err, errSpent):
		return schema.GapBudget
	case errors.Is(err, errUnreadable):
		return schema.GapUnreadable
	case errors.Is(err, errPartial):
		return schema.GapPartial
	case errors.Is(err, llm.ErrPaused):
		return schema.GapPaused
	case fault.Is(err, fault.Invalid):
		return schema.GapRefused
	}
	return schema.GapFailed
}
