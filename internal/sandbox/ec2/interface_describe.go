package ec2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

func (n networkInterface) show(call *wire.Call, names map[string]string) NetworkInterface {
	dns := n.dnsName(call.Region)
	shown := NetworkInterface{
		NetworkInterfaceId: n.ID, SubnetId: n.Subnet, VpcId: n.VPC, OwnerId: call.Account,
		AvailabilityZone: n.Zone, AvailabilityZoneId: zoneID(n.Zone),
		Description: n.Description, InterfaceType: "interface", Status: "available",
		SourceDestCheck: !n.NoSourceDestCheck, MacAddress: n.mac(),
		PrivateIpAddress: n.Address, PrivateDnsName: dns,
		PrivateIpAddresses: []PrivateIpAddress{{Primary: true, PrivateIpAddress: n.Address, PrivateDnsName: dns}},
		Ipv6Addresses:      []struct{}{}, Groups: []GroupIdentifier{}, Tags: n.Tags.list(),
	}
	for _, id := range n.Groups {
		shown.Groups = append(shown.Groups, GroupIdentifier{GroupId: id, GroupName: names[id]})
	}
	return shown
}

// mac is a locally administered address that follows from the ID.
func (n networkInterface) mac() string {
	digits := n.ID[len(n.ID)-10:]
	parts := []string{"02"}
	for pair := range slices.Chunk([]byte(digits), 2) {
		parts = append(parts, string(pair))
	}
	return strings.Join(parts, ":")
}

// dnsName is the private DNS name, in the documented form; us-east-1 has a domain of its own.
func (n networkInterface) dnsName(region string) string {
	domain := region + ".compute.internal"
	if region == "us-east-1" {
		domain = "ec2.internal"
	}
	return fmt.Sprintf("ip-%s.%s", strings.ReplaceAll(n.Address, ".", "-"), domain)
}

// DescribeNetworkInterfacesInput is DescribeNetworkInterfaces' request.
type DescribeNetworkInterfacesInput struct {
	NetworkInterfaceIds []string `aws:"NetworkInterfaceId"`
	Filters             []Filter `aws:"Filter"`
	Page
	IncludeManagedResources bool // there are none
	DryRun                  bool
}

// DescribeNetworkInterfacesOutput is DescribeNetworkInterfaces' response.
type DescribeNetworkInterfacesOutput struct {
	NetworkInterfaces []NetworkInterface `aws:"NetworkInterfaceSet"`
	NextToken         string
}

// interfaceFilters are all documented filters. Those on attachments, public and
// IPv6 addresses find nothing: no interface here has one.
var interfaceFilters = newInterfaceFilters()

func newInterfaceFilters() filterSet[NetworkInterface] {
	filters := filterSet[NetworkInterface]{
		"addresses.primary":            one(func(NetworkInterface) string { return "true" }),
		"addresses.private-ip-address": one(func(n NetworkInterface) string { return n.PrivateIpAddress }),
		"availability-zone":            one(func(n NetworkInterface) string { return n.AvailabilityZone }),
		"availability-zone-id":         one(func(n NetworkInterface) string { return n.AvailabilityZoneId }),
		"description":                  one(func(n NetworkInterface) string { return n.Description }),
		"interface-type":               one(func(n NetworkInterface) string { return n.InterfaceType }),
		"mac-address":                  one(func(n NetworkInterface) string { return n.MacAddress }),
		"network-interface-id":         one(func(n NetworkInterface) string { return n.NetworkInterfaceId }),
		"operator.managed":             one(func(NetworkInterface) string { return "false" }),
		"owner-id":                     one(func(n NetworkInterface) string { return n.OwnerId }),
		"private-dns-name":             one(func(n NetworkInterface) string { return n.PrivateDnsName }),
		"private-ip-address":           one(func(n NetworkInterface) string { return n.PrivateIpAddress }),
		"requester-managed":            one(func(n NetworkInterface) string { return strconv.FormatBool(n.RequesterManaged) }),
		"source-dest-check":            one(func(n NetworkInterface) string { return strconv.FormatBool(n.SourceDestCheck) }),
		"status":                       one(func(n NetworkInterface) string { return n.Status }),
		"subnet-id":                    one(func(n NetworkInterface) string { return n.SubnetId }),
		"vpc-id":                       one(func(n NetworkInterface) string { return n.VpcId }),
		"group-id":                     ofGroups(func(g GroupIdentifier) string { return g.GroupId }),
		"group-name":                   ofGroups(func(g GroupIdentifier) string { return g.GroupName }),
	}
	nothing := func(NetworkInterface) []string { return nil }
	for _, name := range []string{
		"addresses.association.owner-id", "addresses.association.public-ip", "association.allocation-id",
		"association.association-id", "association.ip-owner-id", "association.public-dns-name", "association.public-ip",
		"attachment.attach-time", "attachment.attachment-id", "attachment.delete-on-termination",
		"attachment.device-index", "attachment.instance-id", "attachment.instance-owner-id", "attachment.status",
		"ipv6-addresses.ipv6-address", "operator.principal", "requester-id",
	} {
		filters[name] = nothing
	}
	return filters
}

func ofGroups(value func(GroupIdentifier) string) func(NetworkInterface) []string {
	return func(n NetworkInterface) (values []string) {
		for _, g := range n.Groups {
			values = append(values, value(g))
		}
		return values
	}
}

// DescribeNetworkInterfaces shows the network interfaces of the account and region.
func DescribeNetworkInterfaces(call *wire.Call, in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := interfaceFilters.compile(in.Filters, func(n NetworkInterface) []Tag { return n.Tags })
	if err != nil {
		return nil, err
	}
	for _, id := range in.NetworkInterfaceIds {
		if _, err := getInterface(call, id); err != nil {
			return nil, err
		}
	}
	wanted, names := newWanted(in.NetworkInterfaceIds), groupNames(call)
	var found []NetworkInterface
	for n := range interfacesOf(call) {
		if shown := n.show(call, names); wanted.has(n.ID) && match(shown) {
			found = append(found, shown)
		}
	}
	out := &DescribeNetworkInterfacesOutput{}
	out.NetworkInterfaces, out.NextToken, err = paginate(in.Page, found,
		func(n NetworkInterface) string { return n.NetworkInterfaceId })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}
