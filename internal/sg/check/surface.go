package check

import (
	"cmp"
	"encoding/binary"
	"math"
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// stretch is a part of one protocol's space that the same rules for ranges of addresses let through: of the ports 0 to
// 65535, of the ICMP types and codes as 256*type+code, or (0 alone) the whole of another protocol.
type stretch struct {
	protocol ruleset.Protocol
	from, to int
	rules    group // all of them
	ipv4     world
	ipv6     world
	world    group // those that let the world through in either family
}

// group are rules of one direction of a tier, by index, sorted.
type group []int

// world are the rules that let the world of one family through: those that do so each by itself, or else all for public
// ranges, where they do so together. There are none where the world is kept out.
type world struct {
	rules    group
	together bool
}

// traffic is the stretch in words: tcp/20-25, icmp.
func (s stretch) traffic() string {
	t := ruleset.Traffic{Protocol: s.protocol, Ports: ruleset.Ports{From: s.from, To: s.to}}
	if !s.protocol.HasPorts() || s.from == 0 && s.to == ruleset.MaxPort {
		t.Ports = ruleset.AnyPorts
	}
	return t.String()
}

// join are the rules of both groups.
func join(a, b group) group {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// has reports whether a rule is in the group.
func (g group) has(rule int) bool {
	_, found := slices.BinarySearch(g, rule)
	return found
}

// key is a group as the key of a map.
func (g group) key() string {
	var b []byte
	for _, i := range g {
		b = binary.AppendUvarint(b, uint64(i)) //nolint:gosec // an index is not negative
	}
	return string(b)
}

// without are the rules of a group that are not in another one.
func (g group) without(other group) group {
	return slices.DeleteFunc(slices.Clone(g), other.has)
}

// atlas knows which ranges are public, and which are the world by themselves. It asks once for each.
type atlas map[netip.Prefix]place

type place struct{ public, world bool }

func (a atlas) place(p netip.Prefix) place {
	known, ok := a[p]
	if !ok {
		known = place{public: ruleset.IsPublic(p), world: sizeOf(p) >= leastWorld(p) && ruleset.IsWorld([]netip.Prefix{p})}
		a[p] = known
	}
	return known
}

// leastWorld is how many addresses of the family of p may be the world: a /8 of IPv4, a /16 of IPv6. It only spares
// ruleset.IsWorld, which decides, the ranges that can't add up to that.
func leastWorld(p netip.Prefix) float64 {
	if p.Addr().Is6() {
		return math.Ldexp(1, 128-16)
	}
	return math.Ldexp(1, 32-8)
}

func sizeOf(p netip.Prefix) float64 { return math.Ldexp(1, p.Addr().BitLen()-p.Bits()) }

// world finds the rules of a group that let the world of one family through.
func (a atlas) world(rules []ruleset.Rule, of group, ipv6 bool) world {
	var family, alone, together group
	var ranges []netip.Prefix
	enough, size := math.Inf(1), 0.0
	for _, i := range of {
		if p := rules[i].Peer.Prefix; p.Addr().Is6() == ipv6 {
			family, enough, size = append(family, i), leastWorld(p), size+sizeOf(p)
		}
	}
	if size < enough {
		return world{}
	}
	for _, i := range family {
		p := rules[i].Peer.Prefix
		at := a.place(p)
		if at.world {
			alone = append(alone, i)
		}
		if at.public {
			together, ranges = append(together, i), append(ranges, p)
		}
	}
	switch {
	case len(alone) > 0:
		return world{rules: alone}
	case ruleset.IsWorld(ranges):
		return world{together, true}
	default:
		return world{}
	}
}

// stretches divides what the rules for ranges of addresses let through, protocol by protocol, each from its lower end up.
func (a atlas) stretches(rules []ruleset.Rule) []stretch {
	var out []stretch
	for _, protocol := range protocolsOf(rules) {
		var bounds []bound
		for i, r := range rules {
			if from, to, ok := spanOf(r, protocol); ok {
				bounds = append(bounds, bound{from, i, true}, bound{to + 1, i, false})
			}
		}
		slices.SortFunc(bounds, func(a, b bound) int { return cmp.Compare(a.at, b.at) })
		var open group
		for i, b := range bounds {
			if at, found := slices.BinarySearch(open, b.rule); found != b.opens {
				if b.opens {
					open = slices.Insert(open, at, b.rule)
				} else {
					open = slices.Delete(open, at, at+1)
				}
			}
			if last := i == len(bounds)-1; last || bounds[i+1].at == b.at || len(open) == 0 {
				continue
			}
			s := stretch{protocol: protocol, from: b.at, to: bounds[i+1].at - 1, rules: slices.Clone(open)}
			s.ipv4, s.ipv6 = a.world(rules, open, false), a.world(rules, open, true)
			s.world = join(s.ipv4.rules, s.ipv6.rules)
			out = append(out, s)
		}
	}
	return out
}

// bound is where a rule begins to let through, or has ended.
type bound struct {
	at, rule int
	opens    bool
}

// protocolsOf are the protocols that the rules for ranges of addresses name. Those for every protocol are seen in TCP and
// UDP, and wherever another rule names a protocol.
func protocolsOf(rules []ruleset.Rule) []ruleset.Protocol {
	var out []ruleset.Protocol
	for _, r := range rules {
		switch {
		case r.Peer.Kind != ruleset.CIDR:
		case r.Protocol == ruleset.All:
			out = append(out, ruleset.TCP, ruleset.UDP)
		default:
			out = append(out, r.Protocol)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// spanOf is the part of a protocol's space that a rule for a range of addresses lets through.
func spanOf(r ruleset.Rule, p ruleset.Protocol) (from, to int, ok bool) {
	switch {
	case r.Peer.Kind != ruleset.CIDR || r.Protocol != ruleset.All && r.Protocol != p:
		return 0, 0, false
	case !p.HasPorts() && !p.IsICMP():
		return 0, 0, true
	case r.Protocol == ruleset.All || r.Ports == ruleset.AnyPorts:
		return 0, ruleset.MaxPort, true
	case p.HasPorts():
		return r.Ports.From, r.Ports.To, true
	case r.Ports.To == -1:
		return r.Ports.From << 8, r.Ports.From<<8 | 255, true
	default:
		return r.Ports.From<<8 | r.Ports.To, r.Ports.From<<8 | r.Ports.To, true
	}
}
