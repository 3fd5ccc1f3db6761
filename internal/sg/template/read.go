package template

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Deployed is what a template of this tool says, read back.
type Deployed struct {
	Tiers  []string         // in the order of the template
	Groups map[string]Group // by tier

	// Rules are by logical ID. A rule that stands in its group is under "WebSecurityGroup/SecurityGroupEgress/0", the
	// placeholder included, and the open egress that EC2 gives to a group without any under ".../SecurityGroupEgress/default".
	Rules map[string]ruleset.Rule

	Parameters map[string]Parameter // of SSM, by tier
	Outputs    map[string]Output    // by tier

	// Others are the logical IDs of resources that are no part of a set, such as one added by hand.
	Others []string
}

// Group is the security group of a tier, as a template says it.
type Group struct {
	LogicalID   string
	Description string
	Tags        map[string]string // its own: CloudFormation adds those of the stack
}

// Parameter is the SSM parameter that publishes a tier's group, as a template says it.
type Parameter struct {
	LogicalID string
	Name      string
	Tags      map[string]string // its own: CloudFormation adds those of the stack
}

// Output is the output that holds the ID of a tier's group, as a template says it.
type Output struct {
	Key    string
	Export string // empty: not exported
}

// Read reads a template that Build wrote, in this version of the tool or an earlier one, as YAML or JSON. It takes what
// people change in such a template by hand as far as the rules are still plain: spelled-out and short references, ports and
// protocols in any spelling, rules inside of groups, more tiers. Of anything else that has to do with rules, such as a
// condition, it says where it stands: the error is a diag.List.
//
// A group's tier is its tag Tier; without one what its description says, and else its logical ID.
func Read(body []byte) (*Deployed, error) {
	r := &reader{
		deployed: &Deployed{
			Groups: map[string]Group{}, Rules: map[string]ruleset.Rule{},
			Parameters: map[string]Parameter{}, Outputs: map[string]Output{},
		},
		tiers: map[string]string{},
	}
	var doc yaml.Node
	if err := yaml.Load(body, &doc); err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("read template: it is no mapping of keys to values")
	}
	r.read(part{doc.Content[0]})
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.deployed, nil
}

// Effective are the rules that EC2 should hold for the groups, sorted: of equal keys one.
func (d *Deployed) Effective() []ruleset.Rule {
	rules := make([]ruleset.Rule, 0, len(d.Rules))
	for _, id := range slices.Sorted(maps.Keys(d.Rules)) {
		rules = append(rules, d.Rules[id])
	}
	slices.SortStableFunc(rules, func(a, b ruleset.Rule) int { return a.Compare(b.Key) })
	return distinct(rules)
}

// Set is the template's rules as a rule set. It has the tiers' names alone: roles and ports served are the scenario's, which
// a template doesn't tell.
func (d *Deployed) Set() ruleset.Set {
	tiers := make([]ruleset.Tier, len(d.Tiers))
	for i, name := range d.Tiers {
		tiers[i] = ruleset.Tier{Name: name, Role: ruleset.Other}
	}
	return ruleset.NewSet(tiers, d.Effective())
}

// reader reads one template.
type reader struct {
	deployed *Deployed
	tiers    map[string]string // of the groups, by logical ID
	problems diag.List
}

func (r *reader) read(root part) {
	if transform := root.get("Transform"); transform.exists() {
		r.problem(transform, "Transform: a macro may change any rule")
	}
	resources := root.get("Resources")
	// Groups come first: rules, parameters and outputs refer to them.
	for id, resource := range resources.pairs() {
		if resource.get("Type").value() == typeGroup {
			r.group(id, resource)
		}
	}
	for id, resource := range resources.pairs() {
		if !r.resource(id, resource) {
			r.deployed.Others = append(r.deployed.Others, id)
		}
	}
	for key, output := range root.get("Outputs").pairs() {
		if tier, ok := r.tierOf(output.get("Value")); ok {
			r.deployed.Outputs[tier] = Output{key, output.get("Export").get("Name").value()}
		}
	}
	r.defaultEgress()
}

// group reads a group without its rules, which may refer to groups that stand below it.
func (r *reader) group(id string, resource part) {
	properties := resource.get("Properties")
	g := Group{LogicalID: id, Description: properties.get("GroupDescription").value(), Tags: r.tagList(id, properties)}
	tier := cmp.Or(g.Tags["Tier"], describedTier(g.Description), id)
	if first, again := r.deployed.Groups[tier]; again {
		r.problem(resource, "%s: the group of the tier %s is %s already", id, tier, first.LogicalID)
		return
	}
	r.tiers[id] = tier
	r.deployed.Tiers = append(r.deployed.Tiers, tier)
	r.deployed.Groups[tier] = g
}

// describedTier is the tier of a group whose description is as this tool writes it: "{sg_name} {tier} tier".
func describedTier(description string) string {
	words := strings.Fields(description)
	if len(words) != 3 || words[2] != "tier" {
		return ""
	}
	return words[1]
}

// resource reads what a resource has to do with rules and parameters; it reports whether it is a part of a set.
func (r *reader) resource(id string, resource part) bool {
	properties, known := resource.get("Properties"), false
	switch resource.get("Type").value() {
	case typeGroup:
		r.inline(id, properties, ruleset.Ingress)
		r.inline(id, properties, ruleset.Egress)
		known = true
	case typeIngress:
		known = r.standalone(id, properties, ruleset.Ingress)
	case typeEgress:
		known = r.standalone(id, properties, ruleset.Egress)
	case typeParameter:
		known = r.parameter(id, properties)
	}
	if condition := resource.get("Condition"); known && condition.exists() {
		r.problem(condition, "%s: a condition decides whether it exists", id)
	}
	return known
}

// parameter reads a parameter that publishes a group; it reports whether it does.
func (r *reader) parameter(id string, properties part) bool {
	tier, ok := r.tierOf(properties.get("Value"))
	name := properties.get("Name").value()
	if !ok || name == "" {
		return false
	}
	tags := map[string]string{}
	for key := range properties.get("Tags").pairs() {
		tags[key] = r.text(id+".Tags", properties.get("Tags"), key)
	}
	r.deployed.Parameters[tier] = Parameter{id, name, tags}
	return true
}

func (r *reader) tagList(id string, properties part) map[string]string {
	tags := map[string]string{}
	for _, item := range r.items(id, properties, "Tags") {
		tags[r.text(id+".Tags", item, "Key")] = r.text(id+".Tags", item, "Value")
	}
	return tags
}

// tierOf is the tier whose group a value refers to.
func (r *reader) tierOf(value part) (string, bool) {
	id, attribute := value.referred()
	if attribute != "" && attribute != "GroupId" && attribute != "Id" {
		return "", false
	}
	tier, ok := r.tiers[id]
	return tier, ok
}

// text reads a value that must be written out: what a function gives is known to CloudFormation alone.
func (r *reader) text(id string, in part, key string) string {
	value := in.get(key)
	switch {
	case !value.exists():
		r.problem(in, "%s: %s is missing", id, key)
	case !value.isPlain():
		r.problem(value, "%s.%s: it is no plain value", id, key)
	}
	return value.value()
}

// items reads a list that must be written out; one that is left out is empty.
func (r *reader) items(id string, in part, key string) []part {
	list := in.get(key)
	items, ok := list.items()
	if !ok {
		r.problem(list, "%s.%s: it is no plain list", id, key)
	}
	return items
}

func (r *reader) problem(at part, format string, args ...any) {
	pos := diag.Pos{File: "template"}
	if at.exists() {
		pos.Line, pos.Column = at.node.Line, at.node.Column
	}
	r.problems.Errorf(diag.CodeValue, pos, format, args...)
}
