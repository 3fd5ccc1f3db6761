package check

var implicitEgress = Check{
	ID:       "SG019",
	Title:    "egress that nobody decided on",
	Why:      "a group without egress rules in its template keeps the rule that AWS gives it: everything to everybody",
	Remedy:   "write the egress that is needed, or the placeholder that permits nothing",
	Fix:      "SecurityGroupEgress: # of the AWS::EC2::SecurityGroup\n  - {IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32, Description: Disallow all traffic}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: []Mapping{as(cfnNag, "F1000"), as(cfnGuard, "EC2_SECURITY_GROUP_MISSING_EGRESS")},
	Pass:     Example{YAML: "security_groups: {scenario: 3-tier-web} # nothing leaves db\n"},
	Fail: Example{YAML: `Resources:
  Db:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: Database, VpcId: vpc-0123456789abcdef0}
`},
	Constructed: "every group of this tool is made with the egress placeholder, or with an egress of its own that opens everything",
}
