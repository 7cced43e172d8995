// Package hostiletest is a web site that means no good, for tests: bombs, bodies
// without an end, broken protocols, traps. Of each page it says how reading it
// must end.
package hostiletest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Page is one page of the site.
type Page struct {
	Outcome string // how reading it ends
	Heavy   bool   // it aims at memory
	serve   http.HandlerFunc
}

// Site serves the pages on loopback until the test ends.
type Site struct {
	*httptest.Server
	Pages map[string]Page // by path
}

// Serve starts the site. Inside is an address that no page may lead to.
func Serve(tb testing.TB, inside string) *Site {
	tb.Helper()
	s := &Site{Pages: pages(inside)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page, ok := s.Pages[r.URL.Path]; ok {
			page.serve(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	tb.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

const html = "text/html; charset=utf-8"

// text is enough for a page to be kept.
const text = "<main><h1>Limits</h1><p>The API allows 600 requests per minute per key.</p></main>"

func pages(inside string) map[string]Page {
	all := map[string]Page{}
	for _, group := range []map[string]Page{bombs(), bodies(), protocols(inside), contents()} {
		maps.Copy(all, group)
	}
	return all
}

// bombs grow when they are unpacked.
func bombs() map[string]Page {
	flat := bomb()
	zipped := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"), flat...) // its sum would come after 192 MiB
	half := zip([]byte(strings.Repeat(text, 500)))
	half = half[:len(half)/2]
	return map[string]Page{
		"/bomb-gzip":    {"TOO_LARGE", true, says(html, "gzip", zipped)},
		"/bomb-deflate": {"TOO_LARGE", true, says(html, "deflate", flat)},
		"/bomb-twice":   {"TOO_LARGE", true, says(html, "gzip, gzip", zip(zipped))},
		"/bomb-sniffed": {"TOO_LARGE", true, says("", "gzip", zipped)},
		"/brotli":       {"HTTP_ERROR", false, says(html, "br", []byte("\x0b\x02\x80x\x03"))},
		"/thrice":       {"HTTP_ERROR", false, says(html, "gzip, gzip, gzip", zipped)},
		"/cut-gzip":     {"HTTP_ERROR", false, says(html, "gzip", half)},
		"/no-gzip":      {"HTTP_ERROR", false, says(html, "gzip", []byte(text))},
	}
}

// bodies do not end, or not soon.
func bodies() map[string]Page {
	return map[string]Page{
		"/endless":  {"TOO_LARGE", true, func(w http.ResponseWriter, r *http.Request) { flood(w, r, "<p>words without an end", 0) }},
		"/slow":     {"TIMEOUT", false, func(w http.ResponseWriter, r *http.Request) { flood(w, r, "x", 100*time.Millisecond) }},
		"/silent":   {"TIMEOUT", false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		"/declared": {"TOO_LARGE", false, cut("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\nx")},
		"/short":    {"HTTP_ERROR", false, cut("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nhalf")},
		"/chunk":    {"HTTP_ERROR", false, cut("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx")},
		"/nothing":  {"EMPTY_CONTENT", false, says(html, "", nil)},
		"/no-body":  {"EMPTY_CONTENT", false, status(http.StatusNoContent, "")},
	}
}

// protocols are broken, or lead astray.
func protocols(inside string) map[string]Page {
	return map[string]Page{
		"/noise":       {"HTTP_ERROR", false, cut("SSH-2.0-OpenSSH_9.2\r\n")},
		"/closed":      {"HTTP_ERROR", false, cut("")},
		"/header":      {"HTTP_ERROR", false, cut("HTTP/1.1 200 OK\r\nX-Much: " + strings.Repeat("x", 1<<20) + "\r\n\r\n")},
		"/headers":     {"HTTP_ERROR", false, cut("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-More: x\r\n", 20_000) + "\r\n")},
		"/informative": {"HTTP_ERROR", false, cut(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 5000))},
		"/round":       {"HTTP_ERROR", false, status(http.StatusFound, "/round2")},
		"/round2":      {"HTTP_ERROR", false, status(http.StatusFound, "/round")},
		"/self":        {"HTTP_ERROR", false, status(http.StatusFound, "/self#x")},
		"/on": {"HTTP_ERROR", false, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/on?"+strings.Repeat("x", len(r.URL.RawQuery)+1))
			w.WriteHeader(http.StatusFound)
		}},
		"/inside":      {"FETCH_BLOCKED", false, status(http.StatusFound, "http://"+inside+"/")},
		"/inside-file": {"FETCH_BLOCKED", false, status(http.StatusFound, "file:///etc/passwd")},
		"/inside-name": {"FETCH_BLOCKED", false, status(http.StatusMovedPermanently, "http://user@"+inside+"/")},
		"/error":       {"HTTP_ERROR", false, status(http.StatusInternalServerError, "")},
		"/forbidden":   {"HTTP_ERROR", false, status(http.StatusForbidden, "")},
		"/range":       {"HTTP_ERROR", false, status(http.StatusPartialContent, "")},
	}
}

// contents are well sent, and hard to read.
func contents() map[string]Page {
	whole := func(s string) http.HandlerFunc { return says(html, "", []byte(s)) }
	return map[string]Page{
		"/tags":       {"EMPTY_CONTENT", true, whole(strings.Repeat("<p>", 3<<20))},
		"/links":      {"EMPTY_CONTENT", true, whole(strings.Repeat(`<a href=/x>`, 900<<10))},
		"/attributes": {"STORED", true, whole("<div " + strings.Repeat(`a="b" `, 1<<20) + ">" + text)},
		"/deep":       {"STORED", true, whole(strings.Repeat("<div>", 500<<10) + text)},
		"/tables":     {"STORED", true, whole(strings.Repeat("<table><tr><td>", 100<<10) + text)},
		"/comment":    {"EMPTY_CONTENT", true, whole("<!--" + strings.Repeat("x", 9<<20))},
		"/entities":   {"STORED", true, whole(text + "<p>" + strings.Repeat("&amp;&#38;&notin;", 500<<10))},
		"/line":       {"STORED", true, says("text/plain", "", bytes.Repeat([]byte("words "), 1<<20))},
		"/latin":      {"STORED", true, says("text/html; charset=iso-8859-1", "", bytes.Repeat([]byte("gr\xfc\xdfe \xa4 "), 1<<20))},
		"/nul":        {"STORED", false, whole("<main><h1>Limits\x00</h1><p>The API \x00allows 600 requests per minute.</main>")},
		"/charset":    {"STORED", false, says("text/html; charset=klingon", "", []byte(text))},
		"/wide":       {"STORED", false, says("text/html; charset=utf-16le", "", []byte(text))},
		"/image":      {"UNSUPPORTED_TYPE", false, says(html, "", []byte("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00\x01", 5000)))},
		"/as-image":   {"UNSUPPORTED_TYPE", false, says("image/png", "", []byte(text))},
		"/type":       {"UNSUPPORTED_TYPE", false, says("<script>", "", []byte(text))},
		"/film": {"UNSUPPORTED_TYPE", false, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "video/mp4")
			flood(w, r, "x", 0)
		}},
	}
}

func says(contentType, encoding string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		_, _ = w.Write(body)
	}
}

func status(code int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(code)
	}
}

// cut answers with raw bytes and breaks off.
func cut(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

// flood sends s again and again, as fast as it is taken or once each pause.
func flood(w http.ResponseWriter, r *http.Request, s string, pause time.Duration) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", html)
	}
	chunk := s
	if pause == 0 {
		chunk = strings.Repeat(s, 4096)
	}
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
		if pause == 0 {
			continue
		}
		w.(http.Flusher).Flush()
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
		}
	}
}

// bomb is 192 MiB of tags, deflated. A part that ends with a flush refers only to
// itself, so it can stand there again and again.
func bomb() []byte {
	var part bytes.Buffer
	w, err := flate.NewWriter(&part, flate.BestCompression)
	if err != nil {
		panic(err) // the level is one of those there are
	}
	_, err = io.WriteString(w, strings.Repeat("<p>", 256<<10))
	if err := errors.Join(err, w.Flush()); err != nil {
		panic(fmt.Sprint("memory is full: ", err))
	}
	return bytes.Repeat(part.Bytes(), 256)
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(fmt.Sprint("memory is full: ", err))
	}
	return b.Bytes()
}
