package scenario

import (
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/yamldoc"
)

// Resolve applies the overrides of a config to a scenario and adds the missing halves of connections between tiers.
func (s *Scenario) Resolve(overrides []config.Override) (ruleset.Set, diag.List) {
	var problems diag.List
	tiers := s.tierNames()
	var moves []move
	for _, o := range overrides {
		if s.tier(o.Tier) == nil {
			unknownTier(o.Pos, o.Tier, tiers, &problems)
			continue
		}
		moves = append(moves, s.readMoves(o, &problems)...)
	}
	rules, matched := movePorts(s.Rules, moves)
	for i, m := range moves {
		if matched[i] == 0 {
			s.noMatch(m, &problems)
		}
	}
	rules = s.add(rules, overrides, &problems)
	return ruleset.NewSet(s.moveServices(moves), ruleset.WithMirrors(rules)), problems
}

// readMoves reads the port overrides of one tier.
func (s *Scenario) readMoves(o config.Override, problems *diag.List) []move {
	var moves []move
	for _, m := range o.PortOverrides {
		protocol := m.Get("protocol")
		p, err := ruleset.ParseProtocol(protocol.Text())
		if err != nil || !p.HasPorts() {
			problems.Errorf(diag.CodeValue, protocol.Pos(), "a port override is for tcp or udp, not for %q", protocol.Text())
			continue
		}
		from, _ := m.Get("old_port").Int()
		to, _ := m.Get("new_port").Int()
		next := move{
			tier:   o.Tier,
			from:   ruleset.Traffic{Protocol: p, Ports: ruleset.SinglePort(from)},
			to:     ruleset.Traffic{Protocol: p, Ports: ruleset.SinglePort(to)},
			origin: ruleset.FromOverride,
			pos:    m.Pos(),
		}
		if acceptMove(next, moves, m, problems) {
			moves = append(moves, next)
		}
	}
	return moves
}

// acceptMove reports a port override that changes nothing, or a port that is overridden twice.
func acceptMove(next move, earlier []move, m yamldoc.Map, problems *diag.List) bool {
	if next.from == next.to {
		problems.Errorf(diag.CodeRepeats, m.Get("new_port").Pos(), "the port override changes nothing: %s stays %s", next.from, next.to).
			WithHint("remove it")
		return false
	}
	for _, e := range earlier {
		if e.from == next.from {
			problems.Errorf(diag.CodeRepeats, m.Get("old_port").Pos(), "%s of tier %s is overridden twice, to %s and to %s", e.from, e.tier, e.to, next.to).
				WithHint("keep one of the two")
			return false
		}
	}
	return true
}

// noMatch reports a port override that no rule of the scenario fits, with what the user may have meant.
func (s *Scenario) noMatch(m move, problems *diag.List) {
	var served []string
	hint := ""
	for _, r := range s.Rules {
		switch text := r.Traffic.String(); {
		case !serves(r, m.tier):
		case r.Covers(m.from):
			hint = fmt.Sprintf("%s is part of %s in the rule %q; a port override replaces single ports", m.from, text, r.Key)
		case r.Protocol.HasPorts() && r.Ports.From == r.Ports.To && !slices.Contains(served, text):
			served = append(served, text)
		}
	}
	if hint == "" && len(served) > 0 {
		hint = fmt.Sprintf("the tier %s is served on %s", m.tier, strings.Join(served, ", "))
	}
	problems.Errorf(diag.CodeNoMatch, m.pos, "the port override matches nothing: no rule for tier %s has %s", m.tier, m.from).WithHint("%s", hint)
}

// add appends the additional rules of all overrides. One that is there already is an error: it would seem to do
// something that it doesn't.
func (s *Scenario) add(rules []ruleset.Rule, overrides []config.Override, problems *diag.List) []ruleset.Rule {
	seen := make(map[ruleset.Key]ruleset.Rule, len(rules))
	for _, r := range rules {
		if first, again := seen[r.Key]; again {
			movedOnto(first, r, problems)
		}
		seen[r.Key] = r
	}
	for _, o := range overrides {
		if s.tier(o.Tier) == nil {
			continue
		}
		extra := readRules(o.Ingress, o.Tier, ruleset.Ingress, ruleset.FromOverride, problems)
		extra = append(extra, readRules(o.Egress, o.Tier, ruleset.Egress, ruleset.FromOverride, problems)...)
		for _, r := range checkPeers(extra, s.tierNames(), problems) {
			if first, ok := seen[r.Key]; ok {
				problems.Errorf(diag.CodeRepeats, r.Pos, "the rule %q is there already, from the %s (%s)", r.Key, first.Origin, first.Pos).
					WithHint("remove it here")
				continue
			}
			seen[r.Key] = r
			rules = append(rules, r)
		}
	}
	return rules
}

// movedOnto reports a port override that makes two rules one. Two equal rules of a scenario are for the checks.
func movedOnto(a, b ruleset.Rule, problems *diag.List) {
	if a.Origin != ruleset.FromOverride {
		a, b = b, a
	}
	if a.Origin == ruleset.FromOverride {
		problems.Errorf(diag.CodeRepeats, a.Pos, "the port override repeats the rule %q, which is there from the %s (%s)", a.Key, b.Origin, b.Pos).
			WithHint("override to another port")
	}
}

// moveServices returns the tiers with the ports that they serve after the moves.
func (s *Scenario) moveServices(moves []move) []ruleset.Tier {
	tiers := make([]ruleset.Tier, len(s.Tiers))
	for i, t := range s.Tiers {
		tiers[i] = t
		for _, m := range moves {
			if t.Name == m.tier && t.Service != nil && *t.Service == m.from {
				to := m.to
				tiers[i].Service = &to
			}
		}
	}
	return tiers
}
