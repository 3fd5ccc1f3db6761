package check

import "mlops-infra-suite/internal/sg/ruleset"

var selfReference = Check{
	ID:       "SG024",
	Title:    "a tier open to itself on every port",
	Why:      "who takes over one server of the tier reaches everything on all others",
	Remedy:   "name the ports that the servers use among each other",
	Fix:      "- {protocol: tcp, port: 7946, source_tier: app, description: Cluster membership}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Pass:     ingress("app", "protocol: tcp, port: 7946, source_tier: app, description: Cluster membership"),
	Fail:     ingress("app", "protocol: all, source_tier: app, description: Cluster"),
	run: func(s *subject, r *report) {
		for rule := range s.Set.Rules() {
			if rule.Direction == ruleset.Ingress && isSelf(rule) && isWhole(rule.Traffic) {
				r.rule(rule, "%s from the tier itself", rule.Traffic)
			}
		}
	},
}

// isSelf reports whether a rule's peer is its own tier.
func isSelf(r ruleset.Rule) bool {
	return r.Peer.Kind == ruleset.TierRef && r.Peer.Name == r.Tier
}

// isWhole reports whether traffic is every port of TCP or UDP.
func isWhole(t ruleset.Traffic) bool { return portsOf(t) >= ruleset.MaxPort }
