package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"mlops-infra-suite/internal/diag"
)

// The exit codes, which scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1   // AWS or anything else
	exitUsage       = 2   // wrong usage
	exitInvalid     = 3   // config, scenario or template not valid
	exitUnlicensed  = 4   // this copy has no license
	exitInsecure    = 5   // blocked by a security error or an assertion
	exitBlocked     = 6   // blocked by a pre-flight check, or --force is missing
	exitChanges     = 10  // with --exit-code: changes or drift exist
	exitInterrupted = 130 // by a signal
)

// exitError is an error with the exit code and the word by which programs know it.
type exitError struct {
	exit int
	code string // stable, upper case: the "code" of JSON
	err  error
	hint string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }
func (e *exitError) Hint() string  { return e.hint }

// withHint sets what the user can do about it.
func (e *exitError) withHint(hint string) *exitError {
	e.hint = hint
	return e
}

// usagef is the error of a command line that is wrong. Its hint shows the way to the help; withHint sets a better one.
func usagef(format string, args ...any) *exitError {
	return &exitError{exit: exitUsage, code: "USAGE", err: fmt.Errorf(format, args...), hint: "sg-provisioner --help shows the actions and flags"}
}

// blockedf is the error of an action that a pre-flight check keeps from writing.
func blockedf(code, hint, format string, args ...any) *exitError {
	return &exitError{exit: exitBlocked, code: code, err: fmt.Errorf(format, args...), hint: hint}
}

// invalid says that what the user wrote has errors, which are in the findings.
func invalid(problems diag.List) *exitError {
	return &exitError{exit: exitInvalid, code: "INVALID", err: fmt.Errorf("the input is not valid: %s", problems.Count()), hint: "mend what the findings name"}
}

// insecure says that the checks found something that blocks.
func insecure(findings diag.List, strict bool) *exitError {
	e := &exitError{exit: exitInsecure, code: "INSECURE", err: fmt.Errorf("the rule set is blocked: %s", findings.Count())}
	e.hint = "mend the findings, or waive those that may be waived"
	if strict && !findings.HasErrors() {
		e.hint = "--strict makes warnings block"
	}
	return e
}

const codeInterrupted = "INTERRUPTED"

// interrupted makes an interruption say what it left, unless the error has a hint that says so already. begun tells whether
// changes were on their way by then.
func (e *exitError) interrupted(begun bool) *exitError {
	switch {
	case e.code != codeInterrupted || e.hint != "":
		return e
	case !begun:
		return &exitError{e.exit, e.code, fmt.Errorf("interrupted: nothing was changed"), "run the same command again"}
	default:
		return &exitError{
			e.exit, e.code, fmt.Errorf("interrupted after the changes had begun: %w", e.err), "run the same command again: it goes on where this one was",
		}
	}
}

// classify gives every error its exit code, word and hint: the one place that does.
func classify(err error) *exitError {
	if own, ok := errors.AsType[*exitError](err); ok {
		return own
	}
	e := &exitError{exit: exitFailed, code: "FAILED", err: err}
	var hinted interface{ Hint() string }
	switch {
	case errors.As(err, &hinted):
		e.hint = hinted.Hint()
	case errors.Is(err, fs.ErrPermission):
		e.hint = userHint
	}
	if errors.Is(err, context.Canceled) {
		e.exit, e.code = exitInterrupted, codeInterrupted
	}
	if errors.Is(err, context.DeadlineExceeded) {
		e.code = "TIMEOUT"
	}
	return e
}
