package template

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/sg/ruleset"
)

func groupID(tier string) string { return ruleset.Tier{Name: tier}.ID() + "SecurityGroup" }
func parameterID(tier string) string {
	return ruleset.Tier{Name: tier}.ID() + "SecurityGroupIdParameter"
}
func outputID(tier string) string { return ruleset.Tier{Name: tier}.ID() + "SecurityGroupId" }

// OutputID is the key of the output that holds a tier's group ID.
func OutputID(tier string) string { return outputID(tier) }

// groupIDOf refers to a tier's group. Ref gives the group's ID and, unlike GetAtt, does not make a change set list every
// rule as conditionally replaced when no more than a tag of the group changes.
func groupIDOf(tier string) *yaml.Node { return reference(groupID(tier)) }

// RuleID is the logical ID of a rule: readable, and distinct by a hash of the canonical key. It depends on nothing else,
// so that rules which are one rule for EC2 never have two IDs: CloudFormation would delete one and lose both.
func RuleID(k ruleset.Key) string {
	sum := sha256.Sum256([]byte(canonical(k)))
	direction, side := "Ingress", "From"
	if k.Direction == ruleset.Egress {
		direction, side = "Egress", "To"
	}
	return ruleset.Tier{Name: k.Tier}.ID() + direction + trafficID(k.Traffic) + side + peerID(k.Peer) + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

// canonical is the key as text, for ever: changing it would rename, and so replace, every rule of every stack.
func canonical(k ruleset.Key) string {
	kind := [...]string{"cidr", "tier", "sg", "pl"}[k.Peer.Kind]
	return fmt.Sprintf("%s|%s|%d|%d|%d|%s|%s", k.Tier, k.Direction, k.Protocol, k.Ports.From, k.Ports.To, kind, k.Peer)
}

func trafficID(t ruleset.Traffic) string {
	name := t.Protocol.String()
	if _, err := strconv.Atoi(name); err == nil {
		name = "proto" + name
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	switch {
	case t.Ports == ruleset.AnyPorts:
		return name
	case t.Protocol.IsICMP() && t.Ports.To == -1:
		return fmt.Sprintf("%sType%d", name, t.Ports.From)
	case t.Protocol.IsICMP():
		return fmt.Sprintf("%sType%dCode%d", name, t.Ports.From, t.Ports.To)
	case t.Ports.From == t.Ports.To:
		return fmt.Sprintf("%s%d", name, t.Ports.From)
	default:
		return fmt.Sprintf("%s%dTo%d", name, t.Ports.From, t.Ports.To)
	}
}

func peerID(p ruleset.Peer) string {
	switch {
	case p.Kind == ruleset.TierRef:
		return ruleset.Tier{Name: p.Name}.ID()
	case p.Kind == ruleset.GroupRef:
		return "Group"
	case p.Kind == ruleset.PrefixList:
		return "PrefixList"
	case p.IsIPv6():
		return "Ipv6"
	default:
		return "Ipv4"
	}
}
