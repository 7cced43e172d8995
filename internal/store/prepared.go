package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// SQLite parses and plans a statement anew each time unless it is kept.
const (
	maxPrepared  = 64      // statements of one connection
	maxStatement = 2 << 10 // bytes; longer ones have lists of values, and seldom come twice
)

// preparing opens connections that keep their statements, and counts what is
// run on them.
type preparing struct {
	driver.Connector
	ran *atomic.Int64
}

// Connect opens a connection.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := opened.(connection)
	if !ok {
		return nil, errors.Join(errDriver, opened.Close())
	}
	kept, err := simplelru.NewLRU[string, *kept](maxPrepared, func(_ string, k *kept) { k.drop() })
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &prepared{c, kept, p.ran}, nil
}

// errDriver is a mistake in our own code.
var errDriver = errors.New("store: the driver of SQLite is not as this package knows it")

// connection is what the driver of SQLite opens.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// kept is a statement that may be run again once what it gave has been read.
type kept struct {
	statement
	busy, dropped bool
}

// drop closes the statement, or has it closed when it is no longer busy.
func (k *kept) drop() {
	if k.dropped = true; !k.busy {
		_ = k.Close() // there is nothing to be done about it
	}
}

// done makes room for the next run.
func (k *kept) done() {
	if k.busy = false; k.dropped {
		_ = k.Close()
	}
}

// prepared is a connection that keeps its statements. As any, it is for one
// goroutine at a time.
type prepared struct {
	connection
	kept *simplelru.LRU[string, *kept]
	ran  *atomic.Int64
}

// Close closes the connection and its statements.
func (p *prepared) Close() error {
	p.kept.Purge()
	return p.connection.Close()
}

// statement gives the statement for a query, which is busy until it is done;
// nil if it is one that is not kept, or is being run already.
func (p *prepared) statement(ctx context.Context, query string) (*kept, error) {
	p.ran.Add(1)
	if len(query) > maxStatement {
		return nil, nil //nolint:nilnil // as the contract says
	}
	if k, ok := p.kept.Get(query); ok {
		if k.busy {
			return nil, nil //nolint:nilnil // as the contract says
		}
		k.busy = true
		return k, nil
	}
	made, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := made.(statement)
	if !ok {
		return nil, errors.Join(errDriver, made.Close())
	}
	k := &kept{statement: s, busy: true}
	p.kept.Add(query, k)
	return k, nil
}

// ExecContext runs a statement that gives no rows.
func (p *prepared) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return p.connection.ExecContext(ctx, query, args)
	}
	defer k.done()
	return k.ExecContext(ctx, args)
}

// QueryContext runs a statement that gives rows.
func (p *prepared) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return p.connection.QueryContext(ctx, query, args)
	}
	found, err := k.QueryContext(ctx, args)
	if err != nil {
		k.done()
		return nil, err
	}
	r, ok := found.(rows)
	if !ok {
		err = errors.Join(errDriver, found.Close())
		k.done()
		return nil, err
	}
	return &keptRows{r, k}, nil
}

// rows are what the driver of SQLite gives.
type rows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows are those of a statement that is kept.
type keptRows struct {
	rows
	of *kept
}

// Close ends the run.
func (r *keptRows) Close() error {
	err := r.rows.Close()
	if r.of != nil {
		r.of.done()
		r.of = nil
	}
	return err
}
