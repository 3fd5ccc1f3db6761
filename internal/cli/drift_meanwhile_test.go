package cli_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// deploysMeanwhile has somebody update the stack, so that its groups get another tag, when the program next calls an action.
func (w *workbench) deploysMeanwhile(t *testing.T, action, owner string) {
	w.before[action] = func() {
		if _, err := w.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
			StackName: aws.String(guardedSet + "-stack"), UsePreviousTemplate: aws.Bool(true),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), UsePreviousValue: aws.Bool(true)}},
			Tags:       []types.Tag{{Key: aws.String("owner"), Value: &owner}},
		}); err != nil {
			t.Error(err)
		}
	}
}

// A deployment that begins while the groups are read is no drift: they are read again.
func TestDriftWhileTheStackChanges(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.deploysMeanwhile(t, "DescribeSecurityGroupRules", "me")
	var got driftDocument
	w.run(t, 0, &got, "check-drift", "--exit-code", "--rules-only")
	if got.DriftStatus != "IN_SYNC" || len(got.Tags) > 0 {
		t.Errorf("%s %+v", got.DriftStatus, got.Tags)
	}
}

// What was meant when the question was asked may not be meant any more when it is answered: --fix touches nothing then.
func TestDriftFixOfAStackThatChanges(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.authorize(t, w.groups(t)[guardedSet+"-web"], 22, "198.51.100.7/32")
	w.deploysMeanwhile(t, "DescribeNetworkInterfaces", "me") // after the groups have been read
	var got driftDocument
	w.run(t, 6, &got, "check-drift", "--rules-only", "--fix", "--force")
	if got.Error.Code != "STACK_CHANGED" || len(got.Fix.Steps) != 1 || got.Fix.Steps[0].Done {
		t.Errorf("%+v %+v", got.Error, got.Fix)
	}
	w.run(t, 0, &got, "check-drift", "--rules-only", "--fix", "--force")
	if got.DriftStatus != "IN_SYNC" || len(got.Fix.Steps) != 1 || !got.Fix.Steps[0].Done {
		t.Errorf("%s %+v", got.DriftStatus, got.Fix)
	}
}
