package cli

import (
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// impact is what a plan does to the rules that EC2 holds. A group that is made, or made anew, begins empty: rules can meet
// others only in the groups that stay.
type impact struct {
	after *template.Deployed // what the new template says
	made  map[string]bool    // the tiers whose group the plan makes
	gone  map[string]bool    // the tiers whose present group it deletes; a replacement is both

	added, removed []ruleChange // in the groups that stay
}

// ruleChange is a rule that comes or goes with a resource.
type ruleChange struct {
	logicalID string
	ruleset.Rule
}

// impactOf follows a plan's changes from resources to rules.
func impactOf(plan *stack.Plan, st *standing, after *template.Deployed) *impact {
	im := &impact{after: after, made: map[string]bool{}, gone: map[string]bool{}}
	for _, c := range plan.Changes {
		if c.Type == typeSecurityGroup {
			im.group(c, st)
		}
	}
	for _, c := range plan.Changes {
		was, will := rulesOfResource(c, st.template), rulesOfResource(c, after)
		switch {
		case c.Action == stack.Modify && !recreates(c) && !changesInline(c):
			continue // a description, or tags
		case c.Action == stack.Add:
			was = nil
		case c.Action == stack.Remove:
			will = nil
		}
		im.change(was, will, st, c.Type == typeSecurityGroup)
	}
	return im
}

// group notes a group that comes, goes or is replaced.
func (im *impact) group(c stack.Change, st *standing) {
	replaced := c.Replacement == stack.Replaced
	for tier, g := range im.after.Groups {
		im.made[tier] = im.made[tier] || g.LogicalID == c.LogicalID && (c.Action == stack.Add || replaced)
	}
	for tier, g := range st.template.Groups {
		im.gone[tier] = im.gone[tier] || g.LogicalID == c.LogicalID && (c.Action == stack.Remove || replaced)
	}
}

// change notes the rules that a resource had and will have. A group that changes keeps those of its rules that it has in
// both; a rule that is a resource of its own is deleted after its replacement is made, even if both are the same to EC2.
func (im *impact) change(was, will []ruleChange, st *standing, isGroup bool) {
	tiers := tiersByID(st.groups)
	var old, now []ruleChange
	for _, r := range was {
		if !im.made[r.Tier] && !im.gone[r.Tier] {
			old = append(old, ruleChange{r.logicalID, im.asOld(named(r.Rule, tiers), st)})
		}
	}
	for _, r := range will {
		if !im.made[r.Tier] {
			now = append(now, ruleChange{r.logicalID, named(r.Rule, tiers)})
		}
	}
	if isGroup {
		old, now = without(old, now), without(now, old)
	}
	im.removed, im.added = append(im.removed, old...), append(im.added, now...)
}

// asOld is a rule of a group that stays, as it is before the plan: a peer whose group is deleted is not the tier that the
// plan makes under the same name.
func (im *impact) asOld(r ruleset.Rule, st *standing) ruleset.Rule {
	if r.Peer.Kind == ruleset.TierRef && im.gone[r.Peer.Name] {
		r.Peer = ruleset.GroupPeer(st.groups[r.Peer.Name])
	}
	return r
}

// without are the rules whose keys none of the others has.
func without(rules, others []ruleChange) []ruleChange {
	return slices.DeleteFunc(slices.Clone(rules), func(r ruleChange) bool {
		return slices.ContainsFunc(others, func(o ruleChange) bool { return o.Key == r.Key })
	})
}

// recreates reports whether a modification deletes the resource and makes another one. Where CloudFormation says that it may,
// it does so if a value that can't be changed in place is known to change.
func recreates(c stack.Change) bool {
	return c.Replacement == stack.Replaced || c.Replacement == stack.Conditional &&
		slices.ContainsFunc(c.Properties, func(p stack.PropertyChange) bool { return p.Recreates && p.Before != p.After })
}

// changesInline reports whether a modification changes the rules that stand in a group itself.
func changesInline(c stack.Change) bool {
	return slices.ContainsFunc(c.Properties, func(p stack.PropertyChange) bool { return isInline(p.Name) })
}

// isInline reports whether a property holds rules that stand in a group itself.
func isInline(property string) bool {
	return property == "SecurityGroupEgress" || property == "SecurityGroupIngress"
}

// ruleTypes are the types of rules that are resources of their own, by direction.
var ruleTypes = [...]string{ruleset.Ingress: "AWS::EC2::SecurityGroupIngress", ruleset.Egress: "AWS::EC2::SecurityGroupEgress"}

func isRule(resourceType string) bool { return slices.Contains(ruleTypes[:], resourceType) }

// standaloneRules are the logical IDs of the rules that are resources of their own.
func standaloneRules(d *template.Deployed) []string {
	ids := slices.Sorted(maps.Keys(d.Rules))
	return slices.DeleteFunc(ids, func(id string) bool { return strings.Contains(id, "/") })
}

// rulesOfResource are the rules that a resource has in a template: a rule that is a resource has one, a group its inline
// rules, anything else none.
func rulesOfResource(c stack.Change, d *template.Deployed) []ruleChange {
	if r, ok := d.Rules[c.LogicalID]; ok {
		return []ruleChange{{c.LogicalID, r}}
	}
	if c.Type != typeSecurityGroup {
		return nil
	}
	var inline []ruleChange
	for _, id := range slices.Sorted(maps.Keys(d.Rules)) {
		if strings.HasPrefix(id, c.LogicalID+"/") {
			inline = append(inline, ruleChange{c.LogicalID, d.Rules[id]})
		}
	}
	return inline
}

// present are the rules that EC2 holds in the groups that stay.
func (im *impact) present(st *standing) []heldRule {
	var rules []heldRule
	for _, h := range st.held {
		if !im.made[h.Tier] && !im.gone[h.Tier] {
			h.Rule = im.asOld(h.Rule, st)
			rules = append(rules, h)
		}
	}
	return rules
}

// flows says what the plan opens and closes, measured against what EC2 really holds: what a rule permits that somebody added flows
// before and after, and a rule that somebody took away does not come back by a plan that doesn't touch it.
func (im *impact) flows(st *standing) reach.Delta {
	removed := map[ruleset.Key]bool{}
	for _, r := range im.removed {
		removed[r.Key] = true
	}
	var rules []ruleset.Rule
	for _, h := range im.present(st) {
		if !removed[h.Key] {
			rules = append(rules, h.Rule)
		}
	}
	for _, r := range im.added {
		rules = append(rules, r.Rule)
	}
	for _, r := range im.after.Rules {
		if im.made[r.Tier] {
			rules = append(rules, r)
		}
	}
	tiers := im.tiers(st)
	return reach.Compare(setOf(tiers, rulesHeld(st.held)), setOf(tiers, rules), reach.Options{VPC: st.vpc})
}

// tiers are all tiers that there are before or after the plan: first those that stay or come.
func (im *impact) tiers(st *standing) []string {
	tiers := slices.Clone(im.after.Tiers)
	for _, name := range st.template.Tiers {
		if !slices.Contains(tiers, name) {
			tiers = append(tiers, name)
		}
	}
	return tiers
}

// setOf is a rule set of tiers. The placeholder, which permits nothing, is left out: its peer would be a zone.
func setOf(tiers []string, rules []ruleset.Rule) ruleset.Set {
	list := make([]ruleset.Tier, len(tiers))
	for i, name := range tiers {
		list[i] = ruleset.Tier{Name: name, Role: ruleset.Other}
	}
	rules = slices.DeleteFunc(slices.Clone(rules), func(r ruleset.Rule) bool { return r.Key == ruleset.Placeholder(r.Tier).Key })
	return ruleset.NewSet(list, rules)
}
