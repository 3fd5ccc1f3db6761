package reach

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// Options say what is known beside the rules.
type Options struct {
	VPC   []netip.Prefix // all CIDRs of the VPC; empty: they are not known
	Zones []ruleset.Peer // zones to look at beside those that the rules name
}

// Flow is traffic that one zone can send to another.
type Flow struct {
	From, To string
	ruleset.Traffic
	Possible bool // it depends on addresses that are not known
}

// Matrix is everything that can flow between the zones of a rule set. It holds what each half of a tier permits; what flows
// between two zones is computed when it is asked for.
type Matrix struct {
	vpc     []netip.Prefix
	spoken  []family // those that the VPC has, where that is known
	tiers   zones
	index   map[string]int // of the tiers, by name
	in, out []*half        // by tier
	outside zones          // the zones outside of the set
}

// Compute computes the matrix of a rule set.
func Compute(set ruleset.Set, opt Options) *Matrix {
	return compute(set, zonesOf([]ruleset.Set{set}, opt.Zones), opt.VPC)
}

func compute(set ruleset.Set, outside zones, vpc []netip.Prefix) *Matrix {
	m := &Matrix{vpc: vpc, index: make(map[string]int, len(set.Tiers)), outside: outside}
	for _, f := range families {
		if slices.ContainsFunc(vpc, func(block netip.Prefix) bool { return familyOf(block) == f }) {
			m.spoken = append(m.spoken, f)
		}
	}
	for i, t := range set.Tiers {
		m.index[t.Name] = i
		m.tiers.add(ruleset.TierPeer(t.Name))
		m.in = append(m.in, newHalf(t.Ingress, vpc))
		m.out = append(m.out, newHalf(t.Egress, vpc))
	}
	return m
}

// half is one half of a tier; a tier that the set doesn't have permits nothing.
func (m *Matrix) half(tier string, d ruleset.Direction) *half {
	i, ok := m.index[tier]
	switch {
	case !ok:
		return &half{}
	case d == ruleset.Ingress:
		return m.in[i]
	default:
		return m.out[i]
	}
}

// ends are what the two ends of a flow permit, family by family. A zone outside of the set permits everything on its side.
func (m *Matrix) ends(from, to ruleset.Peer) (out, in [2]permit) {
	return m.end(from, to, ruleset.Egress), m.end(to, from, ruleset.Ingress)
}

func (m *Matrix) end(zone, other ruleset.Peer, d ruleset.Direction) [2]permit {
	if zone.Kind != ruleset.TierRef {
		return [2]permit{{everything, everything}, {everything, everything}}
	}
	return m.half(zone.Name, d).byFamily(other)
}

// flows is what flows between two zones, of which one at least is a tier: what the egress of one and the ingress of the
// other permit in the same family.
func (m *Matrix) flows(from, to ruleset.Peer) permit {
	switch {
	case to.Kind != ruleset.TierRef:
		return m.half(from.Name, ruleset.Egress).to(to, m.families(from, to))
	case from.Kind != ruleset.TierRef:
		return m.half(to.Name, ruleset.Ingress).to(from, m.families(from, to))
	default:
		out, in := m.ends(from, to)
		var both permit
		for _, f := range m.families(from, to) {
			both = both.union(out[f].intersect(in[f]))
		}
		return both
	}
}

// families are those in which something can flow between two zones. If the CIDRs of the VPC are known and all of one family, its
// members have no address of the other, and so no group reaches them by one. A range or a list has a family of its own.
func (m *Matrix) families(from, to ruleset.Peer) []family {
	hasMembers := func(p ruleset.Peer) bool { return p.Kind == ruleset.TierRef || p.Kind == ruleset.GroupRef }
	if len(m.vpc) > 0 && hasMembers(from) && hasMembers(to) {
		return m.spoken
	}
	return families[:]
}

// Zones are the names of all zones: the tiers, everybody, then the others by address and name.
func (m *Matrix) Zones() []string { return slices.Concat(m.tiers.names, m.outside.names) }

// Flows are all flows, in the order of the zones, those that are sure before the possible ones.
func (m *Matrix) Flows() []Flow {
	return m.list(func(int, ruleset.Direction) bool { return true }, m.flows)
}

// list makes the flows between all pairs of zones, in the order of the zones. tell says what flows between two of them; it is
// asked only about pairs in scope, by the half of a tier, between which something may flow.
func (m *Matrix) list(inScope func(tier int, d ruleset.Direction) bool, tell func(from, to ruleset.Peer) permit) []Flow {
	rows := make([][]Flow, 0, len(m.tiers.peers)+len(m.outside.peers))
	var row []Flow
	named := m.namedPairs()
	isNamed := make([]bool, len(m.tiers.peers)) // in the row
	for i, from := range m.tiers.peers {
		row = row[:0]
		rowInScope := inScope(i, ruleset.Egress)
		for _, j := range named[i] {
			isNamed[j] = true
		}
		for j, to := range m.tiers.peers {
			if (rowInScope || inScope(j, ruleset.Ingress)) && (isNamed[j] || meet(m.out[i], m.in[j])) {
				row = tell(from, to).list(row, m.tiers.names[i], m.tiers.names[j])
			}
		}
		for _, j := range named[i] {
			isNamed[j] = false
		}
		if rowInScope {
			for j, to := range m.outside.peers {
				row = tell(from, to).list(row, m.tiers.names[i], m.outside.names[j])
			}
		}
		rows = append(rows, slices.Clone(row))
	}
	for i, from := range m.outside.peers {
		row = row[:0]
		for j, to := range m.tiers.peers {
			if inScope(j, ruleset.Ingress) {
				row = tell(from, to).list(row, m.outside.names[i], m.tiers.names[j])
			}
		}
		rows = append(rows, slices.Clone(row))
	}
	return slices.Concat(rows...) // at once: there may be hundreds of thousands
}

// namedPairs are, by the tier that sends, the tiers that it names or that name it. Between all others only rules for ranges
// and lists count, which meet compares at less cost than flows.
func (m *Matrix) namedPairs() [][]int {
	pairs := make([][]int, len(m.tiers.peers))
	for i := range pairs {
		for name := range m.out[i].named[ruleset.TierRef] {
			if j, ok := m.index[name]; ok {
				pairs[i] = append(pairs[i], j)
			}
		}
		for name := range m.in[i].named[ruleset.TierRef] {
			if j, ok := m.index[name]; ok {
				pairs[j] = append(pairs[j], i)
			}
		}
	}
	return pairs
}

// meet reports whether something may flow by two halves that don't name each other.
func meet(out, in *half) bool {
	return out.members[ipv4].possible.Overlaps(in.members[ipv4].possible) || out.members[ipv6].possible.Overlaps(in.members[ipv6].possible)
}

// list appends what is permitted as flows.
func (p permit) list(flows []Flow, from, to string) []Flow {
	for _, t := range p.sure.List() {
		flows = append(flows, Flow{From: from, To: to, Traffic: t})
	}
	for _, t := range p.possible.Minus(p.sure).List() {
		flows = append(flows, Flow{From: from, To: to, Traffic: t, Possible: true})
	}
	return flows
}
