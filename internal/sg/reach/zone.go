package reach

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// The zones that stand for everybody, by name.
const (
	Internet     = "internet"
	InternetIPv6 = "internet-ipv6"
)

var (
	anyIPv4 = netip.MustParsePrefix("0.0.0.0/0")
	anyIPv6 = netip.MustParsePrefix("::/0")
)

// ZoneName is the zone of a peer: its text, with names for everybody.
func ZoneName(p ruleset.Peer) string {
	switch p {
	case ruleset.CIDRPeer(anyIPv4):
		return Internet
	case ruleset.CIDRPeer(anyIPv6):
		return InternetIPv6
	default:
		return p.String()
	}
}

// zones are zones with their names, which are kept because they are costly to format for every flow.
type zones struct {
	peers []ruleset.Peer
	names []string
}

func (z *zones) add(p ruleset.Peer) {
	z.peers, z.names = append(z.peers, p), append(z.names, ZoneName(p))
}

// zonesOf are the zones outside of the sets that rules and further peers name: everybody, other CIDRs by address, groups,
// prefix lists.
func zonesOf(sets []ruleset.Set, more []ruleset.Peer) zones {
	seen := map[ruleset.Peer]bool{ruleset.CIDRPeer(anyIPv4): true, ruleset.CIDRPeer(anyIPv6): true}
	for _, set := range sets {
		for r := range set.Rules() {
			seen[r.Peer] = true
		}
	}
	for _, p := range more {
		seen[p] = true
	}
	maps.DeleteFunc(seen, func(p ruleset.Peer, _ bool) bool { return p.Kind == ruleset.TierRef })
	var z zones
	for _, p := range slices.SortedFunc(maps.Keys(seen), compareZones) {
		z.add(p)
	}
	return z
}

// compareZones puts everybody before the other CIDRs.
func compareZones(a, b ruleset.Peer) int {
	switch anywhere := a.IsAnywhere(); {
	case anywhere == b.IsAnywhere():
		return a.Compare(b)
	case anywhere:
		return -1
	default:
		return 1
	}
}

// ParseZone reads the name of a zone as assertions and flags write it; ok is false for a name that is no zone at all.
// Whether a tier of that name exists is the caller's to know.
func ParseZone(text string, tiers []string) (p ruleset.Peer, ok bool) {
	switch {
	case slices.Contains(tiers, text):
		return ruleset.TierPeer(text), true
	case text == Internet:
		return ruleset.CIDRPeer(anyIPv4), true
	case text == InternetIPv6:
		return ruleset.CIDRPeer(anyIPv6), true
	case isID(text, "sg-"):
		return ruleset.GroupPeer(text), true
	case isID(text, "pl-"):
		return ruleset.PrefixPeer(text), true
	}
	prefix, err := ruleset.ParseCIDR(text)
	return ruleset.CIDRPeer(prefix), err == nil
}

// isID reports whether a text is the ID of an AWS resource: 8 or 17 hexadecimal digits after the prefix. A mistyped one
// would be a zone that nothing reaches, and every denial about it would hold.
func isID(text, prefix string) bool {
	digits, ok := strings.CutPrefix(text, prefix)
	return ok && (len(digits) == 8 || len(digits) == 17) && strings.Trim(digits, "0123456789abcdef") == ""
}
