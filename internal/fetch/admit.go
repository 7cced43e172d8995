package fetch

import (
	"context"
	"fmt"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/ratelimit"
	"techfacts.dev/techfacts/internal/store"
)

// Admit takes the next turn at domain for one request that did not wait in the
// queue, and waits for it. It fails with [fault.Limited], and takes nothing, if
// that is more than ten seconds away, or later than ctx ends.
func (l *Limiter) Admit(ctx context.Context, domain string) error {
	var wait time.Duration
	err := l.store.Tx(ctx, func(tx *store.Tx) error {
		if err := l.create(ctx, tx, domain); err != nil {
			return err
		}
		query := tx.Ent.RateLimit.Query().Where(ratelimit.Domain(domain))
		if tx.Postgres() {
			query.ForUpdate()
		}
		row, err := query.Only(ctx)
		if err != nil {
			return fmt.Errorf("read rate limit: %w", err)
		}
		now := l.now()
		at := l.opens(row, now)
		if at.Before(now) {
			at = now
		}
		if l.left(row, now) <= 0 {
			at = midnight(now)
		}
		wait = at.Sub(now)
		if deadline, ok := ctx.Deadline(); wait > maxAdmit || ok && time.Until(deadline) < wait {
			return tooFar(domain, wait)
		}
		return l.count(ctx, tx, row, 1, now, at.Add(l.delay(row)))
	})
	if err != nil || wait == 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Outlook tells what domain allows from now on.
func (l *Limiter) Outlook(ctx context.Context, domain string) (Outlook, error) {
	row, err := l.store.Ent.RateLimit.Query().Where(ratelimit.Domain(domain)).Only(ctx)
	if ent.IsNotFound(err) {
		row = &ent.RateLimit{}
	} else if err != nil {
		return Outlook{}, fmt.Errorf("read rate limit: %w", err)
	}
	now := l.now()
	o := Outlook{
		Delay: max(l.usual(row, (l.pace.DelayMin+l.pace.DelayMax)/2), milliseconds(row.AdaptiveDelayMs)), Concurrency: or(row.Concurrency, l.pace.Concurrency),
		Left: max(0, l.left(row, now)), Daily: or(row.DailyLimit, l.pace.DailyLimit), Midnight: midnight(now).Sub(now),
	}
	if wait := l.opens(row, now).Sub(now); wait > 0 && o.Left > 0 {
		o.Wait = wait
	}
	return o, nil
}

// Outlook is what a domain allows in the time to come.
type Outlook struct {
	Wait        time.Duration // until the next request
	Delay       time.Duration // between two, on average
	Concurrency int
	Left, Daily int           // requests of today, and of a day
	Midnight    time.Duration // until the day ends
}

// Takes is about how long n requests take, if each is answered in a second.
func (o Outlook) Takes(n int) time.Duration {
	if n <= 0 {
		return 0
	}
	each := max(o.Delay, time.Second/time.Duration(max(1, o.Concurrency)))
	if n <= o.Left {
		return o.Wait + time.Duration(n)*each
	}
	rest := n - o.Left
	if o.Daily <= 0 {
		return maxEstimate
	}
	days := (rest - 1) / o.Daily
	return min(maxEstimate, o.Midnight+time.Duration(days)*24*time.Hour+time.Duration(rest-days*o.Daily)*each)
}

// maxEstimate stands for never.
const maxEstimate = 10 * 365 * 24 * time.Hour
