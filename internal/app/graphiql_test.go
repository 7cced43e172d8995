package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/internal/app"
)

func TestGraphiQLStartsAScrapeAndWatchesItToItsEnd(t *testing.T) {
	t.Parallel()
	t.Run("without a key", func(t *testing.T) {
		t.Parallel()
		b := browse(t, start(t, settings(t, "SQLite")))
		b.scrape()
		for _, sent := range b.sent() {
			if strings.Contains(strings.ToLower(sent), "authorization") {
				t.Errorf("a key was sent although there is none: %s", sent)
			}
		}
	})
	t.Run("with a key", func(t *testing.T) {
		t.Parallel()
		const key = "a key that is long enough to be taken for one"
		c := settings(t, "SQLite")
		c.APIKey = app.Secret(key)
		b := browse(t, start(t, c))
		b.wait("the page to say that a key is needed", `document.querySelector('.key').dataset.state === 'refused'`)
		b.refusals()
		b.do(chromedp.SendKeys(chromedp.CSS(".key input"), key+"\r"))
		b.wait("the page to send the key", `document.querySelector('.key').dataset.state === 'sent'`)
		b.scrape()
		sent := strings.Join(b.sent(), "\n")
		for _, want := range []string{`POST "Authorization":"Bearer ` + key + `"`, `{"type":"connection_init","payload":{"authorization":"Bearer ` + key + `"}}`} {
			if !strings.Contains(sent, want) {
				t.Errorf("%s is not in what was sent:\n%s", want, sent)
			}
		}
		if kept := eval[string](b, `JSON.stringify(localStorage) + document.cookie + location.href`); strings.Contains(kept, key) {
			t.Errorf("the key is kept: %s", kept)
		}
		if kept := eval[string](b, `JSON.stringify(sessionStorage)`); !strings.Contains(kept, key) {
			t.Errorf("the key does not outlive a reload: %s", kept)
		}
	})
}

func TestEveryExampleOfGraphiQLIsAnswered(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	scraped(s)
	b := browse(t, s)
	titles, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.examples .title')].map(e => e.textContent)`))
	if err != nil {
		t.Fatal(err)
	}
	if len(titles) < 8 {
		t.Fatalf("examples: %q", titles)
	}
	for _, title := range titles {
		if title == "Start a scrape" || title == "New facts, live" { // the one reads a real site, the other waits for news
			continue
		}
		b.open(title)
		b.do(chromedp.Click(chromedp.CSS(".graphiql-execute-button")))
		b.wait("an answer to "+title, result+`.includes('"data"')`)
		if got := eval[string](b, result); strings.Contains(got, `"errors"`) || strings.Contains(got, `"edges": []`) {
			t.Errorf("%s: %s", title, got)
		}
	}
	// The documentation and the completion know the schema, and keep to the policy.
	b.do(chromedp.Click(chromedp.CSS(`button[aria-label="Show Documentation Explorer"]`)), chromedp.WaitVisible(chromedp.CSS(".graphiql-doc-explorer")))
	b.wait("the documentation", `document.querySelector('.graphiql-doc-explorer').textContent.includes('Subscription')`)
	b.do(chromedp.Evaluate[chromedp.Void](query+`.setValue('')`), chromedp.SendKeys(chromedp.CSS(".graphiql-query-editor textarea"), "{ rateL"))
	b.wait("completion", `[...document.querySelectorAll('.CodeMirror-hint')].some(e => e.textContent.startsWith('rateLimits'))`)
}

func TestGraphiQLCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for on, want := range map[bool]int{true: http.StatusOK, false: http.StatusNotFound} {
		c := settings(t, "SQLite")
		c.GraphiQL = on
		s := start(t, c)
		r, err := http.Get("http://" + s.addr + "/graphiql")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("switched on: %v, got %s", on, r.Status)
		}
	}
}

// browser is a Chromium with GraphiQL of a service in it. The test fails if the
// page breaks its policy, complains, or asks another host for anything.
type browser struct {
	testing.TB
	ctx context.Context //nolint:containedctx // it is the browser

	mu       sync.Mutex
	problems []string
	messages []string // what was sent: headers of requests, and what went out by websocket
}

// Of the page, in JavaScript.
const (
	result    = `document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()`
	query     = `document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror`
	variables = `document.querySelector('.graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror').CodeMirror`
)

// patience is how long a browser on a busy machine may take.
const patience = 30 * time.Second

func chromium(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatal("there is no Chromium in PATH: tools/need.sh installs Debian's, and make test calls it")
	return ""
}

func browse(tb testing.TB, s *service) *browser {
	tb.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(tb)),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// No other host has an address.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WindowSize(1360, 820),
		chromedp.WSURLReadTimeout(patience),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(tb.Context(), options...)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {})) // events that chromedp does not know
	b := &browser{TB: tb, ctx: ctx}
	tb.Cleanup(func() {
		for _, p := range b.seen() {
			tb.Error(p)
		}
		cancel()
		stop()
	})
	// The first use starts the browser; a deadline of its would be the browser's.
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatal(err)
	}
	for _, err := range []error{
		chromedp.Listen(ctx, func(event any) { b.hear(event, s.addr) }),
		enable(ctx, network.Enable), enable(ctx, runtime.Enable), enable(ctx, log.Enable), enable(ctx, audits.Enable),
	} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	b.do(chromedp.Navigate("http://"+s.addr+"/graphiql"),
		chromedp.WaitVisible(chromedp.CSS(".graphiql-query-editor .CodeMirror")), chromedp.WaitVisible(chromedp.CSS(".examples")))
	return b
}

// enable asks the browser to tell of something.
func enable[P, R any](ctx context.Context, what cdp.Command[P, R]) error {
	var all P
	_, err := chromedp.Call(ctx, what, all)
	return err
}

// hear keeps what must not happen, and what is sent.
func (b *browser) hear(event any, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	problem := func(what string, v any) { b.problems = append(b.problems, fmt.Sprintf("%s: %s", what, text(v))) }
	host := func(address string) {
		if u, err := url.Parse(address); err != nil || u.Host != addr && u.Scheme != "data" && u.Scheme != "blob" {
			problem("a request to another host", address)
		}
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		host(e.Request.URL)
		b.messages = append(b.messages, e.Request.Method+" "+strings.TrimPrefix(text(e.Request.Headers), "{"), e.Request.Method+" "+authorization(e.Request.Headers))
	case *network.EventWebSocketCreated:
		host(e.URL)
	case *network.EventWebSocketFrameSent:
		b.messages = append(b.messages, string(e.Response.PayloadData))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			problem("the page complains", e.Args)
		}
	case *runtime.EventExceptionThrown:
		problem("the page throws", e.ExceptionDetails)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			problem("the browser complains", e.Entry)
		}
	case *audits.EventIssueAdded:
		if e.Issue.Details.ContentSecurityPolicyIssueDetails != nil {
			problem("the page breaks its policy", e.Issue.Details.ContentSecurityPolicyIssueDetails)
		}
	}
}

// authorization is that header, as JSON; empty if it is not there.
func authorization(h network.Headers) string {
	for name, value := range h {
		if strings.EqualFold(name, "Authorization") {
			return fmt.Sprintf(`"Authorization":%q`, value)
		}
	}
	return ""
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	j, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(j)
}

// seen gives the problems there were so far, and forgets them.
func (b *browser) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.problems
	b.problems = nil
	return seen
}

// refusals takes problems that are no more than answers of 401.
func (b *browser) refusals() {
	b.Helper()
	for _, p := range b.seen() {
		if !strings.Contains(p, "status of 401") {
			b.Error(p)
		}
	}
}

func (b *browser) sent() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.messages...)
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.Fatalf("%v\nseen: %q", err, b.seen())
	}
}

func eval[T any](b *browser, js string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.Fatalf("%s: %v\nseen: %q", js, err, b.seen())
	}
	return v
}

// wait waits until an expression is true. It asks again and again from here:
// chromedp's own way needs eval, which the page's policy forbids.
func (b *browser) wait(what, js string) {
	b.Helper()
	for deadline := time.Now().Add(patience); !eval[bool](b, js); b.do(chromedp.Sleep(30 * time.Millisecond)) {
		if time.Now().After(deadline) {
			b.Fatalf("waiting for %s: the result is %q\nseen: %q", what, eval[string](b, result), b.seen())
		}
	}
}

// open opens an example; its operation is in the editor then.
func (b *browser) open(title string) {
	b.Helper()
	before := eval[string](b, query+`.getValue()`)
	b.do(chromedp.Click(fmt.Sprintf(`//section[@class="examples"]//button[span[text()=%q]]`, title)))
	if title != "Start a scrape" { // it is open from the beginning
		b.wait(title+" to open", fmt.Sprintf(`%s.getValue() !== %q`, query, before))
	}
}

// scrape starts a job over a small site and watches it, as a person would.
func (b *browser) scrape() {
	b.Helper()
	w := newSite(b)
	read := make(chan struct{})
	w.HandleFunc("/acme", func(rw http.ResponseWriter, r *http.Request) {
		select { // the page comes when the job is being watched
		case <-read:
			writePage(rw, "Limits of Acme", limits)
		case <-r.Context().Done():
		}
	})
	input, err := json.Marshal(text(map[string]any{"input": map[string]any{"urls": []string{w.URL + "/acme"}, "company": "Acme", "profile": "api_docs"}}))
	if err != nil {
		b.Fatal(err)
	}
	b.open("Start a scrape")
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("%s.setValue(%s)", variables, input)), chromedp.Click(chromedp.CSS(".graphiql-execute-button")))
	b.wait("the job to be started", `/"(QUEUED|RUNNING)"/.test(`+result+`)`) // a worker may have it before the answer is made

	b.open("Watch a job")
	b.do(chromedp.Click(chromedp.CSS(".graphiql-execute-button")))
	b.wait("the job to run", result+`.includes('"RUNNING"')`)
	close(read)
	b.wait("the job to be COMPLETED", result+`.includes('"COMPLETED"')`)
	if got := eval[string](b, result); !strings.Contains(got, `"done": 1`) || strings.Contains(got, `"factCount": 0`) {
		b.Errorf("the job ended with %s", got)
	}
	b.wait("the subscription to end", `document.querySelector('.graphiql-execute-button').getAttribute('aria-label').startsWith('Execute')`)

	// The settings dialog is what would write <style> elements, were it not kept from it.
	b.do(chromedp.Click(chromedp.CSS(`button[aria-label="Open settings dialog"]`)), chromedp.WaitVisible(chromedp.CSS(".graphiql-dialog")),
		chromedp.Click(chromedp.CSS(".graphiql-dialog-close")), chromedp.WaitNotPresent(chromedp.CSS(".graphiql-dialog")))
	b.clean()
}

// clean reports what was wrong so far, and sees that it would be noticed.
func (b *browser) clean() {
	b.Helper()
	for _, p := range b.seen() {
		b.Error(p)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.head.append(Object.assign(document.createElement('style'), {textContent: 'b{}'}))`))
	for deadline := time.Now().Add(patience); !strings.Contains(strings.Join(b.seen(), ""), "breaks its policy"); b.do(chromedp.Sleep(30 * time.Millisecond)) {
		if time.Now().After(deadline) {
			b.Fatal("a breach of the policy went unnoticed")
		}
	}
}
