package check

import (
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

var openEgress = Check{
	ID:       "SG020",
	Title:    "everything may leave, to anywhere",
	Why:      "who takes over a server may load tools from, and send data to, any address over any port",
	Notes:    "Every port of TCP or of UDP to what is the world together, as SG001 has it for ingress.",
	Remedy:   "HTTPS to anywhere is enough for AWS APIs and updates; VPC endpoints need not even that",
	Fix:      "- {protocol: tcp, port: 443, destination: 0.0.0.0/0, description: HTTPS to AWS APIs}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(trivy, "AVD-AWS-0104"), as(kics, "66f2d8f9"), as(cfnNag, "W40"), as(checkov, "CKV_AWS_382"),
		as(cfnGuard, "EC2_SECURITY_GROUP_EGRESS_ALL_PROTOCOLS")),
	Pass: egress("app", "protocol: tcp, port: 443, destination: 10.8.0.0/16, description: HTTPS to the hub"),
	Fail: egress("app", "protocol: all, destination: 0.0.0.0/0, description: Whatever it needs"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			v.cantTellEgress(r, isWhole)
			for _, g := range wholeOpen(v.Egress, v.egress) {
				rules := pick(v.Egress, g)
				r.rule(rules[0], "every port (%s) of the world may be reached, at %s", trafficOf(rules), peersOf(rules))
			}
		}
	},
}

// cantTellEgress notes that a tier sends some traffic to prefix lists, which may hold the world.
func (v tierView) cantTellEgress(r *report, some func(ruleset.Traffic) bool) {
	for _, rule := range v.Egress {
		if rule.Peer.Kind == ruleset.PrefixList && some(rule.Traffic) {
			r.cantTell()
		}
	}
}

// openEgress are the rules that let everything out to the world.
func (v tierView) openEgress() group {
	return join(slices.Concat(wholeOpen(v.Egress, v.egress)...), nil)
}
