package check

var nonCanonicalCIDR = Check{
	ID:     "SG028",
	Title:  "a CIDR that is not in its canonical form",
	Why:    "EC2 stores the canonical form, so that two spellings of one range look like two rules and are one",
	Remedy: "write the canonical form: no host bits, IPv6 in lower case and as short as it gets",
	Fix:    "- {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub} # not 10.8.3.4/16\n",
	Impact: High,
	Levels: alwaysError,
	Pass:   ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub"),
	Fail:   ingress("web", "protocol: tcp, port: 9100, source: 10.8.3.4/16, description: Metrics to the hub"),
	run: func(s *subject, r *report) {
		for rule := range s.Set.Rules() {
			if rule.Written != "" {
				r.rule(rule, "%s is not canonical: EC2 holds it as %s", rule.Written, rule.Peer).
					WithHint("write %s, or the range that you meant", rule.Peer)
			}
		}
	},
}
