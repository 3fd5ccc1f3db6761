package check

// DefaultGroup is about the group that every VPC comes with.
var DefaultGroup = Check{
	ID:    "SG101",
	Title: "rules in the default group of the VPC",
	Why:   "what is started in the VPC without a group of its own gets the default group, and with it rules that nobody meant for it",
	Notes: "Every VPC comes with a default group, which can't be deleted. A new one's lets its members reach each other on everything, and reach " +
		"everybody. It is looked at in the VPC that holds the set. A waiver of it names no tier.",
	Remedy: "give what uses the default group a group of its own, then revoke all rules of the default group",
	Fix: `aws ec2 describe-network-interfaces --filters Name=group-id,Values=sg-0123456789abcdef0
aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0
aws ec2 revoke-security-group-ingress --group-id sg-0123456789abcdef0 --security-group-rule-ids sgr-0123456789abcdef0
aws ec2 revoke-security-group-egress --group-id sg-0123456789abcdef0 --security-group-rule-ids sgr-0123456789abcdef1
`,
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: []Mapping{
		as(securityHub, "EC2.2"), as(awsConfig, "vpc-default-security-group-closed"), as(cis, "5.5 / 6.5"), as(checkov, "CKV2_AWS_12"),
		as(trivy, "AVD-AWS-0173"), as(kics, "ea33fcf7"),
	},
	Live: true,
}
