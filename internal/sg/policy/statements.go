package policy

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/config"
)

// Input is what a policy is for.
type Input struct {
	Names    config.Names
	Region   string
	Account  string
	VPCID    string // where the config gives the VPC itself
	VPCPath  string // the SSM parameter that holds it, else
	Bucket   string // where templates go that are too large for a request; "" for none
	License  string // the IAM action that the build's license check needs; "" for none
	ReadOnly bool   // for reviewers: nothing that writes

	PrefixLists bool // rules of the config name some
}

// cloudFormation is who calls EC2 and SSM for its caller.
const cloudFormation = "cloudformation.amazonaws.com"

// stackTag is the key of the tag that CloudFormation gives to what a stack has made, and that nobody can change.
const stackTag = "aws:ResourceTag/aws:cloudformation:stack-name"

// anyDigits stands for the six hexadecimal digits of a test set.
const anyDigits = "??????"

// New returns the least policy with which all actions work, or those that only read.
func New(in Input) Policy {
	b := builder{in: in}
	b.account()
	b.network()
	b.groups()
	b.parameters()
	b.stacks()
	b.templates()
	b.trail()
	return Policy{b.statements}
}

// builder collects statements.
type builder struct {
	in         Input
	statements []Statement
}

// allow adds a statement; one without actions is none.
func (b *builder) allow(sid, purpose string, actions, resources []string, conditions ...Condition) {
	if len(actions) == 0 {
		return
	}
	actions = slices.Clone(actions)
	slices.Sort(actions)
	b.statements = append(b.statements, Statement{
		Sid: sid, Purpose: purpose, Effect: "Allow", Actions: actions, Resources: resources, Conditions: conditions,
	})
}

// forOperators drops actions from a policy that only reads: those that write, and those that only somebody who writes has a use for.
func (b *builder) forOperators(actions ...string) []string {
	if b.in.ReadOnly {
		return nil
	}
	return actions
}

var anything = []string{"*"}

// arn names a resource of the set's account and region.
func (b *builder) arn(service, resource string) string {
	return strings.Join([]string{"arn", Partition(b.in.Region), service, b.in.Region, b.in.Account, resource}, ":")
}

// Partition is the part of AWS that a region belongs to.
func Partition(region string) string {
	for prefix, partition := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "eu-isoe-": "aws-iso-e",
		"us-isof-": "aws-iso-f", "eusc-": "aws-eusc",
	} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

func (b *builder) inRegion() Condition {
	return Condition{"StringEquals", "aws:RequestedRegion", []string{b.in.Region}}
}

// inAccount holds for what the set's account owns.
func (b *builder) inAccount() Condition {
	return Condition{"StringEquals", "aws:ResourceAccount", []string{b.in.Account}}
}

// byCloudFormation holds where CloudFormation makes the call.
func byCloudFormation() Condition {
	return Condition{"ForAnyValue:StringEquals", "aws:CalledVia", []string{cloudFormation}}
}

// ownStacks are the names of the set's stack and of its test sets' stacks.
func (b *builder) ownStacks() []string {
	return []string{b.in.Names.Stack(), b.in.Names.Test(anyDigits).Stack()}
}

// ofStacks holds for a group that one of these stacks has made.
func ofStacks(names ...string) Condition {
	return Condition{"StringLike", stackTag, names}
}

// ofNoStack holds for a group that no stack's tag says whose it is.
func ofNoStack() Condition { return Condition{"Null", stackTag, []string{"true"}} }

// withoutImport holds for what takes in no resource that is there already.
func withoutImport() Condition {
	return Condition{"Null", "cloudformation:ImportResourceTypes", []string{"true"}}
}

// account is what every action needs first.
func (b *builder) account() {
	b.allow("WhoAmI", "tell which account the credentials belong to; AWS asks for no permission", []string{"sts:GetCallerIdentity"}, anything)
	if b.in.License != "" {
		b.allow("License", "check this copy's license", []string{b.in.License}, anything)
	}
}

// network is what is read of EC2.
func (b *builder) network() {
	b.allow("ReadNetwork", "find the VPC, compare groups and rules, list what uses a group", []string{
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupReferences", "ec2:DescribeSecurityGroupRules",
		"ec2:DescribeSecurityGroupVpcAssociations", "ec2:DescribeSecurityGroups", "ec2:DescribeStaleSecurityGroups", "ec2:DescribeVpcs",
	}, anything, b.inRegion())
	b.allow("ReadInstances", "what CloudFormation looks at when it deletes a group", b.forOperators("ec2:DescribeInstances"), anything,
		b.inRegion(), byCloudFormation())
}

// groups is what is written to EC2.
func (b *builder) groups() {
	groups, vpc := []string{b.arn("ec2", "security-group/*")}, "vpc/*"
	if b.in.VPCID != "" {
		vpc = "vpc/" + b.in.VPCID
	}
	named := Condition{"StringLikeIfExists", "aws:RequestTag/Name", []string{b.in.Names.Group("*")}}
	b.allow("CreateGroups", "make a group in the VPC, through CloudFormation; what names it must be one of the set's names",
		b.forOperators("ec2:CreateSecurityGroup"), []string{groups[0], b.arn("ec2", vpc)}, byCloudFormation(), named)
	b.allow("NewGroups", "finish a group that has no stack's tag yet, through CloudFormation, which may give its tags last",
		b.forOperators("ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags", "ec2:RevokeSecurityGroupEgress"),
		groups, byCloudFormation(), ofNoStack())
	b.allow("MakeGroups", "finish a group of the set's stacks, or delete it, through CloudFormation",
		b.forOperators("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup"),
		groups, byCloudFormation(), ofStacks(b.ownStacks()...))
	b.allow("CloseGroups", "take rules away from a group of the set's stacks, such as those that hold a group which is to go",
		b.forOperators("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"), groups, ofStacks(b.ownStacks()...))
	b.allow("ChangeGroups", "change rules and tags of the set's groups, through CloudFormation or with check-drift --fix", b.forOperators(
		"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DeleteTags",
		"ec2:ModifySecurityGroupRules", "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
	), groups, ofStacks(b.in.Names.Stack()))
	rules := []string{b.arn("ec2", "security-group-rule/*")}
	if b.in.PrefixLists { // of AWS and of other accounts too; that a rule may name any of them allows nothing by itself
		rules = append(rules, strings.Join([]string{"arn", Partition(b.in.Region), "ec2", b.in.Region, "*", "prefix-list/*"}, ":"))
	}
	b.allow("ChangeRules", "the rules themselves, which ModifySecurityGroupRules needs beside their group",
		b.forOperators("ec2:ModifySecurityGroupRules"), rules)
}

// parameters is what is done in Parameter Store.
func (b *builder) parameters() {
	if b.in.VPCPath != "" {
		parameter := "parameter/vpc/*"
		if !strings.HasPrefix(b.in.VPCPath, "/vpc/") {
			parameter = "parameter/" + strings.TrimPrefix(b.in.VPCPath, "/")
		}
		b.allow("ReadVpcParameter", "read the VPC's ID", b.forOperators("ssm:GetParameter"), []string{b.arn("ssm", parameter)})
	}
	own := "parameter/sg/" + b.in.Names.SGName + "*"
	reading := []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"}
	writing := b.forOperators("ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter", "ssm:RemoveTagsFromResource")
	b.allow("Parameters", "the parameters that publish the groups' IDs", slices.Concat(reading, writing), []string{b.arn("ssm", own)})
}

// stacks is what is done with CloudFormation.
func (b *builder) stacks() {
	var all []string
	for _, name := range b.ownStacks() {
		all = append(all, b.arn("cloudformation", "stack/"+name+"/*"))
	}
	own := []string{"cloudformation:DescribeStackResourceDrifts", "cloudformation:DetectStackDrift",
		"cloudformation:DetectStackResourceDrift"}
	var compared []string // with what was uploaded, of test sets too
	if reading := "cloudformation:GetTemplate"; b.in.Bucket != "" && !b.in.ReadOnly {
		compared = append(compared, reading)
	} else {
		own = append(own, reading)
	}
	b.allow("Deploy", "plan, deploy and delete the set's stack and those of its test sets; no import of what is there already", append(compared, b.forOperators(
		"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack", "cloudformation:DescribeChangeSet",
		"cloudformation:DescribeEvents", "cloudformation:DescribeStackEvents", "cloudformation:ExecuteChangeSet", "cloudformation:ListChangeSets",
		"cloudformation:ListHookResults", "cloudformation:ListStackResources", "cloudformation:TagResource", "cloudformation:UpdateTerminationProtection",
	)...), all, withoutImport())
	purpose := "look for drift of the set's own stack, take it out of failed updates, change its tags"
	if b.in.ReadOnly {
		b.allow("ReadStacks", "list what the set's stack and those of its test sets hold", []string{"cloudformation:ListStackResources"}, all)
		own, purpose = append(own, "cloudformation:DescribeStackEvents"), "look for drift of the set's own stack"
	}
	b.allow("OwnStack", purpose, append(own, b.forOperators(
		"cloudformation:ContinueUpdateRollback", "cloudformation:RollbackStack", "cloudformation:UntagResource",
	)...), all[:1])
	b.allow("ChangeSets", "tag the tool's change sets, and read what a validation has found", b.forOperators(
		"cloudformation:DescribeEvents", "cloudformation:TagResource"), []string{b.arn("cloudformation", "changeSet/sg-provisioner-*")})
	b.allow("FindStack", "find the stack of a rule", []string{"cloudformation:DescribeStackResources"},
		[]string{b.arn("cloudformation", "stack/*")})
	b.allow("ReadCloudFormation", "what belongs to no stack, or to all of them", []string{
		"cloudformation:BatchDescribeTypeConfigurations", "cloudformation:DescribeStackDriftDetectionStatus",
		"cloudformation:DescribeStacks", "cloudformation:ListImports", "cloudformation:ListStacks", "cloudformation:ValidateTemplate",
	}, anything, b.inRegion())
}

// templates is what is done in the bucket for templates that are too large for a request: CloudFormation reads them as its
// caller. Neither region nor account are part of the name of what lies in a bucket, and a name that is free again may be taken by
// anybody: the condition keeps templates from somebody else's.
func (b *builder) templates() {
	if b.in.Bucket == "" {
		return
	}
	var keys []string
	for _, set := range []string{b.in.Names.SGName, b.in.Names.Test(anyDigits).SGName} {
		keys = append(keys, "arn:"+Partition(b.in.Region)+":s3:::"+b.in.Bucket+"/sg-provisioner/"+set+"/*")
	}
	b.allow("Templates", "upload templates that are too large for a request, and take them away again",
		b.forOperators("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), keys, b.inAccount())
}

// trail is who changed what.
func (b *builder) trail() {
	b.allow("ReadTrail", "find out who has changed a group", []string{"cloudtrail:LookupEvents"}, anything, b.inRegion())
}
