package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pgtest"
)

// BenchmarkReads measures the API over 100,000 facts in PostgreSQL, beside a
// plain handler that gives the same JSON, in turns, each a process of its own.
// The ratio is the figure: ratio of requests a second over 16 connections,
// cpu-ratio of the time that the processes have spent, which knows nothing of
// what else the machine does.
func BenchmarkReads(b *testing.B) {
	l := &library{url: pgtest.URL(b)}
	api := launch(b, []string{"DATABASE_URL=" + l.url, "GOGC=" + gogc()}, "api")
	l.fill(b, 5_000, 20)
	plain := launchPlain(b, l.url)
	for _, c := range []struct {
		name, path, query string
		from              func(i int) string
	}{
		{"List", "/list", listQuery, func(i int) string { return l.facts[(i*997)%(len(l.facts)-50)].String() }},
		{"Nested", "/nested", nestedQuery, func(i int) string { return l.pages[(i*997)%(len(l.pages)-10)].String() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			body := func(i int) []byte {
				body, err := json.Marshal(map[string]any{"query": c.query, "variables": map[string]any{"from": c.from(i)}})
				if err != nil {
					b.Fatal(err)
				}
				return body
			}
			ours, theirs := &load{process: api, path: "/graphql"}, &load{process: plain, path: c.path}
			if got, want := ours.answer(b, body(7)), theirs.answer(b, body(7)); !reflect.DeepEqual(got, want) {
				b.Fatalf("the answers differ:\n%v\n%v", got, want)
			}
			ours.run(b, 200, body)
			theirs.run(b, 200, body)
			ours.reset()
			theirs.reset()
			for b.Loop() {
				ours.run(b, 200, body)
				theirs.run(b, 400, body)
			}
			ours.report(b, "")
			theirs.report(b, "plain-")
			b.ReportMetric(ours.rate()/theirs.rate(), "ratio")
			b.ReportMetric(float64(theirs.cpu)/float64(theirs.requests)*float64(ours.requests)/float64(ours.cpu), "cpu-ratio")
			b.ReportMetric(0, "ns/op") // an op is of both
		})
	}
}

// gogc is that of all processes which are measured.
func gogc() string { return cmp.Or(os.Getenv("GOGC"), "100") }

// launchPlain runs the plain handler in a process of its own.
func launchPlain(b *testing.B, database string) *process {
	b.Helper()
	p := &process{Cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.Env = append(os.Environ(), "BENCH_PLAIN="+database, "GOGC="+gogc())
	p.Stderr = b.Output()
	out, err := p.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := p.StdinPipe(); err != nil { // held by us: it ends when we do
		b.Fatal(err)
	}
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	p.addr = strings.TrimSpace(line)
	go func() { defer close(p.ended); _ = p.Wait() }()
	b.Cleanup(p.kill)
	return p
}

// cpu is the time that the process has spent on processors so far; Linux only.
func (p *process) cpu(tb testing.TB) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	if err != nil {
		tb.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, errUser := strconv.Atoi(fields[11])
	system, errSystem := strconv.Atoi(fields[12])
	if errUser != nil || errSystem != nil {
		tb.Fatal(errUser, errSystem)
	}
	return time.Duration(user+system) * (time.Second / 100)
}

// load is what one process is asked, and what that took.
type load struct {
	*process
	path string

	requests  int
	took, cpu time.Duration
}

func (l *load) reset() { l.requests, l.took, l.cpu = 0, 0, 0 }

func (l *load) rate() float64 { return float64(l.requests) / l.took.Seconds() }

func (l *load) report(b *testing.B, prefix string) {
	b.Helper()
	b.ReportMetric(l.rate(), prefix+"req/s")
	b.ReportMetric(l.cpu.Seconds()*1000/float64(l.requests), prefix+"cpu-ms/req")
}

// answer is what one request gets, decoded.
func (l *load) answer(b *testing.B, body []byte) (v any) {
	b.Helper()
	r, err := http.Post("http://"+l.addr+l.path, "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		b.Fatal(err)
	}
	return v
}

// run sends n requests over 16 connections, as light as a client can be.
func (l *load) run(b *testing.B, n int, body func(i int) []byte) {
	b.Helper()
	before, began := l.process.cpu(b), time.Now()
	var next atomic.Int64
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			if err := l.ask(func() []byte {
				if i := int(next.Add(1)); i <= n {
					return body(l.requests + i)
				}
				return nil
			}); err != nil {
				b.Error(err)
			}
		})
	}
	clients.Wait()
	l.took += time.Since(began)
	l.cpu += l.process.cpu(b) - before
	l.requests += n
}

// ask sends one request after another over one connection, until there is none.
func (l *load) ask(next func() []byte) error {
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewReaderSize(conn, 64<<10)
	for body := next(); body != nil; body = next() {
		request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", l.path, l.addr, len(body), body)
		if _, err := conn.Write(request); err != nil {
			return err
		}
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %w", r.Status, err)
		}
	}
	return nil
}
