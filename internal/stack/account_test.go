package stack_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"mlops-infra-suite/internal/stack"
)

// holdings is what an account holds besides its VPC, without IDs.
type holdings struct {
	Stacks     []string            // name, status, protection, and how many change sets wait
	Groups     map[string][]string // rules by the description of their group
	Parameters []string
}

func (w *world) holdings(t *testing.T) holdings {
	t.Helper()
	h := holdings{Groups: map[string][]string{}}
	stacks, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stacks.Stacks {
		sets, err := w.cfn.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: s.StackId})
		if err != nil {
			t.Fatal(err)
		}
		h.Stacks = append(h.Stacks, fmt.Sprintf("%s %s protected=%t change sets=%d tags=%d outputs=%d",
			*s.StackName, s.StackStatus, aws.ToBool(s.EnableTerminationProtection), len(sets.Summaries), len(s.Tags), len(s.Outputs)))
	}
	slices.Sort(h.Stacks)
	groups, err := w.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups.SecurityGroups {
		if *g.GroupName != "default" {
			h.Groups[*g.Description] = append(h.Groups[*g.Description], w.rules(t, *g.GroupId)...)
		}
	}
	parameters, err := w.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parameters.Parameters {
		if strings.HasPrefix(*p.Name, "/sg/") {
			h.Parameters = append(h.Parameters, *p.Name)
		}
	}
	return h
}

func (w *world) rules(t *testing.T, group string) []string {
	t.Helper()
	out, err := w.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, r := range out.SecurityGroupRules {
		list = append(list, fmt.Sprintf("egress=%t %s %d %s", *r.IsEgress, *r.IpProtocol, *r.FromPort, aws.ToString(r.CidrIpv4)))
	}
	slices.Sort(list)
	return list
}

// group is the ID of the group with a description.
func (w *world) group(t *testing.T, description string) string {
	t.Helper()
	out, err := w.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("description"), Values: []string{description}}},
	})
	if err != nil || len(out.SecurityGroups) != 1 {
		t.Fatalf("%d groups %q, %v", len(out.SecurityGroups), description, err)
	}
	return *out.SecurityGroups[0].GroupId
}

// hold has a network interface use a group, so that it can't be deleted until release is called.
func (w *world) hold(t *testing.T, group string) (release func()) {
	t.Helper()
	subnet, err := w.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &w.vpc, CidrBlock: aws.String("10.0.200.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId, Groups: []string{group}, Description: aws.String("in use"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		in := &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: out.NetworkInterface.NetworkInterfaceId}
		if _, err := w.ec2.DeleteNetworkInterface(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// until waits until the stack is in a status.
func (w *world) until(t *testing.T, want stack.Status) {
	t.Helper()
	var last stack.Status
	for range 1000 {
		out, err := w.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{}) // deleted ones too, the newest first
		if err != nil {
			t.Fatal(err)
		}
		newest := slices.IndexFunc(out.StackSummaries, func(s cfntypes.StackSummary) bool { return *s.StackName == "demo" })
		if newest >= 0 {
			last = stack.Status(out.StackSummaries[newest].StackStatus)
		}
		if last == want {
			return
		}
		time.Sleep(latency / 8)
	}
	t.Fatalf("the stack never was in %s, and is in %s", want, last)
}
