package fetch

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// elsewhere is another way to get pages: it gives what it is told to, and
// remembers what it was asked for.
type elsewhere struct {
	mu    sync.Mutex
	asked []URL
	found URL // where it says that the page was; the URL asked for if zero
	err   error
}

func (e *elsewhere) Get(_ context.Context, r Request) (Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, r.URL)
	at := r.URL
	if !e.found.IsZero() {
		at = e.found
	}
	return Response{URL: at, Status: 200, ContentType: "text/html", Body: []byte("<p>x")}, e.err
}

// shut is a gate that lets out only what it is told to.
type shut struct {
	open  []string
	asked []string
}

func (s *shut) Admit(_ context.Context, domain string) error {
	s.asked = append(s.asked, domain)
	if slices.Contains(s.open, domain) {
		return nil
	}
	return tooFar(domain, time.Minute)
}

// ways are every way to get pages, to which the same rules apply.
func ways(t *testing.T, s *site, gate Gate) map[string]func() (*Web, func() int) {
	t.Helper()
	web := open(t, Options{}, s)
	web.gate = gate
	return map[string]func() (*Web, func() int){
		"HTTP": func() (*Web, func() int) {
			return web, func() int {
				return len(slices.DeleteFunc(s.requests(), func(p string) bool { return p == "/robots.txt" }))
			}
		},
		"another": func() (*Web, func() int) {
			e := &elsewhere{}
			return web.By(e), func() int { n := len(e.asked); e.asked = nil; return n }
		},
		"browser": func() (*Web, func() int) {
			w, _ := browse(t, web)
			return w, func() int {
				return len(slices.DeleteFunc(s.requests(), func(p string) bool { return p == "/robots.txt" }))
			}
		},
		"Firecrawl": func() (*Web, func() int) {
			o := firecrawl(t)
			return o.way(web), o.requests
		},
		"FlareSolverr": func() (*Web, func() int) {
			o := flaresolverr(t)
			return o.way(web), o.requests
		},
	}
}

func TestNoWayOfFetchingGoesPastRobots(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/robots.txt": says("text/plain", "user-agent: *\ncrawl-delay: 2\ndisallow: /private"), "/": says("text/html", "x"), "/private": says("text/html", "x"),
	})
	for name, way := range ways(t, s, free{}) {
		w, asked := way()
		if f := fails(t, w, s.at(t, "/private/x"), schema.RobotsBlocked); f.CrawlDelay != 2*time.Second || asked() != 0 {
			t.Errorf("%s: was asked for what is not allowed", name)
		}
		if got := fetched(t, w, Request{URL: s.at(t, "/")}); got.CrawlDelay != 2*time.Second || asked() != 1 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestNoWayOfFetchingGoesPastTheLimiter(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/": says("text/html", "x")})
	u := s.at(t, "/")
	gate := &shut{}
	for name, way := range ways(t, s, gate) {
		w, asked := way()
		for _, lane := range []string{"", "other.example"} {
			gate.asked = nil
			if _, err := w.Fetch(t.Context(), Request{URL: u, Lane: lane}); !fault.Is(err, fault.Limited) || fault.Of(err).RetryAfter != time.Minute {
				t.Errorf("%s, lane %q: %v", name, lane, err)
			}
			if n := asked(); n != 0 || !slices.Equal(gate.asked, []string{u.Domain()}) {
				t.Errorf("%s, lane %q: %d requests, the gate was asked for %v", name, lane, n, gate.asked)
			}
		}
		gate.asked = nil
		if _, err := w.Fetch(t.Context(), Request{URL: u, Lane: u.Domain()}); err != nil || asked() != 1 || gate.asked != nil {
			t.Errorf("%s: %v; who waited in the lane waits again: %v", name, err, gate.asked)
		}
		gate.open = []string{u.Domain()}
		if _, err := w.Fetch(t.Context(), Request{URL: u}); err != nil || asked() != 1 {
			t.Errorf("%s: %v", name, err)
		}
		gate.open = nil
	}
	if _, _, err := open(t, Options{}, s).with(gate).Sitemap(t.Context(), Request{URL: u}); !fault.Is(err, fault.Limited) {
		t.Errorf("a sitemap out of its turn: %v", err)
	}
}

func (w *Web) with(g Gate) *Web {
	w.gate = g
	return w
}

func TestAFetcherThatGoesOnByItselfIsHeldToRobotsToo(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/robots.txt": says("text/plain", "user-agent: *\ndisallow: /private")})
	e := &elsewhere{found: s.at(t, "/private")}
	fails(t, open(t, Options{}, s).By(e), s.at(t, "/"), schema.RobotsBlocked)
	e = &elsewhere{err: errors.New("it broke")}
	if _, err := open(t, Options{}, s).By(e).Fetch(t.Context(), Request{URL: s.at(t, "/")}); !errors.Is(err, e.err) {
		t.Errorf("got %v", err)
	}
}

func TestRobotsTagsAreRead(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][2]bool{
		"": {}, "all": {}, "noindex": {true, false}, "NoFollow": {false, true}, "none": {true, true}, "noindex, nofollow": {true, true},
		"otherbot: noindex": {}, "techfacts: nofollow": {false, true}, "*: noindex": {true, false}, "max-snippet: 5, noindex": {true, false},
		"unavailable_after: 25 Jun 2010 15:00:00 PST": {}, "noindex, max-snippet: 3": {true, false},
	} {
		if noIndex, noFollow := robotsTag([]string{value}); noIndex != want[0] || noFollow != want[1] {
			t.Errorf("%q: %v %v, want %v", value, noIndex, noFollow, want)
		}
	}
	s := serve(t, map[string]http.HandlerFunc{"/": answers(200, "X-Robots-Tag", "none", "Content-Type", "text/html")})
	if got := fetched(t, open(t, Options{}, s), Request{URL: s.at(t, "/")}); !got.NoIndex || !got.NoFollow {
		t.Errorf("got %+v", got)
	}
}

func TestLargeBodiesTakeTurnsInMemory(t *testing.T) {
	t.Parallel()
	large := make([]byte, 3*smallBody)
	for i := range large {
		large[i] = 'x'
	}
	s := serve(t, map[string]http.HandlerFunc{"/large": says("text/plain", string(large)), "/small": says("text/plain", "x")})
	w := open(t, Options{}, s)
	var held []Response
	for range largeBodies {
		held = append(held, fetched(t, w, Request{URL: s.at(t, "/large")}))
	}
	fetched(t, w, Request{URL: s.at(t, "/small")})
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() {
		_, err := w.Fetch(ctx, Request{URL: s.at(t, "/large")})
		waiting <- err
	}()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("a body too many: %v", err)
	}
	held[0].Close()
	held[0].Close()
	if got := fetched(t, w, Request{URL: s.at(t, "/large")}); len(got.Body) != len(large) {
		t.Errorf("%d bytes", len(got.Body))
	}
}

func TestRequestsOutsideTheQueueWaitTheirTurn(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: 30 * time.Millisecond, DelayMax: 30 * time.Millisecond, Concurrency: 2, DailyLimit: 4}, func(c *course) {
		for range 3 {
			if err := c.limiter.Admit(c.Context(), domain); err != nil {
				c.Fatal(err)
			}
		}
		if row := c.row(); row.UsedToday != 3 || !row.NextAllowedAt.Equal(c.at.Add(90*time.Millisecond)) {
			c.Errorf("used %d, the next may go at %v", row.UsedToday, row.NextAllowedAt)
		}
		if n := c.enter(0, 1); n != 0 {
			c.Error("the queue does not know of them")
		}
		c.tx(func(tx *store.Tx) error {
			return c.limiter.Observe(c.Context(), tx, domain, Observation{Status: 429, RetryAfter: time.Minute})
		})
		if err := c.limiter.Admit(c.Context(), domain); fault.Of(err).RetryAfter != time.Minute {
			c.Errorf("while the domain wants us away: %v", err)
		}
		c.at = c.at.Add(2 * time.Minute)
		if err := c.limiter.Admit(c.Context(), domain); err != nil {
			c.Error(err)
		}
		c.at = c.at.Add(time.Minute)
		if err := c.limiter.Admit(c.Context(), domain); !fault.Is(err, fault.Limited) {
			c.Errorf("beyond the day's limit: %v", err)
		}
		ctx, cancel := context.WithTimeout(c.Context(), time.Hour)
		defer cancel()
		if o, err := c.limiter.Outlook(ctx, domain); err != nil || o.Left != 0 || o.Daily != 4 {
			c.Errorf("outlook %+v, %v", o, err)
		}
	})
}

func TestTheDelayAdaptsToHowADomainAnswers(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: 2 * time.Second, DelayMax: 2 * time.Second, Concurrency: 2, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		for _, want := range []int{4000, 8000, 16_000, 32_000, 60_000, 60_000} {
			c.observe(Observation{Status: http.StatusTooManyRequests})
			if got := c.row().AdaptiveDelayMs; got != want {
				c.Errorf("delay %d ms, want %d", got, want)
			}
		}
		c.at = c.at.Add(10 * time.Minute)
		c.observe(Observation{Status: 200})
		if got := c.row().AdaptiveDelayMs; got != 54_000 {
			c.Errorf("eased to %d ms, want 54000", got)
		}
		c.enter(0, 1)
		if got := c.opens().Sub(c.at); got != 54*time.Second {
			c.Errorf("the next may go in %v", got)
		}
		for range 40 {
			c.observe(Observation{Status: 200})
		}
		if got := c.row().AdaptiveDelayMs; got != 0 {
			c.Errorf("after many successes %d ms", got)
		}
		c.observe(Observation{Status: http.StatusServiceUnavailable})
		if row, err := c.limiter.Reset(c.Context(), domain); err != nil || row.AdaptiveDelayMs != 0 {
			c.Errorf("reset: %+v, %v", row, err)
		}
	})
}

func TestADomainThatRefusesIsFlagged(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 2, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		for i, status := range []int{403, 403, 404, 401, 403, 451, 403, 500, 403} {
			c.observe(Observation{Status: status})
			want := schema.RateLimitOpen
			if i == 8 { // the fifth in a row; an error of the server says nothing
				want = schema.RateLimitRefused
			}
			if got := c.row().Status; got != want {
				c.Errorf("after %d answers %s, want %s", i+1, got, want)
			}
		}
		if n := c.enter(0, 1); n != 1 || c.row().Status != schema.RateLimitRefused {
			c.Errorf("entered %d, %s: the flag must stay, and must not stop us", n, c.row().Status)
		}
		c.observe(Observation{Status: 200})
		if row := c.row(); row.Status != schema.RateLimitOpen || row.Refusals != 0 {
			c.Errorf("after a success: %+v", row)
		}
	})
}

func TestRobotsMetaIsASettingOfEachDomain(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 2, DailyLimit: 500, RobotsMeta: true}, func(c *course) {
		heeded := func() bool {
			on, err := c.limiter.RobotsMeta(c.Context(), domain)
			if err != nil {
				c.Fatal(err)
			}
			return on
		}
		off := false
		if !heeded() {
			c.Error("the setting does not count")
		}
		if _, err := c.limiter.Set(c.Context(), domain, Settings{RobotsMeta: &off}); err != nil || heeded() {
			c.Errorf("what is set for the domain does not count: %v", err)
		}
		if _, err := c.limiter.Reset(c.Context(), domain); err != nil || !heeded() {
			c.Errorf("reset: %v", err)
		}
	})
}

func TestEstimatesAreOfPoliteReading(t *testing.T) {
	t.Parallel()
	o := Outlook{Wait: 10 * time.Second, Delay: 4 * time.Second, Concurrency: 2, Left: 100, Daily: 200, Midnight: time.Hour}
	for n, want := range map[int]time.Duration{
		0: 0, 1: 14 * time.Second, 100: 410 * time.Second, 101: time.Hour + 4*time.Second, 300: time.Hour + 800*time.Second,
		301: 25*time.Hour + 4*time.Second,
	} {
		if got := o.Takes(n); got != want {
			t.Errorf("%d pages take %v, want %v", n, got, want)
		}
	}
	if got := (Outlook{Concurrency: 4, Left: 8, Daily: 8}).Takes(8); got != 2*time.Second {
		t.Errorf("without a delay, four at a time: %v", got)
	}
	if got := (Outlook{Concurrency: 1}).Takes(1); got != maxEstimate {
		t.Errorf("never: %v", got)
	}
}
