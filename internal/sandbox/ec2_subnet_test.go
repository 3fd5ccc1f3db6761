package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var plainNetwork = cmpopts.IgnoreUnexported(
	types.Subnet{}, types.PrivateDnsNameOptionsOnLaunch{}, types.NetworkInterface{}, types.NetworkInterfacePrivateIpAddress{},
	types.GroupIdentifier{}, types.Tag{},
)

func newSubnet(t *testing.T, c clients, vpc, cidr string) string {
	t.Helper()
	out := must[*ec2.CreateSubnetOutput](t)(c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr}))
	return *out.Subnet.SubnetId
}

func newInterface(t *testing.T, c clients, subnet string, groups ...string) types.NetworkInterface {
	t.Helper()
	out := must[*ec2.CreateNetworkInterfaceOutput](t)(c.ec2.CreateNetworkInterface(t.Context(),
		&ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, Groups: groups}))
	return *out.NetworkInterface
}

func TestSubnet(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	made := must[*ec2.CreateSubnetOutput](t)(c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: aws.String("10.0.1.7/24"), AvailabilityZone: aws.String("us-west-2b"),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSubnet, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("app")}},
		}},
	})).Subnet
	no := aws.Bool(false)
	want := types.Subnet{
		SubnetId: made.SubnetId, SubnetArn: aws.String("arn:aws:ec2:us-west-2:111122223333:subnet/" + *made.SubnetId),
		VpcId: &vpc, OwnerId: aws.String(testAccount), State: types.SubnetStateAvailable, CidrBlock: aws.String("10.0.1.0/24"),
		AvailabilityZone: aws.String("us-west-2b"), AvailabilityZoneId: aws.String("usw2-az2"), AvailableIpAddressCount: aws.Int32(251),
		DefaultForAz: no, MapPublicIpOnLaunch: no, MapCustomerOwnedIpOnLaunch: no, AssignIpv6AddressOnCreation: no,
		Ipv6Native: no, EnableDns64: no, Ipv6CidrBlockAssociationSet: []types.SubnetIpv6CidrBlockAssociation{},
		PrivateDnsNameOptionsOnLaunch: &types.PrivateDnsNameOptionsOnLaunch{
			HostnameType: types.HostnameTypeIpName, EnableResourceNameDnsARecord: no, EnableResourceNameDnsAAAARecord: no,
		},
		Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("app")}},
	}
	if diff := cmp.Diff(want, *made, plainNetwork); diff != "" {
		t.Error("made: " + diff)
	}
	newInterface(t, c, *made.SubnetId)
	want.AvailableIpAddressCount = aws.Int32(250)
	byID := must[*ec2.CreateSubnetOutput](t)(c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: aws.String("10.0.2.0/24"), AvailabilityZoneId: aws.String("usw2-az3")})).Subnet
	if *byID.AvailabilityZone != "us-west-2c" {
		t.Errorf("usw2-az3 is %s", *byID.AvailabilityZone)
	}
	for _, filter := range [][]string{
		{"vpc-id", vpc, "availability-zone", "us-west-2b"}, {"tag:Name", "a*"}, {"cidr", "10.0.1.0/24"},
		{"available-ip-address-count", "250"}, {"subnet-id", *made.SubnetId, "default-for-az", "false"},
	} {
		got := must[*ec2.DescribeSubnetsOutput](t)(c.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: filters(filter...)}))
		if diff := cmp.Diff([]types.Subnet{want}, got.Subnets, plainNetwork); diff != "" {
			t.Errorf("%v: %s", filter, diff)
		}
	}
}

func TestSubnetRefused(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	newSubnet(t, c, vpc, "10.0.1.0/24")
	for cidr, want := range map[string][2]string{
		"":             {"MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."},
		"10.0.0.0":     {"InvalidParameterValue", "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
		"10.1.0.0/24":  {"InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."}, // outside of the VPC
		"10.0.0.0/15":  {"InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."}, // larger than the VPC
		"10.0.0.0/29":  {"InvalidSubnet.Range", "The CIDR '10.0.0.0/29' is invalid."}, // too small
		"10.0.0.0/23":  {"InvalidSubnet.Conflict", "The CIDR '10.0.0.0/23' conflicts with another subnet"},
		"10.0.1.64/28": {"InvalidSubnet.Conflict", "The CIDR '10.0.1.64/28' conflicts with another subnet"},
	} {
		in := &ec2.CreateSubnetInput{VpcId: &vpc}
		if cidr != "" {
			in.CidrBlock = &cidr
		}
		_, err := c.ec2.CreateSubnet(t.Context(), in)
		wantError(t, err, want[0], want[1])
	}
	_, err := c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: aws.String("10.0.2.0/24"), AvailabilityZone: aws.String("us-east-1a")})
	wantError(t, err, "InvalidParameterValue", "Value (us-east-1a) for parameter availabilityZone is invalid. "+
		"Subnets can currently only be created in the following availability zones: us-west-2a, us-west-2b, us-west-2c.")
	_, err = c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: aws.String("vpc-12345678"), CidrBlock: aws.String("10.0.2.0/24")})
	wantError(t, err, "InvalidVpcID.NotFound", "The vpc ID 'vpc-12345678' does not exist")
	small := must[*ec2.CreateVpcOutput](t)(c.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/24")})).Vpc.VpcId
	_, err = c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: small, CidrBlock: aws.String("10.9.0.0/20")})
	wantError(t, err, "InvalidSubnet.Range", "The CIDR '10.9.0.0/20' is invalid.")
	_, err = c.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{"example"}})
	wantError(t, err, "InvalidSubnetID.NotFound", "The subnet ID 'example' does not exist")
}

func TestNetworkInterface(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	subnet, web, app := newSubnet(t, c, vpc, "10.0.1.0/24"), newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "app")
	made := newInterface(t, c, subnet, web, app)
	dns := aws.String("ip-10-0-1-4.us-west-2.compute.internal") // the first four addresses are AWS's
	want := types.NetworkInterface{
		NetworkInterfaceId: made.NetworkInterfaceId, SubnetId: &subnet, VpcId: &vpc, OwnerId: aws.String(testAccount),
		AvailabilityZone: aws.String("us-west-2a"), AvailabilityZoneId: aws.String("usw2-az1"), Description: aws.String(""),
		InterfaceType: types.NetworkInterfaceTypeInterface, Status: "pending", MacAddress: made.MacAddress,
		RequesterManaged: aws.Bool(false), SourceDestCheck: aws.Bool(true), PrivateIpAddress: aws.String("10.0.1.4"), PrivateDnsName: dns,
		PrivateIpAddresses: []types.NetworkInterfacePrivateIpAddress{
			{Primary: aws.Bool(true), PrivateIpAddress: aws.String("10.0.1.4"), PrivateDnsName: dns},
		},
		Ipv6Addresses: []types.NetworkInterfaceIpv6Address{}, TagSet: []types.Tag{},
		Groups: []types.GroupIdentifier{{GroupId: &web, GroupName: aws.String("web")}, {GroupId: &app, GroupName: aws.String("app")}},
	}
	if diff := cmp.Diff(want, made, plainNetwork); diff != "" {
		t.Error("made: " + diff)
	}
	want.Status = types.NetworkInterfaceStatusAvailable
	newInterface(t, c, subnet) // with the default group
	for _, filter := range [][]string{
		{"group-id", web}, {"group-name", "app", "vpc-id", vpc}, {"private-ip-address", "*.4"},
		{"subnet-id", subnet, "mac-address", *made.MacAddress}, {"network-interface-id", *made.NetworkInterfaceId, "status", "available"},
	} {
		got := must[*ec2.DescribeNetworkInterfacesOutput](t)(c.ec2.DescribeNetworkInterfaces(t.Context(),
			&ec2.DescribeNetworkInterfacesInput{Filters: filters(filter...)}))
		if diff := cmp.Diff([]types.NetworkInterface{want}, got.NetworkInterfaces, plainNetwork); diff != "" {
			t.Errorf("%v: %s", filter, diff)
		}
	}
}

// TestNetworkInterfacesKeepWhatTheyUse: an interface stands in the way of its
// groups, its subnet and its VPC.
func TestNetworkInterfacesKeepWhatTheyUse(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	subnet, web, app := newSubnet(t, c, vpc, "10.0.1.0/24"), newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "app")
	eni := newInterface(t, c, subnet, web).NetworkInterfaceId
	deleteWeb := func() error {
		_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &web})
		return err
	}
	deleteSubnet := func() error {
		_, err := c.ec2.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: &subnet})
		return err
	}
	deleteVPC := func() error {
		_, err := c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &vpc})
		return err
	}
	wantError(t, deleteWeb(), "DependencyViolation", "resource "+web+" has a dependent object")
	wantError(t, deleteSubnet(), "DependencyViolation", "The subnet '"+subnet+"' has dependencies and cannot be deleted.")
	must[*ec2.ModifyNetworkInterfaceAttributeOutput](t)(c.ec2.ModifyNetworkInterfaceAttribute(t.Context(),
		&ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: eni, Groups: []string{app}}))
	if err := deleteWeb(); err != nil {
		t.Errorf("the interface has left the group: %v", err)
	}
	must[*ec2.DeleteNetworkInterfaceOutput](t)(c.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: eni}))
	deleteGroup(t, c, app)
	wantError(t, deleteVPC(), "DependencyViolation", "The vpc '"+vpc+"' has dependencies and cannot be deleted.")
	if err := deleteSubnet(); err != nil {
		t.Error(err)
	}
	if err := deleteVPC(); err != nil {
		t.Error(err)
	}
}

func TestNetworkInterfaceRefused(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	subnet, taken := newSubnet(t, c, vpc, "10.0.1.0/28"), aws.String("10.0.1.9")
	elsewhere := newGroup(t, c, newVPC(t, c), "web")
	six := make([]string, 6)
	for i := range six {
		six[i] = newGroup(t, c, vpc, fmt.Sprint("group", i))
	}
	first := must[*ec2.CreateNetworkInterfaceOutput](t)(c.ec2.CreateNetworkInterface(t.Context(),
		&ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, PrivateIpAddress: taken})).NetworkInterface
	for name, test := range map[string]struct {
		in            ec2.CreateNetworkInterfaceInput
		code, message string
	}{
		"six groups":  {ec2.CreateNetworkInterfaceInput{Groups: six}, "SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached."},
		"other VPC":   {ec2.CreateNetworkInterfaceInput{Groups: []string{elsewhere}}, "InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		"no group":    {ec2.CreateNetworkInterfaceInput{Groups: []string{"sg-12345678"}}, "InvalidGroup.NotFound", "The security group 'sg-12345678' does not exist"},
		"in use":      {ec2.CreateNetworkInterfaceInput{PrivateIpAddress: taken}, "InvalidIPAddress.InUse", "Address 10.0.1.9 is in use."},
		"reserved":    {ec2.CreateNetworkInterfaceInput{PrivateIpAddress: aws.String("10.0.1.3")}, "InvalidParameterValue", "Address is in subnet's reserved address range"},
		"broadcast":   {ec2.CreateNetworkInterfaceInput{PrivateIpAddress: aws.String("10.0.1.15")}, "InvalidParameterValue", "Address is in subnet's reserved address range"},
		"outside":     {ec2.CreateNetworkInterfaceInput{PrivateIpAddress: aws.String("10.0.2.9")}, "InvalidParameterValue", "Address does not fall within the subnet's address range"},
		"no subnet":   {ec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-1")}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"},
		"of a type":   {ec2.CreateNetworkInterfaceInput{InterfaceType: types.NetworkInterfaceCreationTypeTrunk}, "InvalidParameterValue", "Value (trunk) for parameter interfaceType is invalid."},
		"token again": {ec2.CreateNetworkInterfaceInput{ClientToken: aws.String("token"), Description: aws.String("other")}, "IdempotentParameterMismatch", "The client token you have provided is associated with a resource with different parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.in.SubnetId == nil {
				test.in.SubnetId = &subnet
			}
			if name == "token again" {
				must[*ec2.CreateNetworkInterfaceOutput](t)(c.ec2.CreateNetworkInterface(t.Context(),
					&ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, ClientToken: test.in.ClientToken}))
			}
			_, err := c.ec2.CreateNetworkInterface(t.Context(), &test.in)
			wantError(t, err, test.code, test.message)
		})
	}
	_, err := c.ec2.ModifyNetworkInterfaceAttribute(t.Context(), &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: first.NetworkInterfaceId})
	wantError(t, err, "InvalidParameterCombination", "Exactly one attribute must be specified")
	_, err = c.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String("eni-12345678")})
	wantError(t, err, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-12345678' does not exist")
}

// TestNetworkInterfaceIsMadeOnce: a request that is repeated with its token finds
// what the first one made; a subnet of /28 has eleven addresses to give.
func TestNetworkInterfaceIsMadeOnce(t *testing.T) {
	c := newClients(t)
	in := &ec2.CreateNetworkInterfaceInput{SubnetId: aws.String(newSubnet(t, c, newVPC(t, c), "10.0.1.0/28")), ClientToken: aws.String("token")}
	first := must[*ec2.CreateNetworkInterfaceOutput](t)(c.ec2.CreateNetworkInterface(t.Context(), in))
	again := must[*ec2.CreateNetworkInterfaceOutput](t)(c.ec2.CreateNetworkInterface(t.Context(), in))
	if diff := cmp.Diff(first.NetworkInterface, again.NetworkInterface, plainNetwork); diff != "" {
		t.Error(diff)
	}
	addresses := map[string]bool{*first.NetworkInterface.PrivateIpAddress: true}
	for range 10 {
		addresses[*newInterface(t, c, *in.SubnetId).PrivateIpAddress] = true
	}
	if len(addresses) != 11 {
		t.Errorf("11 interfaces have %d addresses", len(addresses))
	}
	_, err := c.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: in.SubnetId})
	wantError(t, err, "InsufficientFreeAddressesInSubnet",
		"The specified subnet does not have enough free addresses to satisfy the request.")
}

func TestModifyNetworkInterface(t *testing.T) {
	c := newClients(t)
	eni := newInterface(t, c, newSubnet(t, c, newVPC(t, c), "10.0.1.0/28")).NetworkInterfaceId
	for _, in := range []ec2.ModifyNetworkInterfaceAttributeInput{
		{Description: &types.AttributeValue{Value: aws.String("of the function")}},
		{SourceDestCheck: &types.AttributeBooleanValue{Value: aws.Bool(false)}},
	} {
		in.NetworkInterfaceId = eni
		must[*ec2.ModifyNetworkInterfaceAttributeOutput](t)(c.ec2.ModifyNetworkInterfaceAttribute(t.Context(), &in))
	}
	got := must[*ec2.DescribeNetworkInterfacesOutput](t)(c.ec2.DescribeNetworkInterfaces(t.Context(),
		&ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{*eni}})).NetworkInterfaces[0]
	if *got.Description != "of the function" || *got.SourceDestCheck || *got.Groups[0].GroupName != "default" {
		t.Errorf("%s, %v, %s", *got.Description, *got.SourceDestCheck, *got.Groups[0].GroupName)
	}
}

// TestPagesOfNetwork: every list has pages, which neither miss nor repeat.
func TestPagesOfNetwork(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	found := map[string]int{}
	for i := range 7 {
		subnet := newSubnet(t, c, vpc, fmt.Sprintf("10.0.%d.0/24", i))
		found[subnet], found[*newInterface(t, c, subnet).NetworkInterfaceId] = 0, 0
	}
	subnets := ec2.NewDescribeSubnetsPaginator(c.ec2, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(5)})
	for subnets.HasMorePages() {
		for _, s := range must[*ec2.DescribeSubnetsOutput](t)(subnets.NextPage(t.Context())).Subnets {
			found[*s.SubnetId]++
		}
	}
	interfaces := ec2.NewDescribeNetworkInterfacesPaginator(c.ec2, &ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5)})
	for interfaces.HasMorePages() {
		for _, n := range must[*ec2.DescribeNetworkInterfacesOutput](t)(interfaces.NextPage(t.Context())).NetworkInterfaces {
			found[*n.NetworkInterfaceId]++
		}
	}
	lists := ec2.NewDescribeManagedPrefixListsPaginator(c.ec2, &ec2.DescribeManagedPrefixListsInput{MaxResults: aws.Int32(1)})
	pages := 0
	for lists.HasMorePages() {
		pages += len(must[*ec2.DescribeManagedPrefixListsOutput](t)(lists.NextPage(t.Context())).PrefixLists)
	}
	if pages != 3 { // AWS's own
		t.Errorf("%d prefix lists in pages of one", pages)
	}
	for id, times := range found {
		if times != 1 {
			t.Errorf("%s is shown %d times", id, times)
		}
	}
}
