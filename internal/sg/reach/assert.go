package reach

import (
	"fmt"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Claim is an assertion about a rule set: that a connection is possible, or that one is not.
type Claim struct {
	Allow    bool // false: deny
	From, To ruleset.Peer
	// FromEverybody and ToEverybody say that the end is the internet in both families.
	FromEverybody, ToEverybody bool
	Traffic                    []ruleset.Traffic // none: anything at all
	Text                       string
	Pos                        diag.Pos
}

// Verdict is what became of a claim: proved, or refuted by a counter-example.
type Verdict struct {
	Claim          Claim
	Holds          bool
	CounterExample string         // why it doesn't hold, in one sentence
	Rules          []ruleset.Rule // those that make the counter-example, or that come closest to it
}

// Prove judges a claim. A denial is refuted by any flow between the ends or parts of them, possible ones included; a
// permission holds where all of its traffic flows for sure, or, of a claim without traffic, any.
func (m *Matrix) Prove(c Claim) Verdict {
	if c.Allow {
		return m.proveAllow(c)
	}
	return m.proveDeny(c)
}

func (m *Matrix) proveAllow(c Claim) Verdict {
	for _, from := range ends(c.From, c.FromEverybody) {
		for _, to := range ends(c.To, c.ToEverybody) {
			sure := m.cells[pair{zoneName(from), zoneName(to)}].sure
			if len(c.Traffic) == 0 && sure.IsEmpty() {
				return c.refuted(fmt.Sprintf("nothing flows from %s to %s", zoneName(from), zoneName(to)), nil)
			}
			for _, t := range c.Traffic {
				if missing := ruleset.SetOf(t).Minus(sure); !missing.IsEmpty() {
					return c.refuted(m.whyNot(from, to, missing.List()[0]))
				}
			}
		}
	}
	return Verdict{Claim: c, Holds: true}
}

// whyNot says which half of a connection is missing, and returns the rules of the half that is there.
func (m *Matrix) whyNot(from, to ruleset.Peer, t ruleset.Traffic) (string, []ruleset.Rule) {
	why := fmt.Sprintf("%s does not flow from %s to %s", t, zoneName(from), zoneName(to))
	out := m.rules(from, to, ruleset.Egress, t)
	in := m.rules(to, from, ruleset.Ingress, t)
	switch {
	case from.Kind == ruleset.TierRef && len(out) == 0:
		return why + ": no egress rule of " + from.Name + " lets it out", in
	case to.Kind == ruleset.TierRef && len(in) == 0:
		return why + ": no ingress rule of " + to.Name + " lets it in", out
	default:
		return why + " for sure: it depends on addresses that are not known", append(out, in...)
	}
}

func (m *Matrix) proveDeny(c Claim) Verdict {
	for _, from := range m.parts(c.From, c.FromEverybody) {
		for _, to := range m.parts(c.To, c.ToEverybody) {
			flows := m.cells[pair{zoneName(from), zoneName(to)}]
			for _, t := range flows.sure.Union(flows.possible).Intersect(union(c.Traffic)).List() {
				kind := "flows"
				if flows.sure.Intersect(ruleset.SetOf(t)).IsEmpty() {
					kind = "may flow"
				}
				rules := append(m.rules(from, to, ruleset.Egress, t), m.rules(to, from, ruleset.Ingress, t)...)
				return c.refuted(fmt.Sprintf("%s %s from %s to %s", t, kind, zoneName(from), zoneName(to)), rules)
			}
		}
	}
	return Verdict{Claim: c, Holds: true}
}

func (c Claim) refuted(why string, rules []ruleset.Rule) Verdict {
	var places []string
	for _, r := range rules {
		places = append(places, fmt.Sprintf("%q (%s)", r.Key, r.Pos))
	}
	if len(places) > 0 {
		why += ", by the rules " + strings.Join(places, " and ")
	}
	return Verdict{Claim: c, CounterExample: why, Rules: rules}
}

// union is the set of a claim's traffic: everything, where it names none.
func union(traffic []ruleset.Traffic) ruleset.TrafficSet {
	if len(traffic) == 0 {
		return ruleset.SetOf(ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts})
	}
	var out ruleset.TrafficSet
	for _, t := range traffic {
		out = out.Union(ruleset.SetOf(t))
	}
	return out
}

// ends are the zones that a permission is about.
func ends(p ruleset.Peer, everybody bool) []ruleset.Peer {
	if everybody {
		return []ruleset.Peer{ruleset.CIDRPeer(anyIPv4), ruleset.CIDRPeer(anyIPv6)}
	}
	return []ruleset.Peer{p}
}

// parts are the zones that a denial is about: who denies a range denies every part of it. Of everybody, those are the
// ranges with an address that somebody on the internet may have.
func (m *Matrix) parts(p ruleset.Peer, everybody bool) []ruleset.Peer {
	if p.Kind != ruleset.CIDR {
		return []ruleset.Peer{p}
	}
	prefixes := m.zones.inside(p.Prefix)
	if everybody {
		prefixes = m.zones.prefixes
	}
	var out []ruleset.Peer
	for _, q := range prefixes {
		if !everybody || ruleset.IsPublic(q) {
			out = append(out, ruleset.CIDRPeer(q))
		}
	}
	return out
}

// rules are the rules of a tier that let some of the traffic through to or from a peer; none where the
// zone is no tier.
func (m *Matrix) rules(tier, peer ruleset.Peer, d ruleset.Direction, t ruleset.Traffic) []ruleset.Rule {
	if tier.Kind != ruleset.TierRef {
		return nil
	}
	owner, _ := m.set.Tier(tier.Name)
	var found []ruleset.Rule
	for _, r := range owner.Rules(d) {
		if meets(r.Peer, peer) && !ruleset.SetOf(r.Traffic).Intersect(ruleset.SetOf(t)).IsEmpty() {
			found = append(found, r)
		}
	}
	return found
}

// meets reports whether a rule for one peer may concern another.
func meets(rule, peer ruleset.Peer) bool {
	switch {
	case rule == peer:
		return true
	case rule.Kind == ruleset.CIDR && peer.Kind == ruleset.CIDR:
		return familyOf(rule.Prefix) == familyOf(peer.Prefix) && rule.Prefix.Overlaps(peer.Prefix)
	case rule.Kind == ruleset.CIDR:
		return true // a tier, a group or a list has addresses that may lie in it
	default:
		return rule.Kind == ruleset.PrefixList && peer.Kind != ruleset.CIDR && peer.Kind != ruleset.PrefixList
	}
}
