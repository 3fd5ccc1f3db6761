package reach

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// Shadow is a rule that permits nothing which others of the same tier don't permit as well.
type Shadow struct {
	Rule ruleset.Rule
	By   []ruleset.Rule // one rule that contains it, or all those that contain it together
}

// Shadows lists the rules of a set each of which could go without closing anything. Rules of equal keys don't shadow each
// other: EC2 holds them as one.
func Shadows(set ruleset.Set) []Shadow {
	var found []Shadow
	for _, t := range set.Tiers {
		for _, rules := range [][]ruleset.Rule{t.Ingress, t.Egress} {
			found = append(found, shadowsOf(rules)...)
		}
	}
	return found
}

// shadowsOf are the shadowed rules of one tier and direction.
func shadowsOf(rules []ruleset.Rule) []Shadow {
	distinct := slices.CompactFunc(slices.Clone(rules), func(a, b ruleset.Rule) bool { return a.Key == b.Key })
	byPeer := make(map[ruleset.Peer][]ruleset.Traffic)
	byPrefix := make(map[netip.Prefix][]ruleset.Traffic)
	for _, r := range distinct {
		byPeer[r.Peer] = append(byPeer[r.Peer], r.Traffic)
		if r.Peer.Kind == ruleset.CIDR {
			byPrefix[r.Peer.Prefix] = byPeer[r.Peer]
		}
	}
	nodes := rangesOf(byPrefix)
	anybody := nodes.at(anyIPv4).Intersect(nodes.at(anyIPv6)) // whoever has an address, and so every group and list
	covers := make(map[ruleset.Peer]ruleset.TrafficSet, len(byPeer))
	for peer, traffic := range byPeer {
		others := anybody
		if peer.Kind == ruleset.CIDR {
			n := nodes[nodes.find(peer.Prefix)]
			others = n.wider.Union(n.below)
		}
		covers[peer] = others.Union(ruleset.Twice(traffic...)) // what two rules for it permit, each permits without the other
	}
	var found []Shadow
	for _, r := range rules {
		if covers[r.Peer].Holds(r.Traffic) {
			found = append(found, Shadow{r, shadowedBy(r, distinct)})
		}
	}
	return found
}

// shadowedBy are the rules that permit all that r permits: the first that does so alone, or else all that do so together.
func shadowedBy(r ruleset.Rule, rules []ruleset.Rule) []ruleset.Rule {
	var others []ruleset.Rule
	for _, o := range rules {
		if o.Key == r.Key || !o.Overlaps(r.Traffic) {
			continue
		}
		if o.Covers(r.Traffic) && around(o.Peer, r.Peer) {
			return []ruleset.Rule{o}
		}
		if around(o.Peer, r.Peer) || around(r.Peer, o.Peer) || r.Peer.Kind != ruleset.CIDR && o.Peer.Kind == ruleset.CIDR {
			others = append(others, o)
		}
	}
	return others
}

// around reports whether a rule for one peer holds for all of another as well.
func around(wider, p ruleset.Peer) bool {
	if wider.Kind == ruleset.CIDR && p.Kind == ruleset.CIDR {
		return contains(wider.Prefix, p.Prefix)
	}
	return wider == p
}

// HalfOpen lists the rules that name a tier which does not let all of their traffic through on its side.
func HalfOpen(set ruleset.Set) []ruleset.Rule {
	m := compute(set, zones{}, nil)
	var found []ruleset.Rule
	for r := range set.Rules() {
		if r.Peer.Kind != ruleset.TierRef {
			continue
		}
		answer := m.half(r.Peer.Name, r.Direction.Opposite()).to(ruleset.TierPeer(r.Tier), families[:]).sure
		if !answer.Holds(r.Traffic) {
			found = append(found, r)
		}
	}
	return found
}
