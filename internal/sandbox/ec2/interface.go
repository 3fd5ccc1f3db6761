package ec2

import "mlops-infra-suite/internal/sandbox/wire"

// DescribeNetworkInterfacesInput is DescribeNetworkInterfaces' request.
type DescribeNetworkInterfacesInput struct {
	NetworkInterfaceIds []string `aws:"NetworkInterfaceId"`
	Filters             []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeNetworkInterfacesOutput is DescribeNetworkInterfaces' response.
type DescribeNetworkInterfacesOutput struct {
	NetworkInterfaces []struct{} `aws:"NetworkInterfaceSet"`
	NextToken         string
}

// interfaceFilters are the documented filters that say what an interface belongs to.
var interfaceFilters = filterSet[struct{}]{
	"attachment.instance-id": nil, "attachment.status": nil, "availability-zone": nil, "description": nil,
	"group-id": nil, "interface-type": nil, "network-interface-id": nil, "owner-id": nil,
	"private-ip-address": nil, "requester-id": nil, "requester-managed": nil, "status": nil,
	"subnet-id": nil, "vpc-id": nil,
}

// DescribeNetworkInterfaces finds none: nothing in the sandbox has interfaces.
// It checks its parameters all the same.
func DescribeNetworkInterfaces(_ *wire.Call, in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	noTags := func(struct{}) []Tag { return nil }
	if _, err := interfaceFilters.compile(in.Filters, noTags); err != nil {
		return nil, err
	}
	if len(in.NetworkInterfaceIds) > 0 {
		id := in.NetworkInterfaceIds[0]
		if err := interfaceID.check(id); err != nil {
			return nil, err
		}
		return nil, wire.Errorf("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
	}
	none, _, err := paginate(in.Page, []struct{}{}, func(struct{}) string { return "" })
	if err != nil {
		return nil, err
	}
	return &DescribeNetworkInterfacesOutput{NetworkInterfaces: none}, dryRun(in.DryRun)
}
