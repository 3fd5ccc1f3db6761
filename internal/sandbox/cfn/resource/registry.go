package resource

import (
	"maps"
	"regexp"
	"slices"
)

// Registry is the resource types that there are, by name. It implements
// template.Types.
type Registry map[string]Type

// Types returns the sandbox's resource types. Schemas are documented: the ones
// in AWS's resource type registry.
func Types() Registry {
	registry := Registry{}
	for _, t := range []Type{
		securityGroup(), securityGroupIngress(), securityGroupEgress(), parameter(), vpc(), subnet(), networkInterface(),
	} {
		registry[t.Name] = t
	}
	return registry
}

// Known implements template.Types.
func (r Registry) Known(resourceType string) bool {
	_, ok := r[resourceType]
	return ok
}

// HasAttribute implements template.Types.
func (r Registry) HasAttribute(resourceType, attribute string) bool {
	return slices.Contains(r[resourceType].attributes, attribute)
}

var groupDescription = regexp.MustCompile(`^([a-z,A-Z0-9. _\-:/()#@[\]+=&;{}!$*])*$`)

func tagsProperty() Property {
	return Property{kind: objects, tags: true, items: &object{
		properties: map[string]Property{"Key": {}, "Value": {}},
		required:   []string{"Key", "Value"},
	}}
}

func securityGroup() Type {
	return Type{
		Name:       "AWS::EC2::SecurityGroup",
		attributes: []string{"GroupId", "Id", "VpcId"},
		taggable:   true,
		handler:    groupHandler{},
		object: object{
			required: []string{"GroupDescription"},
			properties: map[string]Property{
				"GroupDescription":     {createOnly: true, maxLength: 255, pattern: groupDescription},
				"GroupName":            {createOnly: true, name: true},
				"VpcId":                {createOnly: true},
				"SecurityGroupIngress": {kind: objects, items: ruleItem(ingress)},
				"SecurityGroupEgress":  {kind: objects, items: ruleItem(egress)},
				"Tags":                 tagsProperty(),
			},
		},
	}
}

// ruleItem is a rule written inside its group: a standalone one less the group,
// which can be changed in place.
func ruleItem(d direction) *object {
	o := ruleObject(d)
	o.properties = maps.Clone(o.properties)
	for name, p := range o.properties {
		p.createOnly = false
		o.properties[name] = p
	}
	delete(o.properties, "GroupId")
	delete(o.properties, "GroupName")
	o.required = []string{"IpProtocol"}
	return &o
}

// ruleObject is the schema of a rule. That exactly one peer must be given is
// documented in prose; the schema itself doesn't say so.
func ruleObject(d direction) object {
	o := object{
		required: []string{"IpProtocol"},
		oneOf:    []string{"CidrIp", "CidrIpv6", d.prefixList(), d.peerGroup()},
		properties: map[string]Property{
			"CidrIp":       {createOnly: true, canonical: masked},
			"CidrIpv6":     {createOnly: true, canonical: masked},
			"Description":  {},
			"FromPort":     {kind: integer, createOnly: true, minimum: -1},
			"GroupId":      {createOnly: true},
			"IpProtocol":   {createOnly: true, canonical: protocol},
			"ToPort":       {kind: integer, createOnly: true, minimum: -1},
			d.prefixList(): {createOnly: true},
			d.peerGroup():  {createOnly: true},
		},
	}
	if d == ingress {
		// Names instead of IDs work in a default VPC only. EC2 decides, not the schema.
		for _, name := range []string{"GroupName", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId"} {
			o.properties[name] = Property{createOnly: true}
		}
		o.oneOf = append(o.oneOf, "SourceSecurityGroupName")
	}
	return o
}

func securityGroupIngress() Type {
	return Type{
		Name:       "AWS::EC2::SecurityGroupIngress",
		attributes: []string{"Id"},
		handler:    ruleHandler{ingress},
		object:     ruleObject(ingress),
	}
}

func securityGroupEgress() Type {
	o := ruleObject(egress)
	o.required = slices.Concat(o.required, []string{"GroupId"})
	return Type{
		Name:       "AWS::EC2::SecurityGroupEgress",
		attributes: []string{"Id"},
		handler:    ruleHandler{egress},
		object:     o,
	}
}

func parameter() Type {
	return Type{
		Name:       "AWS::SSM::Parameter",
		identifier: "Name",
		attributes: []string{"Type", "Value"},
		taggable:   true,
		early:      true,
		handler:    parameterHandler{},
		object: object{
			required: []string{"Type", "Value"},
			properties: map[string]Property{
				"AllowedPattern": {maxLength: 1024, writeOnly: true},
				"DataType":       {enum: []string{"text", "aws:ec2:image"}},
				"Description":    {maxLength: 1024, writeOnly: true},
				"Name":           {createOnly: true, name: true, minLength: 1, maxLength: 2048},
				"Policies":       {minLength: 1, maxLength: 4096, writeOnly: true},
				"Tags":           {kind: dictionary, tags: true},
				"Tier":           {enum: []string{"Standard", "Advanced", "Intelligent-Tiering"}, writeOnly: true},
				"Type":           {enum: []string{"String", "StringList"}},
				"Value":          {},
			},
		},
	}
}
