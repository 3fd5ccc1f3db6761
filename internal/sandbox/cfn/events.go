package cfn

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// StackEvent is one line of a stack's history.
type StackEvent struct {
	StackId              string
	EventId              string
	StackName            string
	OperationId          string
	LogicalResourceId    string
	PhysicalResourceId   string `aws:",always"`
	ResourceType         string
	Timestamp            time.Time
	ResourceStatus       string
	ResourceStatusReason string
	ResourceProperties   string
	ClientRequestToken   string
	DetailedStatus       string
}

const stackType = "AWS::CloudFormation::Stack"

// emit adds an event, later by at least a millisecond than the one before, the
// resolution of timestamps on the wire: order by time is the real order.
func (s *stack) emit(call *wire.Call, e StackEvent) {
	now := call.Now.Truncate(time.Millisecond)
	if !now.After(s.LastEvent) {
		now = s.LastEvent.Add(time.Millisecond)
	}
	s.LastEvent = now
	e.StackId, e.StackName, e.Timestamp = s.ID, s.Name, s.LastEvent
	if s.Operation != nil {
		e.OperationId, e.ClientRequestToken = s.Operation.ID, s.Operation.Token
	}
	if e.EventId == "" {
		e.EventId = fmt.Sprintf("%s-%s-%s", e.LogicalResourceId, e.ResourceStatus, e.Timestamp.Format("2006-01-02T15:04:05.000Z"))
	}
	sequence := call.Tx.Sequence("cfn.event/" + s.UUID)
	store.Put(call.Tx, eventTable, call.Key(s.UUID, fmt.Sprintf("%010d", sequence)), e)
}

// enter puts the stack into a status and records it. The reason for a rollback
// stays the stack's when the rollback ends (reported).
func (s *stack) enter(call *wire.Call, status, reason string) {
	if reason != "" || !strings.Contains(status, "ROLLBACK") {
		s.StatusReason = reason
	}
	s.Status = status
	s.emit(call, StackEvent{
		EventId: call.NewUUID(), LogicalResourceId: s.Name, PhysicalResourceId: s.ID, ResourceType: stackType,
		ResourceStatus: status, ResourceStatusReason: reason,
	})
}

// mark puts a resource into a status and records it, with the properties that
// are wanted of it.
func (s *stack) mark(call *wire.Call, id string, r *resourceRecord, status, reason string, properties template.Map) {
	s.markAs(call, id, r, status, "", reason, properties)
}

// markAs does so with a detailed status.
func (s *stack) markAs(
	call *wire.Call, id string, r *resourceRecord, status, detailed, reason string, properties template.Map,
) {
	r.Status, r.StatusReason = status, reason
	e := StackEvent{
		LogicalResourceId: id, PhysicalResourceId: r.PhysicalID, ResourceType: r.Type,
		ResourceStatus: status, ResourceStatusReason: reason, DetailedStatus: detailed,
	}
	if properties != nil {
		e.ResourceProperties = jsonText(properties)
	} else {
		// What leaves a stack in the clean-up of an update has no properties (reported).
		e.EventId = id + "-" + call.NewUUID()
	}
	s.emit(call, e)
	r.Changed = s.LastEvent
}

// jsonText is a value as compact JSON; a text is left as it is.
func jsonText(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	raw, _ := json.Marshal(value) // strings, lists and maps always marshal
	return string(raw)
}

// DescribeStackEventsInput is DescribeStackEvents' request.
type DescribeStackEventsInput struct {
	StackName string `aws:",required"`
	NextToken string
}

// DescribeStackEventsOutput is DescribeStackEvents' response.
type DescribeStackEventsOutput struct {
	StackEvents []StackEvent
	NextToken   string
}

// describeStackEvents lists a stack's events, the newest first. It is what who
// waits for a stack asks for again and again: of the first page no more is read
// than it shows, and nothing of the stack itself, which has an event from its
// first moment on.
func (e *Engine) describeStackEvents(call *wire.Call, in *DescribeStackEventsInput) (*DescribeStackEventsOutput, error) {
	var events []StackEvent
	for _, event := range store.ScanBack[StackEvent](call.Tx, eventTable, call.Prefix(stackUUID(call, in.StackName))) {
		events = append(events, event)
		if in.NextToken == "" && len(events) > pageSize {
			break
		}
	}
	if len(events) == 0 || events[0].StackId != in.StackName && events[0].StackName != in.StackName {
		return nil, noSuchStack(in.StackName)
	}
	shown, next, err := page(events, func(e StackEvent) string { return e.EventId }, in.NextToken)
	return &DescribeStackEventsOutput{StackEvents: shown, NextToken: next}, err
}
