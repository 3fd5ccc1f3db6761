package license

import (
	"context"
	"fmt"
	"time"
)

// limit is the longest time that a check may take, throttling included.
const limit = 30 * time.Second

// Options are what a check takes from the run of the program.
type Options struct {
	Getenv  func(string) string
	Profile string // of the AWS configuration, for a contract: whose license it is. A task is registered as itself
}

// Error is a refusal.
type Error struct {
	Text   string // one line: why
	Remedy string // one line: what to do
	Err    error  // what caused it, if anything did
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what the user can do about it.
func (e *Error) Hint() string { return e.Remedy }

// Check returns nil where this copy may run, an *Error where it may not, and the error of the context where that has ended
// before the answer. In a source build it does nothing.
func Check(ctx context.Context, opt Options) error {
	b, err := linked()
	if err != nil {
		return err
	}
	if b.mode == None {
		return nil
	}
	return b.check(ctx, func(ctx context.Context) (connection, error) { return connect(ctx, b.mode, opt) })
}

// check asks AWS through the connection that dial makes.
func (b build) check(ctx context.Context, dial func(context.Context) (connection, error)) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := dial(bounded)
	if err == nil {
		err = b.ask(bounded, c)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // interrupted: no answer either way, and nobody waits for one
		return fmt.Errorf("check license: %w", context.Cause(ctx))
	default:
		return refusal(b.mode, c.region, err)
	}
}
