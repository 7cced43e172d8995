//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// serve gives the URL of a server on which databases may be made.
func serve(ctx context.Context) (server string, stop func(), err error) {
	if server := os.Getenv("TEST_POSTGRES_URL"); server != "" {
		return server, func() {}, nil
	}
	s, err := supervise(ctx)
	return s.url, s.stop, err
}

// supervise runs a server of our own.
func supervise(ctx context.Context) (s supervised, err error) {
	bin, err := bindir(ctx)
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for range 3 {
		s, err = launch(ctx, bin)
		if err == nil || !strings.Contains(err.Error(), "could not bind") { // somebody took our free port
			break
		}
	}
	return s, err
}

// supervisor makes a server and runs it until standard input ends, then removes
// all of it. A line stops the server, the next one starts it again. The other end of that input is held by our process alone, so the
// kernel closes it however we die. (Pdeathsig would follow an OS thread, exist
// on Linux only, and leave the files.) QUIT is PostgreSQL's immediate shutdown;
// TERM is for a server so young that it still ignores QUIT.
const supervisor = `
dir=$1 bin=$2 port=$3
trap 'cd / && rm -rf "$dir"' EXIT
exec 3<&0
"$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync || exit
while :; do
	"$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
		-c cluster_name="${dir##*/}" -c fsync=off -c max_connections=200 & server=$!
	{ read -r _ <&3 && : >"$dir/stopped"; kill -TERM $server; kill -QUIT $server; } & watch=$!
	wait $server
	kill $watch
	rm "$dir/stopped" && read -r _ <&3 || exit
done
`

// supervised is a server and who runs it.
type supervised struct {
	url   string
	name  string
	input io.Writer // of the supervisor
	ended <-chan struct{}
	stop  func() // for good
}

// launch starts a server in a directory of its own and waits until it answers.
func launch(ctx context.Context, bin string) (s supervised, err error) {
	port, err := freePort(ctx)
	if err != nil {
		return s, err
	}
	dir, attr, err := home()
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	log, err := os.CreateTemp(dir, "log") // a pipe would keep `go test` waiting for its end
	if err != nil {
		return s, err
	}
	defer log.Close()
	// The server outlives ctx: that is often the context of the first test only.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", supervisor, "sh", dir, bin, port) //nolint:gosec // our own script and paths
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = dir, attr, log, log
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	alive, err := cmd.StdinPipe()
	if err != nil {
		return s, err
	}
	if err := cmd.Start(); err != nil {
		return s, fmt.Errorf("start the supervisor of PostgreSQL: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the log says more than the exit code
	}()
	s = supervised{name: filepath.Base(dir), input: alive, ended: ended}
	s.stop = sync.OnceFunc(func() {
		_ = alive.Close() // closed already if the server has ended by itself
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		_ = os.RemoveAll(dir) // the supervisor may lack the right to remove the directory itself
	})

	s.url = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
	if err := answers(ctx, s.url, s.name, ended); err != nil {
		s.stop()
		text := make([]byte, 8<<10)
		n, _ := log.ReadAt(text, 0)
		return s, fmt.Errorf("start PostgreSQL: %w\n%s", err, text[:n])
	}
	return s, nil
}

// answers waits until the server of that name, and not another that got the
// same port, takes connections.
func answers(ctx context.Context, server, name string, ended <-chan struct{}) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var got string
		err := run(ctx, server, "show cluster_name", &got)
		if err == nil && got == name {
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// home makes the directory of a server and says how its processes are to run:
// in a session of their own, so that Ctrl-C meets only us, and never as root,
// which PostgreSQL refuses. Root's own directory for temporary files may be
// closed to others.
func home() (dir string, attr *syscall.SysProcAttr, err error) {
	attr = &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() != 0 {
		dir, err = os.MkdirTemp("", "pgtest-")
		return dir, attr, err
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		return "", nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, errUID := strconv.ParseUint(who.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(who.Gid, 10, 32)
	if dir, err = os.MkdirTemp("/tmp", "pgtest-"); err != nil {
		return "", nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir, attr, errors.Join(errUID, errGID, os.Chown(dir, int(uid), int(gid)))
}

// freePort gives a port that was free a moment ago.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// bindir finds the directory with the server's programs. Debian and Homebrew
// keep them out of PATH, side by side if there are several; the newest wins.
func bindir(ctx context.Context) (string, error) {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		dirs = append(dirs, found...)
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, dir := range dirs {
		_, errInit := exec.LookPath(filepath.Join(dir, "initdb"))
		_, errServe := exec.LookPath(filepath.Join(dir, "postgres"))
		if filepath.IsAbs(dir) && errInit == nil && errServe == nil {
			return dir, nil
		}
	}
	return "", errors.New("PostgreSQL is not installed: apt-get install postgresql (or brew install postgresql), or set TEST_POSTGRES_URL")
}
