package check_test

import (
	"fmt"
	"testing"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Ten times the tiers cost about ten times as much. Allocations stand for time, which depends on what else the machine does;
// internal/benchmark measures that.
func TestCostGrowsAsTheRulesDo(t *testing.T) {
	cost := func(tiers int) float64 {
		in := large(t, tiers)
		return testing.AllocsPerRun(1, func() {
			if len(check.Run(in)) == 0 {
				t.Error("nothing was found")
			}
		})
	}
	if few, many := cost(10), cost(100); many > 13*few {
		t.Errorf("%.0f allocations for 10 tiers, %.0f for 100", few, many)
	}
}

func BenchmarkRun(b *testing.B) {
	in := large(b, 200)
	for b.Loop() {
		if len(check.Run(in)) == 0 {
			b.Fatal("nothing was found")
		}
	}
}

// large is a set with the worst that the checks know of, fifty rules in each tier: many sources that overlap, large public
// ranges, and ranges of ports that cut each other.
func large(tb testing.TB, tiers int) check.Input {
	tb.Helper()
	const perTier = 50
	var set []ruleset.Tier
	var rules []ruleset.Rule
	for i := range tiers {
		name := fmt.Sprintf("t%d", i)
		set = append(set, ruleset.Tier{Name: name, Role: []ruleset.Role{ruleset.Other, ruleset.App, ruleset.Database}[i%3]})
		for j := range perTier {
			peers := []string{
				fmt.Sprintf("%d.%d.0.0/16", 11+j, i), fmt.Sprintf("%d.0.0.0/10", 20+j), fmt.Sprintf("10.%d.%d.0/24", i, j),
				fmt.Sprintf("2600:%x::/24", 256*j), fmt.Sprintf("t%d", max(i-1, 0)),
			}
			r := rule(name, ruleset.Direction(j%10/9), fmt.Sprintf("tcp/%d-%d", 1000+j, 1000+j*j+i), peers[j%len(peers)])
			rules = append(rules, r)
		}
	}
	return settled(tb, ruleset.NewSet(set, ruleset.WithMirrors(rules)))
}
