package cfn

import (
	"errors"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
)

// givenUpError says that a handler has failed: the transaction is given up with
// whatever the handler did, and repeated with the failure known.
type givenUpError struct {
	task   int
	reason string
}

func (g *givenUpError) Error() string { return g.reason }

// injected is the function that says whether a handler fails on purpose, nil if none does.
func (r *run) injected() func(logicalID string) string {
	switch r.stack.Status {
	case updateRollbackInProgress, rollbackInProgress:
		return r.opts.FailRollback
	case createInProgress, updateInProgress, importInProgress:
		return r.opts.Fail
	case deleteInProgress:
		if r.op.Type == deleteStackOperation {
			return r.opts.Fail
		}
	}
	return nil
}

// attempt runs a handler. If the handler fails, or is to fail on purpose, the error is a *givenUpError, and the repeated
// transaction finds the failure in the task.
func (r *run) attempt(id string, t *task, handle func() error) error {
	if reason, known := r.failures[t.Number]; known {
		t.Failure = reason
		return nil
	}
	if inject := r.injected(); inject != nil {
		if reason := inject(id); reason != "" {
			return &givenUpError{t.Number, reason}
		}
	}
	err := handle()
	if failure, ok := errors.AsType[*resource.HandlerError](err); ok {
		return &givenUpError{t.Number, failure.Reason}
	}
	return err
}

func (r *run) context() *resource.Context {
	return &resource.Context{
		Call: r.call, Fault: r.opts.Fault, Adoptable: r.adoptable(), TagsAfterCreation: r.opts.TagsAfterCreation,
		Owned: func(physicalID string) bool { return r.stack.logicalIDOf(physicalID) != "" },
	}
}

// adoptable tells the physical IDs that this operation is about to drop; nil
// where it drops nothing.
func (r *run) adoptable() func(physicalID string) bool {
	if r.stack.Status != updateInProgress {
		return nil
	}
	return func(physicalID string) bool {
		if slices.ContainsFunc(r.stack.Garbage, func(g *garbage) bool { return g.Resource.PhysicalID == physicalID }) {
			return true
		}
		id := r.stack.logicalIDOf(physicalID)
		if id == "" {
			return false
		}
		if _, kept := r.template.Resources[id]; !kept {
			return true
		}
		want, err := r.desired(id)
		return err == nil && r.difference(r.stack.Resources[id], want) == actReplace
	}
}
