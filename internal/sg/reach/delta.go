package reach

import "mlops-infra-suite/internal/sg/ruleset"

// Delta is what a change of a rule set does to the flows.
type Delta struct {
	Opened []Flow // what flows now and did not before
	Closed []Flow // what flowed before and does not now
}

// Broadens reports whether anything can flow that could not before.
func (d Delta) Broadens() bool { return len(d.Opened) > 0 }

// Compare says what flows differently with the rule set after than with the one before. Zones of both are looked at, so
// that a rule for a part of what was open before opens nothing.
//
// Where addresses that are not known decide, a difference is a possible flow: traffic that flows for sure now, and depended on
// them before, was opened if they stood against it. What a rule for another range opens to a tier is listed for that range.
func Compare(before, after ruleset.Set, opt Options) Delta {
	outside := zonesOf([]ruleset.Set{before, after}, opt.Zones)
	old, now := compute(before, outside, opt.VPC), compute(after, outside, opt.VPC)
	return Delta{Opened: now.minus(old), Closed: old.minus(now)}
}

// minus are the flows of m that n does not have.
func (m *Matrix) minus(n *Matrix) []Flow {
	changed := [2][]bool{m.changed(n, ruleset.Ingress), m.changed(n, ruleset.Egress)}
	return m.list(
		func(tier int, d ruleset.Direction) bool { return changed[d][tier] },
		func(from, to ruleset.Peer) permit { return m.gained(n, from, to) },
	)
}

// changed says of each tier of m whether one half of it is not as it is in n.
func (m *Matrix) changed(n *Matrix, d ruleset.Direction) []bool {
	changed := make([]bool, len(m.tiers.names))
	for i, name := range m.tiers.names {
		changed[i] = !m.half(name, d).isSame(n.half(name, d))
	}
	return changed
}

// gained is what flows between two zones in m and not in n: what did not flow before, or only possibly, and also what one end
// lets through for sure now and did not before, for whichever addresses the other end permits.
func (m *Matrix) gained(n *Matrix, from, to ruleset.Peer) permit {
	now, old := m.flows(from, to), n.flows(from, to)
	sure := now.sure.Minus(old.possible)
	maybe := now.possible.Minus(old.possible).Union(sure)
	out, in := m.ends(from, to)
	oldOut, oldIn := n.ends(from, to)
	for _, f := range m.families(from, to) {
		maybe = maybe.Union(out[f].sure.Minus(oldOut[f].sure).Intersect(in[f].possible))
		maybe = maybe.Union(in[f].sure.Minus(oldIn[f].sure).Intersect(out[f].possible))
	}
	return permit{sure, maybe}
}
