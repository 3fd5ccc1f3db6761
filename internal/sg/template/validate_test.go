package template_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/testkit"
)

// validate checks a template with the ports that matter in these tests.
func validate(name, text string) template.Validation {
	return template.Validate(name, []byte(text), check.Input{Env: "prod", DatabasePorts: []int{5432}, AdminPorts: []int{2375}, RulesPerDirection: 60})
}

// lines are findings, one a line, in the order of the file.
func lines(found diag.List) string {
	found = slices.Clone(found)
	found.Sort()
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%d:%d %s %s %s\n", d.Pos.Line, d.Pos.Column, d.Severity, d.ID, d.Summary)
		if d.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", d.Hint)
		}
	}
	return b.String()
}

// examples are the files of templates that stand for those of others.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/validate/*")
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".findings") })
	if err != nil || len(files) < 3 {
		t.Fatalf("only %d templates: %v", len(files), err)
	}
	return files
}

// What is found in templates as people write them: by the CDK, by hand, and with all that goes wrong by hand.
func TestValidateGolden(t *testing.T) {
	for _, file := range examples(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, strings.TrimPrefix(file, "testdata/")+".findings", lines(validate(file, string(text)).Problems))
		})
	}
}

// Nothing is wrong with what the tool writes, neither as YAML nor as JSON, and both say the same of its security.
func TestValidateOwnTemplates(t *testing.T) {
	for name, in := range inputs(t) {
		yamlText, jsonText := build(t, in)
		fromYAML, fromJSON := validate(name, string(yamlText)), validate(name, string(jsonText))
		for _, d := range fromYAML.Problems {
			if strings.HasPrefix(d.ID, "CFG") && d.ID != diag.CodeTemplateLimit {
				t.Errorf("%s: %s %s", name, d.ID, d.Summary)
			}
		}
		strip := func(found diag.List) []string {
			var out []string
			for _, d := range found {
				if d.ID != diag.CodeTemplateLimit {
					out = append(out, d.ID+d.Summary)
				}
			}
			slices.Sort(out)
			return out
		}
		if !slices.Equal(strip(fromYAML.Problems), strip(fromJSON.Problems)) || fromYAML.Resources != fromJSON.Resources {
			t.Errorf("%s: YAML and JSON differ:\n%s\n%s", name, lines(fromYAML.Problems), lines(fromJSON.Problems))
		}
	}
}

// withGroup is a template with one group that has these properties beside what it needs.
func withGroup(properties string) string {
	return "Parameters: {VpcId: {Type: 'AWS::EC2::VPC::Id'}, Cidr: {Type: String, Default: 0.0.0.0/0}, Net: {Type: 'AWS::EC2::Subnet::Id'}}\n" +
		"Conditions: {Odd: !Equals [a, a]}\nResources:\n  G:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n" +
		"      GroupDescription: d\n      VpcId: !Ref VpcId\n      SecurityGroupEgress: [{IpProtocol: '-1', CidrIp: 127.0.0.1/32}]\n      " + properties + "\n"
}

// withRule is a template with one ingress rule.
func withRule(text string) string { return withGroup("SecurityGroupIngress: [" + text + "]") }

// outside is a template with one rule that lets the world in to a group outside of it.
func outside(group string) string {
	return "Resources: {R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {" + group + ", IpProtocol: '-1', CidrIp: 0.0.0.0/0}}}"
}

// validateCase is a template and what is found of it, errors and warnings: IDs, each with a part of the message.
type validateCase struct{ text, want string }

// cases are templates with one thing each that is right or wrong.
func cases() map[string]validateCase {
	return map[string]validateCase{
		"a plain rule":                 {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}"), ""},
		"a protocol by number":         {withRule("{IpProtocol: 6, FromPort: '443', ToPort: 443, CidrIpv6: '::/0'}"), ""},
		"all ICMP":                     {withRule("{IpProtocol: icmp, FromPort: -1, ToPort: -1, CidrIp: 10.0.0.0/16}"), ""},
		"an ICMP type, any code":       {withRule("{IpProtocol: icmp, FromPort: 8, ToPort: -1, CidrIp: 10.0.0.0/16}"), ""},
		"ICMPv6 without a type":        {withRule("{IpProtocol: icmpv6, CidrIpv6: '2001:db8::/32'}"), ""},
		"an alternative by condition":  {withRule("!If [Odd, {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}, !Ref AWS::NoValue]"), ""},
		"a peer by condition":          {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: !If [Odd, 10.0.0.0/16, !Ref AWS::NoValue], CidrIpv6: !If [Odd, !Ref AWS::NoValue, '2001:db8::/32']}"), ""},
		"the list of rules by a macro": {"Transform: My\n" + withGroup("SecurityGroupIngress: {'Fn::Mine': x}"), ""},
		"a prefix list by parameter":   {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, SourcePrefixListId: !ImportValue list}"), ""},

		"an included list of rules":  {withGroup("SecurityGroupIngress: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://a/b}}}"), ""},
		"a function without a value": {"Resources: {R: {Type: A::B::C, Properties: {X: !GetAZs }}}", ""},

		"dynamic references": {withRule("{IpProtocol: tcp, FromPort: '{{resolve:ssm:/port}}', ToPort: '{{resolve:ssm:/port}}', CidrIp: '{{resolve:ssm:/office:1}}'}, {IpProtocol: tcp, FromPort: 1, ToPort: 1, SourceSecurityGroupId: '{{resolve:ssm:/group}}'}"), ""},

		"no protocol":            {withRule("{FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}"), "CFG006 IpProtocol is missing"},
		"an unknown protocol":    {withRule("{IpProtocol: htp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}"), `CFG009 "htp" is no protocol`},
		"no ports":               {withRule("{IpProtocol: udp, CidrIp: 10.0.0.0/16}"), "CFG009 FromPort is missing, CFG009 ToPort is missing"},
		"ports backwards":        {withRule("{IpProtocol: udp, FromPort: 9, ToPort: 8, CidrIp: 10.0.0.0/16}"), "CFG009 runs backwards"},
		"a port too high":        {withRule("{IpProtocol: udp, FromPort: 9, ToPort: 65536, CidrIp: 10.0.0.0/16}"), "CFG009 ports lie within"},
		"half of all":            {withRule("{IpProtocol: tcp, FromPort: -1, ToPort: 10, CidrIp: 10.0.0.0/16}"), "CFG009 -1 means all"},
		"a port in words":        {withRule("{IpProtocol: tcp, FromPort: http, ToPort: 80, CidrIp: 10.0.0.0/16}"), `CFG005 "http" is no whole number`},
		"ports without meaning":  {withRule("{IpProtocol: 50, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/16}"), "CFG009 ports mean nothing, SG015 opens the whole"},
		"two peers":              {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0, CidrIpv6: '::/0'}"), "CFG008 names 2 peers"},
		"no peer":                {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443}"), "CFG008 names no peer"},
		"no peer by NoValue":     {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !Ref AWS::NoValue}"), "CFG008 names no peer"},
		"an address":             {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.2.3}"), "CFG010 a single address is 10.1.2.3/32"},
		"IPv6 in CidrIp":         {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: '2001:db8::/32'}"), "CFG010 is IPv6"},
		"IPv4 in CidrIpv6":       {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIpv6: 10.0.0.0/16}"), "CFG010 is IPv4"},
		"host bits":              {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.2.3/16}"), `CFG010 "10.1.2.3/16" is 10.1.0.0/16`},
		"another property":       {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIP: 10.0.0.0/16}"), `CFG003 unknown property "CidrIP", CFG008 no peer`},
		"an egress peer":         {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationSecurityGroupId: sg-12345678}"), "CFG003 unknown property, CFG008 no peer"},
		"a long description":     {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/16, Description: " + strings.Repeat("x", 256) + "}"), "CFG007 256 characters"},
		"a description's quote":  {withRule(`{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/16, Description: "don't"}`), `CFG007 holds '\''`},
		"a list for a value":     {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: [10.0.0.0/16]}"), "CFG005 must be one value"},
		"a mapping for the list": {withGroup("SecurityGroupIngress: {IpProtocol: tcp}"), "CFG005 must be a list of rules"},
		"null":                   {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/16, Description: }"), "CFG005 null is no value"},
		"another kind's ID":      {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, SourceSecurityGroupId: !Ref Net}"), "CFG005 is of type AWS::EC2::Subnet::Id"},

		"SSH from the world":           {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}"), "SG002 group G: SSH"},
		"everything from the world":    {withRule("{IpProtocol: '-1', CidrIp: 0.0.0.0/0}"), "SG001 group G:, SG004 5432"},
		"the world by a default":       {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Cidr}"), "SG002 by the default of the parameter Cidr"},
		"the world in two halves":      {withRule("{IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 0.0.0.0/1}, {IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 128.0.0.0/1}"), "SG004 5432, SG009 in parts"},
		"the world by a Sub of text":   {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Sub '0.0.0.0/0'}"), "SG002 group G: SSH"},
		"the world by a Sub's own":     {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Sub ['${a}.${a}.0.0/${a}', {a: 0}]}"), "SG002 group G: SSH"},
		"the world by a Sub's default": {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Sub '${Cidr}'}"), "SG002 by the default of the parameter Cidr"},
		"the world by a map":           {"Mappings: {M: {a: {b: 0.0.0.0/0}}}\n" + withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !FindInMap [M, a, b]}"), "SG002 group G: SSH"},
		"the world by a Join":          {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Join [/, [0.0.0.0, 0]]}"), "SG002 group G: SSH"},
		"the world by a Select":        {withRule("{IpProtocol: tcp, FromPort: !Select [1, [1, 22]], ToPort: 22, CidrIp: 0.0.0.0/0}"), "SG002 group G: SSH"},
		"the world by a condition":     {withRule("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !If [Odd, 10.1.0.0/16, 0.0.0.0/0]}"), "SG002 group G: SSH"},

		"a rule for a group by its ID":    {outside("GroupId: sg-12345678"), "SG001 group sg-12345678:, SG004 group sg-12345678:"},
		"a rule for an imported group":    {outside("GroupId: !ImportValue web"), "SG001 group !ImportValue web:, SG004 5432"},
		"a rule for a parameter's group":  {"Parameters: {P: {Type: 'AWS::EC2::SecurityGroup::Id'}}\n" + outside("GroupId: {Ref: P}"), "SG001 group !Ref P:, SG004 5432"},
		"a rule for a group kept in SSM":  {outside("GroupId: '{{resolve:ssm:/x}}'"), "SG001 group {{resolve:ssm:/x}}:, SG004 5432"},
		"a rule for a group by name":      {outside("GroupName: default"), "SG001 group GroupName default:, SG004 5432"},
		"a rule for a group by condition": {"Conditions: {C: !Equals [a, a]}\n" + outside("GroupId: !If [C, sg-12345678, sg-87654321]"), "SG001 sg-12345678, SG001 sg-87654321, SG004 5432, SG004 5432"},
		"a rule by Sub of its group":      {withGroup("Tags: []") + "  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Sub '${G}', IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}\n", "SG002 group G:"},
		"a rule by Sub of an attribute":   {withGroup("Tags: []") + "  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Sub '${G.GroupId}', IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}\n", "SG002 group G:"},
		"a group's rules, two ways": {"Resources:\n" +
			"  A: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !ImportValue g, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/1}}\n" +
			"  B: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: {'Fn::ImportValue': g}, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 128.0.0.0/1}}\n", "SG002 SSH, SG009 in parts"},
		"rules of different groups": {"Resources:\n" +
			"  A: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !ImportValue g, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.0.0/16}}\n" +
			"  B: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !ImportValue h, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.0.0/16}}\n", ""},
		"a peer by Sub of a group":    {withGroup("Tags: []") + "  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref G, IpProtocol: tcp, FromPort: 1000, ToPort: 1500, SourceSecurityGroupId: !Sub '${G.GroupId}'}}\n", ""},
		"egress of a group by its ID": {"Resources: {R: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: sg-12345678, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}}", "SG020 group sg-12345678"},

		"the same rule twice":          {withRule("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}, {IpProtocol: 6, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}"), "SG026 stands twice"},
		"either of two equal rules":    {withRule("!If [Odd, {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}, {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}]"), ""},
		"a fixed name":                 {withGroup("GroupName: web"), "SG033 name is fixed"},
		"a name like an ID":            {withGroup("GroupName: SG-web"), "CFG007 sg-, SG033 fixed"},
		"no egress":                    {"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}}", "SG019 no egress rule"},
		"an empty list of egress":      {"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, VpcId: vpc-12345678, SecurityGroupEgress: []}}}", "SG019 no egress rule"},
		"egress without a VPC":         {"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, SecurityGroupEgress: !GetAZs ''}}}", "CFG006 VpcId is missing"},
		"no description":               {"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: vpc-12345678, SecurityGroupEgress: !GetAZs ''}}}", "CFG006 GroupDescription is missing"},
		"no properties":                {"Resources: {G: {Type: AWS::EC2::SecurityGroup}}", "CFG006 GroupDescription is missing"},
		"a description beyond ASCII":   {"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: Café, VpcId: vpc-12345678, SecurityGroupEgress: !GetAZs ''}}}", "CFG007 'é'"},
		"a group as VPC":               {"Resources: {H: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, VpcId: !Ref G, SecurityGroupEgress: !GetAZs ''}}, G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, VpcId: vpc-12345678, SecurityGroupEgress: !GetAZs ''}}}", "CFG005 must be a VPC"},
		"tags of AWS's":                {withGroup("Tags: [{Key: aws:x, Value: y}]"), "CFG013 aws:"},
		"tags without a value":         {withGroup("Tags: [{Key: x}]"), "CFG006 Value is missing"},
		"tags as a mapping":            {withGroup("Tags: {x: y}"), "CFG005 list of tags"},
		"51 tags":                      {withGroup("Tags: [" + strings.Repeat("{Key: x, Value: y}, ", 51) + "]"), "CFG013 51 tags"},
		"a rule for its own group":     {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, SourceSecurityGroupId: !GetAtt G.GroupId}"), "CFG031 G -> G"},
		"rules inside and beside":      {withRule("{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/16}") + "  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref G, IpProtocol: tcp, FromPort: 2, ToPort: 2, CidrIp: 10.0.0.0/16}}\n", "CFG033 resources of their own"},
		"egress beside a placeholder":  {withGroup("Tags: []") + "  R: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref G, IpProtocol: tcp, FromPort: 2, ToPort: 2, CidrIp: 10.0.0.0/16}}\n", ""},
		"a rule for no group":          {"Resources: {R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {IpProtocol: tcp, FromPort: 2, ToPort: 2, CidrIp: 10.0.0.0/16}}}", "CFG006 GroupId is missing"},
		"egress for no group":          {"Resources: {R: {Type: AWS::EC2::SecurityGroupEgress, Properties: {IpProtocol: tcp, FromPort: 2, ToPort: 2, CidrIp: 10.0.0.0/16}}}", "CFG006 GroupId is missing"},
		"a type in the plural":         {"Resources: {R: {Type: AWS::EC2::SecurityGroups}}", "CFG007 there is no type"},
		"a type without its last":      {"Resources: {R: {Type: AWS::EC2::SecurityGroupIngres}}", "CFG007 there is no type"},
		"a type with a swap":           {"Resources: {R: {Type: AWS::EC2::SecurityGruop}}", "CFG007 there is no type"},
		"a type that is merely alike":  {"Resources: {R: {Type: AWS::EC2::SecurityGroupVpcAssociation}}", ""},
		"a parameter of SSM":           {"Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Name: /a/b, Tags: {a: b}}}}", ""},
		"a secret in SSM":              {"Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: SecureString, Value: x}}}", "CFG007 none of its values"},
		"a name that SSM reserves":     {"Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Name: /aws/x}}}", "CFG007 begins with aws"},
		"a path without its slash":     {"Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Name: a/b}}}", "CFG007 no name of parameters"},
		"an unknown top-level key":     {"Resource: {}\nResources: {P: {Type: A::B::C}}", `CFG003 unknown key "Resource"`},
		"no resources":                 {"Parameters: {}", "CFG006 no Resources"},
		"empty resources":              {"Resources: {}", "CFG006 Resources is empty"},
		"another format":               {"AWSTemplateFormatVersion: 2011-09-09\nResources: {P: {Type: A::B::C}}", "CFG007 AWSTemplateFormatVersion"},
		"a resource's unknown key":     {"Resources: {P: {Type: A::B::C, Propertys: {}}}", `CFG003 unknown key "Propertys"`},
		"a resource without a type":    {"Resources: {P: {Properties: {}}}", "CFG006 Type is missing"},
		"a name with a dash":           {"Resources: {My-Group: {Type: A::B::C}}", "CFG025 letters and digits"},
		"a deletion policy":            {"Resources: {P: {Type: A::B::C, DeletionPolicy: Keep}}", "CFG007 no DeletionPolicy"},
		"an output without a value":    {"Resources: {P: {Type: A::B::C}}\nOutputs: {O: {}}", "CFG006 Value is missing"},
		"an export without a name":     {"Resources: {P: {Type: A::B::C}}\nOutputs: {O: {Value: x, Export: {}}}", "CFG006 Name is missing"},
		"a type of parameters":         {"Parameters: {P: {Type: Text}}\nResources: {R: {Type: A::B::C}}", "CFG007 no type of parameters"},
		"a default that is no number":  {"Parameters: {P: {Type: Number, Default: x}}\nResources: {R: {Type: A::B::C}}", "CFG005 no number"},
		"a default outside":            {"Parameters: {P: {Type: String, Default: x, AllowedValues: [y]}}\nResources: {R: {Type: A::B::C}}", "CFG007 none of AllowedValues"},
		"a default outside of pattern": {"Parameters: {P: {Type: String, Default: x, AllowedPattern: '[0-9]+'}}\nResources: {R: {Type: A::B::C}}", "CFG007 does not match"},
		"a pattern of Java":            {"Parameters: {P: {Type: String, Default: x, AllowedPattern: '(?!y)x'}}\nResources: {R: {Type: A::B::C}}", ""},
		"two things of one name":       {"Parameters: {P: {Type: String}}\nResources: {P: {Type: A::B::C}}", "CFG025 resource as well"},

		"Ref to nothing":                   {"Resources: {R: {Type: A::B::C, Properties: {X: !Ref Nothing}}}", "CFG030 no parameter or resource Nothing"},
		"Ref of a wrong pseudo":            {"Resources: {R: {Type: A::B::C, Properties: {X: !Ref AWS::Account}}}", "CFG030 AWS::Account"},
		"GetAtt of nothing":                {"Resources: {R: {Type: A::B::C, Properties: {X: !GetAtt Nothing.Arn}}}", "CFG030 no resource Nothing"},
		"GetAtt of no attribute":           {withGroup("Tags: []") + "  R: {Type: A::B::C, Properties: {X: !GetAtt G.Name}}\n", "CFG030 no attribute Name"},
		"GetAtt of a parameter":            {withGroup("Tags: []") + "  R: {Type: A::B::C, Properties: {X: !GetAtt VpcId.Arn}}\n", "CFG030 is a parameter"},
		"GetAtt without an attribute":      {"Resources: {R: {Type: A::B::C, Properties: {X: !GetAtt R}}}", "CFG032 takes a resource and an attribute"},
		"Sub of nothing":                   {"Resources: {R: {Type: A::B::C, Properties: {X: !Sub 'a ${Nothing} b'}}}", "CFG030 no parameter or resource Nothing"},
		"Sub of a shell's text":            {"Resources: {R: {Type: A::B::C, Properties: {X: !Sub 'a ${HOME:-x} b'}}}", "CFG032 ${HOME:-x}"},
		"Sub as it should be":              {"Resources: {R: {Type: A::B::C, Properties: {X: !Sub ['${!x} ${a} ${AWS::Region}', {a: b}]}}}", ""},
		"DependsOn nothing":                {"Resources: {R: {Type: A::B::C, DependsOn: [Nothing]}}", "CFG030 no resource Nothing"},
		"a condition that is not there":    {"Resources: {R: {Type: A::B::C, Condition: No}}", "CFG030 no condition No"},
		"If without its condition":         {"Resources: {R: {Type: A::B::C, Properties: {X: !If [No, a, b]}}}", "CFG030 no condition No"},
		"If with two arguments":            {"Resources: {R: {Type: A::B::C, Properties: {X: !If [No, a]}}}", "CFG032 takes three arguments"},
		"a map that is not there":          {"Resources: {R: {Type: A::B::C, Properties: {X: !FindInMap [M, a, b]}}}", "CFG030 no mapping M"},
		"a key that a map doesn't have":    {"Mappings: {M: {a: {b: c}}}\nResources: {R: {Type: A::B::C, Properties: {X: !FindInMap [M, !Ref AWS::Region, c]}}}", "CFG030 has a key c"},
		"a Join without a list":            {"Resources: {R: {Type: A::B::C, Properties: {X: !Join ['', a]}}}", "CFG032 takes a text"},
		"a Join of what a function gives":  {"Parameters: {P: {Type: CommaDelimitedList}}\nResources: {R: {Type: A::B::C, Properties: {X: !Join ['', !Ref P]}}}", ""},
		"a Join by a function":             {"Resources: {R: {Type: A::B::C, Properties: {X: !Join [!Ref AWS::Region, [a]]}}}", "CFG032 takes a text"},
		"a Select past the end":            {"Resources: {R: {Type: A::B::C, Properties: {X: !Select [2, [a, b]]}}}", "CFG032 2 of a list of 2"},
		"a Select by no number":            {"Resources: {R: {Type: A::B::C, Properties: {X: !Select [a, [a, b]]}}}", "CFG032 a whole number and a list"},
		"a Select by a function":           {"Parameters: {P: {Type: Number}}\nResources: {R: {Type: A::B::C, Properties: {X: !Select [!Ref P, !GetAZs '']}}}", ""},
		"a loop without its transform":     {"Resources: {'Fn::ForEach::L': [P, [a, b], {'R${P}': {Type: A::B::C, Properties: {X: !Ref P}}}]}", "CFG032 Fn::ForEach::L needs the transform"},
		"a loop with its transform":        {"Transform: AWS::LanguageExtensions\nResources: {'Fn::ForEach::L': [P, [a, b], {'R${P}': {Type: A::B::C, Properties: {X: !Ref P}}}]}", ""},
		"a loop of outputs alone":          {"Resources: {R: {Type: A::B::C}}\nOutputs: {'Fn::ForEach::L': [P, [a, b], {'O${P}': {Value: !Ref P}}]}", "CFG032 Fn::ForEach::L needs the transform"},
		"a loop of conditions alone":       {"Conditions: {'Fn::ForEach::L': [P, [a, b], {'C${P}': !Equals [!Ref P, a]}]}\nResources: {R: {Type: A::B::C}}", "CFG032 Fn::ForEach::L needs the transform"},
		"a loop inside of properties":      {withGroup("'Fn::ForEach::L': [P, [a, b], {'X${P}': !Ref P}]"), "CFG032 Fn::ForEach::L needs the transform"},
		"a loop that is all of properties": {"Resources: {R: {Type: A::B::C, Properties: {'Fn::ForEach::L': [P, [a, b], {'X${P}': !Ref P}]}}}", "CFG032 Fn::ForEach::L needs the transform"},
		"a function in the place of names": {"Resources: {'Fn::Each': [], R: {Type: A::B::C}}", "CFG032 no function Fn::Each"},
		"Length without its transform":     {"Resources: {R: {Type: A::B::C, Properties: {X: !Length [a]}}}", "CFG032 Fn::Length needs the transform"},
		"a default in FindInMap":           {"Mappings: {M: {a: {b: c}}}\nResources: {R: {Type: A::B::C, Properties: {X: !FindInMap [M, a, c, {DefaultValue: d}]}}}", "CFG032 the default of Fn::FindInMap"},
		"a macro in a comment alone":       {"# Fn::Transform, !Transform\nResources: {R: {Type: A::B::C, Properties: {X: !Ref Nothing}}}", "CFG030 no parameter or resource Nothing"},
		"a macro in a text alone":          {"Description: by Fn::Transform\nResources: {R: {Type: A::B::C, Properties: {X: !Ref Nothing}}}", "CFG030 no parameter or resource Nothing"},
		"a function that there is not":     {"Resources: {R: {Type: A::B::C, Properties: {X: {'Fn::Joyn': ['', []]}}}}", "CFG032 no function Fn::Joyn"},
		"a function beside a key":          {"Resources: {R: {Type: A::B::C, Properties: {X: {'Fn::Join': ['', [a]], Y: z}}}}", "CFG032 must stand alone"},
		"a condition that needs resources": {"Conditions: {C: !Equals [!Ref R, x]}\nResources: {R: {Type: A::B::C}}", "CFG030 not there yet"},
		"conditions in a circle":           {"Conditions: {A: !Not [!Condition B], B: {'Fn::Not': [{Condition: A}]}}\nResources: {R: {Type: A::B::C}}", "CFG031 A -> B -> A"},
		"resources in a circle":            {"Resources: {A: {Type: A::B::C, DependsOn: B}, B: {Type: A::B::C, Properties: {X: !Sub '${C}'}}, C: {Type: A::B::C, Properties: {X: !Ref A}}}", "CFG031 A -> B -> C -> A"},
		"a policy's Condition":             {"Resources: {R: {Type: A::B::C, Properties: {Statement: {Condition: {StringEquals: {a: b}}}}}}", ""},
		"an alias":                         {"Resources: {R: {Type: A::B::C, Properties: {X: &a b, Y: *a}}}", "CFG002 takes no aliases"},
		"a merge key":                      {"Resources: {R: {Type: A::B::C, Properties: {<<: {a: b}}}}", "CFG003 merge keys"},
		"a key twice":                      {"Resources: {R: {Type: A::B::C}, R: {Type: A::B::C}}", "CFG004 a second time"},
		"501 resources":                    {"Resources:\n" + many("  R%d: {Type: A::B::C}\n", 501), "CFG029 501 resources"},
		"201 outputs":                      {"Resources: {R: {Type: A::B::C}}\nOutputs:\n" + many("  O%d: {Value: x}\n", 201), "CFG029 201 outputs"},
		"a long description of all":        {"Description: " + strings.Repeat("x", 1025) + "\nResources: {R: {Type: A::B::C}}", "CFG029 1025 bytes"},
		"what only S3 takes":               {"Resources: {R: {Type: A::B::C, Properties: {X: " + strings.Repeat("x", 52_000) + "}}}", "CFG029 can only be deployed from S3"},
	}
}

func TestValidate(t *testing.T) {
	for name, tt := range cases() {
		t.Run(name, func(t *testing.T) {
			var found diag.List
			for _, d := range validate("t.yaml", tt.text).Problems {
				if d.Severity != diag.Info {
					found = append(found, d)
				}
			}
			wants := strings.Split(tt.want, ", ")
			if tt.want == "" {
				wants = nil
			}
			for _, want := range wants {
				id, text, _ := strings.Cut(want, " ")
				i := slices.IndexFunc(found, func(d diag.Diagnostic) bool { return d.ID == id && strings.Contains(d.Summary, text) })
				if i < 0 {
					t.Errorf("nothing is %q:\n%s", want, lines(found))
					continue
				}
				if found[i].Pos.Line == 0 && tt.want != "CFG006 no Resources" {
					t.Errorf("%q has no place", want)
				}
				found = slices.Delete(found, i, i+1)
			}
			if len(found) > 0 {
				t.Errorf("not expected:\n%s", lines(found))
			}
		})
	}
}

func many(line string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// JSON is read as it is: with tabs, with escapes of characters that need two of them, and with places that are right.
func TestValidateJSON(t *testing.T) {
	text := "{\n\t\"Resources\": {\n\t\t\"R\": {\"Type\": \"A::B::C\", \"Properties\": {\"X\": \"\\ud83d\\ude00\", \"Ü\": {\"Ref\": \"No\"}}}\n\t}\n}\n"
	if !json.Valid([]byte(text)) {
		t.Fatal("the test's text is no JSON")
	}
	found := validate("t.json", text).Problems
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Severity == diag.Info })
	if got := lines(found); !strings.HasPrefix(got, "3:69 error CFG030 R: there is no parameter or resource No") {
		t.Errorf("got %s", got)
	}
}

// Templates that nobody writes by mistake end in a clear error. What is quadratic would take minutes; the promised bounds are held
// to the whole program, beside the command line.
func TestValidateHostile(t *testing.T) {
	bomb := "Resources:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("  a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	tests := map[string]struct{ text, want string }{
		"deep YAML":           {"a: " + strings.Repeat("[", 300_000), "CFG002 not valid YAML"},
		"half of a JSON":      {`{"Resources": {"A": [1`, "CFG002 not valid JSON"},
		"deep JSON":           {`{"a": ` + strings.Repeat("[", 300_000), "CFG002"},
		"a list without end":  {"a: " + strings.Repeat("[", 900_000), "CFG002 more values"},
		"a long list":         {`{"Resources": {"A": {"Type": "A::B::C", "Properties": {"X": [1` + strings.Repeat(",1", 390_000) + "]}}}}", "CFG002 more than 200000 values"},
		"an alias bomb":       {bomb, "CFG002 takes no aliases"},
		"an alias loop":       {"Resources: &a {A: *a}", "CFG002 inside its own anchor"},
		"invalid UTF-8":       {"Resources: \xff\xfe", "CFG002 not UTF-8"},
		"nothing":             {"", "CFG002 empty"},
		"a chain":             {"Resources:\n" + many("  R%[1]d: {Type: A::B::C, DependsOn: R%[1]d}\n", 20_000), "CFG029 20000 resources"},
		"everybody refers":    {"Resources:\n" + many("  R%d: {Type: A::B::C, Properties: {X: ["+strings.TrimSuffix(strings.ReplaceAll(many("!Ref R%d, ", 300), "%", "%%"), ", ")+"]}}\n", 300), "CFG031 circular"},
		"a thousand mistakes": {"Resources: {A: {Type: A::B::C, Properties: {X: !Sub '" + strings.Repeat("${Nobody}", 50_000) + "'}}}", "CFG030 Nobody"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			found := validate("t.yaml", tt.text).Problems
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			id, text, _ := strings.Cut(tt.want, " ")
			if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.ID == id && strings.Contains(d.Summary, text) }) {
				t.Errorf("nothing is %q:\n%.2000s", tt.want, lines(found))
			}
		})
	}
}

// Whatever a file holds, checking it ends, and each finding has a place in it or is about all of it.
func FuzzValidate(f *testing.F) {
	for _, tt := range cases() {
		if len(tt.text) < 1000 {
			f.Add(tt.text)
		}
	}
	f.Add(`{"Resources": {"R": {"Type": "A::B::C", "Properties": {"X": {"Fn::If": [[], {}, null]}}}}}`)
	f.Add("[\r\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		rows := strings.Count(text, "\n") + 1
		for _, d := range validate("t.yaml", text).Problems {
			if d.Summary == "" || d.Pos.Line < 0 || d.Pos.Line > rows {
				t.Errorf("%+v", d)
			}
		}
	})
}
