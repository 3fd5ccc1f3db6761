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

// Settle looks until what it sees is as it should be, for the time given at most, and reports whether it is. The pauses
// between looks double. An error of look ends it.
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
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false, ctx.Err()
		case <-timer.C:
		}
	}
}
