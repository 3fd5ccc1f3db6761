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
	"mlops-infra-suite/internal/sandbox/wire"
)

func nothing() holdings {
	return holdings{Groups: map[string][]string{}, Parameters: map[string]string{}}
}

func TestFailedCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		s := c.deploy("s", request{template: replaced(t, twoTier, "CidrIp: 0.0.0.0/0, Description: world", "CidrIp: 0.0.0.0/33")})
		if s.StackStatus != "ROLLBACK_COMPLETE" {
			t.Error(s.StackStatus)
		}
		if diff := cmp.Diff(nothing(), c.holdings()); diff != "" {
			t.Error(diff)
		}
		events := []string{
			"s CREATE_IN_PROGRESS (User Initiated)",
			"Db CREATE_IN_PROGRESS", "Db CREATE_IN_PROGRESS (Resource creation Initiated)",
			"Web CREATE_IN_PROGRESS", "Web CREATE_IN_PROGRESS (Resource creation Initiated)",
			"Db CREATE_COMPLETE", "Web CREATE_COMPLETE",
			"DbIn CREATE_IN_PROGRESS", "DbIn CREATE_IN_PROGRESS (Resource creation Initiated)",
			"WebId CREATE_IN_PROGRESS", "WebId CREATE_IN_PROGRESS (Resource creation Initiated)",
			"WebIn CREATE_IN_PROGRESS",
			"WebOut CREATE_IN_PROGRESS", "WebOut CREATE_IN_PROGRESS (Resource creation Initiated)",
			"DbIn CREATE_COMPLETE", "WebId CREATE_COMPLETE",
			`WebIn CREATE_FAILED (Resource handler returned message: "CIDR block 0.0.0.0/33 is malformed ` +
				`(Service: Ec2, Status Code: 400, Request ID: ID)" (RequestToken: ID, HandlerErrorCode: InvalidRequest))`,
			"WebOut CREATE_FAILED (Resource creation cancelled)",
			"s ROLLBACK_IN_PROGRESS (The following resource(s) failed to create: [WebIn, WebOut]. Rollback requested by user.)",
			"DbIn DELETE_IN_PROGRESS", "WebId DELETE_IN_PROGRESS", "WebIn DELETE_COMPLETE", "WebOut DELETE_IN_PROGRESS",
			"DbIn DELETE_COMPLETE", "WebId DELETE_COMPLETE", "WebOut DELETE_COMPLETE",
			"Db DELETE_IN_PROGRESS", "Web DELETE_IN_PROGRESS", "Db DELETE_COMPLETE", "Web DELETE_COMPLETE",
			"s ROLLBACK_COMPLETE",
		}
		if diff := cmp.Diff(events, since(withoutIDs(c.events("s")), "s CREATE_IN_PROGRESS")); diff != "" {
			t.Error(diff)
		}
		_, err := c.cfn.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
			StackName: aws.String("s"), ChangeSetName: aws.String("cs"), TemplateBody: aws.String(twoTier),
		})
		if want := "Stack:" + *s.StackId + " is in ROLLBACK_COMPLETE state and can not be updated."; message(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if s := c.delete("s"); s.StackStatus != "DELETE_COMPLETE" {
			t.Error(s.StackStatus)
		}
	})
}

// What a stack does on failure is the caller's choice.
func TestOnFailure(t *testing.T) {
	tests := []struct {
		onFailure types.OnStackFailure
		status    types.StackStatus
		empty     bool
		reason    string
	}{
		{"", "ROLLBACK_COMPLETE", true, "The following resource(s) failed to create: [WebIn, WebOut]. Rollback requested by user."},
		{types.OnStackFailureRollback, "ROLLBACK_COMPLETE", true, "The following resource(s) failed to create: [WebIn, WebOut]. Rollback requested by user."},
		{types.OnStackFailureDelete, "DELETE_COMPLETE", true, ""},
		{types.OnStackFailureDoNothing, "CREATE_FAILED", false, "The following resource(s) failed to create: [WebIn, WebOut]. "},
	}
	for _, tt := range tests {
		t.Run(string(tt.onFailure), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broken := true
				c := newCloud(t, cfn.Options{Latency: second, Fail: func(id string) string {
					if broken && id == "WebIn" {
						return "injected"
					}
					return ""
				}})
				s := c.deploy("s", request{template: twoTier, rollback: tt.onFailure})
				if s.StackStatus != tt.status || aws.ToString(s.StackStatusReason) != tt.reason {
					t.Error(s.StackStatus, aws.ToString(s.StackStatusReason))
				}
				if !slices.Contains(c.events(*s.StackId), "WebIn CREATE_FAILED (injected)") {
					t.Error(c.events(*s.StackId))
				}
				if empty := cmp.Equal(nothing(), c.holdings()); empty != tt.empty {
					t.Errorf("empty: %v", empty)
				}
				if tt.status != "CREATE_FAILED" {
					return
				}
				broken = false // an update finishes the work
				if s := c.deploy("s", request{template: twoTier}); s.StackStatus != "UPDATE_COMPLETE" {
					t.Error(s.StackStatus)
				}
				checkEmptied(c, "s")
			})
		})
	}
}

// An update that was left as it failed goes back, with the next one that fails,
// to what was stable.
func TestUpdateLeftFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := ""
		c := newCloud(t, cfn.Options{Fail: func(id string) string {
			if id == broken {
				return "injected"
			}
			return ""
		}})
		c.deploy("s", request{template: twoTier})
		want := c.holdings()
		broken = "WebOut"
		second := replaced(t, twoTier, "GroupDescription: web", "GroupDescription: web2")
		if s := c.deploy("s", request{template: second, rollback: types.OnStackFailureDoNothing}); s.StackStatus != "UPDATE_FAILED" {
			t.Error(s.StackStatus)
		}
		third := replaced(t, second, "GroupDescription: web2", "GroupDescription: web3")
		if s := c.deploy("s", request{template: third}); s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" {
			t.Error(s.StackStatus)
		}
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff, c.events("s"))
		}
		broken = ""
		checkEmptied(c, "s")
	})
}

// CloudFormation's own calls can be refused too.
func TestFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Fault: func(action string) error {
			if action == "PutParameter" {
				return wire.Errorf("AccessDeniedException", "User is not authorized to perform: ssm:PutParameter")
			}
			return nil
		}})
		s := c.deploy("s", request{template: twoTier})
		const reason = `WebId CREATE_FAILED (Resource handler returned message: "User is not authorized to perform: ssm:PutParameter ` +
			`(Service: Ssm, Status Code: 400, Request ID: ID)" (RequestToken: ID, HandlerErrorCode: AccessDenied))`
		if s.StackStatus != "ROLLBACK_COMPLETE" || !slices.Contains(withoutIDs(c.events("s")), reason) {
			t.Error(s.StackStatus, c.events("s"))
		}
	})
}

func TestMissingVPC(t *testing.T) {
	const reason = "Parameter validation failed: parameter value vpc-0123456789abcdef0 for parameter name VpcId does not exist"
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		cs := c.changeSet("s", request{template: twoTier, vpc: "vpc-0123456789abcdef0"})
		if cs.Status != types.ChangeSetStatusFailed || *cs.StatusReason != reason {
			t.Error(cs.Status, *cs.StatusReason)
		}
		_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("direct"), TemplateBody: aws.String(twoTier),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: aws.String("vpc-0123456789abcdef0")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.wait("direct")
		events := []string{
			"direct CREATE_IN_PROGRESS (User Initiated)",
			"direct ROLLBACK_IN_PROGRESS (" + reason + ". Rollback requested by user.)",
			"direct ROLLBACK_COMPLETE",
		}
		if diff := cmp.Diff(events, c.events("direct")); diff != "" {
			t.Error(diff)
		}
	})
}

// An export belongs to one stack.
func TestExports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		other := replaced(t, twoTier, `Name: !Sub "${AWS::StackName}-web"`, "Name: s-web")
		s := c.deploy("s", request{template: twoTier})
		failed := c.deploy("other", request{template: other})
		const reason = "other ROLLBACK_IN_PROGRESS (Export with name s-web is already exported by stack s. Rollback requested by user.)"
		if failed.StackStatus != "ROLLBACK_COMPLETE" || !slices.Contains(c.events("other"), reason) {
			t.Error(failed.StackStatus, c.events("other"))
		}
		list := func() []types.Export {
			out, err := c.cfn.ListExports(t.Context(), &cloudformation.ListExportsInput{})
			if err != nil {
				t.Fatal(err)
			}
			return out.Exports
		}
		got := list()
		if len(got) != 1 || *got[0].Name != "s-web" || *got[0].Value != *s.Outputs[0].OutputValue || *got[0].ExportingStackId != *s.StackId {
			t.Errorf("%+v", got)
		}
		_, err := c.cfn.ListImports(t.Context(), &cloudformation.ListImportsInput{ExportName: aws.String("s-web")})
		if want := "Export 's-web' is not imported by any stack."; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		c.delete("s")
		if got := list(); len(got) != 0 {
			t.Errorf("after the deletion: %+v", got)
		}
	})
}

// A group in use can't be deleted; the stack goes on with the others, and a
// second try may leave it alone.
func TestFailedDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		s := c.deploy("s", request{template: twoTier})
		web := *s.Outputs[0].OutputValue
		stranger := act(c, ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: "x", Description: "x", VpcId: c.vpc})
		act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: stranger.GroupId, IpPermissions: []ec2.IpPermission{{IpProtocol: "-1", UserIdGroupPairs: []ec2.UserIdGroupPair{{GroupId: web}}}},
		})
		_, err := c.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s"), RetainResources: []string{"Web"}})
		if !strings.Contains(message(err), "Specify resources to retain only when the current stack state is DELETE_FAILED") {
			t.Error(err)
		}
		s = c.delete("s")
		if s.StackStatus != "DELETE_FAILED" || *s.StackStatusReason != "The following resource(s) failed to delete: [Web]. " {
			t.Error(s.StackStatus, *s.StackStatusReason)
		}
		if got := len(c.holdings().Groups); got != 2 { // the stranger and web
			t.Error(c.holdings())
		}
		_, err = c.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s"), RetainResources: []string{"Web"}})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.wait(*s.StackId); s.StackStatus != "DELETE_COMPLETE" {
			t.Error(s.StackStatus)
		}
		if !slices.Contains(c.events(*s.StackId), "Web DELETE_SKIPPED") {
			t.Error(c.events(*s.StackId))
		}
	})
}

// Deleting a stack cancels its creation.
func TestDeleteDuringCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		cs := c.changeSet("s", request{template: twoTier})
		if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		checkEmptied(c, "s")
	})
}

func TestDeletionPolicies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		kept := replaced(t, twoTier, "  WebId:\n", "  WebId:\n    DeletionPolicy: Retain\n")
		c.deploy("s", request{template: kept})
		s := c.delete("s")
		if s.StackStatus != "DELETE_COMPLETE" || !slices.Contains(c.events(*s.StackId), "WebId DELETE_SKIPPED") {
			t.Error(s.StackStatus, c.events(*s.StackId))
		}
		if got := len(c.holdings().Parameters); got != 1 {
			t.Errorf("%d parameters", got)
		}
	})
}
