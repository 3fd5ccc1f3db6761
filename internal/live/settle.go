package live

import (
	"context"
	"time"
)

// The first and the longest pause between two looks of Settle.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 2 * time.Second
)

// Settle looks until what it sees is as it should be, for the time given at most, and reports whether it is: at least once. The
// pauses between looks double. An error of look, or the end of ctx, ends it.
func Settle(ctx context.Context, within time.Duration, look func(context.Context) (bool, error)) (bool, error) {
	deadline := time.Now().Add(within)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		ok, err := look(ctx)
		if ok || err != nil {
			return ok, err
		}
		pause = min(pause, time.Until(deadline))
		if pause <= 0 {
			return false, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return false, err
		}
	}
}

// sleep waits for d or for the end of ctx, whichever comes first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
