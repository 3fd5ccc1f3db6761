package check

import (
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

var shadowedRule = Check{
	ID:       "SG027",
	Title:    "a rule that others contain",
	Why:      "it permits nothing that is not permitted anyway: who removes it believes to have closed something",
	Notes:    "By one other rule, or by several together. Of equal rules SG026 speaks.",
	Remedy:   "remove it, or narrow the rule that contains it",
	Fix:      "- {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub} # and nothing inside of it\n",
	Impact:   Low,
	Levels:   alwaysInfo,
	Waivable: true,
	Pass:     ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub"),
	Fail: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub}
        - {protocol: tcp, port: 9100, source: 10.8.7.0/24, description: Metrics to one network of the hub}
`},
	run: func(s *subject, r *report) {
		for _, sh := range reach.Shadows(s.Set) {
			by := distinct(sh.By, func(r ruleset.Rule) ruleset.Key { return r.Key })
			if len(by) == 1 {
				r.rule(sh.Rule, "the rule %q is contained in %q", sh.Rule.Key, by[0])
			} else {
				r.rule(sh.Rule, "the rule %q is contained in %d others together: %s", sh.Rule.Key, len(by), inShort(by, "; "))
			}
		}
	},
}
