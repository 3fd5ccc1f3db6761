package cli

import (
	"context"
	"fmt"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// revokedJSON is a rule that is revoked before a stack is deleted.
type revokedJSON struct {
	RuleID  string `json:"rule_id"`
	GroupID string `json:"group_id"`
	Detail  string `json:"detail"`
}

// findTies finds the rules by which groups that are to be deleted name each other and of which CloudFormation knows nothing, remade
// or added by hand. It would delete the groups in any order, and fail at the first that such a rule names (documented: a group that
// a rule of another one names can't be deleted).
func (d *deleter) findTies(ctx context.Context, resources []stack.StackResource) error {
	d.ties, d.result.Revoked = nil, []revokedJSON{}
	groups := groupsOf(resources, d.retain)
	if len(groups) < 2 {
		return nil
	}
	known := map[string]bool{}
	for _, r := range resources {
		if isRule(r.Type) && r.Exists() && !isRuleID(r.PhysicalID) {
			return nil // whether a rule is such a resource's can't be told
		}
		known[r.PhysicalID] = true
	}
	rules, err := live.Rules(ctx, d.cloud.ec2, groups.ids())
	if err != nil {
		return err
	}
	for _, r := range rules {
		if groups[r.Group] == "" || r.Group == r.GroupID || known[r.ID] {
			continue
		}
		rule, err := ruleFromEC2(r, groups)
		if err != nil {
			return fmt.Errorf("rule %s: %w", r.ID, err)
		}
		d.ties = append(d.ties, r)
		d.result.Revoked = append(d.result.Revoked, revokedJSON{r.ID, r.GroupID, half(rule.Key)})
	}
	return nil
}

// revoked writes what would be revoked before the deletion.
func (m *markdown) revoked(rules []revokedJSON) {
	if len(rules) == 0 {
		return
	}
	rows := make([][]string, len(rules))
	for i, r := range rules {
		rows[i] = []string{r.RuleID, r.GroupID, r.Detail}
	}
	m.table([]string{"Rule revoked before", "Group", "What it permits"}, rows)
}

// untie revokes the ties, which would go with their groups anyway. If one can't be revoked, those before it are put back.
func (d *deleter) untie(ctx context.Context) error {
	for i, r := range d.ties {
		if err := live.Revoke(ctx, d.cloud.ec2, r); err != nil {
			d.retie(ctx, d.ties[:i])
			return awsenv.Explain(fmt.Errorf("nothing was deleted: %w", err))
		}
		d.tell.say("revoked %s, which CloudFormation does not know: %s", r.ID, d.result.Revoked[i].Detail)
		d.log.record("revoked", "rule", r.ID)
	}
	return nil
}

// restoreTies puts the ties back after a deletion that never began: CloudFormation has refused it, or could not be asked.
func (d *deleter) restoreTies(ctx context.Context, st stack.Stack) {
	if len(d.ties) == 0 || st.Status == stack.DeleteFailed {
		return
	}
	now, err := d.engine.Status(context.WithoutCancel(ctx), st.ID)
	switch {
	case err != nil:
		d.tell.say("warning: should %s stand, check-drift --fix adds the revoked rules again", st.Name)
	case now.Status == st.Status:
		d.retie(ctx, d.ties)
	}
}

// retie adds rules again that were revoked for a deletion which has not begun: what the groups protect goes on working.
func (d *deleter) retie(ctx context.Context, rules []live.Rule) {
	for _, r := range rules {
		if err := live.Authorize(context.WithoutCancel(ctx), d.cloud.ec2, r); err != nil {
			d.tell.say("warning: the rule that was %s is missing: check-drift --fix adds it again (%v)", r.ID, err)
			continue
		}
		d.tell.say("put back the rule that was %s", r.ID)
	}
}
