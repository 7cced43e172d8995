package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/schema"
)

func TestEveryStatusHasItsOutcome(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{"/robots.txt": says("text/plain", "user-agent: *\ncrawl-delay: 3")}
	for status := 200; status < 600; status++ {
		pages["/"+strconv.Itoa(status)] = answers(status, "Retry-After", "17")
	}
	s := serve(t, pages)
	h := open(t, Options{}, s)
	for _, c := range []struct {
		status    int
		outcome   schema.Outcome
		temporary bool
	}{
		{400, schema.HTTPError, false},
		{401, schema.HTTPError, false},
		{403, schema.HTTPError, false},
		{404, schema.HTTPError, false},
		{408, schema.HTTPError, true},
		{410, schema.HTTPError, false},
		{418, schema.HTTPError, false},
		{425, schema.HTTPError, true},
		{429, schema.RateLimited, true},
		{451, schema.HTTPError, false},
		{500, schema.HTTPError, true},
		{502, schema.HTTPError, true},
		{503, schema.HTTPError, true},
		{599, schema.HTTPError, true},
		{206, schema.HTTPError, false},
		{300, schema.HTTPError, false},
	} {
		path := "/" + strconv.Itoa(c.status)
		f := fails(t, h, s.at(t, path), c.outcome)
		if f.Temporary != c.temporary || f.Status != c.status || !strings.HasPrefix(f.Reason, "HTTP "+strconv.Itoa(c.status)) {
			t.Errorf("%d: %+v", c.status, f)
		}
		if want := map[bool]time.Duration{true: 17 * time.Second}[c.temporary]; f.RetryAfter != want {
			t.Errorf("%d: come back after %v, want %v", c.status, f.RetryAfter, want)
		}
		if f.CrawlDelay != 3*time.Second {
			t.Errorf("%d: crawl delay %v", c.status, f.CrawlDelay)
		}
	}
}

func TestRetryAfterIsAtMostFiveMinutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, " 90 ": 90 * time.Second, "300": maxBackoff, "301": maxBackoff, "9223372036854775807": maxBackoff,
		"-5": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"Sun, 01 Mar 2026 12:00:42 GMT": 42 * time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": 0, "Sun, 01 Mar 2026 18:00:00 GMT": maxBackoff,
		"Sunday, 01-Mar-26 12:00:42 GMT": 42 * time.Second,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func TestDateInRetryAfterGoesByTheGivenClock(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": answers(503, "Retry-After", "Sun, 01 Mar 2026 12:00:42 GMT")})
	h := open(t, Options{Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }}, s)
	if f := fails(t, h, s.at(t, "/"), schema.HTTPError); f.RetryAfter != 42*time.Second {
		t.Errorf("come back after %v", f.RetryAfter)
	}
}

func TestPagesBeyondTheLimitAreTooLarge(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	fits, over := strings.Repeat("x", limit), strings.Repeat("x", limit+1)
	chunked := func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		says("text/plain", over)(w, r)
	}
	noise := func(n int) string { // hardly gets smaller
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%x", i*i*7919)
		}
		return b.String()
	}
	s := serve(t, map[string]http.HandlerFunc{
		"/fits": says("text/plain", fits), "/declared": says("text/plain", over), "/chunked": chunked,
		"/zipped": encoded("gzip", squeeze(t, "gzip", fits)), "/bomb": encoded("gzip", squeeze(t, "gzip", strings.Repeat(over, 100))),
		"/bombs":   encoded("gzip, gzip", squeeze(t, "gzip", squeeze(t, "gzip", strings.Repeat(over, 1000)))),
		"/empties": encoded("gzip, gzip", squeeze(t, "gzip", strings.Repeat(squeeze(t, "gzip", ""), 1000))), // nothing, but much of it
		"/wire":    encoded("gzip", squeeze(t, "gzip", noise(10_000))),
		"/lie": func(w http.ResponseWriter, r *http.Request) {
			cuts("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9223372036854775807\r\n\r\nx")(w, r)
		},
	})
	h := open(t, Options{MaxBody: limit}, s)
	for _, path := range []string{"/fits", "/zipped"} {
		if got := fetched(t, h, Request{URL: s.at(t, path)}); len(got.Body) != limit {
			t.Errorf("%s: %d bytes", path, len(got.Body))
		}
	}
	for _, path := range []string{"/declared", "/chunked", "/bomb", "/bombs", "/empties", "/wire", "/lie"} {
		f := fails(t, h, s.at(t, path), schema.TooLarge)
		if f.Temporary || f.Status != 200 || f.Reason != "the page is larger than 10000 bytes" {
			t.Errorf("%s: %+v", path, f)
		}
	}
	if got := size(10 << 20); got != "10 MiB" {
		t.Errorf("got %s", got)
	}
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	t.Parallel()
	zipped := squeeze(t, "gzip", strings.Repeat("Rate limits. ", 100))
	damaged := zipped[:len(zipped)-6] + "\xff\xff" + zipped[len(zipped)-4:]
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	s := serve(t, map[string]http.HandlerFunc{
		"/silence": cuts(""), "/noise": cuts("SSH-2.0-OpenSSH\r\n"), "/cut": cuts(head + "Content-Length: 100\r\n\r\nhalf"),
		"/chunk": cuts(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"), "/truncated": encoded("gzip", zipped[:len(zipped)/2]),
		"/damaged": encoded("gzip", damaged), "/unzipped": encoded("gzip", "not compressed at all"), "/cutzip": cuts(head + "Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f"),
		"/brotli": encoded("br", "x"), "/thrice": encoded("gzip, gzip, gzip", "x"), "/many": encoded(strings.Repeat("gzip,", 1000), "x"),
		"/headers": answers(200, "X-Much", strings.Repeat("x", maxHeader)), "/upgrade": cuts("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
		"/fits": answers(200, "Content-Type", "text/html", "X-Much", strings.Repeat("x", maxHeader-1000)),
	})
	h := open(t, Options{}, s)
	fetched(t, h, Request{URL: s.at(t, "/fits")})
	for path, temporary := range map[string]bool{
		"/silence": true, "/noise": true, "/cut": true, "/chunk": true, "/truncated": true, "/damaged": true, "/unzipped": true, "/cutzip": true,
		"/brotli": false, "/thrice": false, "/many": false, "/headers": true, "/upgrade": false,
	} {
		f := fails(t, h, s.at(t, path), schema.HTTPError)
		if f.Temporary != temporary {
			t.Errorf("%s: %+v", path, f)
		}
		if broke := strings.Contains(f.Reason, "broke off"); broke != (path == "/cut" || path == "/chunk" || path == "/truncated" || path == "/cutzip") {
			t.Errorf("%s: %s", path, f.Reason)
		}
	}
}

func TestWhatCannotBeReachedLooksAlike(t *testing.T) {
	t.Parallel()
	closed := serve(t, nil)
	closed.Close()
	resolver := names(t, map[string][]netip.Addr{"inside.example": {netip.MustParseAddr("10.1.2.3")}})
	h := open(t, Options{Resolver: resolver}, closed)
	for _, u := range []URL{
		closed.at(t, "/"), mustParse(t, "http://10.1.2.3/"), mustParse(t, "http://169.254.169.254/latest/meta-data/"),
		mustParse(t, "http://nowhere.example/"), mustParse(t, "http://inside.example/"), mustParse(t, "http://1.1.1.1:22/"),
	} {
		f := fails(t, h, u, schema.FetchBlocked)
		cause := f.cause
		f.cause = nil
		if *f != (Failure{Outcome: schema.FetchBlocked, Reason: unreachable}) {
			t.Errorf("%s: %+v", u, f)
		}
		if cause == nil {
			t.Errorf("%s: the log does not learn why", u)
		}
	}
}

func TestFailureTellsTheLogMoreThanStrangers(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "dial", Err: fmt.Errorf("%w: 10.0.0.1 is private", errDenied)}
	f := failed(schema.FetchBlocked, cause, unreachable)
	if f.Error() != unreachable+": "+cause.Error() || !errors.Is(f, errDenied) || strings.Contains(f.Reason, "10.") {
		t.Errorf("got %v", f)
	}
	if f := failed(schema.HTTPError, nil, "HTTP %d", 404); f.Error() != "HTTP 404" || errors.Unwrap(f) != nil {
		t.Errorf("got %v", f)
	}
}

func TestServerThatIsGoneIsAnErrorOnceItWasThere(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/plain", "x")})
	h := open(t, Options{}, s)
	fetched(t, h, Request{URL: s.at(t, "/")})
	u := s.at(t, "/")
	h.http.Close()
	s.Close()
	if f := fails(t, h, u, schema.HTTPError); !f.Temporary || f.Status != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestNothingInsideIsTouched(t *testing.T) {
	t.Parallel()
	v4, v6 := newCanary(t, "127.0.0.1:0"), newCanary(t, "[::1]:0")
	loopback4, loopback6 := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")
	mapped := netip.MustParseAddr("::ffff:127.0.0.1")
	resolver := names(t, map[string][]netip.Addr{
		"inside.example": {loopback4}, "inside6.example": {loopback6}, "mapped.example": {mapped}, "both.example": {loopback6, loopback4},
	})
	trap := serve(t, map[string]http.HandlerFunc{
		"/robots.txt": says("text/plain", "user-agent: *\nallow: /"),
		"/in":         redirect("http://127.0.0.1:" + v4.port + "/"),
		"/in6":        redirect("http://[::1]:" + v6.port + "/"),
	})
	robots := serve(t, map[string]http.HandlerFunc{"/robots.txt": redirect("http://127.0.0.1:" + v4.port + "/robots.txt")})
	h := open(t, Options{Resolver: resolver}, trap, robots)
	for _, host := range []string{
		"127.0.0.1", "0x7f.1", "2130706433", "①②⑦.⓪.⓪.①", "017700000001", "127.1", "0.0.0.0", "0", "127.0.0.1.", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
		"[::127.0.0.1]", "localhost", "inside.example", "INSIDE.example.", "mapped.example", "both.example",
	} {
		fails(t, h, mustParse(t, "http://"+host+":"+v4.port+"/"), schema.FetchBlocked)
		fails(t, h, mustParse(t, "https://"+host+":"+v4.port+"/"), schema.FetchBlocked)
	}
	for _, host := range []string{"[::1]", "[::]", "inside6.example", "both.example", "localhost"} {
		fails(t, h, mustParse(t, "http://"+host+":"+v6.port+"/"), schema.FetchBlocked)
	}
	for _, path := range []string{"/in", "/in6"} {
		got := fetched(t, h, Request{URL: trap.at(t, path)})
		if f := fails(t, h, got.Redirect, schema.FetchBlocked); f.Reason != unreachable {
			t.Errorf("%s: %+v", path, f)
		}
	}
	if f := fails(t, h, robots.at(t, "/"), schema.RobotsBlocked); !f.Temporary {
		t.Errorf("a robots.txt that leads inside: %+v", f)
	}
	v4.untouched(t)
	v6.untouched(t)
}

func TestNameThatTurnsInwardIsBlocked(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/plain", "x")})
	var turned atomic.Bool
	h := open(t, Options{Resolver: namesBy(t, func(string) ([]netip.Addr, bool) {
		if turned.Load() {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, true
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, true
	})}, s)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u := mustParse(t, "http://docs.example:"+port+"/")
	fetched(t, h, Request{URL: u})
	turned.Store(true)
	h.http.Close() // it would go on over the connection it has
	if f := fails(t, h, u, schema.FetchBlocked); f.Temporary || f.Reason != unreachable {
		t.Errorf("got %+v", f)
	}
}

func TestNamesAreReadWhereTheyLead(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) { says("text/plain", r.Host)(w, r) }})
	h := open(t, Options{Resolver: names(t, map[string][]netip.Addr{"docs.example": {netip.MustParseAddr("127.0.0.1")}})}, s)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if got := fetched(t, h, Request{URL: mustParse(t, "http://docs.example:"+port+"/")}); string(got.Body) != "docs.example:"+port {
		t.Errorf("the server sees %q", got.Body)
	}
}

func TestRobotsThatCannotBeReadForbidEverything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		robots    http.HandlerFunc
		want      schema.Outcome // "" if all is allowed
		status    int
		temporary bool
	}{
		"absent":           {http.NotFound, "", 0, false},
		"forbidden":        {answers(403), "", 0, false},
		"gone":             {answers(410), "", 0, false},
		"empty":            {answers(200), "", 0, false},
		"broken server":    {answers(500), schema.RobotsBlocked, 500, true},
		"busy server":      {answers(503, "Retry-After", "120"), schema.RobotsBlocked, 503, true},
		"too many":         {answers(429), schema.RobotsBlocked, 429, true},
		"silence":          {cuts(""), schema.RobotsBlocked, 0, true},
		"cut":              {cuts("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nuser-agent: *\n"), schema.RobotsBlocked, 0, true},
		"unknown encoding": {encoded("br", "x"), schema.RobotsBlocked, 0, true},
		"to a file":        {redirect("file:///etc/passwd"), schema.RobotsBlocked, 302, true},
		"disallowed":       {says("text/plain", "user-agent: techfacts\ndisallow: /"), schema.RobotsBlocked, 0, false},
		"in a circle":      {redirect("/robots.txt?"), "", 0, false},
		"a web page":       {says("text/html", "<!DOCTYPE html><p>Disallow: /</p>"), "", 0, false},
		"large": {
			says("text/plain", "user-agent: *\ndisallow: /other\n"+strings.Repeat("# filler\n", maxRobots/9)+"disallow: /\n"), "", 0, false,
		},
		"large, and in time": {
			says("text/plain", "user-agent: *\ndisallow: /\n"+strings.Repeat("# filler\n", maxRobots)), schema.RobotsBlocked, 0, false,
		},
		"one long line": {
			says("text/plain", "user-agent: *"+strings.Repeat(" ", maxRobots)+"\ndisallow: /\n"), "", 0, false,
		},
		"cut within a line": {
			says("text/plain", "user-agent: *\n"+strings.Repeat("#", maxRobots-25)+"\ndisallow: /other\n"), "", 0, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string]http.HandlerFunc{"/robots.txt": c.robots, "/": says("text/plain", "x")})
			h := open(t, Options{}, s)
			if c.want == "" {
				fetched(t, h, Request{URL: s.at(t, "/")})
				return
			}
			f := fails(t, h, s.at(t, "/"), c.want)
			if f.Temporary != c.temporary || f.Status != c.status || f.Temporary != (f.RetryAfter > 0) {
				t.Errorf("got %+v", f)
			}
			if name == "busy server" && f.RetryAfter != 2*time.Minute {
				t.Errorf("come back after %v, want what the server says", f.RetryAfter)
			}
			for _, path := range s.requests() {
				if path != "/robots.txt" {
					t.Errorf("asked for %s all the same", path)
				}
			}
		})
	}
}

func TestRobotsAreFollowedToOtherHosts(t *testing.T) {
	t.Parallel()
	there := serve(t, map[string]http.HandlerFunc{"/rules": says("text/plain", "user-agent: *\ndisallow: /private")})
	s := serve(t, map[string]http.HandlerFunc{
		"/robots.txt": redirect("/1"), "/1": redirect("/2"), "/2": redirect("/3"), "/3": redirect("/4"), "/4": redirect(there.URL + "/rules"),
		"/public": says("text/plain", "x"), "/private": says("text/plain", "x"),
	})
	h := open(t, Options{}, s, there)
	fetched(t, h, Request{URL: s.at(t, "/public")})
	fails(t, h, s.at(t, "/private"), schema.RobotsBlocked)
}
