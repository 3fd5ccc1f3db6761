package resource

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// direction is which way a rule lets traffic go.
type direction string

const (
	ingress direction = "ingress"
	egress  direction = "egress"
)

func (d direction) prefixList() string {
	if d == egress {
		return "DestinationPrefixListId"
	}
	return "SourcePrefixListId"
}

func (d direction) peerGroup() string {
	if d == egress {
		return "DestinationSecurityGroupId"
	}
	return "SourceSecurityGroupId"
}

// ruleHandler is AWS::EC2::SecurityGroupIngress or Egress.
type ruleHandler struct{ direction direction }

// create authorizes the rule. Two things are reported of CloudFormation and documented nowhere: an egress rule takes away the
// group's allow-all rule, and a rule that equals one which the same update replaces or removes counts as made, and is then
// revoked by that removal. Any other rule that exists already is a duplicate, as EC2 says.
func (h ruleHandler) create(c *Context, want Desired) (State, error) {
	groupID := property(want.Properties, "GroupId")
	if h.direction == egress {
		if err := stripAllowAll(c, groupID); err != nil {
			return State{}, err
		}
	}
	if id, err := h.adopt(c, groupID, want.Properties); id != "" || err != nil {
		return ruleState(id), err
	}
	permissions := []ec2.IpPermission{permission(h.direction, want.Properties)}
	out, err := authorize(c, h.direction, groupID, property(want.Properties, "GroupName"), permissions)
	if err != nil {
		return State{}, err
	}
	return ruleState(out[0].SecurityGroupRuleId), nil
}

func ruleState(id string) State {
	return State{PhysicalID: id, Attributes: map[string]string{"Id": id}}
}

// adopt returns the ID of an equal rule that this operation is about to drop, "" if there is none.
func (h ruleHandler) adopt(c *Context, groupID string, properties template.Map) (string, error) {
	if c.Adoptable == nil {
		return "", nil
	}
	rules, err := rulesOf(c, groupID)
	if err != nil {
		return "", err
	}
	key := keyOf(permission(h.direction, properties))
	for _, r := range rules {
		if r.IsEgress == (h.direction == egress) && keyOfRule(r) == key && c.Adoptable(r.SecurityGroupRuleId) {
			return r.SecurityGroupRuleId, nil
		}
	}
	return "", nil
}

// stripAllowAll revokes a group's allow-all egress rule, whether it is EC2's own or an inline rule of the group. One that is a
// resource of its own stays (assumed).
func stripAllowAll(c *Context, groupID string) error {
	rules, err := rulesOf(c, groupID)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.IsEgress && keyOfRule(r) == allowAll && !c.Owned(r.SecurityGroupRuleId) {
			return revoke(c, egress, groupID, r.SecurityGroupRuleId)
		}
	}
	return nil
}

// update changes the description, the only property that doesn't replace.
func (h ruleHandler) update(c *Context, want Desired, have State) (State, error) {
	descriptions := []ec2.SecurityGroupRuleDescription{{
		SecurityGroupRuleId: have.PhysicalID, Description: property(want.Properties, "Description"),
	}}
	in := &ec2.UpdateSecurityGroupRuleDescriptionsInput{
		GroupId: property(want.Properties, "GroupId"), SecurityGroupRuleDescriptions: descriptions,
	}
	var err error
	if h.direction == egress {
		_, err = invoke(c, "Ec2", "UpdateSecurityGroupRuleDescriptionsEgress", ec2.UpdateSecurityGroupRuleDescriptionsEgress, in)
	} else {
		_, err = invoke(c, "Ec2", "UpdateSecurityGroupRuleDescriptionsIngress", ec2.UpdateSecurityGroupRuleDescriptionsIngress, in)
	}
	return ruleState(have.PhysicalID), err
}

// remove revokes the rule. It is no error that somebody has revoked it before: EC2 itself reports none for most of these
// (reported).
func (h ruleHandler) remove(c *Context, have State) error {
	err := revoke(c, h.direction, property(have.Properties, "GroupId"), have.PhysicalID)
	if wire.IsCode(err, "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound", "InvalidPermission.NotFound") {
		return nil
	}
	return err
}

func (ruleHandler) read(c *Context, id string, _ template.Map) (State, error) {
	_, err := invoke(c, "Ec2", "DescribeSecurityGroupRules", ec2.DescribeSecurityGroupRules,
		&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
	return ruleState(id), err
}

func rulesOf(c *Context, groupID string) ([]ec2.SecurityGroupRule, error) {
	out, err := invoke(c, "Ec2", "DescribeSecurityGroupRules", ec2.DescribeSecurityGroupRules,
		&ec2.DescribeSecurityGroupRulesInput{Filters: []ec2.Filter{{Name: "group-id", Values: []string{groupID}}}})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

// authorize adds rules to a group, which the template names by its ID or, in a default VPC, by its name (ingress alone).
func authorize(c *Context, d direction, groupID, groupName string, permissions []ec2.IpPermission) ([]ec2.SecurityGroupRule, error) {
	if d == egress {
		out, err := invoke(c, "Ec2", "AuthorizeSecurityGroupEgress", ec2.AuthorizeSecurityGroupEgress,
			&ec2.AuthorizeSecurityGroupEgressInput{GroupId: groupID, IpPermissions: permissions})
		if err != nil {
			return nil, err
		}
		return out.SecurityGroupRules, nil
	}
	out, err := invoke(c, "Ec2", "AuthorizeSecurityGroupIngress", ec2.AuthorizeSecurityGroupIngress,
		&ec2.AuthorizeSecurityGroupIngressInput{GroupId: groupID, GroupName: groupName, IpPermissions: permissions})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func revoke(c *Context, d direction, groupID string, ruleIDs ...string) error {
	var err error
	if d == egress {
		_, err = invoke(c, "Ec2", "RevokeSecurityGroupEgress", ec2.RevokeSecurityGroupEgress,
			&ec2.RevokeSecurityGroupEgressInput{GroupId: groupID, SecurityGroupRuleIds: ruleIDs})
	} else {
		_, err = invoke(c, "Ec2", "RevokeSecurityGroupIngress", ec2.RevokeSecurityGroupIngress,
			&ec2.RevokeSecurityGroupIngressInput{GroupId: groupID, SecurityGroupRuleIds: ruleIDs})
	}
	return err
}

// permission is a rule's properties as EC2 takes them.
func permission(d direction, m template.Map) ec2.IpPermission {
	p := ec2.IpPermission{
		IpProtocol: property(m, "IpProtocol"),
		FromPort:   port(m, "FromPort"),
		ToPort:     port(m, "ToPort"),
	}
	description := property(m, "Description")
	if cidr := property(m, "CidrIp"); cidr != "" {
		p.IpRanges = []ec2.IpRange{{CidrIp: cidr, Description: description}}
	}
	if cidr := property(m, "CidrIpv6"); cidr != "" {
		p.Ipv6Ranges = []ec2.Ipv6Range{{CidrIpv6: cidr, Description: description}}
	}
	if id := property(m, d.prefixList()); id != "" {
		p.PrefixListIds = []ec2.PrefixListId{{PrefixListId: id, Description: description}}
	}
	id, name := property(m, d.peerGroup()), property(m, "SourceSecurityGroupName")
	if id != "" || name != "" {
		p.UserIdGroupPairs = []ec2.UserIdGroupPair{{
			GroupId: id, GroupName: name, UserId: property(m, "SourceSecurityGroupOwnerId"), Description: description,
		}}
	}
	return p
}

func port(m template.Map, name string) *int32 {
	n, err := strconv.ParseInt(property(m, name), 10, 32)
	if err != nil {
		return nil
	}
	p := int32(n)
	return &p
}

// key is what EC2 tells rules of a group apart by: the protocol as a name, the
// ports, the peer without host bits. The description is no part of it.
type key struct {
	protocol string
	from, to int32
	peer     string
}

// allowAll is the key of the egress rule that EC2 gives a new group.
var allowAll = key{"-1", -1, -1, "0.0.0.0/0"}

// keyOf is the identity of the rule that a request asks for.
func keyOf(p ec2.IpPermission) key {
	k := key{protocol: protocol(p.IpProtocol), from: -1, to: -1}
	hasPorts := slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, k.protocol)
	if hasPorts && p.FromPort != nil && p.ToPort != nil {
		k.from, k.to = *p.FromPort, *p.ToPort
	}
	switch {
	case len(p.IpRanges) > 0:
		k.peer = masked(p.IpRanges[0].CidrIp)
	case len(p.Ipv6Ranges) > 0:
		k.peer = masked(p.Ipv6Ranges[0].CidrIpv6)
	case len(p.PrefixListIds) > 0:
		k.peer = p.PrefixListIds[0].PrefixListId
	case len(p.UserIdGroupPairs) > 0:
		k.peer = p.UserIdGroupPairs[0].GroupId
	}
	return k
}

// keyOfRule is the identity of a rule as EC2 holds it.
func keyOfRule(r ec2.SecurityGroupRule) key {
	k := key{protocol: protocol(r.IpProtocol), from: r.FromPort, to: r.ToPort}
	switch {
	case r.CidrIpv4 != "":
		k.peer = masked(r.CidrIpv4)
	case r.CidrIpv6 != "":
		k.peer = masked(r.CidrIpv6)
	case r.PrefixListId != "":
		k.peer = r.PrefixListId
	case r.ReferencedGroupInfo != nil:
		k.peer = r.ReferencedGroupInfo.GroupId
	}
	return k
}

// protocol is a protocol as EC2 shows it, whether it is given by name or by number.
func protocol(name string) string {
	switch name = strings.ToLower(name); name {
	case "1":
		return "icmp"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "58":
		return "icmpv6"
	case "all":
		return "-1"
	}
	return name
}

func masked(cidr string) string {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return cidr
	}
	return prefix.Masked().String()
}

func (r inlineRule) compare(other inlineRule) int {
	return cmp.Or(
		cmp.Compare(r.protocol, other.protocol),
		cmp.Compare(r.from, other.from),
		cmp.Compare(r.to, other.to),
		cmp.Compare(r.peer, other.peer),
		cmp.Compare(r.description, other.description),
	)
}
