package check

import (
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// usualEgress are the ports on which servers call out: DNS, NTP, HTTPS.
var usualEgress = []int{53, 123, 443}

var egressPorts = Check{
	ID:       "SG021",
	Title:    "unusual ports may be reached anywhere",
	Why:      "mail, remote shells and unencrypted protocols to any address are how data leaves and spam is sent",
	Notes:    "TCP and UDP but for the ports 53, 123 and 443. Rules that SG020 names, and what leaves databases (SG022), are left to those.",
	Remedy:   "name the range or prefix list of the service; HTTPS, DNS and NTP may go anywhere",
	Fix:      "- {protocol: tcp, port: 587, destination: 198.51.100.0/24, description: Mail to our relay}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(kics, "1cc2fbd7"), as(cfnNag, "W5"), as(cfnGuard, "EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD")),
	Pass:     egress("app", "protocol: tcp, port: 587, destination: 198.51.100.0/24, description: Mail to our relay"),
	Fail:     egress("app", "protocol: tcp, port: 25, destination: 0.0.0.0/0, description: Mail"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			told := map[string]bool{}
			everything := v.openEgress()
			v.cantTellEgress(r, func(t ruleset.Traffic) bool { return t.Protocol.HasPorts() && !isUsual(t.Ports) })
			for _, st := range v.egress {
				g := join(st.ipv4.beside(everything), st.ipv6.beside(everything))
				switch {
				case !st.protocol.HasPorts() || len(st.world) == 0 || isUsual(ruleset.Ports{From: st.from, To: st.to}):
				case len(g) == 0 || v.database: // SG020 and SG022 are about that
					r.elsewhere()
				case !told[g.key()]:
					told[g.key()] = true
					rules := pick(v.Egress, g)
					r.rule(rules[0], "%s may be reached anywhere, at %s", trafficOf(rules), peersOf(rules))
				}
			}
		}
	},
}

// isUsual reports whether ports are none but the usual ones.
func isUsual(p ruleset.Ports) bool {
	for port := p.From; port <= p.To; port++ {
		if !slices.Contains(usualEgress, port) {
			return false
		}
	}
	return true
}
