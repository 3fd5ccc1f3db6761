package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// ResetAt is Reset on the sandbox that a server, see Address, has open.
func ResetAt(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/_sandbox/reset", http.NoBody)
	if err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	var out struct {
		Error string `json:"error"`
	}
	if err := exchange(req, &out); err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	if out.Error != "" {
		return errors.New(out.Error)
	}
	return nil
}
