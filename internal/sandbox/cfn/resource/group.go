package resource

import (
	"maps"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// groupHandler is AWS::EC2::SecurityGroup.
type groupHandler struct{}

// maxGroupName is EC2's limit, which generated names keep to.
const maxGroupName = 255

// create makes the group, under a generated name if the template gives none, and its inline rules.
func (groupHandler) create(c *Context, want Desired) (State, error) {
	p := want.Properties
	name := property(p, "GroupName")
	if name == "" {
		suffix := "-" + c.suffix()
		name = want.StackName + "-" + want.LogicalID
		name = name[:min(len(name), maxGroupName-len(suffix))] + suffix
	}
	in := &ec2.CreateSecurityGroupInput{
		GroupName:   name,
		Description: property(p, "GroupDescription"),
		VpcId:       property(p, "VpcId"),
	}
	if !c.TagsAfterCreation {
		in.TagSpecifications = tagSpecifications("security-group", want)
	}
	out, err := invoke(c, "Ec2", "CreateSecurityGroup", ec2.CreateSecurityGroup, in)
	if err != nil {
		return State{}, err
	}
	state := groupState(out.GroupId, p)
	// A group without inline egress rules keeps EC2's allow-all rule (documented).
	if err := changeRules(c, egress, state.PhysicalID, nil, p); err != nil {
		return State{}, err
	}
	if err := changeRules(c, ingress, state.PhysicalID, nil, p); err != nil || !c.TagsAfterCreation {
		return state, err
	}
	return state, changeTags(c, want, State{PhysicalID: state.PhysicalID})
}

func (groupHandler) update(c *Context, want Desired, have State) (State, error) {
	for _, d := range []direction{egress, ingress} {
		if err := changeRules(c, d, have.PhysicalID, have.Properties, want.Properties); err != nil {
			return State{}, err
		}
	}
	if err := changeTags(c, want, have); err != nil {
		return State{}, err
	}
	return groupState(have.PhysicalID, want.Properties), nil
}

func (groupHandler) remove(c *Context, have State) error {
	_, err := invoke(c, "Ec2", "DeleteSecurityGroup", ec2.DeleteSecurityGroup,
		&ec2.DeleteSecurityGroupInput{GroupId: have.PhysicalID})
	if wire.IsCode(err, "InvalidGroup.NotFound") {
		return nil
	}
	return err
}

func (groupHandler) read(c *Context, id string, properties template.Map) (State, error) {
	_, err := invoke(c, "Ec2", "DescribeSecurityGroups", ec2.DescribeSecurityGroups,
		&ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	return groupState(id, properties), err
}

// find is the ID of the group with the name and the VPC of p, or "" if there is none or p has no name.
func (groupHandler) find(c *Context, p template.Map) (string, error) {
	name := property(p, "GroupName")
	if name == "" {
		return "", nil
	}
	out, err := invoke(c, "Ec2", "DescribeSecurityGroups", ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2.Filter{{Name: "group-name", Values: []string{name}}, {Name: "vpc-id", Values: []string{property(p, "VpcId")}}},
	})
	if err != nil || len(out.SecurityGroups) == 0 {
		return "", err
	}
	return out.SecurityGroups[0].GroupId, nil
}

func groupState(id string, p template.Map) State {
	return State{PhysicalID: id, Attributes: map[string]string{"Id": id, "GroupId": id, "VpcId": property(p, "VpcId")}}
}

// inlineRule is a rule written inside a group, with the key by which it is the same rule.
type inlineRule struct {
	key
	description string
}

// inlineRules are a group's rules of one direction.
func inlineRules(d direction, p template.Map) map[inlineRule]ec2.IpPermission {
	rules := map[inlineRule]ec2.IpPermission{}
	list, _ := p[d.inline()].(template.List)
	for _, item := range list {
		fields, _ := item.(template.Map)
		rule := permission(d, fields)
		rules[inlineRule{keyOf(rule), property(fields, "Description")}] = rule
	}
	return rules
}

func (d direction) inline() string {
	if d == egress {
		return "SecurityGroupEgress"
	}
	return "SecurityGroupIngress"
}

// changeRules turns the inline rules of one direction of a group into those wanted. A changed rule is revoked before the new
// one is authorized, a rule that exists already counts as made, and one that is gone counts as revoked (all reported). The
// first egress rule replaces EC2's allow-all rule; once the last one is gone, nothing is let out (both documented).
func changeRules(c *Context, d direction, groupID string, have, want template.Map) error {
	old, wanted := inlineRules(d, have), inlineRules(d, want)
	if maps.EqualFunc(old, wanted, func(_, _ ec2.IpPermission) bool { return true }) {
		return nil
	}
	rules, err := rulesOf(c, groupID)
	if err != nil {
		return err
	}
	present := map[key]string{}
	for _, r := range rules {
		if r.IsEgress == (d == egress) {
			present[keyOfRule(r)] = r.SecurityGroupRuleId
		}
	}
	if d == egress && len(old) == 0 && !c.Owned(present[allowAll]) {
		old[inlineRule{key: allowAll}] = ec2.IpPermission{}
	}
	var dropped []string
	for _, rule := range sortedRules(old) {
		if _, kept := wanted[rule]; !kept && present[rule.key] != "" {
			dropped = append(dropped, present[rule.key])
			delete(present, rule.key)
		}
	}
	if len(dropped) > 0 {
		if err := revoke(c, d, groupID, dropped...); err != nil {
			return err
		}
	}
	var added []ec2.IpPermission
	for _, rule := range sortedRules(wanted) {
		if _, exists := present[rule.key]; !exists {
			added = append(added, wanted[rule])
			present[rule.key] = ""
		}
	}
	if len(added) > 0 {
		_, err = authorize(c, d, groupID, "", added)
	}
	return err
}

func sortedRules(rules map[inlineRule]ec2.IpPermission) []inlineRule {
	return slices.SortedFunc(maps.Keys(rules), inlineRule.compare)
}
