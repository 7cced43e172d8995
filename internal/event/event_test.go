package event_test

import (
	"sync"
	"testing"

	"techfacts.dev/techfacts/internal/event"
)

func TestEverySubscriberOfATopicHearsAHint(t *testing.T) {
	t.Parallel()
	var bus event.Memory
	a, stopA := bus.Subscribe("job/1")
	b, stopB := bus.Subscribe("job/1")
	other, stopOther := bus.Subscribe("job/2")
	defer stopA()
	defer stopB()
	defer stopOther()
	bus.Publish("job/1", "unheard")
	<-a
	<-b
	select {
	case <-other:
		t.Error("heard a hint on another topic")
	default:
	}
}

func TestHintsThatAreNotTakenBecomeOne(t *testing.T) {
	t.Parallel()
	var bus event.Memory
	hints, stop := bus.Subscribe("t")
	defer stop()
	for range 1000 {
		bus.Publish("t") // must not block
	}
	<-hints
	select {
	case <-hints:
		t.Error("two hints for one look")
	default:
	}
}

func TestNothingIsHeardAfterCancel(t *testing.T) {
	t.Parallel()
	var bus event.Memory
	hints, stop := bus.Subscribe("t")
	stop()
	stop()
	bus.Publish("t")
	select {
	case <-hints:
		t.Error("heard a hint after cancel")
	default:
	}
}

func TestSubscribingWhilePublishingIsSafe(t *testing.T) {
	t.Parallel()
	var bus event.Memory
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 500 {
				hints, stop := bus.Subscribe("t")
				bus.Publish("t")
				<-hints
				stop()
			}
		})
	}
	group.Wait()
}

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
