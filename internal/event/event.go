// Package event carries hints that something changed. A hint is a topic and
// nothing else: whoever hears it reads the database. Hints may be lost, doubled
// or late; that costs a reader time, never truth.
package event

import (
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// The topics that are not about one thing.
const (
	Queue   = "queue"   // an item has become ready
	Cancel  = "cancel"  // a job was cancelled
	Facts   = "facts"   // facts were added or changed
	Jobs    = "jobs"    // some job changed
	Reports = "reports" // reports became stale
	Keys    = "keys"    // keys of the API were made or revoked

	Changes = "changes" // the log of changes has grown
)

// Job is the topic of one job.
func Job(id uuid.UUID) string { return "job/" + id.String() }

// Memory is the bus within one process. Its zero value is ready for use.
type Memory struct {
	mu     sync.Mutex
	topics map[string]map[chan struct{}]struct{}
}

// Publish hints at topics. It never waits: hints that a reader has not taken
// yet become one.
func (m *Memory) Publish(topics ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range topics {
		for c := range m.topics[t] {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
}

// Subscribe gives a channel that receives after every hint on topic, until
// cancel is called, which may be done more than once.
func (m *Memory) Subscribe(topic string) (hints <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.topics == nil {
		m.topics = map[string]map[chan struct{}]struct{}{}
	}
	if m.topics[topic] == nil {
		m.topics[topic] = map[chan struct{}]struct{}{}
	}
	m.topics[topic][c] = struct{}{}
	return c, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.topics[topic], c)
		if len(m.topics[topic]) == 0 {
			delete(m.topics, topic)
		}
	}
}

// watches tells whether anybody is subscribed to topic.
func (m *Memory) watches(topic string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.topics[topic]) > 0
}

// watched lists the topics that somebody is subscribed to.
func (m *Memory) watched() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.topics))
}
