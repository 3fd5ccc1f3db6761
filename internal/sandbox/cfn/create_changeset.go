package cfn

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// CreateChangeSetInput is CreateChangeSet's request.
type CreateChangeSetInput struct {
	StackName     string `aws:",required"`
	ChangeSetName string `aws:",required"`
	Wanted
	ChangeSetType           string
	ClientToken             string
	Description             string
	IncludeNestedStacks     *bool
	ImportExistingResources *bool
	OnStackFailure          string
	ResourcesToImport       []ResourceToImport
	DisableValidation       *bool
}

// CreateChangeSetOutput is CreateChangeSet's response.
type CreateChangeSetOutput struct {
	Id      string
	StackId string
}

// check holds the request to CloudFormation's constraints that need no look at the stack.
func (in *CreateChangeSetInput) check() error {
	c := constraints{}
	if !strings.HasPrefix(in.StackName, "arn:") {
		c.newStackName(in.StackName)
	}
	c.changeSetName(in.ChangeSetName)
	if in.ChangeSetType != "" {
		c.Enum("changeSetType", in.ChangeSetType, "CREATE", "UPDATE", changeSetImport)
	}
	c.Length("description", in.Description, 0, maxDescription)
	c.Length("clientToken", in.ClientToken, 0, maxName)
	c.onFailure("onStackFailure", in.OnStackFailure)
	c.tags(in.Tags)
	c.capabilities(in.Capabilities)
	if err := c.err(); err != nil {
		return err
	}
	switch {
	case in.ChangeSetType == changeSetImport && isTrue(in.ImportExistingResources): // assumed
		return validation("ImportExistingResources is not allowed with the change set type IMPORT")
	case isTrue(in.IncludeNestedStacks):
		return validation("Nested stacks are not supported by this sandbox")
	case in.OnStackFailure == onFailureDelete && in.ChangeSetType != "CREATE":
		return validation("OnStackFailure DELETE is only valid for change sets of type CREATE")
	}
	return nil
}

func (e *Engine) createChangeSet(call *wire.Call, in *CreateChangeSetInput) (*CreateChangeSetOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s, err := changeSetStack(call, in)
	if err != nil {
		return nil, err
	}
	for _, cs := range s.changeSets(call) {
		if cs.Name != in.ChangeSetName || !cs.active() {
			continue
		}
		if in.ClientToken != "" && cs.Token == in.ClientToken {
			return &CreateChangeSetOutput{Id: cs.ID, StackId: s.ID}, nil // a repeated request
		}
		return nil, wire.Errorf("AlreadyExistsException", "ChangeSet %s already exists", in.ChangeSetName)
	}
	cs, err := e.newChangeSet(call, in, s)
	if err != nil {
		return nil, err
	}
	cs.put(call)
	s.record(call, history{ID: cs.Operation, Type: createChangeSetOperation, Token: in.ClientToken, ChangeSet: cs.UUID})
	e.wake(call, pendingChangeSet, cs.key())
	return &CreateChangeSetOutput{Id: cs.ID, StackId: s.ID}, nil
}

// newChangeSet checks what a change set asks for.
func (e *Engine) newChangeSet(call *wire.Call, in *CreateChangeSetInput, s *stack) (*changeSet, error) {
	want, t, err := e.deployment(call, in.Wanted, s)
	if err != nil {
		return nil, err
	}
	toImport, err := e.toImport(call, in, s, t)
	if err != nil {
		return nil, err
	}
	c, err := e.compare(call, s, t, want, importing{toImport, isTrue(in.ImportExistingResources)})
	if err != nil {
		return nil, err
	}
	if in.ChangeSetType == changeSetImport {
		if err := c.checkImport(); err != nil {
			return nil, err
		}
	}
	uuid := call.NewUUID()
	return &changeSet{
		Number: call.Tx.Sequence("cfn.change-set"),
		UUID:   uuid, ID: call.ARN("cloudformation", "changeSet/"+in.ChangeSetName+"/"+uuid), Name: in.ChangeSetName,
		Stack: s.UUID, Type: in.ChangeSetType, Token: in.ClientToken, Description: in.Description,
		Operation: call.NewUUID(), Caller: call.Caller, OnStackFailure: in.OnStackFailure, Status: createPending, ExecutionStatus: unavailable,
		Created: call.Now, Deployment: want, Import: toImport, ImportExisting: isTrue(in.ImportExistingResources),
		Unvalidated: isTrue(in.DisableValidation),
	}, nil
}

// changeSetStack is the stack that a change set is for. One of type CREATE
// makes it, to be reviewed, and so does one of type IMPORT where there is none.
func changeSetStack(call *wire.Call, in *CreateChangeSetInput) (*stack, error) {
	s := findStack(call, in.StackName)
	creates := in.ChangeSetType == "CREATE" ||
		in.ChangeSetType == changeSetImport && (s == nil || s.Status == reviewInProgress)
	if !creates {
		switch {
		case s == nil || s.Status == deleteComplete:
			return nil, noSuchStack(in.StackName)
		case !s.updatable():
			return nil, cannotUpdate(s)
		}
		return s, nil
	}
	switch {
	case s == nil && strings.HasPrefix(in.StackName, "arn:"):
		return nil, noSuchStack(in.StackName)
	case s == nil:
		if err := checkStackLimit(call); err != nil {
			return nil, err
		}
		s = newStack(call, in.StackName)
		s.enter(call, reviewInProgress, "User Initiated")
		s.put(call)
	case s.Status != reviewInProgress:
		return nil, validation("Stack [%s] already exists and cannot be created again with the changeSet [%s].",
			s.Name, in.ChangeSetName)
	}
	return s, nil
}

// advanceChangeSet works a change set out, after the latency.
func (e *Engine) advanceChangeSet(call *wire.Call, key string) (next time.Time, finished bool, err error) {
	cs := getChangeSet(call, key)
	if cs == nil || cs.Status != createPending && cs.Status != createInProgress {
		return next, true, nil // deleted meanwhile
	}
	call.Caller = cs.Caller
	if cs.Status == createPending {
		cs.Status, cs.Due = createInProgress, call.Now
		if e.opts.Latency != nil {
			cs.Due = cs.Due.Add(e.opts.Latency())
		}
	}
	if cs.Due.After(call.Now) {
		cs.put(call)
		return cs.Due, false, nil
	}
	if err := e.workOut(call, cs); err != nil {
		modelled, ok := errors.AsType[*wire.Error](err)
		if !ok {
			return next, false, err
		}
		cs.fail(modelled.Message)
	}
	cs.put(call)
	if s, ok := store.Get[*stack](call.Tx, stackTable, call.Key(cs.Stack)); ok {
		s.conclude(call, cs.Operation, cs.Status == createComplete)
	}
	return next, true, nil
}

// workOut finds the changes of a change set that has just been created. The change set ends as available, or as failed with the
// reason: something that is missing from the account, nothing to change, a finding of the validation, a hook.
func (e *Engine) workOut(call *wire.Call, cs *changeSet) error {
	s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(cs.Stack))
	t, err := e.settled(call, s, cs.Deployment)
	if err != nil {
		return err
	}
	if reason, err := obstacle(call, t, cs.Deployment); reason != "" || err != nil {
		cs.fail(reason)
		return err
	}
	c, err := e.compare(call, s, t, cs.Deployment, importing{cs.Import, cs.ImportExisting})
	if err != nil {
		return err
	}
	if !c.changesAnything() && isComplete(s.Status) {
		cs.fail(noChanges)
		return nil
	}
	v := c.verdict.unless(&cs.Unvalidated)
	hooks, reason := e.invokeHooks(call, s, hookOnChangeSet, cs.ID)
	s.note(call, cs.Operation, v.Findings, hooks)
	if reason = cmp.Or(v.refusal(), reason); reason != "" {
		cs.fail(reason)
		return nil
	}
	cs.Invalid = v.Invalid
	cs.Status, cs.ExecutionStatus = createComplete, available
	cs.Changes, cs.Plain, cs.Import = c.changes, c.plain, c.imports.ids
	return nil
}

func (cs *changeSet) fail(reason string) {
	cs.Status, cs.StatusReason, cs.ExecutionStatus = changeSetFailed, reason, unavailable
}
