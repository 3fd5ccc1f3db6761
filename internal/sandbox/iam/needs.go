package iam

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Stacks looks a stack up by its name or ID, or by the ID of one of its change
// sets: its ARN and tags, "" when there is none.
type Stacks func(call *wire.Call, nameOrID string) (arn string, tags map[string]string)

// query is a call of which the needs are asked.
type query struct {
	call   *wire.Call
	in     map[string]any // the parameters by their names
	stacks Stacks
	common Keys
}

// NeedsOf lists what a call needs, in the order in which it is looked at. A call
// that needs nothing has none.
func NeedsOf(call *wire.Call, in any, stacks Stacks) []Need {
	q := query{call: call, stacks: stacks, common: global(call)}
	if in != nil {
		q.in = wire.Plain(in, false)
	}
	switch call.Service {
	case "ec2":
		return q.ec2()
	case "ssm":
		return q.ssm()
	case "cloudformation":
		return q.cloudFormation()
	case "s3":
		return q.s3()
	case "sts":
		return q.sts()
	}
	// Those of CloudTrail, of AWS Marketplace Metering and CheckoutLicense have no resources (documented).
	return []Need{q.need(call.Action, "*", nil)}
}

// need is an action of the call's service on a resource.
func (q query) need(action, resource string, keys Keys) Need {
	all := maps.Clone(q.common)
	maps.Copy(all, keys)
	if resource != "*" {
		all.set("aws:ResourceAccount", accountOf(resource, q.call.Account))
	}
	return Need{Action: q.call.Service + ":" + action, Resource: resource, Keys: all}
}

func accountOf(arn, otherwise string) string {
	if parts := strings.SplitN(arn, ":", arnParts); len(parts) == arnParts && parts[4] != "" {
		return parts[4]
	}
	return otherwise
}

// global are the condition keys that every request has.
func global(call *wire.Call) Keys {
	keys := Keys{}
	arn := call.CallerARN()
	keys.set("aws:RequestedRegion", call.Region)
	keys.set("aws:PrincipalAccount", call.Account)
	keys.set("aws:PrincipalArn", arn)
	keys.set("aws:userid", call.CallerID())
	keys.set("aws:PrincipalType", "User")
	keys.set("aws:CurrentTime", call.Now.Format(time.RFC3339))
	keys.set("aws:EpochTime", strconv.FormatInt(call.Now.Unix(), 10))
	keys.set("aws:SecureTransport", "false") // the sandbox's doors have no TLS
	keys.set("aws:SourceIp", call.SourceIP)
	keys.set("aws:UserAgent", call.UserAgent)
	keys.set("aws:ViaAWSService", strconv.FormatBool(call.Via != ""))
	if call.Via != "" {
		delete(keys, "aws:sourceip") // documented: a service has none
		keys.set("aws:CalledVia", call.Via)
		keys.set("aws:CalledViaFirst", call.Via)
		keys.set("aws:CalledViaLast", call.Via)
	}
	if call.Caller.Role != "" {
		keys.set("aws:PrincipalArn", call.Caller.Role)
		keys.set("aws:PrincipalType", "AssumedRole")
		keys.set("aws:MultiFactorAuthPresent", "false") // documented: of who has a key for good there is none
	} else {
		keys.set("aws:username", arn[strings.LastIndexByte(arn, '/')+1:])
	}
	return keys
}

// text is a parameter, "" when it isn't given.
func (q query) text(name string) string {
	s, _ := q.in[name].(string)
	return s
}

// list is a parameter that is a list of texts or, where it is one text, that.
func (q query) list(name string) []string {
	if one := q.text(name); one != "" {
		return []string{one}
	}
	items, _ := q.in[name].([]any)
	var texts []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

// structures is a parameter that is a list of structures.
func (q query) structures(name string) []map[string]any {
	items, _ := q.in[name].([]any)
	var found []map[string]any
	for _, item := range items {
		if s, ok := item.(map[string]any); ok {
			found = append(found, s)
		}
	}
	return found
}

// requested are the condition keys of the tags in a request.
func requested(tags []any) Keys {
	keys := Keys{}
	var names []string
	for _, item := range tags {
		tag, _ := item.(map[string]any)
		key, _ := tag["Key"].(string)
		if value, ok := tag["Value"].(string); ok {
			keys.set("aws:RequestTag/"+key, value)
		}
		names = append(names, key)
	}
	if len(names) > 0 {
		keys.set("aws:TagKeys", names...)
	}
	return keys
}

// tagged are the condition keys of the tags that a resource has.
func tagged(tags map[string]string, prefixes ...string) Keys {
	keys := Keys{}
	for key, value := range tags {
		for _, prefix := range prefixes {
			keys.set(prefix+"/"+key, value)
		}
	}
	return keys
}

// sts: AssumeRole needs the role; who one is, one may always know (documented).
func (q query) sts() []Need {
	switch q.call.Action {
	case "AssumeRole":
		keys := Keys{}
		keys.set("sts:RoleSessionName", q.text("RoleSessionName"))
		return []Need{q.need(q.call.Action, q.text("RoleArn"), keys)}
	case "GetCallerIdentity", "AssumeRoleWithWebIdentity":
		return nil
	}
	return []Need{q.need(q.call.Action, "*", nil)}
}

// ofCloudFormation are the reads that the handlers of CloudFormation make beside
// what they write (reported: the permissions that the types' schemas list).
var ofCloudFormation = map[string][]string{
	"CreateSecurityGroup":           {"DescribeSecurityGroups"},
	"DeleteSecurityGroup":           {"DescribeInstances", "DescribeSecurityGroups"},
	"AuthorizeSecurityGroupIngress": {"DescribeSecurityGroupRules"},
	"AuthorizeSecurityGroupEgress":  {"DescribeSecurityGroupRules"},
	"RevokeSecurityGroupIngress":    {"DescribeSecurityGroupRules"},
	"RevokeSecurityGroupEgress":     {"DescribeSecurityGroupRules"},
	"PutParameter":                  {"GetParameters"},
}

// tagsOf are the tags of a resource of EC2.
func tagsOf(call *wire.Call, id string) map[string]string {
	reading := *call
	out, err := ec2.DescribeTags(&reading, &ec2.DescribeTagsInput{Filters: []ec2.Filter{{Name: "resource-id", Values: []string{id}}}})
	if err != nil {
		return nil
	}
	tags := map[string]string{}
	for _, tag := range out.Tags {
		tags[tag.Key] = tag.Value
	}
	return tags
}

// unique drops repeated texts.
func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
