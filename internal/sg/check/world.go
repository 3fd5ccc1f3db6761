package check

import "mlops-infra-suite/internal/sg/ruleset"

// OpenToWorld is what the ingress rules of a tier let the world through to it, sorted and as short as possible. The world is
// what the checks take for it: also where several ranges make it up together.
func OpenToWorld(t ruleset.Tier) []ruleset.Traffic {
	var open []ruleset.Traffic
	var everything []ruleset.Rule
	for _, r := range t.Ingress {
		if r.Protocol == ruleset.All && r.Peer.Kind == ruleset.CIDR {
			everything = append(everything, r)
		}
	}
	if ruleset.IsWorld(prefixesOf(everything)) {
		open = append(open, everything[0].Traffic)
	}
	for _, s := range (atlas{}).stretches(t.Ingress) {
		if len(s.world) > 0 {
			open = append(open, s.permits())
		}
	}
	return ruleset.SetOf(open...).List()
}

// permits is the stretch as the traffic of a rule; of ICMP, one that is more than a type or a code is all of it.
func (s stretch) permits() ruleset.Traffic {
	t := ruleset.Traffic{Protocol: s.protocol, Ports: ruleset.AnyPorts}
	switch kind := s.from >> 8; {
	case s.protocol.HasPorts():
		t.Ports = ruleset.Ports{From: s.from, To: s.to}
	case s.protocol.IsICMP() && s.from == s.to:
		t.Ports = ruleset.Ports{From: kind, To: s.from & 255}
	case s.protocol.IsICMP() && s.from == kind<<8 && s.to == kind<<8|255:
		t.Ports = ruleset.Ports{From: kind, To: -1}
	}
	return t
}

// DatabaseTiers are the tiers that the checks take for databases: those of that role, and those without a role that serve
// one of these ports.
func DatabaseTiers(set ruleset.Set, ports []int) []string {
	s := &subject{Input: Input{Set: set, DatabasePorts: ports}}
	s.databases = databasePorts(s.Input)
	var names []string
	for _, t := range set.Tiers {
		if t.Role == ruleset.Database || t.Role == ruleset.Other && s.holdsDatabase(t) {
			names = append(names, t.Name)
		}
	}
	return names
}
