package reach

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Claim is an assertion about a rule set: that a connection is possible, or that one is not.
type Claim struct {
	Allow    bool // false: deny
	From, To End
	Traffic  []ruleset.Traffic // none: anything at all
	Text     string
	Pos      diag.Pos
}

// End is one end of a claim: a zone, or the internet in both families.
type End struct {
	Zones  []ruleset.Peer
	Public bool // of ranges, only those with an address that somebody on the internet may have
}

func (e End) isTier() bool { return len(e.Zones) == 1 && e.Zones[0].Kind == ruleset.TierRef }

// Verdict is what became of a claim: proved, or refuted by a counter-example.
type Verdict struct {
	Claim          Claim
	Holds          bool
	CounterExample string         // why it doesn't hold, in one sentence
	Rules          []ruleset.Rule // those that make the counter-example, or that come closest to it
}

// Prove judges a claim. A denial is refuted by any flow between the ends or parts of them, possible ones included. A
// permission holds if all of its traffic flows for sure; if it names no traffic, any that flows for sure will do.
func (m *Matrix) Prove(c Claim) Verdict {
	if c.Allow {
		return m.proveAllow(c)
	}
	return m.proveDeny(c)
}

// proveAllow wants all of a claim's traffic to flow for sure between each two zones of its ends.
func (m *Matrix) proveAllow(c Claim) Verdict {
	for _, from := range c.From.Zones {
		for _, to := range c.To.Zones {
			sure := m.flows(from, to).sure
			if len(c.Traffic) == 0 && sure.IsEmpty() {
				return c.refuted(m.whyNot(from, to, m.nearest(from, to)))
			}
			if missing := ruleset.SetOf(c.Traffic...).Minus(sure); !missing.IsEmpty() {
				return c.refuted(m.whyNot(from, to, missing))
			}
		}
	}
	return Verdict{Claim: c, Holds: true}
}

var everything = ruleset.SetOf(ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts})

// whyNot says which half of a connection is missing, and returns the rules that come closest.
func (m *Matrix) whyNot(from, to ruleset.Peer, missing ruleset.TrafficSet) (string, []ruleset.Rule) {
	why := func(of ruleset.TrafficSet, reason string) string {
		what := "nothing flows"
		if !of.Covers(everything) {
			what = of.List()[0].String() + " does not flow"
		}
		return fmt.Sprintf("%s from %s to %s%s", what, ZoneName(from), ZoneName(to), reason)
	}
	if held := missing.Minus(m.lets(from, to, ruleset.Egress)); !held.IsEmpty() {
		return why(held, ": no egress rule of "+from.Name+" lets it out"), m.rules(to, from, ruleset.Ingress, held)
	}
	if held := missing.Minus(m.lets(to, from, ruleset.Ingress)); !held.IsEmpty() {
		return why(held, ": no ingress rule of "+to.Name+" lets it in"), m.rules(from, to, ruleset.Egress, held)
	}
	reason := " for sure: it depends on addresses that are not known"
	if held := missing.Minus(m.flows(from, to).possible); !held.IsEmpty() {
		missing, reason = held, ": the rules of the two ends are for different address families"
	}
	first := ruleset.SetOf(missing.List()[0])
	return why(missing, reason), slices.Concat(m.rules(from, to, ruleset.Egress, first), m.rules(to, from, ruleset.Ingress, first))
}

// lets is what one end of a connection permits at most.
func (m *Matrix) lets(zone, other ruleset.Peer, d ruleset.Direction) ruleset.TrafficSet {
	by := m.end(zone, other, d)
	return by[ipv4].possible.Union(by[ipv6].possible)
}

// nearest is what comes closest to flowing between two zones: what both ends permit, or else one of them.
func (m *Matrix) nearest(from, to ruleset.Peer) ruleset.TrafficSet {
	out, in := m.lets(from, to, ruleset.Egress), m.lets(to, from, ruleset.Ingress)
	for _, near := range []ruleset.TrafficSet{out.Intersect(in), out, in} {
		if !near.IsEmpty() {
			return near
		}
	}
	return everything
}

// proveDeny looks for a flow that is denied: one that is sure makes the better counter-example than a possible one.
func (m *Matrix) proveDeny(c Claim) Verdict {
	denied := ruleset.SetOf(c.Traffic...)
	if len(c.Traffic) == 0 {
		denied = everything
	}
	for _, from := range m.parts(c.From) {
		for _, to := range m.parts(c.To) {
			flows := m.flows(from, to)
			for _, certain := range []bool{true, false} {
				verb, set := "may flow", flows.possible
				if certain {
					verb, set = "flows", flows.sure
				}
				if hit := set.Intersect(denied); !hit.IsEmpty() {
					t, rules := m.witness(from, to, hit)
					return c.refuted(fmt.Sprintf("%s %s from %s to %s", t, verb, ZoneName(from), ZoneName(to)), rules)
				}
			}
		}
	}
	return m.denyLists(c, denied)
}

// denyLists refutes the denial of a range where a rule names a prefix list: nothing is known of its addresses, so that
// they may lie in the range.
func (m *Matrix) denyLists(c Claim, denied ruleset.TrafficSet) Verdict {
	for _, side := range []struct {
		tier, other End
		direction   ruleset.Direction
	}{{c.From, c.To, ruleset.Egress}, {c.To, c.From, ruleset.Ingress}} {
		if !side.tier.isTier() || side.other.Zones[0].Kind != ruleset.CIDR {
			continue
		}
		tier := side.tier.Zones[0]
		h := m.half(tier.Name, side.direction)
		for _, name := range slices.Sorted(maps.Keys(h.named[ruleset.PrefixList])) {
			if hit := h.named[ruleset.PrefixList][name].Intersect(denied); !hit.IsEmpty() {
				list := ruleset.PrefixPeer(name)
				from, to := tier, list
				if side.direction == ruleset.Ingress {
					from, to = list, tier
				}
				t, rules := m.witness(from, to, hit)
				return c.refuted(fmt.Sprintf("%s flows from %s to %s, and it is not known which addresses %s has", t, from, to, name), rules)
			}
		}
	}
	return Verdict{Claim: c, Holds: true}
}

// witness is an example of what flows between two zones: the first traffic that a single rule of each end lets through, if the
// end is a tier, with these rules.
func (m *Matrix) witness(from, to ruleset.Peer, hit ruleset.TrafficSet) (ruleset.Traffic, []ruleset.Rule) {
	outs, ins := m.rules(from, to, ruleset.Egress, hit), m.rules(to, from, ruleset.Ingress, hit)
	alone := outs
	if len(outs) == 0 {
		alone = ins
	}
	for _, out := range outs {
		for _, in := range ins {
			both := hit.Intersect(ruleset.SetOf(out.Traffic)).Intersect(ruleset.SetOf(in.Traffic))
			if !both.IsEmpty() && sameFamily(out.Peer, in.Peer) {
				return both.List()[0], []ruleset.Rule{out, in}
			}
		}
	}
	for _, r := range alone {
		return hit.Intersect(ruleset.SetOf(r.Traffic)).List()[0], []ruleset.Rule{r}
	}
	return hit.List()[0], nil
}

// refuted is the verdict on a claim that doesn't hold. The rules are part of the counter-example, each with its place.
func (c Claim) refuted(why string, rules []ruleset.Rule) Verdict {
	places := make([]string, len(rules))
	for i, r := range rules {
		places[i] = fmt.Sprintf("%q (%s)", r.Key, r.Pos)
	}
	switch len(places) {
	case 0:
	case 1:
		why += "; see the rule " + places[0]
	default:
		why += "; see the rules " + strings.Join(places, " and ")
	}
	return Verdict{Claim: c, CounterExample: why, Rules: rules}
}

// parts are the zones that a denial is about: to deny a range is to deny every part of it that has a name.
func (m *Matrix) parts(e End) []ruleset.Peer {
	var out []ruleset.Peer
	for _, zone := range e.Zones {
		out = append(out, zone)
		if zone.Kind != ruleset.CIDR {
			continue
		}
		for _, p := range m.outside.peers {
			if p.Kind == ruleset.CIDR && p != zone && contains(zone.Prefix, p.Prefix) && (!e.Public || ruleset.IsPublic(p.Prefix)) {
				out = append(out, p)
			}
		}
	}
	return out
}

// rules are the rules of a tier that let some of the traffic through to or from a peer; none if the zone is no tier.
func (m *Matrix) rules(tier, peer ruleset.Peer, d ruleset.Direction, set ruleset.TrafficSet) []ruleset.Rule {
	if tier.Kind != ruleset.TierRef {
		return nil
	}
	var found []ruleset.Rule
	for _, r := range m.half(tier.Name, d).rules {
		if m.meets(r.Peer, peer) && ruleset.SetOf(r.Traffic).Overlaps(set) {
			found = append(found, r)
		}
	}
	return found
}

// meets reports whether a rule for one peer may concern another.
func (m *Matrix) meets(rule, peer ruleset.Peer) bool {
	switch {
	case rule == peer:
		return true
	case rule.Kind == ruleset.CIDR && peer.Kind == ruleset.CIDR:
		return rule.Prefix.Overlaps(peer.Prefix)
	case rule.Kind == ruleset.CIDR && peer.Kind == ruleset.TierRef:
		return rule.Prefix.Bits() == 0 || mayHoldMembers(rule.Prefix, m.vpc)
	case rule.Kind == ruleset.CIDR:
		return true // a group or a list has addresses that may lie in it
	default:
		return rule.Kind == ruleset.PrefixList && (peer.Kind == ruleset.TierRef || peer.Kind == ruleset.GroupRef)
	}
}

// sameFamily reports whether rules for two peers can let the same connection through: only ranges of different families
// can't.
func sameFamily(a, b ruleset.Peer) bool {
	return a.Kind != ruleset.CIDR || b.Kind != ruleset.CIDR || familyOf(a.Prefix) == familyOf(b.Prefix)
}
