package resource

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Actual reads the resource as it is now, as properties of its schema; exists is false if it is gone. Its error is a
// *HandlerError.
func (t Type) Actual(c *Context, have State) (properties template.Map, exists bool, err error) {
	properties, err = t.handler.actual(c, have)
	if isGone(err) {
		return nil, false, nil
	}
	return properties, err == nil, c.failure(err)
}

func isGone(err error) bool {
	return wire.IsCode(err, "InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "ParameterNotFound",
		"InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidNetworkInterfaceID.NotFound")
}

// actual leaves out the rules that are resources of the same stack: AWS does not take an attached resource for a part of the
// group where both are in one template (documented).
func (groupHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ec2", "DescribeSecurityGroups", ec2.DescribeSecurityGroups,
		&ec2.DescribeSecurityGroupsInput{GroupIds: []string{have.PhysicalID}})
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(c, have.PhysicalID)
	if err != nil {
		return nil, err
	}
	group := out.SecurityGroups[0]
	in, eg := template.List{}, template.List{}
	for _, r := range rules {
		switch {
		case c.Owned(r.SecurityGroupRuleId):
		case r.IsEgress:
			eg = append(eg, ruleProperties(egress, r))
		default:
			in = append(in, ruleProperties(ingress, r))
		}
	}
	return template.Map{
		"GroupDescription": group.Description, "GroupName": group.GroupName, "VpcId": group.VpcId,
		ingress.inline(): in, egress.inline(): eg, "Tags": ownTags(have, ec2TagMap(group.Tags)),
	}, nil
}

func (h ruleHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ec2", "DescribeSecurityGroupRules", ec2.DescribeSecurityGroupRules,
		&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{have.PhysicalID}})
	if err != nil {
		return nil, err
	}
	rule := out.SecurityGroupRules[0]
	properties := ruleProperties(h.direction, rule)
	properties["GroupId"] = rule.GroupId
	return properties, nil
}

// ruleProperties is a rule of EC2 as a template would write it.
func ruleProperties(d direction, r ec2.SecurityGroupRule) template.Map {
	p := template.Map{
		"IpProtocol": r.IpProtocol, "FromPort": strconv.Itoa(int(r.FromPort)), "ToPort": strconv.Itoa(int(r.ToPort)),
	}
	given := map[string]string{
		"CidrIp": r.CidrIpv4, "CidrIpv6": r.CidrIpv6, d.prefixList(): r.PrefixListId, "Description": r.Description,
	}
	if r.ReferencedGroupInfo != nil {
		given[d.peerGroup()] = r.ReferencedGroupInfo.GroupId
		if d == ingress {
			given["SourceSecurityGroupOwnerId"] = r.ReferencedGroupInfo.UserId
		}
	}
	for name, value := range given {
		if value != "" {
			p[name] = value
		}
	}
	return p
}

// actual leaves out the tags that come from the stack or from AWS, unless the template declares them too.
func (parameterHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ssm", "GetParameter", ssm.GetParameter, &ssm.GetParameterInput{Name: have.PhysicalID})
	if err != nil {
		return nil, err
	}
	list, err := invoke(c, "Ssm", "ListTagsForResource", ssm.ListTagsForResource,
		&ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: have.PhysicalID})
	if err != nil {
		return nil, err
	}
	own, _ := have.Properties["Tags"].(template.Map)
	tags := template.Map{}
	for _, tag := range list.TagList {
		_, stacks := have.Tags[tag.Key]
		if _, declared := own[tag.Key]; declared || !stacks && !strings.HasPrefix(tag.Key, "aws:") {
			tags[tag.Key] = tag.Value
		}
	}
	return template.Map{
		"Name": out.Parameter.Name, "Type": out.Parameter.Type, "Value": out.Parameter.Value,
		"DataType": out.Parameter.DataType, "Tags": tags,
	}, nil
}

func (vpcHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ec2", "DescribeVpcs", ec2.DescribeVpcs, &ec2.DescribeVpcsInput{VpcIds: []string{have.PhysicalID}})
	if err != nil {
		return nil, err
	}
	vpc := out.Vpcs[0]
	return template.Map{
		"CidrBlock": vpc.CidrBlock, "InstanceTenancy": vpc.InstanceTenancy, "Tags": ownTags(have, ec2TagMap(vpc.Tags)),
	}, nil
}

func (subnetHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ec2", "DescribeSubnets", ec2.DescribeSubnets,
		&ec2.DescribeSubnetsInput{SubnetIds: []string{have.PhysicalID}})
	if err != nil {
		return nil, err
	}
	s := out.Subnets[0]
	return template.Map{
		"AvailabilityZone": s.AvailabilityZone, "CidrBlock": s.CidrBlock, "VpcId": s.VpcId,
		"Tags": ownTags(have, ec2TagMap(s.Tags)),
	}, nil
}

func (interfaceHandler) actual(c *Context, have State) (template.Map, error) {
	out, err := invoke(c, "Ec2", "DescribeNetworkInterfaces", ec2.DescribeNetworkInterfaces,
		&ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{have.PhysicalID}})
	if err != nil {
		return nil, err
	}
	n := out.NetworkInterfaces[0]
	groups := template.List{}
	for _, g := range n.Groups {
		groups = append(groups, g.GroupId)
	}
	p := template.Map{
		"GroupSet": groups, "InterfaceType": n.InterfaceType, "PrivateIpAddress": n.PrivateIpAddress,
		"SourceDestCheck": strconv.FormatBool(n.SourceDestCheck), "SubnetId": n.SubnetId,
		"Tags": ownTags(have, ec2TagMap(n.Tags)),
	}
	if n.Description != "" {
		p["Description"] = n.Description
	}
	return p, nil
}

// ownTags are the tags of an EC2 resource without the stack's, except for keys that the resource declares itself. (Assumed: AWS
// expects the stack's tags, so that a change of one shows nowhere.)
func ownTags(have State, actual map[string]string) template.List {
	declared := tagsOf(have.Properties, nil)
	list := template.List{}
	for _, key := range slices.Sorted(maps.Keys(actual)) {
		_, stacks := have.Tags[key]
		if _, own := declared[key]; own || !stacks && !strings.HasPrefix(key, "aws:") {
			list = append(list, template.Map{"Key": key, "Value": actual[key]})
		}
	}
	return list
}

func ec2TagMap(tags []ec2.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, tag := range tags {
		m[tag.Key] = tag.Value
	}
	return m
}
