package reach_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// The model is a world so small that everything in it can be tried: of each family 8 addresses, which differ in their first
// three bits, and a handful of packets. It is written from the words of the design, with loops for "every" and "some", and
// shares no code with what it judges but the types of the rules that both read.

// address is one of the 16 addresses.
type address struct {
	v6   bool
	bits int // 0 to 7
}

// block is a range of these addresses: those whose first length bits are as bits has them.
type block struct {
	v6     bool
	bits   int
	length int // 0 to 3
}

func (b block) has(a address) bool {
	return a.v6 == b.v6 && a.bits>>(3-b.length) == b.bits>>(3-b.length)
}

func (b block) prefix() netip.Prefix {
	raw := make([]byte, 4)
	if b.v6 {
		raw = make([]byte, 16)
	}
	raw[0] = byte(b.bits >> (3 - b.length) << (3 - b.length) << 5)
	addr, _ := netip.AddrFromSlice(raw)
	return netip.PrefixFrom(addr, b.length)
}

// party is the other end of a rule, or a zone.
type party struct {
	kind  string // block, tier, group or list
	block block
	name  string
}

func (p party) peer() ruleset.Peer {
	switch p.kind {
	case "block":
		return ruleset.CIDRPeer(p.block.prefix())
	case "tier":
		return ruleset.TierPeer(p.name)
	case "group":
		return ruleset.GroupPeer(p.name)
	default:
		return ruleset.PrefixPeer(p.name)
	}
}

// zone is the name that the design gives to a zone.
func (p party) zone() string {
	switch {
	case p.kind != "block":
		return p.name
	case p.block.length > 0:
		return p.block.prefix().String()
	case p.block.v6:
		return "internet-ipv6"
	default:
		return "internet"
	}
}

// packet is one thing that rules may let through: a protocol with a port, or with an ICMP type and code.
type packet struct{ protocol, a, b int }

func packets() []packet {
	var all []packet
	for _, port := range []int{0, 1, 2, 3, 4, 5, 65535} {
		all = append(all, packet{6, port, 0}, packet{17, port, 0})
	}
	for _, protocol := range []int{1, 58} {
		for _, kind := range []int{0, 1, 2, 255} {
			for _, code := range []int{0, 1, 255} {
				all = append(all, packet{protocol, kind, code})
			}
		}
	}
	return append(all, packet{50, 0, 0}, packet{99, 0, 0})
}

// lets is what EC2 documents of a rule's protocol and ports.
func lets(t ruleset.Traffic, p packet) bool {
	switch {
	case t.Protocol == -1:
		return true
	case t.Protocol == -2: // the protocols without names, in the lists that the product gives
		return p.protocol == 50 || p.protocol == 99
	case int(t.Protocol) != p.protocol:
		return false
	case p.protocol == 6 || p.protocol == 17:
		return t.Ports.From <= p.a && p.a <= t.Ports.To
	case p.protocol == 1 || p.protocol == 58:
		return (t.Ports.From == -1 || t.Ports.From == p.a) && (t.Ports.To == -1 || t.Ports.To == p.b)
	default:
		return true
	}
}

// permission is one rule of the model.
type permission struct {
	tier    string
	egress  bool
	other   party
	traffic ruleset.Traffic
}

// world is a set of rules, and what is known of the VPC.
type world struct {
	tiers []string
	rules []permission
	vpc   []block // empty: not known
}

// certainty is how sure it is that something is permitted.
type certainty int

const (
	never certainty = iota
	possible
	sure
)

// permits is how sure it is that one half of a tier permits a packet to or from a zone, in a family.
func (w world) permits(tier string, egress bool, zone party, v6 bool, p packet) certainty {
	if zone.kind == "block" && zone.block.v6 != v6 {
		return never
	}
	listed := false
	for _, r := range w.rules {
		if r.tier != tier || r.egress != egress || !lets(r.traffic, p) {
			continue
		}
		if r.other == zone && zone.kind != "block" {
			return sure
		}
		listed = listed || r.other.kind == "list"
	}
	some, every := false, true
	for bits := range 8 {
		a := address{v6, bits}
		if !w.mayHave(zone, a) {
			continue
		}
		covered := slices.ContainsFunc(w.rules, func(r permission) bool {
			return r.tier == tier && r.egress == egress && lets(r.traffic, p) && r.other.kind == "block" && r.other.block.has(a)
		})
		some, every = some || covered, every && covered
	}
	switch {
	case every:
		return sure
	case zone.kind == "block": // part of a range is not the range
		return never
	case some || listed && zone.kind != "list":
		return possible
	default:
		return never
	}
}

// mayHave reports whether a member of a zone may have an address.
func (w world) mayHave(zone party, a address) bool {
	if zone.kind == "block" {
		return zone.block.has(a)
	}
	inside := slices.ContainsFunc(w.vpc, func(b block) bool { return b.has(a) })
	return zone.kind != "tier" || len(w.vpc) == 0 || inside
}

// flows is how sure it is that a packet flows between two zones, one of which is a tier.
func (w world) flows(from, to party, p packet) certainty {
	byFamily := func(tier string, egress bool, zone party) [2]certainty {
		return [2]certainty{w.permits(tier, egress, zone, false, p), w.permits(tier, egress, zone, true, p)}
	}
	spoken := func(c [2]certainty) [2]certainty {
		for f, v6 := range []bool{false, true} {
			if len(w.vpc) > 0 && from.hasMembers() && to.hasMembers() && !slices.ContainsFunc(w.vpc, func(b block) bool { return b.v6 == v6 }) {
				c[f] = never // members of the VPC have no such address
			}
		}
		return c
	}
	switch {
	case to.kind != "tier":
		return oneEnd(to, spoken(byFamily(from.name, true, to)))
	case from.kind != "tier":
		return oneEnd(from, spoken(byFamily(to.name, false, from)))
	}
	out, in := spoken(byFamily(from.name, true, to)), spoken(byFamily(to.name, false, from))
	return max(min(out[0], in[0]), min(out[1], in[1]))
}

// oneEnd joins the families of a zone outside of the set. A prefix list is of one of them, and it isn't known of which.
func oneEnd(zone party, c [2]certainty) certainty {
	if zone.kind != "list" || c[0] == c[1] {
		return max(c[0], c[1])
	}
	return possible
}

// set is the rule set of the model.
func (w world) set() ruleset.Set {
	tiers := make([]ruleset.Tier, len(w.tiers))
	for i, name := range w.tiers {
		tiers[i].Name = name
	}
	rules := make([]ruleset.Rule, len(w.rules))
	for i, r := range w.rules {
		rules[i] = ruleset.Rule{Key: ruleset.Key{Tier: r.tier, Traffic: r.traffic, Peer: r.other.peer()}}
		if r.egress {
			rules[i].Direction = ruleset.Egress
		}
	}
	return ruleset.NewSet(tiers, rules)
}

func (w world) options() reach.Options {
	var opt reach.Options
	for _, b := range w.vpc {
		opt.VPC = append(opt.VPC, b.prefix())
	}
	return opt
}

// zones are the zones of worlds: the tiers of the first, everybody, and what any rule names.
func zones(worlds ...world) []party {
	var all []party
	add := func(p party) {
		if p.kind == "block" {
			p.block.bits = p.block.bits >> (3 - p.block.length) << (3 - p.block.length)
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	for _, name := range worlds[0].tiers {
		add(party{kind: "tier", name: name})
	}
	add(party{kind: "block"})
	add(party{kind: "block", block: block{v6: true}})
	for _, w := range worlds {
		for _, r := range w.rules {
			add(r.other)
		}
	}
	return all
}

// link is a packet between two zones.
type link struct {
	from, to string
	packet
}

// links are all pairs of zones, of which one is a tier, with all packets.
func links(all []party, visit func(from, to party, p packet)) {
	everything := packets()
	for _, from := range all {
		for _, to := range all {
			if from.kind != "tier" && to.kind != "tier" {
				continue
			}
			for _, p := range everything {
				visit(from, to, p)
			}
		}
	}
}

// told is what a list of flows says, packet by packet; a packet that it tells twice is an error. A protocol that is told by
// its number is not one of the others.
func told(flows []reach.Flow) (map[link]certainty, error) {
	all := make(map[link]certainty)
	for _, f := range othersLast(flows) {
		for _, p := range packets() {
			at := link{f.From, f.To, p}
			switch {
			case !lets(f.Traffic, p):
			case all[at] == never && f.Possible:
				all[at] = possible
			case all[at] == never:
				all[at] = sure
			case f.Protocol != ruleset.Others:
				return nil, fmt.Errorf("%v is told twice", at)
			}
		}
	}
	return all, nil
}

func othersLast(flows []reach.Flow) []reach.Flow {
	return slices.SortedStableFunc(slices.Values(flows), func(a, b reach.Flow) int { return cmp.Compare(b.Protocol, a.Protocol) })
}

var drawBlock = rapid.Custom(func(t *rapid.T) block {
	return block{
		v6:     rapid.Bool().Draw(t, "v6"),
		bits:   rapid.IntRange(0, 7).Draw(t, "bits"),
		length: rapid.IntRange(0, 3).Draw(t, "length"),
	}
})

var drawParty = rapid.Custom(func(t *rapid.T) party {
	switch kind := rapid.SampledFrom([]string{"block", "block", "block", "tier", "tier", "group", "list"}).Draw(t, "kind"); kind {
	case "block":
		return party{kind: kind, block: drawBlock.Draw(t, "block")}
	case "tier":
		return party{kind: kind, name: rapid.SampledFrom([]string{"web", "app"}).Draw(t, "tier")}
	case "group":
		return party{kind: kind, name: rapid.SampledFrom([]string{"sg-00000001", "sg-00000002"}).Draw(t, "group")}
	default:
		return party{kind: kind, name: rapid.SampledFrom([]string{"pl-00000001", "pl-00000002"}).Draw(t, "list")}
	}
})

// drawTraffic draws few different ones, so that rules meet.
var drawTraffic = rapid.Custom(func(t *rapid.T) ruleset.Traffic {
	protocol := rapid.SampledFrom([]ruleset.Protocol{6, 6, 6, 6, 17, 1, 58, 50, -1}).Draw(t, "protocol")
	traffic := ruleset.Traffic{Protocol: protocol, Ports: ruleset.AnyPorts}
	switch protocol {
	case 6, 17:
		from := rapid.SampledFrom([]int{1, 1, 2, 3, 4}).Draw(t, "from port")
		traffic.Ports = ruleset.Ports{From: from, To: rapid.SampledFrom([]int{from, 4, 65535}).Draw(t, "to port")}
	case 1, 58:
		traffic.Ports.From = rapid.IntRange(-1, 2).Draw(t, "type")
		if traffic.Ports.From >= 0 {
			traffic.Ports.To = rapid.IntRange(-1, 1).Draw(t, "code")
		}
	}
	return traffic
})

var drawPermission = rapid.Custom(func(t *rapid.T) permission {
	return permission{
		tier:    rapid.SampledFrom([]string{"web", "app"}).Draw(t, "of"),
		egress:  rapid.Bool().Draw(t, "egress"),
		other:   drawParty.Draw(t, "other"),
		traffic: drawTraffic.Draw(t, "traffic"),
	}
})

var drawWorld = rapid.Custom(func(t *rapid.T) world {
	return world{
		tiers: []string{"web", "app"},
		rules: rapid.SliceOfN(drawPermission, 0, 10).Draw(t, "rules"),
		vpc:   rapid.SliceOfN(drawBlock, 0, 3).Draw(t, "vpc"),
	}
})
