package store

import (
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool is how connections to the database are used.
type Pool struct {
	Max, Open, Busy int
	Waits           int64         // for a connection, since the start
	Waited          time.Duration // in all of them
}

// Pools tells of each pool of connections by its name: shared with PostgreSQL;
// read and write with SQLite.
func (s *Store) Pools() map[string]Pool {
	pools := make(map[string]Pool, len(s.pools))
	for name, stats := range s.pools {
		pools[name] = stats()
	}
	return pools
}

func ofPgx(s *pgxpool.Stat) Pool {
	return Pool{
		Max: int(s.MaxConns()), Open: int(s.TotalConns()), Busy: int(s.AcquiredConns()),
		Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
	}
}

func ofSQL(s sql.DBStats) Pool {
	return Pool{Max: s.MaxOpenConnections, Open: s.OpenConnections, Busy: s.InUse, Waits: s.WaitCount, Waited: s.WaitDuration}
}
