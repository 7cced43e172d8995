package crawl

import (
	"bytes"
	"context"

	"golang.org/x/sync/semaphore"
)

// parsingTags is how many tags and attributes may be in the trees of pages that
// are parsed at a time: about 80 MB of them.
const parsingTags = 250_000

// Parsing is the room for the trees of pages, which are much larger than the
// pages.
type Parsing struct{ room *semaphore.Weighted }

// NewParsing makes the room that one process has.
func NewParsing() *Parsing { return &Parsing{semaphore.NewWeighted(parsingTags)} }

// Enter waits until there is room for what is made of a page: its tree, and a few
// copies of its text.
func (p *Parsing) Enter(ctx context.Context, body []byte) (leave func(), err error) {
	return p.take(ctx, bytes.Count(body, []byte("<"))+bytes.Count(body, []byte("="))+len(body)/8)
}

// EnterText is Enter for a text that is only read.
func (p *Parsing) EnterText(ctx context.Context, text string) (leave func(), err error) {
	return p.take(ctx, len(text)/8)
}

func (p *Parsing) take(ctx context.Context, weight int) (leave func(), err error) {
	tags := min(int64(weight)+1, parsingTags)
	if err := p.room.Acquire(ctx, tags); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { p.room.Release(tags) }, nil
}
