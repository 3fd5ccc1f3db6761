package live_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	gocmp "github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/live"
)

func TestDefaultOf(t *testing.T) {
	w := newWorld(t)
	w.group(t, "web")
	got, err := live.DefaultOf(t.Context(), w.ec2, w.vpc)
	if err != nil || !got.Ingress || !got.Egress {
		t.Fatalf("a new VPC's default group: %+v, %v", got, err)
	}
	rules, err := live.Rules(t.Context(), w.ec2, []string{got.ID})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []live.DefaultGroup{{ID: got.ID, Egress: true}, {ID: got.ID}} {
		if err := live.Revoke(t.Context(), w.ec2, rules[i]); err != nil {
			t.Fatal(err)
		}
		if got, err := live.DefaultOf(t.Context(), w.ec2, w.vpc); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	_, err = live.DefaultOf(t.Context(), w.ec2, "vpc-0123456789abcdef0")
	if _, ok := errors.AsType[*live.NotFoundError](err); !ok {
		t.Errorf("of no VPC: %v", err)
	}
}

// stale is an EC2 with groups that have stale rules, which come in pages of one.
type stale []types.StaleSecurityGroup

func (f stale) DescribeStaleSecurityGroups(_ context.Context, in *ec2.DescribeStaleSecurityGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribeStaleSecurityGroupsOutput, error) {
	page := len(aws.ToString(in.NextToken))
	out := &ec2.DescribeStaleSecurityGroupsOutput{StaleSecurityGroupSet: f[page : page+1]}
	if page+1 < len(f) {
		out.NextToken = aws.String(aws.ToString(in.NextToken) + "x")
	}
	return out, nil
}

func TestStaleRules(t *testing.T) {
	peer := func(group, connection string) types.UserIdGroupPair {
		return types.UserIdGroupPair{
			GroupId: &group, VpcId: aws.String("vpc-2"), VpcPeeringConnectionId: &connection, PeeringStatus: aws.String("deleted"), Description: aws.String("hub"),
		}
	}
	api := stale{
		{
			GroupId: aws.String("sg-2"),
			StaleIpPermissionsEgress: []types.StaleIpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), UserIdGroupPairs: []types.UserIdGroupPair{peer("sg-8", "pcx-1")},
			}},
			StaleIpPermissions: []types.StaleIpPermission{{
				IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{peer("sg-9", "pcx-1"), peer("sg-8", "pcx-2")},
			}},
		},
		{GroupId: aws.String("sg-1"), StaleIpPermissions: []types.StaleIpPermission{{
			IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{peer("sg-9", "pcx-1")},
		}}},
	}
	got, err := live.StaleRules(t.Context(), api, "vpc-1")
	if err != nil {
		t.Fatal(err)
	}
	rule := func(group, named, connection string) live.StaleRule {
		return live.StaleRule{
			Rule: live.Rule{GroupID: group, Protocol: "-1", FromPort: -1, ToPort: -1, Group: named, Description: "hub"}, VPCID: "vpc-2", Connection: connection,
		}
	}
	out := rule("sg-2", "sg-8", "pcx-1")
	out.Egress, out.Protocol, out.FromPort, out.ToPort = true, "tcp", 443, 443
	want := []live.StaleRule{rule("sg-1", "sg-9", "pcx-1"), rule("sg-2", "sg-8", "pcx-2"), rule("sg-2", "sg-9", "pcx-1"), out}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoStaleRules(t *testing.T) {
	w := newWorld(t)
	w.group(t, "web")
	if got, err := live.StaleRules(t.Context(), w.ec2, w.vpc); err != nil || got != nil {
		t.Errorf("got %v, %v; want none", got, err)
	}
	if _, err := live.StaleRules(t.Context(), w.ec2, "vpc-0123456789abcdef0"); err == nil {
		t.Error("a VPC that doesn't exist has none")
	}
}
