package shared

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// keptFor is how long a query is kept after it was asked for last.
const keptFor = 24 * time.Hour

// Keys of queries, and the one of their hashes by when they were asked for.
const (
	queryKey  = prefix + "query/"
	hashesKey = prefix + "queries"
)

// Queries are persisted queries that processes share. Of each that was kept,
// those that were asked for last are there.
type Queries struct {
	redis *Redis
	most  int
}

// NewQueries keeps at most so many queries in r.
func NewQueries(most int, r *Redis) *Queries { return &Queries{r, most} }

//nolint:gochecknoglobals // fixed text, and its hash
var keep = redis.NewScript(`
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local over = redis.call('ZCARD', KEYS[1]) - ARGV[5]
if over > 0 then
	for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, over - 1)) do
		redis.call('DEL', ARGV[6] .. hash)
	end
	redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1)
end
`)

//nolint:gochecknoglobals // fixed text, and its hash
var find = redis.NewScript(`
local query = redis.call('GET', KEYS[2])
if query then
	redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return query
`)

// Query finds a query by its hash. It is not checked to be the one that was
// kept: others may write to that Redis.
func (q *Queries) Query(ctx context.Context, hash string) (query string, ok bool) {
	q.redis.try(ctx, func(ctx context.Context, c *redis.Client) (err error) {
		query, err = find.Run(ctx, c, []string{hashesKey, queryKey + hash}, time.Now().UnixMicro(), hash, keptFor.Milliseconds()).Text()
		ok = err == nil
		return err
	})
	return query, ok
}

// Keep keeps a query under its hash.
func (q *Queries) Keep(ctx context.Context, hash, query string) {
	q.redis.try(ctx, func(ctx context.Context, c *redis.Client) error {
		return keep.Run(ctx, c, []string{hashesKey, queryKey + hash},
			time.Now().UnixMicro(), hash, query, keptFor.Milliseconds(), q.most, queryKey).Err()
	})
}
