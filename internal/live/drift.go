package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Verdict is what CloudFormation's own drift detection says of a stack. It compares the properties that the template names and
// no others (documented), so that a rule which somebody adds to a group without rules of its own is no drift for it (reported).
type Verdict struct {
	Status    string // IN_SYNC, DRIFTED or UNKNOWN
	Reason    string // where the detection failed for some resources
	Resources []ResourceVerdict
}

// ResourceVerdict is what CloudFormation says of one resource.
type ResourceVerdict struct {
	LogicalID   string
	PhysicalID  string
	Type        string
	Status      string // IN_SYNC, MODIFIED, DELETED, NOT_CHECKED, UNKNOWN or UNSUPPORTED
	Reason      string
	Differences []PropertyDifference
}

// PropertyDifference is a property that CloudFormation finds changed.
type PropertyDifference struct {
	Path     string // such as /Tags/0/Value
	Kind     string // ADD, REMOVE or NOT_EQUAL
	Expected string
	Actual   string
}

type driftAPI interface {
	DetectStackDrift(context.Context, *cloudformation.DetectStackDriftInput, ...func(*cloudformation.Options)) (*cloudformation.DetectStackDriftOutput, error)
	DescribeStackDriftDetectionStatus(context.Context, *cloudformation.DescribeStackDriftDetectionStatusInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackDriftDetectionStatusOutput, error)
	cloudformation.DescribeStackResourceDriftsAPIClient
}

// DetectDrift has CloudFormation look for drift of a stack and waits for its verdict. If there is none within the time given, the
// error wraps context.DeadlineExceeded.
func DetectDrift(ctx context.Context, api driftAPI, stackID string, within time.Duration) (Verdict, error) {
	begun, err := api.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: aws.String(stackID)})
	if err != nil {
		return Verdict{}, fmt.Errorf("detect drift of stack %s: %w", stackID, err)
	}
	var v Verdict
	done, err := Settle(ctx, within, func(ctx context.Context) (bool, error) {
		out, err := api.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{
			StackDriftDetectionId: begun.StackDriftDetectionId,
		})
		if err != nil {
			return false, fmt.Errorf("describe drift detection of stack %s: %w", stackID, err)
		}
		v.Status, v.Reason = string(out.StackDriftStatus), aws.ToString(out.DetectionStatusReason)
		return out.DetectionStatus != types.StackDriftDetectionStatusDetectionInProgress, nil
	})
	if err == nil && !done {
		err = fmt.Errorf("detect drift of stack %s: %w", stackID, context.DeadlineExceeded)
	}
	if err != nil {
		return Verdict{}, err
	}
	v.Resources, err = resourceDrifts(ctx, api, stackID)
	return v, err
}

func resourceDrifts(ctx context.Context, api cloudformation.DescribeStackResourceDriftsAPIClient, stackID string) ([]ResourceVerdict, error) {
	var list []ResourceVerdict
	pages := cloudformation.NewDescribeStackResourceDriftsPaginator(api, &cloudformation.DescribeStackResourceDriftsInput{
		StackName: aws.String(stackID), MaxResults: aws.Int32(100),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe drift of resources of stack %s: %w", stackID, err)
		}
		for _, r := range page.StackResourceDrifts {
			list = append(list, verdictOf(r))
		}
	}
	slices.SortFunc(list, func(a, b ResourceVerdict) int { return strings.Compare(a.LogicalID, b.LogicalID) })
	return list, nil
}

func verdictOf(r types.StackResourceDrift) ResourceVerdict {
	v := ResourceVerdict{
		LogicalID:  aws.ToString(r.LogicalResourceId),
		PhysicalID: aws.ToString(r.PhysicalResourceId),
		Type:       aws.ToString(r.ResourceType),
		Status:     string(r.StackResourceDriftStatus),
		Reason:     aws.ToString(r.DriftStatusReason),
	}
	for _, d := range r.PropertyDifferences {
		v.Differences = append(v.Differences, PropertyDifference{
			Path: aws.ToString(d.PropertyPath), Kind: string(d.DifferenceType), Expected: aws.ToString(d.ExpectedValue), Actual: aws.ToString(d.ActualValue),
		})
	}
	return v
}

// ErrNoOwner says that no stack has a resource.
var ErrNoOwner = errors.New("no stack has it")

type resourcesAPI interface {
	DescribeStackResources(context.Context, *cloudformation.DescribeStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourcesOutput, error)
}

// Stack is the name of the stack that a resource belongs to, by its physical ID, such as that of a rule; ErrNoOwner: none.
func Stack(ctx context.Context, api resourcesAPI, physicalID string) (string, error) {
	out, err := api.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{PhysicalResourceId: aws.String(physicalID)})
	switch {
	case isNoOwner(err), err == nil && len(out.StackResources) == 0:
		return "", ErrNoOwner
	case err != nil:
		return "", fmt.Errorf("find the stack of %s: %w", physicalID, err)
	}
	return aws.ToString(out.StackResources[0].StackName), nil
}
