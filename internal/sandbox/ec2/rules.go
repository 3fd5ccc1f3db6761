package ec2

import (
	"mlops-infra-suite/internal/sandbox/wire"
)

// maxRules is the documented default quota of a group's rules, for each
// direction and, separately, for IPv4 and IPv6. Assumed: a rule with a group as
// peer counts in both halves.
const maxRules = 60

// AuthorizeSecurityGroupIngressInput is AuthorizeSecurityGroupIngress' request:
// IpPermissions, or one rule in the parameters IpProtocol to CidrIp.
type AuthorizeSecurityGroupIngressInput struct {
	GroupId           string
	GroupName         string
	IpPermissions     []IpPermission
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	FlatRule
	DryRun bool
}

// FlatRule is one rule without a description, written into the request itself.
type FlatRule struct {
	IpProtocol string
	FromPort   *int32
	ToPort     *int32
	CidrIp     string
}

// AuthorizeSecurityGroupEgressInput is AuthorizeSecurityGroupEgress' request.
type AuthorizeSecurityGroupEgressInput struct {
	GroupId           string `aws:",required"`
	IpPermissions     []IpPermission
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	DryRun            bool
}

// AuthorizeSecurityGroupOutput is the response of both Authorize operations.
type AuthorizeSecurityGroupOutput struct {
	Return             bool
	SecurityGroupRules []SecurityGroupRule `aws:"SecurityGroupRuleSet"`
}

// AuthorizeSecurityGroupIngress adds inbound rules: all of them or none.
func AuthorizeSecurityGroupIngress(call *wire.Call, in *AuthorizeSecurityGroupIngressInput) (*AuthorizeSecurityGroupOutput, error) {
	g, err := resolveGroup(call, in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	permissions, err := in.FlatRule.join(in.IpPermissions)
	if err != nil {
		return nil, err
	}
	out, err := authorize(call, g, permissions, in.TagSpecifications, false)
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// AuthorizeSecurityGroupEgress adds outbound rules: all of them or none.
func AuthorizeSecurityGroupEgress(call *wire.Call, in *AuthorizeSecurityGroupEgressInput) (*AuthorizeSecurityGroupOutput, error) {
	g, err := getGroup(call, in.GroupId)
	if err != nil {
		return nil, err
	}
	out, err := authorize(call, g, in.IpPermissions, in.TagSpecifications, true)
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// join makes permissions of the request's two forms, of which only one may be used.
func (r FlatRule) join(permissions []IpPermission) ([]IpPermission, error) {
	switch {
	case r == FlatRule{}:
		return permissions, nil
	case len(permissions) > 0:
		return nil, wire.Errorf("InvalidParameterCombination",
			"The parameter ipPermissions cannot be used with the parameters of a single rule")
	}
	p := IpPermission{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort}
	if r.CidrIp != "" {
		p.IpRanges = []IpRange{{CidrIp: r.CidrIp}}
	}
	return []IpPermission{p}, nil
}

// authorize is both AuthorizeSecurityGroup operations. One rule that is there already refuses them all.
func authorize(call *wire.Call, g group, permissions []IpPermission, given []TagSpecification, egress bool) (*AuthorizeSecurityGroupOutput, error) {
	tags, err := specified(call, "security-group-rule", given)
	if err != nil {
		return nil, err
	}
	specs, err := requiredSpecs(call, g, permissions, egress)
	if err != nil {
		return nil, err
	}
	present := keysOf(call, g.ID)
	for _, s := range specs {
		if _, ok := present[s.key]; ok {
			return nil, duplicate(s.key)
		}
		present[s.key] = rule{}
	}
	if err := checkQuota(call, present, egress); err != nil {
		return nil, err
	}
	var added []rule
	for _, s := range specs {
		added = append(added, addRule(call, rule{GroupID: g.ID, key: s.key, Description: s.description, Tags: tags}))
	}
	return &AuthorizeSecurityGroupOutput{Return: true, SecurityGroupRules: showRules(call, added)}, nil
}

// requiredSpecs are the rules of permissions, of which there must be one.
func requiredSpecs(call *wire.Call, g group, permissions []IpPermission, egress bool) ([]spec, error) {
	if len(permissions) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	return specsOf(call, g, permissions, egress)
}

func keysOf(call *wire.Call, groupID string) map[key]rule {
	rules := map[key]rule{}
	for r := range rulesOf(call, groupID) {
		rules[r.key] = r
	}
	return rules
}

// checkQuota wants at most maxRules rules of each address family in one direction.
func checkQuota(call *wire.Call, rules map[key]rule, egress bool) error {
	v4, v6 := 0, 0
	for k := range rules {
		if k.Egress == egress {
			more4, more6 := k.weight(call)
			v4, v6 = v4+more4, v6+more6
		}
	}
	if max(v4, v6) > maxRules {
		return wire.Errorf("RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.")
	}
	return nil
}

// weight is how many rules of each family a rule counts as.
func (k key) weight(call *wire.Call) (v4, v6 int) {
	switch {
	case k.CIDRv4 != "":
		return 1, 0
	case k.CIDRv6 != "":
		return 0, 1
	case k.PrefixList != "":
		return weightOf(call, k.PrefixList)
	}
	return 1, 1
}

// RevokeSecurityGroupIngressInput is RevokeSecurityGroupIngress' request: rule
// IDs, IpPermissions, or one rule in the parameters IpProtocol to CidrIp.
type RevokeSecurityGroupIngressInput struct {
	GroupId              string
	GroupName            string
	IpPermissions        []IpPermission
	SecurityGroupRuleIds []string `aws:"SecurityGroupRuleId"`
	FlatRule
	DryRun bool
}

// RevokeSecurityGroupEgressInput is RevokeSecurityGroupEgress' request.
type RevokeSecurityGroupEgressInput struct {
	GroupId              string `aws:",required"`
	IpPermissions        []IpPermission
	SecurityGroupRuleIds []string `aws:"SecurityGroupRuleId"`
	DryRun               bool
}

// RevokeSecurityGroupOutput is the response of both Revoke operations. Unknown
// permissions are an error in a VPC that is not the default one, so there are none.
type RevokeSecurityGroupOutput struct {
	Return                    bool
	RevokedSecurityGroupRules []RevokedSecurityGroupRule `aws:"RevokedSecurityGroupRuleSet"`
	UnknownIpPermissions      []IpPermission             `aws:"UnknownIpPermissionSet"`
}

// RevokeSecurityGroupIngress removes inbound rules. Documented: in a VPC that is
// not the default one a rule that is not there fails the request with
// InvalidPermission.NotFound, and nothing is revoked.
func RevokeSecurityGroupIngress(call *wire.Call, in *RevokeSecurityGroupIngressInput) (*RevokeSecurityGroupOutput, error) {
	g, err := resolveGroup(call, in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	permissions, err := in.FlatRule.join(in.IpPermissions)
	if err != nil {
		return nil, err
	}
	out, err := revoke(call, g, permissions, in.SecurityGroupRuleIds, false)
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// RevokeSecurityGroupEgress removes outbound rules, as RevokeSecurityGroupIngress
// does inbound ones. (Reported: the reference says less of this operation.)
func RevokeSecurityGroupEgress(call *wire.Call, in *RevokeSecurityGroupEgressInput) (*RevokeSecurityGroupOutput, error) {
	g, err := getGroup(call, in.GroupId)
	if err != nil {
		return nil, err
	}
	out, err := revoke(call, g, in.IpPermissions, in.SecurityGroupRuleIds, true)
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// revoke is both RevokeSecurityGroup operations. One rule that is not there refuses them all.
func revoke(call *wire.Call, g group, permissions []IpPermission, ids []string, egress bool) (*RevokeSecurityGroupOutput, error) {
	rules, err := rulesToRevoke(call, g, permissions, ids, egress)
	if err != nil {
		return nil, err
	}
	out := &RevokeSecurityGroupOutput{
		Return:                    true,
		RevokedSecurityGroupRules: []RevokedSecurityGroupRule{},
		UnknownIpPermissions:      []IpPermission{},
	}
	for _, r := range rules {
		r.remove(call)
		out.RevokedSecurityGroupRules = append(out.RevokedSecurityGroupRules, r.revoked())
	}
	return out, nil
}

// rulesToRevoke finds the rules that a request names, by their IDs or by their permissions.
func rulesToRevoke(call *wire.Call, g group, permissions []IpPermission, ids []string, egress bool) ([]rule, error) {
	if len(ids) > 0 {
		if len(permissions) > 0 {
			return nil, wire.Errorf("InvalidParameterCombination",
				"The parameter securityGroupRuleIds cannot be used with the parameter ipPermissions")
		}
		return rulesByID(call, g, ids, egress)
	}
	specs, err := requiredSpecs(call, g, permissions, egress)
	if err != nil {
		return nil, err
	}
	return rulesBySpec(call, g, specs)
}

// rulesBySpec finds the rule of the group that each spec names, in their order. One that is not there is an error.
func rulesBySpec(call *wire.Call, g group, specs []spec) ([]rule, error) {
	present := keysOf(call, g.ID)
	found := make([]rule, len(specs))
	for i, s := range specs {
		r, ok := present[s.key]
		if !ok {
			return nil, permissionNotFound()
		}
		found[i] = r
	}
	return found, nil
}

// rulesByID wants rules of the group and direction.
func rulesByID(call *wire.Call, g group, ids []string, egress bool) ([]rule, error) {
	var found []rule
	for _, id := range ids {
		r, err := getRule(call, id)
		if err != nil {
			return nil, err
		}
		if r.GroupID != g.ID || r.Egress != egress {
			return nil, ruleNotFound(id)
		}
		found = append(found, r)
	}
	return found, nil
}

func duplicate(k key) error {
	return wire.Errorf("InvalidPermission.Duplicate", `the specified rule "%s" already exists`, k)
}

func permissionNotFound() error {
	return wire.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}
