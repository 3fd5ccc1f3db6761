package check

import (
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// quotaWarning is the share of a quota from which on the next rule should be thought about, in percent.
const quotaWarning = 80

var quota = Check{
	ID:    "SG031",
	Title: "more rules than EC2 allows in a group",
	Why:   "EC2 counts 60 rules per group, direction and address family, and refuses the next one",
	run: func(in *Input, r *report) {
		for _, t := range in.Set.Tiers {
			for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
				n, limit := countRules(t, d), in.RulesPerDirection
				switch {
				case n > limit:
					r.tier(diag.Error, t.Name, "%d %s rules are over the quota of %d", n, d, limit).
						WithHint("join CIDRs, use a prefix list, or split the tier; a raised quota goes to %s", "quotas.rules_per_direction in app_config.yaml")
				case n*100 > limit*quotaWarning:
					r.tier(diag.Warning, t.Name, "%d %s rules are over %d%% of the quota of %d", n, d, quotaWarning, limit)
				}
			}
		}
	},
}

// countRules is how many rules of a direction count against the quota in the fuller of the two address families. A rule
// for a group counts in both (which of them is not documented), a prefix list as one: its weight is known to AWS alone.
func countRules(t ruleset.Tier, d ruleset.Direction) int {
	counted := t.Ingress
	if d == ruleset.Egress {
		counted = slices.Concat(t.InlineEgress(), t.StandaloneEgress()) // the placeholder counts as well
	}
	v4, v6 := 0, 0
	for _, r := range slices.CompactFunc(slices.Clone(counted), func(a, b ruleset.Rule) bool { return a.Key == b.Key }) {
		if !r.Peer.IsIPv6() {
			v4++
		}
		if r.Peer.Kind != ruleset.CIDR || r.Peer.IsIPv6() {
			v6++
		}
	}
	return max(v4, v6)
}
