package sandbox_test

import (
	"fmt"
	"slices"
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

// TestRules adds one rule with each kind of peer and reads them back.
func TestRules(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	web, app := newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "app")
	permission := types.IpPermission{
		IpProtocol: aws.String("TCP"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8081),
		IpRanges:         []types.IpRange{{CidrIp: aws.String("100.68.0.18/18"), Description: aws.String("v4 & more")}},
		Ipv6Ranges:       []types.Ipv6Range{{CidrIpv6: aws.String("2001:DB8:0::1/32"), Description: aws.String("v6")}},
		PrefixListIds:    []types.PrefixListId{{PrefixListId: aws.String("pl-63a5400a"), Description: aws.String("list")}},
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &web, Description: aws.String("group")}},
	}
	added := must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(c.ec2.AuthorizeSecurityGroupIngress(t.Context(),
		&ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &app, IpPermissions: []types.IpPermission{permission},
			TagSpecifications: []types.TagSpecification{{
				ResourceType: types.ResourceTypeSecurityGroupRule, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("")}},
			}},
		}))

	shown := permission
	shown.IpProtocol = aws.String("tcp")
	shown.IpRanges = []types.IpRange{{CidrIp: aws.String("100.68.0.0/18"), Description: aws.String("v4 & more")}}
	shown.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("2001:db8::/32"), Description: aws.String("v6")}}
	shown.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &web, UserId: aws.String(testAccount), Description: aws.String("group")}}
	got := groups(t, c, "group-id", app)[0]
	if diff := cmp.Diff([]types.IpPermission{shown}, got.IpPermissions, plain); diff != "" {
		t.Error(diff)
	}

	rules := rulesOf(t, c, app)
	var want []types.SecurityGroupRule
	for i, peer := range []types.SecurityGroupRule{
		{CidrIpv4: aws.String("100.68.0.0/18"), Description: aws.String("v4 & more")},
		{CidrIpv6: aws.String("2001:db8::/32"), Description: aws.String("v6")},
		{PrefixListId: aws.String("pl-63a5400a"), Description: aws.String("list")},
		{ReferencedGroupInfo: &types.ReferencedSecurityGroup{GroupId: &web, UserId: aws.String(testAccount)}, Description: aws.String("group")},
	} {
		id := added.SecurityGroupRules[i].SecurityGroupRuleId
		peer.SecurityGroupRuleId, peer.GroupId, peer.GroupOwnerId = id, &app, aws.String(testAccount)
		peer.IsEgress, peer.IpProtocol = aws.Bool(false), aws.String("tcp")
		peer.FromPort, peer.ToPort = aws.Int32(8080), aws.Int32(8081)
		peer.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("")}}
		peer.SecurityGroupRuleArn = aws.String("arn:aws:ec2:us-west-2:111122223333:security-group-rule/" + *id)
		want = append(want, peer)
	}
	if diff := cmp.Diff(want, added.SecurityGroupRules, plain); diff != "" {
		t.Error("added: " + diff)
	}
	ingress := slices.DeleteFunc(rules, func(r types.SecurityGroupRule) bool { return *r.IsEgress })
	if diff := cmp.Diff(want, ingress, plain, cmpopts.SortSlices(byRuleID)); diff != "" {
		t.Error("described: " + diff)
	}
}

func TestTrafficRefused(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	number := func(n int32) *int32 { return &n }
	for name, test := range map[string]struct {
		protocol string
		from, to *int32
		message  string
	}{
		"port too high":   {"tcp", number(1), number(70000), "TCP/UDP port (70000) out of range"},
		"port below zero": {"udp", number(-1), number(-1), "TCP/UDP port (-1) out of range"},
		"range reversed":  {"6", number(443), number(80), "Invalid TCP/UDP port range (443:80)"},
		"no to port":      {"tcp", number(1), nil, "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."},
		"no such name":    {"all", nil, nil, "Invalid value 'all' for IP protocol. Unknown protocol."},
		"number too high": {"256", nil, nil, "Invalid value '256' for IP protocol. Unknown protocol."},
		"type too high":   {"icmp", number(256), number(0), "ICMP type (256) out of range"},
		"code too high":   {"icmp", number(8), number(256), "ICMP code (256) out of range"},
		"code of no type": {"icmpv6", number(-1), number(0), "ICMP code (0) must be -1 for all ICMP types"},
		"no type":         {"1", nil, nil, "Invalid value 'Must specify both ICMP type and code.' for icmpTypeCode."},
	} {
		t.Run(name, func(t *testing.T) {
			err := allow(t, c, group, types.IpPermission{
				IpProtocol: &test.protocol, FromPort: test.from, ToPort: test.to,
				IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}},
			})
			wantError(t, err, "InvalidParameterValue", test.message)
		})
	}
}

func TestTrafficShown(t *testing.T) {
	c := newClients(t)
	for _, test := range []struct {
		protocol string
		from, to *int32
		want     string
	}{
		{"-1", aws.Int32(80), aws.Int32(90), "-1 -1 -1"},
		{"50", aws.Int32(80), nil, "50 -1 -1"},
		{"58", nil, nil, "icmpv6 -1 -1"},
		{"1", aws.Int32(252), aws.Int32(86), "icmp 252 86"},
		{"17", aws.Int32(0), aws.Int32(65535), "udp 0 65535"},
	} {
		group := newGroup(t, c, newVPC(t, c), "web")
		err := allow(t, c, group, types.IpPermission{
			IpProtocol: &test.protocol, FromPort: test.from, ToPort: test.to,
			IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rulesOf(t, c, group) {
			if got := fmt.Sprint(*r.IpProtocol, " ", *r.FromPort, " ", *r.ToPort); !*r.IsEgress && got != test.want {
				t.Errorf("%s shows as %s, want %s", test.protocol, got, test.want)
			}
		}
	}
}

func TestPeerRefused(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	elsewhere := newGroup(t, c, newVPC(t, c), "web")
	const badDescription = "Invalid rule description. Valid descriptions are strings less than 256 characters " +
		"from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
	for name, test := range map[string]struct {
		peer          types.IpPermission
		code, message string
	}{
		"none": {types.IpPermission{}, "InvalidRequest",
			"Missing source specification: include source security group or CIDR information"},
		"no CIDR":      {cidr("10.0.0.0/33", ""), "InvalidParameterValue", "CIDR block 10.0.0.0/33 is malformed"},
		"IPv6 as IPv4": {cidr("::/0", ""), "InvalidParameterValue", "CIDR block ::/0 is malformed"},
		"description":  {cidr("10.0.0.0/8", "a<b"), "InvalidParameterValue", badDescription},
		"too long":     {cidr("10.0.0.0/8", strings.Repeat("x", 256)), "InvalidParameterValue", badDescription},
		"ampersand": {types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{
			{GroupId: &group, Description: aws.String("a & b")}}}, "InvalidParameterValue", badDescription},
		"other VPC": {types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &elsewhere}}},
			"InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		"no group": {types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-12345678")}}},
			"InvalidGroup.NotFound", "The security group 'sg-12345678' does not exist"},
		"other account": {types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{
			{GroupId: &group, UserId: aws.String("999999999999")}}},
			"InvalidGroup.NotFound", "The security group '999999999999/" + group + "' does not exist"},
		"twice": {types.IpPermission{IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}, {CidrIp: aws.String("10.1.0.0/8")}}},
			"InvalidParameterValue", "The same permission must not appear multiple times"},
		"prefix list": {types.IpPermission{PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("list")}}},
			"InvalidPrefixListId.Malformed", `Invalid id: "list" (expecting "pl-...")`},
	} {
		t.Run(name, func(t *testing.T) {
			test.peer.IpProtocol = aws.String("-1")
			wantError(t, allow(t, c, group, test.peer), test.code, test.message)
		})
	}
}

func TestDuplicateRules(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	ping := types.IpPermission{IpProtocol: aws.String("icmp"), FromPort: aws.Int32(-1), ToPort: aws.Int32(-1),
		IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}}
	self := types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &group}}}
	for _, p := range []types.IpPermission{tcp(443, "0.0.0.0/0"), ping, self} {
		if err := allow(t, c, group, p); err != nil {
			t.Fatal(err)
		}
	}
	numbered := tcp(443, "1.2.3.4/0") // equal once canonical
	numbered.IpProtocol = aws.String("6")
	const code = "InvalidPermission.Duplicate"
	wantError(t, allow(t, c, group, numbered), code,
		`the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists`)
	wantError(t, allow(t, c, group, ping), code,
		`the specified rule "peer: 10.0.0.0/8, ICMP, type: ALL, code: ALL, ALLOW" already exists`)
	wantError(t, allow(t, c, group, self), code, `the specified rule "peer: `+group+`, ALL, ALLOW" already exists`)

	before := rulesOf(t, c, group)
	wantError(t, allow(t, c, group, tcp(80, "10.0.0.0/8"), tcp(443, "0.0.0.0/0")), code,
		`the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists`)
	if diff := cmp.Diff(before, rulesOf(t, c, group), plain); diff != "" {
		t.Error("a refused request has added rules: " + diff)
	}

	_, err := c.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: allowAll.IpRanges}}})
	wantError(t, err, code, `the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists`)
}

func TestRevoke(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	if err := allow(t, c, group, tcp(80, "10.0.0.0/8", "11.0.0.0/8"), tcp(443, "0.0.0.0/0")); err != nil {
		t.Fatal(err)
	}
	revoke := func(permissions ...types.IpPermission) error {
		_, err := c.ec2.RevokeSecurityGroupIngress(t.Context(),
			&ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
		return err
	}
	wantError(t, revoke(tcp(80, "10.0.0.0/8"), tcp(81, "10.0.0.0/8")), "InvalidPermission.NotFound",
		"The specified rule does not exist in this security group.")
	if n := len(rulesOf(t, c, group)); n != 4 {
		t.Errorf("a refused revoke leaves %d rules, want 4", n)
	}
	if err := revoke(tcp(80, "10.0.0.0/8"), tcp(443, "0.0.0.0/0")); err != nil {
		t.Fatal(err)
	}

	rules := rulesOf(t, c, group) // 80 from 11.0.0.0/8, and all egress
	egress := rules[slices.IndexFunc(rules, func(r types.SecurityGroupRule) bool { return *r.IsEgress })]
	_, err := c.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &group, SecurityGroupRuleIds: []string{*egress.SecurityGroupRuleId}})
	wantError(t, err, "InvalidSecurityGroupRuleId.NotFound",
		"The security group rule ID '"+*egress.SecurityGroupRuleId+"' does not exist")
	out := must[*ec2.RevokeSecurityGroupEgressOutput](t)(c.ec2.RevokeSecurityGroupEgress(t.Context(),
		&ec2.RevokeSecurityGroupEgressInput{GroupId: &group, SecurityGroupRuleIds: []string{*egress.SecurityGroupRuleId}}))
	want := []types.RevokedSecurityGroupRule{{
		SecurityGroupRuleId: egress.SecurityGroupRuleId, GroupId: &group, IsEgress: aws.Bool(true), IpProtocol: aws.String("-1"),
		FromPort: aws.Int32(-1), ToPort: aws.Int32(-1), CidrIpv4: aws.String("0.0.0.0/0"),
	}}
	if diff := cmp.Diff(want, out.RevokedSecurityGroupRules, plain); diff != "" {
		t.Error(diff)
	}
	left := groups(t, c, "group-id", group)[0]
	if len(left.IpPermissionsEgress) != 0 || len(left.IpPermissions) != 1 {
		t.Errorf("left: %v, %v", left.IpPermissions, left.IpPermissionsEgress)
	}
}

func TestFlatRule(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(c.ec2.AuthorizeSecurityGroupIngress(t.Context(),
		&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpProtocol: aws.String("tcp"),
			FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("10.0.0.0/8")}))
	must[*ec2.RevokeSecurityGroupIngressOutput](t)(c.ec2.RevokeSecurityGroupIngress(t.Context(),
		&ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{tcp(22, "10.0.0.0/8")}}))
}

func TestDescriptions(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	if err := allow(t, c, group, tcp(80, "10.0.0.0/8")); err != nil {
		t.Fatal(err)
	}
	p := tcp(80, "10.0.0.0/8")
	p.IpRanges[0].Description = aws.String("by permission")
	must[*ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput](t)(c.ec2.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(),
		&ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{p}}))
	rules := groups(t, c, "group-id", group)[0].IpPermissions
	if diff := cmp.Diff(p.IpRanges, rules[0].IpRanges, plain); diff != "" {
		t.Error(diff)
	}
	egress := rulesOf(t, c, group)
	egress = slices.DeleteFunc(egress, func(r types.SecurityGroupRule) bool { return !*r.IsEgress })
	must[*ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput](t)(c.ec2.UpdateSecurityGroupRuleDescriptionsEgress(t.Context(),
		&ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &group, SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{
			{SecurityGroupRuleId: egress[0].SecurityGroupRuleId, Description: aws.String("by ID")}}}))
	if got := groups(t, c, "group-id", group)[0].IpPermissionsEgress[0].IpRanges[0].Description; *got != "by ID" {
		t.Errorf("got %q", *got)
	}
	_, err := c.ec2.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{tcp(81, "10.0.0.0/8")}})
	wantError(t, err, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

func TestModifyRules(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	if err := allow(t, c, group, tcp(80, "10.0.0.0/8"), tcp(81, "10.0.0.0/8")); err != nil {
		t.Fatal(err)
	}
	rules := slices.DeleteFunc(rulesOf(t, c, group), func(r types.SecurityGroupRule) bool { return *r.IsEgress })
	modify := func(ports ...int32) error {
		in := &ec2.ModifySecurityGroupRulesInput{GroupId: &group}
		for i, port := range ports {
			in.SecurityGroupRules = append(in.SecurityGroupRules, types.SecurityGroupRuleUpdate{
				SecurityGroupRuleId: rules[i].SecurityGroupRuleId, SecurityGroupRule: &types.SecurityGroupRuleRequest{
					IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, CidrIpv4: aws.String("10.0.0.0/8")}})
		}
		_, err := c.ec2.ModifySecurityGroupRules(t.Context(), in)
		return err
	}
	swapped := []int32{*rules[1].FromPort, *rules[0].FromPort}
	if err := modify(swapped...); err != nil { // all at once, so no duplicate on the way
		t.Fatal(err)
	}
	now := slices.DeleteFunc(rulesOf(t, c, group), func(r types.SecurityGroupRule) bool { return *r.IsEgress })
	if got := []int32{*now[0].FromPort, *now[1].FromPort}; !slices.Equal(got, swapped) {
		t.Errorf("ports are %v, want %v", got, swapped)
	}
	wantError(t, modify(90, 90), "InvalidPermission.Duplicate",
		`the specified rule "peer: 10.0.0.0/8, TCP, from port: 90, to port: 90, ALLOW" already exists`)
}

// TestRuleQuota: 60 rules for each direction and family.
func TestRuleQuota(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	full := tcp(80)
	for i := range 60 {
		full.IpRanges = append(full.IpRanges, types.IpRange{CidrIp: aws.String(fmt.Sprintf("10.0.0.%d/32", i))})
	}
	if err := allow(t, c, group, full); err != nil {
		t.Fatal(err)
	}
	wantError(t, allow(t, c, group, tcp(80, "11.0.0.0/8")), "RulesPerSecurityGroupLimitExceeded",
		"The maximum number of rules per security group has been reached.")
	v6 := tcp(80)
	v6.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	if err := allow(t, c, group, v6); err != nil {
		t.Errorf("IPv6 has a quota of its own: %v", err)
	}
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

func TestGroupFilters(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	web, app := newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "app")
	newGroup(t, c, newVPC(t, c), "other")
	must[*ec2.CreateTagsOutput](t)(c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: []string{web}, Tags: []types.Tag{{Key: aws.String("Tier"), Value: aws.String("web")}}}))
	err := allow(t, c, app, types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &web}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		filter []string
		want   string
	}{
		{[]string{"group-id", web}, "web"},
		{[]string{"vpc-id", vpc, "group-name", "*"}, "app default web"},
		{[]string{"group-name", "?eb|app"}, "app web"},
		{[]string{"group-name", "WEB"}, ""},
		{[]string{"description", "web tier"}, "web"},
		{[]string{"owner-id", testAccount, "vpc-id", vpc, "tag-key", "Ti*"}, "web"},
		{[]string{"tag:Tier", "web"}, "web"},
		{[]string{"tag:tier", "web"}, ""},
		{[]string{"ip-permission.group-id", web}, "app"},
		{[]string{"ip-permission.group-name", "web"}, "app"},
		{[]string{"ip-permission.from-port", "8080", "ip-permission.to-port", "8080", "ip-permission.protocol", "tcp"}, "app"},
		{[]string{"ip-permission.user-id", testAccount, "vpc-id", vpc}, "app default"},
		{[]string{"ip-permission.cidr", "0.0.0.0/0"}, ""},
		{[]string{"egress.ip-permission.cidr", "0.0.0.0/0", "vpc-id", vpc}, "app default web"},
	} {
		var names []string
		for _, g := range groups(t, c, test.filter...) {
			names = append(names, *g.GroupName)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("filter %v finds %q, want %q", test.filter, got, test.want)
		}
	}
}

func TestFiltersRefused(t *testing.T) {
	c := newClients(t)
	_, err := c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: filters("colour", "red")})
	wantError(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
	_, err = c.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: filters("vpc-id", "x")})
	wantError(t, err, "InvalidParameterValue", "The filter 'vpc-id' is invalid")
	_, err = c.ec2.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: filters("colour", "red")})
	wantError(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
	out := must[*ec2.DescribeNetworkInterfacesOutput](t)(c.ec2.DescribeNetworkInterfaces(t.Context(),
		&ec2.DescribeNetworkInterfacesInput{Filters: filters("group-id", "sg-12345678")}))
	if len(out.NetworkInterfaces) != 0 || out.NextToken != nil {
		t.Errorf("got %v", out)
	}
	_, err = c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("vpc-id")}}})
	wantError(t, err, "MissingParameter", "The filter 'vpc-id' has no values")
}

func TestPages(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	want := []string{"default"}
	for i := range 11 {
		name := fmt.Sprintf("group-%02d", i)
		newGroup(t, c, vpc, name)
		want = append(want, name)
	}
	var sizes []int
	var got []string
	pages := ec2.NewDescribeSecurityGroupsPaginator(c.ec2, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(5)})
	for pages.HasMorePages() {
		page := must[*ec2.DescribeSecurityGroupsOutput](t)(pages.NextPage(t.Context()))
		sizes = append(sizes, len(page.SecurityGroups))
		for _, g := range page.SecurityGroups {
			got = append(got, *g.GroupName)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || !slices.Equal(sizes, []int{5, 5, 2}) {
		t.Errorf("pages of %v: %s", sizes, diff)
	}
	for _, n := range []int32{4, 1001} {
		_, err := c.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{MaxResults: &n})
		word := map[bool]string{true: "greater than 5", false: "smaller than 1000"}[n < 5]
		wantError(t, err, "InvalidParameterValue",
			fmt.Sprintf("Value ( %d ) for parameter maxResults is invalid. Expecting a value %s.", n, word))
	}
	_, err := c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{NextToken: aws.String("x")})
	wantError(t, err, "InvalidParameterValue", "Value (x) for parameter nextToken is invalid.")
}

func TestDryRun(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	_, err := c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("web"), Description: aws.String("d"), VpcId: &vpc, DryRun: aws.Bool(true)})
	wantError(t, err, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	if left := groups(t, c, "group-name", "web"); len(left) != 0 {
		t.Errorf("a trial has made %v", left)
	}
}

func TestTags(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	create := func(tags ...types.Tag) error {
		_, err := c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{group}, Tags: tags})
		return err
	}
	if err := create(tag("a", "1"), tag("b", ""), tag("ü", "<&>")); err != nil {
		t.Fatal(err)
	}
	if err := create(tag("a", "2")); err != nil {
		t.Fatal(err)
	}
	must[*ec2.DeleteTagsOutput](t)(c.ec2.DeleteTags(t.Context(), &ec2.DeleteTagsInput{
		Resources: []string{group}, Tags: []types.Tag{tag("a", "1"), {Key: aws.String("b")}}}))
	want := []types.TagDescription{
		{Key: aws.String("a"), Value: aws.String("2"), ResourceId: &group, ResourceType: types.ResourceTypeSecurityGroup},
		{Key: aws.String("ü"), Value: aws.String("<&>"), ResourceId: &group, ResourceType: types.ResourceTypeSecurityGroup},
	}
	got := must[*ec2.DescribeTagsOutput](t)(c.ec2.DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: filters("resource-id", group)}))
	if diff := cmp.Diff(want, got.Tags, plain); diff != "" {
		t.Error(diff)
	}
	wantError(t, create(tag("aws:x", "")), "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
	var many []types.Tag
	for i := range 49 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	wantError(t, create(many...), "TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	_, err := c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{"sg-12345678"}, Tags: []types.Tag{tag("a", "b")}})
	wantError(t, err, "InvalidSecurityGroupID.NotFound", "The securityGroup ID 'sg-12345678' does not exist")
}

// filters makes filters of names and values; a | separates the values of one.
func filters(namesAndValues ...string) (list []types.Filter) {
	for pair := range slices.Chunk(namesAndValues, 2) {
		list = append(list, types.Filter{Name: &pair[0], Values: strings.Split(pair[1], "|")})
	}
	return list
}

func groups(t *testing.T, c clients, namesAndValues ...string) []types.SecurityGroup {
	t.Helper()
	in := &ec2.DescribeSecurityGroupsInput{Filters: filters(namesAndValues...)}
	return must[*ec2.DescribeSecurityGroupsOutput](t)(c.ec2.DescribeSecurityGroups(t.Context(), in)).SecurityGroups
}

func rulesOf(t *testing.T, c clients, group string) []types.SecurityGroupRule {
	t.Helper()
	in := &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", group)}
	return must[*ec2.DescribeSecurityGroupRulesOutput](t)(c.ec2.DescribeSecurityGroupRules(t.Context(), in)).SecurityGroupRules
}

func byRuleID(a, b types.SecurityGroupRule) bool {
	return *a.SecurityGroupRuleId < *b.SecurityGroupRuleId
}

func allow(t *testing.T, c clients, group string, permissions ...types.IpPermission) error {
	t.Helper()
	_, err := c.ec2.AuthorizeSecurityGroupIngress(t.Context(),
		&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
	return err
}

func deleteGroup(t *testing.T, c clients, group string) {
	t.Helper()
	must[*ec2.DeleteSecurityGroupOutput](t)(c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group}))
}

func cidr(block, description string) types.IpPermission {
	return types.IpPermission{IpRanges: []types.IpRange{{CidrIp: &block, Description: &description}}}
}
