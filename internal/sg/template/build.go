package template

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// VPCParameter is the template's only parameter: the ID of the VPC that the groups belong to.
const VPCParameter = "VpcId"

// maxOutputs is how many outputs a stack may have (documented): one per tier.
const maxOutputs = 200

// Input is what a template is made from.
type Input struct {
	Set      ruleset.Set
	Scenario string
	Names    config.Names
	Tags     map[string]string // of the whole set, as Tags returns them

	MaxResources int // of one stack: CloudFormation's limit is 500 (documented)
}

// Template is a CloudFormation template.
type Template struct {
	root      *yaml.Node
	Resources int
}

// Build writes the template. It reports sets that no template can hold: too large ones, and egress that CloudFormation
// could not keep apart.
func Build(in Input) (*Template, diag.List) {
	var problems diag.List
	resources, outputs := object(), object()
	for _, t := range in.Set.Tiers {
		checkEgress(t, &problems)
		add(resources, groupID(t.Name), in.group(t))
		add(outputs, OutputID(t.Name), in.output(t))
	}
	for _, t := range in.Set.Tiers {
		for _, r := range distinct(slices.Concat(t.Ingress, t.StandaloneEgress())) {
			add(resources, RuleID(r.Key), ruleResource(r))
		}
	}
	for _, t := range in.Set.Tiers {
		add(resources, parameterID(t.Name), in.parameter(t))
	}
	const split = "split it into several sets: one config per part, told apart by security_groups.workload"
	n := len(resources.Content) / 2
	if n > in.MaxResources {
		problems.Errorf(diag.CodeTemplateLimit, diag.Pos{}, "the set needs %d resources, over CloudFormation's limit of %d in one stack", n, in.MaxResources).
			WithHint(split)
	}
	if tiers := len(in.Set.Tiers); tiers > maxOutputs {
		problems.Errorf(diag.CodeTemplateLimit, diag.Pos{}, "the set has %d tiers, over CloudFormation's limit of %d outputs in one stack", tiers, maxOutputs).
			WithHint(split)
	}
	root := object(
		"AWSTemplateFormatVersion", text("2010-09-09"),
		"Description", text(fmt.Sprintf("Security groups of %s (scenario %s)", in.Names.SGName, in.Scenario)),
		"Parameters", object(VPCParameter, object(
			"Type", text("AWS::EC2::VPC::Id"),
			"Description", text("The VPC that the security groups belong to"),
		)),
		"Resources", resources,
		"Outputs", outputs,
	)
	return &Template{root, n}, problems
}

// Tags are the tags of the set's stack: the tool's own and the user's.
func Tags(c *config.Config) map[string]string {
	tags := maps.Clone(c.Tags)
	tags["Name"] = c.Names.SGName
	tags["Environment"] = c.Env
	tags["Tenant"] = c.TenantID
	tags["Scenario"] = c.Scenario
	tags["ManagedBy"] = "sg-provisioner"
	if c.Workload != "" {
		tags["Workload"] = c.Workload
	}
	return tags
}

// group is the resource of a tier's security group. Its name is left to CloudFormation: a fixed one would block every
// replacement.
func (in Input) group(t ruleset.Tier) *yaml.Node {
	tags := maps.Clone(in.Tags)
	tags["Name"], tags["Tier"] = in.Names.Group(t.Name), t.Name
	list := sequence()
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list.Content = append(list.Content, object("Key", text(key), "Value", text(tags[key])))
	}
	return resource(
		typeGroup,
		object(
			"GroupDescription", text(in.Names.GroupDescription(t.Name)),
			"VpcId", reference(VPCParameter),
			inlineKeys[ruleset.Egress], inlineEgress(t),
			"Tags", list,
		),
		t.InlineEgress(),
	)
}

// inlineEgress is what keeps AWS's default allow-all from existing: a placeholder that permits nothing, or, in a tier
// whose egress opens everything, that egress itself. A standalone rule beside it is reported to strip the allow-all.
func inlineEgress(t ruleset.Tier) *yaml.Node {
	list := sequence()
	for _, r := range distinct(t.InlineEgress()) {
		list.Content = append(list.Content, ruleProperties(r))
	}
	return list
}

// distinct leaves one of equal rules that follow each other: for EC2 they are one, and the checks have refused the others.
func distinct(rules []ruleset.Rule) []ruleset.Rule {
	return slices.CompactFunc(slices.Clone(rules), func(a, b ruleset.Rule) bool { return a.Key == b.Key })
}

// checkEgress reports the one posture that can't be written: everything open over IPv6, and IPv4 only to some groups.
func checkEgress(t ruleset.Tier, problems *diag.List) {
	open, ok := t.OpensAllEgress()
	covered := t.CoveredEgress()
	if !ok || !open.Peer.IsIPv6() || len(covered) == 0 {
		return
	}
	problems.Errorf(diag.CodeEgress, covered[0].Pos, "tier %s: egress of all protocols to ::/0 can't stand beside the rule %q", t.Name, covered[0].Key).
		WithHint("a separate egress rule would strip the open one: narrow the rule to ::/0, or open 0.0.0.0/0 as well")
}

func ruleResource(r ruleset.Rule) *yaml.Node {
	properties := ruleProperties(r)
	properties.Content = append(object("GroupId", groupIDOf(r.Tier)).Content, properties.Content...)
	return resource(ruleTypes[r.Direction], properties, []ruleset.Rule{r})
}

// resource writes a resource that holds the given rules.
func resource(kind string, properties *yaml.Node, rules []ruleset.Rule) *yaml.Node {
	r := object("Type", text(kind))
	if checks := mistaken(rules); len(checks) > 0 {
		add(r, "Metadata", object("cfn-lint", object("config", object("ignore_checks", sequence(checks...)))))
	}
	add(r, "Properties", properties)
	return r
}

// mistaken are the checks of cfn-lint that take a right rule for a wrong one: it knows neither ICMPv6 with types and codes,
// nor a type of ICMP with all its codes. EC2 documents both.
func mistaken(rules []ruleset.Rule) []*yaml.Node {
	var checks []*yaml.Node
	if slices.ContainsFunc(rules, func(r ruleset.Rule) bool { return namesType(r) && r.Ports.To == -1 }) {
		checks = append(checks, text("E3688"))
	}
	if slices.ContainsFunc(rules, func(r ruleset.Rule) bool { return namesType(r) && r.Protocol == ruleset.ICMPv6 }) {
		checks = append(checks, text("W3687"))
	}
	return checks
}

// namesType reports whether a rule is for messages of one ICMP type.
func namesType(r ruleset.Rule) bool { return r.Protocol.IsICMP() && r.Ports != ruleset.AnyPorts }

// ruleProperties are the properties that a rule has in its group as well as in a resource of its own.
func ruleProperties(r ruleset.Rule) *yaml.Node {
	p := object("IpProtocol", text(r.Protocol.EC2()))
	// ICMPv6 without a type is all of it; ICMP has to say so.
	if r.Protocol.HasPorts() || r.Protocol == ruleset.ICMP || namesType(r) {
		add(p, "FromPort", number(r.Ports.From))
		add(p, "ToPort", number(r.Ports.To))
	}
	side := peerSides[r.Direction]
	switch r.Peer.Kind {
	case ruleset.TierRef:
		add(p, side+"SecurityGroupId", groupIDOf(r.Peer.Name))
	case ruleset.GroupRef:
		add(p, side+"SecurityGroupId", text(r.Peer.Name))
	case ruleset.PrefixList:
		add(p, side+"PrefixListId", text(r.Peer.Name))
	case ruleset.CIDR:
		key := "CidrIp"
		if r.Peer.IsIPv6() {
			key = "CidrIpv6"
		}
		add(p, key, text(r.Peer.String()))
	}
	add(p, "Description", text(r.Description))
	return p
}

func (in Input) parameter(t ruleset.Tier) *yaml.Node {
	return resource(typeParameter, object(
		"Name", text(in.Names.Parameter(t.Name)),
		"Type", text("String"),
		"Value", groupIDOf(t.Name),
		"Description", text("Security group of "+in.Names.GroupDescription(t.Name)),
	), nil)
}

func (in Input) output(t ruleset.Tier) *yaml.Node {
	return object(
		"Description", text("Security group of the "+t.Name+" tier"),
		"Value", groupIDOf(t.Name),
		"Export", object("Name", text(in.Names.Export(t.Name))),
	)
}
