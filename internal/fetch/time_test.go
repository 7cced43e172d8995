package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"techfacts.dev/techfacts/schema"
)

// pipes is a network without sockets, for tests in a bubble of time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	down   bool // nobody can connect
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.down {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// world is a bubble of time with a site of the name acme.example.
type world struct {
	*testing.T
	http    *Web
	site    *site
	network *pipes
}

// connected is an HTTP that reaches nothing but the world.
func (w world) connected(o Options) *Web {
	h := NewHTTP(o)
	h.transport.DialContext = w.network.dial
	return NewWeb(h, free{})
}

// bubble runs f in a world of its own.
func bubble(t *testing.T, pages map[string]http.HandlerFunc, f func(w world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		s := newSite(pages)
		_ = s.Listener.Close()
		server := &http.Server{Handler: s.Config.Handler}
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(network) })
		w := world{T: t, site: s, network: network}
		w.http = w.connected(Options{})
		f(w)
		w.http.http.Close()
		_ = server.Close()
		running.Wait()
	})
}

func acme(t *testing.T, path string) URL {
	t.Helper()
	return mustParse(t, "http://acme.example"+path)
}

// took asserts how much time of the bubble has passed since start.
func took(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// trickles sends a byte a second, forever.
func trickles(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	for {
		_, _ = w.Write([]byte("x"))
		w.(http.Flusher).Flush()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

func TestServerMustAnswerInTime(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{"/hangs": hangs, "/trickles": trickles}
	bubble(t, pages, func(w world) {
		t, h := w.T, w.http
		for path, want := range map[string]time.Duration{"/hangs": 15 * time.Second, "/trickles": time.Minute} {
			start := time.Now()
			if f := fails(t, h, acme(t, path), schema.Timeout); !f.Temporary {
				t.Errorf("%s: %+v", path, f)
			}
			took(t, start, want)
		}
	})
}

func TestTimeoutsAreSettings(t *testing.T) {
	t.Parallel()
	bubble(t, map[string]http.HandlerFunc{"/hangs": hangs, "/trickles": trickles}, func(w world) {
		t := w.T
		h := w.connected(Options{Timeout: 7 * time.Second, HeaderTimeout: 3 * time.Second})
		defer h.http.Close()
		for path, want := range map[string]time.Duration{"/hangs": 3 * time.Second, "/trickles": 7 * time.Second} {
			start := time.Now()
			fails(t, h, acme(t, path), schema.Timeout)
			took(t, start, want)
		}
	})
}

func TestTimeSpentWaitingForRoomDoesNotCount(t *testing.T) {
	t.Parallel()
	bubble(t, map[string]http.HandlerFunc{"/large": says("text/plain", strings.Repeat("x", 3*smallBody))}, func(w world) {
		t := w.T
		h := w.connected(Options{Timeout: 7 * time.Second})
		defer h.http.Close()
		var held []Response
		for range largeBodies {
			held = append(held, fetched(t, h, Request{URL: acme(t, "/large")}))
		}
		var waiting sync.WaitGroup
		waiting.Go(func() {
			late, err := h.Fetch(t.Context(), Request{URL: acme(t, "/large")})
			if late.Close(); err != nil {
				t.Errorf("a page that waited for room: %v", err)
			}
		})
		time.Sleep(time.Minute) // of the bubble
		for i := range held {
			held[i].Close()
		}
		waiting.Wait()
	})
}

func TestALargeSitemapTakesThePlaceOfALargePage(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&list, "http://acme.example/%d\n", i)
	}
	bubble(t, map[string]http.HandlerFunc{
		"/large": says("text/plain", strings.Repeat("x", 3*smallBody)), "/small.txt": says("text/plain", "http://acme.example/a\n"), "/large.txt": says("text/plain", list.String()),
	}, func(w world) {
		t := w.T
		h := w.connected(Options{Timeout: 7 * time.Second})
		defer h.http.Close()
		if small, response, err := h.Sitemap(t.Context(), Request{URL: acme(t, "/small.txt")}); err != nil || len(small.Pages) != 1 || response.release != nil {
			t.Errorf("a small one: %+v, %v", small, err)
		}
		large, response, err := h.Sitemap(t.Context(), Request{URL: acme(t, "/large.txt")})
		if err != nil || len(large.Pages) != 2000 {
			t.Fatalf("%d pages, %v", len(large.Pages), err)
		}
		patient, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if late, err := h.Fetch(patient, Request{URL: acme(t, "/large")}); !errors.Is(err, context.DeadlineExceeded) {
			late.Close()
			t.Errorf("a page beside it: %v", err)
		}
		if _, _, err := h.Sitemap(t.Context(), Request{URL: acme(t, "/none.txt")}); outcome(err) != schema.HTTPError {
			t.Errorf("got %v", err)
		}
		response.Close()
		next := fetched(t, h, Request{URL: acme(t, "/large")})
		patient, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := h.Sitemap(patient, Request{URL: acme(t, "/large.txt")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a sitemap beside a page: %v", err)
		}
		next.Close()
	})
}

func TestTimeForConnectingCounts(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(w world) {
		t, h := w.T, w.http
		h.http.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		if f := fails(t, h, acme(t, "/"), schema.RobotsBlocked); !f.Temporary {
			t.Errorf("got %+v", f)
		}
		took(t, start, 15*time.Second)
	})
}

func TestCallerThatGivesUpGetsItsOwnCause(t *testing.T) {
	t.Parallel()
	cancelled := errors.New("the job was cancelled")
	for _, path := range []string{"/hangs", "/trickles", "/robots.txt"} {
		pages := map[string]http.HandlerFunc{"/hangs": hangs, "/trickles": trickles}
		if path == "/robots.txt" {
			pages[path] = hangs
		}
		bubble(t, pages, func(w world) {
			t, h, s := w.T, w.http, w.site
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(5*time.Second, func() { cancel(cancelled) })
			start := time.Now()
			if _, err := h.Fetch(ctx, Request{URL: acme(t, path)}); err != cancelled { //nolint:errorlint // unchanged
				t.Errorf("%s: got %v, want %v", path, err, cancelled)
			}
			took(t, start, 5*time.Second)
			s.requests()
			if path == "/robots.txt" { // what was not read to its end is asked for again
				fails(t, h, acme(t, "/"), schema.RobotsBlocked)
				if n := len(s.requests()); n != 1 {
					t.Errorf("%d requests after that, want one", n)
				}
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			if _, err := h.Fetch(ctx, Request{URL: acme(t, "/hangs")}); path == "/hangs" && err != context.DeadlineExceeded { //nolint:errorlint // unchanged
				t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
			}
		})
	}
}

func TestRobotsAreAskedForOnceADay(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{"/robots.txt": says("text/plain", "user-agent: *\ndisallow: /private"), "/": says("text/plain", "x")}
	bubble(t, pages, func(w world) {
		t, s, network := w.T, w.site, w.network
		var log bytes.Buffer
		h := w.connected(Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		defer h.http.Close()
		fetched(t, h, Request{URL: acme(t, "/")})
		time.Sleep(robotsLifetime - time.Second)
		fails(t, h, acme(t, "/private"), schema.RobotsBlocked)
		if n := len(s.requests()); n != 2 {
			t.Errorf("%d requests within a day, want 2", n)
		}
		time.Sleep(time.Second)
		fetched(t, h, Request{URL: acme(t, "/")})
		if n := len(s.requests()); n != 2 {
			t.Errorf("%d requests after a day, want 2", n)
		}
		// While the server is out of reach the old rules stay in force.
		time.Sleep(robotsLifetime)
		h.http.Close()
		network.down = true
		fails(t, h, acme(t, "/private"), schema.RobotsBlocked)
		if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "origin=http://acme.example") {
			t.Errorf("logged %q", log.String())
		}
		fails(t, h, acme(t, "/"), schema.HTTPError)
		network.down = false
		time.Sleep(robotsRetry)
		fetched(t, h, Request{URL: acme(t, "/")})
		if n := len(s.requests()); n != 2 {
			t.Errorf("%d requests once it is back, want 2", n)
		}
	})
}

func TestRobotsThatFailedAreAskedForAgainSoon(t *testing.T) {
	t.Parallel()
	status := 500
	pages := map[string]http.HandlerFunc{
		"/robots.txt": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) },
		"/":           says("text/plain", "x"),
	}
	bubble(t, pages, func(w world) {
		t, h, s := w.T, w.http, w.site
		if f := fails(t, h, acme(t, "/"), schema.RobotsBlocked); f.RetryAfter != robotsRetry {
			t.Errorf("come back after %v", f.RetryAfter)
		}
		time.Sleep(robotsRetry - time.Second)
		if f := fails(t, h, acme(t, "/"), schema.RobotsBlocked); f.RetryAfter != time.Second {
			t.Errorf("come back after %v", f.RetryAfter)
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		status = 404
		time.Sleep(time.Second)
		fetched(t, h, Request{URL: acme(t, "/")})
		status = 503 // says no, which is more than being out of reach
		time.Sleep(robotsLifetime)
		fails(t, h, acme(t, "/"), schema.RobotsBlocked)
	})
}

func TestRobotsAreAskedForOnceForManyWhoWait(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{
		"/robots.txt": func(http.ResponseWriter, *http.Request) { time.Sleep(3 * time.Second) },
		"/":           says("text/plain", "x"),
	}
	bubble(t, pages, func(w world) {
		t, h, s := w.T, w.http, w.site
		var waiting sync.WaitGroup
		start := time.Now()
		for range 20 {
			waiting.Go(func() {
				if _, err := h.Fetch(t.Context(), Request{URL: acme(t, "/")}); err != nil {
					t.Error(err)
				}
			})
		}
		waiting.Wait()
		took(t, start, 3*time.Second)
		if n := len(s.requests()); n != 21 {
			t.Errorf("%d requests, want 21", n)
		}
	})
}

func TestRobotsOutliveWhoAskedFirst(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{
		"/robots.txt": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(3 * time.Second):
			case <-r.Context().Done():
			}
		},
		"/": says("text/plain", "x"),
	}
	bubble(t, pages, func(w world) {
		t, h := w.T, w.http
		first, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := h.Fetch(first, Request{URL: acme(t, "/")}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		waiting.Go(func() {
			if _, err := h.Fetch(t.Context(), Request{URL: acme(t, "/")}); err != nil {
				t.Errorf("the second: %v", err)
			}
		})
		waiting.Go(func() { // waits for the first, but not for long
			start := time.Now()
			brief, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := h.Fetch(brief, Request{URL: acme(t, "/")}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the third: %v", err)
			}
			took(t, start, time.Second)
		})
		waiting.Wait()
	})
}

func TestCacheOfRobotsIsBounded(t *testing.T) {
	t.Parallel()
	c := newRobotsCache()
	for i := range robotsOrigins + 10 {
		origin := acme(t, "/").Origin() + string(rune('a'+i%26)) + time.Duration(i).String()
		c.weigh(origin, c.entry(origin), maxRobots)
	}
	if c.bytes > robotsBytes || c.lru.Len() == 0 || c.bytes != c.lru.Len()*maxRobots {
		t.Errorf("%d bytes in %d entries", c.bytes, c.lru.Len())
	}
	for i := range robotsOrigins + 10 {
		c.entry(time.Duration(i).String())
	}
	if c.lru.Len() != robotsOrigins || c.bytes != 0 {
		t.Errorf("%d bytes in %d entries", c.bytes, c.lru.Len())
	}
	e := c.entry("kept")
	c.lru.Remove("kept")
	c.weigh("kept", e, 1)
	if c.bytes != 0 {
		t.Errorf("%d bytes of what was dropped", c.bytes)
	}
}

func TestAClockThatIsStoppedGoesOnInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		over := make(chan struct{})
		c := startClock(10*time.Second, func() { close(over) })
		first, second := c.pause(), c.pause()
		time.Sleep(time.Minute)
		first()
		time.Sleep(time.Minute)
		second()
		time.Sleep(4 * time.Second)
		c.pause()
		<-over
		if took := time.Since(began); took != 2*time.Minute+10*time.Second+longestPause {
			t.Errorf("it was over after %v", took)
		}
	})
}
