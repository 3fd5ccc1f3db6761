package cfn_test

import (
	"regexp"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// CreateStack and UpdateStack do what a change set would, without the review.
func TestDirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		create := &cloudformation.CreateStackInput{
			StackName: aws.String("direct"), TemplateBody: aws.String(twoTier), EnableTerminationProtection: aws.Bool(true),
			Parameters:         []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}},
			ClientRequestToken: aws.String("one"),
		}
		out, err := c.cfn.CreateStack(t.Context(), create)
		if err != nil {
			t.Fatal(err)
		}
		if s := c.wait("direct"); s.StackStatus != "CREATE_COMPLETE" || s.LastUpdatedTime != nil || !*s.EnableTerminationProtection {
			t.Errorf("%+v", s)
		}
		if again, err := c.cfn.CreateStack(t.Context(), create); err != nil || *again.StackId != *out.StackId {
			t.Errorf("the same request again: %v, %v", again, err)
		}
		direct := c.holdings()
		c.deploy("s", request{template: twoTier})
		reviewed := c.holdings()
		for _, group := range []string{"web", "db"} {
			if diff := cmp.Diff(reviewed.Groups[group], direct.Groups[group]); diff != "" {
				t.Error(diff)
			}
		}
		// An update that fails stays as it is, if that is asked for.
		_, err = c.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
			StackName: aws.String("direct"), DisableRollback: aws.Bool(true),
			TemplateBody: aws.String(replaced(t, twoTier, "FromPort: 443, ToPort: 443", "FromPort: 70000, ToPort: 70000")),
			Parameters:   []types.Parameter{{ParameterKey: aws.String("VpcId"), UsePreviousValue: aws.Bool(true)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.wait("direct"); s.StackStatus != "UPDATE_FAILED" || !*s.DisableRollback {
			t.Error(s.StackStatus, *s.DisableRollback)
		}
		list, err := c.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{
			StackStatusFilter: []types.StackStatus{types.StackStatusUpdateFailed},
		})
		if err != nil || len(list.StackSummaries) != 1 || *list.StackSummaries[0].StackName != "direct" {
			t.Errorf("%+v, %v", list, err)
		}
		all, err := c.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
		if err != nil || len(all.Stacks) != 2 || *all.Stacks[0].StackName != "s" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// A failed creation is left as it is where the execution says so.
func TestDisableRollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		cs := c.changeSet("s", request{template: replaced(t, twoTier, "CidrIp: 0.0.0.0/0", "CidrIp: x")})
		_, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{
			ChangeSetName: cs.ChangeSetId, DisableRollback: aws.Bool(true),
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.wait("s"); s.StackStatus != "CREATE_FAILED" || len(c.holdings().Groups) != 2 {
			t.Error(s.StackStatus, c.holdings())
		}
		if cs := c.describe(*cs.ChangeSetId); cs.ExecutionStatus != types.ExecutionStatusExecuteFailed {
			t.Error(cs.ExecutionStatus)
		}
		checkEmptied(c, "s")
	})
}

// What a template leaves unnamed CloudFormation names.
func TestGeneratedNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: replaced(t, twoTier, `Name: !Sub "/sg/${AWS::StackName}/web", `, "")})
		groups := act(c, ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*c.physicalID("s", "Web")}})
		names := []struct{ name, pattern string }{
			{groups.SecurityGroups[0].GroupName, `^s-Web-[0-9A-Z]{12}$`},
			{*c.physicalID("s", "WebId"), `^CFN-WebId-[0-9A-Z]{12}$`},
			{*c.physicalID("s", "WebIn"), `^sgr-[0-9a-f]{17}$`},
		}
		for _, n := range names {
			if !regexp.MustCompile(n.pattern).MatchString(n.name) {
				t.Errorf("%s is not like %s", n.name, n.pattern)
			}
		}
	})
}

// Resources find their stack by their physical IDs, and those of a replaced
// parameter follow its new name.
func TestRenamedParameter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: twoTier})
		c.deploy("s", request{template: replaced(t, twoTier, "/sg/${AWS::StackName}/web", "/sg/${AWS::StackName}/www")})
		if diff := cmp.Diff(map[string]string{"/sg/s/www": "web"}, c.holdings().Parameters); diff != "" {
			t.Error(diff)
		}
		out, err := c.cfn.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{PhysicalResourceId: aws.String("/sg/s/www")})
		if err != nil {
			t.Fatal(err)
		}
		isParameter := func(r types.StackResource) bool {
			return *r.LogicalResourceId == "WebId" && r.ResourceStatus == "UPDATE_COMPLETE"
		}
		if !slices.ContainsFunc(out.StackResources, isParameter) {
			t.Errorf("%+v", out.StackResources)
		}
	})
}
