package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	cdpfetch "github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/schema"
)

// How far a page may go in a browser.
const (
	tabRequests = 200                    // that its scripts make
	tabWorkers  = 4                      // of them at a time
	tabQuiet    = 500 * time.Millisecond // without a request, after it was loaded: it is done
	tabPatience = 15 * time.Second       // then it is done anyway
	tabLook     = 50 * time.Millisecond  // how often to see whether it is
)

// asked is a request that waits in the browser to be answered.
type asked = *cdpfetch.EventRequestPaused

// tab is one page in a browser.
type tab struct {
	*Browser
	request Request
	page    *Response // as it came; its body is given to the browser once

	asked   chan asked // what has no room stays unanswered
	dialogs chan struct{}
	workers sync.WaitGroup

	loaded, crashed, moved chan struct{} // closed when the page is, or was led elsewhere

	mu       sync.Mutex
	frame    cdp.FrameID
	served   bool      // the page was given to the browser
	busy     int       // requests not yet answered
	changed  time.Time // when that last changed
	requests int
	bytes    int64
	redirect URL
}

// show gives the page to the browser, waits until its scripts have done their
// work, and takes what has become of it.
func (t *tab) show(ctx context.Context) (Response, error) {
	if err := t.open(ctx); err != nil {
		return Response{}, err
	}
	wanted, enough := context.WithCancel(ctx)
	defer enough()
	for range tabWorkers {
		t.workers.Go(func() { t.serve(ctx, wanted) })
	}
	if _, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: t.request.URL.String()}); err != nil {
		return Response{}, err
	}
	err := t.settle(ctx)
	enough() // what still comes must not take the place that the page needs
	if err != nil {
		return Response{}, err
	}
	if to, n := t.led(); !to.IsZero() {
		return Response{URL: t.request.URL, Redirect: to, Status: t.page.Status, Bytes: t.page.Bytes + n, Fetcher: schema.FetcherBrowser}, nil
	}
	return t.read(ctx)
}

// open opens the tab, and sees to it that whatever the page asks for waits for
// our answer. Nothing else is to be told of it: a page could have endlessly much of
// that.
func (t *tab) open(ctx context.Context) error {
	if err := chromedp.Listen(ctx, t.hear); err != nil {
		return err
	}
	t.mu.Lock()
	t.frame = cdp.FrameID(chromedp.FromContext(ctx).Target.TargetID)
	t.mu.Unlock()
	for _, c := range []cdp.Command[cdp.Empty, cdp.Empty]{runtime.Disable, log.Disable, network.Disable, css.Disable, dom.Disable} {
		if _, err := chromedp.Call(ctx, c, cdp.Empty{}); err != nil {
			return err
		}
	}
	_, err := chromedp.Call(ctx, cdpfetch.Enable, cdpfetch.EnableParams{})
	return err
}

// hear takes note of what the browser tells. It must not wait.
func (t *tab) hear(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *cdpfetch.EventRequestPaused:
		select {
		case t.asked <- e:
			t.busy++
			t.changed = time.Now()
		default: // a flood: it waits until the tab is closed
		}
	case *page.EventLoadEventFired:
		closeOnce(t.loaded)
		t.changed = time.Now()
	case *page.EventJavascriptDialogOpening:
		select {
		case t.dialogs <- struct{}{}:
		default:
		}
	case *inspector.EventTargetCrashed:
		closeOnce(t.crashed)
	}
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// errCrashed says that the page has brought its process down.
var errCrashed = errors.New("the page crashed")

// settle waits until the page is done.
func (t *tab) settle(ctx context.Context) error {
	end := time.NewTimer(min(tabPatience, t.http.timeout/2))
	defer end.Stop()
	look := time.NewTicker(tabLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.crashed:
			return errCrashed
		case <-t.moved:
			return nil
		case <-end.C:
			return nil
		case <-look.C:
			if t.quiet() {
				return nil
			}
		}
	}
}

// quiet reports whether the page has asked for nothing for a while: a longer
// one if it was not loaded, as a page is that scripts have tried to leave.
func (t *tab) quiet() bool {
	enough := tabQuiet
	select {
	case <-t.loaded:
	default:
		enough *= 6
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy == 0 && time.Since(t.changed) >= enough
}

// led tells where scripts have led the page, and how much they have fetched.
func (t *tab) led() (to URL, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.redirect, t.bytes
}

// read takes the page as it is now, in a world of its own where the page's
// scripts have changed nothing.
func (t *tab) read(ctx context.Context) (Response, error) {
	world, err := chromedp.Call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: t.frame})
	if err != nil {
		return Response{}, err
	}
	const html = `(document.documentElement ? document.documentElement.outerHTML : "")`
	length, err := evaluate[int64](ctx, world.ExecutionContextID, html+".length")
	if err != nil {
		return Response{}, err
	}
	if length > t.http.maxBody {
		return Response{}, brokenBody(errTooLarge, t.http.maxBody)
	}
	shown := Response{
		URL: t.page.URL, Status: t.page.Status, ContentType: t.page.ContentType, Bytes: t.page.Bytes,
		NoIndex: t.page.NoIndex, NoFollow: t.page.NoFollow, Fetcher: schema.FetcherBrowser,
	}
	if length > smallBody/2 { // a letter may be two bytes, or more
		if shown.release, err = t.http.room.enter(ctx, t.request.clock); err != nil {
			return Response{}, err
		}
	}
	text, err := evaluate[string](ctx, world.ExecutionContextID, fmt.Sprintf("%s.slice(0, %d)", html, length))
	if err == nil && int64(len(text)) > t.http.maxBody {
		err = brokenBody(errTooLarge, t.http.maxBody)
	}
	if err != nil {
		shown.Close()
		return Response{}, err
	}
	_, n := t.led()
	shown.Body, shown.Bytes = clean([]byte(text)), shown.Bytes+n
	return shown, nil
}

func evaluate[T any](ctx context.Context, world runtime.ExecutionContextID, expression string) (v T, err error) {
	yes := true
	result, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ContextID: world, ReturnByValue: &yes})
	if err != nil {
		return v, err
	}
	if result.ExceptionDetails != nil {
		return v, errors.New(result.ExceptionDetails.Text)
	}
	return v, json.Unmarshal(result.Result.Value, &v)
}

// serve answers what the page asks for, until ctx ends. Once wanted has ended
// nothing more is fetched for it: it is refused, as a page that waits for an
// answer cannot be read.
func (t *tab) serve(ctx, wanted context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.dialogs:
			_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: false}) // it may be gone
		case e := <-t.asked:
			t.answer(ctx, wanted, e)
			t.mu.Lock()
			t.busy--
			t.changed = time.Now()
			t.mu.Unlock()
		}
	}
}

// answer answers one request: the page itself is what has come of it, another
// page in its place is a redirect, a style sheet is empty, scripts and data are
// fetched, and nothing else is to be had. An error means that the tab is gone.
func (t *tab) answer(ctx, wanted context.Context, e asked) {
	switch {
	case e.ResourceType == network.ResourceTypeDocument && e.FrameID == t.frame:
		t.document(ctx, e)
	case e.Request.Method != http.MethodGet:
		t.refuse(ctx, e, network.ErrorReasonBlockedByClient)
	case e.ResourceType == network.ResourceTypeStylesheet:
		t.fulfil(ctx, e, http.StatusOK, http.Header{"Content-Type": {"text/css"}, "Access-Control-Allow-Origin": {"*"}}, nil)
	case e.ResourceType == network.ResourceTypeScript, e.ResourceType == network.ResourceTypeXHR, e.ResourceType == network.ResourceTypeFetch:
		t.resource(ctx, wanted, e)
	default:
		t.refuse(ctx, e, network.ErrorReasonBlockedByClient)
	}
}

func (t *tab) document(ctx context.Context, e asked) {
	t.mu.Lock()
	first := !t.served
	t.served = true
	t.mu.Unlock()
	if first {
		t.fulfil(ctx, e, http.StatusOK, http.Header{"Content-Type": {t.page.ContentType + "; charset=utf-8"}}, t.page.Body)
		t.page.Close()
		return
	}
	to, err := t.request.URL.Resolve(e.Request.URL)
	if err == nil && to != t.request.URL && e.Request.Method == http.MethodGet {
		t.mu.Lock()
		if t.redirect.IsZero() {
			t.redirect = to
		}
		closeOnce(t.moved)
		t.mu.Unlock()
	}
	t.refuse(ctx, e, network.ErrorReasonAborted) // the page stays as it is
}

func (t *tab) refuse(ctx context.Context, e asked, why network.ErrorReason) {
	_, _ = chromedp.Call(ctx, cdpfetch.FailRequest, cdpfetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: why})
}

func (t *tab) fulfil(ctx context.Context, e asked, status int, header http.Header, body []byte) {
	answer := cdpfetch.FulfillRequestParams{RequestID: e.RequestID, ResponseCode: int64(status), Body: body}
	for name, values := range header {
		for _, v := range values {
			answer.ResponseHeaders = append(answer.ResponseHeaders, &cdpfetch.HeaderEntry{Name: name, Value: v})
		}
	}
	_, _ = chromedp.Call(ctx, cdpfetch.FulfillRequest, answer)
}

// resource fetches what a script asks for, wherever redirects lead, if the
// guard and robots.txt let us.
func (t *tab) resource(ctx, wanted context.Context, e asked) {
	t.mu.Lock()
	t.requests++
	enough := t.requests > tabRequests || t.bytes > 2*t.http.maxBody
	t.mu.Unlock()
	u, err := ParseURL(e.Request.URL)
	if enough || err != nil {
		t.refuse(ctx, e, network.ErrorReasonBlockedByClient)
		return
	}
	for range maxRedirects + 1 {
		if err = t.request.allowed(wanted, u); err != nil {
			break
		}
		var resp *http.Response
		if resp, err = t.http.send(wanted, u, sentOn(e.Request.Headers)); err != nil {
			break
		}
		if !redirects(resp) {
			t.hand(ctx, wanted, e, resp)
			return
		}
		drain(resp)
		if u, err = u.Resolve(resp.Header.Get("Location")); err != nil {
			break
		}
	}
	t.refuse(ctx, e, network.ErrorReasonConnectionFailed)
}

// hand gives the browser an answer that has come.
func (t *tab) hand(ctx, wanted context.Context, e asked, resp *http.Response) {
	defer resp.Body.Close()
	body, _, err := decoded(resp, t.http.maxBody)
	var data []byte
	release := func() {}
	if err == nil {
		data, release, err = t.http.room.readAll(wanted, t.request.clock, body)
	}
	defer func() { release() }()
	t.mu.Lock()
	t.bytes += int64(len(data))
	t.mu.Unlock()
	if err != nil {
		t.refuse(ctx, e, network.ErrorReasonFailed)
		return
	}
	header := http.Header{}
	for name, values := range resp.Header {
		if name == "Content-Type" || strings.HasPrefix(name, "Access-Control-") {
			header[name] = values
		}
	}
	t.fulfil(ctx, e, resp.StatusCode, header, data)
}

// sentOn is what of the header of a page's request is sent on. What tells of us
// or of the connection is ours to say.
func sentOn(headers network.Headers) http.Header {
	header := http.Header{}
	for name, value := range headers {
		text, ok := value.(string)
		switch name = http.CanonicalHeaderKey(name); name {
		case "User-Agent", "Accept-Encoding", "Accept-Language", "Cookie", "Host", "Connection", "Content-Length", "Transfer-Encoding",
			"Te", "Trailer", "Upgrade", "Range", "If-None-Match", "If-Modified-Since", "If-Range":
			continue
		}
		if ok && !strings.HasPrefix(name, "Proxy-") && !strings.HasPrefix(name, "Sec-") {
			header.Set(name, text)
		}
	}
	return header
}
