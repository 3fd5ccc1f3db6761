package check

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Skipping are the findings of SG017 alone: a plan judges them again, when the CIDRs of the VPC are known.
func Skipping(in Input) diag.List {
	r := &report{check: tierSkipping, env: in.Env, pos: in.Pos, verdict: Pass}
	tierSkipping.run(newSubject(in), r)
	return r.list
}

// IsPerhaps reports whether a finding is of a connection past a tier that depends on addresses which were not known.
func IsPerhaps(d diag.Diagnostic) bool { return d.ID == tierSkipping.ID && d.Severity == diag.Warning }

// reportRanges reports what tiers further outside may send to one past others because both name ranges of addresses, or prefix
// lists, in the place of each other. What the world may send is left to the checks on that.
func (s *subject) reportRanges(r *report, to tierView, sent []ruleset.TrafficSet) {
	var in []ruleset.Rule
	for i, rule := range to.Ingress {
		if isRange(rule) && !to.worldwide.has(i) {
			in = append(in, rule)
		}
	}
	if len(in) == 0 {
		return
	}
	let := trafficSet(in)
	for i, from := range s.tiers[:to.index] {
		if !sent[i].Overlaps(let) { // nearly all pairs of a large set, at little cost
			continue
		}
		past := s.between(from.index, to)
		if len(past) == 0 {
			continue
		}
		out := slices.DeleteFunc(slices.Clone(from.Egress), func(e ruleset.Rule) bool {
			return !isRange(e) || !slices.ContainsFunc(in, func(i ruleset.Rule) bool { return i.Overlaps(e.Traffic) })
		})
		for _, f := range s.flowsBetween(from, to, slices.Concat(out, in)) {
			s.reportFlow(r, to, in, f, strings.Join(past, " and "))
		}
	}
}

// sentToRanges is what each tier may send to ranges and prefix lists.
func (s *subject) sentToRanges() []ruleset.TrafficSet {
	sent := make([]ruleset.TrafficSet, len(s.tiers))
	for i, v := range s.tiers {
		sent[i] = trafficSet(slices.DeleteFunc(slices.Clone(v.Egress), func(e ruleset.Rule) bool { return !isRange(e) }))
	}
	return sent
}

func trafficSet(rules []ruleset.Rule) ruleset.TrafficSet {
	traffic := make([]ruleset.Traffic, len(rules))
	for i, rule := range rules {
		traffic[i] = rule.Traffic
	}
	return ruleset.SetOf(traffic...)
}

// isRange reports whether a rule names addresses rather than who has them.
func isRange(r ruleset.Rule) bool {
	return r.Peer.Kind == ruleset.CIDR || r.Peer.Kind == ruleset.PrefixList
}

// flowsBetween are the flows from one tier to another by some of their rules.
func (s *subject) flowsBetween(from, to tierView, rules []ruleset.Rule) []reach.Flow {
	two := ruleset.NewSet([]ruleset.Tier{{Name: from.Name}, {Name: to.Name}}, rules)
	flows := reach.Compute(two, reach.Options{VPC: s.VPC}).Flows()
	return slices.DeleteFunc(flows, func(f reach.Flow) bool { return f.From != from.Name || f.To != to.Name })
}

// reportFlow reports a flow past tiers at the ingress rules that let it in, but for one that a rule names openly.
func (s *subject) reportFlow(r *report, to tierView, in []ruleset.Rule, f reach.Flow, past string) {
	named := func(rule ruleset.Rule) bool { return rule.Peer == ruleset.TierPeer(f.From) && rule.Covers(f.Traffic) }
	if slices.ContainsFunc(to.Ingress, named) {
		return
	}
	by := slices.DeleteFunc(slices.Clone(in), func(rule ruleset.Rule) bool { return !rule.Overlaps(f.Traffic) })
	if !f.Possible {
		r.rule(by[0], "%s from %s gets past %s, by the range %s", f.Traffic, f.From, past, peersOf(by))
		return
	}
	d := r.rule(by[0], "%s from %s may get past %s, by the range %s: it depends on addresses that are not known here", f.Traffic, f.From, past, peersOf(by))
	d.Severity = diag.Warning
}
