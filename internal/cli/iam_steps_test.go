package cli_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"mlops-infra-suite/internal/sg/policy"
)

// rehearsal is a set on which the policy is tried.
type rehearsal struct {
	name            string
	account, region string
	text            string // of the config; VPC stands for the ID of the VPC, OVERRIDES and TAGS for what changes
	edge, last      string // tiers: the first, and the one that is changed
	sgName          string
	vpc             string
	settings        string // app_config.yaml
	listed          bool   // a rule of the last tier names a prefix list
	list            string // its ID
}

// principal is a user of the set's account.
func (r rehearsal) principal(user string) string {
	partition := policy.Partition(r.region)
	return "arn:" + partition + ":iam::" + r.account + ":user/" + user
}

// state is what a config says at a time.
type state struct{ overrides, tags string }

var (
	first  = state{"", "{owner: me}"}
	second = state{`
    LAST:
      additional_ingress: [{protocol: tcp, port: 9090, source: 10.9.0.0/16, description: Metrics from the hub}]
      additional_egress: [{protocol: tcp, port: 9000, destination: 10.8.0.0/16, description: Metrics to the hub}]`, "{owner: me, team: blue}"}
	third = state{`
    LAST:
      additional_ingress: [{protocol: tcp, port: 9090, source: 10.9.0.0/16, description: Metrics from the new hub}]
      additional_egress: [{protocol: tcp, port: 9000, destination: 10.8.0.0/16, description: Metrics to the new hub}]`, "{team: green}"}
)

// shorter is third but for a rule that somebody has taken away and --fix put back.
var shorter = state{`
    LAST:
      additional_egress: [{protocol: tcp, port: 9000, destination: 10.8.0.0/16, description: Metrics to the new hub}]`, third.tags}

// fourth differs from third in tags alone.
var fourth = state{third.overrides, "{team: green, wave: two}"}

var rehearsals = []rehearsal{
	{
		name: "production, VPC from Parameter Store", account: "123456789012", region: "us-west-2",
		edge: "web", last: "app", sgName: "globalbank-prod-c001-us-west-2-sg",
		text: `client: {company_name: Global Bank, company_prefix: globalbank, account_id: "123456789012", tenant_id: c001}
environment: {env: prod, region: us-west-2}
security_groups:
  scenario: 3-tier-web
  overrides: OVERRIDES
tags: TAGS
`,
	},
	{
		name: "two tiers in Frankfurt", account: "210987654321", region: "eu-central-1",
		edge: "web", last: "web", sgName: "cornershop-staging-s001-eu-central-1-sg", listed: true,
		text: `client: {company_name: Corner Shop, company_prefix: cornershop, account_id: "210987654321", tenant_id: s001}
environment: {env: staging, region: eu-central-1}
security_groups:
  scenario: 2-tier-rds-postgresql
  vpc_parameter_store_path: /network/main/VPCId
  overrides: OVERRIDES
tags: TAGS
`,
	},
	{
		name: "a workload in a VPC of its own", account: "111122223333", region: "cn-north-1",
		edge: "web", last: "app", sgName: "lab-dev-l001-cn-north-1-batch-sg",
		text: `client: {company_name: Lab, company_prefix: lab, account_id: "111122223333", tenant_id: l001}
environment: {env: dev, region: cn-north-1}
security_groups:
  scenario: 3-tier-oracle
  vpc_source: direct
  vpc_id: VPC
  workload: batch
  overrides: OVERRIDES
tags: TAGS
`,
	},
}

// byBucket is a set whose template is taken for one that is too large for a request, and goes by way of a bucket.
var byBucket = rehearsal{
	name: "templates in a bucket", account: "333344445555", region: "us-gov-west-1",
	edge: "web", last: "web", sgName: "agency-test-a001-us-gov-west-1-sg",
	settings: "template_bucket: agency-{account_id}-{region}\nquotas: {template_bytes: 1000}\n",
	text: `client: {company_name: Agency, company_prefix: agency, account_id: "333344445555", tenant_id: a001}
environment: {env: test, region: us-gov-west-1}
security_groups:
  scenario: 2-tier-web
  overrides: OVERRIDES
tags: TAGS
`,
}

// config is the set's config in a state.
func (r rehearsal) config(now state) string {
	overrides := now.overrides
	switch {
	case r.listed:
		const before = "\n      additional_egress: ["
		if overrides == "" {
			overrides = "\n    LAST:" + before + "]"
		}
		rule := "{protocol: tcp, port: 8444, destination_prefix_list: " + r.list + ", description: To the partners},"
		overrides = strings.Replace(overrides, before, before+rule, 1)
	case overrides == "":
		overrides = "{}"
	}
	return strings.NewReplacer("VPC\n", r.vpc+"\n", "OVERRIDES", strings.ReplaceAll(overrides, "LAST", r.last), "TAGS", now.tags).Replace(r.text)
}

// step is a run of the program.
type step struct {
	args    []string
	exit    int                      // what it must end with
	before  func(*testing.T, *stage) // what happens before it
	faults  string
	latency string
	about   string // for the documentation, where the action alone doesn't say it
}

// now has the config say something else before a step.
func now(s state) func(*testing.T, *stage) {
	return func(t *testing.T, st *stage) { st.write(t, st.set.config(s)) }
}

// steps are what an operator does with a set, all actions and what they do when something has gone wrong.
var steps = []step{
	{args: []string{"validate-template"}},
	{args: []string{"show-changes"}},
	{args: []string{"show-changes"}, exit: 1, before: named, about: "a plan that CloudFormation's validation refuses"},
	{args: []string{"show-changes"}, exit: 1, before: unnamed, faults: "Hook:My::Guard::Hook=fail", about: "a plan that a hook refuses"},
	{args: []string{"create-security-groups", "--dry-run"}},
	{args: []string{"create-security-groups", "--force"}, exit: 1, faults: "WebSecurityGroupIdParameter=fail", about: "a deployment that fails"},
	{args: []string{"create-security-groups", "--force"}, about: "a first deployment after one that failed"},
	{args: []string{"create-security-groups", "--force"}, about: "a deployment without changes"},
	{args: []string{"show-changes", "--exit-code"}, exit: 10, before: now(second)},
	{args: []string{"create-security-groups", "--force"}, about: "an update"},
	{args: []string{"create-security-groups", "--force"}, before: now(third), about: "an update of descriptions and tags"},
	{args: []string{"check-drift", "--exit-code"}},
	{args: []string{"check-drift", "--exit-code"}, exit: 10, before: drift},
	{args: []string{"check-drift", "--fix", "--force"}},
	{args: []string{"create-security-groups", "--force"}, before: now(shorter), about: "an update that takes away a rule which check-drift --fix has put back"},
	{args: []string{"create-security-groups", "--force"}, before: now(third)},
	{args: []string{"test-deploy", "--force"}},
	{args: []string{"test-deploy", "--dry-run"}},
	{args: []string{"test-deploy", "--force"}, exit: 1, faults: "Hook:My::Guard::Hook=fail", about: "a test set that a hook refuses"},
	{args: []string{"test-deploy", "--force", "--keep"}},
	{args: []string{"delete-security-groups", "--test-sets", "--force", "--disable-termination-protection"}, before: grown},
	{args: []string{"create-security-groups", "--force"}, exit: 1, before: now(fourth), faults: "WebSecurityGroupIdParameter=fail,Rollback:WebSecurityGroup=fail", about: "an update whose rollback fails"},
	{args: []string{"create-security-groups", "--force"}, about: "a deployment that continues a rollback"},
	{args: []string{"create-security-groups", "--force"}, before: unfinished, about: "a deployment over an update that somebody left unfinished"},
	{args: []string{"delete-security-groups", "--dry-run", "--disable-termination-protection"}},
	{args: []string{"delete-security-groups", "--force", "--disable-termination-protection"}, exit: 6, before: inUse},
	{args: []string{"delete-security-groups", "--force", "--disable-termination-protection"}, before: unused},
	{args: []string{"delete-security-groups", "--force"}, about: "a deletion of what is not there"},
}

// groupsOf are the IDs of the set's groups, by tier.
func (a *admin) groups(t *testing.T, s *stage) map[string]string {
	t.Helper()
	out, err := a.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: []string{s.set.sgName + "-*"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]string{}
	for _, g := range out.SecurityGroups {
		for _, tag := range g.Tags {
			if tier, ok := strings.CutPrefix(*tag.Value, s.set.sgName+"-"); ok && *tag.Key == "Name" {
				groups[tier] = *g.GroupId
			}
		}
	}
	if len(groups) == 0 {
		t.Fatalf("no groups named %s-*", s.set.sgName)
	}
	return groups
}

func (a *admin) rules(t *testing.T, group string) (rules []types.SecurityGroupRule) {
	t.Helper()
	out, err := a.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.SecurityGroupRules
}

func try[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func tcpFrom(port int32, cidr string) []types.IpPermission {
	return []types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &cidr}},
	}}
}

// named has a parameter stand where the set's is to be made.
func named(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		try[*ssm.PutParameterOutput](t)(a.ssm.PutParameter(t.Context(),
			&ssm.PutParameterInput{Name: s.parameter(), Value: aws.String("taken"), Type: "String"}))
	})
}

// unnamed takes it away.
func unnamed(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		try[*ssm.DeleteParameterOutput](t)(a.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: s.parameter()}))
	})
}

// parameter publishes the ID of the first tier.
func (s *stage) parameter() *string {
	return aws.String("/sg/" + s.set.sgName + "/" + s.set.edge + "/SecurityGroupId")
}

const neighbour = `{"Resources": {"Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
	"GroupId": %q, "IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIp": "10.1.0.0/16"}}}}`

// drift does to the set what somebody in a hurry does: adds, removes, edits and renames rules of both directions, has another
// stack add one, writes another ID into a parameter, changes tags.
func drift(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		ctx := t.Context()
		groups := a.groups(t, s)
		last, edge := groups[s.set.last], groups[s.set.edge]
		try[*ec2.AuthorizeSecurityGroupIngressOutput](t)(a.ec2.AuthorizeSecurityGroupIngress(ctx,
			&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &last, IpPermissions: tcpFrom(22, "10.0.0.0/8")}))
		try[*ec2.AuthorizeSecurityGroupEgressOutput](t)(a.ec2.AuthorizeSecurityGroupEgress(ctx,
			&ec2.AuthorizeSecurityGroupEgressInput{GroupId: &last, IpPermissions: tcpFrom(25, "10.0.0.0/8")}))
		renamed := map[bool]bool{}
		for _, r := range a.rules(t, edge) {
			id, egress := *r.SecurityGroupRuleId, *r.IsEgress
			switch port := aws.ToInt32(r.FromPort); {
			case egress && r.ReferencedGroupInfo != nil: // removed
				try[*ec2.RevokeSecurityGroupEgressOutput](t)(a.ec2.RevokeSecurityGroupEgress(ctx,
					&ec2.RevokeSecurityGroupEgressInput{GroupId: &edge, SecurityGroupRuleIds: []string{id}}))
			case port == 80 && !egress && r.CidrIpv6 != nil: // removed
				try[*ec2.RevokeSecurityGroupIngressOutput](t)(a.ec2.RevokeSecurityGroupIngress(ctx,
					&ec2.RevokeSecurityGroupIngressInput{GroupId: &edge, SecurityGroupRuleIds: []string{id}}))
			case port == 80 && !egress: // edited
				try[*ec2.ModifySecurityGroupRulesOutput](t)(a.ec2.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
					GroupId: &edge, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
						SecurityGroupRuleId: &id, SecurityGroupRule: &types.SecurityGroupRuleRequest{
							IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(81), CidrIpv4: r.CidrIpv4, Description: r.Description},
					}},
				}))
			case port == 443 && !renamed[egress]: // another description
				renamed[egress] = true
				other := []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &id, Description: aws.String("renamed")}}
				var err error
				if egress {
					_, err = a.ec2.UpdateSecurityGroupRuleDescriptionsEgress(ctx,
						&ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &edge, SecurityGroupRuleDescriptions: other})
				} else {
					_, err = a.ec2.UpdateSecurityGroupRuleDescriptionsIngress(ctx,
						&ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &edge, SecurityGroupRuleDescriptions: other})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, r := range a.rules(t, last) {
			switch {
			case aws.ToInt32(r.FromPort) == 9090: // removed
				try[*ec2.RevokeSecurityGroupIngressOutput](t)(a.ec2.RevokeSecurityGroupIngress(ctx,
					&ec2.RevokeSecurityGroupIngressInput{GroupId: &last, SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId}}))
			case r.PrefixListId != nil: // edited
				try[*ec2.ModifySecurityGroupRulesOutput](t)(a.ec2.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
					GroupId: &last, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
						SecurityGroupRuleId: r.SecurityGroupRuleId, SecurityGroupRule: &types.SecurityGroupRuleRequest{
							IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8444), ToPort: aws.Int32(8445), PrefixListId: r.PrefixListId, Description: r.Description},
					}},
				}))
			}
		}
		try[*cloudformation.CreateStackOutput](t)(a.cfn.CreateStack(ctx, &cloudformation.CreateStackInput{
			StackName: aws.String("neighbour"), TemplateBody: aws.String(fmt.Sprintf(neighbour, edge))}))
		parameter := s.parameter()
		try[*ssm.PutParameterOutput](t)(a.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: parameter, Value: aws.String("sg-0123456789abcdef0"), Overwrite: aws.Bool(true)}))
		try[*ssm.AddTagsToResourceOutput](t)(a.ssm.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{
			ResourceType: "Parameter", ResourceId: parameter, Tags: []ssmtypes.Tag{
				{Key: aws.String("stray"), Value: aws.String("tag")}, {Key: aws.String("team"), Value: aws.String("red")}}}))
		try[*ec2.CreateTagsOutput](t)(a.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{edge}, Tags: []types.Tag{
			{Key: aws.String("stray"), Value: aws.String("tag")}, {Key: aws.String("team"), Value: aws.String("red")}}}))
	})
}

// stack is the name of the set's stack.
func (s *stage) stack() string { return s.set.sgName + "-stack" }

// unfinished begins an update of the stack that fails and stays as it is.
func unfinished(t *testing.T, s *stage) {
	s.write(t, s.set.config(second))
	s.beside(t, func(a *admin) {
		ctx := t.Context()
		stack := s.stack()
		body := try[*cloudformation.GetTemplateOutput](t)(a.cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &stack}))
		text := *body.TemplateBody
		text = strings.Replace(text, `"Resources":{`,
			`"Resources":{"Bad": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "a", "AllowedPattern": "^b$"}},`, 1)
		text = strings.Replace(text, "\nResources:\n", "\nResources:\n  Bad: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: a, AllowedPattern: ^b$}}\n", 1)
		described := try[*cloudformation.DescribeStacksOutput](t)(a.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})).Stacks[0]
		var parameters []cfntypes.Parameter
		for _, p := range described.Parameters {
			parameters = append(parameters, cfntypes.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
		try[*cloudformation.UpdateStackOutput](t)(a.cfn.UpdateStack(ctx, &cloudformation.UpdateStackInput{
			StackName: &stack, TemplateBody: &text, Parameters: parameters, Tags: described.Tags, DisableRollback: aws.Bool(true)}))
		time.Sleep(time.Minute)
		if status := a.status(t, stack); status != cfntypes.StackStatusUpdateFailed {
			t.Fatalf("the stack is in %s, not in UPDATE_FAILED", status)
		}
	})
}

func (a *admin) status(t *testing.T, stack string) cfntypes.StackStatus {
	t.Helper()
	return try[*cloudformation.DescribeStacksOutput](t)(a.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})).Stacks[0].StackStatus
}

// grown has somebody protect the test sets that are left, and have their groups name each other in rules of either direction.
func grown(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		ctx := t.Context()
		for _, st := range try[*cloudformation.DescribeStacksOutput](t)(a.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})).Stacks {
			if !strings.HasPrefix(*st.StackName, s.set.sgName+"-t") {
				continue
			}
			try[*cloudformation.UpdateTerminationProtectionOutput](t)(a.cfn.UpdateTerminationProtection(ctx,
				&cloudformation.UpdateTerminationProtectionInput{StackName: st.StackName, EnableTerminationProtection: aws.Bool(true)}))
			groups := a.groupsOf(t, *st.StackName)
			first, last := groups[0], groups[len(groups)-1]
			try[*ec2.AuthorizeSecurityGroupIngressOutput](t)(a.ec2.AuthorizeSecurityGroupIngress(ctx,
				&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &first, IpPermissions: tcpOf(7001, last)}))
			try[*ec2.AuthorizeSecurityGroupEgressOutput](t)(a.ec2.AuthorizeSecurityGroupEgress(ctx,
				&ec2.AuthorizeSecurityGroupEgressInput{GroupId: &first, IpPermissions: tcpOf(7002, last)}))
		}
	})
}

// groupsOf are the IDs of the groups of a stack.
func (a *admin) groupsOf(t *testing.T, stack string) (ids []string) {
	t.Helper()
	out := try[*cloudformation.DescribeStackResourcesOutput](t)(a.cfn.DescribeStackResources(t.Context(),
		&cloudformation.DescribeStackResourcesInput{StackName: &stack}))
	for _, r := range out.StackResources {
		if *r.ResourceType == "AWS::EC2::SecurityGroup" {
			ids = append(ids, *r.PhysicalResourceId)
		}
	}
	return ids
}

// tcpOf is a port for the members of a group.
func tcpOf(port int32, group string) []types.IpPermission {
	return []types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &group}},
	}}
}

const importer = `{"Resources": {"Copy": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": %q}}}}}`

// inUse has an interface, a group's rule and a stack of others depend on the set.
func inUse(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		ctx := t.Context()
		group := a.groups(t, s)[s.set.edge]
		try[*cloudformation.UpdateTerminationProtectionOutput](t)(a.cfn.UpdateTerminationProtection(ctx,
			&cloudformation.UpdateTerminationProtectionInput{StackName: aws.String(s.stack()), EnableTerminationProtection: aws.Bool(true)}))
		vpc := *try[*ec2.DescribeSecurityGroupsOutput](t)(a.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})).SecurityGroups[0].VpcId
		subnet := try[*ec2.CreateSubnetOutput](t)(a.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: aws.String("10.0.1.0/24")}))
		try[*ec2.CreateNetworkInterfaceOutput](t)(a.ec2.CreateNetworkInterface(ctx,
			&ec2.CreateNetworkInterfaceInput{SubnetId: subnet.Subnet.SubnetId, Groups: []string{group}}))
		try[*cloudformation.CreateStackOutput](t)(a.cfn.CreateStack(ctx, &cloudformation.CreateStackInput{
			StackName: aws.String("importer"), TemplateBody: aws.String(fmt.Sprintf(importer, s.set.sgName+"-"+s.set.edge+"-SecurityGroupId"))}))
		time.Sleep(time.Minute)
	})
}

// unused takes that back.
func unused(t *testing.T, s *stage) {
	s.beside(t, func(a *admin) {
		ctx := t.Context()
		for _, i := range try[*ec2.DescribeNetworkInterfacesOutput](t)(a.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{})).NetworkInterfaces {
			try[*ec2.DeleteNetworkInterfaceOutput](t)(a.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: i.NetworkInterfaceId}))
		}
		try[*cloudformation.DeleteStackOutput](t)(a.cfn.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("importer")}))
		time.Sleep(time.Minute)
	})
}
