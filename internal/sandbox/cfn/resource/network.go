package resource

import (
	"reflect"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// The types that groups need around them. Their schemas have the properties
// that the sandbox's EC2 knows; any other is refused.

func vpc() Type {
	return Type{
		Name:       "AWS::EC2::VPC",
		identifier: "VpcId",
		attributes: []string{"CidrBlock", "DefaultSecurityGroup", "VpcId"},
		taggable:   true,
		early:      true,
		handler:    vpcHandler{},
		object: object{
			required: []string{"CidrBlock"}, // AWS also takes an IPAM pool, which the sandbox does not have
			properties: map[string]Property{
				"CidrBlock":       {createOnly: true},
				"InstanceTenancy": {createOnly: true, enum: []string{"default", "dedicated", "host"}},
				"Tags":            tagsProperty(),
			},
		},
	}
}

func subnet() Type {
	return Type{
		Name:       "AWS::EC2::Subnet",
		identifier: "SubnetId",
		attributes: []string{"AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"},
		taggable:   true,
		early:      true,
		handler:    subnetHandler{},
		object: object{
			required: []string{"VpcId"},
			properties: map[string]Property{
				"AvailabilityZone": {createOnly: true},
				"CidrBlock":        {createOnly: true},
				"Tags":             tagsProperty(),
				"VpcId":            {createOnly: true},
			},
		},
	}
}

func networkInterface() Type {
	return Type{
		Name:       "AWS::EC2::NetworkInterface",
		attributes: []string{"Id", "PrimaryPrivateIpAddress", "VpcId"},
		taggable:   true,
		early:      true,
		handler:    interfaceHandler{},
		object: object{
			required: []string{"SubnetId"},
			properties: map[string]Property{
				"Description":      {},
				"GroupSet":         {kind: texts},
				"InterfaceType":    {createOnly: true},
				"PrivateIpAddress": {createOnly: true},
				"SourceDestCheck":  {kind: boolean},
				"SubnetId":         {createOnly: true},
				"Tags":             tagsProperty(),
			},
		},
	}
}

// vpcHandler is AWS::EC2::VPC.
type vpcHandler struct{}

func (h vpcHandler) create(c *Context, want Desired) (State, error) {
	out, err := invoke(c, "Ec2", "CreateVpc", ec2.CreateVpc, &ec2.CreateVpcInput{
		CidrBlock:         property(want.Properties, "CidrBlock"),
		InstanceTenancy:   property(want.Properties, "InstanceTenancy"),
		TagSpecifications: tagSpecifications("vpc", want),
	})
	if err != nil {
		return State{}, err
	}
	return h.read(c, out.Vpc.VpcId, want.Properties)
}

func (vpcHandler) update(c *Context, want Desired, have State) (State, error) {
	return have, changeTags(c, want, have)
}

func (vpcHandler) remove(c *Context, have State) error {
	_, err := invoke(c, "Ec2", "DeleteVpc", ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: have.PhysicalID})
	if wire.IsCode(err, "InvalidVpcID.NotFound") {
		return nil
	}
	return err
}

// read also finds the default security group, which is an attribute of the VPC.
func (vpcHandler) read(c *Context, id string, _ template.Map) (State, error) {
	out, err := invoke(c, "Ec2", "DescribeVpcs", ec2.DescribeVpcs, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	if err != nil {
		return State{}, err
	}
	groups, err := invoke(c, "Ec2", "DescribeSecurityGroups", ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2.Filter{{Name: "vpc-id", Values: []string{id}}, {Name: "group-name", Values: []string{"default"}}},
	})
	if err != nil {
		return State{}, err
	}
	attributes := map[string]string{"VpcId": id, "CidrBlock": out.Vpcs[0].CidrBlock}
	for _, g := range groups.SecurityGroups {
		attributes["DefaultSecurityGroup"] = g.GroupId
	}
	return State{PhysicalID: id, Attributes: attributes}, nil
}

// subnetHandler is AWS::EC2::Subnet.
type subnetHandler struct{}

func (h subnetHandler) create(c *Context, want Desired) (State, error) {
	out, err := invoke(c, "Ec2", "CreateSubnet", ec2.CreateSubnet, &ec2.CreateSubnetInput{
		VpcId:             property(want.Properties, "VpcId"),
		CidrBlock:         property(want.Properties, "CidrBlock"),
		AvailabilityZone:  property(want.Properties, "AvailabilityZone"),
		TagSpecifications: tagSpecifications("subnet", want),
	})
	if err != nil {
		return State{}, err
	}
	return subnetState(out.Subnet), nil
}

func (subnetHandler) update(c *Context, want Desired, have State) (State, error) {
	return have, changeTags(c, want, have)
}

func (subnetHandler) remove(c *Context, have State) error {
	_, err := invoke(c, "Ec2", "DeleteSubnet", ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: have.PhysicalID})
	if wire.IsCode(err, "InvalidSubnetID.NotFound") {
		return nil
	}
	return err
}

func (subnetHandler) read(c *Context, id string, _ template.Map) (State, error) {
	out, err := invoke(c, "Ec2", "DescribeSubnets", ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
	if err != nil {
		return State{}, err
	}
	return subnetState(out.Subnets[0]), nil
}

func subnetState(s ec2.Subnet) State {
	return State{PhysicalID: s.SubnetId, Attributes: map[string]string{
		"AvailabilityZone": s.AvailabilityZone, "CidrBlock": s.CidrBlock, "SubnetId": s.SubnetId, "VpcId": s.VpcId,
	}}
}

// interfaceHandler is AWS::EC2::NetworkInterface.
type interfaceHandler struct{}

// create makes the interface. EC2 creates every one with the source/destination check; a template that says no switches it off.
func (h interfaceHandler) create(c *Context, want Desired) (State, error) {
	p := want.Properties
	out, err := invoke(c, "Ec2", "CreateNetworkInterface", ec2.CreateNetworkInterface, &ec2.CreateNetworkInterfaceInput{
		SubnetId:          property(p, "SubnetId"),
		Description:       property(p, "Description"),
		PrivateIpAddress:  property(p, "PrivateIpAddress"),
		Groups:            textsOf(p, "GroupSet"),
		InterfaceType:     property(p, "InterfaceType"),
		TagSpecifications: tagSpecifications("network-interface", want),
	})
	if err != nil {
		return State{}, err
	}
	state := interfaceState(out.NetworkInterface)
	if property(p, "SourceDestCheck") != "false" {
		return state, nil
	}
	return state, modifyInterface(c, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: state.PhysicalID, SourceDestCheck: &ec2.AttributeBooleanValue{},
	})
}

// update changes one attribute a call, as EC2 wants it. Groups that the template
// no longer names stay (assumed).
func (interfaceHandler) update(c *Context, want Desired, have State) (State, error) {
	var calls []*ec2.ModifyNetworkInterfaceAttributeInput
	changed := func(name string) bool { return !reflect.DeepEqual(have.Properties[name], want.Properties[name]) }
	if groups := textsOf(want.Properties, "GroupSet"); groups != nil && changed("GroupSet") {
		calls = append(calls, &ec2.ModifyNetworkInterfaceAttributeInput{Groups: groups})
	}
	if changed("Description") {
		description := &ec2.AttributeValue{Value: property(want.Properties, "Description")}
		calls = append(calls, &ec2.ModifyNetworkInterfaceAttributeInput{Description: description})
	}
	if changed("SourceDestCheck") {
		check := &ec2.AttributeBooleanValue{Value: property(want.Properties, "SourceDestCheck") != "false"}
		calls = append(calls, &ec2.ModifyNetworkInterfaceAttributeInput{SourceDestCheck: check})
	}
	for _, in := range calls {
		in.NetworkInterfaceId = have.PhysicalID
		if err := modifyInterface(c, in); err != nil {
			return State{}, err
		}
	}
	return have, changeTags(c, want, have)
}

func modifyInterface(c *Context, in *ec2.ModifyNetworkInterfaceAttributeInput) error {
	_, err := invoke(c, "Ec2", "ModifyNetworkInterfaceAttribute", ec2.ModifyNetworkInterfaceAttribute, in)
	return err
}

func (interfaceHandler) remove(c *Context, have State) error {
	_, err := invoke(c, "Ec2", "DeleteNetworkInterface", ec2.DeleteNetworkInterface,
		&ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: have.PhysicalID})
	if wire.IsCode(err, "InvalidNetworkInterfaceID.NotFound") {
		return nil
	}
	return err
}

func (interfaceHandler) read(c *Context, id string, _ template.Map) (State, error) {
	out, err := invoke(c, "Ec2", "DescribeNetworkInterfaces", ec2.DescribeNetworkInterfaces,
		&ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	if err != nil {
		return State{}, err
	}
	return interfaceState(out.NetworkInterfaces[0]), nil
}

func interfaceState(n ec2.NetworkInterface) State {
	return State{PhysicalID: n.NetworkInterfaceId, Attributes: map[string]string{
		"Id": n.NetworkInterfaceId, "PrimaryPrivateIpAddress": n.PrivateIpAddress, "VpcId": n.VpcId,
	}}
}

// textsOf is a property that is a list of texts, nil when it isn't given.
func textsOf(m template.Map, name string) []string {
	var texts []string
	list, _ := m[name].(template.List)
	for _, item := range list {
		text, _ := item.(string)
		texts = append(texts, text)
	}
	return texts
}
