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

var plainLists = cmpopts.IgnoreUnexported(types.ManagedPrefixList{}, types.PrefixListEntry{}, types.PrefixList{}, types.Tag{})

func newPrefixList(t *testing.T, c clients, name string, maxEntries int32) string {
	t.Helper()
	out := must[*ec2.CreateManagedPrefixListOutput](t)(c.ec2.CreateManagedPrefixList(t.Context(), &ec2.CreateManagedPrefixListInput{
		PrefixListName: &name, MaxEntries: &maxEntries, AddressFamily: aws.String("IPv4"),
	}))
	return *out.PrefixList.PrefixListId
}

// fromList is a permission for one TCP port from a prefix list.
func fromList(port int32, list string) types.IpPermission {
	p := tcp(port)
	p.PrefixListIds = []types.PrefixListId{{PrefixListId: &list}}
	return p
}

func TestPrefixList(t *testing.T) {
	c := newClients(t)
	made := must[*ec2.CreateManagedPrefixListOutput](t)(c.ec2.CreateManagedPrefixList(t.Context(), &ec2.CreateManagedPrefixListInput{
		PrefixListName: aws.String("offices"), MaxEntries: aws.Int32(3), AddressFamily: aws.String("IPv4"),
		Entries: []types.AddPrefixListEntry{
			{Cidr: aws.String("198.51.100.7/24"), Description: aws.String("Berlin")}, {Cidr: aws.String("192.0.2.0/24")},
		},
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypePrefixList, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}},
	})).PrefixList
	want := types.ManagedPrefixList{
		PrefixListId: made.PrefixListId, PrefixListName: aws.String("offices"), AddressFamily: aws.String("IPv4"),
		PrefixListArn: aws.String("arn:aws:ec2:us-west-2:111122223333:prefix-list/" + *made.PrefixListId),
		MaxEntries:    aws.Int32(3), Version: aws.Int64(1), OwnerId: aws.String(testAccount), State: types.PrefixListStateCreateInProgress,
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	}
	if diff := cmp.Diff(want, *made, plainLists); diff != "" {
		t.Error("made: " + diff)
	}
	want.State = types.PrefixListStateCreateComplete
	for _, filter := range [][]string{{"owner-id", testAccount}, {"prefix-list-name", "off*"}, {"tag:k", "v"}} {
		got := must[*ec2.DescribeManagedPrefixListsOutput](t)(c.ec2.DescribeManagedPrefixLists(t.Context(),
			&ec2.DescribeManagedPrefixListsInput{Filters: filters(filter...)}))
		if diff := cmp.Diff([]types.ManagedPrefixList{want}, got.PrefixLists, plainLists); diff != "" {
			t.Errorf("%v: %s", filter, diff)
		}
	}
	entries := must[*ec2.GetManagedPrefixListEntriesOutput](t)(c.ec2.GetManagedPrefixListEntries(t.Context(),
		&ec2.GetManagedPrefixListEntriesInput{PrefixListId: made.PrefixListId}))
	wantEntries := []types.PrefixListEntry{
		{Cidr: aws.String("192.0.2.0/24")}, {Cidr: aws.String("198.51.100.0/24"), Description: aws.String("Berlin")},
	}
	if diff := cmp.Diff(wantEntries, entries.Entries, plainLists); diff != "" {
		t.Error(diff)
	}
}

// TestPrefixListAsPeer: it can't be deleted while a rule names it, and an unknown
// one can't be named.
func TestPrefixListAsPeer(t *testing.T) {
	c := newClients(t)
	group, list := newGroup(t, c, newVPC(t, c), "web"), newPrefixList(t, c, "offices", 1)
	if err := allow(t, c, group, fromList(443, list)); err != nil {
		t.Fatal(err)
	}
	remove := func(id string) error {
		_, err := c.ec2.DeleteManagedPrefixList(t.Context(), &ec2.DeleteManagedPrefixListInput{PrefixListId: &id})
		return err
	}
	wantError(t, remove(list), "DependencyViolation", "The prefix list '"+list+"' has dependencies and cannot be deleted.")
	deleteGroup(t, c, group)
	if err := remove(list); err != nil {
		t.Error(err)
	}
	gone := "The prefix list ID '" + list + "' does not exist"
	wantError(t, remove(list), "InvalidPrefixListID.NotFound", gone)
	group = newGroup(t, c, newVPC(t, c), "web")
	wantError(t, allow(t, c, group, fromList(443, list)), "InvalidPrefixListID.NotFound", gone)
	if n := len(rulesOf(t, c, group)); n != 1 {
		t.Errorf("a refused rule leaves %d rules, want the egress rule alone", n)
	}
}

// TestPrefixListWeight: a list counts as many rules as it may have entries; one of
// AWS's has a weight of its own.
func TestPrefixListWeight(t *testing.T) {
	c := newClients(t)
	group := newGroup(t, c, newVPC(t, c), "web")
	const full = "The maximum number of rules per security group has been reached."
	if err := allow(t, c, group, fromList(443, newPrefixList(t, c, "most", 59))); err != nil {
		t.Fatal(err)
	}
	wantError(t, allow(t, c, group, fromList(443, newPrefixList(t, c, "two", 2))), "RulesPerSecurityGroupLimitExceeded", full)
	if err := allow(t, c, group, tcp(443, "10.0.0.0/8")); err != nil {
		t.Errorf("the sixtieth: %v", err)
	}
	v6 := tcp(443)
	v6.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	if err := allow(t, c, group, v6); err != nil {
		t.Errorf("a list of IPv4 leaves room for IPv6: %v", err)
	}
	other := newGroup(t, c, newVPC(t, c), "cdn")
	cloudfront := must[*ec2.DescribeManagedPrefixListsOutput](t)(c.ec2.DescribeManagedPrefixLists(t.Context(),
		&ec2.DescribeManagedPrefixListsInput{Filters: filters("prefix-list-name", "*cloudfront*")})).PrefixLists[0]
	if err := allow(t, c, other, fromList(443, *cloudfront.PrefixListId)); err != nil { // 55 of 60
		t.Fatal(err)
	}
	wantError(t, allow(t, c, other, fromList(80, *cloudfront.PrefixListId)), "RulesPerSecurityGroupLimitExceeded", full)
}

func TestAWSPrefixLists(t *testing.T) {
	c := newClients(t)
	var names []string
	for _, p := range must[*ec2.DescribePrefixListsOutput](t)(c.ec2.DescribePrefixLists(t.Context(), &ec2.DescribePrefixListsInput{})).PrefixLists {
		names = append(names, *p.PrefixListName)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"com.amazonaws.us-west-2.dynamodb", "com.amazonaws.us-west-2.s3"}, names); diff != "" {
		t.Error(diff)
	}
	s3 := must[*ec2.DescribeManagedPrefixListsOutput](t)(c.ec2.DescribeManagedPrefixLists(t.Context(),
		&ec2.DescribeManagedPrefixListsInput{Filters: filters("prefix-list-name", "com.amazonaws.us-west-2.s3", "owner-id", "AWS")})).PrefixLists[0]
	want := types.ManagedPrefixList{
		PrefixListId: s3.PrefixListId, PrefixListName: aws.String("com.amazonaws.us-west-2.s3"), AddressFamily: aws.String("IPv4"),
		PrefixListArn: aws.String("arn:aws:ec2:us-west-2:aws:prefix-list/" + *s3.PrefixListId),
		OwnerId:       aws.String("AWS"), State: types.PrefixListStateCreateComplete, Tags: []types.Tag{},
	}
	if diff := cmp.Diff(want, s3, plainLists); diff != "" {
		t.Error(diff)
	}
	_, err := c.ec2.DeleteManagedPrefixList(t.Context(), &ec2.DeleteManagedPrefixListInput{PrefixListId: s3.PrefixListId})
	wantError(t, err, "UnsupportedOperation", "The prefix list '"+*s3.PrefixListId+"' is managed by AWS.")
}

func TestPrefixListRefused(t *testing.T) {
	c := newClients(t)
	many := make([]types.AddPrefixListEntry, 101)
	for i := range many {
		many[i].Cidr = aws.String(fmt.Sprintf("10.0.%d.0/24", i))
	}
	twice := []types.AddPrefixListEntry{{Cidr: aws.String("10.0.0.0/8")}, {Cidr: aws.String("10.1.0.0/8")}}
	for _, test := range []struct {
		name, family string
		most         int32
		entries      []types.AddPrefixListEntry
		message      string
	}{
		{strings.Repeat("x", 256), "IPv4", 1, nil, "Prefix list names must be 1 to 255 characters long."},
		{"com.amazonaws.mine", "IPv4", 1, nil, "The prefix list name cannot start with com.amazonaws."},
		{"a", "IPv5", 1, nil, "Value (IPv5) for parameter addressFamily is invalid. Valid values are IPv4 and IPv6."},
		{"a", "IPv4", 0, nil, "Must specify a max size between 1 and 1000"},
		{"a", "IPv4", 1001, nil, "Must specify a max size between 1 and 1000"},
		{"a", "IPv4", 200, many, "The number of entries per request cannot exceeds limit (100)."},
		{"a", "IPv4", 1, twice, "The number of entries (2) exceeds the maximum number of entries (1) of the prefix list."},
		{"a", "IPv4", 2, twice, "The CIDR (10.0.0.0/8) is given more than once."},
		{"a", "IPv6", 2, twice, "The CIDR (10.0.0.0/8) is not a valid IPv6 CIDR."},
	} {
		_, err := c.ec2.CreateManagedPrefixList(t.Context(), &ec2.CreateManagedPrefixListInput{
			PrefixListName: &test.name, AddressFamily: &test.family, MaxEntries: &test.most, Entries: test.entries})
		wantError(t, err, "InvalidParameterValue", test.message)
	}
	_, err := c.ec2.GetManagedPrefixListEntries(t.Context(), &ec2.GetManagedPrefixListEntriesInput{
		PrefixListId: aws.String(newPrefixList(t, c, "a", 1)), TargetVersion: aws.Int64(2)})
	wantError(t, err, "InvalidParameterValue", "The prefix list has no version 2.")
}

// TestOtherVPCs: nothing connects VPCs here, so there is nothing to find, but what
// is asked for must exist.
func TestOtherVPCs(t *testing.T) {
	c := newClients(t)
	vpc := newVPC(t, c)
	references := must[*ec2.DescribeSecurityGroupReferencesOutput](t)(c.ec2.DescribeSecurityGroupReferences(t.Context(),
		&ec2.DescribeSecurityGroupReferencesInput{GroupId: []string{newGroup(t, c, vpc, "web")}}))
	stale := must[*ec2.DescribeStaleSecurityGroupsOutput](t)(c.ec2.DescribeStaleSecurityGroups(t.Context(),
		&ec2.DescribeStaleSecurityGroupsInput{VpcId: &vpc}))
	associations := must[*ec2.DescribeSecurityGroupVpcAssociationsOutput](t)(c.ec2.DescribeSecurityGroupVpcAssociations(t.Context(),
		&ec2.DescribeSecurityGroupVpcAssociationsInput{Filters: filters("vpc-id", vpc)}))
	if len(references.SecurityGroupReferenceSet)+len(stale.StaleSecurityGroupSet)+len(associations.SecurityGroupVpcAssociations) != 0 {
		t.Errorf("%v, %v, %v", references, stale, associations)
	}
	_, err := c.ec2.DescribeSecurityGroupReferences(t.Context(), &ec2.DescribeSecurityGroupReferencesInput{GroupId: []string{"sg-12345678"}})
	wantError(t, err, "InvalidGroup.NotFound", "The security group 'sg-12345678' does not exist")
	_, err = c.ec2.DescribeStaleSecurityGroups(t.Context(), &ec2.DescribeStaleSecurityGroupsInput{VpcId: &vpc, MaxResults: aws.Int32(256)})
	wantError(t, err, "InvalidParameterValue", "Value ( 256 ) for parameter maxResults is invalid. Expecting a value smaller than 255.")
}

func TestTagsOfNetwork(t *testing.T) {
	c := newClients(t)
	subnet := newSubnet(t, c, newVPC(t, c), "10.0.1.0/28")
	ids := map[string]types.ResourceType{
		subnet: types.ResourceTypeSubnet, *newInterface(t, c, subnet).NetworkInterfaceId: types.ResourceTypeNetworkInterface,
		newPrefixList(t, c, "offices", 1): types.ResourceTypePrefixList,
	}
	for id := range ids {
		must[*ec2.CreateTagsOutput](t)(c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{
			Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}}}))
	}
	got := map[string]types.ResourceType{}
	for _, tag := range must[*ec2.DescribeTagsOutput](t)(c.ec2.DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: filters("key", "env")})).Tags {
		got[*tag.ResourceId] = tag.ResourceType
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Error(diff)
	}
}
