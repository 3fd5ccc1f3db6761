package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"
)

func TestErrorsInWords(t *testing.T) {
	failure := ResourceEvent{LogicalID: "Web", Type: "AWS::EC2::SecurityGroup", Reason: "Rate exceeded"}
	tests := []struct {
		err  error
		want string
		hint string // a part of it
	}{
		{
			&FailedError{StackName: "demo", Operation: Create, Status: RollbackComplete, First: failure},
			"create stack demo: ended in ROLLBACK_COMPLETE: Web (AWS::EC2::SecurityGroup): Rate exceeded", "later",
		},
		{
			&FailedError{StackName: "demo", Operation: Update, Status: UpdateRollbackFailed},
			"update stack demo: ended in UPDATE_ROLLBACK_FAILED", "the way out",
		},
		{
			&StateError{StackName: "demo", Status: RollbackFailed, Held: []ResourceEvent{failure, {LogicalID: "App", Type: "T", Reason: "no"}}},
			"stack demo is in ROLLBACK_FAILED: Web (AWS::EC2::SecurityGroup): Rate exceeded; App (T): no", "later; then the stack can be deleted",
		},
		{&StateError{StackName: "demo", Status: UpdateFailed}, "stack demo is in UPDATE_FAILED", "roll the stack back"},
		{
			&TimeoutError{StackName: "demo", Doing: "preparing the change set", Left: "change set x is left behind", After: time.Minute},
			"stopped preparing the change set of stack demo after 1m0s", "change set x is left behind",
		},
		{
			&ChangeSetError{StackName: "demo", Reason: "why", Problems: []ValidationProblem{{"N", "/Resources/Web", "Rate exceeded"}, {Name: "H", Reason: "no"}}},
			"plan changes of stack demo: /Resources/Web: N: Rate exceeded; H: no", "later",
		},
		{&ChangeSetError{StackName: "demo", Reason: "Rate exceeded"}, "plan changes of stack demo: Rate exceeded", "later"},
		{
			&PlanGoneError{StackName: "demo", Err: errors.New("ChangeSet [x] does not exist")},
			"apply changes to stack demo: the plan is not valid any more: ChangeSet [x] does not exist", "new plan",
		},
		{&StateError{StackName: "demo", Status: UpdateRollbackFailed}, "stack demo is in UPDATE_ROLLBACK_FAILED", "continue-update-rollback"},
		{&StateError{StackName: "demo", Status: DeleteFailed, Reason: "why"}, "stack demo is in DELETE_FAILED: why", "can be deleted"},
		{&StateError{StackName: "demo", Status: "TELEPORT_COMPLETE"}, "stack demo is in TELEPORT_COMPLETE", "console"},
		{&ProtectedError{StackName: "demo"}, "delete stack demo: termination protection is on", "switch"},
		{
			&InterruptedError{StackName: "demo", Doing: "watching the update", Err: context.Canceled},
			"interrupted while watching the update of stack demo", "run the same command again",
		},
		{
			&InterruptedError{StackName: "demo", Doing: "preparing the change set", Left: "change set x is left behind", Err: context.Canceled},
			"interrupted while preparing the change set of stack demo", "change set x is left behind",
		},
		{
			&TimeoutError{StackName: "demo", Doing: "watching the update", Status: UpdateInProgress, After: 30 * time.Minute},
			"stopped watching the update of stack demo after 30m0s, in UPDATE_IN_PROGRESS", "run the same command again",
		},
		{&TemplateSizeError{StackName: "demo", Bytes: 60_000, Limit: 51_200}, "template of stack demo has 60000 bytes, CloudFormation takes 51200", "split"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.err.Error()); diff != "" {
			t.Errorf("%T (-want +got):\n%s", tt.err, diff)
		}
		if hint := tt.err.(interface{ Hint() string }).Hint(); !strings.Contains(hint, tt.hint) {
			t.Errorf("%T: hint %q, want one with %q", tt.err, hint, tt.hint)
		}
	}
}

func TestHintsForWhatUsersMeet(t *testing.T) {
	tests := map[string]string{
		"The maximum number of rules per security group has been reached. (Service: Ec2, Status Code: 400)":                          "L-0EA8095F",
		"The maximum number of VPC security groups has been reached":                                                                 "L-E79EC296",
		`the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists`:                              "outside of the stack",
		"The vpc ID 'vpc-1' does not exist (Service: Ec2)":                                                                           "region",
		"Parameter validation failed: parameter value vpc-1 for parameter name VpcId does not exist":                                 "region",
		"User: arn:aws:iam::1:user/me is not authorized to perform: ec2:CreateSecurityGroup":                                         "permission",
		"Export with name demo-web-SecurityGroupId is already exported by stack other.":                                              "another name",
		"Cannot delete export demo-web-SecurityGroupId as it is in use by other.":                                                    "imports",
		"Resource of type 'AWS::SSM::Parameter' with identifier '/sg/demo/web/SecurityGroupId' already exists.":                      "parameter",
		"resource sg-1 has a dependent object (Service: Ec2, Status Code: 400)":                                                      "network interface",
		"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename X and update the stack again.": "fixed name",
		"Rate exceeded (Service: Ssm)": "later",
		"something new":                "",
	}
	for reason, want := range tests {
		got := hintFor(reason)
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s:\ngot hint %q, want one with %q", reason, got, want)
		}
	}
}

// Whether a change set is still there is known only where its deletion was refused.
func TestRemains(t *testing.T) {
	refused := &smithy.GenericAPIError{Code: "AccessDenied"}
	for want, err := range map[string]error{
		"change set x is left behind":     fmt.Errorf("delete: %w", refused),
		"change set x may be left behind": errors.New("connection lost"),
	} {
		if got := (&Plan{ChangeSetID: "x"}).remains(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// An operation that is waited for can be a deletion of our own, of a moment ago.
func TestActivityOfADeletion(t *testing.T) {
	for status, want := range map[Status]string{DeleteInProgress: "watching the deletion", UpdateInProgress: "waiting for another operation"} {
		if got := (&operation{kind: Attach, status: status}).activity().doing; got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
}

// What refuses a plan is told in CloudFormation's words, without what the SDK puts around them, and can be followed up by its request.
func TestPlanGoneSpeaksPlainly(t *testing.T) {
	answer := &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest}},
			Err:      &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack s is in DELETE_IN_PROGRESS state"},
		},
		RequestID: "r-1",
	}
	got := (&PlanGoneError{StackName: "s", Err: &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "ExecuteChangeSet", Err: answer}}).Error()
	const want = "apply changes to stack s: the plan is not valid any more: Stack s is in DELETE_IN_PROGRESS state (request r-1)"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The end of watching a deletion doesn't promise that nothing is deleted.
func TestInterruptedDeletionSaysThatItGoesOn(t *testing.T) {
	deleting := (&InterruptedError{StackName: "s", Doing: "watching the deletion", Status: DeleteInProgress}).Hint()
	creating := (&InterruptedError{StackName: "s", Doing: "watching the creation", Status: CreateInProgress}).Hint()
	if !strings.HasPrefix(deleting, "the deletion goes on") || !strings.HasPrefix(creating, "nothing was cancelled or deleted") {
		t.Errorf("%q, %q", deleting, creating)
	}
}
