package ec2

import (
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// DescribeManagedPrefixListsInput is DescribeManagedPrefixLists' request.
type DescribeManagedPrefixListsInput struct {
	PrefixListIds []string `aws:"PrefixListId"`
	Filters       []Filter `aws:"Filter"`
	MaxResults    *int32   // 1 to 100; nil returns everything
	NextToken     string
	DryRun        bool
}

// DescribeManagedPrefixListsOutput is DescribeManagedPrefixLists' response.
type DescribeManagedPrefixListsOutput struct {
	PrefixLists []ManagedPrefixList `aws:"PrefixListSet"`
	NextToken   string
}

// managedListFilters are all documented filters.
var managedListFilters = filterSet[ManagedPrefixList]{
	"owner-id":         one(func(p ManagedPrefixList) string { return p.OwnerId }),
	"prefix-list-id":   one(func(p ManagedPrefixList) string { return p.PrefixListId }),
	"prefix-list-name": one(func(p ManagedPrefixList) string { return p.PrefixListName }),
}

// DescribeManagedPrefixLists shows the account's own prefix lists and AWS's.
func DescribeManagedPrefixLists(call *wire.Call, in *DescribeManagedPrefixListsInput) (*DescribeManagedPrefixListsOutput, error) {
	page := Page{MaxResults: in.MaxResults, NextToken: in.NextToken}
	if err := page.within(1, 100); err != nil {
		return nil, err
	}
	match, err := managedListFilters.compile(in.Filters, func(p ManagedPrefixList) []Tag { return p.Tags })
	if err != nil {
		return nil, err
	}
	if err := checkLists(call, in.PrefixListIds); err != nil {
		return nil, err
	}
	wanted := newWanted(in.PrefixListIds)
	var found []ManagedPrefixList
	add := func(p ManagedPrefixList) {
		if wanted.has(p.PrefixListId) && match(p) {
			found = append(found, p)
		}
	}
	for p := range prefixListsOf(call) {
		add(p.show(call))
	}
	for _, p := range awsLists(call) {
		add(p.show(call))
	}
	out := &DescribeManagedPrefixListsOutput{}
	out.PrefixLists, out.NextToken, err = paginate(page, found, func(p ManagedPrefixList) string { return p.PrefixListId })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// checkLists wants lists of the account or AWS.
func checkLists(call *wire.Call, ids []string) error {
	for _, id := range ids {
		if _, ok := awsList(call, id); ok {
			continue
		}
		if _, err := getPrefixList(call, id); err != nil {
			return err
		}
	}
	return nil
}

// GetManagedPrefixListEntriesInput is GetManagedPrefixListEntries' request.
type GetManagedPrefixListEntriesInput struct {
	PrefixListId  string `aws:",required"`
	TargetVersion *int64
	MaxResults    *int32 // 1 to 100; nil returns everything
	NextToken     string
	DryRun        bool
}

// GetManagedPrefixListEntriesOutput is GetManagedPrefixListEntries' response.
type GetManagedPrefixListEntriesOutput struct {
	Entries   []PrefixListEntry `aws:"EntrySet"`
	NextToken string
}

// GetManagedPrefixListEntries shows the ranges of a prefix list.
func GetManagedPrefixListEntries(call *wire.Call, in *GetManagedPrefixListEntriesInput) (*GetManagedPrefixListEntriesOutput, error) {
	page := Page{MaxResults: in.MaxResults, NextToken: in.NextToken}
	if err := page.within(1, 100); err != nil {
		return nil, err
	}
	if in.TargetVersion != nil && *in.TargetVersion != 1 { // assumed wording
		return nil, invalidValue("The prefix list has no version %d.", *in.TargetVersion)
	}
	if err := checkLists(call, []string{in.PrefixListId}); err != nil {
		return nil, err
	}
	var entries []PrefixListEntry
	if p, ok := store.Get[prefixList](call.Tx, prefixListTable, call.Key(in.PrefixListId)); ok {
		entries = p.Entries
	} else {
		for _, cidr := range awsCIDRs() {
			entries = append(entries, PrefixListEntry{Cidr: cidr})
		}
	}
	out := &GetManagedPrefixListEntriesOutput{}
	var err error
	out.Entries, out.NextToken, err = paginate(page, entries, func(e PrefixListEntry) string { return e.Cidr })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// DescribePrefixListsInput is DescribePrefixLists' request.
type DescribePrefixListsInput struct {
	PrefixListIds []string `aws:"PrefixListId"`
	Filters       []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribePrefixListsOutput is DescribePrefixLists' response.
type DescribePrefixListsOutput struct {
	PrefixLists []PrefixList `aws:"PrefixListSet"`
	NextToken   string
}

// PrefixList is a prefix list of a gateway endpoint, with its ranges.
type PrefixList struct {
	PrefixListId   string
	PrefixListName string
	Cidrs          []string `aws:"CidrSet"`
}

// gatewayListFilters are all documented filters.
var gatewayListFilters = filterSet[PrefixList]{
	"prefix-list-id":   one(func(p PrefixList) string { return p.PrefixListId }),
	"prefix-list-name": one(func(p PrefixList) string { return p.PrefixListName }),
}

// DescribePrefixLists shows AWS's lists for gateway endpoints: S3 and DynamoDB.
func DescribePrefixLists(call *wire.Call, in *DescribePrefixListsInput) (*DescribePrefixListsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := gatewayListFilters.compile(in.Filters, nil)
	if err != nil {
		return nil, err
	}
	if err := checkLists(call, in.PrefixListIds); err != nil {
		return nil, err
	}
	wanted := newWanted(in.PrefixListIds)
	var found []PrefixList
	for _, p := range awsLists(call) {
		shown := PrefixList{PrefixListId: p.ID, PrefixListName: p.Name, Cidrs: awsCIDRs()}
		if p.gateway && wanted.has(p.ID) && match(shown) {
			found = append(found, shown)
		}
	}
	out := &DescribePrefixListsOutput{}
	out.PrefixLists, out.NextToken, err = paginate(in.Page, found, func(p PrefixList) string { return p.PrefixListId })
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}
