package event_test

import (
	"testing"

	"techfacts.dev/techfacts/internal/event"
)

func BenchmarkPublishTo1000(b *testing.B) {
	var bus event.Memory
	for range 1000 {
		_, stop := bus.Subscribe("t")
		defer stop()
	}
	for b.Loop() {
		bus.Publish("t")
	}
}
