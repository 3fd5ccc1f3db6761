package ec2

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const vpcTable = "ec2.vpc"

// vpc is a VPC as it is stored.
type vpc struct {
	ID, CIDR, AssociationID, DHCPOptionsID string
	Tags                                   tags
}

// CreateVpcInput is CreateVpc's request.
type CreateVpcInput struct {
	CidrBlock         string
	InstanceTenancy   string
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	DryRun            bool
}

// CreateVpcOutput is CreateVpc's response.
type CreateVpcOutput struct {
	Vpc Vpc
}

// CreateVpc makes a VPC and its default security group. State is "pending" in
// the response and "available" from then on.
func CreateVpc(call *wire.Call, in *CreateVpcInput) (*CreateVpcOutput, error) {
	if in.CidrBlock == "" {
		return nil, wire.Errorf("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	cidr, err := netip.ParsePrefix(in.CidrBlock)
	if err != nil || !cidr.Addr().Is4() {
		return nil, invalidValue("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", in.CidrBlock)
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 {
		return nil, wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	if in.InstanceTenancy != "" && in.InstanceTenancy != "default" {
		return nil, invalidValue("Value (%s) for parameter instanceTenancy is invalid.", in.InstanceTenancy)
	}
	tags, err := specified(call, "vpc", in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	v := vpc{
		ID:            call.NewID("vpc"),
		CIDR:          cidr.Masked().String(),
		AssociationID: call.NewID("vpc-cidr-assoc"),
		DHCPOptionsID: call.NewID("dopt"),
		Tags:          tags,
	}
	v.put(call)
	createDefaultGroup(call, v.ID)
	shown := v.show(call)
	shown.State = "pending"
	return &CreateVpcOutput{Vpc: shown}, dryRun(in.DryRun)
}

// createDefaultGroup makes the group that every VPC has: all traffic from its
// own members, all traffic out.
func createDefaultGroup(call *wire.Call, vpcID string) {
	g := group{
		ID: call.NewID("sg"), Name: defaultGroupName, VPC: vpcID,
		Description: "default VPC security group",
	}
	g.put(call)
	addRule(call, rule{GroupID: g.ID, key: key{Protocol: allProtocols, From: -1, To: -1, Group: g.ID}})
	addRule(call, allowAllEgress(g.ID))
}

// DeleteVpcInput is DeleteVpc's request.
type DeleteVpcInput struct {
	VpcId  string `aws:",required"`
	DryRun bool
}

// DeleteVpc removes a VPC and its default group, unless it has subnets or other
// groups.
func DeleteVpc(call *wire.Call, in *DeleteVpcInput) (*SuccessOutput, error) {
	if _, err := getVPC(call, in.VpcId); err != nil {
		return nil, err
	}
	if len(slices.Collect(subnetsOf(call, in.VpcId))) > 0 {
		return nil, vpcInUse(in.VpcId)
	}
	var own *group
	for g := range groupsOf(call, in.VpcId) {
		if g.Name != defaultGroupName {
			return nil, vpcInUse(in.VpcId)
		}
		own = &g
	}
	if own != nil {
		own.remove(call)
	}
	store.Delete(call.Tx, vpcTable, call.Key(in.VpcId))
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

func vpcInUse(id string) error {
	return wire.Errorf("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
}

// DescribeVpcsInput is DescribeVpcs' request.
type DescribeVpcsInput struct {
	VpcIds  []string `aws:"VpcId"`
	Filters []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeVpcsOutput is DescribeVpcs' response.
type DescribeVpcsOutput struct {
	Vpcs      []Vpc `aws:"VpcSet"`
	NextToken string
}

// vpcFilters are the documented filters but those on IPv6 ranges.
var vpcFilters = filterSet[Vpc]{
	"cidr":            one(func(v Vpc) string { return v.CidrBlock }),
	"dhcp-options-id": one(func(v Vpc) string { return v.DhcpOptionsId }),
	"owner-id":        one(func(v Vpc) string { return v.OwnerId }),
	"state":           one(func(v Vpc) string { return v.State }),
	"vpc-id":          one(func(v Vpc) string { return v.VpcId }),
	"is-default":      one(func(Vpc) string { return "false" }),
	"isDefault":       one(func(Vpc) string { return "false" }),
	"cidr-block-association.cidr-block": one(func(v Vpc) string {
		return v.CidrBlockAssociationSet[0].CidrBlock
	}),
	"cidr-block-association.association-id": one(func(v Vpc) string {
		return v.CidrBlockAssociationSet[0].AssociationId
	}),
	"cidr-block-association.state": one(func(v Vpc) string {
		return v.CidrBlockAssociationSet[0].CidrBlockState.State
	}),
}

// DescribeVpcs shows the VPCs of the account and region.
func DescribeVpcs(call *wire.Call, in *DescribeVpcsInput) (*DescribeVpcsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := vpcFilters.compile(in.Filters, func(v Vpc) []Tag { return v.Tags })
	if err != nil {
		return nil, err
	}
	wanted := newWanted(in.VpcIds)
	for _, id := range in.VpcIds {
		if _, err := getVPC(call, id); err != nil {
			return nil, err
		}
	}
	var found []Vpc
	for _, v := range store.Scan[vpc](call.Tx, vpcTable, call.Prefix()) {
		if shown := v.show(call); wanted.has(v.ID) && match(shown) {
			found = append(found, shown)
		}
	}
	out := &DescribeVpcsOutput{}
	out.Vpcs, out.NextToken, err = paginate(in.Page, found, func(v Vpc) string { return v.VpcId })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

func (v vpc) put(call *wire.Call) { store.Put(call.Tx, vpcTable, call.Key(v.ID), v) }

func getVPC(call *wire.Call, id string) (vpc, error) {
	if err := vpcID.check(id); err != nil {
		return vpc{}, err
	}
	v, ok := store.Get[vpc](call.Tx, vpcTable, call.Key(id))
	if !ok {
		return vpc{}, vpcNotFound(id)
	}
	return v, nil
}

func (v vpc) show(call *wire.Call) Vpc {
	return Vpc{
		VpcId: v.ID, OwnerId: call.Account, State: "available", CidrBlock: v.CIDR,
		CidrBlockAssociationSet: []VpcCidrBlockAssociation{{
			AssociationId: v.AssociationID, CidrBlock: v.CIDR,
			CidrBlockState: VpcCidrBlockState{State: "associated"},
		}},
		DhcpOptionsId: v.DHCPOptionsID, InstanceTenancy: "default", Tags: v.Tags.list(),
	}
}
