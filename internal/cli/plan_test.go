package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/stack"
)

// What CloudFormation or a hook refuses before anything is changed comes as findings, each with its place and reason. The
// sandbox has neither.
func TestValidationProblemsAreFindings(t *testing.T) {
	d := &deployment{session: &session{}}
	refused := &stack.ChangeSetError{StackName: "my-stack", Reason: "AWS::EarlyValidation", Problems: []stack.ValidationProblem{
		{Name: "PROPERTY_VALIDATION", Path: "/Resources/WebSecurityGroup/Properties/VpcId", Reason: "no such VPC"},
		{Name: "Guard::Rules", Reason: "not on a Friday"},
	}}
	if err := d.explainPlan(refused); err == nil {
		t.Error("it is no error")
	}
	want := diag.List{
		{Severity: diag.Error, ID: "CFN001", Summary: "/Resources/WebSecurityGroup/Properties/VpcId: PROPERTY_VALIDATION: no such VPC"},
		{Severity: diag.Error, ID: "CFN001", Summary: "Guard::Rules: not on a Friday"},
	}
	if diff := cmp.Diff(want, d.findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A value that CloudFormation gives by its place in a list, and one that only the deployment will make, are told all the same.
func TestPropertyDetails(t *testing.T) {
	got := propertyDetails([]stack.PropertyChange{
		{Attribute: "Tags", Path: "/Properties/Tags/0/Value", Before: "A", After: "B"},
		{Attribute: "Tags", Path: "/Properties/Tags", Before: `[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]`, After: `[{"Key":"b","Value":"3"}]`},
		{Attribute: "Properties", Name: "Value", Before: "sg-1", After: knownLater},
		{Attribute: "Properties", Name: "Description", After: "new\nline"},
		{Attribute: "Properties", Name: "SecurityGroupEgress", Before: "[]", After: "[{}]"},
		{Attribute: "DeletionPolicy", Before: "Retain"},
	})
	want := []string{
		`Tags/0/Value: "B", was "A"`, `tag a: removed, was "1"`, `tag b: "3", was "2"`,
		`Value: known after the deployment, was "sg-1"`, `Description: "new\nline", new`, `DeletionPolicy: removed, was "Retain"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}
