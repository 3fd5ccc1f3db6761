package reach

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// node is what rules permit to all of a range of addresses.
type node struct {
	prefix netip.Prefix
	around int                // the index of the narrowest node around it, -1 where there is none
	own    ruleset.TrafficSet // by rules for the range itself
	wider  ruleset.TrafficSet // by rules for ranges around it
	below  ruleset.TrafficSet // by rules for parts that make it up together
	all    ruleset.TrafficSet // by these three
}

// ranges are the nodes of one half, by address, the wider first: what lies inside of a node follows it. Two halves of a
// prefix make it up in what both may do, so that it has a node even where no rule names it.
type ranges []node

// rangesOf makes the ranges of what rules permit to each prefix. It goes from the narrowest prefixes to the widest, so that what
// two halves permit together reaches every prefix around them.
func rangesOf(traffic map[netip.Prefix][]ruleset.Traffic) ranges {
	nodes := make(map[netip.Prefix]*node, len(traffic))
	var byBits [129][]netip.Prefix
	for p, list := range traffic {
		nodes[p] = &node{prefix: p, own: ruleset.SetOf(list...)}
		byBits[p.Bits()] = append(byBits[p.Bits()], p)
	}
	for bits := len(byBits) - 1; bits > 0; bits-- {
		for _, p := range byBits[bits] {
			sibling := nodes[siblingOf(p)]
			if sibling == nil || sibling.prefix.Addr().Less(p.Addr()) {
				continue // the lower half of the two joins them
			}
			half := nodes[p]
			both := half.own.Union(half.below).Intersect(sibling.own.Union(sibling.below))
			if both.IsEmpty() {
				continue
			}
			parent, _ := p.Addr().Prefix(bits - 1) // bits is in range
			if nodes[parent] == nil {
				nodes[parent] = &node{prefix: parent}
				byBits[bits-1] = append(byBits[bits-1], parent)
			}
			nodes[parent].below = both
		}
	}
	return nested(nodes)
}

// nested sorts the nodes and lets each know what lies around it.
func nested(nodes map[netip.Prefix]*node) ranges {
	out := make(ranges, 0, len(nodes))
	for _, n := range nodes {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b node) int { return comparePrefixes(a.prefix, b.prefix) })
	for i := range out {
		n := &out[i]
		n.around = out.outwards(i-1, n.prefix)
		if n.around >= 0 {
			n.wider = out[n.around].own.Union(out[n.around].wider)
		}
		n.all = n.own.Union(n.wider).Union(n.below)
	}
	return out
}

// outwards goes from a node to the first around it, itself included, that contains a prefix: -1 where there is none.
func (r ranges) outwards(i int, p netip.Prefix) int {
	for i >= 0 && !contains(r[i].prefix, p) {
		i = r[i].around
	}
	return i
}

// find is the narrowest node around a prefix, its own included: -1 where there is none.
func (r ranges) find(p netip.Prefix) int {
	i, exact := slices.BinarySearchFunc(r, p, func(n node, p netip.Prefix) int { return comparePrefixes(n.prefix, p) })
	if !exact {
		i = r.outwards(i-1, p)
	}
	return i
}

// at is what the rules permit to all of a prefix.
func (r ranges) at(p netip.Prefix) ruleset.TrafficSet {
	i := r.find(p)
	if i < 0 {
		return ruleset.TrafficSet{}
	}
	return r[i].all
}

// siblingOf is the other half of the prefix that is one bit shorter.
func siblingOf(p netip.Prefix) netip.Prefix {
	addr := p.Addr().AsSlice()
	bit := p.Bits() - 1
	addr[bit/8] ^= 0x80 >> (bit % 8)
	other, _ := netip.AddrFromSlice(addr) // of the same length
	return netip.PrefixFrom(other, p.Bits())
}

// comparePrefixes orders by address, IPv4 first, and the wider before the narrower.
func comparePrefixes(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}

// contains reports whether all of q lies inside of p.
func contains(p, q netip.Prefix) bool { return p.Bits() <= q.Bits() && p.Contains(q.Addr()) }
