package ec2

import (
	"iter"
	"slices"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	interfaceTable = "ec2.network-interface"

	maxInterfaceGroups = 5 // for each interface (documented default quota)
)

// networkInterface is a network interface as it is stored. It belongs to no
// instance: the sandbox has none.
type networkInterface struct {
	ID, Subnet, VPC, Zone string
	Address, Description  string
	Groups                []string
	NoSourceDestCheck     bool `json:",omitempty"`
	Tags                  tags
}

// CreateNetworkInterfaceInput is CreateNetworkInterface's request.
type CreateNetworkInterfaceInput struct {
	SubnetId          string `aws:",required"`
	Description       string
	PrivateIpAddress  string             // "" is the first that is free
	Groups            []string           `aws:"SecurityGroupId"` // none: the VPC's default group
	InterfaceType     string             // "interface" is all there is
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	ClientToken       string
	DryRun            bool
}

// CreateNetworkInterfaceOutput is CreateNetworkInterface's response.
type CreateNetworkInterfaceOutput struct {
	NetworkInterface NetworkInterface
	ClientToken      string
}

// CreateNetworkInterface makes an interface in a subnet. Status is "pending" in
// the response and "available" from then on.
func CreateNetworkInterface(call *wire.Call, in *CreateNetworkInterfaceInput) (*CreateNetworkInterfaceOutput, error) {
	id, err := once(call, in.ClientToken, in, func() (string, error) { return in.create(call) })
	if err != nil {
		return nil, err
	}
	n, err := getInterface(call, id)
	if err != nil {
		return nil, err
	}
	shown := n.show(call, groupNames(call))
	shown.Status = "pending"
	return &CreateNetworkInterfaceOutput{NetworkInterface: shown, ClientToken: in.ClientToken}, dryRun(in.DryRun)
}

func (in *CreateNetworkInterfaceInput) create(call *wire.Call) (id string, err error) {
	n, err := in.resolve(call)
	if err != nil {
		return "", err
	}
	n.ID = call.NewID("eni")
	n.put(call)
	return n.ID, nil
}

// resolve is the interface that the request asks for, without an ID.
func (in *CreateNetworkInterfaceInput) resolve(call *wire.Call) (n networkInterface, err error) {
	s, err := getSubnet(call, in.SubnetId)
	if err != nil {
		return n, err
	}
	n = networkInterface{Subnet: s.ID, VPC: s.VPC, Zone: s.Zone, Description: in.Description}
	if in.InterfaceType != "" && in.InterfaceType != "interface" {
		return n, invalidValue("Value (%s) for parameter interfaceType is invalid.", in.InterfaceType)
	}
	if err := checkInterfaceText(in.Description); err != nil {
		return n, err
	}
	if n.Groups, err = interfaceGroups(call, s.VPC, in.Groups); err != nil {
		return n, err
	}
	if n.Tags, err = specified(call, "network-interface", in.TagSpecifications); err != nil {
		return n, err
	}
	n.Address, err = freeAddress(call, s, in.PrivateIpAddress)
	return n, err
}

// checkInterfaceText wants a description of at most 255 characters (assumed: the
// limit of a group's).
func checkInterfaceText(description string) error {
	if utf8.RuneCountInString(description) > 255 {
		return invalidValue("Value (%.20s...) for parameter description is invalid. Descriptions are up to 255 characters long.", description)
	}
	return nil
}

// interfaceGroups are the groups for an interface: distinct ones of its VPC, or
// the default group where none is given.
func interfaceGroups(call *wire.Call, vpcID string, given []string) ([]string, error) {
	if len(given) == 0 {
		for g := range groupsOf(call, vpcID) {
			if g.Name == defaultGroupName {
				given = []string{g.ID}
			}
		}
	}
	var groups []string
	for _, id := range given {
		g, err := getGroup(call, id)
		if err != nil {
			return nil, err
		}
		if g.VPC != vpcID {
			return nil, differentNetworks()
		}
		if !slices.Contains(groups, id) {
			groups = append(groups, id)
		}
	}
	if len(groups) > maxInterfaceGroups {
		return nil, wire.Errorf("SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.")
	}
	return groups, nil
}

// ModifyNetworkInterfaceAttributeInput is ModifyNetworkInterfaceAttribute's
// request: exactly one attribute (documented).
type ModifyNetworkInterfaceAttributeInput struct {
	NetworkInterfaceId string   `aws:",required"`
	Groups             []string `aws:"SecurityGroupId"` // all that the interface is to have
	Description        *AttributeValue
	SourceDestCheck    *AttributeBooleanValue
	DryRun             bool
}

// AttributeValue is the new value of an attribute.
type AttributeValue struct {
	Value string
}

// AttributeBooleanValue is the new value of an attribute.
type AttributeBooleanValue struct {
	Value bool
}

// ModifyNetworkInterfaceAttribute changes the groups of an interface, its
// description, or its check of source and destination.
func ModifyNetworkInterfaceAttribute(call *wire.Call, in *ModifyNetworkInterfaceAttributeInput) (*SuccessOutput, error) {
	n, err := getInterface(call, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	given := 0
	if in.Groups != nil {
		given++
		if n.Groups, err = interfaceGroups(call, n.VPC, in.Groups); err != nil {
			return nil, err
		}
	}
	if in.Description != nil {
		given++
		if err := checkInterfaceText(in.Description.Value); err != nil {
			return nil, err
		}
		n.Description = in.Description.Value
	}
	if in.SourceDestCheck != nil {
		given++
		n.NoSourceDestCheck = !in.SourceDestCheck.Value
	}
	if given != 1 {
		return nil, wire.Errorf("InvalidParameterCombination", "Exactly one attribute must be specified")
	}
	n.put(call)
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

// DeleteNetworkInterfaceInput is DeleteNetworkInterface's request.
type DeleteNetworkInterfaceInput struct {
	NetworkInterfaceId string `aws:",required"`
	DryRun             bool
}

// DeleteNetworkInterface removes an interface.
func DeleteNetworkInterface(call *wire.Call, in *DeleteNetworkInterfaceInput) (*SuccessOutput, error) {
	n, err := getInterface(call, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	store.Delete(call.Tx, interfaceTable, call.Key(n.ID))
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

func (n networkInterface) put(call *wire.Call) {
	store.Put(call.Tx, interfaceTable, call.Key(n.ID), n)
}

func getInterface(call *wire.Call, id string) (networkInterface, error) {
	if err := interfaceID.check(id); err != nil {
		return networkInterface{}, err
	}
	n, ok := store.Get[networkInterface](call.Tx, interfaceTable, call.Key(id))
	if !ok {
		return networkInterface{}, wire.Errorf("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
	}
	return n, nil
}

func interfacesOf(call *wire.Call) iter.Seq[networkInterface] {
	return func(yield func(networkInterface) bool) {
		for _, n := range store.Scan[networkInterface](call.Tx, interfaceTable, call.Prefix()) {
			if !yield(n) {
				return
			}
		}
	}
}

// interfaceCounts is how many interfaces each subnet has.
func interfaceCounts(call *wire.Call) map[string]int32 {
	counts := map[string]int32{}
	for n := range interfacesOf(call) {
		counts[n.Subnet]++
	}
	return counts
}

// usesGroup reports whether an interface has the group.
func usesGroup(call *wire.Call, groupID string) bool {
	for n := range interfacesOf(call) {
		if slices.Contains(n.Groups, groupID) {
			return true
		}
	}
	return false
}
