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
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/lab"
	"techfacts.dev/techfacts/internal/metric"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/server"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/trace"
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
	log = slog.New(trace.Handler(log.Handler()))
	tracer, err := openTracer(ctx, c, log)
	if err != nil {
		return err
	}
	defer closeTracer(ctx, tracer, log)
	s, steps, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); err != nil {
			log.WarnContext(ctx, "cannot close the database", slog.Any("error", err))
		}
	}()
	hints, leave, err := join(ctx, c, log)
	if err != nil {
		return err
	}
	defer leave()
	var d *door
	if role.API {
		if d, err = openDoor(ctx, c, s, hints, log); err != nil {
			return err
		}
		defer d.close()
	}
	api, ops, err := listen(ctx, c, role)
	if err != nil {
		return err
	}
	defer closeAll(api, ops) // those that no server has come to
	p, err := build(ctx, c, role, c.own(addrOf(api), addrOf(ops)), s, hints, log)
	if err != nil {
		return err
	}
	defer p.close()
	p.tracer, p.api, p.ops, p.door = tracer, api, ops, d
	if role.API && p.search.server == nil {
		p.metrics.Mirror(p.search.facts.Behind)
	}
	var pool *worker.Pool
	if role.Worker {
		if pool, err = p.pool(ctx, c, s, log); err != nil {
			return err
		}
	}
	if steps > 0 {
		log.InfoContext(ctx, "database brought up to date", slog.Int("steps", steps))
	}
	log.InfoContext(ctx, "started", slog.String("version", c.Version), slog.String("addr", addrOf(api)), slog.String("ops_addr", addrOf(ops)),
		slog.Bool("api", role.API), slog.Bool("worker", role.Worker), slog.Bool("postgres", s.Postgres()),
		slog.Bool("redis", c.RedisURL != ""), slog.Bool("traces", tracer != nil))
	err = p.run(ctx, c, s, pool, log, func() {
		if ready != nil {
			ready(addrOf(api))
		}
	})
	log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// run runs the servers and the pool, which may be nil, until ctx ends and they
// have stopped.
func (p *parts) run(ctx context.Context, c Config, s *store.Store, pool *worker.Pool, log *slog.Logger, ready func()) error {
	var handler http.Handler
	if p.api != nil {
		handler = p.handler(c, s, log) // before anybody reads: it adds to what ent does
	}
	told := ctx.Done()
	group, ctx := errgroup.WithContext(ctx)
	serving, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	group.Go(func() error {
		defer over()
		<-ctx.Done()
		p.drain(told, time.Duration(c.ShutdownDelay))
		return nil
	})
	if p.api != nil {
		group.Go(func() error { return server.Serve(serving, p.api, handler, c.limits(), log) })
		group.Go(func() error { return p.door.keys.Run(serving) })
		group.Go(func() error { return p.door.audit.Run(serving) })
	}
	if p.ops != nil {
		group.Go(func() error {
			return server.Serve(serving, p.ops, server.Operations(p.health(s), p.metrics, log), c.limits(), log)
		})
	}
	if pool != nil {
		group.Go(func() error { return pool.Run(ctx) })
		group.Go(func() error { return change.NewLog(s, p.bus, log).Run(ctx) })
		group.Go(func() error { return p.answers.Run(ctx) })
		group.Go(func() error { catchUp(ctx, s, log); return nil })
		group.Go(func() error { p.watchReports(ctx, c.Tick, log); return nil })
	}
	p.search.run(ctx, group, p.api != nil, pool != nil)
	ready()
	return group.Wait()
}

// Migrate brings the database up to date and tells how many steps that took.
func Migrate(ctx context.Context, c Config) (int, error) {
	s, steps, err := openStore(ctx, c)
	if err != nil {
		return 0, err
	}
	return steps, s.Close()
}

// openStore opens the database and brings it up to date, and tells how many
// steps that took.
func openStore(ctx context.Context, c Config) (s *store.Store, steps int, err error) {
	if s, err = c.open(ctx); err != nil {
		return nil, 0, err
	}
	steps, err = s.Migrate(ctx)
	if err == nil {
		err = extract.NewProfiles(s).Seed(ctx)
	}
	if err != nil {
		return nil, 0, errors.Join(err, s.Close())
	}
	return s, steps, nil
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
	metrics   *metric.Metrics
	tracer    *trace.Tracer // nil: none
	api       net.Listener  // nil: the process has no API
	ops       net.Listener  // nil: it has nothing for operators
	door      *door         // nil: the process has no API
	search    *searching
	leaving   atomic.Bool // told to stop
	bus       bus
	jobs      *job.Jobs
	reports   *report.Reports
	printer   *chromium.Printer // nil: there is no Chromium here
	limiter   *fetch.Limiter
	web       *fetch.Web
	ways      ways
	documents *document.Reader
	answers   *extract.Answers
	model     *extract.Model // nil: none is set
}

// listen opens the address of the API and that for operators, if the process
// has them; else they are nil.
func listen(ctx context.Context, c Config, role Role) (api, ops net.Listener, err error) {
	var lc net.ListenConfig
	if role.API {
		if api, err = lc.Listen(ctx, "tcp", c.ListenAddr); err != nil {
			return nil, nil, fmt.Errorf("LISTEN_ADDR: %w", err)
		}
	}
	if c.OpsAddr != "" {
		if ops, err = lc.Listen(ctx, "tcp", c.OpsAddr); err != nil {
			closeAll(api)
			return nil, nil, fmt.Errorf("OPS_ADDR: %w", err)
		}
	}
	return api, ops, nil
}

func closeAll(listeners ...net.Listener) {
	for _, l := range listeners {
		if l != nil {
			_ = l.Close() // usually a server has closed it
		}
	}
}

func addrOf(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// drain makes the process not ready, and when it was told to stop and has an
// API gives those who send requests time to take note.
func (p *parts) drain(told <-chan struct{}, delay time.Duration) {
	p.leaving.Store(true)
	select {
	case <-told:
	default:
		return // a part has failed: there is nothing to wait for
	}
	if p.api != nil && delay > 0 {
		<-time.After(delay)
	}
}

// build makes the parts; own are the addresses that no page may be read from.
func build(ctx context.Context, c Config, role Role, own []string, s *store.Store, hints bus, log *slog.Logger) (*parts, error) {
	guard, err := fetch.NewGuard(c.FetchAllowCIDRs, resolve(ctx, own, log))
	if err != nil {
		return nil, err
	}
	userAgent := "techfacts/" + c.Version + " (+https://techfacts.dev/bot)"
	plain := fetch.NewHTTP(fetch.Options{
		UserAgent: userAgent, Guard: guard,
		Timeout: time.Duration(c.ScrapeTimeout), HeaderTimeout: time.Duration(c.ScrapeTimeout) / 4, Log: log,
	})
	others, err := openWays(c, role, plain)
	if err != nil {
		return nil, err
	}
	limiter := fetch.NewLimiter(s, fetch.Pace{
		DelayMin: time.Duration(c.ScrapeDelayMin), DelayMax: time.Duration(c.ScrapeDelayMax),
		Concurrency: c.ScrapeMaxConcurrent, DailyLimit: c.ScrapeDailyLimit, RobotsMeta: c.ScrapeRobotsMeta,
	})
	p := &parts{
		metrics:   metric.New(c.Version),
		bus:       hints,
		limiter:   limiter,
		reports:   report.New(s, hints),
		documents: document.NewReader(document.DefaultMemory),
		jobs: job.New(s, hints, job.Policy{
			Retries: c.ScrapeMaxRetries, Fresh: time.Duration(c.ScrapeCache), Lacks: others.lacks(), Model: c.LLMModel != "", Tokens: c.LLMJobTokens,
		}),
		answers: extract.NewAnswers(s, time.Duration(c.LLMCache), log),
		web:     fetch.NewWeb(plain, limiter),
		ways:    others,
	}
	if p.search, err = openSearch(c, s, hints, log); err != nil {
		return nil, err
	}
	p.jobs.Observer, p.jobs.Log = p.metrics, log
	p.model = c.model(p.answers, p.metrics, log)
	if others.chromium != "" {
		p.printer = chromium.NewPrinter(others.chromium, userAgent)
	}
	p.metrics.Database(s)
	if redis, ok := hints.(*event.Redis); ok {
		p.metrics.Bus(redis.State)
	}
	return p, nil
}

// close ends what the parts hold open.
func (p *parts) close() {
	p.search.close()
	p.ways.close()
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
			Ent: s.Ent, Store: s, Jobs: p.jobs, Web: observed{p.web, p.metrics, log}, Ways: p.others(log), Documents: p.documents, Limiter: p.limiter, MinConfidence: c.MinConfidence, Model: p.model,
		},
		Observer: p.metrics, Tracer: p.tracer,
		Fetches: c.WorkerFetches, Extracts: c.extracts(),
	}, nil
}

// health tells whether the process can do its work, and does not want to stop.
func (p *parts) health(s *store.Store) server.Health {
	return server.Health{Degraded: p.degraded, Ready: func(ctx context.Context) error {
		if p.leaving.Load() {
			return fault.New(fault.Unavailable, "the process is shutting down")
		}
		return s.Ready(ctx)
	}}
}

// degraded names what others would notice: without Redis, changes that other
// processes make are seen later.
func (p *parts) degraded() (names []string) {
	if redis, ok := p.bus.(*event.Redis); ok && !redis.State().Connected {
		names = append(names, "redis: not connected since "+redis.State().Since.UTC().Format(time.RFC3339)+"; live updates come later")
	}
	if p.model != nil {
		if until, paused := p.model.Chat.Paused(); paused {
			names = append(names, "model: it failed again and again and is not asked until "+until.UTC().Format(time.RFC3339)+"; rules find facts meanwhile")
		}
	}
	return append(names, p.search.degraded()...)
}

// handler is the API over s.
func (p *parts) handler(c Config, s *store.Store, log *slog.Logger) http.Handler {
	schema := resolvers.Schema(&resolvers.Resolver{
		Ent: s.Ent, Store: s, Jobs: p.jobs, Profiles: extract.NewProfiles(s), Limiter: p.limiter, Keys: p.door.keys, Bus: p.bus, Tick: c.Tick,
		Reviews: change.NewReviews(s, p.bus), Reports: p.reports, ReportFormats: p.reportFormats(), Requirements: report.NewRequirements(s), FactsPerSection: c.ReportSection, FactsPerReport: c.ReportFacts,
		Preview: crawl.Previewer{Store: s, Web: p.web, Limiter: p.limiter, Fresh: time.Duration(c.ScrapeCache), Documents: p.documents},
		Search:  p.search.facts, PageSearch: p.search.pages, Documents: p.search.source,
		Lab: lab.Lab{
			Store: s, Web: p.web, Limiter: p.limiter, Documents: p.documents, Model: p.model, MinConfidence: c.MinConfidence,
		},
	})
	var graphiql fs.FS
	if c.GraphiQL {
		graphiql = web.GraphiQL()
	}
	config := server.Config{
		Origins: c.AllowedOrigins, Introspection: c.Introspection, Limits: c.limits(),
		GraphiQL: graphiql, Reports: p.reportFile, Exports: exports(s), Observer: p.metrics, Metrics: p.metrics, Tracer: p.tracer, Slow: time.Duration(c.SlowOperation),
	}
	p.door.guard(&config)
	return server.Handler(schema, config, p.health(s), log)
}
