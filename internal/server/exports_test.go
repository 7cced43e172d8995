package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// rowsOf serves one document, which write writes.
func rowsOf(write func(context.Context, io.Writer) error) Streams {
	return func(name, where string) (Stream, error) {
		if name != "facts.csv" {
			return Stream{}, fault.New(fault.NotFound, "no such document")
		}
		if where == "bad" {
			return Stream{}, fault.InvalidField("where", "is bad")
		}
		return Stream{Name: name, Media: "text/csv", Write: func(ctx context.Context, w io.Writer) error {
			if _, err := io.WriteString(w, where+"\n"); err != nil {
				return err
			}
			return write(ctx, w)
		}}, nil
	}
}

func TestAnExportIsAFileForWhoMayRead(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key), Exports: rowsOf(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "rows\n")
		return err
	})})
	a := f.request(t, http.MethodGet, "/exports/facts.csv?where=a%20filter", "", "X-API-Key", key)
	if a.status != 200 || a.body != "a filter\nrows\n" {
		t.Errorf("got %d %q", a.status, a.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="facts.csv"`, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct {
		method, path, key string
		status            int
		code              string
	}{
		{http.MethodGet, "/exports/facts.csv", "", 401, "UNAUTHENTICATED"},
		{http.MethodGet, "/exports/facts.csv", key + "x", 401, "UNAUTHENTICATED"},
		{http.MethodGet, "/exports/jobs.csv", key, 404, "NOT_FOUND"},
		{http.MethodGet, "/exports/", key, 404, "NOT_FOUND"},
		{http.MethodGet, "/exports/facts.csv?where=bad", key, 400, "INVALID"},
		{http.MethodGet, "/exports/facts.csv?filter=x", key, 400, "INVALID"},
		{http.MethodPost, "/exports/facts.csv", key, 405, "INVALID"},
	} {
		if a := f.request(t, c.method, c.path, "", "X-API-Key", c.key); a.status != c.status || a.code() != c.code {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, a.status, a.body, c.status, c.code)
		}
	}
}

func TestTheHeadOfAnExportReadsNothing(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Exports: rowsOf(func(context.Context, io.Writer) error { t.Error("it is written"); return nil })})
	if a := f.request(t, http.MethodHead, "/exports/facts.csv", ""); a.status != 200 || a.header.Get("Content-Disposition") == "" {
		t.Errorf("got %d %v", a.status, a.header)
	}
}

// failing fails before or after it has written something.
func failing(err error, after int) Streams {
	return func(name, _ string) (Stream, error) {
		return Stream{Name: name, Media: "text/csv", Write: func(_ context.Context, w io.Writer) error {
			if after > 0 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), after)); err != nil {
					return err
				}
			}
			return err
		}}, nil
	}
}

func TestAnExportThatFailsIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"a company that is not there": {fault.New(fault.NotFound, "no such company"), 404, "NOT_FOUND"},
		"a mistake of ours":           {errors.New("secret"), 500, "INTERNAL"},
	} {
		f := start(t, Config{Exports: failing(c.err, 0)})
		a := f.request(t, http.MethodGet, "/exports/facts.csv", "")
		if a.status != c.status || a.code() != c.code || strings.Contains(a.body, "secret") || a.header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if c.status == 500 && !strings.Contains(f.logs.String(), "secret") {
			t.Errorf("%s is not in the log", name)
		}
	}
	f := start(t, Config{Exports: failing(errors.New("the database has gone"), 100_000)})
	resp, err := http.Get("http://" + f.addr + "/exports/facts.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("in the middle: %d, %d bytes, %v; want that the client sees a cut", resp.StatusCode, len(b), err)
	}
	if !strings.Contains(f.logs.String(), "the database has gone") {
		t.Error("that is not in the log")
	}
}

// endless writes until it cannot, and tells why it stopped.
func endless(stopped chan<- error) Streams {
	return rowsOf(func(ctx context.Context, w io.Writer) error {
		for {
			_, err := w.Write(make([]byte, 64<<10))
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				stopped <- err
				return err
			}
		}
	})
}

func TestAnExportEndsWhenItsClientHasGone(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	f := start(t, Config{Exports: endless(stopped)})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+f.addr+"/exports/facts.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	leave()
	if err := within(t, stopped, "the export to end"); err == nil {
		t.Error("it ended without an error")
	}
}

func TestAnExportEndsWhenItsClientTakesNothing(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	f := start(t, Config{Exports: endless(stopped), Limits: Limits{Write: 50 * time.Millisecond}})
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /exports/facts.csv HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := within(t, stopped, "the export to end"); err == nil {
		t.Error("it ended without an error")
	}
	if strings.Contains(f.logs.String(), "export failed") {
		t.Error("a client that does not read is taken for a mistake of ours")
	}
}

func TestFewExportsRunAtATime(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	f := start(t, Config{Exports: rowsOf(func(context.Context, io.Writer) error {
		begun <- struct{}{}
		<-goOn
		return nil
	})})
	answers := make(chan int, exportsAtATime)
	for range exportsAtATime {
		go func() {
			resp, err := http.Get("http://" + f.addr + "/exports/facts.csv")
			if err != nil {
				answers <- 0
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			answers <- resp.StatusCode
			_ = resp.Body.Close()
		}()
		within(t, begun, "an export to begin")
	}
	if a := f.request(t, http.MethodGet, "/exports/facts.csv", ""); a.status != 429 || a.code() != "LIMITED" || a.header.Get("Retry-After") != "10" {
		t.Errorf("one more: %d %s %v", a.status, a.body, a.header)
	}
	close(goOn)
	for range exportsAtATime {
		if status := within(t, answers, "an export to end"); status != 200 {
			t.Errorf("got %d", status)
		}
	}
	go func() { <-begun }()
	if a := f.request(t, http.MethodGet, "/exports/facts.csv", ""); a.status != 200 {
		t.Errorf("once they have ended: %d %s", a.status, a.body)
	}
}
