package template_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
)

// told is what reads alike of rules: key and description, without where they came from.
func told(rules []ruleset.Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.String() + ": " + r.Description
	}
	return out
}

// effective are the rules that EC2 should hold for a set, each once.
func effective(set ruleset.Set) []ruleset.Rule {
	var rules []ruleset.Rule
	for _, t := range set.Tiers {
		rules = append(rules, t.Effective()...)
	}
	slices.SortStableFunc(rules, func(a, b ruleset.Rule) int { return a.Compare(b.Key) })
	return slices.CompactFunc(rules, func(a, b ruleset.Rule) bool { return a.Key == b.Key })
}

// What Read gives back is what Build was given, in both forms.
func checkReadsBack(t interface {
	Helper()
	Errorf(string, ...any)
}, in template.Input, text []byte) {
	t.Helper()
	got, err := template.Read(text)
	if err != nil {
		t.Errorf("%v\n%s", err, text)
		return
	}
	if diff := cmp.Diff(told(effective(in.Set)), told(got.Effective())); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(in.Set.TierNames(), got.Tiers); diff != "" {
		t.Errorf("tiers (-want +got):\n%s", diff)
	}
	for _, tier := range in.Set.TierNames() {
		tags := maps.Clone(in.Tags)
		tags["Name"], tags["Tier"] = in.Names.Group(tier), tier
		id := ruleset.Tier{Name: tier}.ID()
		want := []any{
			template.Group{LogicalID: id + "SecurityGroup", Description: in.Names.GroupDescription(tier), Tags: tags},
			template.Parameter{LogicalID: id + "SecurityGroupIdParameter", Name: in.Names.Parameter(tier), Tags: map[string]string{}},
			template.Output{Key: template.OutputID(tier), Export: in.Names.Export(tier)},
		}
		if diff := cmp.Diff(want, []any{got.Groups[tier], got.Parameters[tier], got.Outputs[tier]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tier, diff)
		}
	}
	for id, r := range got.Rules {
		if inline := strings.HasPrefix(id, ruleset.Tier{Name: r.Tier}.ID()+"SecurityGroup/SecurityGroupEgress/"); !inline && id != template.RuleID(r.Key) {
			t.Errorf("the rule %s has the logical ID %s", r.Key, id)
		}
	}
	if len(got.Others) > 0 {
		t.Errorf("others: %v", got.Others)
	}
}

// The golden files are what deployed stacks hold.
func TestReadKnowsEveryTemplateEverWritten(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			golden, err := os.ReadFile(filepath.Join("testdata", "golden", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			checkReadsBack(t, in, golden)
			_, minified := build(t, in)
			checkReadsBack(t, in, minified)
		})
	}
}

func drawSet(t *rapid.T) template.Input {
	names := []string{"web", "app", "my-db-2"}[:rapid.IntRange(1, 3).Draw(t, "tiers")]
	tiers := make([]ruleset.Tier, len(names))
	for i, name := range names {
		tiers[i].Name = name
	}
	peers := []ruleset.Peer{
		cidr("0.0.0.0/0"), cidr("::/0"), cidr("10.0.0.0/8"), cidr("2001:db8::/32"), cidr("203.0.113.7/32"),
		ruleset.GroupPeer("sg-0123456789abcdef0"), ruleset.PrefixPeer("pl-12345678"),
	}
	for _, name := range names {
		peers = append(peers, ruleset.TierPeer(name))
	}
	drawn := rapid.Custom(func(t *rapid.T) ruleset.Rule {
		protocol := rapid.SampledFrom([]ruleset.Protocol{-1, 0, 1, 6, 17, 50, 58, 255}).Draw(t, "protocol")
		ports := ruleset.AnyPorts
		switch {
		case protocol.HasPorts():
			ports.From = rapid.IntRange(0, ruleset.MaxPort).Draw(t, "from")
			ports.To = rapid.IntRange(ports.From, ruleset.MaxPort).Draw(t, "to")
		case protocol.IsICMP() && rapid.Bool().Draw(t, "typed"):
			ports = ruleset.Ports{From: rapid.IntRange(0, 255).Draw(t, "type"), To: rapid.IntRange(-1, 255).Draw(t, "code")}
		}
		r := rule(rapid.SampledFrom(names).Draw(t, "tier"), rapid.SampledFrom([]ruleset.Direction{0, 1}).Draw(t, "direction"),
			protocol, ports, rapid.SampledFrom(peers).Draw(t, "peer"))
		r.Description = rapid.SampledFrom([]string{"why", "", "yes", "0x1F", "22:30", "a: b # c", "null", "~", "<&>", "-1"}).Draw(t, "description")
		return r
	})
	in := input(tiers, rapid.SliceOfNDistinct(drawn, 0, 20, func(r ruleset.Rule) ruleset.Key { return r.Key }).Draw(t, "rules")...)
	in.Tags = rapid.MapOf(rapid.SampledFrom([]string{"owner", "on", "1"}), rapid.SampledFrom([]string{"me", "no", "", "1e3", "Zürich"})).Draw(t, "tags")
	return in
}

func TestReadGivesBackWhatBuildWasGiven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := drawSet(rt)
		tmpl, problems := template.Build(in)
		if len(problems) > 0 {
			return // egress that no template holds
		}
		yamlText, err := tmpl.YAML()
		if err != nil {
			rt.Fatal(err)
		}
		jsonText, err := tmpl.JSON()
		if err != nil {
			rt.Fatal(err)
		}
		checkReadsBack(rt, in, yamlText)
		checkReadsBack(rt, in, jsonText)
	})
}

// byHand is a template as somebody may have left it.
const byHand = `
Parameters: {VpcId: {Type: 'AWS::EC2::VPC::Id'}}
Resources:
  Late:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt Web.GroupId, IpProtocol: 6, FromPort: '8080', ToPort: 8080, SourceSecurityGroupId: !GetAtt [App, GroupId]}
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: my-set web tier
      VpcId: !Ref VpcId
      SecurityGroupIngress:
      - {IpProtocol: TCP, FromPort: 443, ToPort: 443, CidrIp: 10.1.2.3/8, Description: inside}
      - {IpProtocol: -1, SourceSecurityGroupId: {Ref: Web}, SourceSecurityGroupOwnerId: "123456789012"}
      - {IpProtocol: icmp, FromPort: 8, CidrIpv6: '2001:DB8:0::/32'}
      - {IpProtocol: tcp, SourcePrefixListId: pl-1}
      SecurityGroupEgress:
      - {IpProtocol: "50", FromPort: 1, ToPort: 2, DestinationSecurityGroupId: sg-1}
  App:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: by hand, Tags: [{Key: Tier, Value: app}, {Key: "on", Value: off}]}
  Third:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: Some group}
  Egress:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: {"Fn::GetAtt": "App.GroupId"}, IpProtocol: udp, FromPort: 53, ToPort: 53, DestinationSecurityGroupId: {"Fn::GetAtt": [Web, GroupId]}}
  Foreign:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: sg-2, IpProtocol: -1, CidrIp: 0.0.0.0/0}
  Bucket: {Type: AWS::S3::Bucket}
  Note: {Type: AWS::SSM::Parameter, Properties: {Name: /sg/note, Type: String, Value: text}}
  Published: {Type: AWS::SSM::Parameter, Properties: {Name: /sg/web, Type: String, Value: !Ref Web, Tags: {a: b}}}
Outputs:
  WebId: {Value: !GetAtt Web.GroupId, Export: {Name: web}}
  Region: {Value: !Ref "AWS::Region"}
`

func TestReadTakesWhatPeopleWrite(t *testing.T) {
	got, err := template.Read([]byte(byHand))
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]string{}
	for id, r := range got.Rules {
		rules[id] = strings.TrimSuffix(told([]ruleset.Rule{r})[0], ": ")
	}
	wantRules := map[string]string{
		"Late":                              "web ingress tcp/8080 from app",
		"Web/SecurityGroupIngress/0":        "web ingress tcp/443 from 10.0.0.0/8: inside",
		"Web/SecurityGroupIngress/1":        "web ingress all from web",
		"Web/SecurityGroupIngress/2":        "web ingress icmp/8 from 2001:db8::/32",
		"Web/SecurityGroupIngress/3":        "web ingress tcp/0-65535 from pl-1",
		"Web/SecurityGroupEgress/0":         "web egress 50 to sg-1",
		"Egress":                            "app egress udp/53 to web",
		"Third/SecurityGroupEgress/default": "Third egress all to 0.0.0.0/0",
	}
	if diff := cmp.Diff(wantRules, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	got.Rules = nil
	want := &template.Deployed{
		Tiers: []string{"web", "app", "Third"},
		Groups: map[string]template.Group{
			"web":   {LogicalID: "Web", Description: "my-set web tier", Tags: map[string]string{}},
			"app":   {LogicalID: "App", Description: "by hand", Tags: map[string]string{"Tier": "app", "on": "off"}},
			"Third": {LogicalID: "Third", Description: "Some group", Tags: map[string]string{}},
		},
		Parameters: map[string]template.Parameter{"web": {LogicalID: "Published", Name: "/sg/web", Tags: map[string]string{"a": "b"}}},
		Outputs:    map[string]template.Output{"web": {Key: "WebId", Export: "web"}},
		Others:     []string{"Foreign", "Bucket", "Note"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What decides about rules and can't be understood is an error that says where it stands.
func TestReadSaysWhereItCantTell(t *testing.T) {
	const group = "Resources:\n  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: a web tier}}\n"
	rule := func(properties string) string {
		return group + "  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {" + properties + "}}\n"
	}
	for text, want := range map[string]string{
		"":         "read template: ",
		"[a]":      "read template: it is no mapping of keys to values",
		"a: [":     "read template: ",
		"a: \xff":  "read template: ",
		"{\"a\": ": "read template: ",
		"Transform: AWS::LanguageExtensions\n" + group:                                               "template:1:12: Transform: a macro may change any rule",
		rule(`GroupId: !Ref G, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: !Ref Office`):        "template:3:124: R.CidrIp: it is no plain value",
		rule(`GroupId: !Ref H, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8`):         "template:3:67: R.GroupId: it is neither a group of the template nor a group's ID",
		rule(`GroupId: !Ref G, IpProtocol: tcp, FromPort: a, ToPort: 1, CidrIp: 10.0.0.0/8`):         `template:3:102: R.FromPort: "a" is no whole number`,
		rule(`GroupId: !Ref G, IpProtocol: tpc, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8`):         `template:3:87: R.IpProtocol: "tpc" is not a protocol: use tcp, udp, icmp, icmpv6, all or a number from 0 to 255`,
		rule(`GroupId: !Ref G, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8`):                          "template:3:57: R: IpProtocol is missing",
		rule(`GroupId: !Ref G, IpProtocol: tcp, FromPort: 1, ToPort: 1`):                             "template:3:57: R: it has 0 peers that the tool knows; a rule has one",
		rule(`GroupId: !Ref G, IpProtocol: -1, CidrIp: 10.0.0.0/8, SourcePrefixListId: pl-1`):        "template:3:57: R: it has 2 peers that the tool knows; a rule has one",
		rule(`GroupId: !Ref G, IpProtocol: -1, CidrIp: 10.0.0.0`):                                    `template:3:99: R.CidrIp: "10.0.0.0" has no prefix length: a single address is 10.0.0.0/32`,
		rule(`IpProtocol: -1, CidrIp: 10.0.0.0/8`):                                                   "template:3:57: R: GroupId is missing",
		group + "  R: {Type: AWS::EC2::SecurityGroupIngress}\n":                                      "template: R: GroupId is missing",
		group + "    Condition: Prod\n":                                                              "read template: ",
		strings.Replace(group, "Properties", "Condition: Prod, Properties", 1):                       "template:2:49: G: a condition decides whether it exists",
		group + "  H: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: a web tier}}":   "template:3:6: H: the group of the tier web is G already",
		strings.Replace(group, "a web tier", "a web tier, SecurityGroupIngress: !If [a, [], []]", 1): "template:2:103: G.SecurityGroupIngress: it is no plain list",
		strings.Replace(group, "a web tier", "a web tier, Tags: [{Key: !Ref a, Value: b}]", 1):       "template:2:94: G.Tags.Key: it is no plain value",
	} {
		_, err := template.Read([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\ngives %v\nwant %s", text, err, want)
		}
	}
}

// Whatever a stack holds, reading it ends with an answer.
func FuzzRead(f *testing.F) {
	f.Add([]byte(byHand))
	f.Add([]byte("Resources: &a {b: *a}"))
	f.Add([]byte("Resources: {G: &g {Type: AWS::EC2::SecurityGroup, Properties: *g}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := template.Read(text)
		if (err == nil) != (d != nil) {
			t.Errorf("%v, %v", d, err)
		}
		if d != nil {
			_ = fmt.Sprint(d.Set(), d.Effective())
		}
	})
}
