package scenario

import (
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// move changes the port on which a tier is served: in its ingress and in the egress of every tier that points at it.
type move struct {
	tier     string
	from, to ruleset.Traffic
	origin   ruleset.Origin
	pos      diag.Pos
}

// concerns reports whether r is one half of a connection that the move changes.
func (m move) concerns(r ruleset.Rule) bool { return r.Traffic == m.from && serves(r, m.tier) }

// serves reports whether r is one half of a connection to the tier: its ingress, or another tier's egress to it.
func serves(r ruleset.Rule, tier string) bool {
	if r.Direction == ruleset.Ingress {
		return r.Tier == tier
	}
	return r.Peer == ruleset.TierPeer(tier)
}

// movePorts applies all moves at once, so that two of them may swap ports, and returns how many rules each one changed.
func movePorts(rules []ruleset.Rule, moves []move) ([]ruleset.Rule, []int) {
	out := make([]ruleset.Rule, len(rules))
	matched := make([]int, len(moves))
	for i, r := range rules {
		out[i] = r
		for k, m := range moves {
			if m.concerns(r) {
				out[i].Traffic, out[i].Origin, out[i].Pos = m.to, m.origin, m.pos
				matched[k]++
			}
		}
	}
	return out, matched
}
