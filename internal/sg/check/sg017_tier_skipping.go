package check

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

var tierSkipping = Check{
	ID:     "SG017",
	Title:  "a connection past a tier in between",
	Why:    "the tier in between is there to check what passes; who gets around it reaches the inner tier unchecked",
	Notes:  "Tiers stand in the order of the scenario, from the edge inwards; the internet comes before the first. Tiers of one role (edge, app) are one layer, so that two app tiers don't stand between each other and a database; a tier for databases is never in between, for nobody passes through it. Tiers with role edge may be reached from the internet wherever they stand. It also fails where one tier may send to a group outside of the set, and an inner tier takes from that group; and where both name ranges of addresses or prefix lists by which the traffic flows, a range that holds the whole VPC for sure. Whether another range does is known to a plan, which reads the CIDRs of the VPC, and judges it again. A tier that names itself skips nothing.",
	Remedy: "let the neighbouring tier make the connection, or declare the tiers in the order in which requests pass them",
	Fix:    "- {protocol: tcp, port: 5432, source_tier: app, description: Database connections from the app tier}\n",
	Impact: High,
	Levels: []Level{
		{Severity: diag.Error, When: "where the connection is certain"},
		{Severity: diag.Warning, When: "where it depends on addresses that are not known"},
	},
	Waivable: true,
	Mappings: exposureControls(),
	Pass:     ingress("db", "protocol: tcp, port: 5433, source_tier: app, description: The replica"),
	Fail:     ingress("db", "protocol: tcp, port: 5432, source_tier: web, description: Reports straight from the database"),
	run: func(s *subject, r *report) {
		sharers, sent := s.senders(), s.sentToRanges()
		for _, v := range s.tiers {
			if past := s.between(-1, v); len(past) > 0 && v.isInner() {
				v.reportWorld(r, "the internet gets past "+strings.Join(past, " and "))
			}
			for _, rule := range v.Ingress {
				switch rule.Peer.Kind {
				case ruleset.TierRef:
					if past := s.between(s.index(rule.Peer.Name), v); len(past) > 0 {
						r.rule(rule, "%s from %s gets past %s", rule.Traffic, rule.Peer, strings.Join(past, " and "))
					}
				case ruleset.GroupRef:
					for _, from := range sharers[rule.Peer.Name] {
						if past := s.between(from, v); len(past) > 0 {
							r.rule(rule, "through %s, %s gets past %s", rule.Peer, s.tiers[from].Name, strings.Join(past, " and "))
						}
					}
				case ruleset.CIDR, ruleset.PrefixList: // all of them together
				}
			}
			s.reportRanges(r, v, sent)
		}
	},
}

// between are the tiers that stand between one, by index (-1: the internet), and another that is further inside. Tiers of
// one role (edge, app) are one layer. Nobody goes through a database to get somewhere else.
func (s *subject) between(from int, to tierView) []string {
	var names []string
	for i := from + 1; i < to.index; i++ {
		role := s.tiers[i].Role
		layer := role != ruleset.Other && (role == to.Role || from >= 0 && role == s.tiers[from].Role)
		if !s.tiers[i].database && !layer {
			names = append(names, s.tiers[i].Name)
		}
	}
	return names
}

func (s *subject) index(tier string) int {
	i := slices.IndexFunc(s.tiers, func(v tierView) bool { return v.Name == tier })
	if i < 0 {
		return len(s.tiers)
	}
	return i
}

// senders are the tiers that may send to each group outside of the set: whoever is in that group may pass it on.
func (s *subject) senders() map[string][]int {
	out := make(map[string][]int)
	for _, v := range s.tiers {
		for _, rule := range v.Egress {
			if g := rule.Peer.Name; rule.Peer.Kind == ruleset.GroupRef && !slices.Contains(out[g], v.index) {
				out[g] = append(out[g], v.index)
			}
		}
	}
	return out
}

// reportWorld makes one finding of all that the world may send to a tier, but for what SG004 is about.
func (v tierView) reportWorld(r *report, what string) {
	rules := v.worldwide.without(v.databaseOnly())
	switch {
	case len(rules) > 0:
		open := pick(v.Ingress, rules)
		r.rule(open[0], "%s: %s from %s", what, trafficOf(open), peersOf(open))
	case len(v.worldwide) > 0:
		r.elsewhere()
	}
}

// databaseOnly are the rules that let the world in to one database port and to nothing else.
func (v tierView) databaseOnly() group {
	return slices.DeleteFunc(v.reported(idDatabase), func(i int) bool { return portsOf(v.Ingress[i].Traffic) != 1 })
}
