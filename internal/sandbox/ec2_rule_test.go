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

func cidr(block, description string) types.IpPermission {
	return types.IpPermission{IpRanges: []types.IpRange{{CidrIp: &block, Description: &description}}}
}
