package cfn

import (
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// This file is what a caller can do about an update that is under way or has failed. The wording of its errors is assumed
// unless a comment says otherwise.

// CancelUpdateStackInput is CancelUpdateStack's request.
type CancelUpdateStackInput struct {
	StackName          string `aws:",required"`
	ClientRequestToken string
}

// cancelUpdateStack makes an update roll back from where it is (the error is reported).
func (e *Engine) cancelUpdateStack(call *wire.Call, in *CancelUpdateStackInput) (*wire.Empty, error) {
	s, repeated, err := stackToRecover(call, in.StackName, in.ClientRequestToken)
	switch {
	case err != nil || repeated:
		return nil, err
	case s.Status != updateInProgress:
		return nil, validation("CancelUpdateStack cannot be called from current stack status")
	}
	r := &run{Engine: e, call: call, stack: s, op: s.Operation}
	if err := r.load(); err != nil {
		return nil, err
	}
	if in.ClientRequestToken != "" {
		r.op.Token = in.ClientRequestToken
	}
	s.LastToken, s.LastAction = in.ClientRequestToken, call.Action
	if err := r.cancelTasks(); err != nil {
		return nil, err
	}
	if r.op.Previous == nil { // an update of a creation that had failed
		r.finish(updateFailed, "User Initiated", false)
	} else if err := r.goBack("User Initiated"); err != nil {
		return nil, err
	}
	s.put(call)
	e.wake(call, pendingStack, s.UUID)
	return nil, nil
}

// stackToRecover finds a stack that is not deleted, and says whether the request has been carried out before.
func stackToRecover(call *wire.Call, name, token string) (s *stack, repeated bool, err error) {
	c := constraints{}
	c.requestToken(token)
	if err := c.err(); err != nil {
		return nil, false, err
	}
	s = findStack(call, name)
	if s == nil || s.Status == deleteComplete {
		return nil, false, noSuchStack(name)
	}
	return s, token != "" && token == s.LastToken && call.Action == s.LastAction, nil
}

// ContinueUpdateRollbackInput is ContinueUpdateRollback's request.
type ContinueUpdateRollbackInput struct {
	StackName          string `aws:",required"`
	ClientRequestToken string
	ResourcesToSkip    []string
	ForceRollback      *bool
}

// continueUpdateRollback tries again to go back to what was stable, without the
// resources to skip.
func (e *Engine) continueUpdateRollback(call *wire.Call, in *ContinueUpdateRollbackInput) (*wire.Empty, error) {
	s, repeated, err := stackToRecover(call, in.StackName, in.ClientRequestToken)
	switch {
	case err != nil || repeated:
		return nil, err
	case s.Status != updateRollbackFailed:
		return nil, validation("Stack:%s is in %s state and can not continue update rollback.", s.ID, s.Status)
	case isTrue(in.ForceRollback) && len(in.ResourcesToSkip) > 0:
		return nil, validation("ForceRollback and ResourcesToSkip cannot be specified together")
	}
	skip := in.ResourcesToSkip
	if isTrue(in.ForceRollback) {
		skip = slices.DeleteFunc(slices.Sorted(maps.Keys(s.Resources)), func(id string) bool { return !s.skippable(id) })
	}
	for _, id := range skip {
		if !s.skippable(id) {
			return nil, validation("The following resource to skip is not in the UPDATE_FAILED state because of a failed rollback: [%s]", id)
		}
	}
	e.begin(call, s, &operation{Type: continueOperation, Token: in.ClientRequestToken, Skip: skip},
		updateRollbackInProgress)
	return nil, nil
}

// skippable tells a resource whose own rollback has failed (documented: not
// one whose update has, or was cancelled).
func (s *stack) skippable(id string) bool {
	r := s.Resources[id]
	return r != nil && r.Status == updateFailed && r.RollbackFailed
}

// RollbackStackInput is RollbackStack's request.
type RollbackStackInput struct {
	StackName            string `aws:",required"`
	ClientRequestToken   string
	RetainExceptOnCreate *bool
}

// rollbackStack rolls back an operation that has failed and was left as it was. A stack without a stable state to return to is
// emptied (documented).
func (e *Engine) rollbackStack(call *wire.Call, in *RollbackStackInput) (*StackOutput, error) {
	s, repeated, err := stackToRecover(call, in.StackName, in.ClientRequestToken)
	switch {
	case err != nil:
		return nil, err
	case repeated:
		return s.output(), nil
	case s.Status != createFailed && s.Status != updateFailed:
		return nil, validation("Stack:%s is in %s state and can not be rolled back. Stack must be in one of [%s].",
			s.ID, s.Status, strings.Join([]string{createFailed, updateFailed}, ", "))
	}
	op := &operation{
		Type: rollbackOperation, Token: in.ClientRequestToken, RetainExceptOnCreate: isTrue(in.RetainExceptOnCreate),
	}
	s.outdate(call)
	if s.Stable == nil {
		s.Deleted = &call.Now
		e.begin(call, s, op, rollbackInProgress)
		return s.output(), nil
	}
	s.restore(s.Stable)
	e.begin(call, s, op, updateRollbackInProgress)
	return s.output(), nil
}
