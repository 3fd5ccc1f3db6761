package cloudtrail

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/wire"
)

// hidden stands for what CloudTrail doesn't tell (reported).
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// leftOut are members that events don't have: secrets, and the texts of
// templates (assumed).
var leftOut = []string{"secretAccessKey", "templateBody", "webIdentityToken"}

// request is the requestParameters of a call.
func request(call *wire.Call, in any) map[string]any {
	if in == nil {
		return nil
	}
	members := wire.Plain(in, false)
	switch {
	case len(members) == 0:
		return nil
	case call.Service == "ec2" && isWrapped(call.Action):
		return map[string]any{call.Action + "Request": wrapped(members)}
	case call.Service == "ec2":
		return ec2Request(call.Action, members)
	}
	form := camel(members)
	if name, isBucket := form["bucket"]; call.Service == "s3" && isBucket { // reported
		delete(form, "bucket")
		form["bucketName"] = name
	}
	if call.Service == "ssm" && form["value"] != nil {
		form["value"] = hidden
	}
	return form
}

// response is the responseElements of a call that has succeeded.
func response(call *wire.Call, out any) map[string]any {
	members := wire.Plain(out, true)
	if call.Service != "ec2" {
		if len(members) == 0 {
			return nil
		}
		return camel(members)
	}
	if isWrapped(call.Action) {
		form := ec2Members(members, nil)
		form["requestId"], form["xmlns"] = call.RequestID, "http://ec2.amazonaws.com/doc/2016-11-15/"
		return map[string]any{call.Action + "Response": form}
	}
	form := ec2Members(members, nil)
	if ok, given := form["return"]; given || call.Action == "CreateSecurityGroup" {
		delete(form, "return")
		form["_return"] = ok != false
	}
	form["requestId"] = call.RequestID
	return form
}

// camel is members in the form that most services have in events: names begin with a small letter, and times are texts.
func camel(members map[string]any) map[string]any {
	form := map[string]any{}
	for name, value := range members {
		if name = small(name); !slices.Contains(leftOut, name) {
			form[name] = camelValue(value)
		}
	}
	return form
}

func camelValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return camel(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = camelValue(item)
		}
		return list
	case time.Time:
		return v.UTC().Format("Jan 2, 2006, 3:04:05 PM")
	}
	return value
}

func small(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}

// isWrapped reports whether events put the action's parameters into one member, named after the request. Reported of
// ModifySecurityGroupRules, assumed of the other actions of its time.
func isWrapped(action string) bool {
	return action == "ModifySecurityGroupRules" || strings.HasPrefix(action, "UpdateSecurityGroupRuleDescriptions") ||
		strings.HasSuffix(action, "ManagedPrefixList")
}

// wrapped is members by their own names. The items of lists are numbered by
// tags, and a single one stands for its list (reported).
func wrapped(members map[string]any) map[string]any {
	form := map[string]any{}
	for name, value := range members {
		list, isList := value.([]any)
		if !isList {
			form[name] = wrappedValue(value)
			continue
		}
		items := make([]any, len(list))
		for i, item := range list {
			structure, isStructure := item.(map[string]any)
			if !isStructure {
				structure = map[string]any{"content": item}
			}
			structure = wrapped(structure)
			structure["tag"] = i + 1
			items[i] = structure
		}
		form[name] = items
		if len(items) == 1 {
			form[name] = items[0]
		}
	}
	return form
}

func wrappedValue(value any) any {
	if structure, ok := value.(map[string]any); ok {
		return wrapped(structure)
	}
	return value
}

// ec2Names are members of requests that events call otherwise.
var ec2Names = map[string]string{
	"TagSpecification":    "tagSpecificationSet",
	"Tag":                 "tagSet",
	"ResourceId":          "resourcesSet",
	"SecurityGroupRuleId": "securityGroupRuleIds",
	"SecurityGroupId":     "groupSet",
}

// ec2Items are what the items of lists of texts are called (reported of the first,
// assumed of the others).
var ec2Items = map[string]string{
	"ResourceId": "resourceId", "SecurityGroupRuleId": "securityGroupRuleId", "SecurityGroupId": "groupId",
}

// ec2Request is the parameters of EC2 in the older form: lists are items, and
// those of a permission are there when they are empty.
func ec2Request(action string, members map[string]any) map[string]any {
	form := ec2Members(members, ec2Names)
	switch action {
	case "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress":
		if form["ipPermissions"] == nil {
			form["ipPermissions"] = map[string]any{}
		}
	}
	return form
}

func ec2Members(members map[string]any, names map[string]string) map[string]any {
	form := map[string]any{}
	for name, value := range members {
		to := small(name)
		list, isList := value.([]any)
		if isList && len(list) == 0 && name == "TagSet" {
			continue
		}
		if isList && names[name] != "" {
			to = names[name]
			value = itemsOf(list, ec2Items[name])
		}
		form[to] = ec2Value(value, names)
	}
	if _, isPermission := members["IpProtocol"]; isPermission && (members["IpRanges"] != nil || hasPeers(members)) {
		for _, list := range []string{"groups", "ipRanges", "ipv6Ranges", "prefixListIds"} {
			if form[list] == nil {
				form[list] = map[string]any{}
			}
		}
	}
	return form
}

func hasPeers(members map[string]any) bool {
	return members["Groups"] != nil || members["Ipv6Ranges"] != nil || members["PrefixListIds"] != nil
}

// itemsOf makes structures of a list of texts.
func itemsOf(list []any, name string) []any {
	items := slices.Clone(list)
	for i, item := range items {
		if s, isText := item.(string); isText {
			items[i] = map[string]any{name: s}
		}
	}
	return items
}

func ec2Value(value any, names map[string]string) any {
	switch v := value.(type) {
	case map[string]any:
		if tags, ok := v["Tag"].([]any); ok && v["ResourceType"] != nil { // a specification: its tags are a plain list (reported)
			return map[string]any{"resourceType": v["ResourceType"], "tags": camelValue(tags)}
		}
		return ec2Members(v, names)
	case []any:
		if len(v) == 0 {
			return map[string]any{}
		}
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = ec2Value(item, names)
		}
		return map[string]any{"items": items}
	}
	return value
}
