package live_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	gocmp "github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/live"
)

// interfaces is an EC2 with network interfaces, which come in pages of one.
type interfaces []types.NetworkInterface

func (f interfaces) DescribeNetworkInterfaces(_ context.Context, in *ec2.DescribeNetworkInterfacesInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error) {
	page := len(aws.ToString(in.NextToken))
	out := &ec2.DescribeNetworkInterfacesOutput{NetworkInterfaces: f[page : page+1]}
	if page+1 < len(f) {
		out.NextToken = aws.String(aws.ToString(in.NextToken) + "x")
	}
	return out, nil
}

func TestNetworkInterfaces(t *testing.T) {
	api := interfaces{
		{
			NetworkInterfaceId: aws.String("eni-2"), InterfaceType: types.NetworkInterfaceTypeLambda, RequesterManaged: aws.Bool(true),
			Description: aws.String("AWS Lambda VPC ENI"), RequesterId: aws.String("AROA:orders"),
			Groups: []types.GroupIdentifier{{GroupId: aws.String("sg-1")}, {GroupId: aws.String("sg-9")}},
			TagSet: []types.Tag{{Key: aws.String("Name"), Value: aws.String("orders")}},
		},
		{
			NetworkInterfaceId: aws.String("eni-1"), InterfaceType: types.NetworkInterfaceTypeInterface,
			Attachment: &types.NetworkInterfaceAttachment{InstanceId: aws.String("i-1")}, Groups: []types.GroupIdentifier{{GroupId: aws.String("sg-2")}},
		},
	}
	got, err := live.NetworkInterfaces(t.Context(), api, []string{"sg-1", "sg-2"})
	if err != nil {
		t.Fatal(err)
	}
	want := []live.Interface{
		{ID: "eni-1", Type: "interface", Instance: "i-1", Attached: true, Groups: []string{"sg-2"}, Tags: map[string]string{}},
		{
			ID: "eni-2", Type: "lambda", Description: "AWS Lambda VPC ENI", Managed: true, Requester: "AROA:orders",
			Groups: []string{"sg-1"}, Tags: map[string]string{"Name": "orders"},
		},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
}

func TestNoNetworkInterfaces(t *testing.T) {
	w := newWorld(t)
	if got, err := live.NetworkInterfaces(t.Context(), w.ec2, []string{w.group(t, "web")}); err != nil || got != nil {
		t.Errorf("got %v, %v; want none", got, err)
	}
}

// The descriptions are those that users report of AWS's services.
func TestOwner(t *testing.T) {
	tests := []struct {
		in      live.Interface
		want    string
		release string // how it begins
	}{
		{live.Interface{Type: "lambda", Managed: true, Description: "AWS Lambda VPC ENI-get-orders-6b0d1c1e-1f0a-4c0e-9d55-0a1b2c3d4e5f"}, "Lambda function get-orders", "take the function"},
		{live.Interface{Type: "lambda", Managed: true, Description: "AWS Lambda VPC ENI"}, "a Lambda function (AWS Lambda VPC ENI)", "take the function"},
		{live.Interface{Managed: true, Requester: "amazon-elb", Description: "ELB app/shop/50dc6c495c0c9188"}, "load balancer app/shop", "give its owner"},
		{live.Interface{Type: "network_load_balancer", Managed: true, Description: "ELB net/edge/50dc6c495c0c9188"}, "load balancer net/edge", "give its owner"},
		{live.Interface{Managed: true, Description: "ELB old"}, "classic load balancer old", "give its owner"},
		{live.Interface{Type: "vpc_endpoint", Managed: true, Description: "VPC Endpoint Interface vpce-0a1b2c3d4e5f60718"}, "VPC endpoint vpce-0a1b2c3d4e5f60718", "give its owner"},
		{live.Interface{Managed: true, Requester: "amazon-rds", Description: "RDSNetworkInterface"}, "an RDS database", "give its owner"},
		{live.Interface{Managed: true, Requester: "amazon-elasticache", Description: "ElastiCache sessions-001"}, "ElastiCache cluster sessions-001", "give its owner"},
		{live.Interface{Type: "efs", Managed: true, Description: "EFS mount target for fs-01234567 (fsmt-89abcdef)"}, "EFS mount target of fs-01234567", "give its owner"},
		{
			live.Interface{Managed: true, Description: "arn:aws:ecs:us-west-2:123456789012:attachment/0b1c", Attached: true},
			"an ECS task (attachment 0b1c)", "give its owner",
		},
		{
			live.Interface{Description: "arn:aws:ecs:us-west-2:123456789012:attachment/0b1c", Attached: true, Tags: map[string]string{
				"aws:ecs:serviceName": "api", "aws:ecs:clusterName": "prod",
			}},
			"ECS service api of the cluster prod", "give it other groups, or delete it",
		},
		{live.Interface{Type: "interface", Instance: "i-1", Attached: true, Description: "Primary network interface"}, "instance i-1", "give it other groups, or delete it"},
		{live.Interface{Type: "interface", Description: "by hand"}, "an interface described as by hand", "it is attached to nothing"},
		{live.Interface{Type: "interface"}, "an interface that nothing describes", "it is attached to nothing"},
		{live.Interface{Managed: true, Requester: "amazon-newthing", Description: "new"}, "amazon-newthing (new)", "give its owner"},
		{live.Interface{Type: "quicksight", Managed: true}, "a QuickSight VPC connection", "give its owner"},
	}
	for _, tt := range tests {
		if got := tt.in.Owner(); got != tt.want {
			t.Errorf("owner of %+v is %q, want %q", tt.in, got, tt.want)
		}
		if got := tt.in.Release(); len(got) < len(tt.release) || got[:len(tt.release)] != tt.release {
			t.Errorf("release of %+v is %q, want %q...", tt.in, got, tt.release)
		}
	}
}

// associated is an EC2 where a group is associated with other VPCs, in pages of one.
type associated []types.SecurityGroupVpcAssociation

func (f associated) DescribeSecurityGroupVpcAssociations(_ context.Context, in *ec2.DescribeSecurityGroupVpcAssociationsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupVpcAssociationsOutput, error) {
	page := len(aws.ToString(in.NextToken))
	out := &ec2.DescribeSecurityGroupVpcAssociationsOutput{SecurityGroupVpcAssociations: f[page : page+1]}
	if page+1 < len(f) {
		out.NextToken = aws.String(aws.ToString(in.NextToken) + "x")
	}
	return out, nil
}

func TestAssociations(t *testing.T) {
	in := func(vpc string, state types.SecurityGroupVpcAssociationState) types.SecurityGroupVpcAssociation {
		return types.SecurityGroupVpcAssociation{GroupId: aws.String("sg-1"), VpcId: &vpc, VpcOwnerId: aws.String("210987654321"), State: state}
	}
	api := associated{
		in("vpc-2", types.SecurityGroupVpcAssociationStateAssociated),
		in("vpc-3", types.SecurityGroupVpcAssociationStateDisassociated),
		in("vpc-4", types.SecurityGroupVpcAssociationStateAssociationFailed),
		in("vpc-1", types.SecurityGroupVpcAssociationStateDisassociating),
	}
	got, err := live.Associations(t.Context(), api, []string{"sg-1"})
	if err != nil {
		t.Fatal(err)
	}
	want := []live.Association{
		{GroupID: "sg-1", VPCID: "vpc-1", VPCOwner: "210987654321", State: "disassociating"},
		{GroupID: "sg-1", VPCID: "vpc-2", VPCOwner: "210987654321", State: "associated"},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("associations (-want +got):\n%s", diff)
	}
	w := newWorld(t)
	if got, err := live.Associations(t.Context(), w.ec2, []string{w.group(t, "web")}); err != nil || got != nil {
		t.Errorf("got %v, %v; want none", got, err)
	}
}

// peered is an EC2 that answers about references across connections of VPCs.
type peered struct {
	references []types.SecurityGroupReference
	err        error
}

func (f peered) DescribeSecurityGroupReferences(context.Context, *ec2.DescribeSecurityGroupReferencesInput, ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupReferencesOutput, error) {
	return &ec2.DescribeSecurityGroupReferencesOutput{SecurityGroupReferenceSet: f.references}, f.err
}

func TestPeerReferences(t *testing.T) {
	api := peered{references: []types.SecurityGroupReference{
		{GroupId: aws.String("sg-2"), ReferencingVpcId: aws.String("vpc-9"), TransitGatewayId: aws.String("tgw-1")},
		{GroupId: aws.String("sg-1"), ReferencingVpcId: aws.String("vpc-9"), VpcPeeringConnectionId: aws.String("pcx-1")},
	}}
	got, err := live.PeerReferences(t.Context(), api, []string{"sg-1", "sg-2"})
	if err != nil {
		t.Fatal(err)
	}
	want := []live.PeerReference{{"sg-1", "vpc-9", "pcx-1"}, {"sg-2", "vpc-9", "tgw-1"}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	gone := peered{err: &smithy.GenericAPIError{Code: "InvalidGroup.NotFound"}}
	if got, err := live.PeerReferences(t.Context(), gone, []string{"sg-1"}); err != nil || got != nil {
		t.Errorf("of a group that is gone: %v, %v; want none", got, err)
	}
	denied := peered{err: &smithy.GenericAPIError{Code: "UnauthorizedOperation"}}
	if _, err := live.PeerReferences(t.Context(), denied, []string{"sg-1"}); !errors.Is(err, denied.err) {
		t.Errorf("got %v, want the refusal", err)
	}
}

// importing is a CloudFormation where two stacks import what is exported, in two pages.
type importing struct{}

func (importing) ListImports(_ context.Context, in *cloudformation.ListImportsInput, _ ...func(*cloudformation.Options)) (*cloudformation.ListImportsOutput, error) {
	if in.NextToken == nil {
		return &cloudformation.ListImportsOutput{Imports: []string{"web"}, NextToken: aws.String("more")}, nil
	}
	return &cloudformation.ListImportsOutput{Imports: []string{"app"}}, nil
}

func TestImporters(t *testing.T) {
	got, err := live.Importers(t.Context(), importing{}, "x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"app", "web"}, got); diff != "" {
		t.Error(diff)
	}
	w := newWorld(t)
	if got, err := live.Importers(t.Context(), cloudformation.NewFromConfig(w.cfg), "nobody's"); err != nil || got != nil {
		t.Errorf("got %v, %v; want none", got, err)
	}
}
