package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Interface is a network interface that uses security groups.
type Interface struct {
	ID          string   // eni-...
	Type        string   // interface, lambda, vpc_endpoint, ...
	Description string   // of a managed one: what it belongs to
	Instance    string   // the instance it is attached to; empty: none
	Managed     bool     // by an AWS service, which alone can detach it
	Groups      []string // of the groups asked for, those it uses
}

// NetworkInterfaces lists the interfaces that use one of the groups, ordered by ID.
func NetworkInterfaces(ctx context.Context, api ec2.DescribeNetworkInterfacesAPIClient, groupIDs []string) ([]Interface, error) {
	var found []Interface
	for some := range slices.Chunk(groupIDs, maxFilterValues) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(api, &ec2.DescribeNetworkInterfacesInput{Filters: filter("group-id", some)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe network interfaces: %w", err)
			}
			for _, n := range page.NetworkInterfaces {
				found = append(found, interfaceOf(n, groupIDs))
			}
		}
	}
	byID := func(a, b Interface) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(found, byID)
	return slices.CompactFunc(found, func(a, b Interface) bool { return a.ID == b.ID }), nil
}

func interfaceOf(n types.NetworkInterface, groupIDs []string) Interface {
	i := Interface{
		ID:          aws.ToString(n.NetworkInterfaceId),
		Type:        string(n.InterfaceType),
		Description: aws.ToString(n.Description),
		Managed:     aws.ToBool(n.RequesterManaged),
	}
	if n.Attachment != nil {
		i.Instance = aws.ToString(n.Attachment.InstanceId)
	}
	for _, g := range n.Groups {
		if id := aws.ToString(g.GroupId); slices.Contains(groupIDs, id) {
			i.Groups = append(i.Groups, id)
		}
	}
	return i
}

// Reference is a rule's mention of one group by another.
type Reference struct {
	GroupID   string // the group that has the rule
	GroupName string
	Egress    bool
	Refers    string // the group at the other end
}

// References lists the mentions of these groups by rules of groups outside of the list, in this account and region.
func References(ctx context.Context, api ec2.DescribeSecurityGroupsAPIClient, groupIDs []string) ([]Reference, error) {
	var found []Reference
	for _, direction := range []struct {
		filter string
		egress bool
		rules  func(types.SecurityGroup) []types.IpPermission
	}{
		{"ip-permission.group-id", false, func(g types.SecurityGroup) []types.IpPermission { return g.IpPermissions }},
		{"egress.ip-permission.group-id", true, func(g types.SecurityGroup) []types.IpPermission { return g.IpPermissionsEgress }},
	} {
		groups, err := describeGroups(ctx, api, direction.filter, groupIDs)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if slices.Contains(groupIDs, aws.ToString(g.GroupId)) {
				continue
			}
			for _, id := range referredBy(direction.rules(g), groupIDs) {
				found = append(found, Reference{
					GroupID: aws.ToString(g.GroupId), GroupName: aws.ToString(g.GroupName), Egress: direction.egress, Refers: id,
				})
			}
		}
	}
	return found, nil
}

// referredBy lists those of the groups that the permissions name.
func referredBy(permissions []types.IpPermission, groupIDs []string) []string {
	var ids []string
	for _, p := range permissions {
		for _, pair := range p.UserIdGroupPairs {
			if id := aws.ToString(pair.GroupId); slices.Contains(groupIDs, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Importers lists the stacks that import an exported value, by name. Fn::GetStackOutput isn't listed by AWS, so neither
// here.
func Importers(ctx context.Context, api cloudformation.ListImportsAPIClient, export string) ([]string, error) {
	var stacks []string
	pages := cloudformation.NewListImportsPaginator(api, &cloudformation.ListImportsInput{ExportName: aws.String(export)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotImported(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list imports of %s: %w", export, err)
		}
		stacks = append(stacks, page.Imports...)
	}
	slices.Sort(stacks)
	return stacks, nil
}
