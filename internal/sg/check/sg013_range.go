package check

import "mlops-infra-suite/internal/sg/ruleset"

// widestRange is how many ports a tier may open to another one without a word.
const widestRange = 1000

var wideRange = Check{
	ID:       "SG013",
	Title:    "a wide range of ports",
	Why:      "a range opens what listens there now, and what will be installed there later",
	Notes:    "More than one port from ranges, prefix lists and groups outside of the set; more than 1000 from tiers. A tier that is open to itself on every port is SG024's.",
	Remedy:   "a rule for each port that is served; ranges are for tiers, up to 1000 ports",
	Fix:      "- {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the hub}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(cfnNag, "W27"), as(cfnGuard, "EC2_SECURITY_GROUP_INGRESS_PORT_RANGE"), as(kics, "dae9c373, 87482183")),
	Pass:     ingress("app", "protocol: tcp, port_range: 9000-9100, source_tier: web, description: Metrics"),
	Fail:     ingress("web", "protocol: tcp, port_range: 9000-9100, source: 10.8.0.0/16, description: Metrics to the hub"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			everything := v.reported(idEverything)
			for i, rule := range v.Ingress {
				n := portsOf(rule.Traffic)
				switch wide := n > widestRange || n > 1 && rule.Peer.Kind != ruleset.TierRef; {
				case !wide || isSelf(rule) && isWhole(rule.Traffic): // SG024 is about that
				case everything.has(i):
					r.elsewhere()
				default:
					r.rule(rule, "%s from %s: a range of %d ports", rule.Traffic, rule.Peer, n)
				}
			}
		}
	},
}

// reported are the rules that a check on ports speaks of.
func (v tierView) reported(check string) group {
	var rules group
	for _, e := range v.open {
		if e.check == check && !e.silent {
			rules = append(rules, e.rules...)
		}
	}
	return join(rules, nil)
}

// portsOf is how many ports traffic has: those of TCP and UDP, of which all traffic has all.
func portsOf(t ruleset.Traffic) int {
	switch {
	case t.Protocol == ruleset.All:
		return ruleset.MaxPort
	case t.Protocol.HasPorts():
		return t.Ports.To - t.Ports.From + 1
	default:
		return 0
	}
}
