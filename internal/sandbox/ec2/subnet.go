package ec2

import (
	"iter"
	"net/netip"
	"strconv"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	subnetTable = "ec2.subnet"

	maxSubnets = 200 // for each VPC (documented default quota)
)

// subnet is a subnet as it is stored. It has no IPv6 range.
type subnet struct {
	ID, VPC, CIDR, Zone string
	Tags                tags
}

// CreateSubnetInput is CreateSubnet's request.
type CreateSubnetInput struct {
	VpcId              string `aws:",required"`
	CidrBlock          string
	AvailabilityZone   string             // without either of
	AvailabilityZoneId string             // these it is the region's first
	TagSpecifications  []TagSpecification `aws:"TagSpecification"`
	DryRun             bool
}

// CreateSubnetOutput is CreateSubnet's response.
type CreateSubnetOutput struct {
	Subnet Subnet
}

// CreateSubnet makes a subnet: a part of its VPC's range that no other has.
func CreateSubnet(call *wire.Call, in *CreateSubnetInput) (*CreateSubnetOutput, error) {
	v, err := getVPC(call, in.VpcId)
	if err != nil {
		return nil, err
	}
	cidr, err := subnetRange(in.CidrBlock, v)
	if err != nil {
		return nil, err
	}
	zone, err := zoneOf(call, in.AvailabilityZone, in.AvailabilityZoneId)
	if err != nil {
		return nil, err
	}
	tags, err := specified(call, "subnet", in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	count := 0
	for other := range subnetsOf(call, v.ID) {
		if other.prefix().Overlaps(cidr) {
			return nil, wire.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", in.CidrBlock)
		}
		count++
	}
	if count >= maxSubnets {
		return nil, wire.Errorf("SubnetLimitExceeded", "The maximum number of subnets has been reached.")
	}
	s := subnet{ID: call.NewID("subnet"), VPC: v.ID, CIDR: cidr.String(), Zone: zone, Tags: tags}
	s.put(call)
	return &CreateSubnetOutput{Subnet: s.show(call, 0)}, dryRun(in.DryRun)
}

// subnetRange wants a range of /16 to /28 within the VPC's (codes documented).
func subnetRange(cidr string, v vpc) (netip.Prefix, error) {
	if cidr == "" {
		return netip.Prefix{}, wire.Errorf("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	wanted, err := netip.ParsePrefix(cidr)
	if err != nil || !wanted.Addr().Is4() {
		return netip.Prefix{}, invalidValue("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	whole := netip.MustParsePrefix(v.CIDR) // stored as CreateVpc has made it
	if wanted.Bits() < max(16, whole.Bits()) || wanted.Bits() > 28 || !whole.Contains(wanted.Addr()) {
		return netip.Prefix{}, wire.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	return wanted.Masked(), nil
}

// DeleteSubnetInput is DeleteSubnet's request.
type DeleteSubnetInput struct {
	SubnetId string `aws:",required"`
	DryRun   bool
}

// DeleteSubnet removes a subnet that has no network interfaces.
func DeleteSubnet(call *wire.Call, in *DeleteSubnetInput) (*SuccessOutput, error) {
	s, err := getSubnet(call, in.SubnetId)
	if err != nil {
		return nil, err
	}
	if interfaceCounts(call)[s.ID] > 0 {
		return nil, wire.Errorf("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", s.ID)
	}
	store.Delete(call.Tx, subnetTable, call.Key(s.ID))
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

// DescribeSubnetsInput is DescribeSubnets' request.
type DescribeSubnetsInput struct {
	SubnetIds []string `aws:"SubnetId"`
	Filters   []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeSubnetsOutput is DescribeSubnets' response.
type DescribeSubnetsOutput struct {
	Subnets   []Subnet `aws:"SubnetSet"`
	NextToken string
}

// subnetFilters are all documented filters but those on what no subnet here has:
// IPv6 ranges, outposts and pools of one's own addresses.
var subnetFilters = newSubnetFilters()

func newSubnetFilters() filterSet[Subnet] {
	never := one(func(Subnet) string { return "false" })
	filters := filterSet[Subnet]{
		"availability-zone":    one(func(s Subnet) string { return s.AvailabilityZone }),
		"availability-zone-id": one(func(s Subnet) string { return s.AvailabilityZoneId }),
		"available-ip-address-count": one(func(s Subnet) string {
			return strconv.Itoa(int(s.AvailableIpAddressCount))
		}),
		"cidr-block":     one(func(s Subnet) string { return s.CidrBlock }),
		"default-for-az": never,
		"enable-dns64":   never,
		"ipv6-native":    never,
		"owner-id":       one(func(s Subnet) string { return s.OwnerId }),
		"state":          one(func(s Subnet) string { return s.State }),
		"subnet-arn":     one(func(s Subnet) string { return s.SubnetArn }),
		"subnet-id":      one(func(s Subnet) string { return s.SubnetId }),
		"vpc-id":         one(func(s Subnet) string { return s.VpcId }),

		"map-public-ip-on-launch":         never,
		"map-customer-owned-ip-on-launch": never,
	}
	for alias, name := range map[string]string{ // documented other spellings
		"availabilityZone": "availability-zone", "availabilityZoneId": "availability-zone-id",
		"cidr": "cidr-block", "cidrBlock": "cidr-block", "defaultForAz": "default-for-az",
	} {
		filters[alias] = filters[name]
	}
	return filters
}

// DescribeSubnets shows the subnets of the account and region.
func DescribeSubnets(call *wire.Call, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := subnetFilters.compile(in.Filters, func(s Subnet) []Tag { return s.Tags })
	if err != nil {
		return nil, err
	}
	for _, id := range in.SubnetIds {
		if _, err := getSubnet(call, id); err != nil {
			return nil, err
		}
	}
	wanted, used := newWanted(in.SubnetIds), interfaceCounts(call)
	var found []Subnet
	for s := range subnetsOf(call, "") {
		if shown := s.show(call, used[s.ID]); wanted.has(s.ID) && match(shown) {
			found = append(found, shown)
		}
	}
	out := &DescribeSubnetsOutput{}
	out.Subnets, out.NextToken, err = paginate(in.Page, found, func(s Subnet) string { return s.SubnetId })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

func (s subnet) put(call *wire.Call) { store.Put(call.Tx, subnetTable, call.Key(s.ID), s) }

func (s subnet) prefix() netip.Prefix { return netip.MustParsePrefix(s.CIDR) }

// getSubnet finds a subnet. EC2 is reported to have no error for malformed subnet IDs.
func getSubnet(call *wire.Call, id string) (subnet, error) {
	s, ok := store.Get[subnet](call.Tx, subnetTable, call.Key(id))
	if !ok {
		return subnet{}, wire.Errorf("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	}
	return s, nil
}

// subnetsOf yields the subnets of a VPC, or of all when vpcID is "".
func subnetsOf(call *wire.Call, vpcID string) iter.Seq[subnet] {
	return func(yield func(subnet) bool) {
		for _, s := range store.Scan[subnet](call.Tx, subnetTable, call.Prefix()) {
			if (vpcID == "" || s.VPC == vpcID) && !yield(s) {
				return
			}
		}
	}
}

// show is the subnet with a number of its addresses in use.
func (s subnet) show(call *wire.Call, used int32) Subnet {
	free := int32(1)<<(32-s.prefix().Bits()) - reserved - used
	return Subnet{
		SubnetId: s.ID, SubnetArn: call.ARN("ec2", "subnet/"+s.ID), VpcId: s.VPC, OwnerId: call.Account,
		State: "available", CidrBlock: s.CIDR, Ipv6CidrBlockAssociationSet: []struct{}{},
		AvailabilityZone: s.Zone, AvailabilityZoneId: zoneID(s.Zone), AvailableIpAddressCount: free,
		PrivateDnsNameOptionsOnLaunch: PrivateDnsNameOptions{HostnameType: "ip-name"},
		Tags:                          s.Tags.list(),
	}
}
