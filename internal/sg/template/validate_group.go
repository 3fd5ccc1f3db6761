package template

import (
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// groupView is what a template says of one security group.
type groupView struct {
	id         string // its logical ID; of a group that stands elsewhere, the expression that names it
	at         part
	inline     [2][]part // rules inside of the group, but for those that permit nothing
	standalone [2][]part // resources of their own
	computed   [2][]part // lists inside that are a function's
	silent     bool      // the template has no egress of the group at all
}

// groupRules checks rules that are resources, and how they go together with those inside of groups.
func (v *validator) groupRules() {
	v.groups, v.elsewhere = map[string]*groupView{}, map[string]*groupView{}
	for _, id := range v.ordered {
		if v.typeOf(id) == typeGroup {
			v.groups[id] = v.viewGroup(id)
			v.inVPC(id)
		}
	}
	for _, id := range v.ordered {
		d := ruleset.Ingress
		switch v.typeOf(id) {
		case typeEgress:
			d = ruleset.Egress
		case typeIngress:
		default:
			continue
		}
		p := v.resources[id].get("Properties")
		v.rule(id, p, d)
		if d == ruleset.Ingress && p.isMapping() && v.presence(p.get("GroupId")) == absent && v.presence(p.get("GroupName")) == absent {
			v.wrong(diag.CodeMissingKey, p, "%s: GroupId is missing", id)
		}
		for _, g := range v.groupsOf(id, p) {
			g.standalone[d] = append(g.standalone[d], v.resources[id])
			g.silent = g.silent && d != ruleset.Egress
		}
	}
	for _, id := range v.ordered {
		if g := v.groups[id]; g != nil {
			v.mixed(g)
		}
	}
}

// groupsOf are the groups that a rule's GroupId may name, by the branches of conditions: of the template, or else stand-ins.
// A rule opens what it opens whatever group it ends up in.
func (v *validator) groupsOf(rule string, properties part) []*groupView {
	named, key := properties.get("GroupId"), ""
	if v.presence(named) == absent {
		named, key = properties.get("GroupName"), "GroupName "
	}
	var groups []*groupView
	for _, one := range v.alternatives(named) {
		id, attribute := one.referred()
		if g := v.groups[id]; g != nil && key == "" && (attribute == "" || attribute == "GroupId" || attribute == "Id") {
			groups = append(groups, g)
		} else {
			groups = append(groups, v.standIn(key+one.expression(), one))
		}
	}
	if len(groups) == 0 {
		groups = append(groups, v.standIn("of "+rule, v.resources[rule]))
	}
	return groups
}

// longestGroupName bounds how much of an expression names a group in messages, in bytes.
const longestGroupName = 80

// standIn is the group that an expression names and the template doesn't hold: equal expressions name one group.
func (v *validator) standIn(expression string, at part) *groupView {
	if g := v.elsewhere[expression]; g != nil {
		return g
	}
	name := expression
	if len(name) > longestGroupName {
		name = fmt.Sprintf("%s... (%d)", strings.ToValidUTF8(name[:longestGroupName], ""), len(v.strangers)+1)
	}
	for v.groups[name] != nil {
		name += "?" // a text in the place of an ID, which is reported
	}
	g := &groupView{id: name, at: at}
	v.elsewhere[expression] = g
	v.strangers = append(v.strangers, g)
	return g
}

func (v *validator) viewGroup(id string) *groupView {
	g := &groupView{id: id, at: v.resources[id], silent: true}
	properties := v.resources[id].get("Properties")
	for d, key := range inlineKeys {
		list := properties.get(key)
		for _, branch := range v.alternatives(list) {
			if !branch.isList() {
				g.computed[d] = append(g.computed[d], branch)
				continue
			}
			for _, item := range branch.target().Content {
				if ruleset.Direction(d) == ruleset.Egress {
					g.silent = false
				}
				g.inline[d] = append(g.inline[d], v.real(v.alternatives(part{item}))...)
			}
		}
	}
	g.silent = g.silent && len(g.computed[ruleset.Egress]) == 0
	return g
}

// inVPC wants a VPC for a group with egress rules, which only groups in a VPC have. So does cfn-lint; in an account that still
// has its default VPC, CloudFormation is reported to do without.
func (v *validator) inVPC(id string) {
	p := v.resources[id].get("Properties")
	if egress := p.get("SecurityGroupEgress"); v.presence(egress) == present && v.presence(p.get("VpcId")) == absent {
		v.wrong(diag.CodeMissingKey, egress, "%s: VpcId is missing, which SecurityGroupEgress goes with", id).
			WithHint("without it the group lands in the default VPC, if the account has one still")
	}
}

// real leaves out rules that permit nothing and only keep AWS's open egress from existing: the CDK's placeholder, which is this
// tool's as well, and the one of AWS's documentation.
func (v *validator) real(rules []part) []part {
	return slices.DeleteFunc(rules, func(p part) bool {
		cidr := p.get("CidrIp").value()
		return cidr == "255.255.255.255/32" && p.get("FromPort").value() == "252" || cidr == "127.0.0.1/32" && p.get("IpProtocol").value() == "-1"
	})
}

// mixed warns of rules of one direction that stand inside of a group and beside it.
func (v *validator) mixed(g *groupView) {
	for d, key := range inlineKeys {
		if len(g.inline[d]) == 0 || len(g.standalone[d]) == 0 {
			continue
		}
		w := v.warn(diag.CodeMixedRules, g.inline[d][0], "%s: rules stand in %s and in resources of their own", g.id, key).
			WithHint("keep to one way: a change of the list is applied as a whole, and takes rules away for a moment")
		if ruleset.Direction(d) == ruleset.Egress {
			w.Hint = "keep to one way: a separate egress rule is reported to strip an inline rule that allows everything"
		}
	}
}
