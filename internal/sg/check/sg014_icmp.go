package check

import (
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

var openICMP = Check{
	ID:       "SG014",
	Title:    "every kind of ICMP open to the world",
	Why:      "beside ping there are ICMP messages that redirect traffic, map networks and carry data past firewalls",
	Notes:    "Every ICMP or ICMPv6 type, or one type with any code. The echo types (0 and 8; IPv6: 128 and 129) have one code, which need not be named.",
	Remedy:   "let in the types that are needed: echo request (8; IPv6: 128), and destination unreachable (3.4; IPv6: 2.0) for path MTU",
	Fix:      "- {protocol: icmp, icmp_type: 8, icmp_code: 0, source: 0.0.0.0/0, description: Ping}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(),
	Pass:     ingress("web", "protocol: icmp, icmp_type: 8, source: 0.0.0.0/0, description: Ping"),
	Fail:     ingress("web", "protocol: icmp, source: 0.0.0.0/0, description: Ping and more"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			if slices.ContainsFunc(pick(v.Ingress, v.reported(idEverything)), func(r ruleset.Rule) bool { return r.Protocol == ruleset.All }) {
				r.elsewhere()
			}
			told := map[string]bool{}
			for _, st := range v.ingress {
				anyCode := func(i int) bool { return hasAnyCode(v.Ingress[i].Traffic) }
				if g := st.world; st.protocol.IsICMP() && slices.ContainsFunc(g, anyCode) && !told[g.key()] {
					told[g.key()] = true
					rules := pick(v.Ingress, g)
					r.rule(rules[slices.IndexFunc(g, anyCode)], "%s open to the world, from %s", trafficOf(rules), peersOf(rules))
				}
			}
		}
	},
}

// hasAnyCode reports whether an ICMP rule leaves the code open, of a type that has several: the echo types have one.
func hasAnyCode(t ruleset.Traffic) bool {
	echo := map[ruleset.Protocol][]int{ruleset.ICMP: {0, 8}, ruleset.ICMPv6: {128, 129}}
	return t.Protocol.IsICMP() && t.Ports.To == -1 && !slices.Contains(echo[t.Protocol], t.Ports.From)
}
