package check

var fixedName = Check{
	ID:       "SG033",
	Title:    "a group whose name is fixed",
	Why:      "what replaces a group is made before the old one goes: with the same name it can't be, and the update fails",
	Remedy:   "leave GroupName out; the tag Name is for people",
	Fix:      "Tags: [{Key: Name, Value: my-prod-m001-us-west-2-sg-web}] # of the AWS::EC2::SecurityGroup, in the place of GroupName\n",
	Impact:   High,
	Levels:   alwaysError,
	Waivable: true,
	Pass:     Example{YAML: "security_groups: {scenario: 3-tier-web}\n"},
	Fail: Example{YAML: `Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupName: web, GroupDescription: Web servers, VpcId: vpc-0123456789abcdef0}
`},
	Constructed: "the names of this tool's groups are left to CloudFormation",
}
