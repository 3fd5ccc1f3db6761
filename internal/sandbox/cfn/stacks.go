package cfn

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// OperationEntry names an operation of a stack.
type OperationEntry struct {
	OperationType string
	OperationId   string
}

// deploy starts the operation that turns the stack into what is wanted.
func (e *Engine) deploy(call *wire.Call, s *stack, want deployment, op *operation) {
	if op.OnFailure == "" {
		op.OnFailure = onFailureRollback
	}
	previous := s.Deployment
	s.Deployment, s.DisableRollback = want, op.OnFailure == onFailureDoNothing
	s.RetainExceptOnCreate = op.RetainExceptOnCreate
	updated := call.Now
	creates, status := s.Status == "" || s.Status == reviewInProgress, updateInProgress
	if creates {
		status = createInProgress
	}
	if op.ImportOnly {
		status = importInProgress
	}
	if creates {
		op.Type = createStackOperation
		if s.Status == reviewInProgress {
			s.Updated = &updated // AWS counts the execution of a change set as an update
		}
		e.begin(call, s, op, status)
		return
	}
	op.Type, s.Updated = updateStackOperation, &updated
	switch s.Status {
	case updateFailed:
		op.Previous = s.Stable
	case createFailed: // nothing to go back to
	default:
		op.Previous = &previous
	}
	e.begin(call, s, op, status)
}

// CreateStackInput is CreateStack's request.
type CreateStackInput struct {
	StackName string `aws:",required"`
	Source
	Parameters                  []Parameter
	Capabilities                []string
	Tags                        []Tag
	NotificationARNs            []string
	ClientRequestToken          string
	DisableRollback             *bool
	DisableValidation           *bool
	OnFailure                   string
	RetainExceptOnCreate        *bool
	EnableTerminationProtection *bool
}

// StackOutput is the response of CreateStack and UpdateStack.
type StackOutput struct {
	StackId     string
	OperationId string
}

func (e *Engine) createStack(call *wire.Call, in *CreateStackInput) (*StackOutput, error) {
	c := constraints{}
	c.newStackName(in.StackName)
	c.requestToken(in.ClientRequestToken)
	c.onFailure("onFailure", in.OnFailure)
	c.tags(in.Tags)
	c.capabilities(in.Capabilities)
	if err := c.err(); err != nil {
		return nil, err
	}
	onFailure := in.OnFailure
	if in.DisableRollback != nil {
		if onFailure != "" {
			return nil, validation("Only one of DisableRollback and OnFailure can be specified")
		}
		onFailure = rollbackUnless(*in.DisableRollback)
	}
	s := findStack(call, in.StackName)
	switch {
	case s == nil:
		if err := checkStackLimit(call); err != nil {
			return nil, err
		}
		s = newStack(call, in.StackName)
	case s.repeats(createStackOperation, in.ClientRequestToken):
		return s.output(), nil
	case s.Status == reviewInProgress:
		s.Status = "" // as if it weren't there, but for its ID
	default:
		return nil, wire.Errorf("AlreadyExistsException", "Stack [%s] already exists", s.Name)
	}
	want, t, err := e.deployment(call, Wanted{
		Source: in.Source, Parameters: in.Parameters, Capabilities: in.Capabilities, Tags: in.Tags, NotificationARNs: in.NotificationARNs,
	}, s)
	if err != nil {
		return nil, err
	}
	compared, err := e.compare(call, s, t, want, importing{})
	if err != nil {
		return nil, err
	}
	s.outdate(call)
	s.TerminationProtection = isTrue(in.EnableTerminationProtection)
	s.Frozen = in.OnFailure == onFailureDoNothing
	e.deploy(call, s, want, &operation{
		Token: in.ClientRequestToken, OnFailure: onFailure, RetainExceptOnCreate: isTrue(in.RetainExceptOnCreate),
		Direct: true, Verdict: compared.verdict.unless(in.DisableValidation),
	})
	return s.output(), nil
}

// repeats reports whether the request has been carried out before and its answer was lost.
func (s *stack) repeats(operationType, token string) bool {
	return token != "" && token == s.LastToken && s.LastOperation.OperationType == operationType
}

func (s *stack) output() *StackOutput {
	return &StackOutput{StackId: s.ID, OperationId: s.LastOperation.OperationId}
}

// UpdateStackInput is UpdateStack's request.
type UpdateStackInput struct {
	StackName string `aws:",required"`
	Wanted
	ClientRequestToken   string
	DisableRollback      *bool
	DisableValidation    *bool
	RetainExceptOnCreate *bool
}

func (e *Engine) updateStack(call *wire.Call, in *UpdateStackInput) (*StackOutput, error) {
	c := constraints{}
	c.requestToken(in.ClientRequestToken)
	c.tags(in.Tags)
	c.capabilities(in.Capabilities)
	if err := c.err(); err != nil {
		return nil, err
	}
	s := findStack(call, in.StackName)
	switch {
	case s == nil || s.Status == deleteComplete:
		return nil, noSuchStack(in.StackName)
	case s.repeats(updateStackOperation, in.ClientRequestToken):
		return s.output(), nil
	case !s.updatable():
		return nil, cannotUpdate(s)
	}
	want, t, err := e.deployment(call, in.Wanted, s)
	if err != nil {
		return nil, err
	}
	compared, err := e.compare(call, s, t, want, importing{})
	if err != nil {
		return nil, err
	}
	if !compared.changesAnything() && isComplete(s.Status) {
		return nil, validation("No updates are to be performed.")
	}
	s.outdate(call)
	e.deploy(call, s, want, &operation{
		Token: in.ClientRequestToken, OnFailure: rollbackUnless(isTrue(in.DisableRollback)),
		RetainExceptOnCreate: isTrue(in.RetainExceptOnCreate),
		Direct:               true, Verdict: compared.verdict.unless(in.DisableValidation),
	})
	return s.output(), nil
}

// DeleteStackInput is DeleteStack's request.
type DeleteStackInput struct {
	StackName          string `aws:",required"`
	RetainResources    []string
	ClientRequestToken string
	DeletionMode       string
}

func (e *Engine) deleteStack(call *wire.Call, in *DeleteStackInput) (*wire.Empty, error) {
	c := constraints{}
	c.requestToken(in.ClientRequestToken)
	if in.DeletionMode != "" {
		c.Enum("deletionMode", in.DeletionMode, "STANDARD", "FORCE_DELETE_STACK")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	s := findStack(call, in.StackName)
	if s == nil || s.Status == deleteComplete || s.Status == deleteInProgress {
		return nil, nil // what isn't there is deleted
	}
	if err := s.deletable(in.RetainResources); err != nil {
		return nil, err
	}
	force := in.DeletionMode == "FORCE_DELETE_STACK"
	if force && s.Status != deleteFailed { // assumed wording
		return nil, validation("Invalid operation on stack [%s]. Specify the deletion mode FORCE_DELETE_STACK only when the "+
			"current stack state is DELETE_FAILED.", s.ID)
	}
	if s.Operation != nil { // deleting a stack cancels its creation
		s.Operation.endChangeSet(call, false)
		s.conclude(call, s.Operation.ID, false)
	}
	s.Deleted, s.DeletionMode = &call.Now, in.DeletionMode
	e.begin(call, s, &operation{
		Type: deleteStackOperation, Token: in.ClientRequestToken, Retain: in.RetainResources, Force: force, Before: s.Status,
	}, deleteInProgress)
	return nil, nil
}

// deletable is nil if the stack can be deleted now, while the resources named in retain are kept.
func (s *stack) deletable(retain []string) error {
	if s.TerminationProtection {
		return validation("Stack [%s] cannot be deleted while TerminationProtection is enabled", s.Name)
	}
	if isInProgress(s.Status) && !slices.Contains([]string{createInProgress, rollbackInProgress, reviewInProgress}, s.Status) {
		return validation("Stack [%s] cannot be deleted while in status %s", s.ID, s.Status)
	}
	if len(retain) == 0 {
		return nil
	}
	if s.Status != deleteFailed {
		return validation("Invalid operation on stack [%s]. Specify resources to retain only when the current stack state "+
			"is DELETE_FAILED.", s.ID)
	}
	unknown := slices.DeleteFunc(slices.Clone(retain), func(id string) bool {
		r := s.Resources[id]
		return r != nil && r.Status == deleteFailed
	})
	if len(unknown) > 0 {
		return validation("The specified resources to retain must be in a valid state, DELETE_FAILED: [%s]", strings.Join(unknown, ", "))
	}
	return nil
}

// UpdateTerminationProtectionInput is UpdateTerminationProtection's request.
type UpdateTerminationProtectionInput struct {
	StackName                   string `aws:",required"`
	EnableTerminationProtection bool   `aws:",required"`
}

// UpdateTerminationProtectionOutput is UpdateTerminationProtection's response.
type UpdateTerminationProtectionOutput struct{ StackId string }

func (e *Engine) updateTerminationProtection(
	call *wire.Call, in *UpdateTerminationProtectionInput,
) (*UpdateTerminationProtectionOutput, error) {
	s := findStack(call, in.StackName)
	if s == nil || s.Status == deleteComplete {
		return nil, noSuchStack(in.StackName)
	}
	s.TerminationProtection = in.EnableTerminationProtection
	s.put(call)
	return &UpdateTerminationProtectionOutput{StackId: s.ID}, nil
}
