package warc_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/warc"
)

// record is one as other programs write them.
func record(kind, url, contentType, block string) string {
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: <%s>\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, url, contentType, len(block), block)
}

func response(url, answer string) string {
	return record("response", url, "application/http; msgtype=response", answer)
}

func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

// read gives what a file says: pages, why others are none, and how it ends.
func read(file string) (pages []warc.Page, skipped []string, err error) {
	r, err := warc.NewReader(strings.NewReader(file))
	for err == nil {
		var p warc.Page
		p, err = r.Next()
		if s, ok := errors.AsType[*warc.SkippedError](err); ok {
			skipped, err = append(skipped, s.Reason), nil
		} else if err == nil {
			pages = append(pages, p)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return pages, skipped, err
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	want := []warc.Page{
		{URL: "https://a.example/x", ContentType: "text/markdown; variant=techfacts", Title: "Größe — 限制", Body: []byte("# Größe\n\n限制 🎉\r\n\r\nWARC/1.1\r\n")},
		{URL: "https://a.example/", ContentType: "text/plain", Body: []byte{}},
	}
	for _, pack := range []bool{false, true} {
		var out bytes.Buffer
		w, err := warc.NewWriter(&out, pack, "techfacts/1\r\nbad", time.Unix(0, 0))
		for _, p := range want {
			err = errors.Join(err, w.Resource(uuid.New(), time.Unix(1_800_000_000, 0), p))
		}
		if err != nil {
			t.Fatal(err)
		}
		got, skipped, err := read(out.String())
		if err != nil || len(skipped) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("packed %v: %q, %q, %v", pack, got, skipped, err)
		}
		if packed := strings.HasPrefix(out.String(), "\x1f\x8b"); packed != pack {
			t.Errorf("packed: %v", packed)
		}
	}
}

func TestArchivesOfCrawlersAreRead(t *testing.T) {
	t.Parallel()
	chunked := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<p>\r\n1\r\nx\r\n0\r\n\r\n"
	zipped := packed("<p>zipped")
	file := []string{
		record("warcinfo", "", "application/warc-fields", "software: x\r\n"),
		response("http://a.example/1", chunked),
		record("request", "http://a.example/1", "application/http; msgtype=request", "GET / HTTP/1.1\r\n\r\n"),
		response("http://a.example/2", "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n"+zipped),
		response("http://a.example/3", "HTTP/1.1 404 Not Found\r\n\r\nno"),
		record("response", "dns:a.example", "text/dns", "a.example. 60 IN A 1.2.3.4"),
		record("resource", "http://a.example/4", "text/plain", "four"),
		record("conversion", "http://a.example/5", "text/plain", "five"),
		response("http://a.example/6", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx"),
		response("http://a.example/7", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+zipped[:len(zipped)-6]),
	}
	plain := strings.Join(file, "")
	var members strings.Builder
	for _, r := range file {
		members.WriteString(packed(r))
	}
	for name, file := range map[string]string{"plain": plain, "a member each": members.String(), "one member": packed(plain)} {
		pages, skipped, err := read(file)
		var got []string
		for _, p := range pages {
			got = append(got, p.URL+" "+p.ContentType+" "+string(p.Body))
		}
		want := []string{"http://a.example/1 text/html; charset=latin1 <p>x", "http://a.example/2 text/html <p>zipped", "http://a.example/4 text/plain four", "http://a.example/5 text/plain five"}
		why := []string{"HTTP 404", "not an answer of HTTP", "its content encoding is not supported", "it is damaged, or breaks off"}
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(skipped, why) {
			t.Errorf("%s: %q, %q, %v", name, got, skipped, err)
		}
	}
}

func TestDamageIsToldAndWhatCameBeforeItIsRead(t *testing.T) {
	t.Parallel()
	good := record("resource", "http://a.example/", "text/plain", "good")
	lie := func(length string) string {
		return "WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: http://a.example/\r\nContent-Length: " + length + "\r\n\r\nfour\r\n\r\n" + good
	}
	zipped := packed(good + good)
	for name, file := range map[string]string{
		"too short": good + lie("2"), "too long": good + lie("4000"), "negative": good + lie("-1"), "no number": good + lie("four"), "absurd": good + lie("9223372036854775807"),
		"two lengths": good + lie("4\r\nContent-Length: 4"), "cut off": good + good[:len(good)-6], "in a header": good + good[:30],
		"truncated gzip": packed(good) + zipped[:len(zipped)-9], "no record": good + "hello\r\n", "a long header": good + "WARC/1.1\r\nX: " + strings.Repeat("x", 100_000) + "\r\n",
		"many headers": good + "WARC/1.1\r\n" + strings.Repeat("X: x\r\n", 20_000), "empty lines": good + strings.Repeat("\r\n", 40_000),
	} {
		pages, _, err := read(file)
		if !fault.Is(err, fault.Invalid) || len(pages) == 0 || string(pages[0].Body) != "good" {
			t.Errorf("%s: %d pages, %v", name, len(pages), err)
		}
	}
	for _, file := range []string{"", "<html>", "\x1f\x8b", "\x1f\x8b\x08\x00", packed("<html>")} {
		if _, _, err := read(file); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 11<<20)
	bomb := response("http://a.example/bomb", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n"+packed(zeros))
	file := packed(record("resource", "http://a.example/large", "text/plain", zeros)) + packed(bomb) + packed(record("resource", "http://a.example/", "text/plain", "good"))
	if len(file) > 100<<10 {
		t.Fatalf("the bomb is %d bytes", len(file))
	}
	pages, skipped, err := read(file)
	if err != nil || len(pages) != 1 || string(pages[0].Body) != "good" || !reflect.DeepEqual(skipped, []string{"larger than 10 MiB", "larger than 10 MiB"}) {
		t.Errorf("%d pages, %q, %v", len(pages), skipped, err)
	}
}

// nothing is a film without an end.
type nothing struct{}

func (nothing) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestWhatFollowsARecordOfMoreThanAGibibyteIsRead(t *testing.T) {
	t.Parallel()
	const length = 1<<30 + 1
	var parts []io.Reader
	for _, kind := range []string{"request", "resource"} {
		parts = append(parts, strings.NewReader(fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nWARC-Target-URI: http://a.example/film\r\nContent-Length: %d\r\n\r\n", kind, length)),
			io.LimitReader(nothing{}, length), strings.NewReader("\r\n\r\n"))
	}
	r, err := warc.NewReader(io.MultiReader(append(parts, strings.NewReader(record("resource", "http://a.example/", "text/plain", "good")))...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil || err.Error() != "http://a.example/film: larger than 10 MiB" {
		t.Errorf("the film: %v", err)
	}
	if p, err := r.Next(); err != nil || string(p.Body) != "good" {
		t.Errorf("the page behind it: %q, %v", p.Body, err)
	}
}

// FuzzReader holds that a file of any bytes is read to an end, and that no page
// is larger than may be.
func FuzzReader(f *testing.F) {
	good := record("resource", "http://a.example/", "text/plain", "good")
	for _, seed := range []string{good, packed(good), response("http://a.example/", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+packed("x")), "WARC/1.1\r\nContent-Length: 9\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		pages, _, err := read(string(file))
		for _, p := range pages {
			if len(p.Body) > 10<<20 {
				t.Errorf("a page of %d bytes", len(p.Body))
			}
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}
