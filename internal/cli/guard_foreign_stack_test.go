package cli_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const foreignBody = "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: /theirs, Type: String, Value: v}}}\n"

// TestForeignStackIsRefused: somebody else's stack has the name that the set's would have. Neither a deployment nor a deletion
// touches it.
func TestForeignStackIsRefused(t *testing.T) {
	for name, outputs := range map[string]string{"without outputs": "", "with an output": "Outputs: {O: {Value: !Ref P}}\n"} {
		t.Run(name, func(t *testing.T) {
			w := newWorkbench(t, "dev")
			body := foreignBody + outputs
			if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(guardedStack), TemplateBody: &body}); err != nil {
				t.Fatal(err)
			}
			got := w.wantRefused(t, 6, "FOREIGN_STACK")
			if len(got.Blockers) != 1 || got.Blockers[0].Kind != "foreign-stack" || got.Blockers[0].ID != "P" || !strings.Contains(got.Blockers[0].Detail, "/theirs") {
				t.Errorf("blockers %v", got.Blockers)
			}
			w.wantShown(t, got)
			var deleted struct {
				Blockers []blocker
				Error    struct{ Code string }
			}
			w.run(t, 6, &deleted, "delete-security-groups", "--force")
			if deleted.Error.Code != "IN_USE" || len(deleted.Blockers) != 1 || deleted.Blockers[0].Kind != "foreign-stack" {
				t.Errorf("deletion: %+v", deleted)
			}
			if status := w.status(t, guardedStack); status != "CREATE_COMPLETE" {
				t.Errorf("the stack is in %s", status)
			}
		})
	}
}

// TestStackOfTheSetIsTaken: whoever says by the tag that a stack is the tool's to change has it changed.
func TestStackOfTheSetIsTaken(t *testing.T) {
	w := newWorkbench(t, "dev")
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(guardedStack), TemplateBody: aws.String(foreignBody),
		Tags: []cfntypes.Tag{{Key: aws.String("ManagedBy"), Value: aws.String("sg-provisioner")}},
	}); err != nil {
		t.Fatal(err)
	}
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.run(t, 0, nil, "delete-security-groups", "--force")
}
