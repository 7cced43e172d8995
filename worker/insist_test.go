package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
)

func TestAWriteThatIsNotAnsweredInTimeIsDoneAgainWithMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times []time.Duration
		err := (&Pool{}).insist(t.Context(), func(ctx context.Context) error {
			began := time.Now()
			if len(times) < 5 {
				<-ctx.Done()
				times = append(times, time.Since(began))
				return fmt.Errorf("begin: %w", ctx.Err())
			}
			return nil
		})
		if want := []time.Duration{saveWithin, 2 * saveWithin, 4 * saveWithin, slowSave, slowSave}; err != nil || fmt.Sprint(times) != fmt.Sprint(want) {
			t.Errorf("tries of %v, want %v: %v", times, want, err)
		}
	})
}

func TestAWriteIsDoneOnceIfItIsAnsweredOrNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopping, stop := context.WithCancel(t.Context())
		stop()
		broken := errors.New("broken")
		slowly := func(err error) func(context.Context) error {
			return func(ctx context.Context) error { <-ctx.Done(); return err }
		}
		for name, c := range map[string]struct {
			ctx   context.Context //nolint:containedctx // of the case
			write func(context.Context) error
			want  error
		}{
			"an answer":        {t.Context(), func(context.Context) error { return broken }, broken},
			"an item is lost":  {t.Context(), slowly(queue.ErrLost), queue.ErrLost},
			"stopping":         {stopping, slowly(context.DeadlineExceeded), store.ErrAway},
			"nothing is wrong": {stopping, func(context.Context) error { return nil }, nil},
		} {
			n := 0
			err := (&Pool{}).insist(c.ctx, func(ctx context.Context) error { n++; return c.write(ctx) })
			if n != 1 || !errors.Is(err, c.want) {
				t.Errorf("%s: %d tries, %v", name, n, err)
			}
		}
	})
}
