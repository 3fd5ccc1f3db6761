package reach_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// rulesPerTier is what a tier of the measured sets has: nearly as many as EC2 allows.
const rulesPerTier = 50

// estate is a set of many tiers as a company with many networks has it. Each tier serves a port of its own to the tiers
// around it and to ranges: sites, their parts and whole offices. It calls the next tiers and, over HTTPS, everybody.
func estate(rules int) ruleset.Set {
	tiers := make([]ruleset.Tier, max(2, rules/rulesPerTier))
	var all []ruleset.Rule
	for i := range tiers {
		name := fmt.Sprintf("tier-%d", i)
		tiers[i] = ruleset.Tier{Name: name, Role: ruleset.App}
		add := func(d ruleset.Direction, from, to int, peer ruleset.Peer) {
			traffic := ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.Ports{From: from, To: to}}
			all = append(all, ruleset.Rule{Key: ruleset.Key{Tier: name, Direction: d, Traffic: traffic, Peer: peer}, Description: "estate"})
		}
		add(ruleset.Egress, 443, 443, ruleset.CIDRPeer(netip.MustParsePrefix("0.0.0.0/0")))
		add(ruleset.Egress, 443, 443, ruleset.PrefixPeer(fmt.Sprintf("pl-%d", i%8)))
		add(ruleset.Ingress, 9100, 9110, ruleset.GroupPeer(fmt.Sprintf("sg-%d", i%8)))
		for j := range 10 { // with their mirrors, 20 rules
			add(ruleset.Ingress, 2000+i%100, 2000+i%100+j, ruleset.TierPeer(fmt.Sprintf("tier-%d", (i+1+j*j)%len(tiers))))
		}
		for j := range (rulesPerTier - 23) / 3 {
			add(ruleset.Ingress, 8000+j, 8001+2*j, network(j, 0, 16))
			add(ruleset.Ingress, 8000, 8010+j, network(j, i%16, 24))
			add(ruleset.Ingress, 8100+j, 8200, network(100+i%50, j, 28))
		}
	}
	return ruleset.NewSet(tiers, ruleset.WithMirrors(all))
}

func network(a, b, bits int) ruleset.Peer {
	return ruleset.CIDRPeer(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(a), byte(b), 0}), bits))
}

// narrowed is the set with a rule of every tenth tier narrowed.
func narrowed(set ruleset.Set) ruleset.Set {
	var all []ruleset.Rule
	for i, t := range set.Tiers {
		ingress := slices.Clone(t.Ingress)
		if i%10 == 0 {
			last := &ingress[len(ingress)-1]
			last.Ports.To = last.Ports.From
		}
		all = append(append(all, ingress...), t.Egress...)
	}
	return ruleset.NewSet(set.Tiers, all)
}

// BenchmarkAnalysis is what the tool does with a rule set, step by step and as a whole. internal/benchmark/analysis reads
// its output.
func BenchmarkAnalysis(b *testing.B) {
	for _, rules := range []int{100, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			set := estate(rules)
			benchmarkSteps(b, set, narrowed(set))
		})
	}
}

func benchmarkSteps(b *testing.B, set, after ruleset.Set) {
	b.Helper()
	steps := []struct {
		name string
		run  func() int
	}{
		{"flows", func() int { return len(reach.Compute(set, reach.Options{}).Flows()) }},
		{"difference", func() int { return len(reach.Compare(set, after, reach.Options{}).Closed) }},
		{"shadows", func() int { return len(reach.Shadows(set)) + len(reach.HalfOpen(set)) }},
		{"checks", func() int { return len(check.Run(estateInput(set))) }},
	}
	for _, step := range steps {
		b.Run(step.name, func(b *testing.B) { measure(b, step.run) })
	}
	b.Run("all", func(b *testing.B) {
		measure(b, func() int {
			found := 0
			for _, step := range steps {
				found += step.run()
			}
			return found
		})
	})
}

func measure(b *testing.B, run func() int) {
	b.Helper()
	b.ReportAllocs()
	found := 0
	for b.Loop() {
		found = run()
	}
	b.ReportMetric(float64(found), "found")
}

func estateInput(set ruleset.Set) check.Input {
	return check.Input{
		Set: set, Env: "prod",
		DatabasePorts: []int{1433, 1521, 3306, 5432, 5439, 6379, 9042, 11211, 27017}, AdminPorts: []int{22, 3389, 5985, 5986},
		HighRiskPorts: []int{21, 23, 135, 139, 445, 2375, 2379, 6443, 9200, 10250}, AmplificationPorts: []int{19, 53, 123, 161, 389, 1900},
		RulesPerDirection: 60,
		GroupDescription:  func(tier string) string { return "estate " + tier + " tier" },
	}
}
