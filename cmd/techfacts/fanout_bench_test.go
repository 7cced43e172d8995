package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/event"
	jobs "techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/redistest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// BenchmarkFanOut measures how the changes of one job reach many websockets: an
// API process, PostgreSQL and Redis; this process works as a worker does, one
// commit after another at a steady pace, and holds the clients. Every change
// reaches every client (of job they may merge; then the last counts). A
// hundredth of the clients reads nothing, which the others must not notice.
// Latency is from the commit to the client, cpu-µs what the API spends on one
// message.
func BenchmarkFanOut(b *testing.B) {
	for _, c := range []struct {
		field           string
		clients, second int // changes a second
	}{
		{"jobEvents", 1_000, 20},
		{"jobEvents", 5_000, 4},
		{"job", 1_000, 20},
		{"job", 5_000, 4},
	} {
		b.Run(fmt.Sprintf("%s/%dx%d", c.field, c.clients, c.second), func(b *testing.B) {
			for b.Loop() {
				s := newShow(b, c.second*15)
				s.run(c.field, c.clients, c.second)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// show is a job of many changes, and those who watch it.
type show struct {
	*testing.B
	api   *process
	store *store.Store
	jobs  *jobs.Jobs
	queue *queue.Queue
	job   *ent.Job

	changes int
	bus     *event.Redis
	commits []time.Time // of change n; that it is set before the hint goes out makes it safe to read
}

// Publish takes the time of a commit, and passes on what it is about.
func (s *show) Publish(topics ...string) {
	if s.job != nil && slices.Contains(topics, event.Job(s.job.ID)) {
		s.commits = append(s.commits, time.Now())
	}
	s.bus.Publish(topics...)
}

func newShow(b *testing.B, changes int) *show {
	b.Helper()
	database, redis := pgtest.URL(b), redistest.URL(b)
	s := &show{B: b, changes: changes, commits: make([]time.Time, 0, changes+1)}
	s.api = launch(b, []string{"DATABASE_URL=" + database, "REDIS_URL=" + redis, "GOGC=" + gogc(), "WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT=10000"}, "api")
	l := library{url: database}
	l.fill(b, changes, 0)
	var err error
	if s.store, err = store.Open(b.Context(), database); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.store.Close() })
	if s.bus, err = event.OpenRedis(b.Context(), redis, slog.New(slog.DiscardHandler)); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.bus.Close)
	s.jobs = jobs.New(s.store, s, jobs.Policy{})
	if s.queue, err = queue.Open(b.Context(), s.store); err != nil {
		b.Fatal(err)
	}
	if s.job, err = s.jobs.StartExtraction(b.Context(), jobs.ExtractionInput{IDs: l.pages, Profile: "api_docs"}, jobs.Common{Priority: schema.PriorityNormal}); err != nil {
		b.Fatal(err)
	}
	s.commits = s.commits[:0]
	return s
}

// run lets clients watch while the job is done.
func (s *show) run(field string, clients, second int) {
	s.Helper()
	selection, value := `{ seq at kind message }`, `"seq":`
	if field == "job" {
		selection, value = `{ id status total done failed skipped factCount canCancel }`, `"done":`
	}
	query := fmt.Sprintf(`subscription { %s(id: %q) %s }`, field, s.job.ID, selection)
	before := s.api.memory(s)
	audience, stalled := make([]*viewer, clients), clients/100
	each(audience, func(i int) (err error) {
		audience[i], err = watch(s.api.addr, query)
		return err
	}, s.Error)
	if s.Failed() {
		s.FailNow()
	}
	memory := s.api.memory(s) - before

	cpu := s.api.cpu(s)
	latencies := make([][]time.Duration, clients)
	var done sync.WaitGroup
	for i, v := range audience[stalled:] {
		done.Go(func() {
			var err error
			if latencies[i], err = s.follow(v, field == "jobEvents", value); err != nil {
				s.Errorf("client %d: %v", i, err)
			}
		})
	}
	began := time.Now()
	s.work(second)
	done.Wait()
	took := time.Since(began)
	all := slices.Concat(latencies...)
	slices.Sort(all)
	s.ReportMetric(float64(len(all))/took.Seconds(), "msg/s")
	s.ReportMetric(float64(len(all))/float64((clients-stalled)*s.changes), "received")
	s.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms")
	s.ReportMetric(all[len(all)*99/100].Seconds()*1000, "p99-ms")
	s.ReportMetric(all[len(all)-1].Seconds()*1000, "max-ms")
	s.ReportMetric(float64((s.api.cpu(s)-cpu).Microseconds())/float64(len(all)), "cpu-µs/msg")
	s.ReportMetric(float64(memory)/float64(clients)/1024, "KiB/client")
	each(audience, func(i int) error { return audience[i].Close() }, s.Error)
	s.api.kill()
}

// each calls f for the index of everything in list, a hundred at a time.
func each[T any](list []T, f func(i int) error, report func(...any)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, 100)
	for i := range list {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := f(i); err != nil {
				report(err)
			}
		})
	}
	group.Wait()
}

// work does one item of the job after another, so many a second.
func (s *show) work(second int) {
	s.Helper()
	ctx := s.Context()
	pace := time.NewTicker(time.Second / time.Duration(second))
	defer pace.Stop()
	for left := s.changes; left > 0; {
		items, err := s.queue.Take(ctx, 50)
		if err == nil {
			_, err = s.queue.Beat(ctx)
		}
		if err != nil || len(items) == 0 {
			s.Fatalf("%d items, %v", len(items), err)
		}
		for _, item := range items {
			<-pace.C
			err := s.jobs.Settle(ctx, s.queue, item, s.job.Params, 0, func(context.Context, *store.Tx, *ent.Job) (jobs.Result, error) {
				return jobs.Result{Outcome: schema.Extracted}, nil
			})
			if err != nil {
				s.Fatal(err)
			}
			left--
		}
	}
}

// follow reads what v gets until the subscription completes, and gives how long
// each change took to come. What says which change a message is about is the
// number after value; if every is set they must come one by one.
func (s *show) follow(v *viewer, every bool, value string) (latencies []time.Duration, err error) {
	latencies = make([]time.Duration, 0, s.changes)
	last := 0
	for {
		message, err := v.next()
		if err != nil {
			return latencies, fmt.Errorf("after change %d: %w", last, err)
		}
		now := time.Now()
		if bytes.HasPrefix(message, []byte(`{"type":"complete"`)) {
			break
		}
		n := number(message, value)
		if every {
			n-- // the first event is that the job was asked for
		}
		switch {
		case n == s.changes+1 && every: // and the last, that it has ended
			continue
		case n == 0:
			continue
		case n <= last || every && n != last+1:
			return latencies, fmt.Errorf("change %d after %d", n, last)
		}
		last = n
		latencies = append(latencies, now.Sub(s.commits[:cap(s.commits)][n-1]))
	}
	if last != s.changes {
		return latencies, fmt.Errorf("the last change was %d, not %d", last, s.changes)
	}
	return latencies, nil
}

// number is the one that follows name in text; -1 if there is none.
func number(text []byte, name string) int {
	_, rest, _ := strings.Cut(string(text), name)
	digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(rest[:max(digits, 0)])
	if err != nil {
		return -1
	}
	return n
}

// memory is what the process has in RAM; Linux only.
func (p *process) memory(tb testing.TB) int {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		tb.Fatal(err)
	}
	return kib << 10
}
