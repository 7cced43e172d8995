package access

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/auditentry"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	recordWithin = 5 * time.Second // what is written of a mutation that has run, or will not
	pruneEvery   = time.Hour
	pruneAtOnce  = 1000 // entries, so that no transaction is long
)

// outcomeOK is the outcome of a mutation that did what it was asked.
const outcomeOK = "OK"

// Call is a mutation that a client asks for.
type Call struct {
	Mutation string
	Input    any // as JSON has it
}

// Audit keeps who asked for which mutation, and what came of it. Each is
// written down before it runs: one that cannot be written down does not run.
type Audit struct {
	store *store.Store
	keep  time.Duration
	log   *slog.Logger
}

// NewAudit returns the audit log kept in s, in which entries stay for as long
// as keep says; for ever, if it is 0.
func NewAudit(s *store.Store, keep time.Duration, log *slog.Logger) *Audit {
	return &Audit{s, keep, log}
}

// Begin writes down that the caller of ctx asks for calls, which have not begun
// to run. UNAVAILABLE if that cannot be done: then they must not run. Once they
// have ended, end must be called with the code of each, in order, or with an
// empty one where it did what it should. That is written down even if its ctx has
// ended; if it cannot be, the entry says that nobody knows, and the log why.
func (a *Audit) Begin(ctx context.Context, requestID string, calls []Call) (end func(context.Context, []fault.Code), err error) {
	ids, err := a.write(ctx, requestID, calls, nil)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, codes []fault.Code) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
		defer cancel()
		err := a.store.Tx(ctx, func(tx *store.Tx) error {
			for i, id := range ids {
				outcome := outcomeOK
				if codes[i] != "" {
					outcome = string(codes[i])
				}
				if err := tx.Ent.AuditEntry.UpdateOneID(id).SetOutcome(outcome).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			a.log.ErrorContext(ctx, "the outcome of a mutation was not recorded", slog.String("request_id", requestID), slog.Any("error", err))
		}
	}, nil
}

// Refused writes down that calls, which are one operation, were asked for and
// will not run, with the code that the client is told: one entry with the names
// of all, so that those who may do nothing cannot fill the log. It fails in the
// log only: nothing has happened.
func (a *Audit) Refused(ctx context.Context, requestID string, calls []Call, code fault.Code) {
	outcome := string(code)
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	all := calls[0]
	if len(calls) > 1 {
		var names []string
		var inputs []any
		for _, c := range calls {
			names, inputs = append(names, c.Mutation), append(inputs, c.Input)
		}
		all = Call{strings.Join(names, ", "), inputs}
	}
	if _, err := a.write(ctx, requestID, []Call{all}, &outcome); err != nil {
		a.log.ErrorContext(ctx, "a mutation that was refused was not recorded", slog.String("request_id", requestID), slog.Any("error", err))
	}
}

func (a *Audit) write(ctx context.Context, requestID string, calls []Call, outcome *string) (ids []uuid.UUID, err error) {
	who := From(ctx).Name
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		rows := make([]*ent.AuditEntryCreate, len(calls))
		ids = make([]uuid.UUID, len(calls)) // here, for this may run again
		for i, c := range calls {
			ids[i] = schema.NewID(schema.KindAuditEntry)
			rows[i] = tx.Ent.AuditEntry.Create().SetID(ids[i]).SetWho(who).SetMutation(c.Mutation).SetInput(shorten(c.Input)).
				SetRequest(requestID).SetNillableOutcome(outcome)
		}
		return tx.Ent.AuditEntry.CreateBulk(rows...).Exec(ctx)
	})
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the audit log cannot be written, so nothing was done")
	}
	return ids, nil
}

// Run deletes what is older than it is to be kept, now and then, until ctx ends.
func (a *Audit) Run(ctx context.Context) error {
	if a.keep == 0 {
		return nil
	}
	clock := time.NewTicker(pruneEvery)
	defer clock.Stop()
	for {
		if err := a.Prune(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "the audit log was not pruned", slog.Any("error", err))
		}
		select {
		case <-clock.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Prune deletes what is older than it is to be kept.
func (a *Audit) Prune(ctx context.Context) error {
	for {
		old, err := a.store.Ent.AuditEntry.Query().Where(auditentry.AtLT(time.Now().Add(-a.keep))).
			Order(ent.Asc(auditentry.FieldAt)).Limit(pruneAtOnce).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find old entries: %w", err)
		}
		if len(old) == 0 {
			return nil
		}
		err = a.store.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Ent.AuditEntry.Delete().Where(auditentry.IDIn(old...)).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old entries: %w", err)
		}
	}
}
