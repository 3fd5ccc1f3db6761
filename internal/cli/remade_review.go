package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// leavingRule is a remade rule that a plan takes out of the stack.
type leavingRule struct {
	remadeRule
	first   bool // before the deployment: it names a group that the plan deletes, which nothing uses
	revoked bool
}

// leavingJSON is a RULE that a deployment revokes, or has revoked, itself.
type leavingJSON struct {
	remadeJSON
	Revoked bool `json:"revoked"`
}

// findLeaving finds the remade rules that a plan takes out of the stack. A rule that another stack has made stays: it only has
// the same key as one of this stack, and so the plan closes nothing by it.
func (d *deployment) findLeaving(ctx context.Context, v *review) error {
	st, im := v.standing, v.impact
	going, physical := map[string]ruleset.Rule{}, map[string]string{}
	for _, c := range v.plan.Changes {
		rule, known := st.template.Rules[c.LogicalID]
		if known && isRule(c.Type) && (c.Action == stack.Remove || c.Action == stack.Modify && recreates(c)) {
			going[c.LogicalID], physical[c.LogicalID] = named(rule, tiersByID(st.groups)), c.PhysicalID
		}
	}
	for _, r := range remadeRules(going, st.held, physical) {
		first := im.deletesPeer(r.held)
		if im.gone[r.held.Tier] && !first || im.keeps(r.held.Rule, st) {
			continue // it goes with its group, or a guard has something to say about it
		}
		owner, err := live.Stack(ctx, d.cloud.cfn, r.held.ID)
		switch {
		case errors.Is(err, live.ErrNoOwner):
			v.leaving = append(v.leaving, leavingRule{remadeRule: r, first: first})
			continue
		case ctx.Err() != nil:
			return awsenv.Explain(err)
		case err != nil:
			d.tell.say("warning: %s stays, for it might belong to another stack: %v", r, err)
		default:
			d.tell.say("warning: %s stays, for the stack %s has it", r, owner)
		}
		im.removed = slices.DeleteFunc(im.removed, func(old ruleChange) bool { return old.logicalID == r.logicalID })
	}
	return nil
}

// deletesPeer reports whether a rule names another tier's group which the plan deletes: that group can't go before the rule.
func (im *impact) deletesPeer(h heldRule) bool {
	peer := h.Peer
	return peer.Kind == ruleset.TierRef && peer.Name != h.Tier && im.gone[peer.Name] && !im.made[peer.Name]
}

// keeps reports whether the new template has a rule that is, to EC2, the same.
func (im *impact) keeps(r ruleset.Rule, st *standing) bool {
	key, tiers := im.asOld(r, st).Key, tiersByID(st.groups)
	for _, will := range im.after.Rules {
		if named(will, tiers).Key == key {
			return true
		}
	}
	return false
}

// leavingOf are the rules that a review has found; none where nothing was reviewed.
func leavingOf(v *review) []leavingRule {
	if v == nil {
		return nil
	}
	return v.leaving
}

// fillLeaving puts the remade rules that leave the stack into the report.
func (r *changeReport) fillLeaving(v *review) {
	r.Remade = []leavingJSON{}
	for _, l := range leavingOf(v) {
		r.Remade = append(r.Remade, leavingJSON{l.json(), l.revoked})
	}
}

// when says when a rule is revoked.
func (l leavingRule) when() string {
	if l.first {
		return "before the deployment"
	}
	return "after the deployment"
}

// whyLeaving says why the tool revokes these rules itself.
const whyLeaving = "They were taken away and put back: CloudFormation knows them by IDs that are gone, and would leave them in EC2"

// writeLeaving tells which remade rules the tool revokes, when, and why.
func (v *review) writeLeaving(w io.Writer) {
	if len(v.leaving) == 0 {
		return
	}
	fmt.Fprintln(w, "\nRevoked beside the stack")
	table := newTable(w)
	for _, l := range v.leaving {
		fmt.Fprintf(table, "  %s\t%s: %s\t%s\n", l.when(), l.held.Tier, half(l.held.Key), l.held.ID)
	}
	table.Flush()
	fmt.Fprintf(w, "  %s\n", whyLeaving)
}

// leaving is writeLeaving in Markdown.
func (m *markdown) leaving(v *review) {
	if len(v.leaving) == 0 {
		return
	}
	rows := make([][]string, len(v.leaving))
	for i, l := range v.leaving {
		rows[i] = []string{l.when(), l.held.Tier, half(l.held.Key), l.held.ID}
	}
	m.heading(3, "Revoked beside the stack")
	m.table([]string{"When", "Tier", "Rule", "ID"}, rows)
	m.paragraph("%s.", whyLeaving)
}
