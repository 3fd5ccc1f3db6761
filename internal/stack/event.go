package stack

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Event is what an Engine tells while it works: a [Started], a [ResourceEvent], a [Notice] or an [Ended]. Operations come
// one after the other, each as one Started, its ResourceEvents and one Ended; a Notice stands between operations.
type Event interface{ event() }

// Started says that an operation on a stack is followed from now on.
type Started struct {
	Time      time.Time
	Operation Operation
	StackName string
	StackID   string
	Resources int // resource operations that the plan foresees; 0: not known
}

// ResourceEvent is one row of a stack's event log, in CloudFormation's words.
type ResourceEvent struct {
	Time       time.Time // by CloudFormation's clock
	LogicalID  string
	PhysicalID string // empty before it exists
	Type       string // such as AWS::EC2::SecurityGroup
	Status     string // such as CREATE_IN_PROGRESS
	Reason     string // text of the service; it can hold anything
	Hook       string // of an event about a hook that failed: which, and what it said; empty for all others
}

// Notice is a sentence for the user, about something that the Engine did or found besides the operation itself.
type Notice struct {
	Time time.Time
	Text string
}

// Ended says that an operation is followed no longer: because it ended, in Status, or because of Err.
type Ended struct {
	Time      time.Time
	Operation Operation
	StackName string
	Status    Status // the last one seen
	Err       error  // nil: it ended as it was meant
}

func (Started) event()       {}
func (ResourceEvent) event() {}
func (Notice) event()        {}
func (Ended) event()         {}

// Operation is what happens to a stack.
type Operation string

// The operations. Attach stands for one that somebody else began and that the Engine only waits for.
const (
	Create Operation = "create"
	Update Operation = "update"
	Delete Operation = "delete"
	Revert Operation = "rollback" // one that was asked for; those that follow a failure belong to what failed
	Attach Operation = "attach"
)

// typeStack is the resource type of the events that are about the stack itself.
const typeStack = "AWS::CloudFormation::Stack"

// OfStack reports whether e is about the stack with this ID rather than about one of its resources.
func (e ResourceEvent) OfStack(stackID string) bool {
	return e.Type == typeStack && e.PhysicalID == stackID
}

// InProgress reports whether e begins or continues something.
func (e ResourceEvent) InProgress() bool { return strings.HasSuffix(e.Status, "_IN_PROGRESS") }

// Failed reports whether e is the failure of something.
func (e ResourceEvent) Failed() bool { return strings.HasSuffix(e.Status, "_FAILED") }

// sameResource reports whether o is about the same physical resource, or about one that never had an ID.
func (e ResourceEvent) sameResource(o ResourceEvent) bool {
	return e.LogicalID == o.LogicalID && e.PhysicalID == o.PhysicalID && e.Type == o.Type
}

// verb is the first word of the status: CREATE, UPDATE, DELETE, ROLLBACK, ...
func (e ResourceEvent) verb() string {
	verb, _, _ := strings.Cut(e.Status, "_")
	return verb
}

func resourceEvent(e types.StackEvent) ResourceEvent {
	return ResourceEvent{
		Time:       aws.ToTime(e.Timestamp),
		LogicalID:  aws.ToString(e.LogicalResourceId),
		PhysicalID: aws.ToString(e.PhysicalResourceId),
		Type:       aws.ToString(e.ResourceType),
		Status:     string(e.ResourceStatus),
		Reason:     aws.ToString(e.ResourceStatusReason),
		Hook:       failedHook(e),
	}
}

func failedHook(e types.StackEvent) string {
	switch e.HookStatus {
	case types.HookStatusHookCompleteFailed, types.HookStatusHookFailed:
		return aws.ToString(e.HookType) + ": " + aws.ToString(e.HookStatusReason)
	default:
		return ""
	}
}
