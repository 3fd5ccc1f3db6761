package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// How a rule in EC2 differs from the deployed template.
const (
	ruleAdded     = "added"
	ruleTakenAway = "taken away"
	ruleDescribed = "described" // it has another description
)

// driftedRule is a rule that somebody changed outside of the stack, as the reader of a plan has to judge it.
type driftedRule struct {
	kind string
	ruleset.Rule
	held  heldRule // zero of one that was taken away
	fate  string   // what the plan does to it
	stays bool     // nothing: it is as before
}

// drifted are the rules that are not as the deployed template means them, with what becomes of them.
func (v *review) drifted() []driftedRule {
	var list []driftedRule
	for _, h := range v.added {
		list = append(list, driftedRule{kind: ruleAdded, Rule: h.Rule, held: h})
	}
	for _, r := range v.missing {
		list = append(list, driftedRule{kind: ruleTakenAway, Rule: r})
	}
	for _, h := range v.described {
		list = append(list, driftedRule{kind: ruleDescribed, Rule: h.Rule, held: h})
	}
	comes, goes, told := map[ruleset.Key]bool{}, map[ruleset.Key]bool{}, v.describes()
	for _, r := range v.impact.added {
		comes[r.Key] = true
	}
	for _, r := range v.impact.removed {
		goes[r.Key] = true
	}
	for i := range list {
		r := &list[i]
		switch leaves := goes[r.Key] || v.impact.gone[r.Tier]; {
		case v.impact.made[r.Tier] && r.kind == ruleAdded:
			r.fate = "stays behind with the old group"
		case v.impact.made[r.Tier]:
			r.fate = "is as it was meant in the new group"
		case leaves && r.kind == ruleAdded:
			r.fate = "goes with its group"
		case leaves:
			r.fate = "leaves the stack as well"
		case comes[r.Key] && r.kind == ruleAdded, told[r.Key] && r.kind == ruleTakenAway:
			r.fate = "is in the way, see below"
		case told[r.Key]:
			r.fate = "is overwritten"
		default:
			r.fate, r.stays = "stays so", true
		}
	}
	return list
}

// describes are the rules to which the plan gives another description.
func (v *review) describes() map[ruleset.Key]bool {
	keys, meant := map[ruleset.Key]bool{}, meantRules(v.standing.template, tiersByID(v.standing.groups))
	for _, c := range v.plan.Changes {
		if r, known := meant[c.LogicalID]; known && c.Action == stack.Modify && !recreates(c) && describes(c) {
			keys[r.Key] = true
		}
	}
	return keys
}

// String is the rule in words.
func (r driftedRule) String() string {
	text := r.Tier + ": " + half(r.Key)
	if r.kind == ruleDescribed {
		text += fmt.Sprintf(" is described as %q", r.Description)
	}
	return text
}

// stayNote says what stays as it is after a plan; empty: nothing does.
func stayNote(list []driftedRule) string {
	if !slices.ContainsFunc(list, func(r driftedRule) bool { return r.stays }) {
		return ""
	}
	note := "What stays so is no part of the change: check-drift says who did it, and check-drift --fix puts it right"
	if slices.ContainsFunc(list, func(r driftedRule) bool { return r.stays && r.kind != ruleAdded }) {
		note += ". A deployment is carried out all the same, and ends as not verified"
	}
	return note
}

// writeDrift tells how EC2 differs from the deployed template, and what the plan does about it.
func (v *review) writeDrift(w io.Writer) {
	list := v.drifted()
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, "\nChanged outside of the stack")
	table := newTable(w)
	for _, r := range list {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", r.kind, r, r.held.ID, r.fate)
	}
	table.Flush()
	if note := stayNote(list); note != "" {
		fmt.Fprintf(w, "  %s\n", note)
	}
}

// drift writes how EC2 differs from the deployed template, and what the plan does about it.
func (m *markdown) drift(v *review) {
	list := v.drifted()
	if len(list) == 0 {
		return
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		rows[i] = []string{r.kind, r.String(), r.held.ID, r.fate}
	}
	m.heading(3, "Changed outside of the stack")
	m.table([]string{"Change", "Rule", "ID", "With this deployment it"}, rows)
	if note := stayNote(list); note != "" {
		m.paragraph("%s.", note)
	}
}

// drift is how EC2's rules differ from the deployed template: those that somebody added, took away, or gave another description,
// each sorted by key.
func (st *standing) drift() (added []heldRule, missing []ruleset.Rule, described []heldRule) {
	if st.foreign != nil {
		return nil, nil, nil
	}
	delta := ruleset.Compare(st.meant(), rulesHeld(st.held))
	of := func(rules []ruleset.Rule) []heldRule {
		keys := keysOf(rules)
		held := slices.DeleteFunc(slices.Clone(st.held), func(h heldRule) bool { return !keys[h.Key] })
		slices.SortFunc(held, func(a, b heldRule) int { return a.Key.Compare(b.Key) })
		return held
	}
	return of(delta.Extra), delta.Missing, of(delta.Redescribed)
}

// meant are the rules that EC2 should hold by the deployed template, sorted by logical ID.
func (st *standing) meant() []ruleset.Rule {
	byID := meantRules(st.template, tiersByID(st.groups))
	rules := make([]ruleset.Rule, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		rules = append(rules, byID[id])
	}
	return rules
}
