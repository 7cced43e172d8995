package metric

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/search"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// A scrape costs the database little: it waits no longer than that, and what
// was read serves every scrape for a while.
const (
	readWithin = 2 * time.Second
	readEvery  = 5 * time.Second
)

// Database exports what the database knows, the same from every process, and
// how this process's connections to it are used.
func (m *Metrics) Database(s *store.Store) {
	m.registry.MustRegister(newDatabase(s), newPools(s.Pools))
}

// database is a collector of what stands in the database.
type database struct {
	store *store.Store
	now   func() time.Time

	mu   sync.Mutex
	at   time.Time // of the reading
	last []prometheus.Metric

	up, jobs, depth, oldest, overdue, leases, workers, domains, lag *prometheus.Desc
}

func newDatabase(s *store.Store) *database {
	return &database{
		store: s, now: schema.Now,
		up:      describe("database_up", "1 if the database answered the last reading for metrics within 2 s, else 0; then those from the database are missing."),
		jobs:    describe("jobs", "Jobs by status. From the database: the same in every process.", "status"),
		depth:   describe("queue_items", "Items in the queue by step and state: READY for a worker, or WAITING for a time. From the database.", "step", "state"),
		oldest:  describe("queue_oldest_ready_age_seconds", "Age of the item that has been ready the longest, by step, waiting for the turn at its domain included. From the database.", "step"),
		overdue: describe("queue_overdue_seconds", "How long an item could have been begun, by step, politeness to its domain not counted: more workers would help. From the database.", "step"),
		leases:  describe("queue_leases", "Items leased to workers, by step. From the database.", "step"),
		workers: describe("workers", "Workers whose heart has beaten within 10 s. From the database."),
		domains: describe("domains", "Domains that may not be asked now, because they want us to back off or their day is used up. From the database.", "status"),
		lag:     describe("search_lag_seconds", "Age of the oldest change that what follows the changes has not seen: the index of facts or pages in Qdrant, or what makes vectors. From the database.", "of"),
	}
}

// Describe names what is collected.
func (d *database) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{d.up, d.jobs, d.depth, d.oldest, d.overdue, d.leases, d.workers, d.domains, d.lag} {
		out <- desc
	}
}

// Collect gives the last reading, or a new one if that is old.
func (d *database) Collect(out chan<- prometheus.Metric) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); d.last == nil || now.Sub(d.at) >= readEvery {
		ctx, cancel := context.WithTimeout(context.Background(), readWithin) // a collector is given none
		defer cancel()
		read, err := d.read(ctx)
		up := 1.0
		if err != nil {
			read, up = nil, 0 // rather nothing than what was
		}
		read = append(read, prometheus.MustNewConstMetric(d.up, prometheus.GaugeValue, up))
		d.at, d.last = now, read
	}
	for _, metric := range d.last {
		out <- metric
	}
}

// read asks the database.
func (d *database) read(ctx context.Context) (out []prometheus.Metric, err error) {
	now := d.now()
	add := func(desc *prometheus.Desc, value float64, labels ...string) {
		out = append(out, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...))
	}
	depths, err := queue.Depths(ctx, d.store, now)
	if err != nil {
		return nil, err
	}
	for step, q := range depths {
		add(d.depth, float64(q.Ready), string(step), string(schema.ItemReady))
		add(d.depth, float64(q.Waiting), string(step), string(schema.ItemWaiting))
		add(d.leases, float64(q.Leased), string(step))
		add(d.oldest, age(now, q.Oldest), string(step))
		add(d.overdue, age(now, q.Overdue), string(step))
	}
	workers, err := queue.Workers(ctx, d.store)
	if err != nil {
		return nil, err
	}
	add(d.workers, float64(workers))
	for _, group := range []struct {
		desc   *prometheus.Desc
		values []string // of the label
		query  string
		args   []any
	}{
		{d.jobs, schema.JobStatus("").Values(), `select status, count(*) from jobs group by status`, nil},
		{
			d.domains,
			[]string{string(schema.RateLimitBackingOff), string(schema.RateLimitExhausted)},
			`select 'BACKING_OFF', count(*) from rate_limits where backoff_until > ?
			union all select 'EXHAUSTED', count(*) from rate_limits where status = 'EXHAUSTED' and next_allowed_at > ?`,
			[]any{now, now},
		},
	} {
		counts, err := d.counts(ctx, group.query, group.args...)
		if err != nil {
			return nil, err
		}
		for _, value := range group.values {
			add(group.desc, counts[value], value)
		}
	}
	lags, err := search.Lags(ctx, d.store)
	if err != nil {
		return nil, err
	}
	for of, lag := range lags {
		add(d.lag, lag.Seconds(), of)
	}
	return out, nil
}

// counts runs a query for names and numbers.
func (d *database) counts(ctx context.Context, query string, args ...any) (map[string]float64, error) {
	rows, err := d.store.Rows(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	defer rows.Close()
	counts := map[string]float64{}
	for rows.Next() {
		var name string
		var n float64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, fmt.Errorf("count: %w", err)
		}
		counts[name] = n
	}
	return counts, rows.Err()
}

// age is the time since a moment in seconds; 0 if it is none, or yet to come.
func age(now, since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since).Seconds())
}
