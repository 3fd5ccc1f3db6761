package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// DefaultGroup is the group that a VPC comes with.
type DefaultGroup struct {
	ID              string
	Ingress, Egress bool // it has rules
}

// DefaultOf finds the default group of a VPC; *NotFoundError: this account sees none.
func DefaultOf(ctx context.Context, api ec2.DescribeSecurityGroupsAPIClient, vpcID string) (DefaultGroup, error) {
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(filter("vpc-id", []string{vpcID}), filter("group-name", []string{"default"})...),
	})
	switch {
	case err != nil:
		return DefaultGroup{}, fmt.Errorf("describe the default group of %s: %w", vpcID, err)
	case len(out.SecurityGroups) == 0:
		return DefaultGroup{}, &NotFoundError{What: "the default group of", ID: vpcID}
	}
	g := out.SecurityGroups[0]
	return DefaultGroup{aws.ToString(g.GroupId), len(g.IpPermissions) > 0, len(g.IpPermissionsEgress) > 0}, nil
}

// StaleRule is a rule for a group in a peered VPC which is deleted, or to which no peering connection leads any more. EC2 does
// not tell the rule's ID.
type StaleRule struct {
	Rule
	VPCID      string // of the group that it names
	Connection string // pcx-...
}

// StaleRules lists the stale rules of the groups of a VPC: by group, ingress first, then by the group that they name.
func StaleRules(ctx context.Context, api ec2.DescribeStaleSecurityGroupsAPIClient, vpcID string) ([]StaleRule, error) {
	var found []StaleRule
	pages := ec2.NewDescribeStaleSecurityGroupsPaginator(api, &ec2.DescribeStaleSecurityGroupsInput{VpcId: aws.String(vpcID)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe stale rules in %s: %w", vpcID, err)
		}
		for _, g := range page.StaleSecurityGroupSet {
			id := aws.ToString(g.GroupId)
			found = append(found, staleOf(id, false, g.StaleIpPermissions)...)
			found = append(found, staleOf(id, true, g.StaleIpPermissionsEgress)...)
		}
	}
	slices.SortStableFunc(found, func(a, b StaleRule) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), compareEgress(a.Rule, b.Rule), cmp.Compare(a.Group, b.Group))
	})
	return found, nil
}

func staleOf(groupID string, egress bool, permissions []types.StaleIpPermission) []StaleRule {
	var rules []StaleRule
	for _, p := range permissions {
		for _, peer := range p.UserIdGroupPairs {
			rules = append(rules, StaleRule{
				Rule: Rule{
					GroupID: groupID, Egress: egress, Protocol: aws.ToString(p.IpProtocol), FromPort: port(p.FromPort), ToPort: port(p.ToPort),
					Group: aws.ToString(peer.GroupId), Description: aws.ToString(peer.Description),
				},
				VPCID: aws.ToString(peer.VpcId), Connection: aws.ToString(peer.VpcPeeringConnectionId),
			})
		}
	}
	return rules
}
