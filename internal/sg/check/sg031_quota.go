package check

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

const (
	// quotaWarning is the share of a quota from which on the next rule should be thought about, in percent.
	quotaWarning = 80
	// QuotaCeiling is what rules per group times groups per network interface may reach, whatever AWS has raised.
	QuotaCeiling = 1000
)

var quota = Check{
	ID:     "SG031",
	Title:  "the number of rules against EC2's quota",
	Why:    "EC2 counts 60 rules per group, direction and address family, and refuses the next one",
	Notes:  "The placeholder counts against egress. Before a deployment, old and new rules count together where both exist for a while, and so do rules added out of band. A rule for a group counts in both address families, a prefix list as one: its real weight is known to AWS alone, which is said as an information. Rules per group times groups per network interface can't go over 1000, whatever quota AWS has raised.",
	Remedy: "join CIDRs, use a prefix list, or split the tier; a raised quota goes to quotas.rules_per_direction in app_config.yaml",
	Fix:    "- {protocol: tcp, port: 443, source: 10.8.0.0/23, description: Two networks in one rule}\n",
	Impact: High,
	Levels: []Level{
		{Severity: diag.Error, When: "over the quota"},
		{Severity: diag.Warning, When: "over 80% of it"},
		{Severity: diag.Info, When: "where prefix lists are counted as one rule each"},
	},
	Mappings: []Mapping{as("AWS Service Quotas", "L-0EA8095F")},
	Pass:     Example{YAML: "security_groups: {scenario: 3-tier-web}\n"},
	Fail: Example{Quota: 2, YAML: `# With quotas.rules_per_direction: 2 in app_config.yaml
security_groups:
  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 9090, source_tier: web, description: Metrics}
        - {protocol: tcp, port: 9091, source_tier: web, description: More metrics}
`},
	run: func(s *subject, r *report) {
		for _, t := range s.Set.Tiers {
			for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
				s.countAgainstQuota(r, t, d)
			}
		}
	},
}

func (s *subject) countAgainstQuota(r *report, t ruleset.Tier, d ruleset.Direction) {
	limit := min(s.RulesPerDirection, QuotaCeiling)
	n, lists := countRules(t, d)
	switch {
	case n > limit && limit < s.RulesPerDirection:
		r.tier(t.Name, "%d %s rules are over %d, beyond which no quota goes", n, d, limit)
	case n > limit:
		r.tier(t.Name, "%d %s rules are over the quota of %d", n, d, limit)
	case n*100 > limit*quotaWarning:
		r.tier(t.Name, "%d %s rules are over %d%% of the quota of %d", n, d, quotaWarning, limit).Severity = diag.Warning
	case len(lists) > 0:
		r.unknown(lists[0], "%d %s rules, if each prefix list counts as one: its real weight, in %s, is not known here", n, d, peersOf(lists))
	}
}

// countRules is how many rules of a direction count against the quota, and which of them are for prefix lists, whose weight
// is known to AWS alone.
func countRules(t ruleset.Tier, d ruleset.Direction) (n int, lists []ruleset.Rule) {
	counted := t.Ingress
	if d == ruleset.Egress {
		counted = slices.Concat(t.InlineEgress(), t.StandaloneEgress()) // the placeholder counts as well
	}
	for _, r := range counted {
		if r.Peer.Kind == ruleset.PrefixList {
			lists = append(lists, r)
		}
	}
	return QuotaUse(counted), lists
}

// QuotaUse is how much of the quota the rules of one group and direction use, in the fuller of the two address families:
// equal rules are one, a rule for a group counts in both families (which of them is not documented), a prefix list as one.
func QuotaUse(rules []ruleset.Rule) int {
	v4, v6 := 0, 0
	counted := make(map[ruleset.Key]bool, len(rules))
	for _, r := range rules {
		if counted[r.Key] {
			continue
		}
		counted[r.Key] = true
		if !r.Peer.IsIPv6() {
			v4++
		}
		if r.Peer.Kind != ruleset.CIDR || r.Peer.IsIPv6() {
			v6++
		}
	}
	return max(v4, v6)
}

// QuotaError is the finding about a group that holds more rules than the quota allows while a change is under way: what is
// new is made before the old rules go (documented), and what somebody added beside the template counts as well.
func QuotaError(tier string, d ruleset.Direction, now, meanwhile, limit int, pos diag.Pos) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Error, ID: quota.ID, Tier: tier, Pos: pos, Detail: quota.Why,
		Summary: fmt.Sprintf("tier %s: %d %s rules while the change is under way, %d of them there already, are over the quota of %d", tier, meanwhile, d, now, limit),
		Hint:    "deploy in two steps: first a config without the rules that go, then the one with those that come; or raise the quota, also as quotas.rules_per_direction in app_config.yaml",
	}
}
