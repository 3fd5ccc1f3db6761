package reach

import (
	"net/netip"

	"mlops-infra-suite/internal/sg/ruleset"
)

// Options say what is known beside the rules.
type Options struct {
	VPC   []netip.Prefix // the VPC's CIDRs, where they are known
	Zones []ruleset.Peer // zones to look at beside those that the rules name
}

// Flow is traffic that one zone can send to another.
type Flow struct {
	From, To string
	ruleset.Traffic
	Possible bool // it depends on addresses that are not known
}

// Matrix is everything that can flow between the zones of a rule set.
type Matrix struct {
	set   ruleset.Set
	zones zones
	in    map[string]half // by tier
	out   map[string]half
	cells map[pair]cell
}

type pair struct{ from, to string }

// cell is what flows between two zones: for sure, and beside that possibly.
type cell struct{ sure, possible ruleset.TrafficSet }

func (c cell) isEmpty() bool { return c.sure.IsEmpty() && c.possible.IsEmpty() }

// Compute computes the matrix of a rule set.
func Compute(set ruleset.Set, opt Options) *Matrix {
	return compute(set, zonesOf([]ruleset.Set{set}, opt.Zones), opt.VPC)
}

func compute(set ruleset.Set, z zones, vpc []netip.Prefix) *Matrix {
	m := &Matrix{set: set, zones: z, in: map[string]half{}, out: map[string]half{}, cells: map[pair]cell{}}
	for _, t := range set.Tiers {
		m.in[t.Name], m.out[t.Name] = newHalf(t.Ingress, vpc), newHalf(t.Egress, vpc)
	}
	for _, t := range set.Tiers {
		for _, u := range set.Tiers {
			m.between(t.Name, u.Name)
		}
		m.outside(t.Name, m.in[t.Name], func(zone string) pair { return pair{zone, t.Name} })
		m.outside(t.Name, m.out[t.Name], func(zone string) pair { return pair{t.Name, zone} })
	}
	return m
}

// between fills the cell of two tiers: what the egress of one and the ingress of the other permit in the same family.
func (m *Matrix) between(from, to string) {
	out, in := m.out[from], m.in[to]
	var c cell
	for _, f := range []family{ipv4, ipv6} {
		sureOut, maybeOut := out.member(f, out.tiers[to])
		sureIn, maybeIn := in.member(f, in.tiers[from])
		c.sure = c.sure.Union(sureOut.Intersect(sureIn))
		c.possible = c.possible.Union(maybeOut.Intersect(maybeIn))
	}
	m.put(pair{from, to}, c)
}

// outside fills the cells of one half of a tier and the zones outside of the set, which permit everything themselves.
func (m *Matrix) outside(tier string, h half, at func(zone string) pair) {
	prefixes := make(map[netip.Prefix]ruleset.TrafficSet)
	for p, set := range h.ranges {
		for _, q := range m.zones.inside(p) {
			prefixes[q] = prefixes[q].Union(set)
		}
	}
	for p, set := range prefixes {
		m.put(at(zoneName(ruleset.CIDRPeer(p))), cell{sure: set})
	}
	for _, g := range m.zones.groups {
		var c cell
		for _, f := range []family{ipv4, ipv6} {
			sure, possible := h.member(f, h.groups[g])
			c.sure, c.possible = c.sure.Union(sure), c.possible.Union(possible)
		}
		m.put(at(g), c)
	}
	// Of a prefix list not even the family is known.
	everybody := h.ranges[anyIPv4].Intersect(h.ranges[anyIPv6])
	var anybody ruleset.TrafficSet
	for _, set := range h.ranges {
		anybody = anybody.Union(set)
	}
	for _, l := range m.zones.lists {
		m.put(at(l), cell{sure: h.lists[l].Union(everybody), possible: anybody})
	}
}

func (m *Matrix) put(p pair, c cell) {
	c.possible = c.possible.Minus(c.sure)
	if !c.isEmpty() {
		m.cells[p] = c
	}
}

// Zones are the names of all zones: the tiers, everybody, then the others by address and name.
func (m *Matrix) Zones() []string {
	names := append(m.set.TierNames(), Internet, InternetIPv6)
	for _, p := range m.zones.prefixes {
		if p.Bits() > 0 {
			names = append(names, p.String())
		}
	}
	return append(append(names, m.zones.groups...), m.zones.lists...)
}

// Flows are all flows, in the order of the zones, those that are sure before the possible ones.
func (m *Matrix) Flows() []Flow {
	var flows []Flow
	names := m.Zones()
	tiers := len(m.set.Tiers)
	for i, from := range names {
		for j, to := range names {
			if i >= tiers && j >= tiers {
				break // nothing is known about flows past the set
			}
			if c, ok := m.cells[pair{from, to}]; ok {
				flows = append(flows, c.flows(from, to)...)
			}
		}
	}
	return flows
}

func (c cell) flows(from, to string) []Flow {
	var flows []Flow
	for _, t := range c.sure.List() {
		flows = append(flows, Flow{From: from, To: to, Traffic: t})
	}
	for _, t := range c.possible.List() {
		flows = append(flows, Flow{From: from, To: to, Traffic: t, Possible: true})
	}
	return flows
}
