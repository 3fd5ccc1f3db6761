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

// attempt runs a handler. When that fails, the failure is the task's; injectable
// ones fail when the sandbox's user wants them to.
func (r *run) attempt(id string, t *task, injectable bool, handle func() error) error {
	if reason, known := r.failures[t.Number]; known {
		t.Failure = reason
		return nil
	}
	if injectable && r.opts.Fail != nil && r.stack.Status != updateRollbackInProgress {
		if reason := r.opts.Fail(id); reason != "" {
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
		Call: r.call, Fault: r.opts.Fault, Adoptable: r.adoptable(),
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
