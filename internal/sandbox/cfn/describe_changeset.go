package cfn

import (
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

// DescribeChangeSetInput is DescribeChangeSet's request.
type DescribeChangeSetInput struct {
	ChangeSetName         string `aws:",required"`
	StackName             string
	NextToken             string
	IncludePropertyValues *bool
}

// DescribeChangeSetOutput is DescribeChangeSet's response.
type DescribeChangeSetOutput struct {
	ChangeSetName           string
	ChangeSetId             string
	StackId                 string
	StackName               string
	Description             string
	Parameters              []Parameter
	CreationTime            time.Time
	ExecutionStatus         string
	Status                  string
	StatusReason            string
	NotificationARNs        []string
	RollbackConfiguration   wire.Empty
	Capabilities            []string
	Tags                    []Tag
	Changes                 []Change
	NextToken               string
	IncludeNestedStacks     bool
	ImportExistingResources bool
	OnStackFailure          string
}

func (e *Engine) describeChangeSet(call *wire.Call, in *DescribeChangeSetInput) (*DescribeChangeSetOutput, error) {
	cs, s, err := findChangeSet(call, in.ChangeSetName, in.StackName)
	if err != nil {
		return nil, err
	}
	changes := cs.Plain
	if isTrue(in.IncludePropertyValues) {
		changes = cs.Changes
	}
	shown, next, err := page(changes, func(c Change) string { return c.ResourceChange.LogicalResourceId }, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &DescribeChangeSetOutput{
		ChangeSetName: cs.Name, ChangeSetId: cs.ID, StackId: s.ID, StackName: s.Name, Description: cs.Description,
		Parameters: cs.Deployment.parameters(), CreationTime: cs.Created, ExecutionStatus: cs.ExecutionStatus,
		Status: cs.Status, StatusReason: cs.StatusReason, NotificationARNs: []string{},
		Capabilities: append([]string{}, cs.Deployment.Capabilities...), Tags: cs.Deployment.Tags,
		Changes: shown, NextToken: next, OnStackFailure: cs.OnStackFailure,
		ImportExistingResources: cs.ImportExisting,
	}, nil
}

// ChangeSetSummary is a change set as ListChangeSets shows it.
type ChangeSetSummary struct {
	StackId                 string
	StackName               string
	ChangeSetId             string
	ChangeSetName           string
	ExecutionStatus         string
	Status                  string
	StatusReason            string
	CreationTime            time.Time
	Description             string
	IncludeNestedStacks     bool
	ImportExistingResources bool
}

// ListChangeSetsInput is ListChangeSets' request.
type ListChangeSetsInput struct {
	StackName string `aws:",required"`
	NextToken string
}

// ListChangeSetsOutput is ListChangeSets' response.
type ListChangeSetsOutput struct {
	Summaries []ChangeSetSummary
	NextToken string
}

// listChangeSets lists the active ones: those that haven't been executed (documented).
func (e *Engine) listChangeSets(call *wire.Call, in *ListChangeSetsInput) (*ListChangeSetsOutput, error) {
	s := findStack(call, in.StackName)
	if s == nil {
		return nil, noSuchStack(in.StackName)
	}
	var summaries []ChangeSetSummary
	for _, cs := range s.changeSets(call) {
		if !cs.active() {
			continue
		}
		summaries = append(summaries, ChangeSetSummary{
			StackId: s.ID, StackName: s.Name, ChangeSetId: cs.ID, ChangeSetName: cs.Name,
			ExecutionStatus: cs.ExecutionStatus, Status: cs.Status, StatusReason: cs.StatusReason,
			CreationTime: cs.Created, Description: cs.Description, ImportExistingResources: cs.ImportExisting,
		})
	}
	shown, next, err := page(summaries, func(s ChangeSetSummary) string { return s.ChangeSetId }, in.NextToken)
	return &ListChangeSetsOutput{Summaries: shown, NextToken: next}, err
}
