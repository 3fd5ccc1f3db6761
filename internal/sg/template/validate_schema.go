package template

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// The types of resources that are checked in full.
const (
	typeGroup     = "AWS::EC2::SecurityGroup"
	typeIngress   = "AWS::EC2::SecurityGroupIngress"
	typeEgress    = "AWS::EC2::SecurityGroupEgress"
	typeParameter = "AWS::SSM::Parameter"
)

// property is what the value of a property must be.
type property struct {
	required bool
	is       func(v *validator, what string, value part)
}

// schema are the properties of a type, as AWS's registry has them.
type schema map[string]property

// ingressRule and egressRule are the properties of a rule, inside of a group as outside.
var (
	ingressRule = schema{
		"IpProtocol": {true, isProtocol}, "FromPort": {false, isWhole}, "ToPort": {false, isWhole}, "Description": {false, isRuleText},
		"CidrIp": {false, isCIDR}, "CidrIpv6": {false, isCIDR}, "SourcePrefixListId": {false, isID("pl")}, "SourceSecurityGroupId": {false, isGroup},
		"SourceSecurityGroupName": {false, isText}, "SourceSecurityGroupOwnerId": {false, isText},
	}
	egressRule = schema{
		"IpProtocol": {true, isProtocol}, "FromPort": {false, isWhole}, "ToPort": {false, isWhole}, "Description": {false, isRuleText},
		"CidrIp": {false, isCIDR}, "CidrIpv6": {false, isCIDR}, "DestinationPrefixListId": {false, isID("pl")},
		"DestinationSecurityGroupId": {false, isGroup},
	}
)

// schemas are the types that are checked in full.
var schemas = map[string]schema{
	typeGroup: {
		"GroupDescription": {true, isGroupText}, "GroupName": {false, isGroupName}, "VpcId": {false, isVPC}, "Tags": {false, isTags},
		"SecurityGroupIngress": {false, isRules(ruleset.Ingress)}, "SecurityGroupEgress": {false, isRules(ruleset.Egress)},
	},
	typeIngress: with(ingressRule, schema{"GroupId": {false, isGroup}, "GroupName": {false, isText}}),
	typeEgress:  with(egressRule, schema{"GroupId": {true, isGroup}}),
	typeParameter: {
		"Name": {false, isParameterName}, "Type": {true, isOneOf("String", "StringList")}, "Value": {true, isText},
		"Description": {false, isLimited(1024)}, "AllowedPattern": {false, isLimited(1024)}, "Policies": {false, isLimited(4096)},
		"Tier": {false, isOneOf("Standard", "Advanced", "Intelligent-Tiering")}, "DataType": {false, isOneOf("text", "aws:ec2:image")},
		"Tags": {false, isTagMap},
	},
}

func with(a, b schema) schema {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// attributes are those of the types that rules have to do with. Beside the documented ones, CloudFormation gives the properties
// that a resource was made with (as cfn-lint has it).
var attributes = map[string]map[string]bool{
	typeGroup: set("GroupDescription", "GroupId", "GroupName", "Id", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"),
	typeIngress: set("CidrIp", "CidrIpv6", "Description", "FromPort", "GroupId", "GroupName", "Id", "IpProtocol", "SourcePrefixListId",
		"SourceSecurityGroupId", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId", "ToPort"),
	typeEgress: set("CidrIp", "CidrIpv6", "Description", "DestinationPrefixListId", "DestinationSecurityGroupId", "FromPort", "GroupId", "Id",
		"IpProtocol", "ToPort"),
	typeParameter: set("AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"),
	"AWS::EC2::VPC": set("CidrBlock", "CidrBlockAssociations", "DefaultNetworkAcl", "DefaultSecurityGroup", "EnableDnsHostnames", "EnableDnsSupport",
		"InstanceTenancy", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6CidrBlocks", "Tags", "VpcId"),
}

func schemaNames() []string { return slices.Sorted(maps.Keys(schemas)) }

// misspelt reports whether a type is one of those known here in other letters, or but for one letter or a swap of two. Types that
// are merely alike there may be.
func misspelt(kind string) bool {
	return slices.ContainsFunc(schemaNames(), func(known string) bool { return strings.EqualFold(kind, known) || isSlip(kind, known) })
}

// isSlip reports whether two words differ in one letter that is another, missing or too many, or in two that are swapped.
func isSlip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	swapped := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	return len(a) <= 1 && len(b) <= 1 || swapped
}

// properties checks the properties of the resources whose types are known here.
func (v *validator) properties() {
	for _, id := range v.ordered {
		if known, ok := schemas[v.typeOf(id)]; ok && v.resources[id].isMapping() {
			v.object(id, v.resources[id].get("Properties"), known, v.resources[id])
		}
	}
	v.groupRules()
}

// object checks a mapping of properties; owner is where it stands if it doesn't.
func (v *validator) object(what string, p part, known schema, owner part) {
	if _, _, computed := p.call(); computed {
		return
	}
	if p.exists() && !p.isMapping() {
		v.wrong(diag.CodeType, p, "%s must be a mapping of properties", what)
		return
	}
	for key, value := range p.fields() {
		name := key.value()
		rule, ok := known[name]
		if !ok && !strings.HasPrefix(name, loop) && !(v.transformed && strings.HasPrefix(name, "Fn::")) {
			hint(v.wrong(diag.CodeUnknownKey, key, "%s: unknown property %q", what, name), name, known)
		}
		for _, one := range v.alternatives(value) {
			if ok {
				rule.is(v, what+": "+name, one)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if known[name].required && v.presence(p.get(name)) == absent {
			v.wrong(diag.CodeMissingKey, part{cmp.Or(p.node, owner.node)}, "%s: %s is missing", what, name)
		}
	}
}

// plain is the value of a property that must be one value. It reports a list or a mapping; ok is false for them, and for what a
// function or a dynamic reference gives.
func (v *validator) plain(what string, p part) (string, bool) {
	if _, _, computed := p.call(); computed || p.isNull() {
		return "", false
	}
	if !p.isPlain() {
		v.wrong(diag.CodeType, p, "%s must be one value", what)
		return "", false
	}
	return p.value(), !isDynamic(p.value())
}

func isText(v *validator, what string, p part) { v.plain(what, p) }

func isLimited(most int) func(*validator, string, part) {
	return func(v *validator, what string, p part) {
		if text, ok := v.plain(what, p); ok && utf8.RuneCountInString(text) > most {
			v.wrong(diag.CodeValue, p, "%s has %d characters, over the limit of %d", what, utf8.RuneCountInString(text), most)
		}
	}
}

func isOneOf(words ...string) func(*validator, string, part) {
	return func(v *validator, what string, p part) {
		if text, ok := v.plain(what, p); ok && !slices.Contains(words, text) {
			hint(v.wrong(diag.CodeValue, p, "%s: %q is none of its values", what, text), text, set(words...))
		}
	}
}

// What EC2 takes in the texts of groups and rules (documented; of rules it lists & for some peers alone).
var ec2Text = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)

const maxEC2Text = 255

func (v *validator) ec2Text(what string, p part) (string, bool) {
	text, ok := v.plain(what, p)
	switch {
	case !ok:
	case utf8.RuneCountInString(text) > maxEC2Text:
		v.wrong(diag.CodeValue, p, "%s has %d characters, over EC2's limit of %d", what, utf8.RuneCountInString(text), maxEC2Text)
	case !ec2Text.MatchString(text):
		bad := strings.IndexFunc(text, func(r rune) bool { return !ec2Text.MatchString(string(r)) })
		r, _ := utf8.DecodeRuneInString(text[bad:])
		v.wrong(diag.CodeValue, p, "%s holds %q, which EC2 does not take", what, r).
			WithHint("letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* are what it takes")
	}
	return text, ok
}

func isRuleText(v *validator, what string, p part) { v.ec2Text(what, p) }

func isGroupText(v *validator, what string, p part) {
	if text, ok := v.ec2Text(what, p); ok && text == "" {
		v.wrong(diag.CodeValue, p, "%s is empty", what)
	}
}

func isGroupName(v *validator, what string, p part) {
	if text, ok := v.ec2Text(what, p); ok && strings.HasPrefix(strings.ToLower(text), "sg-") {
		v.wrong(diag.CodeValue, p, "%s: a name can't begin with sg-, as IDs do", what)
	}
}

func isWhole(v *validator, what string, p part) {
	if text, ok := v.plain(what, p); ok {
		if _, err := strconv.Atoi(text); err != nil {
			v.wrong(diag.CodeType, p, "%s: %q is no whole number", what, text)
		}
	}
}

func isProtocol(v *validator, what string, p part) {
	text, ok := v.plain(what, p)
	if !ok {
		return
	}
	if _, err := ruleset.ParseProtocol(text); err != nil || strings.EqualFold(text, "all") {
		v.wrong(diag.CodePorts, p, "%s: %q is no protocol", what, text).WithHint("use tcp, udp, icmp, icmpv6, -1 for all, or a number from 0 to 255")
	}
}

func isCIDR(v *validator, what string, p part) {
	text, ok := v.plain(what, p)
	if !ok {
		return
	}
	prefix, err := ruleset.ParseCIDR(text)
	six := strings.HasSuffix(what, "CidrIpv6")
	switch {
	case err != nil:
		v.wrong(diag.CodeAddress, p, "%s: %v", what, err)
	case prefix.Addr().Is6() && !six:
		v.wrong(diag.CodeAddress, p, "%s: %q is IPv6", what, text).WithHint("IPv6 ranges stand in CidrIpv6")
	case prefix.Addr().Is4() && six:
		v.wrong(diag.CodeAddress, p, "%s: %q is IPv4", what, text).WithHint("IPv4 ranges stand in CidrIp")
	case prefix.String() != strings.ToLower(text):
		v.warn(diag.CodeAddress, p, "%s: %q is %s for EC2", what, text, prefix).
			WithHint("write it so: a change from one spelling to another loses the rule")
	}
}

var ids = map[string]*regexp.Regexp{
	"sg": regexp.MustCompile(`^sg-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$`), "vpc": regexp.MustCompile(`^vpc-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$`),
	"pl": regexp.MustCompile(`^pl-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$`),
}

func isID(kind string) func(*validator, string, part) {
	return func(v *validator, what string, p part) {
		if text, ok := v.plain(what, p); ok && !ids[kind].MatchString(text) {
			v.wrong(diag.CodeValue, p, "%s: %q is no ID of the form %s-0123456789abcdef0", what, text, kind)
		}
	}
}

func isGroup(v *validator, what string, p part) {
	isID("sg")(v, what, p)
	v.refersTo(what, p, "a security group", "AWS::EC2::SecurityGroup::Id", typeGroup, "GroupId", "Id")
}

func isVPC(v *validator, what string, p part) {
	isID("vpc")(v, what, p)
	v.refersTo(what, p, "a VPC", "AWS::EC2::VPC::Id", "AWS::EC2::VPC", "VpcId")
}

// refersTo reports a reference to a resource or a parameter of this neighbourhood that is something else than is meant.
func (v *validator) refersTo(what string, p part, meant, parameterType, resourceType string, own ...string) {
	id, attribute := p.referred()
	if parameter := v.parameters[id]; parameter.exists() && attribute == "" {
		kind := parameter.get("Type").value()
		wrongKind := strings.HasPrefix(kind, "AWS::EC2::") && kind != parameterType
		if wrongKind || strings.HasPrefix(kind, "List<") || kind == "CommaDelimitedList" || kind == "Number" {
			v.wrong(diag.CodeType, p, "%s must be %s, and the parameter %s is of type %s", what, meant, id, kind)
		}
		return
	}
	kind := v.typeOf(id)
	if kind == resourceType {
		if attribute != "" && !slices.Contains(own, attribute) && attributes[kind][attribute] {
			v.wrong(diag.CodeType, p, "%s must be %s, and %s.%s is none", what, meant, id, attribute)
		}
		return
	}
	if attribute == "" && (attributes[kind] != nil && kind != typeParameter || kind == "AWS::EC2::Subnet") {
		v.wrong(diag.CodeType, p, "%s must be %s, and %s is of type %s", what, meant, id, kind)
	}
}

// SSM's names (documented).
var ssmName = regexp.MustCompile(`^/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$`)

const (
	maxSSMName   = 1011
	maxSSMLevels = 15
)

func isParameterName(v *validator, what string, p part) {
	text, ok := v.plain(what, p)
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(text), "/"), "/")
	switch {
	case !ok:
	case !ssmName.MatchString(text) || strings.Contains(text, "/") && !strings.HasPrefix(text, "/"):
		v.wrong(diag.CodeValue, p, "%s: %q is no name of parameters", what, text).
			WithHint("letters, digits and _.-, in levels that each begin with a slash")
	case strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm"):
		v.wrong(diag.CodeValue, p, "%s: %q begins with %s, which SSM reserves", what, text, first[:3])
	case len(text) > maxSSMName || strings.Count(text, "/") > maxSSMLevels:
		v.wrong(diag.CodeValue, p, "%s has %d characters and %d levels, over SSM's limits of %d and %d",
			what, len(text), strings.Count(text, "/"), maxSSMName, maxSSMLevels)
	}
}
