package cli

import (
	"fmt"
	"maps"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// drift is how what AWS really holds differs from what the deployed template says.
type drift struct {
	added      []*ruleDrift // EC2 holds it, the template does not have it
	removed    []*ruleDrift // the template has it, EC2 does not hold it
	changed    []*ruleDrift // EC2 holds another rule, or another description, under the ID of one that the template has
	groups     []*groupDrift
	parameters []*parameterDrift
	tags       []*tagDrift
}

// ruleDrift is one rule that is not as it was meant.
type ruleDrift struct {
	logicalID string        // of the rule that was meant; empty: none was
	meant     *ruleset.Rule // nil: none
	held      *heldRule     // nil: none
	inConfig  bool          // the config has the rule that EC2 holds, or that is missing
	stranded  bool          // it was meant for a group that is gone: no call can add it
	change    change
	traced    bool // CloudTrail tells what it was before, and not yet who changed it
}

// onlyDescription reports whether no more than the description differs.
func (r *ruleDrift) onlyDescription() bool {
	return r.meant != nil && r.held != nil && r.meant.Key == r.held.Key
}

// key is the rule that the drift is about: the one that EC2 holds, or else the one that is missing.
func (r *ruleDrift) key() ruleset.Key {
	if r.held != nil {
		return r.held.Key
	}
	return r.meant.Key
}

// configNote says what the config has to do with it; empty: nothing that matters. A changed description needs no note: the
// config has the rule in any case.
func (r *ruleDrift) configNote() string {
	switch {
	case r.held == nil && !r.inConfig:
		return "the config does not have it any more"
	case r.held != nil && r.inConfig && !r.onlyDescription():
		return "the config has it: a deployment would meet it as a duplicate"
	default:
		return ""
	}
}

// groupDrift is a group that has been deleted.
type groupDrift struct {
	tier, logicalID, id string
	change              change
}

// parameterDrift is a parameter that does not publish the ID of its tier's group.
type parameterDrift struct {
	tier, logicalID, name string
	expected, actual      string
	exists                bool
	stranded              bool // the group whose ID it should publish is gone
	change                change
	traced                bool // as of rules
}

// tagDrift is a tag that differs: nil stands for none.
type tagDrift struct {
	tier, logicalID  string
	resource         string // the group's ID or the parameter's name
	parameter        bool
	key              string
	expected, actual *string
	change           change
	traced           bool // as of rules
}

// size is how many things differ.
func (d *drift) size() int {
	return len(d.added) + len(d.removed) + len(d.changed) + len(d.groups) + len(d.parameters) + len(d.tags)
}

func (d *drift) isEmpty() bool { return d.size() == 0 }

// reparable is the part of it that calls to EC2 and SSM can put right. A changed rule that can't be changed back is revoked.
func (d *drift) reparable() *drift {
	part := *d
	part.groups, part.changed, part.added = nil, nil, slices.Clone(d.added)
	part.removed = slices.DeleteFunc(slices.Clone(d.removed), func(r *ruleDrift) bool { return r.stranded })
	part.parameters = slices.DeleteFunc(slices.Clone(d.parameters), func(p *parameterDrift) bool { return p.stranded })
	for _, r := range d.changed {
		if r.stranded {
			part.added = append(part.added, &ruleDrift{held: r.held, change: r.change})
		} else {
			part.changed = append(part.changed, r)
		}
	}
	return &part
}

// beyondRepair is the rest, in words: what such calls can't put right, and what can.
func (d *drift) beyondRepair() []string {
	var texts []string
	for _, r := range slices.Concat(d.removed, d.changed) {
		if r.stranded {
			texts = append(texts, fmt.Sprintf("the rule %q names the group of the tier %s, which was deleted", r.meant.Key, r.meant.Peer.Name))
		}
	}
	for _, p := range d.parameters {
		if p.stranded {
			texts = append(texts, fmt.Sprintf("the parameter %s should publish %s, which was deleted", p.name, p.expected))
		}
	}
	for _, g := range d.groups {
		texts = append(texts, fmt.Sprintf("the group %s of the tier %s was deleted, which CloudFormation doesn't notice: %s", g.id, g.tier, wayOutOfGone))
	}
	return texts
}

// rules are all rules that differ.
func (d *drift) rules() []*ruleDrift { return slices.Concat(d.added, d.removed, d.changed) }

// findDrift compares what AWS holds with the deployed template; config has the rules of the config. The rules of a group that
// is gone are not told one by one.
func findDrift(sc *scene, config []ruleset.Rule) *drift {
	d := &drift{}
	d.findRules(sc)
	d.pairByID(sc)
	d.markConfig(config)
	for _, tier := range sc.gone {
		if id := sc.groupID(tier); id != "" {
			d.groups = append(d.groups, &groupDrift{tier: tier, logicalID: sc.template.Groups[tier].LogicalID, id: id})
		}
	}
	for _, tier := range sc.template.Tiers {
		d.findTags(sc, tier)
		d.findParameter(sc, tier)
	}
	return d
}

// findRules compares the rules by their keys, by which EC2 tells rules apart.
func (d *drift) findRules(sc *scene) {
	held := map[ruleset.Key]heldRule{}
	for _, h := range sc.held {
		held[h.Key] = h
	}
	meant := sc.meant()
	known := map[ruleset.Key]bool{}
	for _, id := range slices.Sorted(maps.Keys(meant)) {
		m := meant[id]
		if known[m.Key] || slices.Contains(sc.gone, m.Tier) {
			continue
		}
		known[m.Key] = true
		h, there := held[m.Key]
		switch {
		case !there:
			d.removed = append(d.removed, &ruleDrift{logicalID: id, meant: &m, stranded: m.Peer.Kind == ruleset.TierRef && slices.Contains(sc.gone, m.Peer.Name)})
		case h.Description != m.Description:
			d.changed = append(d.changed, &ruleDrift{logicalID: id, meant: &m, held: &h})
		}
	}
	for _, h := range sc.held {
		if !known[h.Key] {
			d.added = append(d.added, &ruleDrift{held: &h})
		}
	}
	d.sort()
}

func (d *drift) sort() {
	for _, list := range [][]*ruleDrift{d.added, d.removed, d.changed} {
		slices.SortFunc(list, func(a, b *ruleDrift) int { return a.key().Compare(b.key()) })
	}
}

// pairByID finds rules that were changed into others: EC2 still knows them by the IDs that the stack has noted.
func (d *drift) pairByID(sc *scene) {
	for _, removed := range slices.Clone(d.removed) {
		for _, added := range d.added {
			if added.held.ID == sc.physical[removed.logicalID] {
				d.pair(removed, added)
				break
			}
		}
	}
}

// pair makes one changed rule of one that is missing and one that took its place.
func (d *drift) pair(removed, added *ruleDrift) {
	isOne := func(r *ruleDrift) bool { return r == removed || r == added }
	d.removed, d.added = slices.DeleteFunc(d.removed, isOne), slices.DeleteFunc(d.added, isOne)
	d.changed = append(d.changed, &ruleDrift{
		logicalID: removed.logicalID, meant: removed.meant, held: added.held,
		inConfig: added.inConfig, stranded: removed.stranded, change: added.change, traced: added.traced,
	})
	d.sort()
}

// markConfig notes which of the rules the config has: what was added by hand and then written into it, what was taken away
// and then deleted from it.
func (d *drift) markConfig(config []ruleset.Rule) {
	has := map[ruleset.Key]bool{}
	for _, r := range config {
		has[r.Key] = true
	}
	for _, r := range d.rules() {
		r.inConfig = has[r.key()]
	}
}

// findTags compares the tags of a tier's group and of its parameter.
func (d *drift) findTags(sc *scene, tier string) {
	if tags, there := sc.tags[tier]; there {
		g := sc.template.Groups[tier]
		like := tagDrift{tier: tier, logicalID: g.LogicalID, resource: sc.groups[tier]}
		d.compareTags(like, sc.expectedTags(g.Tags), withoutSystemTags(tags))
	}
	if state := sc.parameters[tier]; state.exists && state.tags != nil {
		p := sc.template.Parameters[tier]
		like := tagDrift{tier: tier, logicalID: p.LogicalID, resource: p.Name, parameter: true}
		expected, actual := sc.expectedTags(p.Tags), withoutSystemTags(state.tags)
		// CloudFormation doesn't hand a stack's tags on to every type of resource: a parameter that has none of them was made
		// without them.
		if !slices.ContainsFunc(slices.Collect(maps.Keys(sc.stack.Tags)), func(key string) bool { return actual[key] != "" }) {
			expected = withoutSystemTags(p.Tags)
		}
		d.compareTags(like, expected, actual)
	}
}

func (d *drift) compareTags(like tagDrift, expected, actual map[string]string) {
	keys := map[string]bool{}
	for key := range expected {
		keys[key] = true
	}
	for key := range actual {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		want, wanted := expected[key]
		have, there := actual[key]
		if wanted == there && want == have {
			continue
		}
		t := like
		t.key = key
		if wanted {
			t.expected = &want
		}
		if there {
			t.actual = &have
		}
		d.tags = append(d.tags, &t)
	}
}

// findParameter compares what a parameter publishes with the ID of its tier's group, as the stack knows it.
func (d *drift) findParameter(sc *scene, tier string) {
	p, meant := sc.template.Parameters[tier]
	state := sc.parameters[tier]
	made := sc.physical[p.LogicalID] != ""
	if expected := sc.groupID(tier); meant && made && (!state.exists || state.value != expected) {
		d.parameters = append(d.parameters, &parameterDrift{
			tier: tier, logicalID: p.LogicalID, name: p.Name, expected: expected, actual: state.value, exists: state.exists,
			stranded: slices.Contains(sc.gone, tier),
		})
	}
}

// pending is what the next deployment would do to the rules, whatever AWS holds: the config's rules against the template's.
func pending(sc *scene, config []ruleset.Rule) ruleset.Delta {
	return ruleset.Compare(slices.Collect(maps.Values(sc.meant())), config)
}
