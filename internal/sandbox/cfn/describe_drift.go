package cfn

import (
	"slices"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// StackDriftInformation says whether drift has been looked for, and what was found.
type StackDriftInformation struct {
	StackDriftStatus   string
	LastCheckTimestamp *time.Time
}

// StackResourceDriftInformation says the same of a resource.
type StackResourceDriftInformation struct {
	StackResourceDriftStatus string
	LastCheckTimestamp       *time.Time
}

func (s *stack) driftInformation() StackDriftInformation {
	if s.Drift == nil {
		return StackDriftInformation{StackDriftStatus: notChecked}
	}
	return StackDriftInformation{s.Drift.Status, &s.Drift.Checked}
}

func (r *resourceRecord) driftInformation() StackResourceDriftInformation {
	if r.Drift == nil {
		return StackResourceDriftInformation{StackResourceDriftStatus: notChecked}
	}
	return StackResourceDriftInformation{r.Drift.Status, &r.Drift.Checked}
}

// DescribeStackDriftDetectionStatusInput is DescribeStackDriftDetectionStatus' request.
type DescribeStackDriftDetectionStatusInput struct {
	StackDriftDetectionId string `aws:",required"`
}

// DescribeStackDriftDetectionStatusOutput is DescribeStackDriftDetectionStatus' response.
type DescribeStackDriftDetectionStatusOutput struct {
	StackId                   string
	StackDriftDetectionId     string
	StackDriftStatus          string
	DetectionStatus           string
	DetectionStatusReason     string
	DriftedStackResourceCount *int32
	Timestamp                 time.Time
}

// describeStackDriftDetectionStatus tells how far a detection is. The stack is there as long as the detection: the record of a
// deleted stack stays.
func (e *Engine) describeStackDriftDetectionStatus(
	call *wire.Call, in *DescribeStackDriftDetectionStatusInput,
) (*DescribeStackDriftDetectionStatusOutput, error) {
	c := constraints{}
	c.Length("stackDriftDetectionId", in.StackDriftDetectionId, 1, 36)
	if err := c.err(); err != nil {
		return nil, err
	}
	d, ok := store.Get[*detection](call.Tx, driftTable, call.Key(in.StackDriftDetectionId))
	if !ok { // assumed wording
		return nil, validation("Drift detection [%s] does not exist", in.StackDriftDetectionId)
	}
	s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(d.Stack))
	return &DescribeStackDriftDetectionStatusOutput{
		StackId: s.ID, StackDriftDetectionId: d.ID, StackDriftStatus: d.Drift, DetectionStatus: d.Status,
		DetectionStatusReason: d.Reason, DriftedStackResourceCount: d.Drifted, Timestamp: d.Begun,
	}, nil
}

// PropertyDifference is a property that isn't what the template says.
type PropertyDifference struct {
	PropertyPath   string
	ExpectedValue  string `aws:",always"`
	ActualValue    string `aws:",always"`
	DifferenceType string
}

// StackResourceDrift is what was found of a resource.
type StackResourceDrift struct {
	StackId                  string
	LogicalResourceId        string
	PhysicalResourceId       string
	ResourceType             string
	ExpectedProperties       string
	ActualProperties         string
	PropertyDifferences      []PropertyDifference
	StackResourceDriftStatus string
	DriftStatusReason        string
	Timestamp                time.Time
}

// showDrift is what was found of a resource, nil if it has not been inspected.
func (s *stack) showDrift(id string) *StackResourceDrift {
	r := s.Resources[id]
	if r.Drift == nil {
		return nil
	}
	shown := &StackResourceDrift{
		StackId: s.ID, LogicalResourceId: id, PhysicalResourceId: r.PhysicalID, ResourceType: r.Type,
		ExpectedProperties: r.Drift.Expected, ActualProperties: r.Drift.Actual,
		StackResourceDriftStatus: r.Drift.Status, DriftStatusReason: r.Drift.Reason, Timestamp: r.Drift.Checked,
		PropertyDifferences: []PropertyDifference{},
	}
	for _, d := range r.Drift.Differences {
		shown.PropertyDifferences = append(shown.PropertyDifferences, PropertyDifference{d.Path, d.Expected, d.Actual, d.Kind})
	}
	return shown
}

// DescribeStackResourceDriftsInput is DescribeStackResourceDrifts' request.
type DescribeStackResourceDriftsInput struct {
	StackName                       string `aws:",required"`
	StackResourceDriftStatusFilters []string
	MaxResults                      *int32
	NextToken                       string
}

// DescribeStackResourceDriftsOutput is DescribeStackResourceDrifts' response.
type DescribeStackResourceDriftsOutput struct {
	StackResourceDrifts []StackResourceDrift
	NextToken           string
}

// describeStackResourceDrifts shows what was found of each resource when it was
// last looked at, in sync ones among them (documented).
func (e *Engine) describeStackResourceDrifts(
	call *wire.Call, in *DescribeStackResourceDriftsInput,
) (*DescribeStackResourceDriftsOutput, error) {
	c := constraints{}
	for _, status := range in.StackResourceDriftStatusFilters {
		c.Enum("stackResourceDriftStatusFilters", status, inSync, modified, gone, notChecked, unknown)
	}
	size := pageSize
	if in.MaxResults != nil {
		size = int(*in.MaxResults)
		c.Check(1 <= size && size <= 100, "maxResults", size, "Member must have value between 1 and 100")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	s := findStack(call, in.StackName)
	if s == nil {
		return nil, noSuchStack(in.StackName)
	}
	var drifts []StackResourceDrift
	for _, id := range s.logicalIDs() {
		shown := s.showDrift(id)
		if shown != nil && (in.StackResourceDriftStatusFilters == nil ||
			slices.Contains(in.StackResourceDriftStatusFilters, shown.StackResourceDriftStatus)) {
			drifts = append(drifts, *shown)
		}
	}
	found, next, err := pageOf(size, drifts, func(d StackResourceDrift) string { return d.LogicalResourceId }, in.NextToken)
	return &DescribeStackResourceDriftsOutput{StackResourceDrifts: found, NextToken: next}, err
}
