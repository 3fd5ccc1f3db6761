package check

import "mlops-infra-suite/internal/sg/ruleset"

var duplicateRule = Check{
	ID:     "SG026",
	Title:  "the same rule twice",
	Why:    "EC2 holds one rule for both, and deleting one of them deletes it for both",
	Remedy: "remove one of them",
	Fix:    "- {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere} # once\n",
	Impact: High,
	Levels: alwaysError,
	Pass: Example{YAML: `name: once
tiers:
  web:
    role: edge
    ingress:
      - {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere}
`},
	Fail: Example{YAML: `name: twice
tiers:
  web:
    role: edge
    ingress:
      - {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere}
      - {protocol: 6, port_range: 443-443, source: 0.0.0.0/0, description: The same in other words}
`},
	run: func(s *subject, r *report) {
		var last ruleset.Rule
		for rule := range s.Set.Rules() { // equal keys are neighbours
			if rule.Key == last.Key {
				r.rule(rule, "the rule %q stands twice", rule.Key).
					WithHint("remove one of them; the other is at %s", last.Pos)
			}
			last = rule
		}
	},
}
