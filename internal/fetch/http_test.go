package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/schema"
)

func TestPageIsFetchedWithWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	var header http.Header
	s := serve(t, map[string]http.HandlerFunc{
		"/robots.txt": says("text/plain", "user-agent: *\ndisallow: /private\nuser-agent: TechFacts\ncrawl-delay: 7\nallow: /"),
		"/docs": func(w http.ResponseWriter, r *http.Request) {
			header = r.Header
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Set-Cookie", "a=b")
			says("TEXT/HTML; Charset=ISO-8859-1", "Gr\xF6\xDFe\x00")(w, r)
		},
	})
	h := open(t, Options{UserAgent: "acmebot/1"}, s)
	got := fetched(t, h, Request{URL: s.at(t, "/docs")})
	if got.URL != s.at(t, "/docs") || !got.Redirect.IsZero() || got.Status != 200 || got.NotModified {
		t.Errorf("got %+v", got)
	}
	if got.ContentType != "text/html" || string(got.Body) != "Größe" || got.Bytes != 6 {
		t.Errorf("got %q of type %s, %d bytes", got.Body, got.ContentType, got.Bytes)
	}
	if got.ETag != `"v1"` || got.LastModified != "Mon, 02 Jan 2006 15:04:05 GMT" || got.CrawlDelay != 7*time.Second {
		t.Errorf("got %q, %q, %v", got.ETag, got.LastModified, got.CrawlDelay)
	}
	if header.Get("User-Agent") != "acmebot/1" || header.Get("Accept-Encoding") != "gzip" || !strings.HasPrefix(header.Get("Accept"), "text/html") ||
		!strings.HasPrefix(header.Get("Accept-Language"), "en") || header.Get("If-None-Match") != "" {
		t.Errorf("sent %v", header)
	}
	fetched(t, h, Request{URL: s.at(t, "/docs")})
	if header.Get("Cookie") != "" {
		t.Error("cookies are kept")
	}
	if got, want := s.requests(), []string{"/robots.txt", "/docs", "/docs"}; !slices.Equal(got, want) {
		t.Errorf("asked for %v, want %v", got, want)
	}
}

func TestUserAgentSaysWhoWeAre(t *testing.T) {
	t.Parallel()
	var name string
	s := serve(t, map[string]http.HandlerFunc{"/": func(_ http.ResponseWriter, r *http.Request) { name = r.UserAgent() }})
	fetched(t, open(t, Options{}, s), Request{URL: s.at(t, "/")})
	if !strings.HasPrefix(name, "techfacts/") || !strings.HasSuffix(name, " (+https://techfacts.dev/bot)") {
		t.Errorf("we are %q", name)
	}
}

func TestUnchangedPageIsNotModified(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/docs": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") == "yesterday" {
				w.WriteHeader(http.StatusNotModified)
			}
		},
		"/rude": answers(http.StatusNotModified),
	})
	h := open(t, Options{}, s)
	got := fetched(t, h, Request{URL: s.at(t, "/docs"), ETag: `"v1"`, LastModified: "yesterday"})
	if !got.NotModified || got.Status != 304 || got.ETag != `"v1"` || got.LastModified != "yesterday" || got.Body != nil {
		t.Errorf("got %+v", got)
	}
	if got := fetched(t, h, Request{URL: s.at(t, "/docs"), ETag: `"v2"`}); got.NotModified {
		t.Errorf("changed: got %+v", got)
	}
	if got := fetched(t, h, Request{URL: s.at(t, "/docs"), ETag: "v\r\nEvil: 1", LastModified: strings.Repeat("x", maxValidator+1)}); got.NotModified {
		t.Errorf("got %+v", got)
	}
	if f := fails(t, h, s.at(t, "/rude"), schema.HTTPError); f.Temporary || f.Status != 304 {
		t.Errorf("not modified without being asked: %+v", f)
	}
}

func TestRedirectsAreToldNotFollowed(t *testing.T) {
	t.Parallel()
	other := serve(t, nil)
	s := serve(t, map[string]http.HandlerFunc{
		"/a":        answers(http.StatusMovedPermanently, "Location", "/b?utm_source=x"),
		"/b":        answers(http.StatusSeeOther, "Location", "c#part"),
		"/other":    answers(http.StatusPermanentRedirect, "Location", other.URL+"/x"),
		"/self":     redirect("/self#x"),
		"/ftp":      redirect("ftp://127.0.0.1/x"),
		"/login":    redirect("http://user:pass@127.0.0.1/x"),
		"/file":     redirect("file:///etc/passwd"),
		"/broken":   redirect("http://["),
		"/nowhere":  answers(http.StatusFound),
		"/multiple": answers(http.StatusMultipleChoices, "Location", "/c"),
	})
	h := open(t, Options{}, s, other)
	for path, want := range map[string]URL{"/a": s.at(t, "/b"), "/b": s.at(t, "/c"), "/other": other.at(t, "/x")} {
		if got := fetched(t, h, Request{URL: s.at(t, path)}); got.Redirect != want || got.Body != nil || got.Status < 300 {
			t.Errorf("%s: got %+v", path, got)
		}
	}
	if asked := other.requests(); len(asked) != 0 {
		t.Errorf("the other domain was asked for %v out of its turn", asked)
	}
	for path, want := range map[string]schema.Outcome{
		"/self": schema.HTTPError, "/ftp": schema.FetchBlocked, "/login": schema.FetchBlocked, "/file": schema.FetchBlocked,
		"/broken": schema.FetchBlocked, "/nowhere": schema.HTTPError, "/multiple": schema.HTTPError,
	} {
		if f := fails(t, h, s.at(t, path), want); f.Temporary {
			t.Errorf("%s may succeed later: %+v", path, f)
		}
	}
}

func TestOnlyTextIsRead(t *testing.T) {
	t.Parallel()
	page := map[string]http.HandlerFunc{}
	for path, header := range map[string]string{
		"/html": "text/html", "/xhtml": "application/xhtml+xml;charset=utf-8", "/plain": "text/plain", "/markdown": "Text/Markdown; variant=GFM",
		"/odd": "text/html; charset", "/zip": "application/zip", "/json": "application/json", "/png": "image/png", "/xml": "application/xml",
		"/bad": "<script>alert(1)</script>", "/none": ";",
	} {
		page[path] = says(header, "text")
	}
	page["/sniffed"] = says("", "<!DOCTYPE html><title>x</title>")
	page["/empty"] = says("", "")
	page["/download"] = says("application/octet-stream", "# Limits\n\ntext")
	page["/pdf"] = says("text/html", "%PDF-1.7\n\xFF")
	page["/named"] = says("text/html", "\x89PNG\x0D\x0A\x1A\x0A")
	page["/binary"] = says("", "\x89PNG\x0D\x0A\x1A\x0A")
	page["/endless"] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp4")
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until it is not read any more
	}
	s := serve(t, page)
	h := open(t, Options{}, s)
	for path, want := range map[string]string{
		"/html": "text/html", "/xhtml": "application/xhtml+xml", "/plain": "text/plain", "/markdown": "text/markdown", "/odd": "text/html",
		"/sniffed": "text/html", "/empty": "text/plain", "/json": "application/json", "/download": "text/plain", "/pdf": "application/pdf",
	} {
		got := fetched(t, h, Request{URL: s.at(t, path)})
		if got.ContentType != want {
			t.Errorf("%s is %s, want %s", path, got.ContentType, want)
		}
		if path == "/pdf" && string(got.Body) != "%PDF-1.7\n\xFF" {
			t.Errorf("a PDF was changed to %q", got.Body)
		}
	}
	for _, path := range []string{"/zip", "/png", "/xml", "/bad", "/none", "/named", "/binary", "/endless"} {
		if f := fails(t, h, s.at(t, path), schema.UnsupportedType); f.Temporary || f.Status != 200 || strings.Contains(f.Reason, "<") {
			t.Errorf("%s: %+v", path, f)
		}
	}
}

func squeeze(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch name {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	default:
		w, _ = flate.NewWriter(&b, 9)
	}
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// encoded serves text as it is, with a Content-Encoding.
func encoded(encoding, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		says("text/plain", text)(w, r)
	}
}

func TestCompressedPagesAreDecoded(t *testing.T) {
	t.Parallel()
	const text = "Rate limits: 100 requests per minute"
	zipped := squeeze(t, "gzip", text)
	s := serve(t, map[string]http.HandlerFunc{
		"/gzip": encoded("GZIP", zipped), "/x-gzip": encoded("x-gzip", zipped), "/zlib": encoded("deflate", squeeze(t, "zlib", text)),
		"/deflate": encoded("deflate", squeeze(t, "flate", text)), "/twice": encoded("gzip, gzip", squeeze(t, "gzip", zipped)),
		"/mixed": encoded("identity, deflate, gzip", squeeze(t, "gzip", squeeze(t, "zlib", text))), "/identity": encoded("identity", text),
		"/sniffed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"], w.Header()["Content-Type"] = []string{"gzip"}, nil
			_, _ = io.WriteString(w, zipped)
		},
		"/robots.txt": encoded("gzip", squeeze(t, "gzip", "user-agent: *\ndisallow: /private")),
		"/nothing":    encoded("gzip", ""),
	})
	h := open(t, Options{}, s)
	for _, path := range []string{"/gzip", "/x-gzip", "/zlib", "/deflate", "/twice", "/mixed", "/identity", "/sniffed"} {
		if got := fetched(t, h, Request{URL: s.at(t, path)}); string(got.Body) != text {
			t.Errorf("%s: got %q", path, got.Body)
		}
	}
	if got := fetched(t, h, Request{URL: s.at(t, "/gzip")}); got.Bytes != int64(len(zipped)) {
		t.Errorf("%d bytes on the wire, want %d", got.Bytes, len(zipped))
	}
	if got := fetched(t, h, Request{URL: s.at(t, "/nothing")}); len(got.Body) != 0 {
		t.Errorf("nothing, compressed: %q", got.Body)
	}
	fails(t, h, s.at(t, "/private"), schema.RobotsBlocked)
}

func TestPagesAreFetchedOverTLS(t *testing.T) {
	t.Parallel()
	var protocol string
	start := func(http2 bool) *site {
		s := newSite(map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
			protocol = r.Proto
			says("text/html", "secure")(w, r)
		}})
		s.EnableHTTP2 = http2
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	for want, s := range map[string]*site{"HTTP/1.1": start(false), "HTTP/2.0": start(true)} {
		h := open(t, Options{RootCAs: pool(s)}, s)
		if got := fetched(t, h, Request{URL: s.at(t, "/")}); string(got.Body) != "secure" || protocol != want {
			t.Errorf("got %q over %s, want %s", got.Body, protocol, want)
		}
		f := fails(t, open(t, Options{}, s), s.at(t, "/"), schema.HTTPError)
		if f.Temporary || !strings.Contains(f.Reason, "TLS") {
			t.Errorf("a certificate that nobody vouches for: %+v", f)
		}
	}
	plain := serve(t, nil)
	u := mustParse(t, strings.Replace(plain.URL, "http:", "https:", 1)+"/")
	if f := fails(t, open(t, Options{}, plain), u, schema.HTTPError); f.Temporary {
		t.Errorf("no TLS at all: %+v", f)
	}
}

func TestConnectionsToASiteAreKept(t *testing.T) {
	t.Parallel()
	const many = 8
	var arrived sync.WaitGroup
	s := newSite(map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait() // so that each has a connection of its own
		says("text/html", "<p>Hello.</p>")(w, r)
	}})
	var closed atomic.Int32
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	h := open(t, Options{}, s)
	for range 2 {
		arrived.Add(many)
		var group errgroup.Group
		for range many {
			group.Go(func() error {
				r, err := h.Fetch(t.Context(), Request{URL: s.at(t, "/")})
				if err == nil {
					r.Close()
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if n := closed.Load(); n > 0 {
		t.Errorf("%d connections were not kept", n)
	}
}
