package event

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/internal/fault"
)

// Names of channels. Pub/sub knows no databases: the prefix alone keeps us
// apart from others who use the same Redis.
const (
	prefix     = "techfacts:"
	everything = prefix + "bus/everything" // a hint at all topics
	private    = prefix + "bus/"           // and the id of a process: what it says to itself
)

const (
	maxWaiting  = 4096 // topics that wait for Redis; more become one hint at everything
	maxChannels = 512  // in one command
)

// Redis is the bus between processes. Each has one connection that listens, for
// the topics that are watched in it, and one that publishes.
//
// While Redis is away, hints pass within the process only. What is published
// meanwhile is sent later, and when the process listens again, everything that
// is watched in it gets a hint.
type Redis struct {
	options *redis.Options
	log     *slog.Logger
	pace    pace
	id      string // of this process; the payload of its messages
	local   Memory
	wake    chan struct{} // there is something for speak to do
	stop    context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	touched map[string]struct{} // topics that got or lost a subscriber since speak has looked; nil while nobody looks
	waiting []string            // topics to be published, in order, each once
	queued  map[string]struct{} // the same
	all     bool                // instead of topics: a hint at everything
	state   State               // but for its hints
	warned  bool                // of the outage that is on

	sent, received atomic.Int64 // hints
}

// State tells how a bus between processes is doing.
type State struct {
	Connected bool      // hints reach other processes and come from them; else they pass within this one only
	Since     time.Time // when that began

	Connects       int64 // how often that was made so
	Sent, Received int64 // hints to and from other processes
}

// pace says how long things take.
type pace struct {
	beat     time.Duration // from one message to ourselves to the next
	silence  time.Duration // without such a message, after which the connection is dead
	patience time.Duration // for one exchange with Redis
	retryMin time.Duration // from a lost connection to the next try; twice as long each time
	retryMax time.Duration
}

// RedisAddr gives the host and port of the Redis at url, or nothing if url
// names a socket. Its error says how a URL looks, and nothing of this one: it
// may hold a password.
func RedisAddr(url string) (string, error) {
	o, err := redis.ParseURL(url)
	switch {
	case err != nil || o.Addr == "":
		return "", fault.New(fault.Invalid, "must be like redis://user:password@host:6379, rediss://… (TLS) or unix:///path")
	case o.Network == "unix":
		return "", nil
	}
	return o.Addr, nil
}

// OpenRedis joins the bus of the processes that use the Redis at url. It does
// not wait for it: it fails only if there cannot be such a Redis.
func OpenRedis(ctx context.Context, url string, log *slog.Logger) (*Redis, error) {
	return openRedis(ctx, url, log, pace{
		beat: 3 * time.Second, silence: 8 * time.Second, patience: 3 * time.Second,
		retryMin: 100 * time.Millisecond, retryMax: 5 * time.Second,
	})
}

func openRedis(ctx context.Context, url string, log *slog.Logger, p pace) (*Redis, error) {
	if _, err := RedisAddr(url); err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		panic(err) // it was good a moment ago
	}
	// We try again ourselves, and see to it that nobody waits.
	options.MaxRetries, options.DialerRetries, options.PoolSize, options.MinIdleConns = -1, 1, 1, 0
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = p.patience, p.patience, p.patience
	options.ContextTimeoutEnabled = true
	options.Protocol, options.DisableIdentity = 2, true // nothing but what every server and proxy understands
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	logging.Disable() // it would write to standard error what we are told anyway, and not as JSON

	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // until Close: what stops last still publishes
	r := &Redis{
		options: options, log: log, pace: p, id: rand.Text(), stop: stop,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), queued: map[string]struct{}{},
		state: State{Since: time.Now()},
	}
	go func() {
		defer close(r.ended)
		r.run(ctx)
	}()
	return r, nil
}

// Close leaves the bus, after sending what waits to be sent if Redis takes it.
// Hints pass within the process still.
func (r *Redis) Close() {
	r.stop()
	<-r.ended
}

// State tells whether hints pass between processes, and how many did.
func (r *Redis) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Sent, s.Received = r.sent.Load(), r.received.Load()
	return s
}

// Publish hints at topics, at once in this process and soon in the others. It
// never waits: hints that Redis has not taken yet become one.
func (r *Redis) Publish(topics ...string) {
	r.local.Publish(topics...)
	r.enqueue(topics)
	r.nudge()
}

// Subscribe gives a channel that receives after every hint on topic, until
// cancel is called, which may be done more than once. It never waits: the
// channel receives once more when Redis has begun to pass hints on, so that
// nothing that came between is missed.
func (r *Redis) Subscribe(topic string) (hints <-chan struct{}, cancel func()) {
	hints, leave := r.local.Subscribe(topic)
	r.touch(topic)
	return hints, func() {
		leave()
		r.touch(topic)
	}
}

// enqueue makes topics wait to be published.
func (r *Redis) enqueue(topics []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range topics {
		if _, ok := r.queued[t]; ok || r.all {
			continue
		}
		if len(r.waiting) == maxWaiting {
			r.waiting, r.all = nil, true
			clear(r.queued)
			continue
		}
		r.waiting = append(r.waiting, t)
		r.queued[t] = struct{}{}
	}
}

// dequeue takes what waits to be published.
func (r *Redis) dequeue() (topics []string, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	topics, all = r.waiting, r.all
	r.waiting, r.all = nil, false
	clear(r.queued)
	return topics, all
}

// touch notes that topic has got or lost a subscriber.
func (r *Redis) touch(topic string) {
	r.mu.Lock()
	if r.touched != nil {
		r.touched[topic] = struct{}{}
	}
	r.mu.Unlock()
	r.nudge()
}

func (r *Redis) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run keeps the bus connected until ctx ends.
func (r *Redis) run(ctx context.Context) {
	for wait := r.pace.retryMin; ; wait = min(2*wait, r.pace.retryMax) {
		began := time.Now()
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		r.lost(ctx, err)
		if time.Since(began) > r.pace.retryMax {
			wait = r.pace.retryMin // it held for a while
		}
		timer := time.NewTimer(wait/2 + mathrand.N(wait/2+1)) //nolint:gosec // so that processes do not come all at once
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// session is the time with one pair of connections. It begins with new ones,
// and ends with the first that goes wrong on either, or with ctx.
func (r *Redis) session(ctx context.Context) error {
	client := redis.NewClient(r.options)
	defer client.Close()
	ear := client.Subscribe(ctx)
	defer ear.Close()
	if err := ear.Subscribe(ctx, private+r.id, everything); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	group, both := errgroup.WithContext(ctx)
	defer context.AfterFunc(both, func() { _ = ear.Close() })() // wakes hear
	open := make(chan struct{}, 1)
	group.Go(func() error { return r.hear(both, ear, open) })
	group.Go(func() error { return r.speak(both, ear, client, open) })
	err := group.Wait()
	if ctx.Err() != nil && r.State().Connected {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		return r.send(last, client)
	}
	return err
}

// hear passes on what comes from Redis, and sends to open when it has begun to
// listen. A connection on which our own messages do not come back is dead,
// whatever it looks like.
func (r *Redis) hear(ctx context.Context, ear *redis.PubSub, open chan<- struct{}) error {
	for last := time.Now(); ; {
		left := time.Until(last.Add(r.pace.silence))
		if left <= 0 {
			return errors.New("our own messages do not come back")
		}
		m, err := ear.ReceiveTimeout(ctx, left)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		switch m := m.(type) {
		case *redis.Subscription:
			switch {
			case m.Kind != "subscribe" || m.Channel == everything:
			case m.Channel == private+r.id:
				select {
				case open <- struct{}{}:
				default:
				}
			default: // what was published before this came to nobody here
				r.local.Publish(strings.TrimPrefix(m.Channel, prefix))
			}
		case *redis.Message:
			switch {
			case m.Channel == private+r.id:
				last = time.Now()
				r.connected(ctx)
			case m.Payload == r.id: // heard when it was published
			case m.Channel == everything:
				r.received.Add(1)
				r.local.Publish(r.local.watched()...)
			default:
				r.received.Add(1)
				r.local.Publish(strings.TrimPrefix(m.Channel, prefix))
			}
		}
	}
}

// speak tells Redis what we want to hear and what we have to say, and talks to
// itself between.
func (r *Redis) speak(ctx context.Context, ear *redis.PubSub, client *redis.Client, open <-chan struct{}) error {
	select {
	case <-open:
	case <-ctx.Done():
		return nil
	}
	r.mu.Lock()
	r.touched = map[string]struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.touched = nil
		r.mu.Unlock()
	}()
	held := map[string]struct{}{} // what Redis passes on to us
	if err := tune(ctx, ear, held, r.local.watched(), nil); err != nil {
		return err
	}
	beat := time.NewTicker(r.pace.beat)
	defer beat.Stop()
	for own := []string{private + r.id}; ; {
		err := r.send(ctx, client, own...)
		if err != nil {
			return err
		}
		own = nil
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			own = []string{private + r.id}
		case <-r.wake:
			begin, end := r.changes(held)
			err = tune(ctx, ear, held, begin, end)
		}
		if err != nil {
			return err
		}
	}
}

// changes compares the topics that were touched with those that are held.
func (r *Redis) changes(held map[string]struct{}) (begin, end []string) {
	r.mu.Lock()
	touched := r.touched
	r.touched = map[string]struct{}{}
	r.mu.Unlock()
	for t := range touched {
		_, holds := held[t]
		switch watched := r.local.watches(t); {
		case watched && !holds:
			begin = append(begin, t)
		case !watched && holds:
			end = append(end, t)
		}
	}
	return begin, end
}

// tune subscribes to the topics that begin and unsubscribes from those that end.
func tune(ctx context.Context, ear *redis.PubSub, held map[string]struct{}, begin, end []string) error {
	for topics := range slices.Chunk(begin, maxChannels) {
		for _, t := range topics {
			held[t] = struct{}{}
		}
		if err := ear.Subscribe(ctx, channels(topics)...); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
	}
	for topics := range slices.Chunk(end, maxChannels) {
		for _, t := range topics {
			delete(held, t)
		}
		if err := ear.Unsubscribe(ctx, channels(topics)...); err != nil {
			return fmt.Errorf("unsubscribe: %w", err)
		}
	}
	return nil
}

func channels(topics []string) []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = prefix + t
	}
	return names
}

// send publishes what waits, and to the channels besides. What cannot be sent
// waits on.
func (r *Redis) send(ctx context.Context, client *redis.Client, besides ...string) error {
	topics, all := r.dequeue()
	to := append(channels(topics), besides...)
	if all {
		to = append(to, everything)
	}
	if len(to) == 0 {
		return nil
	}
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, channel := range to {
			p.Publish(ctx, channel, r.id)
		}
		return nil
	})
	if err == nil {
		r.sent.Add(int64(len(to) - len(besides)))
		return nil
	}
	r.mu.Lock()
	r.all = r.all || all
	r.mu.Unlock()
	r.enqueue(topics)
	return fmt.Errorf("publish: %w", err)
}

// connected notes that hints pass between processes.
func (r *Redis) connected(ctx context.Context) {
	r.mu.Lock()
	was := r.state.Connected
	if !was {
		r.state, r.warned = State{Connected: true, Since: time.Now(), Connects: r.state.Connects + 1}, false
	}
	r.mu.Unlock()
	if !was {
		r.log.InfoContext(ctx, "connected to Redis")
	}
}

// lost notes that they do not, and warns of it once.
func (r *Redis) lost(ctx context.Context, err error) {
	r.mu.Lock()
	if r.state.Connected {
		r.state = State{Since: time.Now(), Connects: r.state.Connects}
	}
	level := slog.LevelWarn
	if r.warned {
		level = slog.LevelDebug
	}
	r.warned = true
	r.mu.Unlock()
	r.log.Log(ctx, level, "no connection to Redis: other processes notice changes a little later", slog.Any("error", err))
}
