package check

import (
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

var missingDescription = Check{
	ID:    "SG029",
	Title: "a rule without a description",
	Why:   "a year later nobody can tell whether the rule is still needed",
	run: func(in *Input, r *report) {
		for rule := range in.Set.Rules() {
			// The mirror of a rule has its description: reporting both would say one thing twice.
			if strings.TrimSpace(rule.Description) == "" && rule.Origin != ruleset.FromMirror {
				r.rule(diag.Error, rule, "the rule %q has no description", rule.Key).
					WithHint("description: what the rule is for")
			}
		}
	},
}
