package shared

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"techfacts.dev/techfacts/internal/redistest"
)

// join uses the Redis at url as one process does.
func join(t *testing.T, url string) *Redis {
	t.Helper()
	r, err := Open(url, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// exercise holds what every bucket must do, wherever it is counted.
func exercise(t *testing.T, p *Points) {
	t.Helper()
	spend := func(who string, points int) time.Duration { return p.Spend(t.Context(), who, points) }
	if w := spend("ci", 40); w != 0 {
		t.Errorf("the first 40 of 60 must wait %s", w)
	}
	wait := spend("ci", 30)
	if wait <= 5*time.Second || wait > 10*time.Second {
		t.Errorf("ten too many at one a second must wait %s", wait)
	}
	if w := spend("ci", 20); w != 0 {
		t.Errorf("what was refused has been spent: wait %s", w)
	}
	if w := spend("other", 60); w != 0 {
		t.Errorf("another caller must wait %s", w)
	}
	if w := spend("third", 1_000_000); w != 0 {
		t.Errorf("an operation dearer than a minute must wait %s when nothing was spent", w)
	}
	if w := spend("third", 1_000_000); w <= 50*time.Second || w > time.Minute {
		t.Errorf("and again: %s", w)
	}
}

func TestABucketIsFilledEvenly(t *testing.T) {
	t.Parallel()
	t.Run("here", func(t *testing.T) { t.Parallel(); exercise(t, NewPoints(60, nil)) })
	t.Run("Redis", func(t *testing.T) { t.Parallel(); exercise(t, NewPoints(60, join(t, redistest.Start(t).URL))) })
	t.Run("away", func(t *testing.T) { t.Parallel(); exercise(t, NewPoints(60, join(t, "redis://127.0.0.1:1"))) })
}

func TestWhatIsRefusedCostsNothingHoweverManyAskAtATime(t *testing.T) {
	t.Parallel()
	p := NewPoints(60, nil)
	if w := p.Spend(t.Context(), "ci", 40); w != 0 {
		t.Fatalf("wait %s", w)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 2000 {
				p.Spend(t.Context(), "ci", 60)
			}
		})
	}
	group.Wait()
	if w := p.Spend(t.Context(), "ci", 20); w != 0 {
		t.Errorf("what was refused has been spent: wait %s", w)
	}
}

func TestProcessesCountTogetherWhileThereIsRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := NewPoints(60, join(t, server.URL)), NewPoints(60, join(t, server.URL))
	if w := a.Spend(t.Context(), "ci", 60); w != 0 {
		t.Fatalf("wait %s", w)
	}
	if w := b.Spend(t.Context(), "ci", 30); w <= 25*time.Second {
		t.Errorf("the other process does not know: wait %s", w)
	}
	server.Stop()
	if w := b.Spend(t.Context(), "ci", 60); w != 0 {
		t.Errorf("without Redis a process counts for itself: wait %s", w)
	}
	if w := b.Spend(t.Context(), "ci", 60); w <= 50*time.Second {
		t.Errorf("and limits: wait %s", w)
	}
	server.Start()
	for b.redis.paused() {
		<-time.After(10 * time.Millisecond)
	}
	if w := b.Spend(t.Context(), "ci", 60); w != 0 {
		t.Errorf("Redis has forgotten: wait %s", w)
	}
	for a.redis.paused() { // it may have seen the outage, too
		<-time.After(10 * time.Millisecond)
	}
	if w := a.Spend(t.Context(), "ci", 60); w <= 50*time.Second {
		t.Errorf("they count together again: wait %s", w)
	}
}

func TestARedisThatSaysNothingKeepsNobodyWaitingTwice(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var logs strings.Builder
	r, err := Open("redis://"+l.Addr().String(), slog.New(slog.NewTextHandler(&logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, q := NewPoints(60, r), NewQueries(10, r)
	if w := p.Spend(t.Context(), "ci", 60); w != 0 {
		t.Errorf("wait %s", w)
	}
	if !r.paused() {
		t.Error("the next one waits, too")
	}
	q.Keep(t.Context(), "h", "{a}")
	if query, ok := q.Query(t.Context(), "h"); ok {
		t.Errorf("found %s", query)
	}
	if n := strings.Count(logs.String(), "\n"); n != 1 {
		t.Errorf("the log is told %d times: %s", n, logs.String())
	}
}

func TestAClientThatLeavesIsNoOutage(t *testing.T) {
	t.Parallel()
	r := join(t, redistest.Start(t).URL)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	NewPoints(60, r).Spend(gone, "ci", 1)
	if r.paused() {
		t.Error("nobody asks Redis for a while")
	}
}

func TestQueriesAreSharedAndTheOldestMakeWay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := NewQueries(3, join(t, server.URL)), NewQueries(3, join(t, server.URL))
	for i := range 3 {
		a.Keep(t.Context(), fmt.Sprint("h", i), fmt.Sprintf("{a%d}", i))
	}
	if query, ok := b.Query(t.Context(), "h0"); !ok || query != "{a0}" { // and it is the latest now
		t.Errorf("the other process has %q", query)
	}
	b.Keep(t.Context(), "h3", "{a3}")
	for hash, want := range map[string]bool{"h0": true, "h1": false, "h2": true, "h3": true, "none": false} {
		if _, ok := a.Query(t.Context(), hash); ok != want {
			t.Errorf("%s is there: %t", hash, ok)
		}
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	defer client.Close()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 4 { // three, and the one of the hashes
		t.Errorf("keys = %v, %v", keys, err)
	}
	for _, key := range keys {
		if left := client.PTTL(t.Context(), key).Val(); left <= keptFor-time.Minute || left > keptFor || !strings.HasPrefix(key, "techfacts:") {
			t.Errorf("%s stays for %s", key, left)
		}
	}
	server.Stop()
	a.Keep(t.Context(), "h4", "{a4}")
	if _, ok := a.Query(t.Context(), "h0"); ok {
		t.Error("found without Redis")
	}
}

func TestAnAccountThatMayDoLittleIsEnough(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--user", "default", "off", "--user", "techfacts", "on", ">hunter2", "~techfacts:*", "~rate:techfacts:*",
		"+hello", "+auth", "+eval", "+evalsha", "+time", "+get", "+set", "+del", "+pexpire", "+zadd", "+zcard", "+zrange", "+zremrangebyrank")
	r := join(t, "redis://techfacts:hunter2@"+server.Addr)
	NewPoints(60, r).Spend(t.Context(), "ci", 60)
	if w := NewPoints(60, r).Spend(t.Context(), "ci", 60); w == 0 {
		t.Error("points are not counted in Redis")
	}
	q := NewQueries(1, r)
	q.Keep(t.Context(), "h0", "{a0}")
	q.Keep(t.Context(), "h1", "{a1}")
	if query, ok := q.Query(t.Context(), "h1"); !ok || query != "{a1}" {
		t.Errorf("found %q", query)
	}
	if _, ok := q.Query(t.Context(), "h0"); ok || r.paused() {
		t.Error("the oldest has not made way")
	}
}

func TestOnlyARedisCanBeOne(t *testing.T) {
	t.Parallel()
	if _, err := Open("http://:hunter2@[bad", nil); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	var none *Redis
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
