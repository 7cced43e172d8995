package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// agent is the product token by which robots.txt files name us, whatever the
// User-Agent header says.
const agent = "techfacts"

const (
	maxRedirects = 5
	maxHeader    = 64 << 10
	maxValidator = 512 // bytes of an ETag or a Last-Modified
	maxIdle      = 100 // connections that are kept for the next request
)

// Options are what an [HTTP] can be told. The zero value of each means what the
// comment says.
type Options struct {
	UserAgent     string           // "techfacts/VERSION (+https://techfacts.dev/bot)"
	Guard         *Guard           // one that lets only the public Internet through
	Timeout       time.Duration    // for one fetch in total; 60 s
	HeaderTimeout time.Duration    // from a request to the header of its response; 15 s
	MaxBody       int64            // bytes of a page, as received and as decoded; 10 MiB
	Resolver      *net.Resolver    // of names; the system's
	RootCAs       *x509.CertPool   // whose certificates count; the system's
	Now           func() time.Time // the clock for what is kept and for dates; time.Now
	Log           *slog.Logger     // none
}

// HTTP gets pages by itself, without a browser. It may be used by many at a
// time. It asks nobody's leave: pages are read through a [Web].
type HTTP struct {
	transport *http.Transport
	guard     *Guard
	resolver  *net.Resolver
	room      room
	now       func() time.Time
	log       *slog.Logger

	userAgent     string
	timeout       time.Duration
	headerTimeout time.Duration
	maxBody       int64
}

// NewHTTP makes an HTTP; close it when it is no longer needed.
func NewHTTP(o Options) *HTTP {
	h := &HTTP{
		guard:         cmp.Or(o.Guard, &Guard{}),
		resolver:      cmp.Or(o.Resolver, net.DefaultResolver),
		room:          newRoom(),
		now:           o.Now,
		log:           o.Log,
		userAgent:     cmp.Or(o.UserAgent, agent+"/"+version()+" (+https://techfacts.dev/bot)"),
		timeout:       cmp.Or(o.Timeout, time.Minute),
		headerTimeout: cmp.Or(o.HeaderTimeout, 15*time.Second),
		maxBody:       cmp.Or(o.MaxBody, maxFile),
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	dialer := &net.Dialer{
		Timeout:        h.headerTimeout * 2 / 3, // shared by the addresses of a name, so that a dead one is not the end
		Resolver:       o.Resolver,
		ControlContext: h.guard.ControlContext,
	}
	h.transport = &http.Transport{
		Proxy:                  nil, // a proxy would connect where the guard cannot see
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decoded here, within limits
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle, // there are never more than a domain's limit lets in at a time
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxHeader,
	}
	return h
}

// Close lets go of idle connections.
func (h *HTTP) Close() { h.transport.CloseIdleConnections() }

// Get gets what one URL says. The error is a [Failure], or the cause of ctx if
// that ended.
func (h *HTTP) Get(ctx context.Context, r Request) (Response, error) {
	etag, modified := validator(r.ETag), validator(r.LastModified)
	resp, err := h.get(ctx, r.URL, etag, modified)
	if err != nil {
		return Response{}, brokenRequest(err)
	}
	defer resp.Body.Close()
	found := Response{
		URL: r.URL, Status: resp.StatusCode, Fetcher: schema.FetcherHTTP,
		ETag: validator(resp.Header.Get("ETag")), LastModified: validator(resp.Header.Get("Last-Modified")),
	}
	found.NoIndex, found.NoFollow = robotsTag(resp.Header.Values("X-Robots-Tag"))
	switch {
	case redirects(resp):
		drain(resp)
		if found.Redirect, err = r.URL.Resolve(resp.Header.Get("Location")); err != nil {
			return Response{}, failed(schema.FetchBlocked, err, "it redirects to an address that is not admitted").with(resp.StatusCode)
		}
		if found.Redirect == r.URL {
			return Response{}, failed(schema.HTTPError, nil, "it redirects to itself").with(resp.StatusCode)
		}
		return found, nil
	case resp.StatusCode == http.StatusNotModified && (etag != "" || modified != ""):
		found.NotModified = true
		found.ETag, found.LastModified = cmp.Or(found.ETag, etag), cmp.Or(found.LastModified, modified)
		return found, nil
	case resp.StatusCode < 200 || resp.StatusCode >= 300 || resp.StatusCode == http.StatusPartialContent:
		f := badStatus(resp.StatusCode, resp.Header, h.now())
		f.Challenge = challenged(resp)
		drain(resp)
		return Response{}, f
	}
	if r.sitemap {
		if f := h.readSitemap(ctx, r.clock, resp, &found); f != nil {
			found.Close()
			return Response{}, f.with(resp.StatusCode)
		}
		return found, nil
	}
	if f := h.read(ctx, r.clock, resp, &found); f != nil {
		found.Close()
		return Response{}, f.with(resp.StatusCode)
	}
	return found, nil
}

// read takes the page from resp.
func (h *HTTP) read(ctx context.Context, clock *clock, resp *http.Response, found *Response) *Failure {
	header := resp.Header.Get("Content-Type")
	found.ContentType = mediaType(header)
	vague := header == "" || found.ContentType == "application/octet-stream" || found.ContentType == "binary/octet-stream"
	if !vague && !readable(found.ContentType) {
		return unsupported(found.ContentType)
	}
	if resp.ContentLength > h.maxBody {
		return brokenBody(errTooLarge, h.maxBody)
	}
	body, wire, err := decoded(resp, h.maxBody)
	if err != nil {
		return brokenBody(err, h.maxBody)
	}
	if vague {
		in := bufio.NewReaderSize(body, 512)
		start, _ := in.Peek(512) // an error comes again below
		if found.ContentType = mediaType(http.DetectContentType(start)); !readable(found.ContentType) {
			return unsupported(found.ContentType)
		}
		body = in
	}
	text, release, err := h.room.readAll(ctx, clock, body)
	found.release = release
	if err != nil {
		return brokenBody(err, h.maxBody)
	}
	found.Bytes = wire.n
	if bytes.HasPrefix(text, []byte("%PDF-")) {
		found.ContentType, found.Body = "application/pdf", text
		return nil
	}
	if kind := mediaType(http.DetectContentType(text)); !utf8.Valid(text) && !strings.HasPrefix(kind, "text/") && kind != "application/octet-stream" {
		return unsupported(kind) // a picture, say, by the name of a page
	}
	found.Body = toUTF8(text, header)
	return nil
}

// get sends one request and gives its answer, redirect or not, as soon as the
// header is there.
func (h *HTTP) get(ctx context.Context, u URL, etag, modified string) (*http.Response, error) {
	header := http.Header{"Accept": {"text/html, application/xhtml+xml, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.1"}}
	if etag != "" {
		header.Set("If-None-Match", etag)
	}
	if modified != "" {
		header.Set("If-Modified-Since", modified)
	}
	return h.send(ctx, u, header)
}

// send is get with what else is to be in the header.
func (h *HTTP) send(ctx context.Context, u URL, header http.Header) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(h.headerTimeout, func() { cancel(errNoHeader) })
	defer timer.Stop()
	header.Set("User-Agent", h.userAgent)
	header.Set("Accept-Language", "en, *;q=0.5")
	header.Set("Accept-Encoding", "gzip")
	resp, err := h.transport.RoundTrip((&http.Request{Method: http.MethodGet, URL: u.request(), Header: header}).WithContext(ctx))
	why := func(err error) error { return cmp.Or(context.Cause(ctx), err) }
	if err != nil {
		err = fmt.Errorf("get %s: %w", u, why(err))
		cancel(nil)
		return nil, err
	}
	resp.Body = &timed{resp.Body, why, func() { cancel(nil) }}
	return resp, nil
}

// redirects reports whether resp says where else to look.
func redirects(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// mediaType gives the type in a Content-Type header, in lower case.
func mediaType(header string) string {
	if t, _, err := mime.ParseMediaType(header); err == nil {
		return t
	}
	t, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func readable(mediaType string) bool {
	switch mediaType { // document.Reader knows how to read them
	case "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown", "application/pdf",
		"application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml",
		"application/vnd.oai.openapi", "application/vnd.oai.openapi+json", "application/openapi+json", "application/openapi+yaml":
		return true
	}
	return false
}

func unsupported(mediaType string) *Failure {
	if _, _, err := mime.ParseMediaType(mediaType); err != nil || len(mediaType) > 100 {
		return failed(schema.UnsupportedType, err, "its type is not one that is read")
	}
	return failed(schema.UnsupportedType, nil, "its type %s is not one that is read", mediaType)
}

// validator gives v if it can be sent back as it is, else nothing.
func validator(v string) string {
	if len(v) > maxValidator {
		return ""
	}
	for _, c := range []byte(v) {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return v
}

// version is that of the module this program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "dev"
}
