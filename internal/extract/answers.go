package extract

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/answer"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Answers keeps what models proposed, so that the same question is paid once. It
// is the only writer of answers. They are a memory, not truth: what it cannot
// read or keep is asked again.
type Answers struct {
	store *store.Store
	keep  time.Duration
	log   *slog.Logger
}

// NewAnswers keeps answers in s for so long; for no time at all if that is 0.
func NewAnswers(s *store.Store, keep time.Duration, log *slog.Logger) *Answers {
	return &Answers{s, keep, log}
}

// How long to wait for the database, and how often to forget.
const (
	answerWithin = 8 * time.Second
	forgetEvery  = time.Hour
	forgetAtOnce = 500
)

// find gives the answer to the question of a key.
func (a *Answers) find(ctx context.Context, key string) (reading, bool) {
	if a == nil || a.keep == 0 {
		return reading{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	row, err := a.store.Ent.Answer.Query().Where(answer.ID(key), answer.AtGT(time.Now().Add(-a.keep))).Only(ctx)
	if err != nil {
		if !ent.IsNotFound(err) {
			a.log.WarnContext(ctx, "a model's answer could not be looked up", slog.Any("error", err))
		}
		return reading{}, false
	}
	return reading{proposals: row.Proposals, unreadable: row.Unreadable, whole: true}, true
}

// put keeps an answer. It is paid for, so it is kept though ctx ends.
func (a *Answers) put(ctx context.Context, key string, r reading) {
	if a == nil || a.keep == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	if r.proposals == nil {
		r.proposals = []schema.Proposal{}
	}
	err := a.store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Ent.Answer.Create().SetID(key).SetProposals(r.proposals).SetUnreadable(r.unreadable).
			OnConflictColumns(answer.FieldID).UpdateNewValues().Exec(ctx)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		a.log.WarnContext(ctx, "a model's answer could not be kept", slog.Any("error", err))
	}
}

// Run forgets what is old, now and then, until ctx ends.
func (a *Answers) Run(ctx context.Context) error {
	clock := time.NewTicker(forgetEvery)
	defer clock.Stop()
	for {
		if err := a.Forget(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "old answers of models were not deleted", slog.Any("error", err))
		}
		select {
		case <-clock.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Forget deletes what is older than it is to be kept.
func (a *Answers) Forget(ctx context.Context) error {
	for {
		old, err := a.store.Ent.Answer.Query().Where(answer.AtLT(time.Now().Add(-a.keep))).Order(ent.Asc(answer.FieldAt)).Limit(forgetAtOnce).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find old answers: %w", err)
		}
		if len(old) == 0 {
			return nil
		}
		err = a.store.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Ent.Answer.Delete().Where(answer.IDIn(old...)).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old answers: %w", err)
		}
	}
}
