package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/ent/ratelimit"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// The most that a domain can make us wait, and the longest delay that can be
// set for one.
const (
	maxBackoff    = 5 * time.Minute
	maxCrawlDelay = time.Minute
	maxDelay      = time.Hour
	maxAdmit      = 10 * time.Second // that a request outside the queue waits
)

// How the delay adapts to 429 and 503.
const (
	minAdaptive = time.Second
	maxAdaptive = time.Minute
)

// maxRefusals is how many answers of 401, 403 or 451 in a row make a domain one
// that someone should look at.
const maxRefusals = 5

// Pace is what every domain is allowed unless its row says otherwise.
type Pace struct {
	DelayMin, DelayMax time.Duration // between two requests, drawn anew each time
	Concurrency        int           // requests at a time, over all workers
	DailyLimit         int           // requests a day, UTC
	RobotsMeta         bool          // whether noindex and nofollow are heeded
}

// Limiter is the one gate before every way of fetching. It keeps a row per
// domain, shared by all processes, and is the only writer of those rows. As a
// queue.Gate it lets an item out of its lane only when the domain may be asked,
// so a waiting item holds nothing, and a cancelled one leaves nothing behind.
type Limiter struct {
	store *store.Store
	pace  Pace
	now   func() time.Time
}

// NewLimiter returns the limiter over the rows in s.
func NewLimiter(s *store.Store, p Pace) *Limiter { return &Limiter{store: s, pace: p, now: schema.Now} }

// Next gives the domains of lanes that may not be asked now, and when they may.
func (l *Limiter) Next(ctx context.Context, lanes []string) (map[string]time.Time, error) {
	now := l.now()
	rows, err := l.store.Ent.RateLimit.Query().
		Where(ratelimit.Or(ratelimit.NextAllowedAtGT(now), ratelimit.BackoffUntilGT(now))). // few; lanes may be many
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rate limits: %w", err)
	}
	wanted := make(map[string]bool, len(lanes))
	for _, lane := range lanes {
		wanted[lane] = true
	}
	closed := map[string]time.Time{}
	for _, r := range rows {
		if at := l.opens(r, now); wanted[r.Domain] && at.After(now) {
			closed[r.Domain] = at
		}
	}
	return closed, nil
}

// opens is when the domain may next be asked. A day that was used up may have
// become longer since.
func (l *Limiter) opens(r *ent.RateLimit, now time.Time) time.Time {
	at := r.NextAllowedAt
	if r.Status == schema.RateLimitExhausted && l.left(r, now) > 0 {
		at = now
	}
	if r.BackoffUntil != nil && r.BackoffUntil.After(at) {
		at = *r.BackoffUntil
	}
	return at
}

// left is how many requests of the day are left.
func (l *Limiter) left(r *ent.RateLimit, now time.Time) int {
	left := or(r.DailyLimit, l.pace.DailyLimit)
	if r.Day == now.Format(time.DateOnly) {
		left -= r.UsedToday
	}
	return left
}

// Enter calls take with how many requests may be made to domain now, given how
// many are under way, and counts those that are made. With a delay between
// requests that is one.
func (l *Limiter) Enter(ctx context.Context, tx *store.Tx, domain string, free int, running func() (int, error), take func(n int) (int, error)) error {
	row, err := l.row(ctx, tx, domain)
	if err != nil || row == nil {
		return err
	}
	now := l.now()
	if l.opens(row, now).After(now) {
		return nil
	}
	left := l.left(row, now)
	if left <= 0 {
		return change(ctx, l.update(tx, row).SetStatus(schema.RateLimitExhausted).SetNextAllowedAt(midnight(now)))
	}
	busy, err := running()
	if err != nil {
		return err
	}
	n := min(free, left, or(row.Concurrency, l.pace.Concurrency)-busy)
	delay := l.delay(row)
	if delay > 0 {
		n = min(n, 1)
	}
	if n <= 0 {
		return nil
	}
	taken, err := take(n)
	if err != nil || taken == 0 {
		return err
	}
	return l.count(ctx, tx, row, taken, now, now.Add(delay))
}

// count notes that requests to the domain of row go out, and when the next may.
func (l *Limiter) count(ctx context.Context, tx *store.Tx, row *ent.RateLimit, taken int, now, next time.Time) error {
	day, used := now.Format(time.DateOnly), taken
	if row.Day == day {
		used += row.UsedToday
	}
	update := l.update(tx, row).SetDay(day).SetUsedToday(used).AddUsedTotal(taken).SetNextAllowedAt(next)
	if row.Status != schema.RateLimitRefused {
		update.SetStatus(schema.RateLimitOpen)
	}
	return change(ctx, update)
}

func midnight(now time.Time) time.Time { return now.Truncate(24 * time.Hour).Add(24 * time.Hour) }

// RobotsMeta reports whether noindex and nofollow of domain are heeded.
func (l *Limiter) RobotsMeta(ctx context.Context, domain string) (bool, error) {
	row, err := l.store.Ent.RateLimit.Query().Where(ratelimit.Domain(domain), ratelimit.RobotsMetaNotNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return l.pace.RobotsMeta, nil
	}
	if err != nil {
		return false, fmt.Errorf("read rate limit: %w", err)
	}
	return *row.RobotsMeta, nil
}

// delay draws the time until the request after the next.
func (l *Limiter) delay(row *ent.RateLimit) time.Duration {
	drawn := l.pace.DelayMin
	if spread := l.pace.DelayMax - l.pace.DelayMin; spread > 0 {
		drawn += rand.N(spread) //nolint:gosec // politeness, not secrecy
	}
	return max(l.usual(row, drawn), milliseconds(row.AdaptiveDelayMs))
}

// usual is the delay without what 429 and 503 have added to it.
func (l *Limiter) usual(row *ent.RateLimit, drawn time.Duration) time.Duration {
	if row.DelayMs != nil {
		drawn = milliseconds(*row.DelayMs)
	}
	return max(drawn, milliseconds(row.CrawlDelayMs))
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// Observation is what an answer of a domain tells of it.
type Observation struct {
	Status     int           // 0 if there was no answer
	RetryAfter time.Duration // as it asked; 0 if it did not
	CrawlDelay time.Duration // as its robots.txt asks; 0 if it does not
}

// Observe takes note of how domain took a request. 429 and 503 keep everyone
// away from it: for as long as it says, else twice as long each time, at most
// five minutes, and never less long than it said before. Any other answer after
// that time ends it, but the delay stays twice as long for each, at most a minute,
// until successes have eased it. Refusals in a row make the domain REFUSED.
func (l *Limiter) Observe(ctx context.Context, tx *store.Tx, domain string, o Observation) error {
	crawl := int(min(o.CrawlDelay, maxCrawlDelay).Milliseconds())
	if o.welcome() { // then there is seldom something to change
		var news bool
		err := tx.Row(ctx, `select exists (select 1 from rate_limits where domain = ?
			and (crawl_delay_ms <> ? or strikes > 0 or refusals > 0 or adaptive_delay_ms > 0))`, domain, crawl).Scan(&news)
		if err != nil {
			return fmt.Errorf("read rate limit: %w", err)
		}
		if !news {
			return nil
		}
	}
	row, err := tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read rate limit: %w", err)
	}
	update, changed := l.update(tx, row), false
	if o.Status != 0 && crawl != row.CrawlDelayMs {
		update.SetCrawlDelayMs(crawl)
		changed = true
	}
	switch {
	case o.Status == http.StatusTooManyRequests || o.Status == http.StatusServiceUnavailable:
		l.backOff(update, row, o)
		changed = true
	case o.Status != 0 && row.Strikes > 0 && (row.BackoffUntil == nil || !row.BackoffUntil.After(l.now())):
		update.SetStatus(schema.RateLimitOpen).SetStrikes(0).ClearBackoffUntil()
		changed = true
	}
	switch {
	case o.refused():
		if update.AddRefusals(1); row.Refusals+1 >= maxRefusals {
			update.SetStatus(schema.RateLimitRefused)
		}
		changed = true
	case o.welcome() && (row.Refusals > 0 || row.AdaptiveDelayMs > 0):
		if row.Status == schema.RateLimitRefused {
			update.SetStatus(schema.RateLimitOpen)
		}
		eased := row.AdaptiveDelayMs * 9 / 10
		if milliseconds(eased) <= l.usual(row, l.pace.DelayMin) || milliseconds(eased) < minAdaptive/2 {
			eased = 0
		}
		update.SetRefusals(0).SetAdaptiveDelayMs(eased)
		changed = true
	}
	if !changed {
		return nil
	}
	return change(ctx, update)
}

// backOff keeps everyone away from a domain that asked for it, and makes the
// delay after that twice as long.
func (l *Limiter) backOff(update *ent.RateLimitUpdate, row *ent.RateLimit, o Observation) {
	usual := l.usual(row, l.pace.DelayMin)
	wait := o.RetryAfter
	if wait == 0 {
		wait = max(time.Second, usual) << min(row.Strikes+1, 9)
	}
	until := l.now().Add(min(wait, maxBackoff))
	if row.BackoffUntil != nil && row.BackoffUntil.After(until) {
		until = *row.BackoffUntil
	}
	adaptive := min(max(minAdaptive, 2*max(usual, milliseconds(row.AdaptiveDelayMs))), max(maxAdaptive, usual))
	update.SetStatus(schema.RateLimitBackingOff).AddStrikes(1).SetBackoffUntil(until).SetAdaptiveDelayMs(int(adaptive.Milliseconds()))
}

// refused reports whether the domain does not want us on a page.
func (o Observation) refused() bool {
	switch o.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return true
	}
	return false
}

// welcome reports whether the domain answered as it should.
func (o Observation) welcome() bool {
	return o.Status >= 200 && o.Status < 400 || o.Status == http.StatusNotFound || o.Status == http.StatusGone
}

// Settings are what an operator sets for one domain; nil leaves a thing as it
// is.
type Settings struct {
	DelayMs, Concurrency, DailyLimit *int
	RobotsMeta                       *bool
}

// Set changes what is set for domain, in whatever spelling. It fails with INVALID outside of sane
// bounds.
func (l *Limiter) Set(ctx context.Context, domain string, in Settings) (*ent.RateLimit, error) {
	for _, check := range []struct {
		field     string
		value     *int
		low, high int
	}{
		{"input.delayMs", in.DelayMs, 0, int(maxDelay.Milliseconds())},
		{"input.concurrency", in.Concurrency, 1, 100},
		{"input.dailyLimit", in.DailyLimit, 0, 1_000_000},
	} {
		if check.value != nil && (*check.value < check.low || *check.value > check.high) {
			return nil, fault.InvalidField(check.field, "must be from %d to %d", check.low, check.high)
		}
	}
	return l.set(ctx, domain, true, func(u *ent.RateLimitUpdate) {
		u.SetNillableDelayMs(in.DelayMs).SetNillableConcurrency(in.Concurrency).SetNillableDailyLimit(in.DailyLimit).
			SetNillableRobotsMeta(in.RobotsMeta).SetNextAllowedAt(l.now())
	})
}

// Reset forgets what was set for domain and its back-off. NOT_FOUND if nothing
// is known of the domain.
func (l *Limiter) Reset(ctx context.Context, domain string) (*ent.RateLimit, error) {
	return l.set(ctx, domain, false, func(u *ent.RateLimitUpdate) {
		u.ClearDelayMs().ClearConcurrency().ClearDailyLimit().ClearRobotsMeta().ClearBackoffUntil().
			SetStrikes(0).SetRefusals(0).SetAdaptiveDelayMs(0).SetStatus(schema.RateLimitOpen).SetNextAllowedAt(l.now())
	})
}

func (l *Limiter) set(ctx context.Context, domain string, create bool, f func(*ent.RateLimitUpdate)) (*ent.RateLimit, error) {
	u, err := ParseURL("http://" + domain + "/")
	if err != nil || u.Target() != "/" || strings.HasSuffix(domain, "/") {
		return nil, fault.InvalidField("input.domain", "must be a host, with its port unless it is the usual one")
	}
	domain = strings.TrimSuffix(u.Domain(), ":443")
	err = l.store.Tx(ctx, func(tx *store.Tx) error {
		row, err := tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Only(ctx)
		if ent.IsNotFound(err) {
			if !create {
				return fault.New(fault.NotFound, "nothing is known of the domain %s", domain)
			}
			if err = l.create(ctx, tx, domain); err == nil {
				row, err = tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Only(ctx)
			}
		}
		if err != nil {
			return fmt.Errorf("read rate limit: %w", err)
		}
		update := l.update(tx, row)
		f(update)
		return change(ctx, update)
	})
	if err != nil {
		return nil, err
	}
	return l.store.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Only(ctx)
}

// row reads the row of domain and makes it if need be. On PostgreSQL it is
// locked; nil if another worker has it locked, which is then the one to enter.
func (l *Limiter) row(ctx context.Context, tx *store.Tx, domain string) (*ent.RateLimit, error) {
	query := func(p ...predicate.RateLimit) *ent.RateLimitQuery {
		q := tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Where(p...)
		if tx.Postgres() {
			q.ForUpdate(sql.WithLockAction(sql.SkipLocked))
		}
		return q
	}
	row, err := query().Only(ctx)
	if !ent.IsNotFound(err) {
		if err != nil {
			return nil, fmt.Errorf("read rate limit: %w", err)
		}
		return row, nil
	}
	known, err := tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Exist(ctx)
	if err != nil || known {
		return nil, err //nolint:nilnil // as the contract says
	}
	if err := l.create(ctx, tx, domain); err != nil {
		return nil, err
	}
	row, err = query().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // as the contract says
	}
	return row, err
}

func (l *Limiter) create(ctx context.Context, tx *store.Tx, domain string) error {
	now := l.now()
	_, err := tx.Exec(ctx, `insert into rate_limits (id, domain, next_allowed_at, updated_at) values (?, ?, ?, ?) on conflict (domain) do nothing`,
		schema.NewID(schema.KindRateLimit), domain, now, now)
	if err != nil {
		return fmt.Errorf("make rate limit: %w", err)
	}
	return nil
}

// update changes a row without reading it again.
func (l *Limiter) update(tx *store.Tx, row *ent.RateLimit) *ent.RateLimitUpdate {
	return tx.Ent.RateLimit.Update().Where(ratelimit.ID(row.ID))
}

func change(ctx context.Context, u *ent.RateLimitUpdate) error {
	if err := u.SetUpdatedAt(schema.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("change rate limit: %w", err)
	}
	return nil
}

func or(set *int, otherwise int) int {
	if set != nil {
		return *set
	}
	return otherwise
}
