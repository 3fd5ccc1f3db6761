package ruleset

import "net/netip"

// Placeholder is the egress rule that permits nothing and keeps AWS's default, which permits everything, from existing:
// an ICMP type that no host sends, to an address that is none. It is the CDK's convention, which scanners know.
func Placeholder(tier string) Rule {
	return Rule{
		Key: Key{
			Tier:      tier,
			Direction: Egress,
			Traffic:   Traffic{ICMP, Ports{252, 86}},
			Peer:      CIDRPeer(netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), 32)),
		},
		Description: "Disallow all traffic",
	}
}

// Effective are the rules that EC2 should hold for the tier: its own, with the placeholder, or, where its egress opens
// everything, less the egress that this covers.
func (t Tier) Effective() []Rule {
	rules := append([]Rule(nil), t.Ingress...)
	return append(append(rules, t.InlineEgress()...), t.StandaloneEgress()...)
}

// InlineEgress are the egress rules that stand in the group itself: the placeholder, or all that is left of a tier whose
// egress opens everything.
func (t Tier) InlineEgress() []Rule {
	if _, open := t.OpensAllEgress(); !open {
		return []Rule{Placeholder(t.Name)}
	}
	var rules []Rule
	for _, r := range t.Egress {
		if r.Peer.Kind == CIDR || r.Peer.Kind == PrefixList {
			rules = append(rules, r)
		}
	}
	return rules
}

// StandaloneEgress are the egress rules that are resources of their own.
func (t Tier) StandaloneEgress() []Rule {
	if _, open := t.OpensAllEgress(); open {
		return nil
	}
	return t.Egress
}
