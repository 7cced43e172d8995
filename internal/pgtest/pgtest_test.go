//go:build unix

package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"techfacts.dev/techfacts/internal/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_VICTIM") != "" {
		victim()
	}
	pgtest.Main(m)
}

func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for i := range 2 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			c := connect(t, pgtest.URL(t))
			var sorted string
			for _, sql := range []string{
				"create table facts (statement text)",
				"insert into facts values ('ä'), ('b'), ('A'), ('a')",
			} {
				if _, err := c.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.QueryRow(t.Context(), "select string_agg(statement, '' order by statement) from facts").Scan(&sorted); err != nil {
				t.Fatal(err)
			}
			if sorted != "Aabä" {
				t.Errorf("got %q, want the order of the locale C", sorted)
			}
		})
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	c := connect(t, pgtest.URL(t))
	var name string
	t.Run("with a connection still open", func(t *testing.T) {
		url := pgtest.URL(t)
		open, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		name = open.Config().Database
	})
	var left int
	if err := c.QueryRow(t.Context(), "select count(*) from pg_database where datname = $1", name).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("database %s is still there", name)
	}
}

func TestProgramGetsADatabaseUntilItStops(t *testing.T) {
	t.Parallel()
	url, stop, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := connect(t, url).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	if c, err := pgx.Connect(t.Context(), url); err == nil {
		c.Close(t.Context())
		t.Error("the database outlives its program")
	}
}

func TestAServerComesBackWithWhatWasCommitted(t *testing.T) {
	t.Parallel()
	s := pgtest.NewServer(t)
	for i := range 3 {
		c := connect(t, s.URL)
		if _, err := c.Exec(t.Context(), fmt.Sprintf("create table t%d ()", i)); err != nil {
			t.Fatal(err)
		}
		s.Stop()
		if _, err := c.Exec(t.Context(), "select 1"); err == nil {
			t.Error("a connection outlives the server")
		}
		if _, err := pgx.Connect(t.Context(), s.URL); err == nil {
			t.Error("a stopped server answers")
		}
		s.Start()
		if _, err := connect(t, s.URL).Exec(t.Context(), fmt.Sprintf("select * from t%d", i)); err != nil {
			t.Error(err)
		}
	}
}

// A killed test binary cannot clean up; its server must end all the same.
func TestServerEndsWithAKilledProcess(t *testing.T) {
	if os.Getenv("TEST_POSTGRES_URL") != "" {
		t.Skip("the server is not ours")
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(cmd.Environ(), "PGTEST_VICTIM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, data, _ := strings.Cut(strings.TrimSpace(line), " ")
	connect(t, url)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		_, gone := os.Stat(data)
		c, refused := pgx.Connect(t.Context(), url)
		if gone != nil && refused != nil {
			return
		}
		if c != nil {
			c.Close(t.Context())
		}
		if time.Now().After(deadline) {
			t.Fatalf("data directory: %v, server: %v", gone, refused)
		}
	}
}

// victim starts a server, tells where it is, and waits to be killed.
func victim() {
	ctx := context.Background()
	url, _, err := pgtest.Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var data string
	if err := c.QueryRow(ctx, "show data_directory").Scan(&data); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(url, data)
	select {}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.WithoutCancel(t.Context())) })
	return c
}
