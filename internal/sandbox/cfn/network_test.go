package cfn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// network is a VPC with all that a group may have around it.
const network = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16, Tags: [{Key: Name, Value: net}]}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.1.0/24, AvailabilityZone: !Select [1, !GetAZs ""]}}
  A: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: a, VpcId: !GetAtt Vpc.VpcId}}
  B: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: b, VpcId: !Ref Vpc}}
  Eni:
    Type: AWS::EC2::NetworkInterface
    Properties: {SubnetId: !Ref Subnet, GroupSet: [!Ref A], Description: first, SourceDestCheck: true}
Outputs:
  Address: {Value: !GetAtt Eni.PrimaryPrivateIpAddress}
  Zone: {Value: !GetAtt Subnet.AvailabilityZone}
  Default: {Value: !GetAtt Vpc.DefaultSecurityGroup}
`

// interfaces are the account's network interfaces with their groups' descriptions.
func (c *cloud) interfaces() []string {
	c.t.Helper()
	names := map[string]string{}
	for _, g := range act(c, ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{}).SecurityGroups {
		names[g.GroupId] = g.Description
	}
	var lines []string
	for _, n := range act(c, ec2.DescribeNetworkInterfaces, &ec2.DescribeNetworkInterfacesInput{}).NetworkInterfaces {
		line := fmt.Sprintf("%s %v", n.Description, n.SourceDestCheck)
		for _, g := range n.Groups {
			line += " " + names[g.GroupId]
		}
		lines = append(lines, line)
	}
	return lines
}

func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		s := c.deploy("s", request{template: network, vpc: "-"})
		if s.StackStatus != "CREATE_COMPLETE" || len(s.Outputs) != 3 || !strings.HasPrefix(*s.Outputs[0].OutputValue, "10.1.1.") ||
			!strings.HasPrefix(*s.Outputs[1].OutputValue, "sg-") || *s.Outputs[2].OutputValue != region+"b" {
			t.Fatal(s.StackStatus, c.events("s"))
		}
		tests := []struct {
			name, status string
			change       []string
			interfaces   []string
		}{
			{"groups in place", "UPDATE_COMPLETE", []string{"[!Ref A]", "[!Ref A, !Ref B]"}, []string{"first true a b"}},
			{"the rest in place", "UPDATE_COMPLETE", []string{"first", "second", "SourceDestCheck: true", "SourceDestCheck: false"}, []string{"second false a"}},
			{"subnet replaced", "UPDATE_COMPLETE", []string{"10.1.1.0/24", "10.1.2.0/24"}, []string{"first true a"}},
			{"refused", "UPDATE_ROLLBACK_COMPLETE", []string{"[!Ref A]", "[!Ref A, sg-0123456789abcdef0]"}, []string{"first true a"}},
		}
		for _, tt := range tests {
			for _, body := range []string{replaced(t, network, tt.change...), network} {
				c.deploy("s", request{template: body, vpc: "-"})
				if body == network {
					continue // back to where it was
				}
				if got := c.stack("s").StackStatus; string(got) != tt.status {
					t.Errorf("%s: %s: %q", tt.name, got, c.events("s"))
				}
				if diff := cmp.Diff(tt.interfaces, c.interfaces()); diff != "" {
					t.Errorf("%s: %s", tt.name, diff)
				}
				if tt.status != "UPDATE_COMPLETE" {
					break
				}
			}
		}
		if s := c.delete("s"); s.StackStatus != "DELETE_COMPLETE" || len(c.interfaces()) > 0 ||
			len(act(c, ec2.DescribeVpcs, &ec2.DescribeVpcsInput{}).Vpcs) != 1 {
			t.Error(s.StackStatus, c.events(*s.StackId))
		}
	})
}

// A group that an interface uses can't be deleted.
func TestGroupInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: network, vpc: "-"})
		subnet := act(c, ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{}).Subnets[0].SubnetId
		act(c, ec2.CreateNetworkInterface, &ec2.CreateNetworkInterfaceInput{
			SubnetId: subnet, Description: "stranger", Groups: []string{*c.physicalID("s", "B")},
		})
		s := c.delete("s")
		failed := func(e string) bool {
			return strings.HasPrefix(e, `B DELETE_FAILED (Resource handler returned message: "resource sg-ID has a dependent object`)
		}
		const reason = "The following resource(s) failed to delete: [B, Subnet]. "
		if s.StackStatus != "DELETE_FAILED" || *s.StackStatusReason != reason || !slices.ContainsFunc(withoutIDs(c.events("s")), failed) {
			t.Errorf("%s %s %q", s.StackStatus, *s.StackStatusReason, withoutIDs(c.events("s")))
		}
	})
}
