package ec2

// Tag is a key and a value, which may be empty.
type Tag struct {
	Key   string `aws:",required"`
	Value string `aws:",always"`
}

// TagSpecification is the tags for a resource at its creation.
type TagSpecification struct {
	ResourceType string `aws:",required"`
	Tags         []Tag  `aws:"Tag"`
}

// Filter narrows a Describe operation. Values are joined by OR and may hold
// wildcards, * and ?; filters are joined by AND.
type Filter struct {
	Name   string   `aws:",required"`
	Values []string `aws:"Value"`
}

// IpPermission is a set of rules with one protocol and port range, one rule for
// each peer. For ICMP, FromPort is the type and ToPort the code.
type IpPermission struct {
	IpProtocol       string
	FromPort         *int32
	ToPort           *int32
	UserIdGroupPairs []UserIdGroupPair `aws:"Groups"`
	IpRanges         []IpRange
	Ipv6Ranges       []Ipv6Range
	PrefixListIds    []PrefixListId
}

// IpRange is an IPv4 peer.
type IpRange struct {
	CidrIp      string
	Description string
}

// Ipv6Range is an IPv6 peer.
type Ipv6Range struct {
	CidrIpv6    string
	Description string
}

// PrefixListId is a prefix list as a peer.
type PrefixListId struct {
	PrefixListId string
	Description  string
}

// UserIdGroupPair is a security group as a peer.
type UserIdGroupPair struct {
	UserId                 string // the owner; "" is the caller's account
	GroupId                string
	GroupName              string // for a default VPC alone, which the sandbox hasn't
	VpcId                  string
	VpcPeeringConnectionId string
	PeeringStatus          string
	Description            string
}

// SecurityGroup is a group as DescribeSecurityGroups shows it.
type SecurityGroup struct {
	OwnerId             string
	GroupId             string
	GroupName           string
	Description         string `aws:"GroupDescription"`
	VpcId               string
	SecurityGroupArn    string
	IpPermissions       []IpPermission
	IpPermissionsEgress []IpPermission
	Tags                []Tag `aws:"TagSet"`
}

// SecurityGroupRule is one rule with one peer.
type SecurityGroupRule struct {
	SecurityGroupRuleId  string
	GroupId              string
	GroupOwnerId         string
	IsEgress             bool
	IpProtocol           string
	FromPort             int32 // -1: all
	ToPort               int32 // -1: all
	CidrIpv4             string
	CidrIpv6             string
	PrefixListId         string
	ReferencedGroupInfo  *ReferencedSecurityGroup
	Description          string
	Tags                 []Tag `aws:"TagSet"`
	SecurityGroupRuleArn string
}

// ReferencedSecurityGroup is the group that a rule names as its peer.
type ReferencedSecurityGroup struct {
	GroupId string
	UserId  string
}

// RevokedSecurityGroupRule is a rule that a Revoke operation has removed.
type RevokedSecurityGroupRule struct {
	SecurityGroupRuleId string
	GroupId             string
	IsEgress            bool
	IpProtocol          string
	FromPort            int32
	ToPort              int32
	CidrIpv4            string
	CidrIpv6            string
	PrefixListId        string
	ReferencedGroupId   string
	Description         string
}

// Vpc is a VPC as DescribeVpcs shows it.
type Vpc struct {
	VpcId                   string
	OwnerId                 string
	State                   string
	CidrBlock               string
	CidrBlockAssociationSet []VpcCidrBlockAssociation
	DhcpOptionsId           string
	InstanceTenancy         string
	IsDefault               bool
	Tags                    []Tag `aws:"TagSet"`
}

// VpcCidrBlockAssociation is an IPv4 range of a VPC.
type VpcCidrBlockAssociation struct {
	AssociationId  string
	CidrBlock      string
	CidrBlockState VpcCidrBlockState
}

// VpcCidrBlockState says whether the range is in use: "associated".
type VpcCidrBlockState struct {
	State string
}

// Subnet is a subnet as DescribeSubnets shows it.
type Subnet struct {
	SubnetId                      string
	SubnetArn                     string
	VpcId                         string
	OwnerId                       string
	State                         string
	CidrBlock                     string
	Ipv6CidrBlockAssociationSet   []struct{} // always empty
	AvailabilityZone              string
	AvailabilityZoneId            string
	AvailableIpAddressCount       int32
	DefaultForAz                  bool
	MapPublicIpOnLaunch           bool
	MapCustomerOwnedIpOnLaunch    bool
	AssignIpv6AddressOnCreation   bool
	Ipv6Native                    bool
	EnableDns64                   bool
	PrivateDnsNameOptionsOnLaunch PrivateDnsNameOptions
	Tags                          []Tag `aws:"TagSet"`
}

// PrivateDnsNameOptions says how instances of a subnet are named.
type PrivateDnsNameOptions struct {
	HostnameType                    string
	EnableResourceNameDnsARecord    bool
	EnableResourceNameDnsAAAARecord bool
}

// NetworkInterface is a network interface as DescribeNetworkInterfaces shows it.
type NetworkInterface struct {
	NetworkInterfaceId string
	SubnetId           string
	VpcId              string
	AvailabilityZone   string
	AvailabilityZoneId string
	Description        string `aws:",always"`
	OwnerId            string
	RequesterManaged   bool
	Status             string
	InterfaceType      string
	MacAddress         string
	PrivateIpAddress   string
	PrivateDnsName     string
	SourceDestCheck    bool
	Groups             []GroupIdentifier  `aws:"GroupSet"`
	PrivateIpAddresses []PrivateIpAddress `aws:"PrivateIpAddressesSet"`
	Ipv6Addresses      []struct{}         `aws:"Ipv6AddressesSet"` // always empty
	Tags               []Tag              `aws:"TagSet"`
}

// GroupIdentifier is a group that a network interface has.
type GroupIdentifier struct {
	GroupId   string
	GroupName string
}

// PrivateIpAddress is an IPv4 address of a network interface.
type PrivateIpAddress struct {
	Primary          bool
	PrivateIpAddress string
	PrivateDnsName   string
}

// ManagedPrefixList is a prefix list without its entries. Those that AWS manages
// have neither a version nor a number of entries.
type ManagedPrefixList struct {
	PrefixListId   string
	PrefixListName string
	PrefixListArn  string
	AddressFamily  string // IPv4 or IPv6
	State          string
	MaxEntries     *int32
	Version        *int64
	OwnerId        string
	Tags           []Tag `aws:"TagSet"`
}

// SuccessOutput is the output of operations that only say true.
type SuccessOutput struct {
	Return bool
}
