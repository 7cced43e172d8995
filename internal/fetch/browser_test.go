package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/schema"
)

// browse puts a real Chromium behind the door of w.
func browse(t *testing.T, w *Web) (*Web, *Browser) {
	t.Helper()
	path := chromium.Find("")
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

// running lists the processes of a browser that is used by its directory.
func running(t *testing.T, mark string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(mark)) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestNothingOfAPageReachesWhatTheGuardDenies(t *testing.T) {
	t.Parallel()
	inside := newCanary(t, "127.0.0.1:0")
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	canary := "http://127.0.0.1:" + inside.port
	tries := fmt.Sprintf(`<!doctype html>
		<link rel="stylesheet" href="%[1]s/s.css"><link rel="preconnect" href="%[1]s"><link rel="prefetch" href="%[1]s/p"><link rel="modulepreload" href="%[1]s/m.js">
		<link rel="icon" href="%[1]s/i.ico"><link rel="manifest" href="%[1]s/m.json"><script src="%[1]s/x.js"></script><script src="/hop.js"></script>
		<img src="%[1]s/i.png"><img src="/hop"><iframe src="%[1]s/f"></iframe><iframe src="/frame"></iframe><iframe srcdoc="<img src='%[1]s/n'>"></iframe>
		<object data="%[1]s/o"></object><embed src="%[1]s/e"><video src="%[1]s/v"></video><form id="f" method="post" action="%[1]s/form" target="n"><input name="a"></form><iframe name="n"></iframe>
		<div id="root">nothing yet</div>
		<script>
		const to = %[1]q, ws = to.replace('http', 'ws'), tries = []
		let n = 0
		const t = f => { n++; try { tries.push(Promise.resolve(f()).catch(() => 0)) } catch (e) {} }
		t(() => fetch(to)); t(() => fetch(to, {method: 'POST', body: 'x', mode: 'no-cors'})); t(() => fetch('/hop')); t(() => fetch('http://names.example:%[2]s/'))
		t(() => fetch('http://localhost:%[2]s/')); t(() => fetch('http://2130706433:%[2]s/')); t(() => fetch('http://[::ffff:7f00:1]:%[2]s/')); t(() => fetch('file:///etc/passwd'))
		t(() => new WebSocket(ws)); t(() => new EventSource(to)); t(() => navigator.sendBeacon(to, 'x')); t(() => new Image().src = to)
		t(() => navigator.serviceWorker.register('/worker.js')); t(() => new SharedWorker('/worker.js')); t(() => import(to + '/m.js'))
		t(() => new Worker('/worker.js')); t(() => new Worker(URL.createObjectURL(new Blob(["fetch('" + to + "'); new WebSocket('" + ws + "')"]))))
		t(() => { const x = new XMLHttpRequest; x.open('GET', to, false); x.send() }); t(() => window.open(to)); t(() => document.getElementById('f').submit())
		t(() => new WebTransport('https://127.0.0.1:%[3]d/'))
		t(async () => {
			const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:%[3]d'}, {urls: 'turn:127.0.0.1:%[2]s?transport=tcp', username: 'u', credential: 'c'}]})
			p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer())
		})
		Promise.race([Promise.all(tries), new Promise(done => setTimeout(done, 400))]).then(() => document.getElementById('root').textContent = n + ' tries')
		</script>`, canary, inside.port, udp.LocalAddr().(*net.UDPAddr).Port)
	s := serve(t, map[string]http.HandlerFunc{
		"/": says("text/html", tries), "/hop": redirect(canary + "/hop"), "/hop.js": redirect(canary + "/hop.js"),
		"/frame":     says("text/html", `<script>fetch("`+canary+`"); new WebSocket("ws://127.0.0.1:`+inside.port+`")</script>`),
		"/worker.js": says("text/javascript", `fetch("`+canary+`"); new WebSocket("ws://127.0.0.1:`+inside.port+`")`),
	})
	w, _ := browse(t, open(t, Options{}, s))
	got := fetched(t, w, Request{URL: s.at(t, "/")})
	defer got.Close()
	if !bytes.Contains(got.Body, []byte(">22 tries<")) {
		t.Errorf("the page did not try: %s", got.Body)
	}
	inside.untouched(t)
	if err := udp.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, from, err := udp.ReadFrom(make([]byte, 1500)); err == nil {
		t.Errorf("%d bytes came by UDP from %s", n, from)
	}
	asked := s.requests()
	for _, path := range []string{"/frame", "/worker.js"} {
		if slices.Contains(asked, path) {
			t.Errorf("%s was asked for", path)
		}
	}
	if slices.Contains(asked, "/hop") != true || !slices.Contains(asked, "/hop.js") {
		t.Errorf("what a page's scripts ask for is fetched: %q", asked)
	}
}

func TestPicturesFontsAndMediaAreNotFetchedInABrowser(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/html", `<link rel="stylesheet" href="/s.css" onload="document.title='styled'">
		<style>@font-face { font-family: f; src: url(/f.woff2) } body { font-family: f; background: url(/b.png) }</style>
		<p>text<img src="/i.png"><video src="/v.mp4" autoplay></video><audio src="/a.mp3" autoplay></audio><svg><image href="/g.svg"/></svg>`)})
	w, _ := browse(t, open(t, Options{}, s))
	got := fetched(t, w, Request{URL: s.at(t, "/")})
	if asked := s.requests(); !slices.Equal(asked, []string{"/robots.txt", "/"}) || !bytes.Contains(got.Body, []byte("<title>styled</title>")) {
		t.Errorf("asked for %q, the page is %s", asked, got.Body)
	}
}

func TestWhatScriptsAskForIsHeldToRobotsAndToItsNumber(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/robots.txt": says("text/plain", "user-agent: *\ndisallow: /private"), "/private": says("text/plain", "private"), "/private.js": says("text/javascript", "document.title = 'private'"),
		"/": says("text/html", `<title>x</title><script src="/private.js"></script><script>
			fetch('/to-private').catch(() => document.title += ' refused')
			for (let i = 0; i < 300; i++) fetch('/n?' + i)</script>`),
		"/to-private": redirect("/private"),
	})
	w, _ := browse(t, open(t, Options{}, s))
	got := fetched(t, w, Request{URL: s.at(t, "/")})
	asked := s.requests()
	n := len(slices.DeleteFunc(slices.Clone(asked), func(p string) bool { return p != "/n" }))
	if slices.Contains(asked, "/private") || slices.Contains(asked, "/private.js") || !bytes.Contains(got.Body, []byte("<title>x refused</title>")) || n > tabRequests || n < tabRequests/2 {
		t.Errorf("%d requests, the page is %.200s", n, got.Body)
	}
}

func TestWhereScriptsLeadAPageIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/script":  says("text/html", `<script>location.href = '/next'</script>`),
		"/refresh": says("text/html", `<meta http-equiv="refresh" content="0; url=/next">`),
		"/away":    says("text/html", `<script>location.replace('http://127.0.0.1:1/')</script>`),
		"/http":    redirect("/next"),
		"/reload":  says("text/html", `<p>again</p><script>location.reload()</script>`),
		"/push":    says("text/html", `<p>pushed</p><script>history.pushState(null, '', '/next')</script>`),
	})
	w, _ := browse(t, open(t, Options{}, s))
	for path, want := range map[string]string{"/script": s.URL + "/next", "/refresh": s.URL + "/next", "/away": "http://127.0.0.1:1/", "/http": s.URL + "/next", "/reload": "", "/push": ""} {
		got := fetched(t, w, Request{URL: s.at(t, path)})
		if got.Redirect.String() != want || got.URL != s.at(t, path) || want == "" && !bytes.Contains(got.Body, []byte("<p>")) {
			t.Errorf("%s: led to %q, want %q: %s", path, got.Redirect, want, got.Body)
		}
	}
	if asked := s.requests(); slices.Contains(asked, "/next") {
		t.Errorf("the browser went on by itself: %q", asked)
	}
}

func TestTheBrowserKeepsTheLimitsOfHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/missing": http.NotFound,
		"/large":   says("text/html", strings.Repeat("x", 70_000)),
		"/grown":   says("text/html", `<p>x</p><script>document.body.textContent = 'x'.repeat(100000)</script>`),
		"/wide":    says("text/html", `<p>x</p><script>document.body.textContent = '語'.repeat(30000)</script>`),
		"/notes":   says("text/plain", "plain <script>text</script>"),
		"/picture": says("image/png", "x"),
	})
	w, _ := browse(t, open(t, Options{MaxBody: 64_000}, s))
	if f := fails(t, w, s.at(t, "/missing"), schema.HTTPError); f.Status != http.StatusNotFound {
		t.Errorf("got %+v", f)
	}
	for _, path := range []string{"/large", "/grown", "/wide"} {
		fails(t, w, s.at(t, path), schema.TooLarge)
	}
	fails(t, w, s.at(t, "/picture"), schema.UnsupportedType)
	if got := fetched(t, w, Request{URL: s.at(t, "/notes")}); string(got.Body) != "plain <script>text</script>" || got.Fetcher != schema.FetcherHTTP {
		t.Errorf("got %+v", got)
	}
	fails(t, w, mustParse(t, "http://127.0.0.1:1/"), schema.FetchBlocked)
}

func TestAPageWithoutAnEndCostsItsTimeAndNoMore(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/loop":  says("text/html", `<p>x</p><script>addEventListener('load', () => { for (;;); })</script>`),
		"/after": says("text/html", `<p>x</p><script>document.body.append('made')</script>`),
	})
	w, _ := browse(t, open(t, Options{Timeout: 4 * time.Second}, s))
	if f := fails(t, w, s.at(t, "/loop"), schema.Timeout); !f.Temporary {
		t.Errorf("got %+v", f)
	}
	long := open(t, Options{}, s)
	w, b := browse(t, long)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the job was cancelled")
	s2 := serve(t, map[string]http.HandlerFunc{"/": says("text/html", `<script src="/slow.js"></script>`), "/slow.js": func(_ http.ResponseWriter, r *http.Request) {
		cancel(stopped)
		<-r.Context().Done()
	}})
	w2 := open(t, Options{}, s2).By(b)
	b.http = w2.http
	if _, err := w2.Fetch(ctx, Request{URL: s2.at(t, "/")}); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
	b.http = long.http
	if got := fetched(t, w, Request{URL: s.at(t, "/after")}); !bytes.Contains(got.Body, []byte("made")) {
		t.Errorf("got %s", got.Body)
	}
}

func TestABrowserThatDiesCostsItsPageAndTheNextOneGetsAnother(t *testing.T) {
	t.Parallel()
	var b *Browser
	s := serve(t, map[string]http.HandlerFunc{
		"/": says("text/html", `<p>x</p><script src="/deadly.js"></script>`),
		"/deadly.js": func(http.ResponseWriter, *http.Request) {
			if err := syscall.Kill(b.pid(), syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		},
		"/after": says("text/html", `<p>x</p><script>document.body.append('made')</script>`),
	})
	w, browser := browse(t, open(t, Options{}, s))
	b = browser
	if f := fails(t, w, s.at(t, "/"), schema.Failed); !f.Temporary || f.Status != http.StatusOK {
		t.Errorf("got %+v", f)
	}
	if got := fetched(t, w, Request{URL: s.at(t, "/after")}); !bytes.Contains(got.Body, []byte("made")) {
		t.Errorf("got %s", got.Body)
	}
}

func TestABrowserIsReplacedAfterItsPagesAndGoneWhenItIsClosed(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/html", `<p>`+"x"+`<script>document.title = document.cookie; document.cookie = 'seen=yes'; localStorage.seen = 'yes'</script>`)})
	w, b := browse(t, open(t, Options{UserAgent: "techfacts/" + t.Name()}, s))
	b.most = 2
	var pids []int
	for range 3 {
		got := fetched(t, w, Request{URL: s.at(t, "/")})
		if bytes.Contains(got.Body, []byte("seen=yes</title>")) {
			t.Error("a page sees what another has left behind")
		}
		pids = append(pids, b.pid())
	}
	if pids[0] != pids[1] || pids[1] == pids[2] {
		t.Errorf("pages were shown by %v", pids)
	}
	mark := "--user-agent=techfacts/" + t.Name()
	for _, pid := range running(t, mark) {
		if env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err == nil && bytes.Contains(env, []byte("GOMAXPROCS")) {
			t.Errorf("the browser has our environment: %q", env)
		}
	}
	if len(running(t, mark)) == 0 {
		t.Error("no browser is running")
	}
	b.Close()
	if left := running(t, mark); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	fails(t, w, s.at(t, "/"), schema.Failed)
}

func TestABrowserThatDoesNotStartIsAnOutcome(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/html", "<p>x")})
	plain := open(t, Options{}, s)
	path := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := NewBrowser(plain.http, chromium.Find(path))
	t.Cleanup(b.Close)
	if f := fails(t, plain.By(b), s.at(t, "/"), schema.Failed); !f.Temporary {
		t.Errorf("got %+v", f)
	}
}

func TestAScriptThatFetchesWithoutAnEndLeavesThePlaceForLargeBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/grown": says("text/html", `<div id="root"></div><script>document.getElementById("root").innerHTML = "<p>" + "limit of words ".repeat(20000)
			addEventListener("load", () => { setTimeout(() => { const x = new XMLHttpRequest; x.open("GET", "/drip?again", false); x.send() }, 100); fetch("/drip") })</script>`),
		"/drip": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 400_000))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"/large": says("text/html", strings.Repeat("x", 400_000)),
	})
	plain := open(t, Options{Timeout: 10 * time.Second}, s)
	w, _ := browse(t, plain)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	got, err := w.Fetch(ctx, Request{URL: s.at(t, "/grown")})
	if err != nil || len(got.Body) < 300_000 {
		t.Fatalf("got %d bytes: %v", len(got.Body), err)
	}
	got.Close()
	if got, err = plain.Fetch(ctx, Request{URL: s.at(t, "/large")}); err != nil || len(got.Body) != 400_000 {
		t.Errorf("after it: %d bytes: %v", len(got.Body), err)
	}
	got.Close()
}
