package live

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Network is a VPC.
type Network struct {
	ID    string
	CIDRs []string // associated blocks, IPv4 first
	Tags  map[string]string
}

// VPC describes the VPC with that ID; *NotFoundError: there is none in this account and region.
func VPC(ctx context.Context, api ec2.DescribeVpcsAPIClient, id string) (Network, error) {
	out, err := api.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	switch {
	case isNoVPC(err), err == nil && len(out.Vpcs) == 0:
		return Network{}, &NotFoundError{What: "VPC", ID: id}
	case err != nil:
		return Network{}, fmt.Errorf("describe VPC %s: %w", id, err)
	}
	vpc := out.Vpcs[0]
	network := Network{ID: aws.ToString(vpc.VpcId), Tags: tagsOf(vpc.Tags)}
	for _, a := range vpc.CidrBlockAssociationSet {
		network.CIDRs = append(network.CIDRs, aws.ToString(a.CidrBlock))
	}
	if len(network.CIDRs) == 0 && vpc.CidrBlock != nil {
		network.CIDRs = []string{*vpc.CidrBlock}
	}
	for _, a := range vpc.Ipv6CidrBlockAssociationSet {
		network.CIDRs = append(network.CIDRs, aws.ToString(a.Ipv6CidrBlock))
	}
	return network, nil
}
