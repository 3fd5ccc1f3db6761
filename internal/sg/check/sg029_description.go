package check

import (
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

var missingDescription = Check{
	ID:       "SG029",
	Title:    "a rule without a description",
	Why:      "a year later nobody can tell whether the rule is still needed",
	Remedy:   "description: what the rule is for",
	Fix:      "- {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub}\n",
	Impact:   Low,
	Levels:   alwaysError,
	Mappings: []Mapping{as(checkov, "CKV_AWS_23"), as(trivy, "AVD-AWS-0124")},
	Pass:     ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub"),
	Fail:     ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16"),
	run: func(s *subject, r *report) {
		for rule := range s.Set.Rules() {
			// The mirror of a rule has its description: reporting both would say one thing twice.
			if strings.TrimSpace(rule.Description) == "" && rule.Origin != ruleset.FromMirror {
				r.rule(rule, "the rule %q has no description", rule.Key)
			}
		}
	},
}
