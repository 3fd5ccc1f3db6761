package ec2

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	prefixListTable = "ec2.prefix-list"

	maxPrefixLists   = 100  // for each account and region (documented default quota)
	maxListEntries   = 1000 // of a list (documented)
	maxListNewcomers = 100  // of a list in one request (reported)
)

// prefixList is a customer-managed prefix list as it is stored. There is but
// version 1 of it.
type prefixList struct {
	ID, Name, Family string
	MaxEntries       int32
	Entries          []PrefixListEntry
	Tags             tags
}

// PrefixListEntry is a range of addresses in a prefix list.
type PrefixListEntry struct {
	Cidr        string `aws:",required"`
	Description string
}

// CreateManagedPrefixListInput is CreateManagedPrefixList's request.
type CreateManagedPrefixListInput struct {
	PrefixListName    string             `aws:",required"`
	AddressFamily     string             `aws:",required"` // IPv4 or IPv6
	MaxEntries        int32              `aws:",required"` // 1 to 1000
	Entries           []PrefixListEntry  `aws:"Entry"`     // up to 100
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	ClientToken       string
	DryRun            bool
}

// ManagedPrefixListOutput is the response of CreateManagedPrefixList and
// DeleteManagedPrefixList.
type ManagedPrefixListOutput struct {
	PrefixList ManagedPrefixList
}

// CreateManagedPrefixList makes a prefix list, which a rule may have as its peer.
// State is "create-in-progress" in the response and "create-complete" from then on.
func CreateManagedPrefixList(call *wire.Call, in *CreateManagedPrefixListInput) (*ManagedPrefixListOutput, error) {
	id, err := once(call, in.ClientToken, in, func() (string, error) { return in.create(call) })
	if err != nil {
		return nil, err
	}
	p, err := getPrefixList(call, id)
	if err != nil {
		return nil, err
	}
	shown := p.show(call)
	shown.State = "create-in-progress"
	return &ManagedPrefixListOutput{PrefixList: shown}, dryRun(in.DryRun)
}

func (in *CreateManagedPrefixListInput) create(call *wire.Call) (id string, err error) {
	if err := in.check(); err != nil {
		return "", err
	}
	p := prefixList{Name: in.PrefixListName, Family: in.AddressFamily, MaxEntries: in.MaxEntries}
	if p.Entries, err = canonicalEntries(in.Entries, in.AddressFamily); err != nil {
		return "", err
	}
	if p.Tags, err = specified(call, "prefix-list", in.TagSpecifications); err != nil {
		return "", err
	}
	if len(slices.Collect(prefixListsOf(call))) >= maxPrefixLists {
		return "", wire.Errorf("PrefixListLimitExceeded", "The maximum number of prefix lists has been reached.")
	}
	p.ID = call.NewID("pl")
	p.put(call)
	return p.ID, nil
}

// check applies documented limits; the wording is assumed but for that of the
// number of entries in a request.
func (in *CreateManagedPrefixListInput) check() error {
	switch {
	case in.PrefixListName == "" || utf8.RuneCountInString(in.PrefixListName) > 255:
		return invalidValue("Prefix list names must be 1 to 255 characters long.")
	case strings.HasPrefix(strings.ToLower(in.PrefixListName), awsListPrefix):
		return invalidValue("The prefix list name cannot start with %s", awsListPrefix)
	case in.AddressFamily != "IPv4" && in.AddressFamily != "IPv6":
		return invalidValue("Value (%s) for parameter addressFamily is invalid. Valid values are IPv4 and IPv6.", in.AddressFamily)
	case in.MaxEntries < 1 || in.MaxEntries > maxListEntries:
		return invalidValue("Must specify a max size between 1 and %d", maxListEntries)
	case len(in.Entries) > maxListNewcomers:
		return invalidValue("The number of entries per request cannot exceeds limit (%d).", maxListNewcomers)
	case len(in.Entries) > int(in.MaxEntries):
		return invalidValue("The number of entries (%d) exceeds the maximum number of entries (%d) of the prefix list.",
			len(in.Entries), in.MaxEntries)
	}
	return nil
}

// canonicalEntries wants distinct ranges of the family. (Assumed wording.)
func canonicalEntries(given []PrefixListEntry, family string) ([]PrefixListEntry, error) {
	entries := []PrefixListEntry{}
	seen := map[string]bool{}
	for _, e := range given {
		cidr, err := netip.ParsePrefix(e.Cidr)
		switch {
		case err != nil || cidr.Addr().Is4() != (family == "IPv4"):
			return nil, invalidValue("The CIDR (%s) is not a valid %s CIDR.", e.Cidr, family)
		case utf8.RuneCountInString(e.Description) > 255:
			return nil, invalidValue("Descriptions of entries are up to 255 characters long.")
		}
		e.Cidr = cidr.Masked().String()
		if seen[e.Cidr] {
			return nil, invalidValue("The CIDR (%s) is given more than once.", e.Cidr)
		}
		seen[e.Cidr] = true
		entries = append(entries, e)
	}
	return entries, nil
}

// DeleteManagedPrefixListInput is DeleteManagedPrefixList's request.
type DeleteManagedPrefixListInput struct {
	PrefixListId string `aws:",required"`
	DryRun       bool
}

// DeleteManagedPrefixList removes a list that no rule has as its peer
// (documented; the code is assumed).
func DeleteManagedPrefixList(call *wire.Call, in *DeleteManagedPrefixListInput) (*ManagedPrefixListOutput, error) {
	p, err := getPrefixList(call, in.PrefixListId)
	if err != nil {
		return nil, err
	}
	for r := range rulesOf(call, "") {
		if r.PrefixList == p.ID {
			return nil, wire.Errorf("DependencyViolation", "The prefix list '%s' has dependencies and cannot be deleted.", p.ID)
		}
	}
	store.Delete(call.Tx, prefixListTable, call.Key(p.ID))
	shown := p.show(call)
	shown.State = "delete-in-progress"
	return &ManagedPrefixListOutput{PrefixList: shown}, dryRun(in.DryRun)
}

func (p prefixList) put(call *wire.Call) {
	store.Put(call.Tx, prefixListTable, call.Key(p.ID), p)
}

func prefixListNotFound(id string) error {
	return wire.Errorf("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", id)
}

// getPrefixList finds a list of the account's own.
func getPrefixList(call *wire.Call, id string) (prefixList, error) {
	if err := prefixListID.check(id); err != nil {
		return prefixList{}, err
	}
	p, ok := store.Get[prefixList](call.Tx, prefixListTable, call.Key(id))
	if ok {
		return p, nil
	}
	if _, ok := awsList(call, id); ok { // assumed code
		return prefixList{}, wire.Errorf("UnsupportedOperation", "The prefix list '%s' is managed by AWS.", id)
	}
	return prefixList{}, prefixListNotFound(id)
}

func prefixListsOf(call *wire.Call) iter.Seq[prefixList] {
	return func(yield func(prefixList) bool) {
		for _, p := range store.Scan[prefixList](call.Tx, prefixListTable, call.Prefix()) {
			if !yield(p) {
				return
			}
		}
	}
}

func (p prefixList) show(call *wire.Call) ManagedPrefixList {
	version := int64(1)
	return ManagedPrefixList{
		PrefixListId: p.ID, PrefixListName: p.Name, PrefixListArn: call.ARN("ec2", "prefix-list/"+p.ID),
		AddressFamily: p.Family, State: "create-complete", MaxEntries: &p.MaxEntries, Version: &version,
		OwnerId: call.Account, Tags: p.Tags.list(),
	}
}
