package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// changeNode is one line of the tree of changes: a resource, or a rule that moves to other ports and, with them, from one
// resource to another.
type changeNode struct {
	tier    string // empty: of none
	words   string
	action  stack.Action
	change  stack.Change
	from    *stack.Change // of a move: the resource that is removed; change is the one added in its place
	details []string      // what changes of it, before and after

	place int // within the tier: group, rules, parameter, anything else
	rule  *ruleset.Rule
}

// The places.
const (
	placeGroup = iota
	placeRule
	placeParameter
	placeOther
)

// changeTree is a plan's changes tier by tier, in words. before and after are what the deployed and the new template say.
func changeTree(changes []stack.Change, before, after *template.Deployed) []changeNode {
	nodes := make([]changeNode, len(changes))
	for i, c := range changes {
		nodes[i] = nodeOf(c, before, after)
	}
	nodes = joinTags(joinMoved(nodes))
	tiers := slices.Concat(after.Tiers, before.Tiers) // those that go come last, and what is of no tier after them
	rank := func(n changeNode) int {
		if i := slices.Index(tiers, n.tier); i >= 0 {
			return i
		}
		return len(tiers)
	}
	slices.SortStableFunc(nodes, func(a, b changeNode) int {
		order := cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.place, b.place))
		if order == 0 && a.rule != nil && b.rule != nil {
			order = a.rule.Compare(b.rule.Key)
		}
		return cmp.Or(order, strings.Compare(a.change.LogicalID, b.change.LogicalID))
	})
	return nodes
}

// nodeOf puts one change into words.
func nodeOf(c stack.Change, before, after *template.Deployed) changeNode {
	n := changeNode{action: c.Action, change: c, words: c.Type, place: placeOther}
	is := after // what is, or was, there
	if c.Action == stack.Remove {
		is = before
	}
	rule, isRule := is.Rules[c.LogicalID]
	switch {
	case isRule:
		n.tier, n.place, n.rule, n.words = rule.Tier, placeRule, &rule, half(rule.Key)
		n.describeRule(before)
		return n
	case c.Type == typeSecurityGroup:
		n.place = placeGroup
		for tier, g := range is.Groups {
			if g.LogicalID == c.LogicalID {
				n.tier, n.words = tier, "security group "+cmp.Or(g.Tags["Name"], tier)
			}
		}
	default:
		for tier, p := range is.Parameters {
			if p.LogicalID == c.LogicalID {
				n.tier, n.words, n.place = tier, "parameter "+p.Name, placeParameter
			}
		}
	}
	if c.Action == stack.Modify {
		n.details = slices.Concat(inlineDetails(c, before, after), propertyDetails(c.Properties))
	}
	return n
}

// describeRule says what becomes of a rule that is modified: its words say it where the rule is another one afterwards.
func (n *changeNode) describeRule(before *template.Deployed) {
	if n.action != stack.Modify {
		return
	}
	was, known := before.Rules[n.change.LogicalID]
	if known && was.Key != n.rule.Key {
		n.words += ", was: " + inWords(was.Key)
		return
	}
	n.details = propertyDetails(n.change.Properties)
}

// joinMoved makes one node of a rule that comes and one that goes where they differ in their ports alone.
func joinMoved(nodes []changeNode) []changeNode {
	moved := map[string]bool{} // what goes, by logical ID
	for i := range nodes {
		n := &nodes[i]
		if n.rule == nil || n.action != stack.Add {
			continue
		}
		j := slices.IndexFunc(nodes, func(o changeNode) bool {
			return o.rule != nil && o.action == stack.Remove && !moved[o.change.LogicalID] && movesTo(*o.rule, *n.rule)
		})
		if j < 0 {
			continue
		}
		old := nodes[j]
		moved[old.change.LogicalID] = true
		n.action, n.from = stack.Modify, &old.change
		n.words += ", was " + old.rule.Traffic.String()
	}
	return slices.DeleteFunc(nodes, func(n changeNode) bool { return moved[n.change.LogicalID] })
}

// joinTags makes one node of the changes of tags that all modified groups and parameters have in common: tags of the set, which
// a config gives once.
func joinTags(nodes []changeNode) []changeNode {
	isTagged := func(n changeNode) bool {
		return n.action == stack.Modify && (n.place == placeGroup || n.place == placeParameter)
	}
	var common []string
	tagged := 0
	for _, n := range nodes {
		if !isTagged(n) {
			continue
		}
		if tagged++; tagged == 1 {
			common = slices.DeleteFunc(slices.Clone(n.details), func(text string) bool { return !strings.HasPrefix(text, tagPrefix) })
		}
		common = slices.DeleteFunc(common, func(text string) bool { return !slices.Contains(n.details, text) })
	}
	if tagged < 2 || len(common) == 0 {
		return nodes
	}
	joined := []changeNode{{action: stack.Modify, words: fmt.Sprintf("tags of %d groups and parameters", tagged), details: common, place: placeOther}}
	for _, n := range nodes {
		if isTagged(n) {
			n.details = slices.DeleteFunc(n.details, func(text string) bool { return slices.Contains(common, text) })
			if len(n.details) == 0 && n.change.Replacement == stack.Kept {
				continue
			}
		}
		joined = append(joined, n)
	}
	return joined
}

// movesTo reports whether two rules are the same but for the ports.
func movesTo(was, is ruleset.Rule) bool {
	return was.Tier == is.Tier && was.Direction == is.Direction && was.Peer == is.Peer &&
		was.Protocol == is.Protocol && was.Description == is.Description
}

// inlineDetails are the rules that come and go with a group itself, in words.
func inlineDetails(c stack.Change, before, after *template.Deployed) []string {
	if !changesInline(c) {
		return nil
	}
	was, will := rulesOfResource(c, before), rulesOfResource(c, after)
	var details []string
	for _, r := range without(will, was) {
		details = append(details, "+ "+half(r.Key))
	}
	for _, r := range without(was, will) {
		details = append(details, "- "+half(r.Key))
	}
	for _, r := range will {
		i := slices.IndexFunc(was, func(o ruleChange) bool { return o.Key == r.Key && o.Description != r.Description })
		if i >= 0 {
			details = append(details, fmt.Sprintf("~ %s: description %q, was %q", half(r.Key), r.Description, was[i].Description))
		}
	}
	return details
}

// propertyDetails are changed values in words, but for rules inside of a group.
func propertyDetails(properties []stack.PropertyChange) []string {
	var details []string
	for _, p := range properties {
		switch {
		case isInline(p.Name):
		case p.Attribute == "Tags", p.Name == "Tags":
			details = append(details, tagDetails(p)...)
		default:
			details = append(details, beforeAfter(cmp.Or(p.Name, p.Attribute), p.Before, p.After))
		}
	}
	return details
}

// tagPrefix begins what is told of a tag.
const tagPrefix = "tag "

// tagDetails names the tags that change. Where CloudFormation names one by its place in the list, so does this.
func tagDetails(p stack.PropertyChange) []string {
	was, okWas := tagsOf(p.Before)
	will, okWill := tagsOf(p.After)
	if !okWas || !okWill {
		return []string{beforeAfter(strings.TrimPrefix(p.Path, "/Properties/"), p.Before, p.After)}
	}
	names := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(will)))
	slices.Sort(names)
	var details []string
	for _, name := range slices.Compact(names) {
		if was[name] != will[name] {
			details = append(details, beforeAfter(tagPrefix+name, was[name], will[name]))
		}
	}
	return details
}

// beforeAfter is a value that changes.
func beforeAfter(name, before, after string) string {
	switch {
	case before == "":
		return fmt.Sprintf("%s: %s, new", name, inQuotes(after))
	case after == "":
		return fmt.Sprintf("%s: removed, was %s", name, inQuotes(before))
	default:
		return fmt.Sprintf("%s: %s, was %s", name, inQuotes(after), inQuotes(before))
	}
}

// knownLater is what CloudFormation gives for a value that only the deployment will make.
const knownLater = "{{changeSet:KNOWN_AFTER_APPLY}}"

func inQuotes(value string) string {
	if value == knownLater {
		return "known after the deployment"
	}
	return fmt.Sprintf("%q", value)
}

// tagsOf reads a list of tags as a change set gives it, by key; no text is an empty list.
func tagsOf(text string) (map[string]string, bool) {
	var list []struct{ Key, Value string }
	if text != "" && json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags, true
}
