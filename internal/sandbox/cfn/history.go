package cfn

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// createChangeSetOperation is the type of an operation that only looks.
const createChangeSetOperation = "CREATE_CHANGESET"

// Statuses of operations.
const (
	operationInProgress = "IN_PROGRESS"
	operationSucceeded  = "SUCCEEDED"
	operationFailed     = "FAILED"
)

// history is what is kept of an operation for DescribeEvents.
type history struct {
	ID           string
	Type         string
	Token        string `json:",omitempty"`
	ChangeSet    string `json:",omitempty"` // its UUID, where the operation made one
	Number       uint64 // in the order of beginning
	Begun, Ended time.Time
	Status       string
	BeginEvent   string
	EndEvent     string       `json:",omitempty"`
	Findings     []finding    `json:",omitempty"` // of the validations before it
	Hooks        []hookResult `json:",omitempty"` // that have failed before it
}

// record begins an operation's history.
func (s *stack) record(call *wire.Call, h history) {
	h.Number = call.Tx.Sequence("cfn.operation/" + s.UUID)
	h.Begun, h.Status, h.BeginEvent = call.Now, operationInProgress, call.NewUUID()
	store.Put(call.Tx, operationTable, call.Key(s.UUID, h.ID), h)
}

// conclude ends an operation's history.
func (s *stack) conclude(call *wire.Call, id string, succeeded bool) {
	h, ok := store.Get[history](call.Tx, operationTable, call.Key(s.UUID, id))
	if !ok {
		return
	}
	h.Ended, h.Status, h.EndEvent = call.Now, operationFailed, call.NewUUID()
	if succeeded {
		h.Status = operationSucceeded
	}
	store.Put(call.Tx, operationTable, call.Key(s.UUID, id), h)
}

// histories lists a stack's operations, the newest first.
func (s *stack) histories(call *wire.Call) []history {
	var list []history
	for _, h := range store.Scan[history](call.Tx, operationTable, call.Prefix(s.UUID)) {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b history) int { return cmp.Compare(b.Number, a.Number) })
	return list
}

// Types of events.
const (
	stackEvent        = "STACK_EVENT"
	progressEvent     = "PROGRESS_EVENT"
	provisioningError = "PROVISIONING_ERROR"
	validationError   = "VALIDATION_ERROR"
	hookError         = "HOOK_INVOCATION_ERROR"
)

// OperationEvent is an event of an operation.
type OperationEvent struct {
	EventId              string
	StackId              string
	OperationId          string
	OperationType        string
	OperationStatus      string
	EventType            string
	LogicalResourceId    string
	PhysicalResourceId   string
	ResourceType         string
	Timestamp            time.Time
	StartTime            *time.Time
	EndTime              *time.Time
	ResourceStatus       string
	ResourceStatusReason string
	ResourceProperties   string
	ClientRequestToken   string
	DetailedStatus       string

	HookType            string
	HookStatus          string
	HookStatusReason    string
	HookInvocationPoint string
	HookFailureMode     string

	ValidationName         string
	ValidationPath         string
	ValidationStatus       string
	ValidationStatusReason string
	ValidationFailureMode  string
}

// failure tells the events that FailedEvents asks for (documented).
func (e OperationEvent) failure() bool {
	return e.EventType == provisioningError || e.EventType == validationError || e.EventType == hookError
}

// EventFilter narrows DescribeEvents.
type EventFilter struct{ FailedEvents *bool }

// DescribeEventsInput is DescribeEvents' request.
type DescribeEventsInput struct {
	StackName     string
	ChangeSetName string
	OperationId   string
	Filters       EventFilter
	NextToken     string
}

// DescribeEventsOutput is DescribeEvents' response.
type DescribeEventsOutput struct {
	OperationEvents []OperationEvent
	NextToken       string
}

// describeEvents lists events operation by operation, the newest first: those of
// a stack, of one operation, or of the creation of a change set. (Documented:
// the shape; assumed: which types of events an operation has, and that an
// automatic rollback belongs to the operation that has failed.)
func (e *Engine) describeEvents(call *wire.Call, in *DescribeEventsInput) (*DescribeEventsOutput, error) {
	s, wanted, err := in.operations(call)
	if err != nil {
		return nil, err
	}
	steps := map[string][]StackEvent{} // by operation
	for _, e := range store.Scan[StackEvent](call.Tx, eventTable, call.Prefix(s.UUID)) {
		steps[e.OperationId] = append(steps[e.OperationId], e)
	}
	var events []OperationEvent
	for _, h := range wanted {
		for _, event := range s.operationEvents(h, steps[h.ID]) {
			if !isTrue(in.Filters.FailedEvents) || event.failure() {
				events = append(events, event)
			}
		}
	}
	shown, next, err := page(events, func(e OperationEvent) string { return e.EventId }, in.NextToken)
	return &DescribeEventsOutput{OperationEvents: shown, NextToken: next}, err
}

// operations finds the operations that are asked for.
func (in *DescribeEventsInput) operations(call *wire.Call) (*stack, []history, error) {
	switch {
	case in.ChangeSetName != "":
		cs, s, err := findChangeSet(call, in.ChangeSetName, in.StackName)
		if err != nil {
			return nil, nil, err
		}
		return s, only(s.histories(call), func(h history) bool { return h.ChangeSet == cs.UUID }), nil
	case in.StackName != "":
		s := findStack(call, in.StackName)
		if s == nil {
			return nil, nil, noSuchStack(in.StackName)
		}
		return s, only(s.histories(call), func(h history) bool { return in.OperationId == "" || h.ID == in.OperationId }), nil
	case in.OperationId != "":
		for _, s := range allStacks(call) {
			if found := only(s.histories(call), func(h history) bool { return h.ID == in.OperationId }); len(found) > 0 {
				return s, found, nil
			}
		}
		return nil, nil, validation("Operation [%s] does not exist", in.OperationId)
	}
	return nil, nil, validation("One of ChangeSetName, OperationId or StackName must be specified.")
}

func only[T any](items []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(items, func(item T) bool { return !wanted(item) })
}

// operationEvents are the events of an operation, the newest first.
func (s *stack) operationEvents(h history, steps []StackEvent) []OperationEvent {
	base := OperationEvent{
		StackId: s.ID, OperationId: h.ID, OperationType: h.Type, EventType: stackEvent, StartTime: &h.Begun,
		ClientRequestToken: h.Token,
	}
	begin := base
	begin.EventId, begin.OperationStatus, begin.Timestamp = h.BeginEvent, operationInProgress, h.Begun
	events := []OperationEvent{begin}
	events = append(events, h.failures(base)...)
	for _, e := range steps {
		events = append(events, e.ofOperation(h.Type))
	}
	if h.EndEvent != "" {
		end := base
		end.EventId, end.OperationStatus, end.Timestamp, end.EndTime = h.EndEvent, h.Status, h.Ended, &h.Ended
		events = append(events, end)
	}
	slices.Reverse(events)
	return events
}

// failures are the events of what has failed before an operation's first step.
func (h history) failures(base OperationEvent) []OperationEvent {
	base.StartTime = nil
	var events []OperationEvent
	for _, f := range h.Findings {
		e := base
		e.EventId, e.Timestamp, e.EventType = f.EventID, f.Time, validationError
		e.LogicalResourceId, e.PhysicalResourceId, e.ResourceType = f.LogicalID, f.PhysicalID, f.Type
		e.ValidationName, e.ValidationPath, e.ValidationFailureMode = f.Validation, f.Path, modeFail
		e.ValidationStatus, e.ValidationStatusReason = "FAILED", f.Reason
		events = append(events, e)
	}
	for _, r := range h.Hooks {
		e := base
		e.EventId, e.Timestamp, e.EventType = r.ID, r.Time, hookError
		e.HookType, e.HookStatus, e.HookStatusReason = r.Type, r.Status, r.Reason
		e.HookInvocationPoint, e.HookFailureMode = preProvision, r.Mode
		events = append(events, e)
	}
	return events
}

// ofOperation is the event as DescribeEvents shows it, which has more than DescribeStackEvents: its operation and its type.
func (e StackEvent) ofOperation(operationType string) OperationEvent {
	event := OperationEvent{
		EventId: e.EventId, StackId: e.StackId, OperationId: e.OperationId, OperationType: operationType, EventType: progressEvent,
		LogicalResourceId: e.LogicalResourceId, PhysicalResourceId: e.PhysicalResourceId, ResourceType: e.ResourceType,
		Timestamp: e.Timestamp, ResourceStatus: e.ResourceStatus, ResourceStatusReason: e.ResourceStatusReason,
		ResourceProperties: e.ResourceProperties, ClientRequestToken: e.ClientRequestToken, DetailedStatus: e.DetailedStatus,
	}
	if e.ResourceType != stackType && strings.HasSuffix(e.ResourceStatus, "_FAILED") {
		event.EventType = provisioningError
	}
	return event
}
