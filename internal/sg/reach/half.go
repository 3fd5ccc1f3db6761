package reach

import (
	"net/netip"

	"mlops-infra-suite/internal/sg/ruleset"
)

// family is IPv4 or IPv6: they don't mix.
type family int

const (
	ipv4 family = iota
	ipv6
)

func familyOf(p netip.Prefix) family {
	if p.Addr().Is4() {
		return ipv4
	}
	return ipv6
}

// half is what one tier permits in one direction, by who is at the other end.
type half struct {
	tiers  map[string]ruleset.TrafficSet
	groups map[string]ruleset.TrafficSet
	lists  map[string]ruleset.TrafficSet
	// ranges has every prefix that the rules cover as a whole, with what all of it may do. Two halves of a prefix cover it
	// in what both may do.
	ranges map[netip.Prefix]ruleset.TrafficSet

	// What the members of the set's VPC may do, for they have addresses of their own. Sure: whichever address they have.
	// Maybe: if their address lies inside of a range or a prefix list, which is not known.
	sure, maybe [2]ruleset.TrafficSet
}

// newHalf reads the rules of one tier and direction. vpc are the VPC's CIDRs, where they are known.
func newHalf(rules []ruleset.Rule, vpc []netip.Prefix) half {
	h := half{
		tiers:  map[string]ruleset.TrafficSet{},
		groups: map[string]ruleset.TrafficSet{},
		lists:  map[string]ruleset.TrafficSet{},
		ranges: map[netip.Prefix]ruleset.TrafficSet{},
	}
	for _, r := range rules {
		set := ruleset.SetOf(r.Traffic)
		switch r.Peer.Kind {
		case ruleset.TierRef:
			h.tiers[r.Peer.Name] = h.tiers[r.Peer.Name].Union(set)
		case ruleset.GroupRef:
			h.groups[r.Peer.Name] = h.groups[r.Peer.Name].Union(set)
		case ruleset.PrefixList:
			h.lists[r.Peer.Name] = h.lists[r.Peer.Name].Union(set)
			h.maybe[ipv4] = h.maybe[ipv4].Union(set)
			h.maybe[ipv6] = h.maybe[ipv6].Union(set)
		case ruleset.CIDR:
			h.ranges[r.Peer.Prefix] = h.ranges[r.Peer.Prefix].Union(set)
		}
	}
	h.joinSiblings()
	h.coverVPC(vpc)
	return h
}

// joinSiblings adds, from the narrowest prefixes up, what both halves of a prefix cover as covered by the prefix.
func (h *half) joinSiblings() {
	var byBits [129][]netip.Prefix
	for p := range h.ranges {
		byBits[p.Bits()] = append(byBits[p.Bits()], p)
	}
	for bits := len(byBits) - 1; bits > 0; bits-- {
		for _, p := range byBits[bits] {
			sibling := siblingOf(p)
			if p.Addr().Less(sibling.Addr()) {
				both := h.ranges[p].Intersect(h.ranges[sibling])
				if both.IsEmpty() {
					continue
				}
				parent, _ := p.Addr().Prefix(bits - 1) // bits is in range
				if _, known := h.ranges[parent]; !known {
					byBits[bits-1] = append(byBits[bits-1], parent)
				}
				h.ranges[parent] = h.ranges[parent].Union(both)
			}
		}
	}
}

// siblingOf is the other half of the prefix that is one bit shorter.
func siblingOf(p netip.Prefix) netip.Prefix {
	addr := p.Addr().AsSlice()
	bit := p.Bits() - 1
	addr[bit/8] ^= 0x80 >> (bit % 8)
	other, _ := netip.AddrFromSlice(addr) // of the same length
	return netip.PrefixFrom(other, p.Bits())
}

// coverVPC finds what the members of the VPC may do because of the ranges: for sure where a range holds everybody, or all
// of the VPC; maybe where it may hold some.
func (h *half) coverVPC(vpc []netip.Prefix) {
	for p, set := range h.ranges {
		f := familyOf(p)
		blocks, inside, outside := 0, 0, 0
		for _, block := range vpc {
			if familyOf(block) != f {
				continue
			}
			blocks++
			if contains(p, block) {
				inside++
			}
			if !p.Overlaps(block) {
				outside++
			}
		}
		switch {
		case p.Bits() == 0 || blocks > 0 && inside == blocks:
			h.sure[f] = h.sure[f].Union(set)
		case blocks == 0 || outside < blocks:
			h.maybe[f] = h.maybe[f].Union(set)
		}
	}
}

// member is what a member of the VPC that rules may also name, by the set named, may do in a family.
func (h *half) member(f family, named ruleset.TrafficSet) (sure, possible ruleset.TrafficSet) {
	sure = named.Union(h.sure[f])
	return sure, sure.Union(h.maybe[f])
}

// prefix is what all of a range may do.
func (h *half) prefix(p netip.Prefix) ruleset.TrafficSet {
	var out ruleset.TrafficSet
	for bits := p.Bits(); bits >= 0; bits-- {
		wider, _ := p.Addr().Prefix(bits) // bits is in range
		if set, ok := h.ranges[wider]; ok {
			out = out.Union(set)
		}
	}
	return out
}
