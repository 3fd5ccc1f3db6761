package check

// StaleReference is about a rule that names a group across a peering connection.
var StaleReference = Check{
	ID:    "SG104",
	Title: "a rule that names a group which can't be reached any more",
	Why:   "it permits nothing, and who reads it believes that it does",
	Notes: "A rule may name a group of a peered VPC. It becomes stale where that group is deleted, or the peering connection: EC2 keeps it all the same " +
		"(documented).",
	Remedy:   "revoke it; where the template has it, take it out of the config and deploy",
	Fix:      "aws ec2 revoke-security-group-ingress --group-id sg-0123456789abcdef0 --security-group-rule-ids sgr-0123456789abcdef0\n",
	Impact:   Low,
	Levels:   alwaysInfo,
	Waivable: true,
	Live:     true,
}
