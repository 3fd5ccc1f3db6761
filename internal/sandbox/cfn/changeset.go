package cfn

import (
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Statuses of change sets; createInProgress and createComplete are shared with
// stacks.
const (
	createPending   = "CREATE_PENDING"
	changeSetFailed = "FAILED"

	unavailable       = "UNAVAILABLE"
	available         = "AVAILABLE"
	executeInProgress = "EXECUTE_IN_PROGRESS"
	executeComplete   = "EXECUTE_COMPLETE"
	executeFailed     = "EXECUTE_FAILED"
	obsolete          = "OBSOLETE"
)

const noChanges = "The submitted information didn't contain changes. Submit different information to create a change set."

// changeSet is a change set as it is stored.
type changeSet struct {
	UUID, ID, Name  string
	Stack           string // its UUID
	Type            string // CREATE or UPDATE
	Token           string `json:",omitempty"` // the creation's ClientToken
	Execution       string `json:",omitempty"` // the execution's ClientRequestToken
	Description     string `json:",omitempty"`
	OnStackFailure  string `json:",omitempty"`
	Status          string
	StatusReason    string `json:",omitempty"`
	ExecutionStatus string
	Created         time.Time
	Due             time.Time // when it is worked out
	Deployment      deployment
	Changes         []Change // with property values
	Plain           []Change // without
}

func (cs *changeSet) key() string { return cs.Stack + "/" + cs.UUID }

func (cs *changeSet) put(call *wire.Call) {
	store.Put(call.Tx, changeSetTable, call.Key(cs.Stack, cs.UUID), cs)
}

func getChangeSet(call *wire.Call, key string) *changeSet {
	cs, ok := store.Get[*changeSet](call.Tx, changeSetTable, call.Key(key))
	if !ok {
		return nil
	}
	return cs
}

// changeSets lists a stack's change sets, the oldest first.
func (s *stack) changeSets(call *wire.Call) []*changeSet {
	var list []*changeSet
	for _, cs := range store.Scan[*changeSet](call.Tx, changeSetTable, call.Prefix(s.UUID)) {
		list = append(list, cs)
	}
	slices.SortFunc(list, func(a, b *changeSet) int { return a.Created.Compare(b.Created) })
	return list
}

// active tells a change set that still counts: ListChangeSets shows it, and
// its name is taken.
func (cs *changeSet) active() bool {
	switch cs.ExecutionStatus {
	case executeInProgress, executeComplete, executeFailed:
		return false
	}
	return true
}

// findChangeSet finds a change set by its ID, or by its name within a stack.
// Names of executed ones may be used again: the last one is meant.
func findChangeSet(call *wire.Call, nameOrID, stackName string) (*changeSet, *stack, error) {
	if rest, isID := strings.CutPrefix(nameOrID, call.ARN("cloudformation", "changeSet/")); isID {
		_, uuid, _ := strings.Cut(rest, "/")
		for _, cs := range store.Scan[*changeSet](call.Tx, changeSetTable, call.Prefix()) {
			if cs.UUID == uuid {
				s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(cs.Stack))
				return cs, s, nil
			}
		}
		return nil, nil, noSuchChangeSet(nameOrID)
	}
	if stackName == "" {
		return nil, nil, validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	s := findStack(call, stackName)
	if s == nil {
		return nil, nil, noSuchStack(stackName)
	}
	var found *changeSet
	for _, cs := range s.changeSets(call) {
		if cs.Name == nameOrID {
			found = cs
		}
	}
	if found == nil {
		return nil, s, noSuchChangeSet(nameOrID)
	}
	return found, s, nil
}

func noSuchChangeSet(name string) error {
	return &wire.Error{Code: "ChangeSetNotFound", Message: "ChangeSet [" + name + "] does not exist", Status: 404}
}

// dropChangeSets deletes change sets of the stack.
func (s *stack) dropChangeSets(call *wire.Call, which func(*changeSet) bool) {
	for _, cs := range s.changeSets(call) {
		if which(cs) {
			store.Delete(call.Tx, changeSetTable, call.Key(cs.Stack, cs.UUID))
		}
	}
}

// outdate makes the stack's change sets obsolete: it has been changed without them.
func (s *stack) outdate(call *wire.Call) {
	for _, cs := range s.changeSets(call) {
		if cs.ExecutionStatus == available {
			cs.ExecutionStatus = obsolete
			cs.put(call)
		}
	}
}

// endChangeSet records how the execution of the operation's change set ended.
func (op *operation) endChangeSet(call *wire.Call, succeeded bool) {
	if op.ChangeSet == "" {
		return
	}
	cs := getChangeSet(call, op.ChangeSet)
	if cs == nil {
		return
	}
	cs.ExecutionStatus = executeFailed
	if succeeded {
		cs.ExecutionStatus = executeComplete
	}
	cs.put(call)
}

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
}

// CreateChangeSetOutput is CreateChangeSet's response.
type CreateChangeSetOutput struct {
	Id      string
	StackId string
}

func (in *CreateChangeSetInput) check() error {
	c := constraints{}
	if !strings.HasPrefix(in.StackName, "arn:") {
		c.newStackName(in.StackName)
	}
	c.changeSetName(in.ChangeSetName)
	if in.ChangeSetType != "" {
		c.Enum("changeSetType", in.ChangeSetType, "CREATE", "UPDATE", "IMPORT")
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
	case in.ChangeSetType == "IMPORT" || isTrue(in.ImportExistingResources):
		return validation("Importing resources is not supported by this sandbox")
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
	want, t, err := e.deployment(in.Wanted, s)
	if err != nil {
		return nil, err
	}
	if _, err := e.compare(call, s, t, want); err != nil {
		return nil, err // what only this shows is wrong: AWS checks properties early too
	}
	uuid := call.NewUUID()
	cs := &changeSet{
		UUID: uuid, ID: call.ARN("cloudformation", "changeSet/"+in.ChangeSetName+"/"+uuid), Name: in.ChangeSetName,
		Stack: s.UUID, Type: in.ChangeSetType, Token: in.ClientToken, Description: in.Description,
		OnStackFailure: in.OnStackFailure, Status: createPending, ExecutionStatus: unavailable,
		Created: call.Now, Deployment: want,
	}
	cs.put(call)
	e.wake(call, pendingChangeSet, cs.key())
	return &CreateChangeSetOutput{Id: cs.ID, StackId: s.ID}, nil
}

// changeSetStack is the stack that a change set is for. One of type CREATE
// makes it, to be reviewed.
func changeSetStack(call *wire.Call, in *CreateChangeSetInput) (*stack, error) {
	s := findStack(call, in.StackName)
	if in.ChangeSetType != "CREATE" {
		switch {
		case s == nil || s.Status == deleteComplete:
			return nil, noSuchStack(in.StackName)
		case !updatable(s.Status):
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
		cs.fail(err.Error())
		if modelled := wire.IsCode(err, "ValidationError"); !modelled {
			return next, false, err
		}
	}
	cs.put(call)
	return next, true, nil
}

func (e *Engine) workOut(call *wire.Call, cs *changeSet) error {
	s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(cs.Stack))
	t, err := template.Parse(cs.Deployment.Template, e.types)
	if err != nil {
		return err
	}
	if reason, err := missingParameterValues(call, t, cs.Deployment.Parameters); reason != "" || err != nil {
		cs.fail(reason)
		return err
	}
	c, err := e.compare(call, s, t, cs.Deployment)
	if err != nil {
		return err
	}
	anything, err := c.changesAnything()
	if err != nil {
		return err
	}
	if !anything && s.Status != reviewInProgress {
		cs.fail(noChanges)
		return nil
	}
	cs.Status, cs.ExecutionStatus = createComplete, available
	cs.Changes, cs.Plain = c.changes, c.plain
	return nil
}

func (cs *changeSet) fail(reason string) {
	cs.Status, cs.StatusReason, cs.ExecutionStatus = changeSetFailed, reason, unavailable
}

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
	c.token("clientRequestToken", in.ClientRequestToken)
	if err := c.err(); err != nil {
		return nil, err
	}
	if isTrue(in.RetainExceptOnCreate) {
		return nil, validation("RetainExceptOnCreate is not supported by this sandbox")
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
	s.dropChangeSets(call, (*changeSet).active) // documented: the others no longer fit
	s.ChangeSetID = cs.ID
	e.deploy(call, s, cs.Deployment, &operation{
		Token: in.ClientRequestToken, ChangeSet: cs.key(), OnFailure: onFailure,
	})
	return nil, nil
}

func (cs *changeSet) executable(s *stack) error {
	invalid := func(what, status string) error {
		return wire.Errorf("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current %s of [%s]", cs.ID, what, status)
	}
	switch {
	case cs.Status != createComplete:
		return invalid("status", cs.Status)
	case cs.ExecutionStatus != available:
		return invalid("execution status", cs.ExecutionStatus)
	case s.Status != reviewInProgress && !updatable(s.Status):
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
	cs, s, err := findChangeSet(call, in.ChangeSetName, in.StackName)
	switch {
	case wire.IsCode(err, "ChangeSetNotFound"):
		return nil, nil // what isn't there is deleted
	case err != nil:
		return nil, err
	case cs.ExecutionStatus == executeInProgress:
		return nil, wire.Errorf("InvalidChangeSetStatus",
			"ChangeSet [%s] cannot be deleted in its current execution status of [%s]", cs.ID, cs.ExecutionStatus)
	}
	s.dropChangeSets(call, func(other *changeSet) bool { return other.UUID == cs.UUID })
	return nil, nil
}
