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
)

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
