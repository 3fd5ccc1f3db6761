package cfn_test

import (
	"encoding/json"
	"fmt"
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
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/wire"
)

// guarded is the layout whose drift AWS sees in part: a group that declares its
// egress, and whose ingress is a resource of its own; beside it one that
// declares both.
const guarded = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id}
Resources:
  Db:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: db
      VpcId: !Ref VpcId
      SecurityGroupEgress: [{IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32, Description: nothing}]
      Tags: [{Key: Name, Value: db}, {Key: Tier, Value: db}]
  DbIn:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Db, IpProtocol: "6", FromPort: 5432, ToPort: 5432, CidrIp: 10.1.2.3/16, Description: from app}
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref VpcId
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}
  Id:
    Type: AWS::SSM::Parameter
    Properties: {Name: /id, Type: String, Value: !Ref Db, Description: the ID, Tags: {Tier: db}}
`

// detect looks for the drift of a stack and waits for the end.
func (c *cloud) detect(stack string, only ...string) *cloudformation.DescribeStackDriftDetectionStatusOutput {
	c.t.Helper()
	out, err := c.cfn.DetectStackDrift(c.t.Context(), &cloudformation.DetectStackDriftInput{StackName: &stack, LogicalResourceIds: only})
	if err != nil {
		c.t.Fatal(err)
	}
	for {
		status, err := c.cfn.DescribeStackDriftDetectionStatus(c.t.Context(),
			&cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: out.StackDriftDetectionId})
		if err != nil {
			c.t.Fatal(err)
		}
		if status.DetectionStatus != types.StackDriftDetectionStatusDetectionInProgress {
			return status
		}
		time.Sleep(time.Second)
	}
}

// drifts are what was found, as "Id STATUS" and indented "KIND path: expected -> actual".
func (c *cloud) drifts(stack string) []string {
	c.t.Helper()
	var lines []string
	for _, d := range c.resourceDrifts(stack) {
		lines = append(lines, fmt.Sprintf("%s %s", *d.LogicalResourceId, d.StackResourceDriftStatus))
		for _, p := range d.PropertyDifferences {
			lines = append(lines, fmt.Sprintf("  %s %s: %s -> %s", p.DifferenceType, *p.PropertyPath, *p.ExpectedValue, *p.ActualValue))
		}
	}
	return withoutIDs(lines)
}

func (c *cloud) resourceDrifts(stack string, filters ...types.StackResourceDriftStatus) []types.StackResourceDrift {
	c.t.Helper()
	var drifts []types.StackResourceDrift
	pages := cloudformation.NewDescribeStackResourceDriftsPaginator(c.cfn, &cloudformation.DescribeStackResourceDriftsInput{
		StackName: &stack, StackResourceDriftStatusFilters: filters, MaxResults: aws.Int32(3),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		if len(page.StackResourceDrifts) > 3 {
			c.t.Errorf("%d drifts in a page of 3", len(page.StackResourceDrifts))
		}
		drifts = append(drifts, page.StackResourceDrifts...)
	}
	return drifts
}

func (c *cloud) allow(group string, port int32) {
	c.t.Helper()
	act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: []ec2.IpPermission{{
		IpProtocol: "tcp", FromPort: &port, ToPort: &port, IpRanges: []ec2.IpRange{{CidrIp: "203.0.113.0/24"}},
	}}})
}

func (c *cloud) revoke(group string, port int32, cidr string) {
	c.t.Helper()
	act(c, ec2.RevokeSecurityGroupIngress, &ec2.RevokeSecurityGroupIngressInput{GroupId: group, IpPermissions: []ec2.IpPermission{{
		IpProtocol: "tcp", FromPort: &port, ToPort: &port, IpRanges: []ec2.IpRange{{CidrIp: cidr}},
	}}})
}

// What drift detection sees, and what it doesn't.
func TestFacts_Drift(t *testing.T) {
	inSync := []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id IN_SYNC", "Web IN_SYNC"}
	tests := []struct {
		name   string
		change func(c *cloud, id func(string) string)
		want   []string
	}{
		{"nothing", func(*cloud, func(string) string) {}, inSync},
		{"a rule added where none are declared", func(c *cloud, id func(string) string) { c.allow(id("Db"), 22) }, inSync},
		{"a rule added where some are declared", func(c *cloud, id func(string) string) { c.allow(id("Web"), 443) },
			[]string{"Db IN_SYNC", "DbIn IN_SYNC", "Id IN_SYNC", "Web MODIFIED",
				`  ADD /SecurityGroupIngress/2: null -> {"CidrIp":"203.0.113.0/24","FromPort":443,"IpProtocol":"tcp","ToPort":443}`}},
		{"a rule of another stack, where some are declared", func(c *cloud, id func(string) string) {
			c.deploy("other", request{vpc: "-", template: `Resources: {R: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {` +
				`GroupId: ` + id("Web") + `, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 203.0.113.0/24}}}`})
		}, []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id IN_SYNC", "Web MODIFIED",
			`  ADD /SecurityGroupIngress/2: null -> {"CidrIp":"203.0.113.0/24","FromPort":443,"IpProtocol":"tcp","ToPort":443}`}},
		{"a declared rule replaced", func(c *cloud, id func(string) string) { // as recorded from AWS
			c.revoke(id("Web"), 22, "0.0.0.0/0")
			c.allow(id("Web"), 22)
		}, []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id IN_SYNC", "Web MODIFIED",
			"  NOT_EQUAL /SecurityGroupIngress/0/CidrIp: 0.0.0.0/0 -> 203.0.113.0/24"}},
		{"a declared rule removed", func(c *cloud, id func(string) string) { c.revoke(id("Web"), 80, "0.0.0.0/0") },
			[]string{"Db IN_SYNC", "DbIn IN_SYNC", "Id IN_SYNC", "Web MODIFIED",
				`  REMOVE /SecurityGroupIngress/1: {"CidrIp":"0.0.0.0/0","FromPort":80,"IpProtocol":"tcp","ToPort":80} -> null`}},
		{"an egress rule where one is declared", func(c *cloud, id func(string) string) {
			act(c, ec2.AuthorizeSecurityGroupEgress, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: id("Db"), IpPermissions: []ec2.IpPermission{{
				IpProtocol: "-1", IpRanges: []ec2.IpRange{{CidrIp: "0.0.0.0/0"}}}}})
		}, []string{"Db MODIFIED",
			`  ADD /SecurityGroupEgress/1: null -> {"CidrIp":"0.0.0.0/0","FromPort":-1,"IpProtocol":"-1","ToPort":-1}`,
			"DbIn IN_SYNC", "Id IN_SYNC", "Web IN_SYNC"}},
		{"a rule of its own revoked", func(c *cloud, id func(string) string) { c.revoke(id("Db"), 5432, "10.1.0.0/16") },
			[]string{"Db IN_SYNC", "DbIn DELETED", "Id IN_SYNC", "Web IN_SYNC"}},
		{"a rule of its own redescribed", func(c *cloud, id func(string) string) {
			act(c, ec2.UpdateSecurityGroupRuleDescriptionsIngress, &ec2.UpdateSecurityGroupRuleDescriptionsInput{GroupId: id("Db"),
				SecurityGroupRuleDescriptions: []ec2.SecurityGroupRuleDescription{{SecurityGroupRuleId: id("DbIn"), Description: "from anybody"}}})
		}, []string{"Db IN_SYNC", "DbIn MODIFIED", "  NOT_EQUAL /Description: from app -> from anybody", "Id IN_SYNC", "Web IN_SYNC"}},
		{"a description taken away", func(c *cloud, id func(string) string) {
			act(c, ec2.UpdateSecurityGroupRuleDescriptionsIngress, &ec2.UpdateSecurityGroupRuleDescriptionsInput{GroupId: id("Db"),
				SecurityGroupRuleDescriptions: []ec2.SecurityGroupRuleDescription{{SecurityGroupRuleId: id("DbIn")}}})
		}, []string{"Db IN_SYNC", "DbIn MODIFIED", "  REMOVE /Description: from app -> null", "Id IN_SYNC", "Web IN_SYNC"}},
		{"a rule of its own edited", func(c *cloud, id func(string) string) {
			act(c, ec2.ModifySecurityGroupRules, &ec2.ModifySecurityGroupRulesInput{GroupId: id("Db"),
				SecurityGroupRules: []ec2.SecurityGroupRuleUpdate{{SecurityGroupRuleId: id("DbIn"), SecurityGroupRule: ec2.SecurityGroupRuleRequest{
					IpProtocol: "tcp", FromPort: aws.Int32(5432), ToPort: aws.Int32(5433), CidrIpv4: "0.0.0.0/0", Description: "from app"}}}})
		}, []string{"Db IN_SYNC", "DbIn MODIFIED", "  NOT_EQUAL /CidrIp: 10.1.2.3/16 -> 0.0.0.0/0",
			"  NOT_EQUAL /ToPort: 5432 -> 5433", "Id IN_SYNC", "Web IN_SYNC"}},
		{"tags of a group", func(c *cloud, id func(string) string) {
			act(c, ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{id("Db")}, Tags: []ec2.TagToDelete{{Key: "Name"}}})
			act(c, ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{id("Db")}, Tags: []ec2.Tag{{Key: "Tier", Value: "x"}, {Key: "Owner", Value: "me"}}})
		}, []string{"Db MODIFIED", `  REMOVE /Tags/0: {"Key":"Name","Value":"db"} -> null`, "  NOT_EQUAL /Tags/1/Value: db -> x",
			`  ADD /Tags/0: null -> {"Key":"Owner","Value":"me"}`, "DbIn IN_SYNC", "Id IN_SYNC", "Web IN_SYNC"}},
		{"tags of the stack, and of a group that declares none", func(c *cloud, id func(string) string) {
			act(c, ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{id("Web"), id("Db")}, Tags: []ec2.TagToDelete{{Key: "Stack"}}})
			act(c, ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{id("Web")}, Tags: []ec2.Tag{{Key: "Owner", Value: "me"}}})
		}, inSync},
		{"a parameter's value", func(c *cloud, _ func(string) string) {
			act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: "/id", Value: "sg-0", Overwrite: true})
		}, []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id MODIFIED", "  NOT_EQUAL /Value: sg-ID -> sg-0", "Web IN_SYNC"}},
		{"what can't be read back of a parameter", func(c *cloud, id func(string) string) {
			act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: "/id", Value: id("Db"), Description: "other", Overwrite: true})
		}, inSync},
		{"tags of a parameter", func(c *cloud, _ func(string) string) {
			act(c, ssm.RemoveTagsFromResource, &ssm.RemoveTagsFromResourceInput{ResourceType: "Parameter", ResourceId: "/id", TagKeys: []string{"Tier"}})
			act(c, ssm.AddTagsToResource, &ssm.AddTagsToResourceInput{ResourceType: "Parameter", ResourceId: "/id", Tags: []ssm.Tag{{Key: "x", Value: "y"}}})
		}, []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id MODIFIED", "  REMOVE /Tags/Tier: db -> null", "  ADD /Tags/x: null -> y", "Web IN_SYNC"}},
		{"a deleted parameter", func(c *cloud, _ func(string) string) {
			act(c, ssm.DeleteParameter, &ssm.DeleteParameterInput{Name: "/id"})
		}, []string{"Db IN_SYNC", "DbIn IN_SYNC", "Id DELETED", "Web IN_SYNC"}},
		{"a deleted group, and with it its rules", func(c *cloud, id func(string) string) {
			act(c, ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: id("Db")})
		}, []string{"Db DELETED", "DbIn DELETED", "Id IN_SYNC", "Web IN_SYNC"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				c.deploy("s", request{template: guarded, tags: map[string]string{"Stack": "s"}})
				tt.change(c, func(id string) string { return *c.physicalID("s", id) })
				status := c.detect("s")
				if diff := cmp.Diff(tt.want, c.drifts("s")); diff != "" {
					t.Error(diff)
				}
				want, count := types.StackDriftStatusInSync, int32(0)
				for _, line := range tt.want {
					if strings.HasSuffix(line, " MODIFIED") || strings.HasSuffix(line, " DELETED") {
						want, count = types.StackDriftStatusDrifted, count+1
					}
				}
				if status.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete || status.StackDriftStatus != want ||
					*status.DriftedStackResourceCount != count {
					t.Errorf("%s, %s, %d drifted", status.DetectionStatus, status.StackDriftStatus, *status.DriftedStackResourceCount)
				}
				if got := c.stack("s").DriftInformation; got.StackDriftStatus != want || got.LastCheckTimestamp == nil {
					t.Errorf("the stack has %+v", got)
				}
			})
		})
	}
}

// A rule that is a resource of the same template is no drift of a group that lists
// others; a list without items is as good as none.
func TestDriftOfMixedRules(t *testing.T) {
	const mixed = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id}
Resources:
  Listed:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: l, VpcId: !Ref VpcId, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]}
  Own:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Listed, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}
  Empty:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: e, VpcId: !Ref VpcId, SecurityGroupIngress: []}
`
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: mixed})
		c.allow(*c.physicalID("s", "Empty"), 22)
		c.detect("s")
		if diff := cmp.Diff([]string{"Empty IN_SYNC", "Listed IN_SYNC", "Own IN_SYNC"}, c.drifts("s")); diff != "" {
			t.Error(diff)
		}
	})
}

// The properties that are compared are shown, with the types of the schema.
func TestDriftProperties(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: guarded})
		act(c, ssm.DeleteParameter, &ssm.DeleteParameterInput{Name: "/id"})
		c.detect("s")
		for _, d := range c.resourceDrifts("s") {
			if *d.LogicalResourceId == "Id" {
				if d.ExpectedProperties != nil || d.ActualProperties != nil { // documented
					t.Errorf("a deleted resource shows %s and %s", *d.ExpectedProperties, *d.ActualProperties)
				}
				continue
			}
			if !json.Valid([]byte(*d.ActualProperties)) {
				t.Errorf("no JSON: %s", *d.ActualProperties)
			}
			if *d.LogicalResourceId != "DbIn" {
				continue
			}
			want := []string{
				`{"CidrIp":"10.1.2.3/16","Description":"from app","FromPort":5432,"GroupId":"sg-ID","IpProtocol":"6","ToPort":5432}`,
				`{"CidrIp":"10.1.0.0/16","Description":"from app","FromPort":5432,"GroupId":"sg-ID","IpProtocol":"tcp","ToPort":5432}`,
			}
			if diff := cmp.Diff(want, withoutIDs([]string{*d.ExpectedProperties, *d.ActualProperties})); diff != "" {
				t.Error(diff)
			}
		}
		modified := c.resourceDrifts("s", types.StackResourceDriftStatusModified, types.StackResourceDriftStatusDeleted)
		if len(modified) != 1 || *modified[0].LogicalResourceId != "Id" {
			t.Errorf("filtered: %+v", modified)
		}
	})
}

// A detection takes its time, is refused while another goes on, and outlives the
// process.
func TestDriftTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.deploy("s", request{template: guarded})
		id := *c.physicalID("s", "Web")
		if got := c.stack("s").DriftInformation; got.StackDriftStatus != "NOT_CHECKED" || got.LastCheckTimestamp != nil {
			t.Errorf("before: %+v", got)
		}
		out, err := c.cfn.DetectStackDrift(t.Context(), &cloudformation.DetectStackDriftInput{StackName: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		look := func() *cloudformation.DescribeStackDriftDetectionStatusOutput {
			status, err := c.cfn.DescribeStackDriftDetectionStatus(t.Context(),
				&cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: out.StackDriftDetectionId})
			if err != nil {
				t.Fatal(err)
			}
			return status
		}
		if got := look(); got.DetectionStatus != "DETECTION_IN_PROGRESS" || got.DriftedStackResourceCount != nil || got.StackDriftStatus != "" {
			t.Errorf("under way: %+v", got)
		}
		if drifts := c.resourceDrifts("s"); len(drifts) != 0 {
			t.Errorf("under way: %+v", drifts)
		}
		_, err = c.cfn.DetectStackDrift(t.Context(), &cloudformation.DetectStackDriftInput{StackName: aws.String("s")})
		if want := "Drift detection is already in progress for stack [" + *c.stack("s").StackId + "]"; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		c.close()
		c.open()
		c.allow(id, 443)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := look(); got.DetectionStatus != "DETECTION_COMPLETE" || *got.DriftedStackResourceCount != 1 {
			t.Errorf("at the end: %+v", got)
		}
		resources, err := c.cfn.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range resources.StackResources {
			got = append(got, fmt.Sprintf("%s %s %v", *r.LogicalResourceId, r.DriftInformation.StackResourceDriftStatus, r.DriftInformation.LastCheckTimestamp != nil))
		}
		if want := []string{"Db IN_SYNC true", "DbIn IN_SYNC true", "Id IN_SYNC true", "Web MODIFIED true"}; !slices.Equal(got, want) {
			t.Error(got)
		}
		c.deploy("s", request{template: replaced(t, guarded, "Description: from app", "Description: from the app")})
		if got := c.stack("s").DriftInformation; got.StackDriftStatus != "NOT_CHECKED" || len(c.resourceDrifts("s")) != 0 {
			t.Errorf("after an update: %+v, %v", got, c.drifts("s"))
		}
	})
}

// A single resource is looked at at once, and the stack's status follows.
func TestDriftOfResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: guarded})
		id := *c.physicalID("s", "Web")
		c.allow(id, 443)
		if got := c.detect("s", "Db", "Id"); got.StackDriftStatus != "IN_SYNC" || len(c.resourceDrifts("s")) != 2 {
			t.Errorf("two of them: %s, %v", got.StackDriftStatus, c.drifts("s"))
		}
		for _, step := range []struct {
			change func()
			want   string
		}{
			{func() {}, "MODIFIED, DRIFTED"},
			{func() { c.revoke(id, 443, "203.0.113.0/24") }, "IN_SYNC, IN_SYNC"},
		} {
			step.change()
			out, err := c.cfn.DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
				StackName: aws.String("s"), LogicalResourceId: aws.String("Web")})
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s, %s", out.StackResourceDrift.StackResourceDriftStatus, c.stack("s").DriftInformation.StackDriftStatus)
			if got != step.want {
				t.Errorf("got %s, want %s", got, step.want)
			}
		}
	})
}

// What can't be looked at is UNKNOWN, and has the detection fail; the rest counts.
func TestDriftFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		denied := ""
		c := newCloud(t, cfn.Options{Fault: func(action string) error {
			if action == denied {
				return &wire.Error{Code: "AccessDeniedException", Message: "not you"}
			}
			return nil
		}})
		c.deploy("s", request{template: guarded})
		denied = "GetParameter"
		status := c.detect("s")
		if status.DetectionStatus != "DETECTION_FAILED" || status.StackDriftStatus != "UNKNOWN" {
			t.Errorf("%s, %s", status.DetectionStatus, status.StackDriftStatus)
		}
		var reason struct {
			Summary  string
			Failures []struct{ Resource, FailureReason string }
		}
		if err := json.Unmarshal([]byte(*status.DetectionStatusReason), &reason); err != nil {
			t.Fatal(err)
		}
		if reason.Summary != "Failed to detect drift on resources [Id]" || len(reason.Failures) != 1 ||
			reason.Failures[0].Resource != "Id" || !strings.Contains(reason.Failures[0].FailureReason, "not you") {
			t.Errorf("%+v", reason)
		}
		if diff := cmp.Diff([]string{"Db IN_SYNC", "DbIn IN_SYNC", "Id UNKNOWN", "Web IN_SYNC"}, c.drifts("s")); diff != "" {
			t.Error(diff)
		}
	})
}

// Stacks and resources of which drift can't be looked for.
func TestDriftRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: guarded})
		c.deploy("failed", request{template: replaced(t, small, "CidrIp: 10.0.0.0/8", "CidrIp: x")})
		c.wantStatus("failed", "ROLLBACK_COMPLETE")
		detect := func(stack string, only ...string) error {
			_, err := c.cfn.DetectStackDrift(t.Context(), &cloudformation.DetectStackDriftInput{StackName: &stack, LogicalResourceIds: only})
			return err
		}
		describe := func(id string) error {
			_, err := c.cfn.DescribeStackDriftDetectionStatus(t.Context(),
				&cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: &id})
			return err
		}
		for want, err := range map[string]error{
			"Stack [none] does not exist": detect("none"),
			"Drift detection cannot be performed on stack [" + *c.stack("failed").StackId + "] while it is in [ROLLBACK_COMPLETE] state": detect("failed"),
			"Resource X does not exist for stack s": detect("s", "Db", "X"),
			"Drift detection [none] does not exist": describe("none"),
		} {
			if code(err) != "ValidationError" || message(err) != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}
