package event_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/redistest"
)

// journal is a log that a test can wait for.
type journal struct {
	lines chan string // level and message of each entry

	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.lines <- string(b):
	default:
	}
	return j.text.Write(b)
}

// until waits for an entry of that level.
func (j *journal) until(level slog.Level) {
	for line := range j.lines {
		if strings.Contains(line, "level="+level.String()+" ") {
			return
		}
	}
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// openHasty joins the bus at url until the test ends, and finds out soon when
// it is lost.
func openHasty(tb testing.TB, url string) (*event.Redis, *journal) {
	tb.Helper()
	j := &journal{lines: make(chan string, 10_000)}
	b, err := event.OpenHasty(tb.Context(), url, slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		b.Close()
		if tb.Failed() {
			tb.Log(j)
		}
	})
	return b, j
}

// proxy stands before a Redis. It can fall silent: the connections it has stay
// open and carry nothing more. New ones are served.
type proxy struct {
	net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn
	mute  chan struct{} // closed: the connections made so far are mute
	group sync.WaitGroup
}

func newProxy(tb testing.TB, to string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{Listener: l, to: to, mute: make(chan struct{})}
	p.group.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(in)
		}
	})
	tb.Cleanup(func() {
		l.Close()
		p.cut()
		p.group.Wait()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.Addr().String() }

func (p *proxy) serve(in net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	out, err := net.Dial("tcp", to)
	if err != nil {
		in.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, in, out)
	mute := p.mute
	carry := func(to, from net.Conn) {
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			select {
			case <-mute: // swallow it, and never say that it is over
				_, _ = io.Copy(io.Discard, from)
				return
			default:
			}
			if _, errTo := to.Write(b[:n]); err != nil || errTo != nil {
				in.Close()
				out.Close()
				return
			}
		}
	}
	p.group.Go(func() { carry(out, in) })
	p.group.Go(func() { carry(in, out) })
}

// silence makes the connections half-open.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.mute)
	p.mute = make(chan struct{})
}

// cut breaks the connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func TestAProcessDoesNotHearItsOwnHintTwice(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL
	e := ends{openRedis(t, url), openRedis(t, url), ""}
	back := ends{e.there, e.here, ""}
	hints, _ := back.subscribe(t, "t")
	echo, _ := back.subscribe(t, "echo")
	there, _ := e.subscribe(t, "t")
	e.here.Publish("t")
	<-hints
	<-there // Redis has passed it on, here as well,
	e.there.Publish("echo")
	<-echo // and before this
	silent(t, hints, "a second hint at what was heard")
}

func TestTheFirstHintSaysThatOthersAreHeardFromNowOn(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL
	a, b := openRedis(t, url), openRedis(t, url)
	hints, stop := a.Subscribe("t")
	defer stop()
	<-hints
	b.Publish("t")
	<-hints
}

func TestAfterAnOutageEverythingWatchedGetsAHint(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	bus, log := openHasty(t, s.URL)
	var topics []<-chan struct{}
	for i := range 1000 {
		hints, stop := bus.Subscribe(fmt.Sprint("job/", i))
		defer stop()
		topics = append(topics, hints)
	}
	settle(t, bus)
	for _, hints := range topics {
		<-hints
	}
	s.Stop()
	log.until(slog.LevelWarn)
	log.until(slog.LevelDebug)
	if bus.State().Connected {
		t.Error("connected to a Redis that is gone")
	}
	s.Start()
	for _, hints := range topics {
		<-hints
	}
	log.until(slog.LevelInfo)
	if !bus.State().Connected {
		t.Error("not connected, and says it is")
	}
}

func TestAFlushLosesNothing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	e := ends{openRedis(t, s.URL), openRedis(t, s.URL), ""}
	hints, _ := e.subscribe(t, "t")
	s.Flush()
	e.here.Publish("t")
	<-hints
}

func TestWithoutRedisHintsPassWithinTheProcess(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Stop()
	bus, log := openHasty(t, s.URL)
	hints, stop := bus.Subscribe("t")
	defer stop()
	for range 3 {
		log.until(slog.LevelDebug) // it has tried again
		bus.Publish("t")
		<-hints
	}
	if state := bus.State(); state.Connected || state.Since.IsZero() {
		t.Errorf("state = %+v", state)
	}
	s.Start()
	log.until(slog.LevelInfo)
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings of one outage", n)
	}
	if state := bus.State(); !state.Connected || state.Since.IsZero() {
		t.Errorf("state = %+v", state)
	}
}

func TestWhatIsPublishedDuringAnOutageArrivesAfterIt(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"each": 10, "as one hint at everything": 3 * event.MaxWaiting} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			p := newProxy(t, "127.0.0.1:1") // where nothing is
			here, log := openHasty(t, p.url())
			e := ends{here, openRedis(t, s.URL), ""}
			first, _ := e.subscribe(t, "job/0")
			last, _ := e.subscribe(t, fmt.Sprint("job/", n-1))
			log.until(slog.LevelWarn)
			for i := range n {
				here.Publish(fmt.Sprint("job/", i))
			}
			if waiting := here.Waiting(); waiting > event.MaxWaiting {
				t.Errorf("%d topics wait", waiting)
			}
			p.mu.Lock()
			p.to = s.Addr
			p.mu.Unlock()
			<-first
			<-last
		})
	}
}

func TestAHalfOpenConnectionIsNoticed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := newProxy(t, s.Addr)
	there, log := openHasty(t, p.url())
	e := ends{openRedis(t, s.URL), there, ""}
	hints, _ := e.subscribe(t, "t")
	log.until(slog.LevelInfo)
	quiet(hints)
	p.silence()
	e.here.Publish("t") // is lost
	<-hints             // of the new connection
	log.until(slog.LevelWarn)
	log.until(slog.LevelInfo)
}

func TestConnectionsThatBreakAllTheTimeLoseNothing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p, q := newProxy(t, s.Addr), newProxy(t, s.Addr)
	here, _ := openHasty(t, p.url())
	there, _ := openHasty(t, q.url())
	hints, stop := there.Subscribe("t")
	defer stop()
	for i := range 200 {
		here.Publish("t")
		if i%3 == 0 {
			p.cut()
		}
		if i%5 == 0 {
			q.cut()
		}
		<-hints // of this, or of a new connection
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 100 {
				topic := fmt.Sprint("job/", i%7)
				hints, stop := there.Subscribe(topic)
				here.Publish(topic)
				<-hints
				stop()
			}
		})
	}
	for range 20 {
		p.cut()
		q.cut()
	}
	group.Wait()
}

func TestRedisPassesOnOnlyWhatIsWatched(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	bus := openRedis(t, s.URL)
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer client.Close()
	subscribers := func() int64 {
		settle(t, bus)
		return client.PubSubNumSub(t.Context(), "techfacts:t").Val()["techfacts:t"]
	}
	_, stopA := bus.Subscribe("t")
	_, stopB := bus.Subscribe("t")
	if n := subscribers(); n != 1 {
		t.Errorf("%d subscriptions of one process", n)
	}
	stopA()
	if n := subscribers(); n != 1 {
		t.Errorf("%d subscriptions after the first of two was cancelled", n)
	}
	stopB()
	if n := subscribers(); n != 0 {
		t.Errorf("%d subscriptions after the last was cancelled", n)
	}
	// One connection listens; another publishes.
	list := client.Do(t.Context(), "client", "list").String()
	if n := strings.Count(list, "cmd=subscribe") + strings.Count(list, "cmd=unsubscribe"); n != 1 {
		t.Errorf("%d connections listen:\n%s", n, list)
	}
}

func TestWhatWaitsIsSentBeforeTheBusCloses(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL
	here, there := openRedis(t, url), openRedis(t, url)
	e := ends{here, there, ""}
	settle(t, here)
	var heard []<-chan struct{}
	var topics []string
	for i := range 100 {
		topics = append(topics, fmt.Sprint("job/", i))
		hints, _ := there.Subscribe(topics[i])
		heard = append(heard, hints)
	}
	settle(t, e.there)
	for _, hints := range heard {
		<-hints
	}
	e.pass(t) // here is connected
	here.Publish(topics...)
	here.Close()
	for _, hints := range heard {
		<-hints
	}
	here.Publish("t") // still safe
	here.Close()
}

func TestAClosedBusHasNoGoroutinesOnAnyNetwork(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	silentProxy := newProxy(t, s.Addr)
	hole, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	for _, url := range []string{s.URL, silentProxy.url(), "redis://" + hole.Addr().String(), "redis://127.0.0.1:1", "unix:///nowhere/redis.sock"} {
		bus, _ := openHasty(t, url)
		bus.Publish("t")
		silentProxy.silence()
		bus.Close() // waits for them
	}
}

func TestAPasswordIsUsedAndNeverShown(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--requirepass", "hunter2")
	at := func(password string) string { return "redis://:" + password + "@" + s.Addr }
	_, log := openHasty(t, at("hunter3"))
	log.until(slog.LevelWarn)
	if strings.Contains(log.String(), "hunter") || !strings.Contains(log.String(), "WRONGPASS") {
		t.Errorf("log:\n%s", log)
	}
	e := ends{openRedis(t, at("hunter2")), openRedis(t, at("hunter2")), ""}
	hints, _ := e.subscribe(t, "t")
	e.here.Publish("t")
	<-hints
}

func TestAnAccountThatMayDoLittleIsEnough(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--user", "default", "off", "--user", "techfacts", "on", ">hunter2", "resetchannels", "&techfacts:*",
		"+publish", "+subscribe", "+unsubscribe", "+ping", "+hello", "+auth")
	url := "redis://techfacts:hunter2@" + s.Addr
	e := ends{openRedis(t, url), openRedis(t, url), ""}
	hints, stop := e.subscribe(t, "t")
	e.here.Publish("t")
	<-hints
	stop()
	e.pass(t)
}

func TestAddressesOfRedis(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"redis://redis.example:7000/3": "redis.example:7000", "rediss://u:p@redis.example": "redis.example:6379",
		"redis://[::1]": "[::1]:6379", "unix:///run/redis.sock?db=1": "",
	} {
		if got, err := event.RedisAddr(url); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", url, got, err, want)
		}
	}
	for _, url := range []string{"", "hunter2", "http://hunter2@x", "redis://:hunter2@[bad", "redis://:hunter2@x/db", "redis://x?hunter2=1", "unix://"} {
		_, err := event.RedisAddr(url)
		_, errOpen := event.OpenRedis(t.Context(), url, slog.New(slog.DiscardHandler))
		if !fault.Is(err, fault.Invalid) || errOpen == nil || strings.Contains(err.Error()+errOpen.Error(), "hunter2") {
			t.Errorf("%s: %v, %v", url, err, errOpen)
		}
	}
}

// BenchmarkHintOverRedis is the time from a hint in one process to its arrival
// in another.
func BenchmarkHintOverRedis(b *testing.B) {
	url := redistest.URL(b)
	e := ends{openRedis(b, url), openRedis(b, url), "bench/"}
	hints, _ := e.subscribe(b, "t")
	var times []time.Duration
	for b.Loop() {
		began := time.Now()
		e.here.Publish("bench/t")
		<-hints
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkHintsOverRedis is how many hints at different topics pass a second.
func BenchmarkHintsOverRedis(b *testing.B) {
	url := redistest.URL(b)
	e := ends{openRedis(b, url), openRedis(b, url), "bench/"}
	var topics []string
	var heard []<-chan struct{}
	for i := range 1000 {
		topics = append(topics, fmt.Sprint("bench/", i))
		hints, stop := e.there.Subscribe(topics[i])
		defer stop()
		heard = append(heard, hints)
	}
	settle(b, e.there)
	for _, hints := range heard {
		<-hints
	}
	for b.Loop() {
		e.here.Publish(topics...)
		for _, hints := range heard {
			<-hints
		}
	}
	b.ReportMetric(float64(b.N*len(topics))/b.Elapsed().Seconds(), "hints/s")
}
