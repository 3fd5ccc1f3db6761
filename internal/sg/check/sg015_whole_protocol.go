package check

import "mlops-infra-suite/internal/sg/ruleset"

var wholeProtocol = Check{
	ID:       "SG015",
	Title:    "a protocol that has no ports in EC2",
	Why:      "for protocols other than TCP, UDP and ICMP, EC2 ignores ports: the rule opens the whole protocol",
	Remedy:   "use tcp or udp if a port was meant; else a waiver says that the whole protocol is",
	Fix:      "- {protocol: udp, port: 4500, source: 198.51.100.0/24, description: IPsec over UDP from the office}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(cfnLint, "W3687, E3687")),
	Pass:     ingress("web", "protocol: 17, port: 4500, source: 198.51.100.0/24, description: IPsec over UDP from the office"),
	Fail:     ingress("web", "protocol: 50, source: 198.51.100.0/24, description: IPsec from the office"),
	run: func(s *subject, r *report) {
		for rule := range s.Set.Rules() {
			p := rule.Protocol
			if p != ruleset.All && !p.HasPorts() && !p.IsICMP() && rule.Origin != ruleset.FromMirror {
				r.rule(rule, "the rule %q opens the whole of protocol %s", rule.Key, p)
			}
		}
	},
}
