package cli

import (
	"context"
	"errors"

	"mlops-infra-suite/internal/license"
)

// licensed returns nil where this copy of the tool may run. Every action begins with it.
func (s *session) licensed(ctx context.Context) error {
	err := license.Check(ctx, license.Options{Getenv: s.app.env.getenv, Profile: s.app.opt.profile})
	if refused, ok := errors.AsType[*license.Error](err); ok {
		return &exitError{exit: exitUnlicensed, code: "NOT_LICENSED", err: refused, hint: refused.Hint()}
	}
	return err
}
