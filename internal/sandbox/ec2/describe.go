package ec2

import (
	"cmp"
	"slices"
	"strconv"

	"mlops-infra-suite/internal/sandbox/wire"
)

// DescribeSecurityGroupsInput is DescribeSecurityGroups' request.
type DescribeSecurityGroupsInput struct {
	GroupIds   []string `aws:"GroupId"`
	GroupNames []string `aws:"GroupName"` // work in a default VPC alone
	Filters    []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeSecurityGroupsOutput is DescribeSecurityGroups' response.
type DescribeSecurityGroupsOutput struct {
	SecurityGroups []SecurityGroup `aws:"SecurityGroupInfo"`
	NextToken      string
}

// DescribeSecurityGroups shows groups with their rules.
func DescribeSecurityGroups(call *wire.Call, in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := groupFilters.compile(in.Filters, func(g shownGroup) []Tag { return g.Tags.list() })
	if err != nil {
		return nil, err
	}
	if len(in.GroupNames) > 0 { // reported wording
		return nil, wire.Errorf("InvalidGroup.NotFound",
			"The security group '%s' does not exist in default VPC 'none'", in.GroupNames[0])
	}
	for _, id := range in.GroupIds {
		if _, err := getGroup(call, id); err != nil {
			return nil, err
		}
	}
	groups, token, err := paginate(in.Page, shownGroups(call, in.GroupIds, match), func(g shownGroup) string { return g.ID })
	if err != nil {
		return nil, err
	}
	out := &DescribeSecurityGroupsOutput{SecurityGroups: []SecurityGroup{}, NextToken: token}
	for _, g := range groups {
		out.SecurityGroups = append(out.SecurityGroups, g.show(call))
	}
	return out, dryRun(in.DryRun)
}

// shownGroup is a group with its rules, as filters see it.
type shownGroup struct {
	group
	owner string
	rules []rule
	names map[string]string // of all groups, by ID
}

// shownGroups are the groups with these IDs, or all if there are none, that match.
func shownGroups(call *wire.Call, ids []string, match func(shownGroup) bool) (found []shownGroup) {
	names := groupNames(call)
	wanted := newWanted(ids)
	for g := range groupsOf(call, "") {
		if !wanted.has(g.ID) {
			continue
		}
		shown := shownGroup{group: g, owner: call.Account, names: names, rules: slices.Collect(rulesOf(call, g.ID))}
		if match(shown) {
			found = append(found, shown)
		}
	}
	return found
}

func (g shownGroup) show(call *wire.Call) SecurityGroup {
	return SecurityGroup{
		OwnerId: g.owner, GroupId: g.ID, GroupName: g.Name, Description: g.Description,
		VpcId: g.VPC, SecurityGroupArn: g.arn(call), Tags: g.Tags.list(),
		IpPermissions:       permissions(call, g.rules, false),
		IpPermissionsEgress: permissions(call, g.rules, true),
	}
}

// groupFilters are all documented filters. Those on rules hold when any rule,
// not necessarily the same one, matches.
var groupFilters = newGroupFilters()

func newGroupFilters() filterSet[shownGroup] {
	filters := filterSet[shownGroup]{
		"description": one(func(g shownGroup) string { return g.Description }),
		"group-id":    one(func(g shownGroup) string { return g.ID }),
		"group-name":  one(func(g shownGroup) string { return g.Name }),
		"owner-id":    one(func(g shownGroup) string { return g.owner }),
		"vpc-id":      one(func(g shownGroup) string { return g.VPC }),
	}
	ofRule := map[string]func(shownGroup, rule) string{ // "" where the rule has no such thing
		"cidr":           func(_ shownGroup, r rule) string { return r.CIDRv4 },
		"ipv6-cidr":      func(_ shownGroup, r rule) string { return r.CIDRv6 },
		"prefix-list-id": func(_ shownGroup, r rule) string { return r.PrefixList },
		"protocol":       func(_ shownGroup, r rule) string { return r.Protocol },
		"from-port":      func(_ shownGroup, r rule) string { return r.port(r.From) },
		"to-port":        func(_ shownGroup, r rule) string { return r.port(r.To) },
		"group-id":       func(_ shownGroup, r rule) string { return r.Group },
		"group-name":     func(g shownGroup, r rule) string { return g.names[r.Group] },
		"user-id":        shownGroup.userOf,
	}
	for name, value := range ofRule {
		filters["ip-permission."+name] = ofRules(false, value)
		filters["egress.ip-permission."+name] = ofRules(true, value)
	}
	return filters
}

func ofRules(egress bool, value func(shownGroup, rule) string) func(shownGroup) []string {
	return func(g shownGroup) (values []string) {
		for _, r := range g.rules {
			if v := value(g, r); r.Egress == egress && v != "" {
				values = append(values, v)
			}
		}
		return values
	}
}

func (g shownGroup) userOf(r rule) string {
	if r.Group == "" {
		return ""
	}
	return g.owner
}

// port is a port for a filter, "" for protocols without ports.
func (k key) port(number int32) string {
	if !hasPorts(k.Protocol) {
		return ""
	}
	return strconv.Itoa(int(number))
}

// permissions shows the rules of one direction as EC2 does: peers of one
// protocol and port range together, lists never null.
func permissions(call *wire.Call, rules []rule, egress bool) []IpPermission {
	shown := []IpPermission{}
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b rule) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	var last key
	for _, r := range rules {
		if r.Egress != egress {
			continue
		}
		if k := (key{Protocol: r.Protocol, From: r.From, To: r.To}); len(shown) == 0 || k != last {
			last = k
			shown = append(shown, emptyPermission(k))
		}
		shown[len(shown)-1].add(call, r)
	}
	return shown
}

func emptyPermission(k key) IpPermission {
	p := IpPermission{
		IpProtocol: k.Protocol, UserIdGroupPairs: []UserIdGroupPair{}, IpRanges: []IpRange{},
		Ipv6Ranges: []Ipv6Range{}, PrefixListIds: []PrefixListId{},
	}
	if hasPorts(k.Protocol) {
		p.FromPort, p.ToPort = &k.From, &k.To
	}
	return p
}

// add adds the peer of a rule.
func (p *IpPermission) add(call *wire.Call, r rule) {
	switch {
	case r.CIDRv4 != "":
		p.IpRanges = append(p.IpRanges, IpRange{CidrIp: r.CIDRv4, Description: r.Description})
	case r.CIDRv6 != "":
		p.Ipv6Ranges = append(p.Ipv6Ranges, Ipv6Range{CidrIpv6: r.CIDRv6, Description: r.Description})
	case r.PrefixList != "":
		p.PrefixListIds = append(p.PrefixListIds, PrefixListId{PrefixListId: r.PrefixList, Description: r.Description})
	case r.Group != "":
		p.UserIdGroupPairs = append(p.UserIdGroupPairs,
			UserIdGroupPair{UserId: call.Account, GroupId: r.Group, Description: r.Description})
	}
}

// DescribeSecurityGroupRulesInput is DescribeSecurityGroupRules' request.
type DescribeSecurityGroupRulesInput struct {
	SecurityGroupRuleIds []string `aws:"SecurityGroupRuleId"`
	Filters              []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeSecurityGroupRulesOutput is DescribeSecurityGroupRules' response.
type DescribeSecurityGroupRulesOutput struct {
	SecurityGroupRules []SecurityGroupRule `aws:"SecurityGroupRuleSet"`
	NextToken          string
}

// ruleFilters are all documented filters.
var ruleFilters = filterSet[rule]{
	"group-id":               one(func(r rule) string { return r.GroupID }),
	"security-group-rule-id": one(func(r rule) string { return r.ID }),
}

// rulesNamed are the rules with these IDs, each once, in the order of rulesOf.
func rulesNamed(call *wire.Call, ids []string) ([]rule, error) {
	rules := make([]rule, len(ids))
	for i, id := range ids {
		var err error
		if rules[i], err = getRule(call, id); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(rules, func(a, b rule) int { return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(rules, func(a, b rule) bool { return a.ID == b.ID }), nil
}

// DescribeSecurityGroupRules shows rules one by one. A group-id filter that no
// group matches finds nothing.
func DescribeSecurityGroupRules(call *wire.Call, in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := ruleFilters.compile(in.Filters, func(r rule) []Tag { return r.Tags.list() })
	if err != nil {
		return nil, err
	}
	candidates := rulesOf(call, "")
	if len(in.SecurityGroupRuleIds) > 0 {
		named, err := rulesNamed(call, in.SecurityGroupRuleIds)
		if err != nil {
			return nil, err
		}
		candidates = slices.Values(named)
	}
	var found []rule
	for r := range candidates {
		if match(r) {
			found = append(found, r)
		}
	}
	rules, token, err := paginate(in.Page, found, func(r rule) string { return r.ID })
	if err != nil {
		return nil, err
	}
	return &DescribeSecurityGroupRulesOutput{SecurityGroupRules: showRules(call, rules), NextToken: token}, dryRun(in.DryRun)
}
