package template

import (
	"net/netip"
	"strconv"

	"mlops-infra-suite/internal/sg/ruleset"
)

// inline reads the rules of one direction that stand in a group.
func (r *reader) inline(id string, properties part, d ruleset.Direction) {
	tier, ok := r.tiers[id]
	if !ok {
		return // of a second group of a tier, which has been reported
	}
	key := inlineKeys[d]
	for i, item := range r.items(id, properties, key) {
		r.rule(id+"/"+key+"/"+strconv.Itoa(i), item, tier, d)
	}
}

// standalone reads a rule that is a resource of its own; it reports whether it belongs to a group of the template.
func (r *reader) standalone(id string, properties part, d ruleset.Direction) bool {
	group := properties.get("GroupId")
	tier, ok := r.tierOf(group)
	switch {
	case ok:
		r.rule(id, properties, tier, d)
	case !group.exists():
		r.problem(properties, "%s: GroupId is missing", id)
	case !group.isPlain():
		r.problem(group, "%s.GroupId: it is neither a group of the template nor a group's ID", id)
	}
	return ok
}

// rule reads the properties of a rule, which are the same inside of a group and outside.
func (r *reader) rule(id string, properties part, tier string, d ruleset.Direction) {
	rule := ruleset.Rule{Key: ruleset.Key{
		Tier: tier, Direction: d,
		Traffic: r.traffic(id, properties),
		Peer:    r.peer(id, properties, peerSides[d]),
	}}
	if properties.get("Description").exists() {
		rule.Description = r.text(id, properties, "Description")
	}
	r.deployed.Rules[id] = rule
}

// traffic reads protocol and ports as EC2 keeps them: ports that the protocol doesn't have are none, and ports, an ICMP
// type or a code that is left out is any.
func (r *reader) traffic(id string, properties part) ruleset.Traffic {
	protocol, err := ruleset.ParseProtocol(r.text(id, properties, "IpProtocol"))
	if value := properties.get("IpProtocol"); err != nil && value.isPlain() {
		r.problem(value, "%s.IpProtocol: %v", id, err)
	}
	t := ruleset.Traffic{Protocol: protocol, Ports: ruleset.AnyPorts}
	if protocol.HasPorts() || protocol.IsICMP() {
		t.Ports = ruleset.Ports{From: r.port(id, properties, "FromPort"), To: r.port(id, properties, "ToPort")}
	}
	switch {
	case protocol.HasPorts() && t.Ports == ruleset.AnyPorts:
		t.Ports = ruleset.Ports{From: 0, To: ruleset.MaxPort}
	case protocol.IsICMP() && t.Ports.From == -1:
		t.Ports = ruleset.AnyPorts
	}
	return t
}

// port reads a port; one that is left out is -1.
func (r *reader) port(id string, properties part, key string) int {
	value := properties.get(key)
	if !value.exists() {
		return -1
	}
	n, err := strconv.Atoi(r.text(id, properties, key))
	if err != nil && value.isPlain() {
		r.problem(value, "%s.%s: %q is no whole number", id, key, value.value())
	}
	return n
}

// peer reads the other end. A group that is named by its ID stays one, though it may be the template's own: only EC2 knows.
func (r *reader) peer(id string, properties part, side string) ruleset.Peer {
	var peers []ruleset.Peer
	for _, key := range []string{"CidrIp", "CidrIpv6"} {
		value := properties.get(key)
		if !value.exists() {
			continue
		}
		prefix, err := ruleset.ParseCIDR(r.text(id, properties, key))
		if err != nil && value.isPlain() {
			r.problem(value, "%s.%s: %v", id, key, err)
		}
		peers = append(peers, ruleset.CIDRPeer(prefix))
	}
	if key := side + "PrefixListId"; properties.get(key).exists() {
		peers = append(peers, ruleset.PrefixPeer(r.text(id, properties, key)))
	}
	if group := properties.get(side + "SecurityGroupId"); group.exists() {
		if tier, own := r.tierOf(group); own {
			peers = append(peers, ruleset.TierPeer(tier))
		} else {
			peers = append(peers, ruleset.GroupPeer(r.text(id, properties, side+"SecurityGroupId")))
		}
	}
	if len(peers) != 1 {
		r.problem(properties, "%s: it has %d peers that the tool knows; a rule has one", id, len(peers))
		return ruleset.Peer{}
	}
	return peers[0]
}

// defaultEgress adds what EC2 gives to a group for which a template names no egress at all: everything over IPv4 (reported;
// the documentation says over IPv6 as well).
func (r *reader) defaultEgress() {
	has := map[string]bool{}
	for _, rule := range r.deployed.Rules {
		has[rule.Tier] = has[rule.Tier] || rule.Direction == ruleset.Egress
	}
	for _, tier := range r.deployed.Tiers {
		if has[tier] {
			continue
		}
		r.deployed.Rules[r.deployed.Groups[tier].LogicalID+"/SecurityGroupEgress/default"] = ruleset.Rule{Key: ruleset.Key{
			Tier: tier, Direction: ruleset.Egress,
			Traffic: ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts},
			Peer:    ruleset.CIDRPeer(netip.PrefixFrom(netip.IPv4Unspecified(), 0)),
		}}
	}
}
