package check

// UnusedGroup is about a group of the set that protects nothing.
var UnusedGroup = Check{
	ID:    "SG102",
	Title: "a group that nothing uses",
	Why:   "it protects nothing, though it looks as if it did, and stands ready for the first thing that is given it by mistake",
	Notes: "Used means by a network interface, attached or not. What only names the group does not count: a launch template without instances, a " +
		"function that has not run for long. Right after the first deployment it is as it should be.",
	Remedy:   "give the group to what it is for, or take the tier out of the set",
	Fix:      "aws ec2 modify-network-interface-attribute --network-interface-id eni-0123456789abcdef0 --groups sg-0123456789abcdef0\n",
	Impact:   Low,
	Levels:   alwaysInfo,
	Waivable: true,
	Mappings: []Mapping{as(awsConfig, "ec2-security-group-attached-to-eni"), as(checkov, "CKV2_AWS_5")},
	Live:     true,
}
