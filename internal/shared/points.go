package shared

import (
	"context"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"
)

// maxCallers is how many callers a process counts for itself. One that is
// forgotten begins anew.
const maxCallers = 10_000

// Points is what each caller may spend in a minute: a bucket that holds so many
// and is filled evenly.
type Points struct {
	perMinute int
	redis     *Redis
	limiter   *redis_rate.Limiter
	local     *lru.Cache[string, *rate.Limiter]
	trying    sync.Mutex // a reservation that is given back is so in full only if no other came in between
}

// NewPoints counts in r, so that all processes that use it count together; r
// may be nil.
func NewPoints(perMinute int, r *Redis) *Points {
	local, err := lru.New[string, *rate.Limiter](maxCallers)
	if err != nil {
		panic(err) // cannot happen: the size is positive
	}
	p := &Points{perMinute: perMinute, redis: r, local: local}
	if r != nil {
		p.limiter = redis_rate.NewLimiter(r.client)
	}
	return p
}

// Spend takes points from what the caller of that name has, or, if it has not so many, takes
// none and tells how long to wait. More than it can ever have at a time costs all of that.
func (p *Points) Spend(ctx context.Context, who string, points int) (wait time.Duration) {
	points = min(points, p.perMinute)
	var result *redis_rate.Result
	counted := p.redis.try(ctx, func(ctx context.Context, _ *redis.Client) (err error) {
		result, err = p.limiter.AllowN(ctx, prefix+who, redis_rate.PerMinute(p.perMinute), points)
		return err
	})
	if counted {
		return max(0, result.RetryAfter)
	}
	return p.spendHere(who, points)
}

func (p *Points) spendHere(who string, points int) time.Duration {
	bucket := rate.NewLimiter(rate.Limit(float64(p.perMinute)/time.Minute.Seconds()), p.perMinute)
	if other, ok, _ := p.local.PeekOrAdd(who, bucket); ok {
		bucket = other
		p.local.Get(who) // it is in use
	}
	p.trying.Lock()
	defer p.trying.Unlock()
	now := time.Now()
	r := bucket.ReserveN(now, points)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
