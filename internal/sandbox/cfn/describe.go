package cfn

import (
	"maps"
	"slices"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Stack is a stack as DescribeStacks shows it.
type Stack struct {
	StackId                     string
	StackName                   string
	ChangeSetId                 string
	Description                 string
	Parameters                  []Parameter
	CreationTime                time.Time
	DeletionTime                *time.Time
	LastUpdatedTime             *time.Time
	RollbackConfiguration       wire.Empty
	StackStatus                 string
	StackStatusReason           string
	DisableRollback             bool
	NotificationARNs            []string
	Capabilities                []string
	Outputs                     []Output
	Tags                        []Tag
	EnableTerminationProtection *bool
	DriftInformation            StackDriftInformation
	LastOperations              []OperationEntry
	DeletionMode                string
	RetainExceptOnCreate        *bool
}

func (s *stack) show() Stack {
	shown := Stack{
		StackId: s.ID, StackName: s.Name, ChangeSetId: s.ChangeSetID, Description: s.Deployment.Description,
		Parameters: s.Deployment.parameters(), CreationTime: s.Created, DeletionTime: s.Deleted, LastUpdatedTime: s.Updated,
		StackStatus: s.Status, StackStatusReason: s.StatusReason, DisableRollback: s.DisableRollback,
		NotificationARNs: []string{}, Capabilities: s.Deployment.Capabilities, Outputs: s.Outputs,
		Tags: append([]Tag{}, s.Deployment.Tags...), DriftInformation: s.driftInformation(),
		LastOperations: s.lastOperations(), DeletionMode: s.DeletionMode,
	}
	if s.RetainExceptOnCreate {
		shown.RetainExceptOnCreate = &s.RetainExceptOnCreate
	}
	if s.Status != deleteComplete {
		shown.EnableTerminationProtection = &s.TerminationProtection
	}
	if len(shown.Capabilities) == 0 {
		shown.Capabilities = nil
	}
	return shown
}

func (s *stack) lastOperations() []OperationEntry {
	if s.LastOperation == nil {
		return nil
	}
	return []OperationEntry{*s.LastOperation}
}

// allStacks lists the stacks of the account and region, the newest first.
func allStacks(call *wire.Call) []*stack {
	var stacks []*stack
	for _, s := range store.Scan[*stack](call.Tx, stackTable, call.Prefix()) {
		stacks = append(stacks, s)
	}
	slices.SortStableFunc(stacks, func(a, b *stack) int { return b.Created.Compare(a.Created) })
	return stacks
}

// DescribeStacksInput is DescribeStacks' request.
type DescribeStacksInput struct {
	StackName string
	NextToken string
}

// DescribeStacksOutput is DescribeStacks' response.
type DescribeStacksOutput struct {
	Stacks    []Stack
	NextToken string
}

func (e *Engine) describeStacks(call *wire.Call, in *DescribeStacksInput) (*DescribeStacksOutput, error) {
	if in.StackName != "" {
		s := findStack(call, in.StackName)
		if s == nil {
			return nil, noStackWithID(in.StackName)
		}
		return &DescribeStacksOutput{Stacks: []Stack{s.show()}}, nil
	}
	var stacks []Stack
	for _, s := range allStacks(call) {
		if s.Status != deleteComplete {
			stacks = append(stacks, s.show())
		}
	}
	shown, next, err := page(stacks, func(s Stack) string { return s.StackId }, in.NextToken)
	return &DescribeStacksOutput{Stacks: shown, NextToken: next}, err
}

// StackSummary is a stack as ListStacks shows it.
type StackSummary struct {
	StackId             string
	StackName           string
	TemplateDescription string
	CreationTime        time.Time
	LastUpdatedTime     *time.Time
	DeletionTime        *time.Time
	StackStatus         string
	StackStatusReason   string
	DriftInformation    StackDriftInformation
	LastOperations      []OperationEntry
}

// ListStacksInput is ListStacks' request.
type ListStacksInput struct {
	NextToken         string
	StackStatusFilter []string
}

// ListStacksOutput is ListStacks' response.
type ListStacksOutput struct {
	StackSummaries []StackSummary
	NextToken      string
}

func (e *Engine) listStacks(call *wire.Call, in *ListStacksInput) (*ListStacksOutput, error) {
	var summaries []StackSummary
	for _, s := range allStacks(call) {
		if len(in.StackStatusFilter) > 0 && !slices.Contains(in.StackStatusFilter, s.Status) {
			continue
		}
		summaries = append(summaries, StackSummary{
			StackId: s.ID, StackName: s.Name, TemplateDescription: s.Deployment.Description,
			CreationTime: s.Created, LastUpdatedTime: s.Updated, DeletionTime: s.Deleted,
			StackStatus: s.Status, StackStatusReason: s.StatusReason,
			DriftInformation: s.driftInformation(), LastOperations: s.lastOperations(),
		})
	}
	shown, next, err := page(summaries, func(s StackSummary) string { return s.StackId }, in.NextToken)
	return &ListStacksOutput{StackSummaries: shown, NextToken: next}, err
}

// StackResource is a resource as DescribeStackResources shows it.
type StackResource struct {
	StackName            string
	StackId              string
	LogicalResourceId    string
	PhysicalResourceId   string
	ResourceType         string
	Timestamp            time.Time
	ResourceStatus       string
	ResourceStatusReason string
	DriftInformation     StackResourceDriftInformation
}

// DescribeStackResourcesInput is DescribeStackResources' request.
type DescribeStackResourcesInput struct {
	StackName          string
	LogicalResourceId  string
	PhysicalResourceId string
}

// DescribeStackResourcesOutput is DescribeStackResources' response.
type DescribeStackResourcesOutput struct{ StackResources []StackResource }

func (e *Engine) describeStackResources(call *wire.Call, in *DescribeStackResourcesInput) (*DescribeStackResourcesOutput, error) {
	s, err := stackOfResources(call, in)
	if err != nil {
		return nil, err
	}
	shown := []StackResource{}
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if in.LogicalResourceId != "" && id != in.LogicalResourceId {
			continue
		}
		r := s.Resources[id]
		shown = append(shown, StackResource{
			StackName: s.Name, StackId: s.ID, LogicalResourceId: id, PhysicalResourceId: r.PhysicalID,
			ResourceType: r.Type, Timestamp: r.Changed, ResourceStatus: r.Status, ResourceStatusReason: r.StatusReason,
			DriftInformation: r.driftInformation(),
		})
	}
	return &DescribeStackResourcesOutput{shown}, nil
}

func stackOfResources(call *wire.Call, in *DescribeStackResourcesInput) (*stack, error) {
	switch {
	case in.StackName != "" && in.PhysicalResourceId != "" || in.StackName == "" && in.PhysicalResourceId == "":
		return nil, validation("Exactly one of StackName and PhysicalResourceId must be specified")
	case in.StackName != "":
		if s := findStack(call, in.StackName); s != nil {
			return s, nil
		}
		return nil, noStackWithID(in.StackName)
	}
	for _, s := range allStacks(call) {
		if s.logicalIDOf(in.PhysicalResourceId) != "" {
			return s, nil
		}
	}
	return nil, validation("Stack for %s does not exist", in.PhysicalResourceId)
}

// StackResourceDetail is a resource as DescribeStackResource shows it.
type StackResourceDetail struct {
	StackName            string
	StackId              string
	LogicalResourceId    string
	PhysicalResourceId   string
	ResourceType         string
	LastUpdatedTimestamp time.Time
	ResourceStatus       string
	ResourceStatusReason string
	Metadata             string
	DriftInformation     StackResourceDriftInformation
}

// DescribeStackResourceInput is DescribeStackResource's request.
type DescribeStackResourceInput struct {
	StackName         string `aws:",required"`
	LogicalResourceId string `aws:",required"`
}

// DescribeStackResourceOutput is DescribeStackResource's response.
type DescribeStackResourceOutput struct{ StackResourceDetail StackResourceDetail }

func (e *Engine) describeStackResource(call *wire.Call, in *DescribeStackResourceInput) (*DescribeStackResourceOutput, error) {
	s := findStack(call, in.StackName)
	if s == nil {
		return nil, validation("Stack '%s' does not exist", in.StackName)
	}
	r := s.Resources[in.LogicalResourceId]
	if r == nil {
		return nil, validation("Resource %s does not exist for stack %s", in.LogicalResourceId, s.Name)
	}
	return &DescribeStackResourceOutput{StackResourceDetail{
		StackName: s.Name, StackId: s.ID, LogicalResourceId: in.LogicalResourceId, PhysicalResourceId: r.PhysicalID,
		ResourceType: r.Type, LastUpdatedTimestamp: r.Changed, ResourceStatus: r.Status, ResourceStatusReason: r.StatusReason,
		Metadata: textOf(r.Metadata), DriftInformation: r.driftInformation(),
	}}, nil
}

// StackResourceSummary is a resource as ListStackResources shows it.
type StackResourceSummary struct {
	LogicalResourceId    string
	PhysicalResourceId   string
	ResourceType         string
	LastUpdatedTimestamp time.Time
	ResourceStatus       string
	ResourceStatusReason string
	DriftInformation     StackResourceDriftInformation
}

// ListStackResourcesInput is ListStackResources' request.
type ListStackResourcesInput struct {
	StackName string `aws:",required"`
	NextToken string
}

// ListStackResourcesOutput is ListStackResources' response.
type ListStackResourcesOutput struct {
	StackResourceSummaries []StackResourceSummary
	NextToken              string
}

func (e *Engine) listStackResources(call *wire.Call, in *ListStackResourcesInput) (*ListStackResourcesOutput, error) {
	s := findStack(call, in.StackName)
	if s == nil {
		return nil, noStackWithID(in.StackName)
	}
	var summaries []StackResourceSummary
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		r := s.Resources[id]
		summaries = append(summaries, StackResourceSummary{
			LogicalResourceId: id, PhysicalResourceId: r.PhysicalID, ResourceType: r.Type, LastUpdatedTimestamp: r.Changed,
			ResourceStatus: r.Status, ResourceStatusReason: r.StatusReason,
			DriftInformation: r.driftInformation(),
		})
	}
	shown, next, err := page(summaries, func(s StackResourceSummary) string { return s.LogicalResourceId }, in.NextToken)
	return &ListStackResourcesOutput{StackResourceSummaries: shown, NextToken: next}, err
}
