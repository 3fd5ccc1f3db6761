package ec2

import (
	"mlops-infra-suite/internal/sandbox/wire"
)

// UpdateSecurityGroupRuleDescriptionsInput is the request of both
// UpdateSecurityGroupRuleDescriptions operations: either permissions with the
// new descriptions, or descriptions by rule ID.
type UpdateSecurityGroupRuleDescriptionsInput struct {
	GroupId                       string
	GroupName                     string
	IpPermissions                 []IpPermission
	SecurityGroupRuleDescriptions []SecurityGroupRuleDescription `aws:"SecurityGroupRuleDescription"`
	DryRun                        bool
}

// SecurityGroupRuleDescription is a new description; "" removes the present one.
type SecurityGroupRuleDescription struct {
	SecurityGroupRuleId string
	Description         string
}

// UpdateSecurityGroupRuleDescriptionsIngress replaces the descriptions of inbound rules, and nothing else.
func UpdateSecurityGroupRuleDescriptionsIngress(call *wire.Call, in *UpdateSecurityGroupRuleDescriptionsInput) (*SuccessOutput, error) {
	return updateDescriptions(call, in, false)
}

// UpdateSecurityGroupRuleDescriptionsEgress does the same to outbound rules.
func UpdateSecurityGroupRuleDescriptionsEgress(call *wire.Call, in *UpdateSecurityGroupRuleDescriptionsInput) (*SuccessOutput, error) {
	return updateDescriptions(call, in, true)
}

// updateDescriptions is both UpdateSecurityGroupRuleDescriptions operations.
func updateDescriptions(call *wire.Call, in *UpdateSecurityGroupRuleDescriptionsInput, egress bool) (*SuccessOutput, error) {
	g, err := resolveGroup(call, in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if len(in.IpPermissions) > 0 && len(in.SecurityGroupRuleDescriptions) > 0 {
		return nil, wire.Errorf("InvalidParameterCombination",
			"The parameter securityGroupRuleDescriptions cannot be used with the parameter ipPermissions")
	}
	var changed []rule
	if len(in.SecurityGroupRuleDescriptions) > 0 {
		changed, err = describeByID(call, g, in.SecurityGroupRuleDescriptions, egress)
	} else {
		changed, err = describeByPermission(call, g, in.IpPermissions, egress)
	}
	if err != nil {
		return nil, err
	}
	for _, r := range changed {
		r.put(call)
	}
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

func describeByID(call *wire.Call, g group, descriptions []SecurityGroupRuleDescription, egress bool) (changed []rule, err error) {
	for _, d := range descriptions {
		found, err := rulesByID(call, g, []string{d.SecurityGroupRuleId}, egress)
		if err != nil {
			return nil, err
		}
		r := found[0]
		if err := checkDescription(r.key, d.Description); err != nil {
			return nil, err
		}
		r.Description = d.Description
		changed = append(changed, r)
	}
	return changed, nil
}

func describeByPermission(call *wire.Call, g group, permissions []IpPermission, egress bool) (changed []rule, err error) {
	specs, err := requiredSpecs(call, g, permissions, egress)
	if err != nil {
		return nil, err
	}
	changed, err = rulesBySpec(call, g, specs)
	for i := range changed {
		changed[i].Description = specs[i].description
	}
	return changed, err
}

// ModifySecurityGroupRulesInput is ModifySecurityGroupRules' request.
type ModifySecurityGroupRulesInput struct {
	GroupId            string                    `aws:",required"`
	SecurityGroupRules []SecurityGroupRuleUpdate `aws:"SecurityGroupRule,required"`
	DryRun             bool
}

// SecurityGroupRuleUpdate says what a rule is to become.
type SecurityGroupRuleUpdate struct {
	SecurityGroupRuleId string `aws:",required"`
	SecurityGroupRule   SecurityGroupRuleRequest
}

// SecurityGroupRuleRequest is a rule with one peer, in a request. It replaces
// the present rule as a whole: a description left out is removed.
type SecurityGroupRuleRequest struct {
	IpProtocol        string
	FromPort          *int32
	ToPort            *int32
	CidrIpv4          string
	CidrIpv6          string
	PrefixListId      string
	ReferencedGroupId string
	Description       string
}

// ModifySecurityGroupRules replaces rules in place: they keep their IDs, tags and
// direction, and all change at once.
func ModifySecurityGroupRules(call *wire.Call, in *ModifySecurityGroupRulesInput) (*SuccessOutput, error) {
	g, err := getGroup(call, in.GroupId)
	if err != nil {
		return nil, err
	}
	rules := map[string]rule{} // what the group is to hold, by ID
	for r := range rulesOf(call, g.ID) {
		rules[r.ID] = r
	}
	for _, update := range in.SecurityGroupRules {
		if rules[update.SecurityGroupRuleId], err = update.apply(call, g); err != nil {
			return nil, err
		}
	}
	if err := checkRules(call, rules); err != nil {
		return nil, err
	}
	for _, update := range in.SecurityGroupRules {
		rules[update.SecurityGroupRuleId].put(call)
	}
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

// apply returns the rule as it is to become.
func (u SecurityGroupRuleUpdate) apply(call *wire.Call, g group) (rule, error) {
	r, err := getRule(call, u.SecurityGroupRuleId)
	if err != nil {
		return rule{}, err
	}
	if r.GroupID != g.ID {
		return rule{}, ruleNotFound(r.ID)
	}
	specs, err := specsOf(call, g, []IpPermission{u.SecurityGroupRule.permission()}, r.Egress)
	if err != nil {
		return rule{}, err
	}
	if len(specs) > 1 {
		return rule{}, wire.Errorf("InvalidParameterCombination", "A rule has exactly one peer")
	}
	r.key, r.Description = specs[0].key, specs[0].description
	return r, nil
}

// permission is the rule in the form that AuthorizeSecurityGroup takes.
func (r SecurityGroupRuleRequest) permission() IpPermission {
	p := IpPermission{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort}
	if r.CidrIpv4 != "" {
		p.IpRanges = []IpRange{{CidrIp: r.CidrIpv4, Description: r.Description}}
	}
	if r.CidrIpv6 != "" {
		p.Ipv6Ranges = []Ipv6Range{{CidrIpv6: r.CidrIpv6, Description: r.Description}}
	}
	if r.PrefixListId != "" {
		p.PrefixListIds = []PrefixListId{{PrefixListId: r.PrefixListId, Description: r.Description}}
	}
	if r.ReferencedGroupId != "" {
		p.UserIdGroupPairs = []UserIdGroupPair{{GroupId: r.ReferencedGroupId, Description: r.Description}}
	}
	return p
}

// checkRules wants the rules to be distinct and within the quota.
func checkRules(call *wire.Call, rules map[string]rule) error {
	byKey := map[key]rule{}
	for _, r := range rules {
		if _, ok := byKey[r.key]; ok {
			return duplicate(r.key)
		}
		byKey[r.key] = r
	}
	if err := checkQuota(call, byKey, false); err != nil {
		return err
	}
	return checkQuota(call, byKey, true)
}
