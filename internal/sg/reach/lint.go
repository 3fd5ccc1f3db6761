package reach

import (
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// Shadow is a rule that permits nothing which others of the same tier don't permit as well.
type Shadow struct {
	Rule ruleset.Rule
	By   []ruleset.Rule // one rule that contains it, or all those that contain it together
}

// Shadows lists the rules of a set that could go without closing anything. Of two rules that permit the same, neither is
// listed: EC2 holds them as one.
func Shadows(set ruleset.Set) []Shadow {
	var found []Shadow
	for _, t := range set.Tiers {
		for _, rules := range [][]ruleset.Rule{t.Ingress, t.Egress} {
			byPeer := make(map[ruleset.Peer][]ruleset.Rule)
			for _, r := range rules {
				byPeer[r.Peer] = append(byPeer[r.Peer], r)
			}
			for _, r := range rules {
				if by := shadowedBy(r, byPeer); by != nil {
					found = append(found, Shadow{r, by})
				}
			}
		}
	}
	return found
}

// shadowedBy are the rules that permit all that r permits, nil where there are none.
func shadowedBy(r ruleset.Rule, byPeer map[ruleset.Peer][]ruleset.Rule) []ruleset.Rule {
	want := ruleset.SetOf(r.Traffic)
	var others []ruleset.Rule
	var all ruleset.TrafficSet
	for _, peer := range wider(r.Peer) {
		for _, o := range byPeer[peer] {
			set := ruleset.SetOf(o.Traffic)
			if o.Key == r.Key || set.Intersect(want).IsEmpty() {
				continue
			}
			if set.Covers(want) {
				return []ruleset.Rule{o}
			}
			others = append(others, o)
			all = all.Union(set)
		}
	}
	if all.Covers(want) && len(others) > 0 {
		return others
	}
	return nil
}

// wider are the peers whose rules hold for all of a peer as well: the prefixes around it, and itself.
func wider(p ruleset.Peer) []ruleset.Peer {
	peers := []ruleset.Peer{p}
	if p.Kind != ruleset.CIDR {
		return peers
	}
	for bits := p.Prefix.Bits() - 1; bits >= 0; bits-- {
		around, _ := p.Prefix.Addr().Prefix(bits) // bits is in range
		peers = append(peers, ruleset.CIDRPeer(around))
	}
	return peers
}

// HalfOpen lists the rules that name a tier which does not let all of their traffic through on its side.
func HalfOpen(set ruleset.Set) []ruleset.Rule {
	halves := make(map[string][2]half, len(set.Tiers))
	for _, t := range set.Tiers {
		halves[t.Name] = [2]half{newHalf(t.Ingress, nil), newHalf(t.Egress, nil)}
	}
	return slices.Collect(func(yield func(ruleset.Rule) bool) {
		for r := range set.Rules() {
			if r.Peer.Kind != ruleset.TierRef {
				continue
			}
			other := halves[r.Peer.Name][r.Direction.Opposite()]
			answer := other.tiers[r.Tier].Union(other.sure[ipv4]).Union(other.sure[ipv6])
			if !answer.Covers(ruleset.SetOf(r.Traffic)) && !yield(r) {
				return
			}
		}
	})
}
