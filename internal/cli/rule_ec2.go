package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
)

// heldRule is a rule that EC2 holds.
type heldRule struct {
	ruleset.Rule
	ID      string // sgr-...
	GroupID string
}

// heldRules are the rules that EC2 holds for the groups (IDs by tier), in the words of the rule set and with their IDs.
func (c *cloud) heldRules(ctx context.Context, groups map[string]string) ([]heldRule, error) {
	tiers := tiersByID(groups)
	raw, err := live.Rules(ctx, c.ec2, slices.Sorted(maps.Keys(tiers)))
	if err != nil {
		return nil, err
	}
	held := make([]heldRule, len(raw))
	for i, r := range raw {
		rule, err := ruleFromEC2(r, tiers)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		held[i] = heldRule{rule, r.ID, r.GroupID}
	}
	return held, nil
}

func rulesHeld(held []heldRule) []ruleset.Rule {
	rules := make([]ruleset.Rule, len(held))
	for i, h := range held {
		rules[i] = h.Rule
	}
	return rules
}

// tiersByID are the tiers of groups by the groups' IDs.
func tiersByID(groups map[string]string) map[string]string {
	tiers := make(map[string]string, len(groups))
	for tier, id := range groups {
		tiers[id] = tier
	}
	return tiers
}

// ruleFromEC2 reads a rule as EC2 holds it; tiers are the names of the set's groups by ID.
func ruleFromEC2(h live.Rule, tiers map[string]string) (ruleset.Rule, error) {
	r := ruleset.Rule{Key: ruleset.Key{Tier: tiers[h.GroupID]}, Description: h.Description}
	if h.Egress {
		r.Direction = ruleset.Egress
	}
	protocol, err := ruleset.ParseProtocol(h.Protocol)
	if err != nil {
		return r, err
	}
	r.Traffic = ruleset.Traffic{Protocol: protocol, Ports: ruleset.AnyPorts}
	if protocol.HasPorts() || protocol.IsICMP() {
		r.Ports = ruleset.Ports{From: h.FromPort, To: h.ToPort}
	}
	switch tier, own := tiers[h.Group]; {
	case own:
		r.Peer = ruleset.TierPeer(tier)
	case h.Group != "":
		r.Peer = ruleset.GroupPeer(h.Group)
	case h.PrefixList != "":
		r.Peer = ruleset.PrefixPeer(h.PrefixList)
	default:
		prefix, err := ruleset.ParseCIDR(h.CIDR)
		if err != nil {
			return r, err
		}
		r.Peer = ruleset.CIDRPeer(prefix)
	}
	return r, nil
}

// ruleForEC2 is a rule as EC2 takes it; groups are the IDs of the set's groups by tier.
func ruleForEC2(r ruleset.Rule, id string, groups map[string]string) live.Rule {
	out := live.Rule{
		ID: id, GroupID: groups[r.Tier], Egress: r.Direction == ruleset.Egress,
		Protocol: r.Protocol.EC2(), FromPort: r.Ports.From, ToPort: r.Ports.To, Description: r.Description,
	}
	switch r.Peer.Kind {
	case ruleset.TierRef:
		out.Group = groups[r.Peer.Name]
	case ruleset.GroupRef:
		out.Group = r.Peer.Name
	case ruleset.PrefixList:
		out.PrefixList = r.Peer.Name
	case ruleset.CIDR:
		out.CIDR = r.Peer.String()
	}
	return out
}

// revocation is the command that takes a rule out of its group.
func revocation(h heldRule, region string) string {
	verb := "revoke-security-group-ingress"
	if h.Direction == ruleset.Egress {
		verb = "revoke-security-group-egress"
	}
	return fmt.Sprintf("aws ec2 %s --region %s --group-id %s --security-group-rule-ids %s", verb, region, h.GroupID, h.ID)
}
