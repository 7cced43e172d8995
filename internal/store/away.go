package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgconn"
	"techfacts.dev/techfacts/internal/fault"
)

// ErrAway says that the database cannot be reached, or has broken off. It comes
// back: nothing is wrong with what was asked of it.
var ErrAway = fault.New(fault.Unavailable, "the database does not answer")

// away marks an error that says so. What ends with ctx does not.
func away(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrAway) || !broken(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

func broken(err error) bool {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(refusal.Code, "08") || // connection exceptions
			strings.HasPrefix(refusal.Code, "57P") || // it is shutting down, has crashed, or is starting
			refusal.Code == "53300" // too many connections
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}

// inTheWay tells whether a transaction was ended for the sake of another one
// (deadlock, or not serializable), and would come through if it ran again.
func inTheWay(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refusal.Code == "40P01" || refusal.Code == "40001")
}

// pause waits; false if ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// marked marks what goes wrong while rows are read.
type marked struct {
	entsql.ColumnScanner
	ctx context.Context //nolint:containedctx // of the query whose rows these are
}

// Err is that of the rows.
func (m marked) Err() error { return away(m.ctx, m.ColumnScanner.Err()) }

// query runs a query of ent on d.
func query(ctx context.Context, d dialect.Driver, text string, args, v any) error {
	err := d.Query(ctx, text, args, v)
	if rows, ok := v.(*entsql.Rows); ok && err == nil {
		rows.ColumnScanner = marked{rows.ColumnScanner, ctx}
	}
	return away(ctx, err)
}
