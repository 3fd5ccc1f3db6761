package cfn

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Drift statuses of stacks and resources.
const (
	notChecked = "NOT_CHECKED"
	inSync     = "IN_SYNC"
	drifted    = "DRIFTED"  // of a stack
	modified   = "MODIFIED" // of a resource
	gone       = "DELETED"
	unknown    = "UNKNOWN" // couldn't be looked at
)

// Statuses of a detection.
const (
	detectionInProgress = "DETECTION_IN_PROGRESS"
	detectionComplete   = "DETECTION_COMPLETE"
	detectionFailed     = "DETECTION_FAILED"
)

// detection is a search for drift, as it is stored in driftTable.
type detection struct {
	ID      string
	Stack   string      // its UUID
	Caller  wire.Caller // as whom EC2 and SSM are called
	Only    []string    `json:",omitempty"` // logical IDs; nil for all
	Begun   time.Time
	Due     time.Time
	Status  string
	Reason  string `json:",omitempty"`
	Drift   string `json:",omitempty"` // the stack's, once known
	Drifted *int32 `json:",omitempty"` // how many resources have, once known
}

func (d *detection) put(call *wire.Call) { store.Put(call.Tx, driftTable, call.Key(d.ID), d) }

// stackDrift is what was found of a stack when it was last looked at.
type stackDrift struct {
	Status  string
	Checked time.Time
}

// resourceDrift is what was found of a resource.
type resourceDrift struct {
	Status           string
	Reason           string `json:",omitempty"`
	Checked          time.Time
	Expected, Actual string                `json:",omitempty"` // JSON
	Differences      []resource.Difference `json:",omitempty"`
}

// DetectStackDriftInput is DetectStackDrift's request.
type DetectStackDriftInput struct {
	StackName          string `aws:",required"`
	LogicalResourceIds []string
}

// DetectStackDriftOutput is DetectStackDrift's response.
type DetectStackDriftOutput struct{ StackDriftDetectionId string }

// detectStackDrift begins to look for drift. What is there counts when the
// detection ends, not when it begins (assumed).
func (e *Engine) detectStackDrift(call *wire.Call, in *DetectStackDriftInput) (*DetectStackDriftOutput, error) {
	s, err := detectable(call, in.StackName, in.LogicalResourceIds...)
	if err != nil {
		return nil, err
	}
	d := &detection{
		ID: call.NewUUID(), Stack: s.UUID, Only: in.LogicalResourceIds, Begun: call.Now, Due: call.Now,
		Status: detectionInProgress, Caller: call.Caller,
	}
	if e.opts.Latency != nil {
		d.Due = d.Due.Add(e.opts.Latency())
	}
	d.put(call)
	s.Detection = d.ID
	s.put(call)
	e.wake(call, pendingDetection, d.ID)
	return &DetectStackDriftOutput{d.ID}, nil
}

// detectable finds a stack whose drift can be detected: one at rest, in a state in which its resources are what some deployment
// wanted (documented; that an import's states count follows from its guide), and with no other detection going on (documented;
// both wordings reported).
func detectable(call *wire.Call, name string, resources ...string) (*stack, error) {
	s := findStack(call, name)
	switch {
	case s == nil || s.Status == deleteComplete:
		return nil, noSuchStack(name)
	case !s.driftable():
		return nil, validation("Drift detection cannot be performed on stack [%s] while it is in [%s] state", s.ID, s.Status)
	case s.Detection != "":
		return nil, validation("Drift detection is already in progress for stack [%s]", s.ID)
	}
	for _, id := range resources {
		if s.Resources[id] == nil {
			return nil, validation("Resource %s does not exist for stack %s", id, s.Name)
		}
	}
	return s, nil
}

func (s *stack) driftable() bool {
	return slices.Contains([]string{
		createComplete, updateComplete, updateRollbackComplete, updateRollbackFailed, importComplete, importRollbackComplete,
	}, s.Status)
}

// DetectStackResourceDriftInput is DetectStackResourceDrift's request.
type DetectStackResourceDriftInput struct {
	StackName         string `aws:",required"`
	LogicalResourceId string `aws:",required"`
}

// DetectStackResourceDriftOutput is DetectStackResourceDrift's response.
type DetectStackResourceDriftOutput struct{ StackResourceDrift StackResourceDrift }

// detectStackResourceDrift inspects one resource immediately, and updates the stack's status (documented).
func (e *Engine) detectStackResourceDrift(
	call *wire.Call, in *DetectStackResourceDriftInput,
) (*DetectStackResourceDriftOutput, error) {
	s, err := detectable(call, in.StackName, in.LogicalResourceId)
	if err != nil {
		return nil, err
	}
	inspecting := *call
	inspecting.Via = wire.CloudFormation
	e.inspect(&inspecting, s, in.LogicalResourceId)
	s.summarize(call.Now)
	s.put(call)
	shown := s.showDrift(in.LogicalResourceId)
	if shown == nil { // skipped by a rollback (assumed wording)
		return nil, validation("Drift detection is not supported for resource %s in its present state", in.LogicalResourceId)
	}
	return &DetectStackResourceDriftOutput{*shown}, nil
}

// advanceDetection ends a search for drift when it is due. One whose stack has
// been changed meanwhile fails (assumed).
func (e *Engine) advanceDetection(call *wire.Call, id string) (next time.Time, finished bool) {
	d, ok := store.Get[*detection](call.Tx, driftTable, call.Key(id))
	if !ok || d.Status != detectionInProgress {
		return next, true
	}
	if d.Due.After(call.Now) {
		return d.Due, false
	}
	s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(d.Stack))
	s.Detection = ""
	call.Caller = d.Caller
	if s.driftable() {
		e.detect(call, s, d)
	} else {
		d.Status, d.Reason, d.Drift = detectionFailed, "The stack has been changed while drift was being detected", notChecked
	}
	s.put(call)
	d.put(call)
	return next, true
}

// detect looks at the resources that are meant.
func (e *Engine) detect(call *wire.Call, s *stack, d *detection) {
	var failures []detectionFailure
	drifts := int32(0)
	for _, id := range s.logicalIDs() {
		if d.Only != nil && !slices.Contains(d.Only, id) {
			continue
		}
		e.inspect(call, s, id)
		switch found := s.Resources[id].Drift; {
		case found == nil:
		case found.Status == unknown:
			failures = append(failures, detectionFailure{id, found.Reason})
		case found.Status != inSync:
			drifts++
		}
	}
	s.summarize(d.Begun)
	d.Status, d.Drifted, d.Drift = detectionComplete, &drifts, s.Drift.Status
	if len(failures) > 0 {
		d.Status, d.Reason = detectionFailed, failureReason(failures)
	}
}

// detectionFailure is a resource that couldn't be looked at.
type detectionFailure struct{ Resource, FailureReason string }

// failureReason is how AWS words that resources couldn't be looked at (recorded).
func failureReason(failures []detectionFailure) string {
	var ids []string
	for _, f := range failures {
		ids = append(ids, f.Resource)
	}
	raw, _ := json.Marshal(struct { // texts always marshal
		Summary  string
		Failures []detectionFailure
	}{"Failed to detect drift on resources [" + strings.Join(ids, ", ") + "]", failures})
	return string(raw)
}

// inspect compares a resource with what the template says of it. What a rollback
// has skipped is not looked at (documented).
func (e *Engine) inspect(call *wire.Call, s *stack, id string) {
	record := s.Resources[id]
	if record.gone() || record.Skipped {
		record.Drift = nil
		return
	}
	t := e.types[record.Type]
	actual, exists, err := t.Actual(&resource.Context{
		Call: call, Fault: e.opts.Fault, Inspecting: true,
		Owned: func(physicalID string) bool { return s.logicalIDOf(physicalID) != "" },
	}, record.State)
	found := &resourceDrift{Status: inSync, Checked: call.Now}
	record.Drift = found
	switch {
	case err != nil:
		found.Status, found.Reason = unknown, err.Error()
		return
	case !exists:
		found.Status = gone
		return
	}
	wanted := t.Comparable(record.Properties)
	found.Expected, found.Actual = t.JSON(wanted), t.JSON(resource.Among(actual, wanted))
	if found.Differences = t.Drift(wanted, actual); len(found.Differences) > 0 {
		found.Status = modified
	}
}

// summarize draws the stack's status from its resources'.
func (s *stack) summarize(checked time.Time) {
	status := notChecked
	for _, r := range s.Resources {
		switch {
		case r.Drift == nil:
		case r.Drift.Status == modified || r.Drift.Status == gone:
			s.Drift = &stackDrift{drifted, checked}
			return
		case r.Drift.Status == unknown || status == notChecked:
			status = r.Drift.Status
		}
	}
	s.Drift = &stackDrift{status, checked}
}

// forgetDrift drops what was found, because the stack is about to change (assumed: AWS does not say when a result expires).
func (s *stack) forgetDrift() {
	s.Drift = nil
	for _, r := range s.Resources {
		r.Drift = nil
	}
}
