package ruleset

import "slices"

// WithMirrors returns the rules and, for each that names a tier, the missing opposite half in that tier: a connection
// needs both, and who writes one means the connection. A half is missing unless a declared rule of the other tier that
// names this one lets the same traffic through.
func WithMirrors(rules []Rule) []Rule {
	type side struct {
		tier, peer string
		direction  Direction
	}
	declared := make(map[side][]Traffic)
	for _, r := range rules {
		if r.Peer.Kind == TierRef {
			s := side{r.Tier, r.Peer.Name, r.Direction}
			declared[s] = append(declared[s], r.Traffic)
		}
	}
	out := slices.Clip(rules)
	added := make(map[Key]bool)
	for _, r := range rules {
		key, ok := r.Mirror()
		if !ok || added[key] || covered(declared[side{key.Tier, key.Peer.Name, key.Direction}], key.Traffic) {
			continue
		}
		added[key] = true
		out = append(out, Rule{Key: key, Description: r.Description, Origin: FromMirror, Pos: r.Pos})
	}
	return out
}

func covered(by []Traffic, t Traffic) bool {
	for _, b := range by {
		if b.Covers(t) {
			return true
		}
	}
	return false
}
