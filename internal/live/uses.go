package live

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Reference is a rule of one group that names another one.
type Reference struct {
	Rule             // Rule.GroupID has the rule, Rule.Group is named by it
	GroupName string // of the group that has the rule
}

// References lists the rules by which groups outside of the list name one of these groups, in this account and region: by
// group, ingress first, then by ID.
func References(ctx context.Context, api groupsAPI, groupIDs []string) ([]Reference, error) {
	names := map[string]string{} // of the groups outside
	for _, direction := range []string{"ip-permission.group-id", "egress.ip-permission.group-id"} {
		groups, err := describeGroups(ctx, api, direction, groupIDs)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if id := aws.ToString(g.GroupId); !slices.Contains(groupIDs, id) {
				names[id] = aws.ToString(g.GroupName)
			}
		}
	}
	rules, err := Rules(ctx, api, slices.Sorted(maps.Keys(names)))
	if err != nil {
		return nil, err
	}
	var found []Reference
	for _, r := range rules {
		if slices.Contains(groupIDs, r.Group) {
			found = append(found, Reference{Rule: r, GroupName: names[r.GroupID]})
		}
	}
	return found, nil
}

// Association lets a group be used in a VPC beside its own.
type Association struct {
	GroupID  string
	VPCID    string
	VPCOwner string // the account of the VPC
	State    string // associating, associated, disassociating, ...
}

// Associations lists the associations of these groups with other VPCs, by group and VPC, without those that have ended.
func Associations(ctx context.Context, api ec2.DescribeSecurityGroupVpcAssociationsAPIClient, groupIDs []string) ([]Association, error) {
	var found []Association
	for some := range slices.Chunk(groupIDs, maxFilterValues) {
		pages := ec2.NewDescribeSecurityGroupVpcAssociationsPaginator(api, &ec2.DescribeSecurityGroupVpcAssociationsInput{
			Filters: filter("group-id", some),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe VPC associations of security groups: %w", err)
			}
			for _, a := range page.SecurityGroupVpcAssociations {
				switch a.State {
				case types.SecurityGroupVpcAssociationStateDisassociated, types.SecurityGroupVpcAssociationStateAssociationFailed:
					continue
				}
				found = append(found, Association{
					GroupID: aws.ToString(a.GroupId), VPCID: aws.ToString(a.VpcId), VPCOwner: aws.ToString(a.VpcOwnerId), State: string(a.State),
				})
			}
		}
	}
	slices.SortFunc(found, func(a, b Association) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), cmp.Compare(a.VPCID, b.VPCID))
	})
	return found, nil
}

// PeerReference says that some rule in a VPC on the other side of a connection names a group. Which rule is not to be seen
// from this side.
type PeerReference struct {
	GroupID    string
	VPCID      string // the VPC on the other side
	Connection string // pcx-... or tgw-...
}

type peerAPI interface {
	DescribeSecurityGroupReferences(context.Context, *ec2.DescribeSecurityGroupReferencesInput, ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupReferencesOutput, error)
}

// PeerReferences lists the VPCs across a peering connection or transit gateway whose rules name one of these groups. Such a
// rule does not keep a group from being deleted: it becomes stale (documented). A group that is gone has none.
func PeerReferences(ctx context.Context, api peerAPI, groupIDs []string) ([]PeerReference, error) {
	var found []PeerReference
	for some := range slices.Chunk(groupIDs, maxFilterValues) {
		out, err := api.DescribeSecurityGroupReferences(ctx, &ec2.DescribeSecurityGroupReferencesInput{GroupId: some})
		if isNoGroup(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("describe references to security groups: %w", err)
		}
		for _, r := range out.SecurityGroupReferenceSet {
			found = append(found, PeerReference{
				GroupID: aws.ToString(r.GroupId), VPCID: aws.ToString(r.ReferencingVpcId),
				Connection: cmp.Or(aws.ToString(r.VpcPeeringConnectionId), aws.ToString(r.TransitGatewayId)),
			})
		}
	}
	slices.SortFunc(found, func(a, b PeerReference) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), cmp.Compare(a.VPCID, b.VPCID), cmp.Compare(a.Connection, b.Connection))
	})
	return found, nil
}

// Importers lists the stacks that import an exported value with Fn::ImportValue, by name. AWS doesn't list those that read it with
// Fn::GetStackOutput.
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
