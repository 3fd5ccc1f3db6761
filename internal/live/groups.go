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

// maxFilterValues is how many values one EC2 request takes in its filters (documented limit).
const maxFilterValues = 200

// Group is a security group.
type Group struct {
	ID          string
	Name        string // the group's name, not its Name tag
	Description string
	VPCID       string
	Tags        map[string]string
	Rules       []Rule // ingress first, then by ID
}

// Rule is one rule of a security group, as EC2 keeps it. Exactly one of CIDR, PrefixList and Group is set.
type Rule struct {
	ID          string // sgr-...
	GroupID     string // the group that it belongs to
	Egress      bool
	Protocol    string // as EC2 gives it: tcp, udp, icmp, icmpv6, a number, or -1 for all
	FromPort    int    // or the ICMP type; -1 for all
	ToPort      int    // or the ICMP code; -1 for all
	CIDR        string // IPv4 or IPv6
	PrefixList  string
	Group       string // the group at the other end
	Description string
}

type groupsAPI interface {
	rulesAPI
	ec2.DescribeSecurityGroupsAPIClient
}

type rulesAPI interface {
	ec2.DescribeSecurityGroupRulesAPIClient
}

// Groups describes the groups with these IDs and their rules, ordered by ID. Groups that don't exist are left out.
func Groups(ctx context.Context, api groupsAPI, ids []string) ([]Group, error) {
	raw, err := describeGroups(ctx, api, "group-id", ids)
	if err != nil {
		return nil, err
	}
	rules, err := Rules(ctx, api, ids)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(raw))
	for i, g := range raw {
		groups[i] = Group{
			ID:          aws.ToString(g.GroupId),
			Name:        aws.ToString(g.GroupName),
			Description: aws.ToString(g.Description),
			VPCID:       aws.ToString(g.VpcId),
			Tags:        tagsOf(g.Tags),
		}
		for _, r := range rules {
			if r.GroupID == groups[i].ID {
				groups[i].Rules = append(groups[i].Rules, r)
			}
		}
	}
	return groups, nil
}

// MissingGroups are those of the groups with these IDs that don't exist, ordered by ID.
func MissingGroups(ctx context.Context, api ec2.DescribeSecurityGroupsAPIClient, ids []string) ([]string, error) {
	present, err := describeGroups(ctx, api, "group-id", ids)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(present, func(g types.SecurityGroup) bool { return aws.ToString(g.GroupId) == id })
	})
	slices.Sort(missing)
	return missing, nil
}

// StackGroup is a security group that a stack has made.
type StackGroup struct{ ID, LogicalID string }

// StackGroups are the groups that stacks of this name have made, ordered by ID, by the tags that CloudFormation gives them
// (documented): also those that it gave up and could not delete, and those of stacks that are gone.
func StackGroups(ctx context.Context, api ec2.DescribeSecurityGroupsAPIClient, stackName string) ([]StackGroup, error) {
	raw, err := describeGroups(ctx, api, "tag:aws:cloudformation:stack-name", []string{stackName})
	groups := make([]StackGroup, len(raw))
	for i, g := range raw {
		groups[i] = StackGroup{aws.ToString(g.GroupId), tagsOf(g.Tags)["aws:cloudformation:logical-id"]}
	}
	return groups, err
}

// Rules lists the rules of the groups with these IDs: by group, ingress first, then by ID. Groups that don't exist have
// none.
func Rules(ctx context.Context, api rulesAPI, groupIDs []string) ([]Rule, error) {
	var rules []Rule
	for some := range slices.Chunk(groupIDs, maxFilterValues) {
		pages := ec2.NewDescribeSecurityGroupRulesPaginator(api, &ec2.DescribeSecurityGroupRulesInput{
			Filters: filter("group-id", some),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe rules of security groups: %w", err)
			}
			for _, r := range page.SecurityGroupRules {
				rules = append(rules, ruleOf(r))
			}
		}
	}
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), compareEgress(a, b), cmp.Compare(a.ID, b.ID))
	})
	return rules, nil
}

// compareEgress puts ingress first.
func compareEgress(a, b Rule) int {
	switch {
	case a.Egress == b.Egress:
		return 0
	case b.Egress:
		return -1
	default:
		return 1
	}
}

func ruleOf(r types.SecurityGroupRule) Rule {
	rule := Rule{
		ID:          aws.ToString(r.SecurityGroupRuleId),
		GroupID:     aws.ToString(r.GroupId),
		Egress:      aws.ToBool(r.IsEgress),
		Protocol:    aws.ToString(r.IpProtocol),
		FromPort:    port(r.FromPort),
		ToPort:      port(r.ToPort),
		CIDR:        cmp.Or(aws.ToString(r.CidrIpv4), aws.ToString(r.CidrIpv6)),
		PrefixList:  aws.ToString(r.PrefixListId),
		Description: aws.ToString(r.Description),
	}
	if r.ReferencedGroupInfo != nil {
		rule.Group = aws.ToString(r.ReferencedGroupInfo.GroupId)
	}
	return rule
}

// port reads a port that EC2 leaves out where it means all.
func port(p *int32) int {
	if p == nil {
		return -1
	}
	return int(*p)
}

// describeGroups lists the groups for which a filter has one of the values, ordered by ID.
func describeGroups(ctx context.Context, api ec2.DescribeSecurityGroupsAPIClient, name string, values []string) ([]types.SecurityGroup, error) {
	var groups []types.SecurityGroup
	for some := range slices.Chunk(values, maxFilterValues) {
		pages := ec2.NewDescribeSecurityGroupsPaginator(api, &ec2.DescribeSecurityGroupsInput{Filters: filter(name, some)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe security groups: %w", err)
			}
			groups = append(groups, page.SecurityGroups...)
		}
	}
	slices.SortFunc(groups, func(a, b types.SecurityGroup) int {
		return cmp.Compare(aws.ToString(a.GroupId), aws.ToString(b.GroupId))
	})
	return groups, nil
}

func filter(name string, values []string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

func tagsOf(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}
