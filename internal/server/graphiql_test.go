package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

var builtPage = fstest.MapFS{
	"index.html":           {Data: []byte("<!doctype html><title>the page</title>")},
	"assets/index-abcd.js": {Data: []byte(strings.Repeat("console.log(1)\n", 100))},
}

// fetch gets a path; headers come in pairs.
func (f *fixture) fetch(t *testing.T, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+f.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Host = r.Header.Get("Host")
	// It asks for gzip and undoes it where we do not ask ourselves.
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestGraphiQLIsServedUnderAStrictPolicyWithoutAKey(t *testing.T) {
	t.Parallel()
	f := start(t, Config{GraphiQL: builtPage, Keys: onlyKey(strings.Repeat("k", 32))})
	for _, path := range []string{"/graphiql", "/graphiql/", "/graphiql/assets/index-abcd.js"} {
		r, _ := f.fetch(t, http.MethodGet, path)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, r.Status)
		}
		policy := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %s is not in %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, r.Header)
		}
	}
}

func TestGraphiQLIsKeptByBrowsers(t *testing.T) {
	t.Parallel()
	f := start(t, Config{GraphiQL: builtPage})
	for _, encoding := range []string{"gzip, br", "identity", "gzip;q=0"} {
		for path, kept := range map[string]string{"/graphiql": "no-cache", "/graphiql/assets/index-abcd.js": "public, max-age=31536000, immutable"} {
			r, body := f.fetch(t, http.MethodGet, path, "Accept-Encoding", encoding)
			want := builtPage["index.html"]
			if strings.HasSuffix(path, ".js") {
				want = builtPage["assets/index-abcd.js"]
			}
			if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != kept || body != string(want.Data) {
				t.Errorf("%s: %s %v", path, r.Status, r.Header)
			}
			if zipped := r.Header.Get("Content-Encoding") == "gzip"; zipped != (encoding == "gzip, br") {
				t.Errorf("%s asked as %q came zipped: %v", path, encoding, zipped)
			}
			r, body = f.fetch(t, http.MethodGet, path, "Accept-Encoding", encoding, "If-None-Match", r.Header.Get("ETag"))
			if r.StatusCode != http.StatusNotModified || body != "" {
				t.Errorf("%s asked again: %s", path, r.Status)
			}
		}
	}
}

func TestGraphiQLRefusesWhatItIsNot(t *testing.T) {
	t.Parallel()
	on, off := start(t, Config{GraphiQL: builtPage}), start(t, Config{})
	for _, c := range []struct {
		f            *fixture
		method, path string
		host         string
		want         int
	}{
		{off, http.MethodGet, "/graphiql", "", http.StatusNotFound},
		{off, http.MethodGet, "/graphiql/assets/index-abcd.js", "", http.StatusNotFound},
		{on, http.MethodGet, "/graphiqls", "", http.StatusNotFound},
		{on, http.MethodGet, "/graphiql/assets/", "", http.StatusNotFound},
		{on, http.MethodGet, "/graphiql/assets/index-other.js", "", http.StatusNotFound},
		{on, http.MethodGet, "/graphiql/../graphiql", "", http.StatusNotFound},
		{on, http.MethodPost, "/graphiql", "", http.StatusMethodNotAllowed},
		{on, http.MethodGet, "/graphiql", "rebound.example", http.StatusForbidden},
		{on, http.MethodHead, "/graphiql", "", http.StatusOK},
	} {
		r, _ := c.f.fetch(t, c.method, c.path, "Host", c.host)
		if r.StatusCode != c.want {
			t.Errorf("%s %s at %q: %s, want %d", c.method, c.path, c.host, r.Status, c.want)
		}
	}
}
