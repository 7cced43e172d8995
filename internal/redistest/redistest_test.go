//go:build unix

package redistest_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"techfacts.dev/techfacts/internal/redistest"
)

func connect(t *testing.T, s *redistest.Server) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	t.Cleanup(func() { client.Close() })
	return client
}

func TestAServerCanBeStoppedStartedAndFlushed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	set := func() {
		t.Helper()
		if err := connect(t, s).Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	empty := func() {
		t.Helper()
		if n := connect(t, s).DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%d keys", n)
		}
	}
	set()
	s.Flush()
	empty()
	set()
	s.Stop()
	if c, err := net.Dial("tcp", s.Addr); err == nil {
		c.Close()
		t.Error("a stopped server takes connections")
	}
	s.Start()
	empty()
}

// A killed test binary cannot clean up; its server must end all the same.
func TestServerEndsWithAKilledProcess(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$", "-test.v")
	cmd.Env = append(cmd.Environ(), "REDISTEST_VICTIM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		_, addr, _ = strings.Cut(lines.Text(), "victim at ")
	}
	held, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	held.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := held.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the server is still there: %v", err)
	}
}

// TestVictim starts a server, tells where it is, and waits to be killed.
func TestVictim(t *testing.T) {
	if os.Getenv("REDISTEST_VICTIM") == "" {
		t.Skip("for TestServerEndsWithAKilledProcess")
	}
	os.Stdout.WriteString("victim at " + redistest.Start(t).Addr + "\n")
	select {}
}
