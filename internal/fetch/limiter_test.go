package fetch

import (
	"fmt"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/ratelimit"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const domain = "docs.acme.example"

// course is a limiter whose clock the test moves.
type course struct {
	*testing.T
	store   *store.Store
	limiter *Limiter
	at      time.Time
}

func eachLimiter(t *testing.T, p Pace, test func(*course)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := &course{T: t, store: s, limiter: NewLimiter(s, p), at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		c.limiter.now = func() time.Time { return c.at }
		test(c)
	})
}

func (c *course) enter(running, free int) (n int) {
	c.Helper()
	c.tx(func(tx *store.Tx) error {
		return c.limiter.Enter(c.Context(), tx, domain, free, func() (int, error) { return running, nil }, func(most int) (int, error) {
			n = most
			return most, nil
		})
	})
	return n
}

func (c *course) observe(o Observation) {
	c.Helper()
	c.tx(func(tx *store.Tx) error { return c.limiter.Observe(c.Context(), tx, domain, o) })
}

func (c *course) tx(f func(*store.Tx) error) {
	c.Helper()
	if err := c.store.Tx(c.Context(), f); err != nil {
		c.Fatal(err)
	}
}

func (c *course) row() *ent.RateLimit {
	c.Helper()
	return c.store.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).OnlyX(c.Context())
}

// opens is when the limiter says the domain opens; zero if it is open.
func (c *course) opens() time.Time {
	c.Helper()
	next, err := c.limiter.Next(c.Context(), []string{domain, "other.example"})
	if err != nil {
		c.Fatal(err)
	}
	return next[domain]
}

func TestRequestsKeepTheirDistance(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: 2 * time.Second, DelayMax: 5 * time.Second, Concurrency: 2, DailyLimit: 500}, func(c *course) {
		if n := c.enter(0, 10); n != 1 {
			c.Fatalf("first entry: %d, want one at a time", n)
		}
		wait := c.opens().Sub(c.at)
		if wait < 2*time.Second || wait > 5*time.Second {
			c.Errorf("the next may go in %v, want 2 to 5 s", wait)
		}
		c.at = c.at.Add(2*time.Second - time.Millisecond)
		if n := c.enter(0, 10); n != 0 {
			c.Error("entered too early")
		}
		c.at = c.at.Add(4 * time.Second)
		if n := c.enter(1, 10); n != 1 {
			c.Error("not let in when its time had come")
		}
	})
}

func TestConcurrencyIsCounted(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 3, DailyLimit: 500}, func(c *course) {
		for _, want := range []struct{ running, free, n int }{{0, 10, 3}, {2, 10, 1}, {3, 10, 0}, {0, 2, 2}} {
			if n := c.enter(want.running, want.free); n != want.n {
				c.Errorf("%d running, %d free: %d, want %d", want.running, want.free, n, want.n)
			}
		}
	})
}

func TestOnlyWhatWasTakenIsCounted(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: time.Second, DelayMax: time.Second, Concurrency: 3, DailyLimit: 500}, func(c *course) {
		c.tx(func(tx *store.Tx) error {
			return c.limiter.Enter(c.Context(), tx, domain, 10, func() (int, error) { return 0, nil }, func(int) (int, error) { return 0, nil })
		})
		if row := c.row(); row.UsedToday != 0 || !c.opens().IsZero() {
			c.Errorf("row = %+v, though nothing was asked for", row)
		}
	})
}

func TestAnyNumberOfLanesCanBeAskedAbout(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: time.Hour, DelayMax: time.Hour, Concurrency: 1, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		lanes := []string{domain}
		for i := range 70_000 { // more than either database takes parameters
			lanes = append(lanes, fmt.Sprintf("%d.example", i))
		}
		closed, err := c.limiter.Next(c.Context(), lanes)
		if err != nil || len(closed) != 1 || closed[domain].IsZero() {
			c.Errorf("closed = %d lanes, %v", len(closed), err)
		}
	})
}

func TestAWorkerCountsALaneOnlyWhenItHoldsIt(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, pgtest.URL(t))
	l := NewLimiter(s, Pace{Concurrency: 1, DailyLimit: 500})
	none := func() (int, error) { return 0, nil }
	enter := func(running func() (int, error), take func(int) (int, error)) {
		t.Helper()
		err := s.Tx(t.Context(), func(tx *store.Tx) error { return l.Enter(t.Context(), tx, domain, 1, running, take) })
		if err != nil {
			t.Error(err)
		}
	}
	enter(none, func(int) (int, error) { return 0, nil }) // makes the row
	enter(none, func(int) (int, error) {
		// While one worker is in the lane, another neither counts nor takes.
		enter(func() (int, error) { t.Error("counted"); return 0, nil }, func(int) (int, error) { t.Error("took"); return 0, nil })
		return 1, nil
	})
}

func TestTheDayEndsAtMidnightUTC(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 10, DailyLimit: 5}, func(c *course) {
		if n := c.enter(0, 3) + c.enter(0, 3) + c.enter(0, 3); n != 5 {
			c.Errorf("%d requests, want the 5 of the day", n)
		}
		if got, want := c.opens(), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
			c.Errorf("opens at %v, want %v", got, want)
		}
		if row := c.row(); row.Status != schema.RateLimitExhausted || row.UsedToday != 5 {
			c.Errorf("row = %+v", row)
		}
		c.limiter.pace.DailyLimit = 6 // as after a restart with another setting
		if !c.opens().IsZero() || c.enter(0, 3) != 1 || c.enter(0, 3) != 0 {
			c.Error("a day that became longer was not noticed")
		}
		c.limiter.pace.DailyLimit = 5
		c.at = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		if n := c.enter(0, 3); n != 3 {
			c.Errorf("%d on the next day, want 3", n)
		}
		if row := c.row(); row.UsedToday != 3 || row.UsedTotal != 9 || row.Status != schema.RateLimitOpen {
			c.Errorf("row = %+v", row)
		}
	})
}

func TestTooManyRequestsKeepEveryoneAway(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 10, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		c.observe(Observation{Status: 429, RetryAfter: 90 * time.Second})
		if got := c.opens().Sub(c.at); got != 90*time.Second {
			c.Errorf("opens in %v, want the 90 s it asked for", got)
		}
		if c.enter(0, 1) != 0 {
			c.Error("entered a domain that asked us to stay away")
		}
		c.observe(Observation{Status: 503, RetryAfter: time.Hour})
		if got := c.opens().Sub(c.at); got != maxBackoff {
			c.Errorf("opens in %v, want at most %v", got, maxBackoff)
		}
		c.observe(Observation{Status: 200}) // one that was under way
		c.observe(Observation{Status: 429, RetryAfter: time.Second})
		if got := c.opens().Sub(c.at); got != maxBackoff || c.enter(0, 1) != 0 {
			c.Errorf("opens in %v: a late answer cut the back-off short", got)
		}
		c.at = c.at.Add(maxBackoff)
		c.observe(Observation{Status: 200})
		if row := c.row(); row.Strikes != 0 || row.Status != schema.RateLimitOpen || c.enter(0, 1) != 1 {
			c.Errorf("after success: %+v", row)
		}
	})
}

func TestBackoffDoubles(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 1, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		var last time.Duration
		for range 3 {
			c.observe(Observation{Status: 429})
			wait := c.opens().Sub(c.at)
			if wait < 2*last || wait == 0 {
				c.Errorf("waits %v after %v", wait, last)
			}
			last = wait
		}
		c.observe(Observation{}) // no answer at all says nothing of the pace
		if c.opens().Sub(c.at) != last {
			c.Error("a failed connection ended the back-off")
		}
	})
}

func TestCrawlDelayOfRobotsCounts(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 5, DailyLimit: 500}, func(c *course) {
		c.enter(0, 1)
		c.observe(Observation{Status: 200, CrawlDelay: 10 * time.Second})
		if n := c.enter(0, 5); n != 1 || c.opens().Sub(c.at) != 10*time.Second {
			c.Errorf("%d entered, next in %v, want 1 every 10 s", n, c.opens().Sub(c.at))
		}
		c.at = c.at.Add(10 * time.Second)
		c.observe(Observation{Status: 200, CrawlDelay: time.Hour})
		c.enter(0, 1)
		if got := c.opens().Sub(c.at); got != maxCrawlDelay {
			c.Errorf("next in %v, want at most %v", got, maxCrawlDelay)
		}
	})
}

func TestWhatIsSetForADomainHolds(t *testing.T) {
	eachLimiter(t, Pace{DelayMin: time.Hour, DelayMax: time.Hour, Concurrency: 1, DailyLimit: 1}, func(c *course) {
		c.enter(0, 1)
		zero, four, nine := 0, 4, 9
		row, err := c.limiter.Set(c.Context(), domain, Settings{DelayMs: &zero, Concurrency: &four, DailyLimit: &nine})
		if err != nil || *row.DelayMs != 0 || *row.Concurrency != 4 || *row.DailyLimit != 9 {
			c.Fatalf("set = %+v, %v", row, err)
		}
		if n := c.enter(0, 10); n != 4 {
			c.Errorf("%d entered, want the 4 that were set", n)
		}
		if n := c.enter(0, 10); n != 4 {
			c.Errorf("%d entered, want 4 more of the 9 of the day", n)
		}
		if row, err = c.limiter.Set(c.Context(), "DOCS.acme.example", Settings{DelayMs: &zero}); err != nil || *row.Concurrency != 4 || *row.DailyLimit != 9 {
			c.Errorf("set of one thing = %+v, %v; the others must stay", row, err)
		}
		c.observe(Observation{Status: 429})
		row, err = c.limiter.Reset(c.Context(), domain)
		if err != nil || row.DelayMs != nil || row.Concurrency != nil || row.DailyLimit != nil || row.BackoffUntil != nil || row.UsedTotal != 9 {
			c.Errorf("reset = %+v, %v", row, err)
		}
	})
}

func TestSetRefusesWhatMakesNoSense(t *testing.T) {
	eachLimiter(t, Pace{Concurrency: 1, DailyLimit: 1}, func(c *course) {
		low, high := -1, 10_000_000
		for field, in := range map[string]Settings{
			"input.delayMs": {DelayMs: &low}, "input.concurrency": {Concurrency: &high}, "input.dailyLimit": {DailyLimit: &high},
		} {
			if _, err := c.limiter.Set(c.Context(), domain, in); fault.Of(err).Field != field {
				c.Errorf("%s: %v", field, err)
			}
		}
		for _, bad := range []string{"", "https://acme.example", "acme.example/x", "acme.example/", "a b"} {
			if _, err := c.limiter.Set(c.Context(), bad, Settings{}); fault.Of(err).Field != "input.domain" {
				c.Errorf("%q: %v", bad, err)
			}
		}
		if _, err := c.limiter.Set(c.Context(), "acme.example:8443", Settings{}); err != nil {
			c.Errorf("a host with a port: %v", err)
		}
		if _, err := c.limiter.Reset(c.Context(), "unknown.example"); !fault.Is(err, fault.NotFound) {
			c.Errorf("reset of an unknown domain: %v", err)
		}
	})
}
