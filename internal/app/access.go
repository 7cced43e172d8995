package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/server"
	"techfacts.dev/techfacts/internal/shared"
	"techfacts.dev/techfacts/internal/store"
)

// pointsPerMinute is what a key may spend unless API_POINTS_PER_MINUTE says
// otherwise: 12 times a minute the largest operation that there can be.
const pointsPerMinute = 60_000

// door is what stands before the API: who may come in, how much they may ask
// for, and what they have changed.
type door struct {
	keys    *access.Keys
	audit   *access.Audit
	redis   *shared.Redis // nil: each process counts for itself
	points  int           // as the setting has it
	queries int
	spent   *shared.Points
}

// openDoor looks at the keys in s, and refuses to serve more than loopback if
// there are none.
func openDoor(ctx context.Context, c Config, s *store.Store, hints bus, log *slog.Logger) (*door, error) {
	public := !c.loopback()
	d := &door{
		keys:   access.NewKeys(s, hints, access.Options{Fixed: string(c.APIKey), Asked: public, Tick: c.Tick, Log: log}),
		audit:  access.NewAudit(s, time.Duration(c.AuditRetention), log),
		points: c.PointsPerMinute, queries: c.Persisted,
	}
	if err := d.keys.Load(ctx); err != nil {
		return nil, err
	}
	if public && c.APIKey == "" && !d.keys.Any() {
		return nil, fault.New(fault.Invalid, "LISTEN_ADDR: with neither API_KEY nor a key made by `techfacts keys create` only a loopback address can be served, not %q", c.ListenAddr)
	}
	if c.RedisURL != "" {
		var err error
		if d.redis, err = shared.Open(string(c.RedisURL), log); err != nil {
			return nil, fmt.Errorf("REDIS_URL: %w", err)
		}
	}
	d.spent = shared.NewPoints(cmp.Or(c.PointsPerMinute, pointsPerMinute), d.redis)
	return d, nil
}

func (d *door) close() { _ = d.redis.Close() } // nothing is lost with it

// guard makes the API keep to the door.
func (d *door) guard(c *server.Config) {
	c.Keys, c.Audit = d.keys, d.audit
	if d.points >= 0 {
		c.Spend = d.spend
	}
	if kept := cmp.Or(d.queries, server.DefaultLimits().Persisted); d.redis != nil && kept > 0 {
		c.Queries = shared.NewQueries(kept, d.redis)
	}
}

// spend limits keys, and those without one only if the setting is set.
func (d *door) spend(ctx context.Context, c access.Caller, points int) time.Duration {
	if c.Anonymous() && d.points == 0 {
		return 0
	}
	return d.spent.Spend(ctx, c.Name, points)
}

// loopback tells whether only this machine can reach the API.
func (c Config) loopback() bool {
	host, _, err := net.SplitHostPort(c.ListenAddr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// WithKeys runs do with the keys in the database that c names.
func WithKeys(ctx context.Context, c Config, do func(*access.Keys) error) error {
	s, err := c.open(ctx)
	if fault.Is(err, fault.Conflict) {
		return fault.Wrap(fault.Conflict, err, "a running techfacts has the embedded database: manage its keys through its API "+
			"(apiKeys, createApiKey, revokeApiKey, at /graphiql for instance), or stop it for a moment")
	}
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx)
	if err == nil {
		err = do(access.NewKeys(s, &event.Memory{}, access.Options{}))
	}
	return errors.Join(err, s.Close())
}
