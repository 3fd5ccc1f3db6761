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

// By the direction of a rule: the type of a rule that is a resource of its own, the property of a group that holds its rules, and
// how the properties begin that name the other end.
var (
	ruleTypes  = [...]string{ruleset.Ingress: typeIngress, ruleset.Egress: typeEgress}
	inlineKeys = [...]string{ruleset.Ingress: "SecurityGroupIngress", ruleset.Egress: "SecurityGroupEgress"}
	peerSides  = [...]string{ruleset.Ingress: "Source", ruleset.Egress: "Destination"}
)

// groupID and parameterID are the logical IDs of a tier's group, and of the SSM parameter that publishes the group's ID.
func groupID(tier string) string     { return tierID(tier) + "SecurityGroup" }
func parameterID(tier string) string { return tierID(tier) + "SecurityGroupIdParameter" }

// OutputID is the key of the output that holds a tier's group ID.
func OutputID(tier string) string { return tierID(tier) + "SecurityGroupId" }

func tierID(tier string) string { return ruleset.Tier{Name: tier}.ID() }

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
	return tierID(k.Tier) + direction + trafficID(k.Traffic) + side + peerID(k.Peer) + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

// canonical is the key as text, for ever: changing it would rename, and so replace, every rule of every stack.
func canonical(k ruleset.Key) string {
	kind := [...]string{"cidr", "tier", "sg", "pl"}[k.Peer.Kind]
	return fmt.Sprintf("%s|%s|%d|%d|%d|%s|%s", k.Tier, k.Direction, k.Protocol, k.Ports.From, k.Ports.To, kind, k.Peer)
}

// trafficID is traffic as a part of a logical ID: Tcp443, Udp8000To8100, IcmpType3Code4, Proto50.
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

// peerID is a peer as a part of a logical ID: a tier's own, or the kind of any other. The hash tells those of one kind apart.
func peerID(p ruleset.Peer) string {
	switch {
	case p.Kind == ruleset.TierRef:
		return tierID(p.Name)
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
