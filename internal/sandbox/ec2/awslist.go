package ec2

import (
	"fmt"
	"hash/fnv"
	"strings"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// awsListPrefix is what the names of AWS's own prefix lists begin with.
const awsListPrefix = "com.amazonaws."

// awsManaged is a prefix list that AWS keeps in every region.
type awsManaged struct {
	ID, Name string
	gateway  bool  // belongs to a gateway endpoint: what DescribePrefixLists shows
	weight   int32 // for the quota of rules (documented)
}

// awsLists are those prefix lists of AWS that rules are most often written with.
// Names and weights are documented. Assumed: the IDs, 8 digits as real ones have,
// which follow from region and name.
func awsLists(call *wire.Call) []awsManaged {
	lists := []awsManaged{
		{Name: "com.amazonaws.global.cloudfront.origin-facing", weight: 55},
		{Name: "com.amazonaws." + call.Region + ".dynamodb", weight: 1, gateway: true},
		{Name: "com.amazonaws." + call.Region + ".s3", weight: 1, gateway: true},
	}
	for i := range lists {
		h := fnv.New32a()
		h.Write([]byte(call.Region + "/" + lists[i].Name))
		lists[i].ID = fmt.Sprintf("pl-%08x", h.Sum32())
	}
	return lists
}

func awsList(call *wire.Call, id string) (awsManaged, bool) {
	for _, p := range awsLists(call) {
		if p.ID == id {
			return p, true
		}
	}
	return awsManaged{}, false
}

// awsCIDRs stand for the ranges of AWS's own lists, which change by the day.
// (Assumed: TEST-NET-1, a range for documentation.)
func awsCIDRs() []string { return []string{"192.0.2.0/24"} }

func (p awsManaged) show(call *wire.Call) ManagedPrefixList {
	return ManagedPrefixList{
		PrefixListId: p.ID, PrefixListName: p.Name, AddressFamily: "IPv4", State: "create-complete", OwnerId: "AWS",
		PrefixListArn: fmt.Sprintf("arn:%s:ec2:%s:aws:prefix-list/%s", call.Partition(), call.Region, p.ID),
		Tags:          []Tag{},
	}
}

// weightOf is how many rules of each family a rule with the prefix list counts as
// (documented: a list's MaxEntries, or the weight of one of AWS's). Assumed: a
// list of one family counts in that one alone, and an ID of 8 digits that nobody
// here has made belongs to another list of AWS's, with weight 1.
func weightOf(call *wire.Call, id string) (v4, v6 int) {
	if p, ok := store.Get[prefixList](call.Tx, prefixListTable, call.Key(id)); ok {
		if p.Family == "IPv4" {
			return int(p.MaxEntries), 0
		}
		return 0, int(p.MaxEntries)
	}
	if p, ok := awsList(call, id); ok {
		return int(p.weight), 0
	}
	return 1, 1
}

// checkPeerList wants a prefix list that a rule may name.
func checkPeerList(call *wire.Call, id string) error {
	if err := prefixListID.check(id); err != nil {
		return err
	}
	_, ok := store.Get[prefixList](call.Tx, prefixListTable, call.Key(id))
	if !ok && len(strings.TrimPrefix(id, "pl-")) != 8 {
		return prefixListNotFound(id)
	}
	return nil
}
