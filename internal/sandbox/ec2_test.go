package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plain compares SDK values without their unexported parts.
var plain = cmpopts.IgnoreUnexported(
	types.Vpc{}, types.VpcCidrBlockAssociation{}, types.VpcCidrBlockState{}, types.Tag{}, types.TagDescription{},
	types.SecurityGroup{}, types.SecurityGroupRule{}, types.ReferencedSecurityGroup{}, types.IpPermission{},
	types.IpRange{}, types.Ipv6Range{}, types.PrefixListId{}, types.UserIdGroupPair{}, types.RevokedSecurityGroupRule{},
)

var allowAll = types.IpPermission{
	IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	Ipv6Ranges: []types.Ipv6Range{}, PrefixListIds: []types.PrefixListId{}, UserIdGroupPairs: []types.UserIdGroupPair{},
}

func TestVPC(t *testing.T) {
	c := newClients(t)
	made := must[*ec2.CreateVpcOutput](t)(c.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{
		CidrBlock: aws.String("10.1.2.3/16"),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeVpc, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("main")}},
		}},
	}))
	want := *made.Vpc
	if want.State != types.VpcStatePending {
		t.Errorf("a new VPC is %s", want.State)
	}
	want.State = types.VpcStateAvailable
	got := must[*ec2.DescribeVpcsOutput](t)(c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{
		VpcIds: []string{*want.VpcId}, Filters: filters("cidr", "10.1.0.0/16", "tag:Name", "ma?n", "state", "available"),
	}))
	if diff := cmp.Diff([]types.Vpc{want}, got.Vpcs, plain); diff != "" {
		t.Error(diff)
	}

	group := newGroup(t, c, *want.VpcId, "web")
	_, err := c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: want.VpcId})
	wantError(t, err, "DependencyViolation", "The vpc '"+*want.VpcId+"' has dependencies and cannot be deleted.")
	deleteGroup(t, c, group)
	must[*ec2.DeleteVpcOutput](t)(c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: want.VpcId}))
	if left := groups(t, c); len(left) > 0 {
		t.Errorf("a deleted VPC leaves %v", left)
	}
	_, err = c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{*want.VpcId}})
	wantError(t, err, "InvalidVpcID.NotFound", "The vpc ID '"+*want.VpcId+"' does not exist")
}

func TestVPCRefused(t *testing.T) {
	c := newClients(t)
	for cidr, want := range map[string][2]string{
		"":            {"MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."},
		"10.0.0.0":    {"InvalidParameterValue", "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
		"::/56":       {"InvalidParameterValue", "Value (::/56) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
		"10.0.0.0/15": {"InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."},
		"10.0.0.0/29": {"InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."},
	} {
		in := &ec2.CreateVpcInput{}
		if cidr != "" {
			in.CidrBlock = &cidr
		}
		_, err := c.ec2.CreateVpc(t.Context(), in)
		wantError(t, err, want[0], want[1])
	}
}

func TestNewGroup(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	id := newGroup(t, c, vpc, "web")
	want := []types.SecurityGroup{{
		GroupId: &id, GroupName: aws.String("web"), Description: aws.String("web tier"), OwnerId: aws.String(testAccount),
		VpcId: &vpc, SecurityGroupArn: aws.String("arn:aws:ec2:us-west-2:111122223333:security-group/" + id),
		IpPermissions: []types.IpPermission{}, IpPermissionsEgress: []types.IpPermission{allowAll}, Tags: []types.Tag{},
	}}
	if diff := cmp.Diff(want, groups(t, c, "group-name", "web"), plain); diff != "" {
		t.Error(diff)
	}

	byDefault := groups(t, c, "group-name", "default")[0]
	self := []types.UserIdGroupPair{{GroupId: byDefault.GroupId, UserId: aws.String(testAccount)}}
	if diff := cmp.Diff(self, byDefault.IpPermissions[0].UserIdGroupPairs, plain); diff != "" {
		t.Error("ingress of the default group: " + diff)
	}
	_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: byDefault.GroupId})
	wantError(t, err, "CannotDelete", `the specified group: "`+*byDefault.GroupId+`" name: "default" cannot be deleted by a user`)
}

func TestGroupRefused(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	newGroup(t, c, vpc, "web")
	const set = "strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
	long := strings.Repeat("x", 256)
	for _, test := range []struct{ name, description, vpc, code, message string }{
		{"WEB", "d", vpc, "InvalidGroup.Duplicate", "The security group 'WEB' already exists for VPC '" + vpc + "'"},
		{"sg-web", "d", vpc, "InvalidParameterValue", "Invalid group name. Group names may not be in the format sg-*."},
		{"Default", "d", vpc, "InvalidGroup.Reserved", "Cannot use reserved security group name: Default"},
		{"wéb", "d", vpc, "InvalidParameterValue", "Invalid security group name. Valid names are " + set},
		{long, "d", vpc, "InvalidParameterValue", "Invalid security group name. Valid names are " + set},
		{"app", "<d>", vpc, "InvalidParameterValue", "Invalid security group description. Valid descriptions are " + set},
		{"app", long, vpc, "InvalidParameterValue", "Invalid security group description. Valid descriptions are " + set},
		{"app", "d", "", "VPCIdNotSpecified", "No default VPC for this user"},
		{"app", "d", "vpc-0123456789abcdef0", "InvalidVpcID.NotFound", "The vpc ID 'vpc-0123456789abcdef0' does not exist"},
		{"app", "d", "subnet-1", "InvalidVpcID.Malformed", `Invalid id: "subnet-1" (expecting "vpc-...")`},
	} {
		in := &ec2.CreateSecurityGroupInput{GroupName: &test.name, Description: &test.description}
		if test.vpc != "" {
			in.VpcId = &test.vpc
		}
		_, err := c.ec2.CreateSecurityGroup(t.Context(), in)
		wantError(t, err, test.code, test.message)
	}
	for id, want := range map[string][2]string{
		"sg-0123456789abcdef0": {"InvalidGroup.NotFound", "The security group 'sg-0123456789abcdef0' does not exist"},
		"web":                  {"InvalidGroupId.Malformed", `Invalid id: "web" (expecting "sg-...")`},
		"sg-xyz":               {"InvalidGroupId.Malformed", `Invalid id: "sg-xyz"`},
	} {
		_, err := c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
		wantError(t, err, want[0], want[1])
		_, err = c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &id})
		wantError(t, err, want[0], want[1])
	}
	_, err := c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"web"}})
	wantError(t, err, "InvalidGroup.NotFound", "The security group 'web' does not exist in default VPC 'none'")
	_, err = c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupName: aws.String("web")})
	wantError(t, err, "VPCIdNotSpecified", "No default VPC for this user")
}

func TestDeleteReferencedGroup(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	web, app := newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "app")
	for _, by := range []string{web, app} { // a reference to itself is no obstacle
		err := allow(t, c, by, types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &web}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &web})
	wantError(t, err, "DependencyViolation", "resource "+web+" has a dependent object")
	deleteGroup(t, c, app)
	deleteGroup(t, c, web)
	if left := groups(t, c); len(left) != 1 || *left[0].GroupName != "default" {
		t.Errorf("left: %v", left)
	}
}

func groups(t *testing.T, c clients, namesAndValues ...string) []types.SecurityGroup {
	t.Helper()
	in := &ec2.DescribeSecurityGroupsInput{Filters: filters(namesAndValues...)}
	return must[*ec2.DescribeSecurityGroupsOutput](t)(c.ec2.DescribeSecurityGroups(t.Context(), in)).SecurityGroups
}

func deleteGroup(t *testing.T, c clients, group string) {
	t.Helper()
	must[*ec2.DeleteSecurityGroupOutput](t)(c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group}))
}
