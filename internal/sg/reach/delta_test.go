package reach_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// drawChange draws two worlds, of which the second keeps most of the first.
func drawChange(t *rapid.T) (before, after world) {
	before = drawWorld.Draw(t, "before")
	after = before
	after.rules = slices.DeleteFunc(slices.Clone(before.rules), func(permission) bool {
		return rapid.IntRange(0, 3).Draw(t, "drop") == 0
	})
	after.rules = append(after.rules, rapid.SliceOfN(drawPermission, 0, 3).Draw(t, "more")...)
	return before, after
}

// TestDifferenceIsThatOfTheModel wants of every packet between every two zones: what flows now, for sure or possibly, and
// did not before is opened; what flows for sure now and depended on addresses before was possibly opened; and nothing else
// is, but between tiers and groups, where a packet that flowed from some addresses may flow from others.
func TestDifferenceIsThatOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after := drawChange(rt)
		delta := reach.Compare(before.set(), after.set(), before.options())
		checkGained(rt, "opened", delta.Opened, before, after)
		checkGained(rt, "closed", delta.Closed, after, before)
	})
}

func checkGained(rt *rapid.T, verb string, flows []reach.Flow, old, now world) {
	got, err := told(flows)
	if err != nil {
		rt.Fatal(err)
	}
	links(zones(now, old), func(from, to party, p packet) {
		at := link{from.zone(), to.zone(), p}
		is, was := now.flows(from, to, p), old.flows(from, to, p)
		want := never
		switch {
		case is == sure && was == never:
			want = sure
		case is > was:
			want = possible
		case got[at] == possible && from.hasMembers() && to.hasMembers() && someGain(old, now, from.name, to.name, p):
			want = possible
		}
		if p.protocol == 50 && got[at] > want {
			return // one of the others, which are told as one
		}
		if got[at] != want {
			rt.Fatalf("%s: %v: certainty %d, want %d", verb, at, got[at], want)
		}
		delete(got, at)
	})
	for at := range got {
		if at.protocol != 50 {
			rt.Fatalf("%s: %v is told of zones that nobody knows", verb, at)
		}
	}
}

// someGain reports whether a packet flows between some members of two zones now, and did not before.
func someGain(old, now world, from, to string, p packet) bool {
	for _, a := range hosts(now, from) {
		for _, b := range hosts(now, to) {
			if now.connects(a, b, p) && !old.connects(a, b, p) {
				return true
			}
		}
	}
	return false
}

// hosts are all members that a tier or a group may have.
func hosts(w world, member string) []host {
	var all []host
	zone := party{kind: "group"}
	if slices.Contains(w.tiers, member) {
		zone.kind = "tier"
	}
	for bits := range 16 {
		a := address{bits > 7, bits % 8}
		if !w.mayHave(zone, a) {
			continue
		}
		for _, lists := range [][]string{nil, {"pl-00000001"}, {"pl-00000002"}, {"pl-00000001", "pl-00000002"}} {
			all = append(all, host{a, member, lists})
		}
	}
	return all
}

func (p party) hasMembers() bool { return p.kind == "tier" || p.kind == "group" }

// host is somebody with an address: a member of a tier or a group, or nobody in particular.
type host struct {
	address
	member string
	lists  []string // the prefix lists in which the address is
}

// match is what EC2 documents of a rule's other end.
func (h host) match(p party) bool {
	switch p.kind {
	case "block":
		return p.block.has(h.address)
	case "list":
		return slices.Contains(h.lists, p.name)
	default:
		return h.member == p.name
	}
}

// allows reports whether a half of a tier lets a packet through to or from a host.
func (w world) allows(tier string, egress bool, h host, p packet) bool {
	return slices.ContainsFunc(w.rules, func(r permission) bool {
		return r.tier == tier && r.egress == egress && r.other.kind != "" && h.match(r.other) && lets(r.traffic, p)
	})
}

// connects reports whether a packet gets from a host to another, each of which may be a member of a tier.
func (w world) connects(from, to host, p packet) bool {
	return from.v6 == to.v6 &&
		(!slices.Contains(w.tiers, from.member) || w.allows(from.member, true, to, p)) &&
		(!slices.Contains(w.tiers, to.member) || w.allows(to.member, false, from, p))
}

func drawHost(t *rapid.T, w world, label string) host {
	h := host{
		address: address{rapid.Bool().Draw(t, label+" v6"), rapid.IntRange(0, 7).Draw(t, label+" address")},
		member:  rapid.SampledFrom([]string{"web", "app", "sg-00000001", "sg-00000002", ""}).Draw(t, label+" member"),
		lists:   rapid.SampledFrom([][]string{nil, {"pl-00000001"}, {"pl-00000002"}, {"pl-00000001", "pl-00000002"}}).Draw(t, label+" lists"),
	}
	if slices.Contains(w.tiers, h.member) && !w.mayHave(party{kind: "tier"}, h.address) {
		h.member = "" // members of tiers have addresses inside of the VPC
	}
	return h
}

// TestNarrowingOpensNoAddress lets hosts with addresses try what a change opened: where it is said to open nothing, no host
// gets anywhere it didn't get before. So it is with what it closes.
func TestNarrowingOpensNoAddress(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after := drawChange(rt)
		delta := reach.Compare(before.set(), after.set(), before.options())
		for range 40 {
			from, to := drawHost(rt, before, "from"), drawHost(rt, before, "to")
			if !slices.Contains(before.tiers, from.member) && !slices.Contains(before.tiers, to.member) {
				continue
			}
			for _, p := range packets() {
				was, is := before.connects(from, to, p), after.connects(from, to, p)
				if is && !was && !delta.Broadens() {
					rt.Fatalf("%v gets from %v to %v now, and the change opens nothing", p, from, to)
				}
				if was && !is && len(delta.Closed) == 0 {
					rt.Fatalf("%v got from %v to %v, and the change closes nothing", p, from, to)
				}
			}
		}
	})
}

func TestNoChangeIsNoDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld.Draw(rt, "world")
		again := w
		again.rules = slices.Clone(w.rules)
		slices.Reverse(again.rules)
		if delta := reach.Compare(w.set(), again.set(), w.options()); len(delta.Opened)+len(delta.Closed) > 0 {
			rt.Fatalf("%+v", delta)
		}
	})
}

// rules makes a set of tiers web and app from rules in words.
func rules(t *testing.T, list ...ruleset.Rule) ruleset.Set {
	t.Helper()
	return ruleset.NewSet([]ruleset.Tier{{Name: "web"}, {Name: "app"}}, list)
}

func rule(t *testing.T, tier string, d ruleset.Direction, traffic, peer string) ruleset.Rule {
	t.Helper()
	parsed, err := ruleset.ParseTraffic(traffic)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := reach.ParseZone(peer, []string{"web", "app"})
	if !ok {
		t.Fatalf("%q is no zone", peer)
	}
	return ruleset.Rule{Key: ruleset.Key{Tier: tier, Direction: d, Traffic: parsed, Peer: p}}
}

// lines are flows as people read them.
func lines(flows []reach.Flow) []string {
	out := make([]string, 0, len(flows))
	for _, f := range flows {
		text := f.From + " -> " + f.To + " " + f.Traffic.String()
		if f.Possible {
			text += " possibly"
		}
		out = append(out, text)
	}
	return out
}

func TestCompare(t *testing.T) {
	in := func(traffic, peer string) ruleset.Rule { return rule(t, "web", ruleset.Ingress, traffic, peer) }
	out := func(traffic, peer string) ruleset.Rule { return rule(t, "app", ruleset.Egress, traffic, peer) }
	for _, tt := range []struct {
		name           string
		before, after  []ruleset.Rule
		opened, closed []string
	}{
		{
			"a range in the place of everybody closes",
			[]ruleset.Rule{in("tcp/443", "internet")}, []ruleset.Rule{in("tcp/443", "10.0.0.0/8")},
			[]string{}, []string{"internet -> web tcp/443"},
		},
		{
			"of a sender that everybody included, it may close",
			[]ruleset.Rule{in("tcp/443", "internet"), out("tcp/443", "internet")}, []ruleset.Rule{in("tcp/443", "10.0.0.0/8"), out("tcp/443", "internet")},
			[]string{}, []string{"app -> web tcp/443 possibly", "internet -> web tcp/443"},
		},
		{
			"more ports open exactly the rest",
			[]ruleset.Rule{in("tcp/443", "internet")}, []ruleset.Rule{in("tcp/400-500", "internet")},
			[]string{"internet -> web tcp/400-442", "internet -> web tcp/444-500"}, []string{},
		},
		{
			"ports instead of everything close the rest",
			[]ruleset.Rule{in("all", "internet")}, []ruleset.Rule{in("tcp", "internet"), in("icmp", "internet")},
			[]string{}, []string{
				"internet -> web other", "internet -> web tcp/0", "internet -> web udp", "internet -> web icmpv6",
			},
		},
		{
			"a moved port opens and closes",
			[]ruleset.Rule{in("tcp/8080", "sg-00000001")}, []ruleset.Rule{in("tcp/8443", "sg-00000001")},
			[]string{"sg-00000001 -> web tcp/8443"}, []string{"sg-00000001 -> web tcp/8080"},
		},
		{
			"two halves are the whole",
			[]ruleset.Rule{in("tcp/443", "10.0.0.0/8")}, []ruleset.Rule{in("tcp/443", "10.0.0.0/9"), in("tcp/443", "10.128.0.0/9")},
			[]string{}, []string{},
		},
		{
			"a tier in the place of a range: nobody knows whether its members had an address there",
			[]ruleset.Rule{in("tcp/443", "10.0.0.0/8"), out("tcp/443", "web")}, []ruleset.Rule{in("tcp/443", "app"), out("tcp/443", "web")},
			[]string{"app -> web tcp/443 possibly"}, []string{"10.0.0.0/8 -> web tcp/443"},
		},
		{
			"the same, where an address that is not known decides at the other end as well",
			[]ruleset.Rule{in("tcp/443", "10.0.0.0/16"), out("tcp/443", "10.0.0.0/8")}, []ruleset.Rule{in("tcp/443", "app"), out("tcp/443", "10.0.0.0/8")},
			[]string{"app -> web tcp/443 possibly"}, []string{"10.0.0.0/16 -> web tcp/443"},
		},
		{
			"the other family is something else",
			[]ruleset.Rule{in("tcp/443", "internet")}, []ruleset.Rule{in("tcp/443", "internet-ipv6")},
			[]string{"internet-ipv6 -> web tcp/443"}, []string{"internet -> web tcp/443"},
		},
		{
			"one half alone opens nothing",
			nil, []ruleset.Rule{in("tcp/443", "app")},
			[]string{}, []string{},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			delta := reach.Compare(rules(t, tt.before...), rules(t, tt.after...), reach.Options{})
			got := [][]string{lines(delta.Opened), lines(delta.Closed)}
			if diff := cmp.Diff([][]string{tt.opened, tt.closed}, got); diff != "" {
				t.Errorf("opened and closed (-want +got):\n%s", diff)
			}
			if delta.Broadens() != (len(tt.opened) > 0) {
				t.Errorf("broadens: %t", delta.Broadens())
			}
		})
	}
}

// TestCompareKnowsTheFamilies wants a range that becomes a reference, which holds for both families, to open nothing in a VPC that
// has addresses of one.
func TestCompareKnowsTheFamilies(t *testing.T) {
	in := rule(t, "app", ruleset.Ingress, "tcp/5432", "web")
	before := rules(t, in, rule(t, "web", ruleset.Egress, "all", "internet"))
	after := rules(t, in, rule(t, "web", ruleset.Egress, "tcp/5432", "app"))
	for vpc, want := range map[string][]string{
		"10.0.0.0/16":                  {},
		"10.0.0.0/16 2600:1f14:1::/56": {"web -> app tcp/5432 possibly"},
		"":                             {"web -> app tcp/5432 possibly"},
	} {
		var opt reach.Options
		for block := range strings.FieldsSeq(vpc) {
			opt.VPC = append(opt.VPC, netip.MustParsePrefix(block))
		}
		if diff := cmp.Diff(want, lines(reach.Compare(before, after, opt).Opened)); diff != "" {
			t.Errorf("VPC %q opens (-want +got):\n%s", vpc, diff)
		}
	}
}

// TestCompareTiers wants tiers that come and go with all that flows to them.
func TestCompareTiers(t *testing.T) {
	before := rules(t, rule(t, "web", ruleset.Egress, "tcp/80", "app"), rule(t, "app", ruleset.Ingress, "tcp/80", "web"))
	after := ruleset.NewSet([]ruleset.Tier{{Name: "web"}}, []ruleset.Rule{rule(t, "web", ruleset.Ingress, "tcp/443", "internet")})
	delta := reach.Compare(before, after, reach.Options{})
	want := [][]string{{"internet -> web tcp/443"}, {"web -> app tcp/80"}}
	if diff := cmp.Diff(want, [][]string{lines(delta.Opened), lines(delta.Closed)}); diff != "" {
		t.Errorf("opened and closed (-want +got):\n%s", diff)
	}
}
