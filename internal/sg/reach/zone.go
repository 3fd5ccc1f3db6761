package reach

import (
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

// zoneName is the zone of a peer: its text, with names for everybody.
func zoneName(p ruleset.Peer) string {
	switch p {
	case ruleset.CIDRPeer(anyIPv4):
		return Internet
	case ruleset.CIDRPeer(anyIPv6):
		return InternetIPv6
	default:
		return p.String()
	}
}

// zones are the zones outside of the set, sorted: everybody, other CIDRs, groups, prefix lists.
type zones struct {
	prefixes []netip.Prefix // by address, the wider first: what lies inside a prefix follows it
	groups   []string
	lists    []string
}

// zonesOf collects the zones that the rules of the sets and further peers name.
func zonesOf(sets []ruleset.Set, more []ruleset.Peer) zones {
	z := zones{prefixes: []netip.Prefix{anyIPv4, anyIPv6}}
	for _, set := range sets {
		for r := range set.Rules() {
			z.add(r.Peer)
		}
	}
	for _, p := range more {
		z.add(p)
	}
	slices.SortFunc(z.prefixes, comparePrefixes)
	z.prefixes = slices.Compact(z.prefixes)
	slices.Sort(z.groups)
	z.groups = slices.Compact(z.groups)
	slices.Sort(z.lists)
	z.lists = slices.Compact(z.lists)
	return z
}

func (z *zones) add(p ruleset.Peer) {
	switch p.Kind {
	case ruleset.CIDR:
		z.prefixes = append(z.prefixes, p.Prefix)
	case ruleset.GroupRef:
		z.groups = append(z.groups, p.Name)
	case ruleset.PrefixList:
		z.lists = append(z.lists, p.Name)
	case ruleset.TierRef:
	}
}

func comparePrefixes(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}

// inside are the prefixes that lie inside of p, itself included: neighbours in the order of the list.
func (z zones) inside(p netip.Prefix) []netip.Prefix {
	start, _ := slices.BinarySearchFunc(z.prefixes, p, comparePrefixes)
	end := start
	for end < len(z.prefixes) && contains(p, z.prefixes[end]) {
		end++
	}
	return z.prefixes[start:end]
}

// contains reports whether all of q lies inside of p.
func contains(p, q netip.Prefix) bool { return p.Bits() <= q.Bits() && p.Contains(q.Addr()) }

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
	case strings.HasPrefix(text, "sg-"):
		return ruleset.GroupPeer(text), true
	case strings.HasPrefix(text, "pl-"):
		return ruleset.PrefixPeer(text), true
	}
	prefix, err := ruleset.ParseCIDR(text)
	return ruleset.CIDRPeer(prefix), err == nil
}
