package worker

import (
	"context"
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
