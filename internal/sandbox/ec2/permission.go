package ec2

import (
	"net/netip"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// spec is a rule of a request: what it permits, and its description.
type spec struct {
	key
	description string
}

// specsOf takes permissions apart into rules and canonicalises them as EC2
// does: CIDRs lose their host bits and IPv6 spellings, 6 becomes tcp. The same
// rule twice is an error (reported wording).
func specsOf(call *wire.Call, g group, permissions []IpPermission, egress bool) ([]spec, error) {
	var specs []spec
	seen := map[key]bool{}
	for _, p := range permissions {
		base, err := traffic(p)
		if err != nil {
			return nil, err
		}
		base.Egress = egress
		found, err := peers(call, g, p, base)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if seen[s.key] {
				return nil, invalidValue("The same permission must not appear multiple times")
			}
			seen[s.key] = true
			specs = append(specs, s)
		}
	}
	return specs, nil
}

// traffic is the protocol and ports of a permission.
func traffic(p IpPermission) (key, error) {
	protocol, err := canonicalProtocol(p.IpProtocol)
	if err != nil {
		return key{}, err
	}
	k := key{Protocol: protocol, From: -1, To: -1}
	switch protocol {
	case "tcp", "udp":
		return portRange(k, p.FromPort, p.ToPort)
	case "icmp", "icmpv6":
		return icmpType(k, p.FromPort, p.ToPort)
	}
	return k, nil // documented: ports of other protocols are ignored; assumed: read back as -1
}

// canonicalProtocol accepts names in any case (reported) and numbers.
func canonicalProtocol(protocol string) (string, error) {
	switch name := strings.ToLower(protocol); name {
	case "":
		return "", wire.Errorf("MissingParameter", "The request must contain the parameter ipProtocol")
	case "6", "tcp":
		return "tcp", nil
	case "17", "udp":
		return "udp", nil
	case "1", "icmp":
		return "icmp", nil
	case "58", "icmpv6":
		return "icmpv6", nil
	case allProtocols:
		return allProtocols, nil
	default:
		if n, err := strconv.ParseUint(name, 10, 8); err != nil || strconv.FormatUint(n, 10) != name {
			return "", invalidValue("Invalid value '%s' for IP protocol. Unknown protocol.", protocol)
		}
		return name, nil
	}
}

// portRange sets the ports of a TCP or UDP rule: from 0 to 65535, From not above To.
func portRange(k key, from, to *int32) (key, error) {
	if from == nil || to == nil {
		return k, invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	for _, port := range []int32{*from, *to} {
		if port < 0 || port > 65535 {
			return k, invalidValue("TCP/UDP port (%d) out of range", port)
		}
	}
	if *from > *to {
		return k, invalidValue("Invalid TCP/UDP port range (%d:%d)", *from, *to)
	}
	k.From, k.To = *from, *to
	return k, nil
}

// icmpType takes FromPort as type and ToPort as code. Documented: both are
// needed for icmp, and code is -1 where type is; icmpv6 may leave them out.
func icmpType(k key, kind, code *int32) (key, error) {
	if kind == nil && code == nil && k.Protocol == "icmpv6" {
		return k, nil
	}
	if kind == nil || code == nil {
		return k, invalidValue("Invalid value 'Must specify both ICMP type and code.' for icmpTypeCode.")
	}
	switch {
	case *kind < -1 || *kind > 255:
		return k, invalidValue("ICMP type (%d) out of range", *kind)
	case *code < -1 || *code > 255:
		return k, invalidValue("ICMP code (%d) out of range", *code)
	case *kind == -1 && *code != -1:
		return k, invalidValue("ICMP code (%d) must be -1 for all ICMP types", *code)
	}
	k.From, k.To = *kind, *code
	return k, nil
}

// peers are the rules of a permission, one for each peer.
func peers(call *wire.Call, g group, p IpPermission, base key) (specs []spec, err error) {
	add := func(k key, description string) error {
		specs = append(specs, spec{k, description})
		return checkDescription(k, description)
	}
	for _, r := range p.IpRanges {
		k := base
		if k.CIDRv4, err = canonicalCIDR(r.CidrIp, 4); err == nil {
			err = add(k, r.Description)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, r := range p.Ipv6Ranges {
		k := base
		if k.CIDRv6, err = canonicalCIDR(r.CidrIpv6, 6); err == nil {
			err = add(k, r.Description)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, r := range p.PrefixListIds {
		k := base
		k.PrefixList = r.PrefixListId
		if err = checkPeerList(call, r.PrefixListId); err == nil {
			err = add(k, r.Description)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, r := range p.UserIdGroupPairs {
		k := base
		if k.Group, err = peerGroup(call, g, r); err == nil {
			err = add(k, r.Description)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(specs) == 0 {
		end := "source"
		if base.Egress {
			end = "destination"
		}
		return nil, wire.Errorf("InvalidRequest",
			"Missing %s specification: include %s security group or CIDR information", end, end)
	}
	return specs, nil
}

// checkDescription wants the documented characters (reported wording). Those of
// rules with a prefix list or group as peer may not hold an ampersand.
func checkDescription(k key, description string) error {
	isCIDR := k.CIDRv4 != "" || k.CIDRv6 != ""
	if description == "" || isText(description) && (isCIDR || !strings.Contains(description, "&")) {
		return nil
	}
	return invalidValue("Invalid rule description. Valid descriptions are strings less than 256 characters " +
		"from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
}

// canonicalCIDR clears the host bits and spells IPv6 as RFC 5952 does (documented).
func canonicalCIDR(cidr string, version int) (string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || prefix.Addr().Is4() != (version == 4) {
		return "", invalidValue("CIDR block %s is malformed", cidr)
	}
	return prefix.Masked().String(), nil
}

// peerGroup is the ID of a group that a rule names: one of the same VPC.
func peerGroup(call *wire.Call, g group, pair UserIdGroupPair) (string, error) {
	switch {
	case pair.GroupId == "" && pair.GroupName != "":
		return "", noDefaultVPC()
	case pair.UserId != "" && pair.UserId != call.Account:
		return "", groupNotFound(pair.UserId + "/" + pair.GroupId)
	}
	peer, err := getGroup(call, pair.GroupId)
	if err != nil {
		return "", err
	}
	if peer.VPC != g.VPC {
		return "", differentNetworks()
	}
	return peer.ID, nil
}
