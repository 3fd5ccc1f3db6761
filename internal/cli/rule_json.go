package cli

import "mlops-infra-suite/internal/sg/ruleset"

// ruleJSON is a rule as the JSON output has it. Ports are EC2's: type and code of ICMP, -1 for any.
type ruleJSON struct {
	Tier        string            `json:"tier"`
	Direction   string            `json:"direction"`
	Protocol    string            `json:"protocol"`
	FromPort    int               `json:"from_port"`
	ToPort      int               `json:"to_port"`
	Peer        map[string]string `json:"peer"`
	Description string            `json:"description"`
	Origin      string            `json:"origin"`
	Covered     bool              `json:"covered,omitempty"` // permitted anyway by the tier's open egress; not in the template
}

// ruleOf is a rule as the JSON output has it.
func ruleOf(r ruleset.Rule) ruleJSON {
	kind := [...]string{"cidr", "tier", "security_group", "prefix_list"}[r.Peer.Kind]
	return ruleJSON{
		Tier: r.Tier, Direction: r.Direction.String(),
		Protocol: r.Protocol.String(), FromPort: r.Ports.From, ToPort: r.Ports.To,
		Peer:        map[string]string{kind: r.Peer.String()},
		Description: r.Description,
		Origin:      r.Origin.String(),
	}
}

// rulesOf are rules as the JSON output has them; covered are those of them that are permitted anyway.
func rulesOf(rules, covered []ruleset.Rule) []ruleJSON {
	left := make(map[ruleset.Key]bool, len(covered))
	for _, r := range covered {
		left[r.Key] = true
	}
	out := make([]ruleJSON, len(rules))
	for i, r := range rules {
		out[i] = ruleOf(r)
		out[i].Covered = left[r.Key]
	}
	return out
}
