package fetch

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/schema"
)

// browse puts a real Chromium behind the door of w.
func browse(t *testing.T, w *Web) (*Web, *Browser) {
	t.Helper()
	path := FindBrowser("")
	if path == "" {
		t.Fatal("there is no Chromium in PATH: tools/need.sh installs Debian's, and make test calls it")
	}
	b := NewBrowser(w.http, path)
	t.Cleanup(b.Close)
	return w.By(b), b
}

func (b *Browser) pid() int { return chromedp.FromContext(b.now.ctx).Browser.Process().Pid }

const shell = `<!doctype html><html><head><title>Docs</title><script src="/app.js"></script></head><body><div id="root"></div></body></html>`

func TestTheBrowserGivesWhatScriptsHaveMadeOfAPage(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("X-Robots-Tag", "nofollow")
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			says("text/html", shell)(w, r)
		},
		"/app.js": says("text/javascript", `addEventListener('load', async () => {
			alert('a dialog holds nobody up')
			Object.defineProperty(document.documentElement, 'outerHTML', {get: () => 'a lie'})
			const limits = await (await fetch('/api/limits.json', {headers: {'X-Docs': 'yes'}})).json()
			document.getElementById('root').innerHTML = '<h1>Limits</h1><p>' + limits.text + '</p>\ud800<p>' + navigator.userAgent + '</p>'
		})`),
		"/api/limits.json": func(w http.ResponseWriter, r *http.Request) {
			says("application/json", `{"text": "Every key may send 900 requests — per minute. `+r.Header.Get("X-Docs")+r.UserAgent()+`"}`)(w, r)
		},
	})
	w, _ := browse(t, open(t, Options{UserAgent: "techfacts/test"}, s))
	got := fetched(t, w, Request{URL: s.at(t, "/"), ETag: `"1"`})
	defer got.Close()
	for _, want := range []string{"900 requests — per minute. yestechfacts/test", "<p>techfacts/test</p>", "<title>Docs</title>"} {
		if !bytes.Contains(got.Body, []byte(want)) {
			t.Errorf("%q is not in %s", want, got.Body)
		}
	}
	if got.Status != 200 || got.ContentType != "text/html" || got.Fetcher != schema.FetcherBrowser || !got.NoFollow || got.ETag != "" || got.NotModified ||
		got.URL != s.at(t, "/") || got.Bytes < int64(len(shell)) || !bytes.Equal(clean(got.Body), got.Body) {
		t.Errorf("got %+v", got)
	}
}
