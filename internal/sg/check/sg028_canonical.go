package check

import "mlops-infra-suite/internal/diag"

var nonCanonicalCIDR = Check{
	ID:    "SG028",
	Title: "a CIDR that is not in its canonical form",
	Why:   "EC2 stores the canonical form, so that two spellings of one range look like two rules and are one",
	run: func(in *Input, r *report) {
		for rule := range in.Set.Rules() {
			if rule.Written != "" {
				r.rule(diag.Error, rule, "%s is not canonical: EC2 holds it as %s", rule.Written, rule.Peer).
					WithHint("write %s, or the range that you meant", rule.Peer)
			}
		}
	},
}
