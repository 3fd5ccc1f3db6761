package cli_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/sg/policy"
)

// TestPolicyAllowsNoMore: what the operator does not need is refused: other groups, stacks and parameters, other regions, and
// by hand what only CloudFormation does for the set.
func TestPolicyAllowsNoMore(t *testing.T) {
	for _, set := range rehearsals {
		t.Run(set.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, set)
				s.allow(t, s.policy)
				if exit, out := s.run(t, step{args: []string{"create-security-groups", "--force"}}); exit != 0 {
					t.Fatalf("exit code %d\n%s", exit, out)
				}
				var own, foreign string
				s.beside(t, func(a *admin) {
					own = a.groups(t, s)[set.edge]
					vpc := a.vpcOf(t, own)
					made := try[*ec2.CreateSecurityGroupOutput](t)(a.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
						GroupName: aws.String("foreign"), Description: aws.String("d"), VpcId: &vpc,
					}))
					foreign = *made.GroupId
				})
				for what, err := range s.tries(t, own, foreign) {
					api, ok := errors.AsType[smithy.APIError](err)
					if !ok || !strings.HasPrefix(api.ErrorCode(), "AccessDenied") && api.ErrorCode() != "UnauthorizedOperation" {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
		})
	}
}

func (a *admin) vpcOf(t *testing.T, group string) string {
	t.Helper()
	out := try[*ec2.DescribeSecurityGroupsOutput](t)(a.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}}))
	return *out.SecurityGroups[0].VpcId
}

// asOperator opens the sandbox as the operator, until the test's end.
func (s *stage) asOperator(t *testing.T) aws.Config {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(s.dir, ".sandbox"), sandbox.Options{NoSync: true, TagsAfterCreation: s.tagsLate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: s.set.account, Region: s.set.region})
}

// tries does as the operator what the policy must not allow.
func (s *stage) tries(t *testing.T, own, foreign string) map[string]error {
	t.Helper()
	ctx := t.Context()
	cfg := s.asOperator(t)
	groups, parameters, stacks := ec2.NewFromConfig(cfg), ssm.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)
	cfg.Region = map[string]string{"cn-north-1": "cn-northwest-1"}[s.set.region]
	if cfg.Region == "" {
		cfg.Region = "eu-west-2"
	}
	elsewhere, stacksElsewhere := ec2.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)
	tag := []types.Tag{{Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String(s.stack())}}

	tried := map[string]error{}
	_, tried["delete the set's group by hand"] = groups.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &own})
	_, tried["delete another group"] = groups.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &foreign})
	_, tried["open another group"] = groups.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &foreign, IpPermissions: tcpFrom(22, "0.0.0.0/0")})
	_, tried["make another group one of the set's"] = groups.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{foreign}, Tags: tag})
	_, tried["make a group by hand"] = groups.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("mine"), Description: aws.String("d"), VpcId: aws.String("vpc-0123456789abcdef0")})
	_, tried["make a VPC"] = groups.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	_, tried["look at another region"] = elsewhere.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	_, tried["write a parameter of others"] = parameters.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/sg/other-sg/web/SecurityGroupId"), Value: aws.String("v"), Type: "String"})
	_, tried["write the VPC's parameter"] = parameters.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/vpc/main/VPCId"), Value: aws.String("v"), Type: "String", Overwrite: aws.Bool(true)})
	_, tried["read a parameter of others"] = parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/sg/other-sg/web/SecurityGroupId")})
	_, tried["delete a stack of others"] = stacks.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("other-sg-stack")})
	_, tried["deploy another stack"] = stacks.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: aws.String("other"), ChangeSetName: aws.String("c"), TemplateBody: aws.String("{}")})
	for _, name := range []string{"/vpc/main/VPCId", "/sg/other-sg/web/SecurityGroupId"} {
		_, tried["delete "+name] = parameters.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &name})
	}
	_, tried["list parameters"] = parameters.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/sg")})
	for _, name := range s.neighbours() {
		_, tried["deploy "+name] = stacks.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
			StackName: &name, ChangeSetName: aws.String("c"), ChangeSetType: "CREATE", TemplateBody: aws.String("{}")})
		_, tried["delete "+name] = stacks.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &name})
	}
	_, tried["deploy the set's stack elsewhere"] = stacksElsewhere.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: aws.String(s.stack()), ChangeSetName: aws.String("c"), ChangeSetType: "CREATE", TemplateBody: aws.String("{}")})
	_, tried["import another group"] = stacks.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: aws.String(s.stack()), ChangeSetName: aws.String("c"), ChangeSetType: "IMPORT", TemplateBody: aws.String("{}"),
		ResourcesToImport: []cfntypes.ResourceToImport{{LogicalResourceId: aws.String("Foreign"), ResourceType: aws.String("AWS::EC2::SecurityGroup"),
			ResourceIdentifier: map[string]string{"Id": foreign}}}})
	_, tried["make the set's stack without a plan"] = stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String(s.stack()), TemplateBody: aws.String("{}")})
	_, tried["change the set's stack without a plan"] = stacks.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: aws.String(s.stack()), TemplateBody: aws.String("{}")})
	return tried
}

// neighbours are stacks that are not the set's, though their names look like it: of another set, of a test set whose suffix has
// another length, and the set's in another account.
func (s *stage) neighbours() []string {
	name := s.set.sgName
	return []string{name + "2-stack", name + "-web-stack", name + "-t12345-stack", name + "-t1234567-stack", name + "-tabcdef-stack2", "x" + name + "-stack",
		"arn:" + policy.Partition(s.set.region) + ":cloudformation:" + s.set.region + ":999999999999:stack/" + name + "-stack/5f8b3a10-0000-0000-0000-000000000000"}
}

// TestPolicyAllowsNoMoreThroughCloudFormation: who deploys the set's stack with a template of another kind does not get further
// with it than TestLonelyGroups says.
func TestPolicyAllowsNoMoreThroughCloudFormation(t *testing.T) {
	for what, try := range map[string]struct{ template, denied string }{
		"open a group that no stack has made": {`"AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "LONELY", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}`,
			"not authorized to perform: ec2:AuthorizeSecurityGroupIngress"},
		"open a group of another stack": {`"AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "FOREIGN", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}`,
			"not authorized to perform: ec2:AuthorizeSecurityGroupIngress"},
		"let a group of another stack out": {`"AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": "FOREIGN", "IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}`,
			"not authorized to perform: ec2:RevokeSecurityGroupEgress"}, // of the rule that lets everything out
		"make a group of another name": {`"AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": "THE_VPC", "Tags": [{"Key": "Name", "Value": "other-sg-web"}]}`,
			"not authorized to perform: ec2:CreateSecurityGroup"},
		"take in a group of another stack": {`"AWS::EC2::SecurityGroup", "DeletionPolicy": "Retain", "Properties": {"GroupName": "named", "GroupDescription": "d", "VpcId": "THE_VPC"}`,
			"The security group 'named' already exists"},
		"make a VPC":                     {`"AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}`, "not authorized to perform: ec2:CreateVpc"},
		"write a parameter of others":    {`"AWS::SSM::Parameter", "Properties": {"Name": "/sg/other-sg/web/SecurityGroupId", "Type": "String", "Value": "v"}`, "not authorized to perform: ssm:GetParameter"},
		"write a parameter of the VPC's": {`"AWS::SSM::Parameter", "Properties": {"Name": "/vpc/main/SubnetId", "Type": "String", "Value": "v"}`, "not authorized to perform: ssm:PutParameter"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, rehearsals[0])
				lonely, foreign := s.strangers(t)
				s.allow(t, s.policy)
				stack := s.set.sgName + "-tabcdef-stack"
				body := strings.NewReplacer("LONELY", lonely, "FOREIGN", foreign, "THE_VPC", s.set.vpc).Replace(`{"Resources": {"It": {"Type": ` + try.template + `}}}`)
				reasons := deploy(t, cloudformation.NewFromConfig(s.asOperator(t)), stack, body)
				if !strings.Contains(reasons, try.denied) {
					t.Errorf("want %s, got\n%s", try.denied, reasons)
				}
			})
		})
	}
}

// strangers are a group that no stack has made, and one of another stack.
func (s *stage) strangers(t *testing.T) (lonely, foreign string) {
	s.beside(t, func(a *admin) {
		made := try[*ec2.CreateSecurityGroupOutput](t)(a.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
			GroupName: aws.String("lonely"), Description: aws.String("d"), VpcId: &s.set.vpc}))
		lonely = *made.GroupId
		try[*cloudformation.CreateStackOutput](t)(a.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("other"), TemplateBody: aws.String(
				`{"Resources": {"It": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupName": "named", "GroupDescription": "d", "VpcId": "` + s.set.vpc + `"}}}}`)}))
		time.Sleep(time.Minute)
		foreign = a.groupsOf(t, "other")[0]
	})
	return lonely, foreign
}

// deploy makes a stack by way of a change set, and returns why it has failed.
func deploy(t *testing.T, c *cloudformation.Client, stack, body string) string {
	t.Helper()
	ctx, set := t.Context(), aws.String("c")
	if _, err := c.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: &stack, ChangeSetName: set, ChangeSetType: "CREATE", TemplateBody: &body, ImportExistingResources: aws.Bool(true)}); err != nil {
		return err.Error()
	}
	time.Sleep(time.Minute)
	if _, err := c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &stack, ChangeSetName: set}); err != nil {
		out := try[*cloudformation.DescribeChangeSetOutput](t)(c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &stack, ChangeSetName: set}))
		return aws.ToString(out.StatusReason)
	}
	time.Sleep(time.Minute)
	var reasons strings.Builder
	for _, e := range try[*cloudformation.DescribeStackEventsOutput](t)(c.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack})).StackEvents {
		reasons.WriteString(string(e.ResourceStatus) + " " + aws.ToString(e.ResourceStatusReason) + "\n")
	}
	return reasons.String()
}

// TestPolicyIsOfNoOtherUse: what the sandbox has no operation for, or no other account, the policy doesn't allow either.
func TestPolicyIsOfNoOtherUse(t *testing.T) {
	for _, set := range rehearsals {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, set)
			allowed, err := iam.Parse(s.policy)
			if err != nil {
				t.Fatal(err)
			}
			arn := func(service, account, resource string) string {
				return strings.Join([]string{"arn", policy.Partition(set.region), service, set.region, account, resource}, ":")
			}
			for _, action := range []string{"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:UpdateTrail"} {
				s.mustNot(t, allowed, action, arn("cloudtrail", set.account, "trail/main"), nil)
			}
			own := iam.Keys{"aws:resourcetag/aws:cloudformation:stack-name": {s.stack()}}
			for _, account := range []string{"999999999999", ""} {
				s.mustNot(t, allowed, "ec2:AuthorizeSecurityGroupIngress", arn("ec2", account, "security-group/sg-1"), own)
				s.mustNot(t, allowed, "ssm:PutParameter", arn("ssm", account, "parameter/sg/"+set.sgName+"/web/SecurityGroupId"), nil)
				s.mustNot(t, allowed, "cloudformation:CreateChangeSet", arn("cloudformation", account, "stack/"+s.stack()+"/1"), nil)
			}
			for _, action := range []string{"iam:PassRole", "iam:CreateRole", "sts:AssumeRole", "s3:GetObject", "s3:ListBucket", "ec2:RunInstances",
				"ec2:ModifyNetworkInterfaceAttribute", "ec2:DeleteVpc", "ssm:DescribeParameters", "ssm:GetParametersByPath", "ssm:LabelParameterVersion",
				"cloudformation:SetStackPolicy", "cloudformation:ListExports", "cloudformation:CreateStackSet", "cloudformation:ActivateType"} {
				s.mustNot(t, allowed, action, "*", own)
				s.mustNot(t, allowed, action, "arn:"+policy.Partition(set.region)+":s3:::any/thing", own)
			}
		})
	}
}

// mustNot wants something not to be allowed, neither by hand nor through CloudFormation.
func (s *stage) mustNot(t *testing.T, allowed *iam.Policy, action, resource string, keys iam.Keys) {
	t.Helper()
	for _, via := range []string{"", "cloudformation.amazonaws.com"} {
		has := maps.Clone(keys)
		if has == nil {
			has = iam.Keys{}
		}
		has["aws:requestedregion"] = []string{s.set.region}
		if via != "" {
			has["aws:calledvia"] = []string{via}
		}
		if allowed.Decide(iam.Need{Action: action, Resource: resource, Keys: has}) == iam.Allowed {
			t.Errorf("%s is allowed on %s %s", action, resource, via)
		}
	}
}

// TestReadOnlyPolicy: with the policy of a reviewer everything works that does not write, and each part of it is needed.
func TestReadOnlyPolicy(t *testing.T) {
	for _, set := range rehearsals {
		t.Run(set.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, set)
				for _, args := range [][]string{{"create-policy", "--read-only"}, {"create-security-groups", "--force"}} {
					if exit, out := s.run(t, step{args: args}); exit != 0 {
						t.Fatalf("%v: exit code %d\n%s", args, exit, out)
					}
				}
				s.policy = s.written(t, "*-read-only.json")
				s.allow(t, s.policy)
				s.act(t, readingSteps)
				s.takeAway(t)
				s.splitUp(t)
				unused(t, s)
				exit, out := s.run(t, step{args: []string{"delete-security-groups", "--force", "--disable-termination-protection"}})
				if exit == 0 || !strings.Contains(out, "not authorized") {
					t.Errorf("a reviewer deletes the set: exit code %d\n%s", exit, out)
				}
				if slices.ContainsFunc(s.heard, func(d sandbox.Decision) bool {
					_, action, _ := strings.Cut(d.Need.Action, ":")
					return d.Verdict == iam.Allowed && !reads(action)
				}) {
					t.Errorf("something that writes was allowed: %+v", s.heard)
				}
			})
		})
	}
}

// reads tells the actions that change nothing, by their names.
func reads(action string) bool {
	return action == "" || slices.ContainsFunc([]string{"Describe", "BatchDescribe", "Detect", "Get", "List", "Lookup", "Validate"},
		func(verb string) bool { return strings.HasPrefix(action, verb) })
}

// readingSteps are what a reviewer does with a set that is deployed.
var readingSteps = []step{
	{args: []string{"validate-template"}},
	{args: []string{"check-drift", "--exit-code"}},
	{args: []string{"check-drift", "--exit-code"}, exit: 10, before: drift},
	{args: []string{"check-drift", "--rules-only"}, before: underWay, latency: "5s", about: "a look at a set that somebody is deploying"},
	{args: []string{"delete-security-groups", "--test-sets", "--dry-run"}, before: left},
	{args: []string{"delete-security-groups", "--dry-run", "--disable-termination-protection"}},
	{args: []string{"delete-security-groups", "--dry-run", "--disable-termination-protection"}, exit: 6, before: inUse},
}

// underWay has somebody begin an update of the stack that takes a while.
func underWay(t *testing.T, s *stage) {
	s.during(t, 5*time.Second, func(a *admin) {
		stack := s.stack()
		described := try[*cloudformation.DescribeStacksOutput](t)(a.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})).Stacks[0]
		var parameters []cfntypes.Parameter
		for _, p := range described.Parameters {
			parameters = append(parameters, cfntypes.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
		try[*cloudformation.UpdateStackOutput](t)(a.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
			StackName: &stack, UsePreviousTemplate: aws.Bool(true), Parameters: parameters,
			Tags: append(described.Tags, cfntypes.Tag{Key: aws.String("by"), Value: aws.String("somebody")})}))
	})
}

// left has somebody leave a test set behind.
func left(t *testing.T, s *stage) {
	s.allow(t, "")
	if exit, out := s.run(t, step{args: []string{"test-deploy", "--force", "--keep"}}); exit != 0 {
		t.Fatalf("test-deploy: exit code %d\n%s", exit, out)
	}
	s.allow(t, s.policy)
}
