package check

import (
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

var duplicateRule = Check{
	ID:    "SG026",
	Title: "the same rule twice",
	Why:   "EC2 holds one rule for both, and deleting one of them deletes it for both",
	run: func(in *Input, r *report) {
		var last ruleset.Rule
		for rule := range in.Set.Rules() { // equal keys are neighbours
			if rule.Key == last.Key {
				r.rule(diag.Error, rule, "the rule %q stands twice", rule.Key).
					WithHint("remove one of them; the other is at %s", last.Pos)
			}
			last = rule
		}
	},
}
