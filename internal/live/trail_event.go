package live

import (
	"cmp"
	"strings"
	"time"
)

// readEvent reads the JSON of an event about a resource. CloudTrail documents only the frame; requests and responses are as EC2
// and SSM log them (reported), in more than one form. So nothing here takes a form for granted, and what is not there is left
// empty. ok is false for a call that failed, a dry run, and what is no event.
func readEvent(text, resource string) (ev Event, ok bool) {
	root, err := parseTree(text)
	if err != nil || root.text("eventName") == "" || root.text("errorCode") != "" {
		return Event{}, false
	}
	identity := root.at("userIdentity")
	ev = Event{
		ID:   root.text("eventID"),
		Name: root.text("eventName"),
		Actor: Actor{
			ARN: cmp.Or(identity.text("arn"), identity.text("principalId"), identity.text("accountId"),
				identity.text("invokedBy"), identity.text("type")),
			Issuer:    identity.at("sessionContext", "sessionIssuer").text("arn"),
			Service:   service(identity.text("invokedBy"), root.text("sourceIPAddress"), root.text("userAgent")),
			SourceIP:  root.text("sourceIPAddress"),
			UserAgent: root.text("userAgent"),
		},
	}
	ev.Time, _ = time.Parse(time.RFC3339, root.text("eventTime")) // what can't be read is the zero time
	request := root.at("requestParameters").unwrap("Request")
	response := root.at("responseElements").unwrap("Response")
	ev.Group = cmp.Or(request.text("groupId"), groupOf(resource))
	ev.Names, ev.Tags = namesOf(request), tagsIn(request)
	r := ruleReader{group: ev.Group, egress: strings.HasSuffix(ev.Name, "Egress"), request: request, response: response}
	ev.Rules = r.changes(ev.Name)
	return ev, true
}

// service is the AWS service that made a call for somebody: CloudTrail names it in the place of the caller, or of the caller's
// address and program (reported for CloudFormation).
func service(names ...string) string {
	for _, name := range names {
		if strings.HasSuffix(name, ".amazonaws.com") || name == "AWS Internal" {
			return name
		}
	}
	return ""
}

// groupOf is the resource that was asked for, where it is a group: a request may name it otherwise.
func groupOf(resource string) string {
	if strings.HasPrefix(resource, "sg-") {
		return resource
	}
	return ""
}

// namesOf are the resources that calls for tags and parameters name.
func namesOf(request tree) []string {
	var names []string
	for _, item := range request.at("resourcesSet").list() {
		names = append(names, item.text("resourceId"))
	}
	for _, item := range request.at("names").list() {
		names = append(names, item.string())
	}
	for _, key := range []string{"name", "resourceId"} {
		if name := request.text(key); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// tagsIn are the tags that a call sets, with their values, or takes away.
func tagsIn(request tree) map[string]string {
	tags := map[string]string{}
	for _, list := range []string{"tagSet", "tags"} {
		for _, item := range request.at(list).list() {
			tags[item.text("key")] = item.text("value")
		}
	}
	for _, item := range request.at("tagKeys").list() {
		tags[item.string()] = ""
	}
	return tags
}

// ruleReader reads what a call did to the rules of a group.
type ruleReader struct {
	group             string
	egress            bool
	request, response tree
}

func (r ruleReader) changes(event string) []RuleChange {
	switch {
	case strings.HasPrefix(event, "AuthorizeSecurityGroup"):
		return changes(Authorized, r.either("securityGroupRuleSet"))
	case strings.HasPrefix(event, "RevokeSecurityGroup"):
		return changes(Revoked, r.either("revokedSecurityGroupRuleSet"))
	case event == "ModifySecurityGroupRules":
		return changes(Modified, r.modified())
	case strings.HasPrefix(event, "UpdateSecurityGroupRuleDescriptions"):
		return changes(Described, r.described())
	default:
		return nil
	}
}

func changes(verb Verb, rules []Rule) []RuleChange {
	list := make([]RuleChange, len(rules))
	for i, rule := range rules {
		list[i] = RuleChange{verb, rule}
	}
	return list
}

// either reads the rules that the response tells, with their IDs, or else what the request asked for.
func (r ruleReader) either(set string) []Rule {
	var rules []Rule
	for _, item := range r.response.at(set).list() {
		rules = append(rules, r.rule(item.text("securityGroupRuleId"), item))
	}
	if len(rules) > 0 {
		return rules
	}
	for _, id := range r.request.at("securityGroupRuleIds").ids("sgr-") {
		rules = append(rules, Rule{ID: id, GroupID: r.group, Egress: r.egress})
	}
	for _, key := range []string{"ipPermissions", "ipPermissionSet"} {
		for _, item := range r.request.at(key).list() {
			rules = append(rules, r.permission(item)...)
		}
	}
	if len(rules) == 0 && r.request.text("ipProtocol") != "" { // the flat form of old requests
		rules = append(rules, r.rule("", r.request))
	}
	return rules
}

// rule reads a rule with one peer.
func (r ruleReader) rule(id string, item tree) Rule {
	rule := Rule{
		ID:          id,
		GroupID:     r.group,
		Egress:      r.egress,
		Protocol:    item.text("ipProtocol"),
		FromPort:    item.number("fromPort"),
		ToPort:      item.number("toPort"),
		CIDR:        cmp.Or(item.text("cidrIpv4"), item.text("cidrIpv6"), item.text("cidrIp")),
		PrefixList:  item.text("prefixListId"),
		Group:       cmp.Or(item.text("referencedGroupId"), item.at("referencedGroupInfo").text("groupId")),
		Description: item.text("description"),
	}
	if egress := item.text("isEgress"); egress != "" {
		rule.Egress = egress == "true"
	}
	return rule
}

// permission reads a permission, which is a rule for each of its peers.
func (r ruleReader) permission(item tree) []Rule {
	base := r.rule("", item)
	base.CIDR, base.Group = "", ""
	var rules []Rule
	add := func(list string, set func(*Rule, tree)) {
		for _, peer := range item.at(list).list() {
			rule := base
			rule.Description = peer.text("description")
			set(&rule, peer)
			rules = append(rules, rule)
		}
	}
	add("ipRanges", func(rule *Rule, peer tree) { rule.CIDR = peer.text("cidrIp") })
	add("ipv6Ranges", func(rule *Rule, peer tree) { rule.CIDR = peer.text("cidrIpv6") })
	add("prefixListIds", func(rule *Rule, peer tree) { rule.PrefixList = peer.text("prefixListId") })
	add("groups", func(rule *Rule, peer tree) { rule.Group = peer.text("groupId") })
	add("userIdGroupPairs", func(rule *Rule, peer tree) { rule.Group = peer.text("groupId") })
	return rules
}

// modified reads what rules were made into. The call doesn't say whether they are inbound.
func (r ruleReader) modified() []Rule {
	var rules []Rule
	for _, key := range []string{"securityGroupRule", "securityGroupRules"} {
		for _, item := range r.request.at(key).list() {
			rules = append(rules, r.rule(item.text("securityGroupRuleId"), item.at("securityGroupRule")))
		}
	}
	return rules
}

// described reads which rules got another description, by ID or else by what they permit.
func (r ruleReader) described() []Rule {
	var rules []Rule
	for _, key := range []string{"securityGroupRuleDescription", "securityGroupRuleDescriptions"} {
		for _, item := range r.request.at(key).list() {
			rules = append(rules, Rule{
				ID: item.text("securityGroupRuleId"), GroupID: r.group, Egress: r.egress, Description: item.text("description"),
			})
		}
	}
	for _, item := range r.request.at("ipPermissions").list() {
		rules = append(rules, r.permission(item)...)
	}
	return rules
}
