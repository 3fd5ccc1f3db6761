package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type authorizeAPI interface {
	AuthorizeSecurityGroupIngress(context.Context, *ec2.AuthorizeSecurityGroupIngressInput, ...func(*ec2.Options)) (*ec2.AuthorizeSecurityGroupIngressOutput, error)
	AuthorizeSecurityGroupEgress(context.Context, *ec2.AuthorizeSecurityGroupEgressInput, ...func(*ec2.Options)) (*ec2.AuthorizeSecurityGroupEgressOutput, error)
}

// Authorize adds a rule to its group. A group that has the rule already is as it should be.
func Authorize(ctx context.Context, api authorizeAPI, r Rule) (err error) {
	permissions := []types.IpPermission{permissionOf(r)}
	if r.Egress {
		_, err = api.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &r.GroupID, IpPermissions: permissions})
	} else {
		_, err = api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &r.GroupID, IpPermissions: permissions})
	}
	if err != nil && !isDuplicateRule(err) {
		return fmt.Errorf("add a rule to %s: %w", r.GroupID, err)
	}
	return nil
}

type revokeAPI interface {
	RevokeSecurityGroupIngress(context.Context, *ec2.RevokeSecurityGroupIngressInput, ...func(*ec2.Options)) (*ec2.RevokeSecurityGroupIngressOutput, error)
	RevokeSecurityGroupEgress(context.Context, *ec2.RevokeSecurityGroupEgressInput, ...func(*ec2.Options)) (*ec2.RevokeSecurityGroupEgressOutput, error)
}

// Revoke takes a rule away, by its ID: what somebody made of the rule meanwhile goes as well. A rule that has gone already is
// as it should be.
func Revoke(ctx context.Context, api revokeAPI, r Rule) (err error) {
	ids := []string{r.ID}
	if r.Egress {
		_, err = api.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &r.GroupID, SecurityGroupRuleIds: ids})
	} else {
		_, err = api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &r.GroupID, SecurityGroupRuleIds: ids})
	}
	if err != nil && !isNoRule(err) {
		return fmt.Errorf("revoke rule %s of %s: %w", r.ID, r.GroupID, err)
	}
	return nil
}

type modifyAPI interface {
	ModifySecurityGroupRules(context.Context, *ec2.ModifySecurityGroupRulesInput, ...func(*ec2.Options)) (*ec2.ModifySecurityGroupRulesOutput, error)
}

// Modify makes the rule with r's ID what r is, in one step: at no moment is there neither the old rule nor the new one.
func Modify(ctx context.Context, api modifyAPI, r Rule) error {
	request := &types.SecurityGroupRuleRequest{
		IpProtocol: &r.Protocol, FromPort: port32(r.FromPort), ToPort: port32(r.ToPort), Description: &r.Description,
	}
	switch {
	case r.Group != "":
		request.ReferencedGroupId = &r.Group
	case r.PrefixList != "":
		request.PrefixListId = &r.PrefixList
	case isIPv6(r.CIDR):
		request.CidrIpv6 = &r.CIDR
	default:
		request.CidrIpv4 = &r.CIDR
	}
	_, err := api.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
		GroupId:            &r.GroupID,
		SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &r.ID, SecurityGroupRule: request}},
	})
	if err != nil {
		return fmt.Errorf("modify rule %s of %s: %w", r.ID, r.GroupID, err)
	}
	return nil
}

type describeAPI interface {
	UpdateSecurityGroupRuleDescriptionsIngress(context.Context, *ec2.UpdateSecurityGroupRuleDescriptionsIngressInput, ...func(*ec2.Options)) (*ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput, error)
	UpdateSecurityGroupRuleDescriptionsEgress(context.Context, *ec2.UpdateSecurityGroupRuleDescriptionsEgressInput, ...func(*ec2.Options)) (*ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput, error)
}

// Describe gives the rule with r's ID the description that r has; what it permits stays untouched.
func Describe(ctx context.Context, api describeAPI, r Rule) (err error) {
	texts := []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &r.ID, Description: &r.Description}}
	if r.Egress {
		_, err = api.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
			GroupId: &r.GroupID, SecurityGroupRuleDescriptions: texts,
		})
	} else {
		_, err = api.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: &r.GroupID, SecurityGroupRuleDescriptions: texts,
		})
	}
	if err != nil {
		return fmt.Errorf("describe rule %s of %s: %w", r.ID, r.GroupID, err)
	}
	return nil
}

type tagAPI interface {
	CreateTags(context.Context, *ec2.CreateTagsInput, ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error)
	DeleteTags(context.Context, *ec2.DeleteTagsInput, ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error)
}

// Tag sets tags of a group and takes others away.
func Tag(ctx context.Context, api tagAPI, groupID string, set map[string]string, remove []string) error {
	if len(set) > 0 {
		in := &ec2.CreateTagsInput{Resources: []string{groupID}}
		for _, key := range slices.Sorted(maps.Keys(set)) {
			in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(set[key])})
		}
		if _, err := api.CreateTags(ctx, in); err != nil {
			return fmt.Errorf("set tags of %s: %w", groupID, err)
		}
	}
	if len(remove) > 0 {
		in := &ec2.DeleteTagsInput{Resources: []string{groupID}}
		for _, key := range remove {
			in.Tags = append(in.Tags, types.Tag{Key: aws.String(key)})
		}
		if _, err := api.DeleteTags(ctx, in); err != nil {
			return fmt.Errorf("remove tags of %s: %w", groupID, err)
		}
	}
	return nil
}

// permissionOf is a rule as EC2 takes it. Ports that a protocol doesn't have are left out.
func permissionOf(r Rule) types.IpPermission {
	p := types.IpPermission{IpProtocol: &r.Protocol}
	if r.FromPort != -1 || r.ToPort != -1 || r.Protocol == "icmp" || r.Protocol == "icmpv6" {
		p.FromPort, p.ToPort = port32(r.FromPort), port32(r.ToPort)
	}
	description := &r.Description
	if r.Description == "" {
		description = nil
	}
	switch {
	case r.Group != "":
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &r.Group, Description: description}}
	case r.PrefixList != "":
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: &r.PrefixList, Description: description}}
	case isIPv6(r.CIDR):
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &r.CIDR, Description: description}}
	default:
		p.IpRanges = []types.IpRange{{CidrIp: &r.CIDR, Description: description}}
	}
	return p
}

func port32(n int) *int32 { return aws.Int32(int32(n)) } //nolint:gosec // ports and ICMP types fit

func isIPv6(cidr string) bool { return strings.Contains(cidr, ":") }
