//go:build unix

// Package redistest gives tests a real Redis. Each test that asks gets a server
// of its own, which takes a few milliseconds; nothing is left behind when the
// test ends, not even when its process is killed.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// URL gives a Redis to one test: that of TEST_REDIS_URL, if it is set, which
// other tests use as well; else a server that ends with the test.
func URL(tb testing.TB) string {
	tb.Helper()
	if url := os.Getenv("TEST_REDIS_URL"); url != "" {
		return url
	}
	return Start(tb).URL
}

// Server is a Redis of a test's own, which can be stopped and started again.
// Its methods are for one goroutine at a time.
type Server struct {
	URL  string // without a password
	Addr string

	tb   testing.TB
	args []string
	stop func()
}

// Start runs a server until the test ends. The args are options of
// redis-server. A test that needs one is skipped if redis-server is not
// installed but TEST_REDIS_URL is set, and fails if neither is.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, args: args}
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("TEST_REDIS_URL") != "" {
			tb.Skip("redis-server is not installed, and the one of TEST_REDIS_URL is not ours to stop")
		}
		tb.Fatal("Redis is not installed: apt-get install redis-server (or brew install redis), or set TEST_REDIS_URL")
	}
	var err error
	for range 3 {
		if s.Addr, err = freeAddr(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		s.stop, err = launch(tb.Context(), s.Addr, args)
		if err == nil || !strings.Contains(err.Error(), "bind") { // somebody took our free port
			break
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	s.URL = "redis://" + s.Addr
	tb.Cleanup(s.Stop)
	return s
}

// Stop kills the server. Once it returns, connections are refused.
func (s *Server) Stop() { s.stop() }

// Start runs the server again, at the same address and empty.
func (s *Server) Start() {
	s.tb.Helper()
	s.stop()
	stop, err := launch(s.tb.Context(), s.Addr, s.args)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.stop = stop
}

// Flush makes the server forget all keys. It must not need a password.
func (s *Server) Flush() {
	s.tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer client.Close()
	if err := client.FlushAll(s.tb.Context()).Err(); err != nil {
		s.tb.Fatal(err)
	}
}

// supervisor runs a server until standard input ends, and removes what it has
// left. The other end of that input is held by our process alone, so the kernel
// closes it however we die; see internal/pgtest.
const supervisor = `
dir=$1 host=$2 port=$3
shift 3
trap 'cd / && rm -rf "$dir"' EXIT
exec 3<&0
redis-server --bind "$host" --port "$port" --dir "$dir" --save '' --appendonly no "$@" & server=$!
{ read -r _ <&3; kill -KILL $server; } & watch=$!
wait $server
kill $watch
`

// launch starts a server in a directory of its own and waits until it is ready.
func launch(ctx context.Context, addr string, args []string) (stop func(), err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(dir, "log") // a pipe would keep `go test` waiting for its end
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	defer log.Close()
	argv := append([]string{"-c", supervisor, "sh", dir, host, port}, args...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", argv...) //nolint:gosec // our own script
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C meets only us
	alive, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the supervisor of Redis: %w", err), os.RemoveAll(dir))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the log says more than the exit code
	}()
	stop = sync.OnceFunc(func() {
		_ = alive.Close() // closed already if the server has ended by itself
		<-ended
		_ = os.RemoveAll(dir) // gone, unless the supervisor was killed
	})
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := ready(ctx, log, ended); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// ready waits until the server with that log takes connections. Asking its port
// instead could find another server, which got the same one.
func ready(ctx context.Context, log io.ReaderAt, ended <-chan struct{}) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	text := make([]byte, 16<<10)
	for over := false; ; {
		n, _ := log.ReadAt(text, 0)
		if bytes.Contains(text[:n], []byte("Ready to accept connections")) {
			return nil
		}
		if over {
			return fmt.Errorf("start Redis: it ended at once\n%s", text[:n])
		}
		select {
		case <-ended:
			over = true // one more look, at its last words
		case <-ctx.Done():
			return fmt.Errorf("start Redis: %w\n%s", ctx.Err(), text[:n])
		case <-tick.C:
		}
	}
}

// freeAddr gives an address that was free a moment ago.
func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
