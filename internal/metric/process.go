package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/store"
)

// describe makes the name of a metric that is read when it is asked for.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// pools is a collector of how connections to the database are used.
type pools struct {
	of                              func() map[string]store.Pool
	max, open, busy, waits, seconds *prometheus.Desc
}

func newPools(of func() map[string]store.Pool) *pools {
	return &pools{
		of:      of,
		max:     describe("database_connections_max", "Connections to the database that this process may open, by pool.", "pool"),
		open:    describe("database_connections_open", "Connections to the database that are open, by pool.", "pool"),
		busy:    describe("database_connections_busy", "Connections to the database that are in use, by pool.", "pool"),
		waits:   describe("database_connection_waits_total", "Times that something had to wait for a connection, by pool.", "pool"),
		seconds: describe("database_connection_wait_seconds_total", "Time spent on waiting for a connection, by pool.", "pool"),
	}
}

// Describe names what is collected.
func (p *pools) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{p.max, p.open, p.busy, p.waits, p.seconds} {
		out <- desc
	}
}

// Collect looks at the pools.
func (p *pools) Collect(out chan<- prometheus.Metric) {
	for name, pool := range p.of() {
		for _, m := range []struct {
			desc  *prometheus.Desc
			kind  prometheus.ValueType
			value float64
		}{
			{p.max, prometheus.GaugeValue, float64(pool.Max)},
			{p.open, prometheus.GaugeValue, float64(pool.Open)},
			{p.busy, prometheus.GaugeValue, float64(pool.Busy)},
			{p.waits, prometheus.CounterValue, float64(pool.Waits)},
			{p.seconds, prometheus.CounterValue, pool.Waited.Seconds()},
		} {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value, name)
		}
	}
}

// Mirror exports how far the search index in this process's memory is behind.
func (m *Metrics) Mirror(behind func() time.Duration) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "search_mirror_lag_seconds", Help: "How long ago the search index in memory last had all that is stored.",
	}, func() float64 { return behind().Seconds() }))
}

// Bus exports the state of the bus between processes.
func (m *Metrics) Bus(state func() event.State) { m.registry.MustRegister(newBus(state)) }

// bus is a collector of the state of the bus.
type bus struct {
	state                               func() event.State
	connected, connections, sent, heard *prometheus.Desc
}

func newBus(state func() event.State) *bus {
	return &bus{
		state:       state,
		connected:   describe("bus_connected", "1 while hints pass between processes, else 0. Only with Redis, as the others of the bus."),
		connections: describe("bus_connects_total", "Times that the bus was connected; more than 1: it was lost and came back."),
		sent:        describe("bus_hints_sent_total", "Hints sent to other processes."),
		heard:       describe("bus_hints_received_total", "Hints received from other processes."),
	}
}

// Describe names what is collected.
func (b *bus) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{b.connected, b.connections, b.sent, b.heard} {
		out <- desc
	}
}

// Collect looks at the bus.
func (b *bus) Collect(out chan<- prometheus.Metric) {
	s := b.state()
	connected := 0.0
	if s.Connected {
		connected = 1
	}
	out <- prometheus.MustNewConstMetric(b.connected, prometheus.GaugeValue, connected)
	out <- prometheus.MustNewConstMetric(b.connections, prometheus.CounterValue, float64(s.Connects))
	out <- prometheus.MustNewConstMetric(b.sent, prometheus.CounterValue, float64(s.Sent))
	out <- prometheus.MustNewConstMetric(b.heard, prometheus.CounterValue, float64(s.Received))
}
