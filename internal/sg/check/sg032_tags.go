package check

var missingTags = Check{
	ID:       "SG032",
	Title:    "no tag of the owner's",
	Why:      "the tool's own tags say what a group is, none says whose it is and who pays",
	Notes:    "One tag with a value is enough; the tool's own tags don't count.",
	Remedy:   "give the config at least one tag, such as owner or cost_center",
	Fix:      "tags: {owner: fraud-ml-engineering-team, cost_center: Fraud Operations}\n",
	Impact:   Low,
	Levels:   alwaysInfo,
	Waivable: true,
	Mappings: []Mapping{as(securityHub, "EC2.43")},
	Pass:     Example{YAML: "security_groups: {scenario: 3-tier-web}\ntags: {owner: fraud-ml-engineering-team}\n"},
	Fail:     Example{YAML: "security_groups: {scenario: 3-tier-web}\n"},
	run: func(s *subject, r *report) {
		for _, value := range s.Tags {
			if value != "" {
				return
			}
		}
		r.set("the groups carry no tag of yours")
	},
}
