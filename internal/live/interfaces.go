package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Interface is a network interface that uses security groups.
type Interface struct {
	ID          string   // eni-...
	Type        string   // interface, lambda, vpc_endpoint, ...
	Description string   // of a managed one: what it belongs to
	Instance    string   // the instance it is attached to; empty: none
	Managed     bool     // by an AWS service, which alone can detach it
	Requester   string   // the service or account that made it, such as amazon-elb; often empty
	Attached    bool     // to anything at all
	Groups      []string // of the groups asked for, those it uses
	Tags        map[string]string
}

// NetworkInterfaces lists the interfaces that use one of the groups, ordered by ID.
func NetworkInterfaces(ctx context.Context, api ec2.DescribeNetworkInterfacesAPIClient, groupIDs []string) ([]Interface, error) {
	var found []Interface
	for some := range slices.Chunk(groupIDs, maxFilterValues) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(api, &ec2.DescribeNetworkInterfacesInput{Filters: filter("group-id", some)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe network interfaces: %w", err)
			}
			for _, n := range page.NetworkInterfaces {
				found = append(found, interfaceOf(n, groupIDs))
			}
		}
	}
	byID := func(a, b Interface) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(found, byID)
	return slices.CompactFunc(found, func(a, b Interface) bool { return a.ID == b.ID }), nil
}

func interfaceOf(n types.NetworkInterface, groupIDs []string) Interface {
	i := Interface{
		ID:          aws.ToString(n.NetworkInterfaceId),
		Type:        string(n.InterfaceType),
		Description: aws.ToString(n.Description),
		Managed:     aws.ToBool(n.RequesterManaged),
		Requester:   aws.ToString(n.RequesterId),
		Attached:    n.Attachment != nil,
		Tags:        tagsOf(n.TagSet),
	}
	if n.Attachment != nil {
		i.Instance = aws.ToString(n.Attachment.InstanceId)
	}
	for _, g := range n.Groups {
		if id := aws.ToString(g.GroupId); slices.Contains(groupIDs, id) {
			i.Groups = append(i.Groups, id)
		}
	}
	return i
}
