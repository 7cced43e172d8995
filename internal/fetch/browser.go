package fetch

import (
	"context"
	"errors"
	"time"

	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// What a browser may take.
const (
	browserPages = 100 // that one process shows
	browserTabs  = 2   // at a time
)

// Browser gets pages and runs their scripts, in a headless Chromium that has no
// network of its own: its proxy leads nowhere and no name has an address. The
// page and what its scripts ask for is fetched by an [HTTP], with its guard,
// limits and certificates, and handed to it; all else that a page may try, such as
// websockets, frames and workers, has nothing to connect by.
//
// A page is seen by a browser context of its own, without what others have left
// behind. A process shows a hundred pages, then another takes its place; one that
// dies takes its pages with it, and the next page gets a new one.
type Browser struct {
	http *HTTP
	path string
	most int           // pages of a process
	tabs chan struct{} // pages at a time

	turn   chan struct{} // whoever holds it uses what follows
	now    *process      // takes pages; nil: none
	closed bool
}

// process is a running Chromium.
type process struct {
	ctx    context.Context //nolint:containedctx // it is the browser
	stop   func()          // kills it and waits until it is gone
	shown  int             // pages
	open   int             // pages, now
	leaves bool            // when its last page is closed
}

// NewBrowser makes a Browser of the Chromium at path. A process runs from the
// first page on; Close ends it.
func NewBrowser(h *HTTP, path string) *Browser {
	return &Browser{http: h, path: path, most: browserPages, tabs: make(chan struct{}, browserTabs), turn: make(chan struct{}, 1)}
}

// Close kills the process, and waits until it is gone. No page is shown after
// that.
func (b *Browser) Close() {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.closed = true
	if b.now != nil {
		b.now.stop()
	}
}

// Get gets what one URL says once its scripts have run. Where they lead the page
// is told, as a redirect is. What is not HTML is given as it comes. The error is a
// [Failure], or the cause of ctx if that ended.
func (b *Browser) Get(ctx context.Context, r Request) (Response, error) {
	resume := r.clock.pause()
	select {
	case b.tabs <- struct{}{}:
		defer func() { <-b.tabs }()
		resume()
	case <-ctx.Done():
		resume()
		return Response{}, brokenRequest(context.Cause(ctx))
	}
	r.ETag, r.LastModified = "", "" // what scripts add may have changed
	page, err := b.http.Get(ctx, r)
	if err != nil || !page.Redirect.IsZero() || page.ContentType != "text/html" && page.ContentType != "application/xhtml+xml" {
		return page, err
	}
	defer page.Close()
	shown, err := b.show(ctx, r, &page)
	if ctx.Err() != nil {
		shown.Close()
		return Response{}, brokenBody(context.Cause(ctx), b.http.maxBody).with(page.Status)
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return Response{}, failure.with(page.Status)
	}
	if err != nil {
		return Response{}, failed(schema.Failed, err, "the browser broke off").temporary().with(page.Status)
	}
	return shown, nil
}

// show shows the page in a tab.
func (b *Browser) show(ctx context.Context, r Request, page *Response) (shown Response, err error) {
	c, err := b.take(ctx)
	if err != nil {
		return Response{}, err
	}
	defer func() { b.leave(c, err != nil) }()
	own, closeTab := chromium.Tab(c.ctx)
	defer closeTab()
	running, stop := context.WithCancelCause(own)
	defer context.AfterFunc(ctx, func() { stop(context.Cause(ctx)) })()
	t := &tab{
		Browser: b, request: r, page: page, asked: make(chan asked, 1024), dialogs: make(chan struct{}, 1),
		loaded: make(chan struct{}), crashed: make(chan struct{}), moved: make(chan struct{}), changed: time.Now(),
	}
	defer t.workers.Wait()
	defer stop(nil)
	return t.show(running) //nolint:contextcheck // the tab's, which ends with ctx
}

// take gives a process for one more page, a new one if need be.
func (b *Browser) take(ctx context.Context) (*process, error) {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if b.closed {
		return nil, fault.New(fault.Unavailable, "the browser is closed")
	}
	if b.now != nil && (b.now.leaves || b.now.shown >= b.most || b.now.ctx.Err() != nil) {
		b.now.leaves = true
		if b.now.open == 0 {
			b.now.stop()
		}
		b.now = nil
	}
	if b.now == nil {
		running, stop, err := chromium.Start(ctx, b.path, b.http.userAgent)
		if err != nil {
			return nil, err
		}
		b.now = &process{ctx: running, stop: stop}
	}
	b.now.shown++
	b.now.open++
	return b.now, nil
}

// leave notes that a page was closed. A process in which one failed is not used
// again.
func (b *Browser) leave(c *process, failed bool) {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	c.open--
	c.leaves = c.leaves || failed
	if c.leaves && c.open == 0 {
		c.stop()
		if b.now == c {
			b.now = nil
		}
	}
}
