package cfn

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Types of operations, as AWS names them.
const (
	createStackOperation = "CREATE_STACK"
	updateStackOperation = "UPDATE_STACK"
	deleteStackOperation = "DELETE_STACK"
	rollbackOperation    = "ROLLBACK"
	continueOperation    = "CONTINUE_ROLLBACK"
)

// What happens when an operation fails.
const (
	onFailureRollback  = "ROLLBACK"
	onFailureDoNothing = "DO_NOTHING"
	onFailureDelete    = "DELETE"
)

// operation is what is being done to a stack. The stack's status says which part of it: resources are being applied, or
// removed.
type operation struct {
	ID        string
	Type      string
	Token     string      `json:",omitempty"` // the caller's ClientRequestToken
	Caller    wire.Caller // as whom EC2 and SSM are called
	ChangeSet string      `json:",omitempty"` // the key of the one that is executed
	Previous  *deployment `json:",omitempty"` // what a failed update goes back to
	OnFailure string      `json:",omitempty"`
	Retain    []string    `json:",omitempty"` // resources that a deletion leaves alone
	Force     bool        `json:",omitempty"` // a deletion leaves alone what can't be deleted
	Before    string      `json:",omitempty"` // the stack's status before a deletion
	Skip      []string    `json:",omitempty"` // resources that a rollback leaves alone
	// RetainExceptOnCreate has a rollback delete what it has made, whatever its policy.
	RetainExceptOnCreate bool              `json:",omitempty"`
	Import               map[string]string `json:",omitempty"` // physical IDs of what is to be imported, by logical ID
	ImportOnly           bool              `json:",omitempty"` // the operation does nothing else
	Verdict              verdict           `json:",omitzero"`  // on what the template wants
	Direct               bool              `json:",omitempty"` // without a change set, so that hooks have yet to be asked

	Tasks    map[string]*task // of the part under way, by logical ID or garbage key
	Started  int              // how many tasks have been started, which orders them
	Orphaned bool             `json:",omitempty"` // the clean-up couldn't delete everything
}

// task is the work on one resource within a part of an operation.
type task struct {
	Action   action
	State    taskState
	Number   int       `json:",omitempty"` // in the order of starting
	Due      time.Time // when the resource operation ends
	Failure  string    `json:",omitempty"` // why it will have failed by then
	Attempts int       `json:",omitempty"`
}

type action string

const (
	actCreate  action = "create"
	actReplace action = "replace"
	actUpdate  action = "update"
	actRemove  action = "remove"
	actImport  action = "import"
	actNothing action = "nothing"
)

type taskState string

const (
	taskRunning taskState = "running"
	taskDone    taskState = "done"
	taskFailed  taskState = "failed"
)

// garbage is a physical resource that the clean-up deletes: one that was replaced, or whose replacement was rolled back.
type garbage struct {
	LogicalID string
	Resource  *resourceRecord
	Retain    bool `json:",omitempty"` // the template wants it left alone
}

// begin starts an operation: the stack enters the status, and a worker goes on
// once the caller's transaction is committed.
func (e *Engine) begin(call *wire.Call, s *stack, op *operation, status string) {
	op.ID, op.Caller = call.NewUUID(), call.Caller
	op.Tasks = map[string]*task{}
	s.Operation = op
	if op.Type != deleteStackOperation {
		s.forgetDrift()
	}
	s.LastOperation = &OperationEntry{OperationType: op.Type, OperationId: op.ID}
	s.LastToken, s.LastAction = op.Token, call.Action
	s.record(call, history{ID: op.ID, Type: op.Type, Token: op.Token})
	s.enter(call, status, "User Initiated")
	s.put(call)
	e.wake(call, pendingStack, s.UUID)
}

// proceed enters the next part of the operation.
func (s *stack) proceed(call *wire.Call, status, reason string) {
	s.Operation.Tasks = map[string]*task{}
	s.enter(call, status, reason)
}

// run is a stack's operation in the hands of a worker, within one transaction.
type run struct {
	*Engine
	call     *wire.Call
	stack    *stack
	op       *operation
	template *template.Template // of the deployment under way
	failures map[int]string     // by task number: what has failed in a transaction given up before
}

// advance does all that can be done now and tells when there is more to do. It
// is done when the stack is at rest.
func (r *run) advance() (next time.Time, done bool, err error) {
	for r.stack.Operation != nil {
		var progress bool
		if applying(r.stack.Status) {
			progress, err = r.apply()
		} else {
			progress, err = r.remove()
		}
		if err != nil {
			return next, false, err
		}
		if progress {
			continue
		}
		if next = r.nextDue(); next.IsZero() {
			return next, false, fmt.Errorf("operation %s of stack %s is stuck in %s", r.op.ID, r.stack.Name, r.stack.Status)
		}
		return next, false, nil
	}
	return next, true, nil
}

// applying reports whether this is a part in which resources are made and changed, not one in which they are removed.
func applying(status string) bool {
	switch status {
	case createInProgress, updateInProgress, updateRollbackInProgress, importInProgress:
		return true
	}
	return false
}

func (r *run) nextDue() time.Time {
	var next time.Time
	for _, t := range r.op.Tasks {
		if t.State == taskRunning && (next.IsZero() || t.Due.Before(next)) {
			next = t.Due
		}
	}
	return next
}

// due returns the tasks that end now, in the order they were started.
func (r *run) due() []string {
	var ids []string
	for id, t := range r.op.Tasks {
		if t.State == taskRunning && !t.Due.After(r.call.Now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return r.op.Tasks[a].Number - r.op.Tasks[b].Number })
	return ids
}

// start records that work on a resource has begun.
func (r *run) start(id string, act action) *task {
	r.op.Started++
	t := r.op.Tasks[id]
	if t == nil {
		t = &task{}
		r.op.Tasks[id] = t
	}
	t.Action, t.State, t.Number, t.Due = act, taskRunning, r.op.Started, r.call.Now
	if r.opts.Latency != nil {
		t.Due = t.Due.Add(r.opts.Latency())
	}
	return t
}

// finish ends the operation.
func (r *run) finish(status, reason string, succeeded bool) {
	r.stack.enter(r.call, status, reason)
	r.op.endChangeSet(r.call, succeeded)
	r.stack.conclude(r.call, r.op.ID, succeeded || r.op.takenBack(status))
	r.stack.Operation = nil
	if status == deleteComplete {
		r.stack.bury(r.call)
	}
}

// takenBack reports whether the operation is a deletion or a rollback, and has succeeded.
func (op *operation) takenBack(status string) bool {
	switch op.Type {
	case deleteStackOperation:
		return status == deleteComplete
	case rollbackOperation, continueOperation:
		return isComplete(status)
	}
	return false
}

// withState returns the tasks in a state, sorted.
func (op *operation) withState(state taskState) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(op.Tasks)) {
		if op.Tasks[id].State == state {
			ids = append(ids, id)
		}
	}
	return ids
}
