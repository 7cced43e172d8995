// Package app puts the parts of techfacts together and runs them. It is the
// only package that knows them all, and the only one that reads settings.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/server"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/resolvers"
	"techfacts.dev/techfacts/web"
	"techfacts.dev/techfacts/worker"
)

// Role is what a process does.
type Role struct{ API, Worker bool }

// Run runs the service until ctx ends, and calls ready, which may be nil, with
// the address of the API once it answers; with an empty one if it has none.
//
// It stops in the order in which work comes in: the API takes no more, workers
// give back what they are at, the bus sends what they have said, the database
// closes.
func Run(ctx context.Context, c Config, role Role, log *slog.Logger, ready func(addr string)) error {
	s, err := openStore(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); err != nil {
			log.WarnContext(ctx, "cannot close the database", slog.Any("error", err))
		}
	}()
	listener, err := listen(ctx, c, role)
	if err != nil {
		return err
	}
	addr := ""
	if listener != nil {
		addr = listener.Addr().String()
		defer listener.Close() // if the server has not come to it
	}
	hints, leave, err := join(ctx, c, log)
	if err != nil {
		return err
	}
	defer leave()
	p, err := build(ctx, c, c.own(addr), s, hints, log)
	if err != nil {
		return err
	}
	var pool *worker.Pool
	if role.Worker {
		if pool, err = p.pool(ctx, c, s, log); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	if role.API {
		group.Go(func() error { return server.Serve(ctx, listener, p.handler(c, s, log), c.limits(), log) })
	}
	if role.Worker {
		group.Go(func() error { return pool.Run(ctx) })
	}
	log.InfoContext(ctx, "started", slog.String("version", c.Version), slog.String("addr", addr),
		slog.Bool("api", role.API), slog.Bool("worker", role.Worker), slog.Bool("postgres", s.Postgres()), slog.Bool("redis", c.RedisURL != ""))
	if ready != nil {
		ready(addr)
	}
	err = group.Wait()
	log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// Migrate brings the database up to date and tells how many steps that took.
func Migrate(ctx context.Context, c Config) (int, error) {
	s, err := c.open(ctx)
	if err != nil {
		return 0, err
	}
	steps, err := s.Migrate(ctx)
	if err == nil {
		err = extract.NewProfiles(s).Seed(ctx)
	}
	return steps, errors.Join(err, s.Close())
}

func openStore(ctx context.Context, c Config, log *slog.Logger) (*store.Store, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := s.Migrate(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if steps > 0 {
		log.InfoContext(ctx, "database brought up to date", slog.Int("steps", steps))
	}
	if err := extract.NewProfiles(s).Seed(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// bus carries hints: within the process, or between processes.
type bus interface {
	Publish(topics ...string)
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// join joins the bus that c asks for, until leave is called.
func join(ctx context.Context, c Config, log *slog.Logger) (b bus, leave func(), err error) {
	if c.RedisURL == "" {
		return &event.Memory{}, func() {}, nil
	}
	r, err := event.OpenRedis(ctx, string(c.RedisURL), log)
	if err != nil {
		return nil, nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	return r, r.Close, nil
}

// parts are what API and workers share.
type parts struct {
	bus     bus
	jobs    *job.Jobs
	limiter *fetch.Limiter
	web     *fetch.HTTP
}

// listen opens the address of the API, if the process has one.
func listen(ctx context.Context, c Config, role Role) (net.Listener, error) {
	if !role.API {
		return nil, nil //nolint:nilnil // nothing to listen on
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", c.ListenAddr)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_ADDR: %w", err)
	}
	return listener, nil
}

// build makes the parts; own are the addresses that no page may be read from.
func build(ctx context.Context, c Config, own []string, s *store.Store, hints bus, log *slog.Logger) (*parts, error) {
	guard, err := fetch.NewGuard(c.FetchAllowCIDRs, resolve(ctx, own, log))
	if err != nil {
		return nil, err
	}
	return &parts{
		bus:  hints,
		jobs: job.New(s, hints, job.Policy{Retries: c.ScrapeMaxRetries, Fresh: time.Duration(c.ScrapeCache)}),
		limiter: fetch.NewLimiter(s, fetch.Pace{
			DelayMin: time.Duration(c.ScrapeDelayMin), DelayMax: time.Duration(c.ScrapeDelayMax),
			Concurrency: c.ScrapeMaxConcurrent, DailyLimit: c.ScrapeDailyLimit,
		}),
		web: fetch.NewHTTP(fetch.Options{
			UserAgent: "techfacts/" + c.Version + " (+https://techfacts.dev/bot)", Guard: guard,
			Timeout: time.Duration(c.ScrapeTimeout), HeaderTimeout: time.Duration(c.ScrapeTimeout) / 4, Log: log,
		}),
	}, nil
}

// resolve finds the addresses behind hosts. One that is not found now cannot
// be guarded by its address; private ranges are closed all the same.
func resolve(ctx context.Context, hosts []string, log *slog.Logger) (own []netip.AddrPort) {
	for _, h := range hosts {
		host, port, err := net.SplitHostPort(h)
		if err != nil {
			continue
		}
		number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
		if err != nil {
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			log.WarnContext(ctx, "own address not found", slog.String("host", host))
		}
		for _, a := range addrs {
			own = append(own, netip.AddrPortFrom(a.Unmap(), uint16(number))) //nolint:gosec // a port
		}
	}
	return own
}

// NewLog returns the log that c asks for, on standard error.
func NewLog(c Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // one of four
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" || c.LogFormat == "auto" && term.IsTerminal(int(os.Stderr.Fd())) {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}

// pool joins the queue and gives what works on it.
func (p *parts) pool(ctx context.Context, c Config, s *store.Store, log *slog.Logger) (*worker.Pool, error) {
	q, err := queue.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &worker.Pool{
		Store: s, Queue: q, Jobs: p.jobs, Gate: p.limiter, Bus: p.bus, Log: log,
		Steps: worker.Steps{
			Ent: s.Ent, Jobs: p.jobs, Fetcher: p.web, Limiter: p.limiter, Documents: document.NewReader(document.DefaultMemory), MinConfidence: c.MinConfidence,
		},
		Fetches: c.WorkerFetches, Extracts: c.WorkerExtracts,
	}, nil
}

// degraded names what others would notice: without Redis, changes that other
// processes make are seen later.
func (p *parts) degraded() []string {
	if redis, ok := p.bus.(*event.Redis); ok && !redis.State().Connected {
		return []string{"redis: not connected since " + redis.State().Since.UTC().Format(time.RFC3339) + "; live updates come later"}
	}
	return nil
}

// handler is the API over s.
func (p *parts) handler(c Config, s *store.Store, log *slog.Logger) http.Handler {
	schema := resolvers.Schema(&resolvers.Resolver{
		Ent: s.Ent, Jobs: p.jobs, Profiles: extract.NewProfiles(s), Limiter: p.limiter, Bus: p.bus, Tick: c.Tick,
	})
	var graphiql fs.FS
	if c.GraphiQL {
		graphiql = web.GraphiQL()
	}
	return server.Handler(schema, server.Config{
		APIKey: string(c.APIKey), Origins: c.AllowedOrigins, Introspection: c.Introspection, Limits: c.limits(),
		GraphiQL: graphiql,
	}, server.Health{Ready: s.Ready, Degraded: p.degraded}, log)
}
