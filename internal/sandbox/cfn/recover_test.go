package cfn_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// update starts an update with UpdateStack.
func (c *cloud) update(stack, body string, change ...func(*cloudformation.UpdateStackInput)) {
	c.t.Helper()
	in := &cloudformation.UpdateStackInput{
		StackName: &stack, TemplateBody: &body,
		Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), UsePreviousValue: aws.Bool(true)}},
	}
	for _, f := range change {
		f(in)
	}
	if _, err := c.cfn.UpdateStack(c.t.Context(), in); err != nil {
		c.t.Fatal(err)
	}
}

func leftFailed(in *cloudformation.UpdateStackInput) { in.DisableRollback = aws.Bool(true) }

// wantStatus waits for a stack and checks how it has ended.
func (c *cloud) wantStatus(stack string, want types.StackStatus) {
	c.t.Helper()
	if s := c.wait(stack); s.StackStatus != want {
		c.t.Errorf("%s, want %s: %q", s.StackStatus, want, c.events(stack))
	}
}

func TestCancelUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		cancel := func() error {
			_, err := c.cfn.CancelUpdateStack(t.Context(), &cloudformation.CancelUpdateStackInput{
				StackName: aws.String("s"), ClientRequestToken: aws.String("cancel"),
			})
			return err
		}
		c.deploy("s", request{template: twoTier})
		want := c.holdings()
		if err := cancel(); code(err) != "ValidationError" || message(err) != "CancelUpdateStack cannot be called from current stack status" {
			t.Error(err)
		}
		c.update("s", replaced(t, twoTier, "GroupDescription: web", "GroupDescription: web2", "Value: web}", "Value: www}"))
		time.Sleep(1500 * time.Millisecond)
		for range 2 { // the answer to the first was lost
			if err := cancel(); err != nil {
				t.Fatal(err)
			}
		}
		c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
		got := withoutIDs(since(c.events("s"), "s UPDATE_IN_PROGRESS"))
		for _, event := range []string{
			"WebIn UPDATE_FAILED (Resource update cancelled)", "s UPDATE_ROLLBACK_IN_PROGRESS (User Initiated)", "s UPDATE_ROLLBACK_COMPLETE",
		} {
			if !slices.Contains(got, event) {
				t.Errorf("no event %s in %q", event, got)
			}
		}
		checkEmptied(c, "s")
	})
}

// brokenRollback leads a stack to UPDATE_ROLLBACK_FAILED: what the update has
// changed is gone when it is to be changed back.
func brokenRollback(t *testing.T, c *cloud) {
	t.Helper()
	c.deploy("s", request{template: small})
	c.update("s", replaced(t, small, "Value: g}]", "Value: g2}]", "FromPort: !Ref Port, ToPort: !Ref Port", "FromPort: 70000, ToPort: 70000",
		"Value: !Ref G}", "Value: changed}"), func(in *cloudformation.UpdateStackInput) { in.ClientRequestToken = aws.String("token") })
	time.Sleep(1500 * time.Millisecond) // G is updated, R is about to fail
	group := *c.physicalID("s", "G")
	rule := act(c, ec2.DescribeSecurityGroupRules, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2.Filter{{Name: "group-id", Values: []string{group}}},
	}).SecurityGroupRules
	for _, r := range rule {
		if !r.IsEgress {
			act(c, ec2.RevokeSecurityGroupIngress, &ec2.RevokeSecurityGroupIngressInput{GroupId: group, SecurityGroupRuleIds: []string{r.SecurityGroupRuleId}})
		}
	}
	act(c, ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: group})
	c.wantStatus("s", "UPDATE_ROLLBACK_FAILED")
}

func TestContinueUpdateRollback(t *testing.T) {
	tests := []struct {
		name   string
		in     cloudformation.ContinueUpdateRollbackInput
		status types.StackStatus
		err    string
	}{
		{"again", cloudformation.ContinueUpdateRollbackInput{}, "UPDATE_ROLLBACK_FAILED", ""},
		{"skip", cloudformation.ContinueUpdateRollbackInput{ResourcesToSkip: []string{"G"}}, "UPDATE_ROLLBACK_COMPLETE", ""},
		{"force", cloudformation.ContinueUpdateRollbackInput{ForceRollback: aws.Bool(true)}, "UPDATE_ROLLBACK_COMPLETE", ""},
		{"both", cloudformation.ContinueUpdateRollbackInput{ForceRollback: aws.Bool(true), ResourcesToSkip: []string{"G"}}, "UPDATE_ROLLBACK_FAILED",
			"ForceRollback and ResourcesToSkip cannot be specified together"},
		{"skip what is well", cloudformation.ContinueUpdateRollbackInput{ResourcesToSkip: []string{"P"}}, "UPDATE_ROLLBACK_FAILED",
			"The following resource to skip is not in the UPDATE_FAILED state because of a failed rollback: [P]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				brokenRollback(t, c)
				tt.in.StackName, tt.in.ClientRequestToken = aws.String("s"), aws.String("token") // as the update's: another request
				_, err := c.cfn.ContinueUpdateRollback(t.Context(), &tt.in)
				if tt.err == "" && err != nil || tt.err != "" && message(err) != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				c.wantStatus("s", tt.status)
				if tt.status == "UPDATE_ROLLBACK_COMPLETE" && !slices.Contains(c.events("s"), "G UPDATE_COMPLETE") {
					t.Errorf("%q", c.events("s"))
				}
				if s := c.stack("s"); tt.err == "" && s.LastOperations[0].OperationType != "CONTINUE_ROLLBACK" {
					t.Error(s.LastOperations[0].OperationType)
				}
				checkEmptied(c, "s")
			})
		})
	}
}

func TestContinueElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		id := *c.deploy("s", request{template: small}).StackId
		_, err := c.cfn.ContinueUpdateRollback(t.Context(), &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String("s")})
		if want := "Stack:" + id + " is in CREATE_COMPLETE state and can not continue update rollback."; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		_, err = c.cfn.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("s")})
		if want := "Stack:" + id + " is in CREATE_COMPLETE state and can not be rolled back. Stack must be in one of [CREATE_FAILED, UPDATE_FAILED]."; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		_, err = c.cfn.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("none")})
		if want := "Stack [none] does not exist"; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestRollbackStack(t *testing.T) {
	broken := replaced(t, small, "GroupDescription: g", "GroupDescription: g2", "CidrIp: 10.0.0.0/8", "CidrIp: x")
	again := replaced(t, broken, "GroupDescription: g2", "GroupDescription: g3", "CidrIp: x", "CidrIp: y")
	tests := []struct {
		name   string
		fail   func(*cloud)
		before types.StackStatus
		after  types.StackStatus
		empty  bool
	}{
		{"creation", func(c *cloud) {
			c.deploy("s", request{template: broken, rollback: types.OnStackFailureDoNothing})
		}, "CREATE_FAILED", "ROLLBACK_COMPLETE", true},
		{"update", func(c *cloud) {
			c.deploy("s", request{template: small})
			c.update("s", broken, leftFailed)
		}, "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", false},
		{"second update", func(c *cloud) {
			c.deploy("s", request{template: small})
			c.update("s", broken, leftFailed)
			c.wait("s")
			c.update("s", again, leftFailed)
		}, "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", false},
		{"update of a failed creation", func(c *cloud) {
			c.deploy("s", request{template: broken, rollback: types.OnStackFailureDoNothing})
			c.update("s", again, leftFailed)
		}, "UPDATE_FAILED", "ROLLBACK_COMPLETE", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				tt.fail(c)
				c.wantStatus("s", tt.before)
				out, err := c.cfn.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("s")})
				if err != nil {
					t.Fatal(err)
				}
				c.wantStatus("s", tt.after)
				last := c.stack("s").LastOperations[0]
				if last.OperationType != "ROLLBACK" || *last.OperationId != *out.OperationId {
					t.Errorf("%s %s, want %s", last.OperationType, *last.OperationId, *out.OperationId)
				}
				want := nothing()
				if !tt.empty {
					want.Groups["g"] = []string{"in tcp 443-443 10.0.0.0/8 r", "out -1 -1--1 0.0.0.0/0"}
					want.Parameters["/p"] = "g"
				}
				if diff := cmp.Diff(want, c.holdings()); diff != "" {
					t.Error(diff)
				}
				checkEmptied(c, "s")
			})
		})
	}
}

// A creation that was to be left as it failed can't be updated, unless rollbacks
// were just disabled.
func TestOnFailureDoNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("s"), TemplateBody: aws.String(replaced(t, small, "CidrIp: 10.0.0.0/8", "CidrIp: x")),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}}, OnFailure: types.OnFailureDoNothing,
		})
		if err != nil {
			t.Fatal(err)
		}
		c.wantStatus("s", "CREATE_FAILED")
		_, err = c.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(small)})
		if want := "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. " +
			"Please use disable-rollback option instead during stack creation."; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		checkEmptied(c, "s")
	})
}

// What can't be deleted is left alone where the caller forces the deletion.
func TestForcedDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.deploy("s", request{template: twoTier})
		c.holdGroup(*c.physicalID("s", "Web"))
		force := &cloudformation.DeleteStackInput{StackName: aws.String("s"), DeletionMode: types.DeletionModeForceDeleteStack}
		if _, err := c.cfn.DeleteStack(t.Context(), force); !strings.Contains(message(err), "only when the current stack state is DELETE_FAILED") {
			t.Error(err)
		}
		if s := c.delete("s"); s.StackStatus != "DELETE_FAILED" {
			t.Error(s.StackStatus)
		}
		id := c.stack("s").StackId
		if _, err := c.cfn.DeleteStack(t.Context(), force); err != nil {
			t.Fatal(err)
		}
		s := c.wait(*id)
		if s.StackStatus != "DELETE_COMPLETE" || s.DeletionMode != types.DeletionModeForceDeleteStack {
			t.Error(s.StackStatus, s.DeletionMode)
		}
		events := c.events(*id)
		if got := events[len(events)-2]; got != "Web DELETE_SKIPPED" {
			t.Error(got)
		}
		if _, left := c.holdings().Groups["web"]; !left {
			t.Error("the group is gone")
		}
	})
}

// holdGroup has another group refer to a group, so that it can't be deleted.
func (c *cloud) holdGroup(id string) {
	c.t.Helper()
	stranger := act(c, ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: "stranger", Description: "stranger", VpcId: c.vpc})
	act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: stranger.GroupId, IpPermissions: []ec2.IpPermission{{IpProtocol: "-1", UserIdGroupPairs: []ec2.UserIdGroupPair{{GroupId: id}}}},
	})
}

// A resource to retain is retained by a failed creation, unless that is not
// wanted of what the operation itself has made.
func TestRetainExceptOnCreate(t *testing.T) {
	retained := replaced(t, small, "  P:\n", "  P:\n    DeletionPolicy: Retain\n", "Name: /p,", "Name: /p, Description: d,")
	tests := []struct {
		name, policy string
		except       bool
		left         int
	}{
		{"Retain", "Retain", false, 1},
		{"Retain except on create, by the request", "Retain", true, 0},
		{"by the policy", "RetainExceptOnCreate", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				body := replaced(t, retained, "DeletionPolicy: Retain", "DeletionPolicy: "+tt.policy)
				body += "  Late:\n    Type: AWS::SSM::Parameter\n    DependsOn: P\n    Properties: {Type: String, Value: x, AllowedPattern: y}\n"
				_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
					StackName: aws.String("s"), TemplateBody: &body, RetainExceptOnCreate: &tt.except,
					Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}},
				})
				if err != nil {
					t.Fatal(err)
				}
				c.wantStatus("s", "ROLLBACK_COMPLETE")
				if got := len(c.holdings().Parameters); got != tt.left {
					t.Errorf("%d parameters left, want %d", got, tt.left)
				}
			})
		})
	}
}

// A rollback that is made to fail gets a stack into the states that only a broken
// rollback leads to, and out of them when it no longer does.
func TestInjectedRollbackFailure(t *testing.T) {
	changed := replaced(t, small, "Value: g}]", "Value: g2}]", "FromPort: !Ref Port, ToPort: !Ref Port", "FromPort: 70000, ToPort: 70000")
	synctest.Test(t, func(t *testing.T) {
		failing := "G"
		c := newCloud(t, cfn.Options{Latency: second, FailRollback: func(id string) string {
			if id == failing {
				return "injected"
			}
			return ""
		}})
		c.deploy("created", request{template: replaced(t, changed, "Name: /p", "Name: /q")})
		c.wantStatus("created", "ROLLBACK_FAILED")
		failing = ""
		if s := c.delete("created"); s.StackStatus != "DELETE_COMPLETE" {
			t.Error(s.StackStatus)
		}

		c.deploy("s", request{template: small})
		want := c.holdings()
		failing = "G"
		c.deploy("s", request{template: changed})
		c.wantStatus("s", "UPDATE_ROLLBACK_FAILED")
		if reason := aws.ToString(c.stack("s").StackStatusReason); reason != "The following resource(s) failed to update: [G]. " {
			t.Errorf("reason %q", reason)
		}
		goOn := func() {
			if _, err := c.cfn.ContinueUpdateRollback(t.Context(), &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String("s")}); err != nil {
				t.Fatal(err)
			}
			c.wait("s")
		}
		goOn()
		c.wantStatus("s", "UPDATE_ROLLBACK_FAILED")
		failing = ""
		goOn()
		c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
	})
}

// What a rollback has skipped is not looked at for drift (documented).
func TestSkippedIsNotChecked(t *testing.T) {
	changed := replaced(t, small, "Value: g}]", "Value: g2}]", "FromPort: !Ref Port, ToPort: !Ref Port", "FromPort: 70000, ToPort: 70000")
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{FailRollback: func(id string) string { return map[string]string{"G": "injected"}[id] }})
		c.deploy("s", request{template: small})
		c.deploy("s", request{template: changed})
		if _, err := c.cfn.ContinueUpdateRollback(t.Context(), &cloudformation.ContinueUpdateRollbackInput{
			StackName: aws.String("s"), ForceRollback: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
		c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
		if status := c.detect("s"); status.DetectionStatus != "DETECTION_COMPLETE" {
			t.Error(status.DetectionStatus)
		}
		if diff := cmp.Diff([]string{"P IN_SYNC", "R IN_SYNC"}, c.drifts("s")); diff != "" {
			t.Error(diff)
		}
		resource, err := c.cfn.DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{
			StackName: aws.String("s"), LogicalResourceId: aws.String("G")})
		if err != nil || resource.StackResourceDetail.DriftInformation.StackResourceDriftStatus != "NOT_CHECKED" {
			t.Errorf("%+v, %v", resource, err)
		}
		c.deploy("s", request{template: replaced(t, small, "Value: g}]", "Value: g3}]")})
		c.detect("s")
		if diff := cmp.Diff([]string{"G IN_SYNC", "P IN_SYNC", "R IN_SYNC"}, c.drifts("s")); diff != "" {
			t.Error(diff)
		}
	})
}
