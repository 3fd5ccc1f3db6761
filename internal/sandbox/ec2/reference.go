package ec2

import "mlops-infra-suite/internal/sandbox/wire"

// The operations in this file are about groups and other VPCs. The sandbox connects no VPCs, so each of them finds nothing, but
// checks its parameters all the same.

// DescribeSecurityGroupReferencesInput is DescribeSecurityGroupReferences' request.
type DescribeSecurityGroupReferencesInput struct {
	GroupId []string `aws:",required"`
	DryRun  bool
}

// DescribeSecurityGroupReferencesOutput is DescribeSecurityGroupReferences' response.
type DescribeSecurityGroupReferencesOutput struct {
	SecurityGroupReferenceSet []struct{}
}

// DescribeSecurityGroupReferences finds the VPCs across a peering connection or a
// transit gateway whose groups name one of the groups.
func DescribeSecurityGroupReferences(call *wire.Call, in *DescribeSecurityGroupReferencesInput) (*DescribeSecurityGroupReferencesOutput, error) {
	for _, id := range in.GroupId {
		if _, err := getGroup(call, id); err != nil {
			return nil, err
		}
	}
	return &DescribeSecurityGroupReferencesOutput{SecurityGroupReferenceSet: []struct{}{}}, dryRun(in.DryRun)
}

// DescribeStaleSecurityGroupsInput is DescribeStaleSecurityGroups' request.
type DescribeStaleSecurityGroupsInput struct {
	VpcId      string `aws:",required"`
	MaxResults *int32 // 5 to 255
	NextToken  string
	DryRun     bool
}

// DescribeStaleSecurityGroupsOutput is DescribeStaleSecurityGroups' response.
type DescribeStaleSecurityGroupsOutput struct {
	StaleSecurityGroupSet []struct{}
}

// DescribeStaleSecurityGroups finds the groups of a VPC whose rules name groups
// across a peering connection that are gone.
func DescribeStaleSecurityGroups(call *wire.Call, in *DescribeStaleSecurityGroupsInput) (*DescribeStaleSecurityGroupsOutput, error) {
	page := Page{MaxResults: in.MaxResults, NextToken: in.NextToken}
	if err := page.within(5, 255); err != nil {
		return nil, err
	}
	if _, err := getVPC(call, in.VpcId); err != nil {
		return nil, err
	}
	none, err := noPage(page)
	if err != nil {
		return nil, err
	}
	return &DescribeStaleSecurityGroupsOutput{StaleSecurityGroupSet: none}, dryRun(in.DryRun)
}

// DescribeSecurityGroupVpcAssociationsInput is DescribeSecurityGroupVpcAssociations' request.
type DescribeSecurityGroupVpcAssociationsInput struct {
	Filters []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeSecurityGroupVpcAssociationsOutput is DescribeSecurityGroupVpcAssociations' response.
type DescribeSecurityGroupVpcAssociationsOutput struct {
	SecurityGroupVpcAssociations []struct{} `aws:"SecurityGroupVpcAssociationSet"`
}

// associationFilters are all documented filters.
var associationFilters = filterSet[struct{}]{
	"group-id": nil, "group-owner-id": nil, "state": nil, "vpc-id": nil, "vpc-owner-id": nil,
}

// DescribeSecurityGroupVpcAssociations finds the VPCs, beside their own, that
// groups are associated with.
func DescribeSecurityGroupVpcAssociations(_ *wire.Call, in *DescribeSecurityGroupVpcAssociationsInput) (*DescribeSecurityGroupVpcAssociationsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if _, err := associationFilters.compile(in.Filters, nil); err != nil {
		return nil, err
	}
	none, err := noPage(in.Page)
	if err != nil {
		return nil, err
	}
	return &DescribeSecurityGroupVpcAssociationsOutput{SecurityGroupVpcAssociations: none}, dryRun(in.DryRun)
}

// noPage is the page of an empty list.
func noPage(p Page) ([]struct{}, error) {
	none, _, err := paginate(p, []struct{}{}, func(struct{}) string { return "" })
	return none, err
}
