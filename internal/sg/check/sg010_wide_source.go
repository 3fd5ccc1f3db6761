package check

import "mlops-infra-suite/internal/sg/ruleset"

var wideSource = Check{
	ID:       "SG010",
	Title:    "a wide public range as the source",
	Why:      "nobody owns that many addresses: most of them belong to strangers",
	Notes:    "Public ranges from /1 to /23 of IPv4, and wider than /32 of IPv6. Ranges that are reported as the world are left to that report; for what an edge tier may serve to the whole world, a part of it is fine.",
	Remedy:   "name the ranges that you know, /24 or narrower in IPv4 and /32 or narrower in IPv6",
	Fix:      "- {protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(cfnNag, "W9"), as(cfnGuard, "EC2_SECURITY_GROUP_INGRESS_CIDR_NON_32")),
	Pass:     ingress("web", "protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office"),
	Fail:     ingress("web", "protocol: tcp, port: 8443, source: 52.0.0.0/15, description: Admin page from our cloud"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			for _, i := range v.wideSources(s.atlas) {
				rule := v.Ingress[i]
				r.rule(rule, "%s from %s, a wide range of public addresses", rule.Traffic, rule.Peer)
			}
		}
	},
}

// wideSources are the rules for wide public ranges, but for those that are reported as the world, and those for what the
// whole world may reach as well.
func (v tierView) wideSources(known atlas) group {
	var reported, found group
	for _, e := range v.open {
		reported = append(reported, e.rules...)
	}
	if v.isInner() {
		reported = append(reported, v.worldwide...) // by SG018
	}
	for i, rule := range v.Ingress {
		if isWide(rule.Peer) && known.place(rule.Peer.Prefix).public && !(v.Role == ruleset.Edge && v.servesToAll(rule.Traffic)) {
			found = append(found, i)
		}
	}
	return found.without(join(reported, nil))
}

// isWide reports whether a peer is a range from /1 to /23 of IPv4, or wider than /32 of IPv6: many, and not everybody.
func isWide(p ruleset.Peer) bool {
	narrow := 24
	if p.IsIPv6() {
		narrow = 32
	}
	return p.Kind == ruleset.CIDR && !p.IsAnywhere() && p.Prefix.Bits() < narrow
}

// servesToAll reports whether the world may reach all of the traffic.
func (v tierView) servesToAll(t ruleset.Traffic) bool {
	if !t.Protocol.HasPorts() {
		return false
	}
	for port := t.Ports.From; port <= t.Ports.To; port++ {
		if !v.mayBePublic(t.Protocol, port) {
			return false
		}
	}
	return true
}
