package stack

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// StackResource is one resource of a stack, as CloudFormation knows it.
type StackResource struct { //nolint:revive // a Resource is one of a template
	LogicalID  string
	PhysicalID string // empty before it exists
	Type       string
	Status     string // such as CREATE_COMPLETE or DELETE_FAILED
	Reason     string // of a failure
}

// Exists reports whether the resource was made and has not been deleted yet.
func (r StackResource) Exists() bool { return r.PhysicalID != "" && r.Status != string(DeleteComplete) }

// Resources lists what a stack holds, in whatever status it is: one that has failed has resources and no outputs. A stack
// that doesn't exist gives ErrNotFound.
func (e *Engine) Resources(ctx context.Context, stackID string) ([]StackResource, error) {
	var list []StackResource
	pages := cloudformation.NewListStackResourcesPaginator(e.api, &cloudformation.ListStackResourcesInput{StackName: aws.String(stackID)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			err = ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("list resources of stack %s: %w", stackID, err)
		}
		for _, r := range page.StackResourceSummaries {
			list = append(list, StackResource{
				LogicalID: aws.ToString(r.LogicalResourceId), PhysicalID: aws.ToString(r.PhysicalResourceId),
				Type: aws.ToString(r.ResourceType), Status: string(r.ResourceStatus), Reason: aws.ToString(r.ResourceStatusReason),
			})
		}
	}
	return list, nil
}

// Settled describes a stack once no operation is under way on it: it waits for the end of one that somebody else began. It
// gives ErrNotFound for a stack that doesn't exist, or has gone meanwhile.
func (e *Engine) Settled(ctx context.Context, name string) (Stack, error) {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	st, err := e.atRest(ctx, name)
	if err == nil && st.Status == DeleteComplete {
		err = fmt.Errorf("describe stack %s: %w", name, ErrNotFound)
	}
	return st, err
}

// List describes all stacks of the account and region whose name satisfies want.
func (e *Engine) List(ctx context.Context, want func(name string) bool) ([]Stack, error) {
	var list []Stack
	pages := cloudformation.NewDescribeStacksPaginator(e.api, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe stacks: %w", err)
		}
		for _, s := range page.Stacks {
			if want(aws.ToString(s.StackName)) {
				list = append(list, stackOf(s))
			}
		}
	}
	return list, nil
}
