package cfn

import "mlops-infra-suite/internal/sandbox/wire"

// ExecuteChangeSetInput is ExecuteChangeSet's request.
type ExecuteChangeSetInput struct {
	ChangeSetName        string `aws:",required"`
	StackName            string
	ClientRequestToken   string
	DisableRollback      *bool
	RetainExceptOnCreate *bool
}

func (e *Engine) executeChangeSet(call *wire.Call, in *ExecuteChangeSetInput) (*wire.Empty, error) {
	c := constraints{}
	c.requestToken(in.ClientRequestToken)
	if err := c.err(); err != nil {
		return nil, err
	}
	cs, s, err := findChangeSet(call, in.ChangeSetName, in.StackName)
	if err != nil {
		return nil, err
	}
	if !cs.active() && in.ClientRequestToken != "" && cs.Execution == in.ClientRequestToken {
		return nil, nil // a repeated request
	}
	if err := cs.executable(s); err != nil {
		return nil, err
	}
	onFailure := cs.OnStackFailure
	if in.DisableRollback != nil {
		if onFailure != "" {
			return nil, validation("DisableRollback cannot be used together with the change set's OnStackFailure")
		}
		onFailure = rollbackUnless(*in.DisableRollback)
	}
	cs.ExecutionStatus, cs.Execution = executeInProgress, in.ClientRequestToken
	cs.put(call)
	// Documented: the others no longer fit the stack.
	s.dropChangeSets(call, func(other *changeSet) bool { return other.UUID != cs.UUID })
	s.ChangeSetID = cs.ID
	e.deploy(call, s, cs.Deployment, &operation{
		Token: in.ClientRequestToken, ChangeSet: cs.key(), OnFailure: onFailure, Import: cs.Import, ImportOnly: cs.Type == changeSetImport,
		RetainExceptOnCreate: isTrue(in.RetainExceptOnCreate), Verdict: verdict{Invalid: cs.Invalid},
	})
	return nil, nil
}

// executable is nil if the change set can be executed now, by its own status and by that of its stack.
func (cs *changeSet) executable(s *stack) error {
	invalid := func(what, status string) error {
		return wire.Errorf("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current %s of [%s]", cs.ID, what, status)
	}
	switch {
	case cs.Status != createComplete:
		return invalid("status", cs.Status)
	case cs.ExecutionStatus != available:
		return invalid("execution status", cs.ExecutionStatus)
	case s.Status != reviewInProgress && !s.updatable():
		return cannotUpdate(s)
	}
	return nil
}

func rollbackUnless(disabled bool) string {
	if disabled {
		return onFailureDoNothing
	}
	return onFailureRollback
}

// DeleteChangeSetInput is DeleteChangeSet's request.
type DeleteChangeSetInput struct {
	ChangeSetName string `aws:",required"`
	StackName     string
}

func (e *Engine) deleteChangeSet(call *wire.Call, in *DeleteChangeSetInput) (*wire.Empty, error) {
	cs, _, err := findChangeSet(call, in.ChangeSetName, in.StackName)
	switch {
	case wire.IsCode(err, "ChangeSetNotFound"):
		return nil, nil // what isn't there is deleted
	case err != nil:
		return nil, err
	case cs.ExecutionStatus == executeInProgress:
		return nil, wire.Errorf("InvalidChangeSetStatus",
			"ChangeSet [%s] cannot be deleted in its current execution status of [%s]", cs.ID, cs.ExecutionStatus)
	}
	cs.drop(call)
	return nil, nil
}
