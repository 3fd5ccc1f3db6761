package iam

import (
	"maps"
	"strings"

	"mlops-infra-suite/internal/sandbox/ec2"
)

// ec2Resource is a resource that an action has in the service authorization
// reference: named by a parameter, or to be made.
type ec2Resource struct {
	kind      string // of the ARN
	parameter string // "" for one that the action makes
	within    string // the member of the parameter's structures that names it, with those that it lies in: "A.B"
}

func made(kind string) ec2Resource             { return ec2Resource{kind: kind} }
func named(kind, parameter string) ec2Resource { return ec2Resource{kind: kind, parameter: parameter} }

var oneGroup = []ec2Resource{named("security-group", "GroupId")}

// ec2Resources are the resources of the actions that have some (documented). Rules
// are needed by ModifySecurityGroupRules alone (documented in the examples of the
// user guide), and by Authorize where it tags them. Prefix lists are a resource of
// Modify, and of no other action that names one in a rule (documented). Assumed: one
// is asked for where the rule is to have it.
var ec2Resources = map[string][]ec2Resource{
	"CreateSecurityGroup":                        {made("security-group"), named("vpc", "VpcId")},
	"DeleteSecurityGroup":                        oneGroup,
	"AuthorizeSecurityGroupIngress":              oneGroup,
	"AuthorizeSecurityGroupEgress":               oneGroup,
	"RevokeSecurityGroupIngress":                 oneGroup,
	"RevokeSecurityGroupEgress":                  oneGroup,
	"UpdateSecurityGroupRuleDescriptionsIngress": oneGroup,
	"UpdateSecurityGroupRuleDescriptionsEgress":  oneGroup,
	"ModifySecurityGroupRules": {
		named("security-group", "GroupId"), {kind: "security-group-rule", parameter: "SecurityGroupRule", within: "SecurityGroupRuleId"},
		{kind: "prefix-list", parameter: "SecurityGroupRule", within: "SecurityGroupRule.PrefixListId"},
	},
	"CreateTags":                      {named("", "ResourceId")},
	"DeleteTags":                      {named("", "ResourceId")},
	"CreateVpc":                       {made("vpc")},
	"DeleteVpc":                       {named("vpc", "VpcId")},
	"CreateSubnet":                    {made("subnet"), named("vpc", "VpcId")},
	"DeleteSubnet":                    {named("subnet", "SubnetId")},
	"CreateNetworkInterface":          {made("network-interface"), named("subnet", "SubnetId"), named("security-group", "SecurityGroupId")},
	"ModifyNetworkInterfaceAttribute": {named("network-interface", "NetworkInterfaceId"), named("security-group", "SecurityGroupId")},
	"DeleteNetworkInterface":          {named("network-interface", "NetworkInterfaceId")},
	"CreateManagedPrefixList":         {made("prefix-list")},
	"DeleteManagedPrefixList":         {named("prefix-list", "PrefixListId")},
	"GetManagedPrefixListEntries":     {named("prefix-list", "PrefixListId")},
}

// kinds are those of resources that tags are given to, by the prefix of their IDs.
var kinds = map[string]string{
	"sg": "security-group", "sgr": "security-group-rule", "vpc": "vpc", "subnet": "subnet", "eni": "network-interface", "pl": "prefix-list",
}

func (q query) ec2() []Need {
	q.common.set("ec2:Region", q.call.Region)
	resources, has := ec2Resources[q.call.Action]
	if !has {
		return []Need{q.need(q.call.Action, "*", nil)}
	}
	var needs []Need
	for _, resource := range resources {
		if resource.parameter == "" {
			needs = append(needs, q.making(q.call.Action, resource.kind))
			continue
		}
		for _, id := range q.ids(resource) {
			needs = append(needs, q.existing(resource.kind, id))
		}
	}
	return q.via(append(needs, q.tagging()...))
}

// via adds what CloudFormation reads besides.
func (q query) via(needs []Need) []Need {
	if q.call.Via == "" {
		return needs
	}
	for _, action := range ofCloudFormation[q.call.Action] {
		if q.call.Service == "ec2" {
			needs = append(needs, q.need(action, "*", nil))
			continue
		}
		for _, n := range needs {
			if n.Action == "ssm:"+q.call.Action {
				needs = append(needs, q.need(action, n.Resource, nil))
			}
		}
	}
	return needs
}

func (q query) ids(r ec2Resource) []string {
	if r.within == "" {
		return unique(q.list(r.parameter))
	}
	var ids []string
	for _, structure := range q.structures(r.parameter) {
		path := strings.Split(r.within, ".")
		for _, name := range path[:len(path)-1] {
			structure, _ = structure[name].(map[string]any)
		}
		if id, ok := structure[path[len(path)-1]].(string); ok && id != "" {
			ids = append(ids, id)
		}
	}
	return unique(ids)
}

// making is the need for a resource that isn't there yet: its ARN ends with an
// asterisk, and its tags are those of the request (documented). Assumed: it is in
// the VPC that the request names.
func (q query) making(action, kind string) Need {
	keys := Keys{}
	for _, specification := range q.structures("TagSpecification") {
		if specification["ResourceType"] == kind {
			tags, _ := specification["Tag"].([]any)
			keys = requested(tags)
		}
	}
	if vpc := q.text("VpcId"); vpc != "" && kind != "vpc" {
		keys.set("ec2:Vpc", q.call.ARN("ec2", "vpc/"+vpc))
	}
	return q.need(action, q.call.ARN("ec2", kind+"/*"), keys)
}

// tagging are the needs for the tags of what is made: the action CreateTags, which
// is told by which other it is done (documented).
func (q query) tagging() []Need {
	var needs []Need
	for _, specification := range q.structures("TagSpecification") {
		kind, _ := specification["ResourceType"].(string)
		if len(specification) < 2 {
			continue
		}
		if q.call.Action != "CreateSecurityGroup" && kind == "security-group-rule" { // Assumed: the rule is then a resource of Authorize
			needs = append(needs, q.making(q.call.Action, kind))
		}
		n := q.making("CreateTags", kind)
		n.Keys.set("ec2:CreateAction", q.call.Action)
		needs = append(needs, n)
	}
	return needs
}

// existing is the need for a resource with its tags and its VPC.
func (q query) existing(kind, id string) Need {
	if kind == "" { // to be tagged
		prefix, _, _ := strings.Cut(id, "-")
		kind = kinds[prefix]
	}
	keys, arn := tagged(tagsOf(q.call, id), "aws:ResourceTag", "ec2:ResourceTag"), q.call.ARN("ec2", kind+"/"+id)
	switch kind {
	case "security-group":
		keys.set("ec2:SecurityGroupID", id)
		if vpc := q.vpcOfGroup(id); vpc != "" {
			keys.set("ec2:Vpc", q.call.ARN("ec2", "vpc/"+vpc))
		}
	case "vpc":
		keys.set("ec2:VpcID", id)
	case "prefix-list":
		arn = q.prefixListARN(id)
	}
	if tags, ok := q.in["Tag"].([]any); ok { // of CreateTags and DeleteTags
		maps.Copy(keys, requested(tags))
	}
	return q.need(q.call.Action, arn, keys)
}

// prefixListARN names the list's owner: the account, or else AWS.
func (q query) prefixListARN(id string) string {
	reading := *q.call
	own, err := ec2.DescribeManagedPrefixLists(&reading, &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}})
	if err == nil && len(own.PrefixLists) > 0 {
		return own.PrefixLists[0].PrefixListArn
	}
	return "arn:" + q.call.Partition() + ":ec2:" + q.call.Region + ":aws:prefix-list/" + id
}

func (q query) vpcOfGroup(id string) string {
	reading := *q.call
	out, err := ec2.DescribeSecurityGroups(&reading, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	if err != nil {
		return ""
	}
	return out.SecurityGroups[0].VpcId
}
