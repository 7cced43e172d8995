package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"techfacts.dev/techfacts/internal/store"
)

// readWithin is the time for one question to the database. It is less than a
// worker may be silent for before it counts as dead.
const readWithin = 8 * time.Second

// within asks the database something. One that says nothing is away: else who
// has no deadline of its own would wait for ever.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	limited, done := context.WithTimeout(ctx, readWithin)
	defer done()
	answer, err := ask(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", store.ErrAway, err)
	}
	return answer, err
}

// patiently is within for who has read something of the web already, which is
// not to be asked for again: it asks until the database answers, or until ctx
// ends.
func patiently[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for {
		answer, err := within(ctx, ask)
		if !errors.Is(err, store.ErrAway) {
			return answer, err
		}
		timer := time.NewTimer(tryEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer, err
		}
	}
}
