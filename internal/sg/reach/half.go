package reach

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// family is IPv4 or IPv6: they don't mix.
type family int

const (
	ipv4 family = iota
	ipv6
)

var families = [...]family{ipv4, ipv6}

// everywhere is the range of all addresses of a family.
var everywhere = [...]netip.Prefix{ipv4: anyIPv4, ipv6: anyIPv6}

func familyOf(p netip.Prefix) family {
	if p.Addr().Is4() {
		return ipv4
	}
	return ipv6
}

// permit is what a half permits to a zone: for sure, and at most. The first is a part of the second.
type permit struct{ sure, possible ruleset.TrafficSet }

func (p permit) union(q permit) permit {
	return permit{p.sure.Union(q.sure), p.possible.Union(q.possible)}
}

func (p permit) intersect(q permit) permit {
	return permit{p.sure.Intersect(q.sure), p.possible.Intersect(q.possible)}
}

// half is what one tier permits in one direction, by who is at the other end.
type half struct {
	rules  []ruleset.Rule
	named  [4]map[string]ruleset.TrafficSet // by rules for a kind of peer that has names: tiers, groups, prefix lists
	ranges ranges

	// What a family's rules for ranges and prefix lists permit to those that no rule names: a member of the VPC, which has an
	// address inside of it, and a member of another group, whose VPC may be another one.
	members, strangers [2]permit
	listed             permit // the same for a prefix list that is not named: not even its family is known
}

// newHalf reads the rules of one tier and direction. vpc are the VPC's CIDRs, where they are known.
func newHalf(rules []ruleset.Rule, vpc []netip.Prefix) *half {
	h := &half{rules: rules}
	named := make(map[ruleset.Peer][]ruleset.Traffic)
	byPrefix := make(map[netip.Prefix][]ruleset.Traffic)
	var listed []ruleset.Traffic
	var reached, near [2][]ruleset.Traffic // by any range, and by those in which a part of the VPC may lie
	for _, r := range rules {
		if r.Peer.Kind != ruleset.CIDR {
			named[r.Peer] = append(named[r.Peer], r.Traffic)
		}
		switch r.Peer.Kind {
		case ruleset.CIDR:
			f := familyOf(r.Peer.Prefix)
			byPrefix[r.Peer.Prefix] = append(byPrefix[r.Peer.Prefix], r.Traffic)
			reached[f] = append(reached[f], r.Traffic)
			if mayHoldMembers(r.Peer.Prefix, vpc) {
				near[f] = append(near[f], r.Traffic)
			}
		case ruleset.PrefixList:
			listed = append(listed, r.Traffic)
		}
	}
	for peer, traffic := range named {
		if h.named[peer.Kind] == nil {
			h.named[peer.Kind] = make(map[string]ruleset.TrafficSet)
		}
		h.named[peer.Kind][peer.Name] = ruleset.SetOf(traffic...)
	}
	h.ranges = rangesOf(byPrefix)
	lists := ruleset.SetOf(listed...)
	for _, f := range families {
		h.members[f] = permit{h.toWholeVPC(f, vpc), ruleset.SetOf(near[f]...).Union(lists)}
		h.strangers[f] = permit{h.ranges.at(everywhere[f]), ruleset.SetOf(reached[f]...).Union(lists)}
	}
	h.listed = permit{
		h.strangers[ipv4].sure.Intersect(h.strangers[ipv6].sure),
		ruleset.SetOf(reached[ipv4]...).Union(ruleset.SetOf(reached[ipv6]...)),
	}
	return h
}

// toWholeVPC is what the ranges permit to every member of the VPC, whichever address of a family it has.
func (h *half) toWholeVPC(f family, vpc []netip.Prefix) ruleset.TrafficSet {
	everybody := h.ranges.at(everywhere[f])
	var all ruleset.TrafficSet
	known := false
	for _, block := range vpc {
		switch {
		case familyOf(block) != f:
		case !known:
			all, known = h.ranges.at(block), true
		default:
			all = all.Intersect(h.ranges.at(block))
		}
	}
	return everybody.Union(all)
}

// mayHoldMembers reports whether a member of the VPC may have an address inside of a range. Where nothing is known of the
// VPC in the range's family, it may.
func mayHoldMembers(p netip.Prefix, vpc []netip.Prefix) bool {
	known := false
	for _, block := range vpc {
		if p.Overlaps(block) {
			return true
		}
		known = known || familyOf(block) == familyOf(p)
	}
	return !known
}

// byFamily is what the half permits to a zone in each family. A range is of one family, and a rule for a prefix list holds
// in that of the list: for them it is the same twice.
func (h *half) byFamily(p ruleset.Peer) [2]permit {
	named := h.named[p.Kind][p.Name]
	switch p.Kind {
	case ruleset.TierRef:
		return [2]permit{h.members[ipv4].andNamed(named), h.members[ipv6].andNamed(named)}
	case ruleset.GroupRef:
		return [2]permit{h.strangers[ipv4].andNamed(named), h.strangers[ipv6].andNamed(named)}
	case ruleset.PrefixList:
		list := h.listed.andNamed(named)
		return [2]permit{list, list}
	default:
		set := h.ranges.at(p.Prefix)
		return [2]permit{{set, set}, {set, set}}
	}
}

// to is what the half permits to a zone in any of the families.
func (h *half) to(p ruleset.Peer, families []family) permit {
	by := h.byFamily(p)
	if p.Kind == ruleset.CIDR || p.Kind == ruleset.PrefixList {
		return by[ipv4]
	}
	var all permit
	for _, f := range families {
		all = all.union(by[f])
	}
	return all
}

// andNamed adds what rules that name a zone permit it: that is for sure.
func (p permit) andNamed(set ruleset.TrafficSet) permit {
	return permit{p.sure.Union(set), p.possible.Union(set)}
}

// isSame reports whether two halves have the same rules.
func (h *half) isSame(g *half) bool {
	return slices.EqualFunc(h.rules, g.rules, func(a, b ruleset.Rule) bool { return a.Key == b.Key })
}
