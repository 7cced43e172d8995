package fetch

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/schema"
)

// other is a service that gets pages, by its wire protocol.
type other struct {
	*httptest.Server
	by    schema.Fetcher
	found func(url string) (at string, status int, html string)
	wrong http.HandlerFunc // answers in place of the service

	mu    sync.Mutex
	asked []string
}

// firecrawl stands in for Firecrawl's scrape API, version 1.
func firecrawl(t *testing.T) *other {
	t.Helper()
	return newOther(t, schema.FetcherFirecrawl, "/v1/scrape", func(question map[string]any, r *http.Request) error {
		if fmt.Sprint(question["formats"]) != "[rawHtml]" || question["onlyMainContent"] != false || r.Header.Get("Authorization") != "Bearer fc-key" {
			return fmt.Errorf("asked for %v with %q", question, r.Header.Get("Authorization"))
		}
		return timely(question["timeout"])
	}, func(at string, status int, html string) any {
		return map[string]any{"success": true, "data": map[string]any{"rawHtml": html, "metadata": map[string]any{"sourceURL": at, "url": at, "statusCode": status}}}
	})
}

// flaresolverr stands in for FlareSolverr, version 3.
func flaresolverr(t *testing.T) *other {
	t.Helper()
	return newOther(t, schema.FetcherFlareSolverr, "/v1", func(question map[string]any, _ *http.Request) error {
		if question["cmd"] != "request.get" || question["disableMedia"] != true {
			return fmt.Errorf("asked for %v", question)
		}
		return timely(question["maxTimeout"])
	}, func(at string, status int, html string) any {
		return map[string]any{
			"status": "ok", "message": "Challenge solved!", "version": "3.3.21", "startTimestamp": 1, "endTimestamp": 2,
			"solution": map[string]any{"url": at, "status": status, "headers": map[string]any{}, "response": html, "cookies": []any{}, "userAgent": "Mozilla/5.0"},
		}
	})
}

func timely(milliseconds any) error {
	if n, ok := milliseconds.(float64); !ok || n <= 0 || n >= 60_000 {
		return fmt.Errorf("may take %v", milliseconds)
	}
	return nil
}

func newOther(t *testing.T, by schema.Fetcher, path string, check func(map[string]any, *http.Request) error, answer func(at string, status int, html string) any) *other {
	t.Helper()
	o := &other{by: by, found: func(url string) (string, int, string) { return url, 200, "<p>from a service" }}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question map[string]any
		err := json.NewDecoder(r.Body).Decode(&question)
		if err == nil && (r.Method != http.MethodPost || r.URL.Path != path || r.Header.Get("Content-Type") != "application/json") {
			err = fmt.Errorf("%s %s", r.Method, r.URL)
		}
		if err == nil {
			err = check(question, r)
		}
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		url := question["url"].(string)
		o.mu.Lock()
		o.asked = append(o.asked, url)
		wrong, found := o.wrong, o.found
		o.mu.Unlock()
		if wrong != nil {
			wrong(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer(found(url)))
	}))
	t.Cleanup(o.Close)
	return o
}

// way is the service behind the door of w.
func (o *other) way(w *Web) *Web {
	if o.by == schema.FetcherFirecrawl {
		return w.By(NewFirecrawl(w.http, o.URL+"/", "fc-key"))
	}
	return w.By(NewFlareSolverr(w.http, o.URL))
}

// answerWith has it answer in some wrong way.
func (o *other) answerWith(wrong http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrong = wrong
}

// finds has it find another page.
func (o *other) finds(found func(url string) (at string, status int, html string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.found = found
}

func (o *other) requests() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.asked)
	o.asked = nil
	return n
}

func eachOther(t *testing.T, test func(t *testing.T, o *other)) {
	t.Helper()
	t.Parallel()
	for name, stand := range map[string]func(*testing.T) *other{"Firecrawl": firecrawl, "FlareSolverr": flaresolverr} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, stand(t))
		})
	}
}

func TestServicesGetPages(t *testing.T) {
	eachOther(t, func(t *testing.T, o *other) {
		s := serve(t, map[string]http.HandlerFunc{"/robots.txt": says("text/plain", "user-agent: *\ndisallow: /private")})
		w := o.way(open(t, Options{MaxBody: 100_000}, s))
		got := fetched(t, w, Request{URL: s.at(t, "/a"), ETag: `"1"`})
		if string(got.Body) != "<p>from a service" || got.Status != 200 || got.URL != s.at(t, "/a") || got.ContentType != "text/html" || got.Fetcher != o.by || got.Bytes == 0 {
			t.Errorf("got %+v", got)
		}
		got.Close()

		o.finds(func(string) (string, int, string) { return s.URL + "/b", 200, "<p>moved\x00 \"x\"" })
		if got := fetched(t, w, Request{URL: s.at(t, "/a")}); got.URL != s.at(t, "/b") || string(got.Body) != `<p>moved "x"` {
			t.Errorf("got %+v", got)
		}
		for to, want := range map[string]schema.Outcome{s.URL + "/private": schema.RobotsBlocked, "http://169.254.169.254/latest": schema.FetchBlocked, "file:///etc/passwd": schema.FetchBlocked} {
			o.finds(func(string) (string, int, string) { return to, 200, "<p>secret" })
			fails(t, w, s.at(t, "/a"), want)
		}
		for status, want := range map[int]schema.Outcome{404: schema.HTTPError, 429: schema.RateLimited, 503: schema.HTTPError, 304: schema.HTTPError, 0: schema.Failed} {
			o.finds(func(url string) (string, int, string) { return url, status, "<p>sorry" })
			if f := fails(t, w, s.at(t, "/a"), want); f.Status != status {
				t.Errorf("%d: %+v", status, f)
			}
		}
		o.finds(func(url string) (string, int, string) { return url, 200, strings.Repeat("x", 100_001) })
		fails(t, w, s.at(t, "/a"), schema.TooLarge)
		o.finds(func(url string) (string, int, string) { return url, 200, strings.Repeat("x", 500_000) })
		fails(t, w, s.at(t, "/a"), schema.TooLarge)
		if asked := s.requests(); len(asked) != 1 || asked[0] != "/robots.txt" {
			t.Errorf("we asked the site for %q ourselves", asked)
		}
	})
}

func TestServicesAreNotHandedWhatTheGuardDenies(t *testing.T) {
	eachOther(t, func(t *testing.T, o *other) {
		s := serve(t, map[string]http.HandlerFunc{"/": says("text/html", "x")})
		resolver := names(t, map[string][]netip.Addr{
			"inside.example": {netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("10.0.0.7")}, "metadata.example": {netip.MustParseAddr("169.254.169.254")},
		})
		plain := open(t, Options{Resolver: resolver}, s)
		// Its robots.txt would stop it first: what is tried here is the service alone.
		var by Fetcher = NewFlareSolverr(plain.http, o.URL)
		if o.by == schema.FetcherFirecrawl {
			by = NewFirecrawl(plain.http, o.URL, "fc-key")
		}
		for _, u := range []string{
			"http://127.0.0.1:1/", "http://[::1]/", "http://inside.example/", "https://metadata.example/", "http://nowhere.example/", "http://8.8.8.8:25/",
			o.URL + "/", // its own address
		} {
			_, err := by.Get(t.Context(), Request{URL: mustParse(t, u)})
			if f, ok := err.(*Failure); !ok || f.Outcome != schema.FetchBlocked || f.Reason != unreachable { //nolint:errorlint // as it is
				t.Errorf("%s: %v", u, err)
			}
		}
		if n := o.requests(); n != 0 {
			t.Errorf("the service was asked %d times", n)
		}
	})
}

func TestWhatServicesDoWrongIsTheirFailureAndNotTheSites(t *testing.T) {
	eachOther(t, func(t *testing.T, o *other) {
		s := serve(t, map[string]http.HandlerFunc{})
		w := o.way(open(t, Options{Timeout: 500 * time.Millisecond}, s))
		status := func(n int, body string, header ...string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				answers(n, header...)(w, r)
				_, _ = io.WriteString(w, body)
			}
		}
		for name, c := range map[string]struct {
			wrong     http.HandlerFunc
			outcome   schema.Outcome
			temporary bool
		}{
			"no credits":           {status(402, `{"success":false,"error":"Insufficient credits"}`), schema.Failed, false},
			"no such key":          {status(401, `{"success":false}`), schema.Failed, false},
			"asked too often":      {status(429, `{"success":false}`, "Retry-After", "7"), schema.RateLimited, true},
			"took too long":        {status(408, `{"success":false}`), schema.Timeout, true},
			"broken":               {status(500, `{"status":"error","message":"Error: it broke"}`), schema.Failed, true},
			"away":                 {status(503, ""), schema.Failed, true},
			"later":                {status(202, `{"success":true,"id":"7"}`), schema.Failed, false},
			"elsewhere":            {status(302, "", "Location", s.URL), schema.Failed, false},
			"no success":           {status(200, `{"success":false,"status":"error","message":"no","error":"no"}`), schema.Failed, true},
			"an unknown status":    {status(200, `{"status":"pending","success":true}`), schema.Failed, true},
			"no status":            {status(200, `{}`), schema.Failed, true},
			"no JSON":              {status(200, `<html>busy</html>`), schema.Failed, true},
			"half of it":           {status(200, `{"success":true,"status":"ok","data":{"rawHtml":"<p>`), schema.Failed, true},
			"a connection cut off": {cuts("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), schema.Failed, true},
			"slow":                 {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, schema.Timeout, true},
		} {
			o.answerWith(c.wrong)
			f := fails(t, w, s.at(t, "/"), c.outcome)
			if f.Temporary != c.temporary || f.Status != 0 || (f.RetryAfter != 0) != (name == "asked too often") || !strings.Contains(f.Reason, "Fire") && !strings.Contains(f.Reason, "Flare") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		o.Close()
		if f := fails(t, w, s.at(t, "/"), schema.Failed); !f.Temporary {
			t.Errorf("gone: %+v", f)
		}
	})
}

func TestAChallengeIsToldFromARefusal(t *testing.T) {
	t.Parallel()
	page := func(status int, title string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			answers(status, append(header, "Content-Type", "text/html")...)(w, r)
			_, _ = io.WriteString(w, "<html><head><TITLE>"+title+"</title>")
		}
	}
	s := serve(t, map[string]http.HandlerFunc{
		"/header": page(403, "x", "Cf-Mitigated", "challenge"), "/moment": page(503, "Just a moment..."), "/guard": page(403, "DDoS-Guard"),
		"/denied": page(403, "Forbidden"), "/missing": page(404, "Just a moment...", "Cf-Mitigated", "challenge"), "/blocked": page(403, "Attention Required! | Cloudflare"),
	})
	w := open(t, Options{}, s)
	for path, want := range map[string]bool{"/header": true, "/moment": true, "/guard": true, "/denied": false, "/missing": false, "/blocked": false} {
		if f := fails(t, w, s.at(t, path), schema.HTTPError); f.Challenge != want {
			t.Errorf("%s: challenge %v", path, f.Challenge)
		}
	}
}
