package event_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/redistest"
)

// bus is what every bus can do.
type bus interface {
	Publish(topics ...string)
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// ends are the two ends of a bus: in one process, or in two.
type ends struct {
	here, there bus
	name        string // begins the topics of one test
}

func (e ends) topic(name string) string { return e.name + name }

// subscribe subscribes there. The channel holds no hint.
func (e ends) subscribe(tb testing.TB, name string) (hints <-chan struct{}, cancel func()) {
	tb.Helper()
	hints, cancel = e.there.Subscribe(e.topic(name))
	tb.Cleanup(cancel)
	settle(tb, e.there)
	quiet(hints)
	return hints, cancel
}

// pass returns when all that was published here before has arrived there.
func (e ends) pass(tb testing.TB) {
	tb.Helper()
	last, cancel := e.subscribe(tb, "last")
	defer cancel()
	e.here.Publish(e.topic("last"))
	<-last
}

// settle returns when Redis knows of every subscription that b has. A hint
// tells of each, in the order of the commands; the first may share one with
// what was before it.
func settle(tb testing.TB, b bus) {
	tb.Helper()
	if _, ok := b.(*event.Redis); !ok {
		return
	}
	for range 2 {
		hints, cancel := b.Subscribe("settle/" + rand.Text())
		<-hints
		cancel()
	}
}

func quiet(hints <-chan struct{}) {
	select {
	case <-hints:
	default:
	}
}

func silent(tb testing.TB, hints <-chan struct{}, why string) {
	tb.Helper()
	select {
	case <-hints:
		tb.Error(why)
	default:
	}
}

// openRedis joins the bus at url until the test ends.
func openRedis(tb testing.TB, url string) *event.Redis {
	tb.Helper()
	b, err := event.OpenRedis(tb.Context(), url, slog.New(slog.NewTextHandler(tb.Output(), nil)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

func TestMemory(t *testing.T) {
	t.Parallel()
	exercise(t, func(testing.TB) ends {
		b := &event.Memory{}
		return ends{b, b, ""}
	})
}

func TestRedisInOneProcess(t *testing.T) {
	t.Parallel()
	exercise(t, func(tb testing.TB) ends {
		tb.Helper()
		b := openRedis(tb, redistest.URL(tb))
		return ends{b, b, rand.Text() + "/"}
	})
}

func TestRedisBetweenProcesses(t *testing.T) {
	t.Parallel()
	exercise(t, func(tb testing.TB) ends {
		tb.Helper()
		url := redistest.URL(tb)
		return ends{openRedis(tb, url), openRedis(tb, url), rand.Text() + "/"}
	})
}

// exercise is what every bus promises.
func exercise(t *testing.T, open func(testing.TB) ends) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, ends){
		"EverySubscriberOfATopicHearsAHint": func(t *testing.T, e ends) {
			a, _ := e.subscribe(t, "job/1")
			b, _ := e.subscribe(t, "job/1")
			other, _ := e.subscribe(t, "job/2")
			e.here.Publish(e.topic("job/1"), e.topic("unheard"))
			<-a
			<-b
			e.pass(t)
			silent(t, other, "heard a hint on another topic")
		},
		"HintsThatAreNotTakenBecomeOne": func(t *testing.T, e ends) {
			hints, _ := e.subscribe(t, "t")
			for range 1000 {
				e.here.Publish(e.topic("t")) // must not block
			}
			e.pass(t)
			<-hints
			silent(t, hints, "two hints for one look")
		},
		"EveryHintAfterALookIsHeard": func(t *testing.T, e ends) {
			hints, _ := e.subscribe(t, "t")
			for range 100 {
				e.here.Publish(e.topic("t"))
				<-hints
			}
		},
		"NothingIsHeardAfterCancel": func(t *testing.T, e ends) {
			hints, stop := e.subscribe(t, "t")
			other, _ := e.subscribe(t, "t")
			stop()
			stop()
			e.here.Publish(e.topic("t"))
			<-other
			silent(t, hints, "heard a hint after cancel")
		},
		"ATopicCanBeSubscribedToAgain": func(t *testing.T, e ends) {
			for range 20 {
				_, stop := e.there.Subscribe(e.topic("t"))
				stop()
				hints, stop := e.there.Subscribe(e.topic("t"))
				e.here.Publish(e.topic("t"))
				<-hints
				stop()
			}
		},
		"AThousandTopicsAreKeptApart": func(t *testing.T, e ends) {
			var topics []<-chan struct{}
			for i := range 1000 {
				hints, stop := e.there.Subscribe(e.topic(fmt.Sprint("job/", i)))
				defer stop()
				topics = append(topics, hints)
			}
			settle(t, e.there)
			for _, hints := range topics {
				quiet(hints)
			}
			for i := 0; i < len(topics); i += 2 {
				e.here.Publish(e.topic(fmt.Sprint("job/", i)))
			}
			for i := 0; i < len(topics); i += 2 {
				<-topics[i]
			}
			e.pass(t)
			for _, hints := range topics {
				silent(t, hints, "heard a hint on another topic")
			}
		},
		"SubscribingWhilePublishingIsSafe": func(_ *testing.T, e ends) {
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					for range 100 {
						hints, stop := e.there.Subscribe(e.topic("t"))
						e.here.Publish(e.topic("t"))
						<-hints
						stop()
					}
				})
			}
			group.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}
