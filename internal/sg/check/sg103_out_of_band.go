package check

// OutOfBand is about a rule that somebody has added by hand, or another stack.
var OutOfBand = Check{
	ID:    "SG103",
	Title: "a rule that EC2 holds and the template does not have",
	Why:   "somebody has added it by hand, or another stack has: no review has seen it, and no deployment takes it away",
	Notes: "show-changes and create-security-groups look for it as well. CloudFormation's own drift detection does not see it where a template gives its rules " +
		"as resources of their own (reported), as this tool's do.",
	Remedy: "revoke it (check-drift --fix), or write it into the config",
	Fix:    "sg-provisioner check-drift -c my.yaml --fix --only-added\n",
	Impact: High,
	Levels: alwaysWarning,
	Live:   true,
}
