package reach

import "mlops-infra-suite/internal/sg/ruleset"

// Delta is what a change of a rule set does to the flows.
type Delta struct {
	Opened []Flow // possible now, not before
	Closed []Flow // possible before, not now
}

// Broadens reports whether anything can flow that could not before.
func (d Delta) Broadens() bool { return len(d.Opened) > 0 }

// Compare says what flows differently with the rule set after than with the one before. Zones of both are looked at, so
// that a rule for a part of what was open before opens nothing. What is only possible counts as flowing, before and after.
func Compare(before, after ruleset.Set, opt Options) Delta {
	z := zonesOf([]ruleset.Set{before, after}, opt.Zones)
	old, now := compute(before, z, opt.VPC), compute(after, z, opt.VPC)
	return Delta{Opened: now.minus(old), Closed: old.minus(now)}
}

// minus are the flows of m that n does not have.
func (m *Matrix) minus(n *Matrix) []Flow {
	only := &Matrix{set: m.set, zones: m.zones, cells: map[pair]cell{}}
	for at, c := range m.cells {
		other := n.cells[at]
		only.put(at, cell{
			sure:     c.sure.Minus(other.sure.Union(other.possible)),
			possible: c.possible.Minus(other.sure.Union(other.possible)),
		})
	}
	return only.Flows()
}
