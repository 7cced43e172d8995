package fetch

import (
	"context"
	"errors"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// Fetcher is a way to get what one URL says: plain HTTP, a browser, a service.
// It makes one visit and tells of a redirect instead of following it. It need
// not care for robots.txt and limits: a [Web] stands before it. The error is a
// [Failure], or the cause of ctx if that ended.
type Fetcher interface {
	Get(ctx context.Context, r Request) (Response, error)
}

// Gate lets requests out that did not wait in the queue.
type Gate interface {
	// Admit waits for the next turn at domain and takes it. It fails with
	// [fault.Limited] if that is too far away.
	Admit(ctx context.Context, domain string) error
}

// Web is the one door to the web. No request for a page leaves without a turn
// of its domain, given by the limiter, and the consent of robots.txt, whichever
// way it is made. It may be used by many at a time.
type Web struct {
	http   *HTTP
	by     Fetcher
	gate   Gate
	robots *robotsCache
}

// NewWeb makes the door before h, which pages are read by unless another way is
// asked for, and which always reads robots.txt and sitemaps.
func NewWeb(h *HTTP, gate Gate) *Web {
	return &Web{http: h, by: h, gate: gate, robots: newRobotsCache()}
}

// By is the same door, with the same rules and limits, before another way to
// get pages.
func (w *Web) By(f Fetcher) *Web {
	other := *w
	other.by = f
	return &other
}

// Request is what to fetch, and what is known of it.
type Request struct {
	URL                URL
	ETag, LastModified string // as in the [Response] of last time; then the page may be "not modified"

	// Lane is the lane of the queue in which the caller's turn came, good for one
	// request to the domain of this name. Other requests wait at the [Gate].
	Lane string

	sitemap bool
	clock   *clock                           // of the visit
	allowed func(context.Context, URL) error // asks the robots.txt of what belongs to the page
}

// Response is a page, or where to look for it, or that it has not changed.
type Response struct {
	URL      URL // where the page was found
	Redirect URL // if not zero: where to look for the page, whose domain is to be asked in its turn

	Status      int
	NotModified bool
	ContentType string // text/html, application/xhtml+xml, text/plain or text/markdown
	Body        []byte // UTF-8 without NUL
	Bytes       int64  // received for the body
	Fetcher     schema.Fetcher

	ETag, LastModified string
	NoIndex, NoFollow  bool          // as its X-Robots-Tag asks
	CrawlDelay         time.Duration // what robots.txt asks for between two requests; 0 if it does not

	sitemap *Sitemap
	release func()
}

// Close gives the room of a large body back. The body must not be used any
// more. It may be called twice, and on the zero Response.
func (r *Response) Close() {
	if r.release != nil {
		r.release()
		r.release, r.Body, r.sitemap = nil, nil, nil
	}
}

// Fetch gets one page, which the caller closes. It never tries twice and follows
// no redirect. The error is a [Failure], or the cause of ctx if that ended.
func (w *Web) Fetch(ctx context.Context, r Request) (Response, error) {
	r.sitemap = false
	return w.visit(ctx, r, w.by)
}

// Sitemap reads a sitemap or a feed. If it has moved, the second result says
// where to; the caller closes it when nothing of the sitemap is kept any more. It
// fails as Fetch does.
func (w *Web) Sitemap(ctx context.Context, r Request) (Sitemap, Response, error) {
	r.sitemap = true
	response, err := w.visit(ctx, r, w.http)
	if err != nil || response.sitemap == nil {
		return Sitemap{}, response, err
	}
	return *response.sitemap, response, nil
}

// Robots gives what the robots.txt of u's origin says. It fails as Fetch does.
func (w *Web) Robots(ctx context.Context, u URL) (*Robots, error) {
	rules, err := w.rules(ctx, u)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return rules, err
}

// visit makes one request by f.
func (w *Web) visit(ctx context.Context, r Request, f Fetcher) (Response, error) {
	if r.Lane != r.URL.Domain() {
		if err := w.gate.Admit(ctx, r.URL.Domain()); err != nil {
			return Response{}, err
		}
	}
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.clock = startClock(w.http.timeout, func() { cancel(errNoEnd) })
	defer r.clock.stop()
	response, err := w.ask(limited, r, f)
	if err != nil && ctx.Err() != nil {
		return Response{}, context.Cause(ctx)
	}
	return response, err
}

// ask asks robots.txt, then f.
func (w *Web) ask(ctx context.Context, r Request, f Fetcher) (Response, error) {
	rules, err := w.allowed(ctx, r.URL)
	if err != nil {
		return Response{}, err
	}
	delay := rules.CrawlDelay(agent)
	r.allowed = func(ctx context.Context, u URL) error {
		_, err := w.allowed(ctx, u)
		return err
	}
	response, err := f.Get(ctx, r)
	if err == nil && response.Redirect.IsZero() && response.URL != r.URL { // it went on by itself
		_, err = w.allowed(ctx, response.URL)
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		response.Close()
		failure.CrawlDelay = delay
		return Response{}, failure
	}
	if err != nil {
		response.Close()
		return Response{}, err
	}
	response.CrawlDelay = delay
	return response, nil
}

// allowed gives the rules of u's origin if they allow u.
func (w *Web) allowed(ctx context.Context, u URL) (*Robots, error) {
	rules, err := w.rules(ctx, u)
	if err != nil && ctx.Err() != nil {
		return nil, brokenRequest(context.Cause(ctx))
	}
	if err != nil {
		return nil, err
	}
	if !rules.Allows(agent, u.Target()) {
		f := failed(schema.RobotsBlocked, nil, "robots.txt does not allow it")
		f.CrawlDelay = rules.CrawlDelay(agent)
		return nil, f
	}
	return rules, nil
}

// tooFar says that the next turn at a domain is too far away to wait for it.
func tooFar(domain string, wait time.Duration) error {
	return fault.New(fault.Limited, "the next turn at %s is in %s", domain, wait.Round(time.Second)).After(wait)
}
